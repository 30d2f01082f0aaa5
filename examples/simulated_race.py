"""Simulated race: a small Pykka program sells one seat twice, and a simulation shows how.

Usage: python simulated_race.py [--seeds 1000]

Two desks ask the hall whether a seat is free, and then book it: between question and booking the
other desk may have booked. On threads that happens in some runs and never twice alike; in
`simulated()` it happens by some seeds, and by those always. The mended hall checks and books in one
message. Needs greenlet, which comes with `pip install 'callboard[testing]'`.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import pykka

from callboard.scenarios import simulated

Program = Callable[[], None]


class Hall(pykka.ThreadingActor):
    """Owns the seats."""

    def __init__(self, seats: int) -> None:
        super().__init__()
        self._free = seats

    def count_free(self) -> int:
        """Return how many seats are left."""
        return self._free

    def book(self) -> None:
        """Give one seat away."""
        assert self._free > 0, "a seat was sold twice"
        self._free -= 1

    def book_if_free(self) -> bool:
        """Give one seat away if there is one: check and act in one message."""
        if self._free == 0:
            return False
        self.book()
        return True


class Desk(pykka.ThreadingActor):
    """Sells seats."""

    def __init__(self, hall: Any) -> None:
        super().__init__()
        self._hall = hall

    def sell(self) -> None:
        """Ask, then book: whatever happens between both."""
        if self._hall.count_free().get() > 0:
            self._hall.book.defer()

    def sell_safely(self) -> None:
        """Leave the check to who owns the seats."""
        self._hall.book_if_free().get()


def sell_one_seat(way: str) -> None:
    """Let two desks sell one seat; an ordinary Pykka program, which knows of no simulation."""
    hall: Any = Hall.start(1).proxy()
    desks: list[Any] = [Desk.start(hall).proxy() for _ in range(2)]
    pykka.get_all([getattr(desk, way)() for desk in desks])
    pykka.ActorRegistry.stop_all()


def first_failure(program: Program, seeds: int) -> tuple[int, AssertionError] | None:
    """Run a program by every seed until one fails; return the seed and what it raised."""
    for seed in range(seeds):
        try:
            with simulated(seed=seed):
                program()
        except AssertionError as error:
            return seed, error
    return None


def main(arguments: list[str]) -> int:
    """Find the race, show it, and look for it in the mended program."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=1_000)
    seeds = parser.parse_args(arguments).seeds
    found = first_failure(lambda: sell_one_seat("sell"), seeds)
    if found is None:
        print(f"ask, then book: no seat was sold twice in {seeds} seeds")
        return 1
    seed, error = found
    print(f"ask, then book: {error}, by seed {seed}")
    print(*error.__notes__, sep="\n")
    mended = first_failure(lambda: sell_one_seat("sell_safely"), seeds)
    print(f"check and book in one message: {'fine' if mended is None else mended} in {seeds} seeds")
    return 0 if mended is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
