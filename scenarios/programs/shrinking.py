"""PykkaShrinking: what a seed did to a Pykka program, told as the few actors that came late.

A drawn schedule is long and says nothing. The same failure in turn, the longest waiting first, but
for an actor or two that are held back from one turn until another, says who was too late for what.
The seed's run is recorded as such deferrals, and every one that the failure does without is left
out. Bound: about as many runs as ddmin needs, some hundreds.
"""

from collections.abc import Callable

from attrs import frozen

from ..schedules import Chooser, Deferral, Recorder, Schedule
from ..search.ddmin import fewest
from ..simulation import Delivery
from .simulation import simulated


class Recorded(simulated):
    """A run whose schedule is remembered."""

    recorder: Recorder

    def _chooser(self) -> Chooser:
        self.recorder = Recorder(super()._chooser())
        return self.recorder


@frozen
class Way:
    """How a program is run, but for who is held back."""

    program: Callable[[], object]
    seed: int
    delivery: Delivery

    def in_turn(self, deferrals: tuple[Deferral, ...]) -> Exception | None:
        """Run it in turn and return what it failed with."""
        return failure(
            self.program,
            simulated(
                self.seed,
                delivery=self.delivery,
                schedule=Schedule.IN_TURN,
                deferrals=deferrals,
            ),
        )


def held_back(
    program: Callable[[], object],
    *,
    seed: int,
    delivery: Delivery | str = Delivery.OUTBOX,
    schedule: Schedule | str = Schedule.RANDOM,
) -> tuple[Deferral, ...]:
    """Return the fewest deferrals with which a program fails in turn as it fails by a seed.

    `simulated(seed, schedule="in_turn", deferrals=…)` runs it so again. None are needed where it
    fails in turn as it is.

    Raises:
        ValueError: It does not fail by that seed, or not in turn with what was recorded.
    """
    recorded = Recorded(seed, delivery=delivery, schedule=schedule)
    kind = type(failure(program, recorded))
    if kind is type(None):
        raise ValueError(f"the program does not fail by seed {seed}")
    way = Way(program, seed, Delivery(delivery))

    def fails(deferrals: tuple[Deferral, ...]) -> bool:
        return type(way.in_turn(deferrals)) is kind

    everything = recorded.recorder.all()
    if not fails(everything):
        raise ValueError(f"seed {seed} fails by more than who goes first: by what it draws itself")
    return fewest(everything, fails)


def failure(program: Callable[[], object], run: simulated) -> Exception | None:
    """Run a program and return what it failed with."""
    try:
        with run:
            program()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is looked for
        return error
    return None
