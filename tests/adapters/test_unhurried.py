"""Unhurried: all of the work is done, and the interpreter's lock is free in between."""

import time

import pytest

from callboard.actors.adapters.records.unhurried import PORTION_SECONDS, unhurried


def test_every_item_comes_in_its_order() -> None:
    assert list(unhurried(range(1_000))) == list(range(1_000))


def test_a_pause_comes_after_each_portion_and_none_within(monkeypatch: pytest.MonkeyPatch) -> None:
    now, paused_at = 0.0, list[float]()

    def sleep(seconds: float) -> None:
        nonlocal now
        paused_at.append(now)
        now += seconds

    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(time, "sleep", sleep)

    for _ in unhurried(range(6)):
        now += PORTION_SECONDS * 0.4

    assert len(paused_at) == 2
