"""Test of the wish rules: what a signal says itself, against lists and thresholds."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.policies.refusal import Refusal
from callboard.actors.policies.wish_rules import (
    action_whitelist,
    expiry,
    good_till_date,
    leverage,
    low_score,
    margin_type,
    scores,
    symbol_whitelist,
)
from callboard.messages.account import SymbolConfig, SymbolLeverage
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import SignalSource, TimeInForce
from support.entries import NOW_MS, SETTINGS, entry, view

D = Decimal
SOON = NOW_MS + 1
UNTIL_DATE = {"time_in_force": TimeInForce.GTD}


def test_a_symbol_or_an_action_off_its_list_is_refused_with_the_list() -> None:
    short = evolve(SETTINGS, symbols=("BTCUSDT", "SOLUSDT"), actions=("CLOSE_LONG", "REDUCE_50"))
    narrow = view(settings=short)

    assert [symbol_whitelist(view()), action_whitelist(view())] == [None, None]
    assert Refusal("symbol_whitelist", "ETHUSDT", "BTCUSDT,SOLUSDT") == symbol_whitelist(narrow)
    assert Refusal("action_whitelist", "LONG_ENTRY", "CLOSE_LONG,REDUCE_50") == action_whitelist(
        narrow
    )


@pytest.mark.parametrize(
    ("expires_at_ms", "is_expired"), [(None, False), (SOON, False), (NOW_MS, True)]
)
def test_a_signal_ends_at_its_end_and_one_without_an_end_never(
    expires_at_ms: int | None, *, is_expired: bool
) -> None:
    expected = Refusal("expired", str(NOW_MS), str(expires_at_ms)) if is_expired else None

    assert expected == expiry(view(entry(expires_at_ms=expires_at_ms)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, None),
        ({"expires_at_ms": SOON}, None),
        (UNTIL_DATE, None),
        ({**UNTIL_DATE, "expires_at_ms": NOW_MS + 603_001}, None),
        (
            {**UNTIL_DATE, "expires_at_ms": NOW_MS + 603_000},
            Refusal("signal_time_in_force", "GTD for 603000 ms", "above 603000"),
        ),
    ],
)
def test_only_an_order_until_a_date_needs_time_ahead(
    given: dict[str, Any], expected: Refusal | None
) -> None:
    assert expected == good_till_date(view(entry(**given)))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"confidence": None}, Refusal("confidence", "none", "0.7")),
        ({"confidence": None, "source": SignalSource.MANUAL}, None),
        ({"confidence": D(0), "source": SignalSource.MANUAL}, None),
        ({"confidence": D("0.7")}, None),
        ({"confidence": D("0.69")}, Refusal("confidence", "0.69", "0.7")),
        ({"confluence_score": D(3)}, None),
        ({"confluence_score": D("2.9")}, Refusal("confluence_score", "2.9", "3")),
        ({"signal_strength": D(0)}, None),
        ({"signal_strength": D("-0.1")}, Refusal("signal_strength", "-0.1", "0")),
    ],
)
def test_a_program_s_scores_meet_their_thresholds_and_a_person_needs_none(
    given: dict[str, Any], expected: Refusal | None
) -> None:
    assert expected == scores(view(entry(**given)))


def test_a_wish_without_a_score_is_below_no_threshold() -> None:
    by_name = SubmitSignal("s1", NOW_MS, entry().signal, "ETHUSDT")

    assert low_score(by_name, SETTINGS) is None


@pytest.mark.parametrize(
    ("most", "own", "expected"),
    [
        (10, None, None),
        (10, 10, None),
        (9, 10, Refusal("leverage_policy", "10", "9")),
        (10, 9, Refusal("leverage_max", "10", "9")),
    ],
)
def test_leverage_stays_within_the_settings_limit_and_the_signal_s_own(
    most: int, own: int | None, expected: Refusal | None
) -> None:
    held = evolve(SETTINGS, leverage_max=most)

    assert expected == leverage(view(entry(leverage_max=own), settings=held))


@pytest.mark.parametrize(
    ("wanted", "isolated", "expected"),
    [
        ("any", False, None),
        ("any", True, None),
        ("any", None, None),
        ("crossed", False, None),
        ("isolated", True, None),
        ("crossed", True, Refusal("margin_type", "isolated", "crossed")),
        ("isolated", False, Refusal("margin_type", "crossed", "isolated")),
        ("isolated", None, Refusal("margin_type", "unknown", "isolated")),
    ],
)
def test_a_symbol_has_the_margin_type_of_the_settings(
    wanted: str, isolated: bool | None, expected: Refusal | None
) -> None:
    bracket = None
    if isolated is not None:
        bracket = SymbolLeverage(SymbolConfig("ETHUSDT", 10, D(1), isolated), ())

    held = evolve(SETTINGS, margin_type=wanted)

    assert expected == margin_type(view(settings=held, bracket=bracket))
