"""Permit used late: a lane sends what waited in it without a look at the age of its permit.

The permit was counted in the window in which it was granted. What waits in a lane behind a request
without an answer arrives seconds later, in a window where it was not counted.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from attrs import evolve

from callboard.actors.adapters.fence import Fence
from callboard.messages.venue import MakeCall


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Fence.refusal

    def refusal(self: Fence, call: MakeCall, *, now_ns: int, is_signed: bool) -> str:
        fresh = evolve(call, permit=evolve(call.permit, expires_at_ns=now_ns))
        return sound(self, fresh, now_ns=now_ns, is_signed=is_signed)

    return patch.object(Fence, "refusal", refusal)
