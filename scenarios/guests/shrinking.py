"""Shrinking: a failing play made small: fewer troubles and sends, then plainer ones.

Bound: `RUNS_MAX` plays; past it everything counts as sound, so that what was found is the result.
"""

from collections.abc import Callable, Iterator

from attrs import define, evolve, field

from ..search.ddmin import Item, fewest
from ..simulation import Delivery
from .play import Play, Send, Trouble

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


def smallest(play: Play, fails: Fails) -> Play:
    """Return a small play for which `fails` is still true."""
    bounded = _Bounded(fails)
    before = None
    while play != before:
        before = play
        play = _plainer(_shorter(play, bounded), bounded)
    return play


def _shorter(play: Play, fails: Fails) -> Play:
    def with_troubles(some: tuple[Trouble, ...]) -> Play:
        return evolve(play, troubles=some)

    play = with_troubles(fewest(play.troubles, lambda some: fails(with_troubles(some))))

    def with_sends(some: tuple[Send, ...]) -> Play:
        return evolve(play, sends=some)

    return with_sends(fewest(play.sends, lambda some: fails(with_sends(some))))


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
