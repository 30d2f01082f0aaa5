"""SimulatedSchedules: who goes first in a simulated program, drawn, held back, made small."""

from typing import Any

import pykka
import pytest

from callboard.scenarios import Deferral, held_back, simulated


class Logger(pykka.ThreadingActor):
    """Keeps who wrote first."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def on_receive(self, message: Any) -> None:
        self.lines.append(message)


class Writer(pykka.ThreadingActor):
    """Writes its name."""

    def write(self, logger: pykka.ActorRef[Logger], name: str) -> None:
        logger.tell(name)


def race_of_writers(lines: list[str]) -> None:
    logger = Logger.start()
    proxy: Any = logger.proxy()
    writers: list[Any] = [Writer.start().proxy() for _ in range(2)]
    written = [writer.write(logger, name) for writer, name in zip(writers, "ab", strict=True)]
    pykka.get_all(written)
    lines[:] = proxy.lines.get()


def test_who_is_deferred_comes_last_whatever_would_be_drawn() -> None:
    found: set[str] = set()

    for seed in range(20):
        lines: list[str] = []
        with simulated(seed, deferrals=[Deferral("Writer-1", 0, 1_000)]):
            race_of_writers(lines)
        found.add("".join(lines))

    assert {"ba"} == found


@pytest.mark.parametrize("schedule", ["random", "priorities"])
def test_each_drawn_schedule_lets_either_go_first(schedule: str) -> None:
    found: set[str] = set()

    for seed in range(20):
        lines: list[str] = []
        with simulated(seed, schedule=schedule):
            race_of_writers(lines)
        found.add("".join(lines))

    assert {"ab", "ba"} == found


def in_order() -> None:
    """Fail when the second writer comes first."""
    lines: list[str] = []
    race_of_writers(lines)
    assert ["a", "b"] == lines


def fails(seed: int, **options: Any) -> bool:
    try:
        with simulated(seed, **options):
            in_order()
    except AssertionError:
        return True
    return False


def test_a_failing_seed_is_told_as_few_actors_that_are_held_back() -> None:
    seed = next(seed for seed in range(100) if fails(seed))

    deferrals = held_back(in_order, seed=seed)

    assert 1 <= len(deferrals) <= 3
    assert fails(seed, schedule="in_turn", deferrals=deferrals)
    assert not fails(seed, schedule="in_turn", deferrals=deferrals[1:])


def test_a_seed_by_which_nothing_fails_has_nothing_to_be_made_small() -> None:
    seed = next(seed for seed in range(100) if not fails(seed))

    with pytest.raises(ValueError, match=f"does not fail by seed {seed}"):
        held_back(in_order, seed=seed)
