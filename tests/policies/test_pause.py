"""Pauses: until when the venue wants no more requests, by its words or by our backoff."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.error_table import PAUSE_MAX_MS, pause_until_ms

NOW_MS = 1_763_726_465_123  # 12:01:05.123, so the windows end at :10 and at 12:02:00


@pytest.mark.parametrize(
    ("status", "code", "text", "headers", "consecutive", "expected_ms"),
    [
        (200, None, "", {}, 1, None),
        (400, -2019, "", {"Retry-After": "9"}, 1, None),
        (429, -1003, "", {"Retry-After": "30"}, 1, NOW_MS + 30_000),
        (429, -1003, "", {"retry-after": " 30 "}, 3, NOW_MS + 30_000),
        (429, -1003, "", {}, 1, NOW_MS + 60_000),
        (429, None, "", {}, 2, NOW_MS + 120_000),
        (429, None, "", {}, 3, NOW_MS + 240_000),
        (429, None, "", {}, 4, NOW_MS + 300_000),
        (429, None, "", {}, 99, NOW_MS + 300_000),
        (400, -1003, "", {}, 1, NOW_MS + 60_000),
        (429, None, "", {"Retry-After": "soon"}, 1, NOW_MS + 60_000),
        (429, None, "", {"Retry-After": "-1"}, 1, NOW_MS + 60_000),
        (429, None, "", {"Retry-After": "0"}, 1, NOW_MS + 60_000),
        (429, None, "", {"Date": "30"}, 1, NOW_MS + 60_000),
        (418, -1003, f"IP banned until {NOW_MS + 777_000}.", {}, 1, NOW_MS + 777_000),
        (418, None, f"banned until {NOW_MS + 9_000}", {"Retry-After": "20"}, 1, NOW_MS + 20_000),
        (418, None, f"banned until {NOW_MS - 1}", {}, 1, NOW_MS + 120_000),
        (418, None, "banned until 17637264651234", {}, 1, NOW_MS + 120_000),
        (418, None, "banned until 9999999999999", {}, 1, NOW_MS + PAUSE_MAX_MS),
        (418, None, "", {}, 1, NOW_MS + 120_000),
        (403, None, "<html>", {}, 1, NOW_MS + 120_000),
        (403, None, "<html>", {}, 3, NOW_MS + 240_000),
        (429, -1015, "", {}, 1, 1_763_726_470_000),
        (429, -1015, "", {}, 2, 1_763_726_520_000),
        (400, -1015, "", {"Retry-After": "2"}, 1, NOW_MS + 2_000),
    ],
)
def test_the_pause_is_what_the_venue_says_or_else_grows(
    status: int,
    code: int | None,
    text: str,
    headers: dict[str, str],
    consecutive: int,
    expected_ms: int | None,
) -> None:
    until_ms = pause_until_ms(status, code, text, headers, NOW_MS, consecutive)

    assert expected_ms == until_ms


def test_the_answer_at_hand_is_the_first_of_its_row_at_least() -> None:
    with pytest.raises(AssertionError):
        pause_until_ms(429, None, "", {}, NOW_MS, 0)


@given(
    status=st.sampled_from([403, 418, 429]),
    code=st.sampled_from([None, -1003, -1015]),
    text=st.text(max_size=40) | st.integers(0, 10**14).map(lambda number: f"banned until {number}"),
    headers=st.dictionaries(st.sampled_from(["Retry-After", "RETRY-AFTER"]), st.text(max_size=12)),
    now_ms=st.integers(0, 4_000_000_000_000),
    consecutive=st.integers(1, 1_000),
)
def test_every_limit_pauses_into_the_future_and_not_for_ever(
    status: int,
    code: int | None,
    text: str,
    headers: dict[str, str],
    now_ms: int,
    consecutive: int,
) -> None:
    until_ms = pause_until_ms(status, code, text, headers, now_ms, consecutive)

    assert until_ms is not None
    assert now_ms < until_ms <= now_ms + PAUSE_MAX_MS
