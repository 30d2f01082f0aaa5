"""Test of a port watch: only the time in which the venue would have taken a stop counts."""

from typing import Any

import pytest

from support.port_watch import Watch
from support.venue_ports import PortControl

NOW_MS = 1_800_000_000_000
"""A full minute."""


def held(at_ms: int, *, amount: str = "0.1", **changes: Any) -> dict[str, Any]:
    """Return a look at one position without a stop, at a venue that would take one."""
    position = {
        "symbol": "BTCUSDT",
        "position_side": "BOTH",
        "amount": amount,
        "is_protected": False,
        "is_trading": True,
    }
    changed = {name: changes.pop(name) for name in tuple(changes) if name in position}
    plain = {"at_ms": at_ms, "is_answering": True, "positions": [position | changed]}
    return plain | changes


def watched(*looks: dict[str, Any], fired: str = "") -> Watch:
    """Return a watch that looked; a fault, if any, fires before the second look."""
    watch = Watch(PortControl("", 0))
    for number, look in enumerate(looks):
        counts = {fired: 1} if fired and number else {}
        watch.look(look, counts, (look["at_ms"] - NOW_MS) / 1_000)
    return watch


def test_time_without_a_stop_adds_up_from_the_first_look_at_it() -> None:
    watch = watched(*(held(NOW_MS + each) for each in (0, 4_000, 11_000)))

    assert (11_000, 11_000, 7_000) == (
        watch.counted_ms_max,
        watch.lasted_ms_max,
        watch.gap_ms_max,
    )
    assert 2 == len(list(watch.wrong()))


@pytest.mark.parametrize("between", [{"is_protected": True}, {"amount": "-0.1"}, {"positions": []}])
def test_a_stop_a_turn_or_a_flat_position_ends_the_time(between: dict[str, Any]) -> None:
    watch = watched(held(NOW_MS), held(NOW_MS + 1_000, **between), held(NOW_MS + 2_000))

    assert 0 == watch.counted_ms_max
    assert [] == list(watch.wrong())


@pytest.mark.parametrize("excuse", [{"is_answering": False}, {"is_trading": False}])
def test_a_venue_that_takes_no_stop_lets_the_time_last_and_not_count(
    excuse: dict[str, Any],
) -> None:
    watch = watched(held(NOW_MS), held(NOW_MS + 1_500, **excuse), held(NOW_MS + 1_750))

    assert (250, 1_750) == (watch.counted_ms_max, watch.lasted_ms_max)


@pytest.mark.parametrize(
    ("fault", "pause_ms"),
    [("http_403", 120_000), ("http_418_bare", 120_000), ("http_429_bare", 60_000)],
)
def test_an_answer_that_names_no_time_keeps_requests_back_for_the_documented_one(
    fault: str, pause_ms: int
) -> None:
    looks = [
        held(NOW_MS + each) for each in (0, 1_000, pause_ms, pause_ms + 1_000, pause_ms + 1_500)
    ]

    watch = watched(*looks, fired=fault)

    assert 500 + 1_000 == watch.counted_ms_max


def test_a_refusal_with_a_time_keeps_requests_back_until_the_next_full_minute() -> None:
    looks = [held(NOW_MS + each) for each in (0, 20_000, 59_999, 60_500)]

    assert 501 == watched(*looks, fired="http_429").counted_ms_max
