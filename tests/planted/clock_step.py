"""Clock step: the venue's clock is an average of readings, so a step is followed slowly.

A clock that is set jumps; it does not drift. For minutes every request is signed with a time that
the venue refuses, while positions have no stop.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from callboard.actors import venue_clock
from callboard.actors.policies.clock_sync import Sample
from callboard.actors.runtime.actor import Context
from callboard.actors.venue_clock import VenueClock
from callboard.messages.market import ResyncClock


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def with_sample(samples: tuple[Sample, ...], new: Sample, window: int) -> tuple[Sample, ...]:
        return (*samples, new)[-window:]

    def on_resync_clock(self: VenueClock, message: ResyncClock, ctx: Context) -> None:
        ctx.log("clock_refused", told=self.state.told.offset_ns, reason=message.reason)

    stack = ExitStack()
    stack.enter_context(patch.object(venue_clock, "with_sample", with_sample))
    stack.enter_context(patch.object(VenueClock, "on_resync_clock", on_resync_clock))
    return stack
