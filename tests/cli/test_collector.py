"""Collector: the command line, and nothing else, spares the garbage collector."""

import gc
from collections.abc import Iterator

import pytest

from callboard.scenarios.running.commands import freeze_survivors, spare_the_collector


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    yield
    gc.callbacks.remove(freeze_survivors)
    gc.unfreeze()


def test_what_stands_before_a_run_is_taken_from_the_garbage_collector() -> None:
    frozen = gc.get_freeze_count()

    spare_the_collector()

    assert frozen < gc.get_freeze_count()


def test_what_outlives_a_full_collection_is_taken_from_it_and_what_does_not_is_freed() -> None:
    spare_the_collector()
    frozen = gc.get_freeze_count()
    kept = [[number] for number in range(1_000)]
    cycle: list[object] = []
    cycle.append(cycle)
    del cycle

    freed = gc.collect()

    assert freed >= 1
    assert frozen + len(kept) <= gc.get_freeze_count()


def test_it_is_told_once_however_often_it_is_spared() -> None:
    spare_the_collector()
    spare_the_collector()

    assert 1 == gc.callbacks.count(freeze_survivors)
