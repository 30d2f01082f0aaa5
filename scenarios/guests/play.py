"""Play: all that makes one run of a guest system what it is, as plain values.

What is sent from outside and when, the order of deliveries, what befalls single messages, and the
seed: all of it is drawn before the run begins. Nothing else decides, so a play runs alike for ever.
"""

from enum import StrEnum
from typing import Any

from attrs import frozen

from ..schedules import Deferral, Schedule
from ..simulation import Delivery


class Mishap(StrEnum):
    """What may befall a message; each kind is off until a system names it."""

    CRASH = "crash"
    """Its receiver crashes in place of handling it, and begins anew."""
    LOST = "lost"
    TWICE = "twice"
    LATE = "late"


@frozen
class Send:
    """One message from outside."""

    at_ms: int
    to: str
    message: Any


@frozen
class Trouble:
    """A mishap of the `nth` message, from 1, that an actor is sent or, for a crash, handles."""

    kind: Mishap
    actor: str
    nth: int
    late_ms: int = 0
    """How late, for `LATE` alone."""


@frozen
class Play:
    """One run, whole."""

    seed: int
    delivery: Delivery = Delivery.FIFO
    sends: tuple[Send, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    schedule: Schedule = Schedule.RANDOM
    """How the next message is chosen where the delivery leaves a choice."""
    deferrals: tuple[Deferral, ...] = ()
    """Channels whose messages wait for a while."""

    @property
    def choices(self) -> int:
        """How many drawn things it has."""
        return len(self.sends) + len(self.troubles) + len(self.deferrals)
