"""Shrinking: a failing play made small: fewer troubles and sends, then plainer ones.

A drawn schedule is told as deferrals, so that few of them can be left. Bound: `RUNS_MAX` plays;
past it everything counts as sound, so that what was found is the result.
"""

from collections.abc import Callable, Iterator
from typing import Any

from attrs import define, evolve, field

from ..schedules import Deferral, Schedule
from ..search.ddmin import Item, fewest
from ..simulation import Delivery
from .play import Play

RUNS_MAX = 500

Fails = Callable[[Play], bool]


@define
class _Bounded:
    """Says whether a play fails, so many times."""

    fails: Fails
    runs: int = field(init=False, default=0)

    def __call__(self, play: Play) -> bool:
        self.runs += 1
        return self.runs <= RUNS_MAX and self.fails(play)


def smallest(play: Play, fails: Fails, recorded: Callable[[Play], tuple[Deferral, ...]]) -> Play:
    """Return a small play for which `fails` is still true; `recorded` tells a play's schedule."""
    bounded = _Bounded(fails)
    return _small(_in_turn(_small(play, bounded), bounded, recorded), bounded)


def _small(play: Play, fails: Fails) -> Play:
    before = None
    while play != before:
        before = play
        play = _plainer(_shorter(play, fails), fails)
    return play


def _in_turn(play: Play, fails: Fails, recorded: Callable[[Play], tuple[Deferral, ...]]) -> Play:
    """Return the play with deferrals instead of a drawn schedule, if it fails so too."""
    if play.delivery is Delivery.FIFO:
        return play
    told = evolve(play, schedule=Schedule.IN_TURN, deferrals=recorded(play))
    return told if fails(told) else play


def _shorter(play: Play, fails: Fails) -> Play:
    """Leave out entries of every list."""
    for name in ("troubles", "deferrals", "sends"):
        play = _with_fewest(play, name, fails)
    return play


def _with_fewest(play: Play, name: str, fails: Fails) -> Play:
    def having(some: tuple[Any, ...]) -> Play:
        changed: dict[str, Any] = {name: some}
        return evolve(play, **changed)

    entries: tuple[Any, ...] = getattr(play, name)
    return having(fewest(entries, lambda some: fails(having(some))))


def _plainer(play: Play, fails: Fails) -> Play:
    candidates = _plainer_ones(play)
    while (candidate := next(candidates, None)) is not None:
        if fails(candidate):
            play, candidates = candidate, _plainer_ones(candidate)
    return play


def _plainer_ones(play: Play) -> Iterator[Play]:
    """Yield the play with one thing that is plainer."""
    if play.delivery is not Delivery.FIFO:
        yield evolve(play, delivery=Delivery.FIFO)
    for place, trouble in enumerate(play.troubles):
        for nth in range(1, trouble.nth):
            yield evolve(play, troubles=_with(play.troubles, place, evolve(trouble, nth=nth)))
    for place, send in enumerate(play.sends):
        if send.at_ms:
            yield evolve(play, sends=_with(play.sends, place, evolve(send, at_ms=0)))


def _with(items: tuple[Item, ...], place: int, item: Item) -> tuple[Item, ...]:
    return (*items[:place], item, *items[place + 1 :])
