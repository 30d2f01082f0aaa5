"""Player: shows the story at a pace for the eye, or as fast as it goes.

Owns the loop: let some virtual time pass, look, wait for the wall clock. The wall clock decides
when a picture is shown and never what is in it. A wish to stop is heard between two pictures.
"""

import time
from collections.abc import Callable

from attrs import define, field

from .screens import Screen
from .stage import Stage
from .story import END_MS, Trouble, pace, slice_ms
from .troubles import Outcome, outcome_of


@define(eq=False)
class Pacer:
    """Waits until virtual time has its due on the wall; without `is_paced` it never waits."""

    is_paced: bool
    _due: float = field(init=False, factory=time.monotonic)

    def wait(self, seconds: float) -> None:
        """Let so much wall time pass since the last call, the work in between included."""
        if not self.is_paced:
            return
        # A machine that was too slow does not hurry afterwards.
        self._due = max(self._due + seconds, time.monotonic())
        time.sleep(max(0.0, self._due - time.monotonic()))


def play(
    stage: Stage,
    screen: Screen,
    pacer: Pacer,
    is_stopped: Callable[[], bool],
    attend: Callable[[], None] = lambda: None,
) -> None:
    """Play the story to its end, or until somebody wants it to stop; `attend` sees to visitors."""
    watch, overcome = stage.watch, dict[Trouble, None]()
    while watch.now_ms < END_MS and not is_stopped():
        at_ms = watch.now_ms
        duration_ms = slice_ms(at_ms)
        stage.advance(duration_ms)
        overcome |= {each.trouble: None for each in outcomes(stage) if each.is_overcome}
        screen.show(watch, tuple(overcome))
        attend()
        pacer.wait(duration_ms / 1000 / pace(at_ms))


def outcomes(stage: Stage) -> tuple[Outcome, ...]:
    """Return how each trouble went until now."""
    ledger = stage.engine.venue.ledger()
    return tuple(outcome_of(trouble, stage.watch, ledger) for trouble in Trouble)
