"""Errors: data in attributes, a sentence for people, one base for all."""

import pytest

from callboard.actors.errors import (
    EngineError,
    Halted,
    InvariantBroken,
    OutcomeUnknown,
    Refused,
    Transient,
)


@pytest.mark.parametrize(
    ("error", "data", "sentence"),
    [
        (Refused("no such symbol"), {"reason": "no such symbol"}, "refused: no such symbol"),
        (
            Transient("venue is busy", 1_500),
            {"reason": "venue is busy", "retry_after_ms": 1_500},
            "not now: venue is busy; try again after 1500 ms",
        ),
        (
            OutcomeUnknown("cb-1-7-e", "timeout"),
            {"client_order_id": "cb-1-7-e", "reason": "timeout"},
            "outcome of cb-1-7-e is unknown: timeout",
        ),
        (Halted("daily loss"), {"reason": "daily loss"}, "trading is halted: daily loss"),
        (
            InvariantBroken("filled is at most ordered"),
            {"invariant": "filled is at most ordered"},
            "invariant broken: filled is at most ordered",
        ),
    ],
)
def test_an_error_carries_its_data_and_says_a_sentence(
    error: EngineError, data: dict[str, object], sentence: str
) -> None:
    assert data == vars(error)
    assert sentence == str(error)
