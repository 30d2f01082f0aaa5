"""Guests: actors that are not ours, for tests of the stage that they are played on.

A courier keeps what it carries until it is told that it arrived, and sends again; a shelf counts.
"""

from typing import Any

from attrs import define, evolve, field, frozen

from callboard.scenarios import ActorSystem, Context, Mishap, Play, Send, Stage, Trouble
from callboard.scenarios.outcome import Outcome

MS_NS = 1_000_000
AGAIN_MS = 100


@frozen
class Parcel:
    """Somebody sends a parcel."""

    number: int


@frozen
class Put:
    """The courier brings it to the shelf."""

    number: int


@frozen
class Arrived:
    """The shelf has it."""

    number: int


@frozen
class Again:
    """The courier's own timer."""

    number: int


@frozen
class Drop:
    """The shelf lets a parcel fall."""

    number: int


@define
class Courier:
    """Brings parcels until they have arrived."""

    carried: list[int] = field(factory=list[int])

    def receive(self, message: object, ctx: Context) -> None:
        match message:
            case Parcel(number):
                self.carried.append(number)
                self._bring(number, ctx)
            case Again(number) if number in self.carried:
                self._bring(number, ctx)
            case Arrived(number) if number in self.carried:
                self.carried.remove(number)
            case _:
                pass

    def _bring(self, number: int, ctx: Context) -> None:
        ctx.tell("shelf", Put(number))
        ctx.after(AGAIN_MS * MS_NS, Again(number), key=str(number))


@define
class Shelf:
    """Holds parcels; says so to the courier, and to the office outside."""

    held: list[int] = field(factory=list[int])

    def receive(self, message: Put | Drop, ctx: Context) -> None:
        match message:
            case Drop(number):
                raise LookupError(f"parcel {number} fell")
            case Put(number):
                self.held.append(number)
                ctx.tell("courier", Arrived(number))
                ctx.tell("office", Arrived(number))


def no_parcel_is_there_twice(stage: Stage) -> str | None:
    """Look at the shelf."""
    held: list[int] = stage.actors["shelf"].held
    return f"{held}" if len(held) > len(dict.fromkeys(held)) else None


class NothingIsCarriedForEver:
    """Look at the courier when all is quiet."""

    def at_end(self, stage: Stage) -> None:
        carried: list[int] = stage.actors["courier"].carried
        assert not carried, f"{carried} never arrived"


PARCELS = ActorSystem(
    actors={"courier": Courier, "shelf": Shelf},
    arrivals={"courier": (Parcel,)},
    invariants=(no_parcel_is_there_twice, NothingIsCarriedForEver),
    mishaps=tuple(Mishap),
    outside=("office",),
)


def played(*troubles: Trouble, system: ActorSystem = PARCELS, **changes: Any) -> Outcome:
    """Play one parcel with some trouble."""
    play = Play(1, sends=(Send(0, "courier", Parcel(1)),), troubles=troubles)
    return Stage(evolve(system, **changes), play).run()
