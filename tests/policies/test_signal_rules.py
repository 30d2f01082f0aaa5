"""Test of the signal rules: what no market could carry out is refused before anybody looks."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.refusal import Refusal
from callboard.actors.policies.signal_rules import fault_of, is_taken_back, side_taken_back
from callboard.messages.plans import TrailingStop
from callboard.messages.values import (
    OrderType,
    PositionSide,
    PriceMatch,
    Side,
    SignalType,
    TimeInForce,
)
from support.entries import entry

D = Decimal
FIGURES = ("quantity", "price", "stop_loss", "take_profit")
SCORES = ("confidence", "confluence_score", "signal_strength")


def test_a_possible_signal_has_no_fault() -> None:
    assert fault_of(entry()) is None


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("figure", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_what_is_no_figure_is_refused(name: str, figure: str) -> None:
    fault = fault_of(entry(**{name: D(figure)}))

    assert Refusal(f"signal_{name}", figure, "a figure") == fault


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize(
    ("figure", "limit"),
    [
        ("0", "above 0"),
        ("-1", "above 0"),
        ("1E-18", ""),
        ("9E-19", "1E-18 to 1E+18"),
        ("1E+18", ""),
        ("1.1E+18", "1E-18 to 1E+18"),
        ("1E+6000", "1E-18 to 1E+18"),
    ],
)
def test_a_figure_lies_between_its_bounds(name: str, figure: str, limit: str) -> None:
    fault = fault_of(entry(**{name: D(figure)}))

    assert (Refusal(f"signal_{name}", figure, limit) if limit else None) == fault


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("score", ["NaN", "Infinity", "1E+6000"])
def test_a_score_that_cannot_be_compared_is_refused(name: str, score: str) -> None:
    fault = fault_of(entry(**{name: D(score)}))

    assert Refusal(f"signal_{name}", score, "a figure") == fault


@pytest.mark.parametrize("score", ["-1", "1E+18", "-1E+18"])
def test_what_a_score_says_is_for_the_gate_to_judge(score: str) -> None:
    assert fault_of(entry(signal_strength=D(score))) is None


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"order_type": OrderType.STOP_MARKET},
            Refusal("signal_order_type", "STOP_MARKET", "MARKET or LIMIT"),
        ),
        (
            {"order_type": OrderType.LIMIT},
            Refusal("signal_price", "none", "a limit order needs one"),
        ),
        ({"order_type": OrderType.LIMIT, "price": D(1)}, None),
        (
            {"order_type": OrderType.LIMIT, "price": D(1), "price_match": PriceMatch.QUEUE},
            None,
        ),
        (
            {"price_match": PriceMatch.QUEUE},
            Refusal("signal_order_type", "MARKET", "a LIMIT entry for a match"),
        ),
        (
            {
                "signal": SignalType.CLOSE_LONG,
                "order_type": OrderType.LIMIT,
                "price": D(1),
                "price_match": PriceMatch.OPPONENT,
            },
            Refusal("signal_order_type", "LIMIT", "a LIMIT entry for a match"),
        ),
        (
            {"time_in_force": TimeInForce.GTD},
            Refusal("signal_time_in_force", "GTD", "GTD with expires_at_ms"),
        ),
        (
            {"position_side": PositionSide.SHORT},
            Refusal("signal_position_side", "SHORT", "LONG"),
        ),
        ({"position_side": PositionSide.LONG}, None),
        ({"position_side": PositionSide.BOTH}, None),
        (
            {"signal": SignalType.CLOSE_SHORT, "position_side": PositionSide.LONG},
            Refusal("signal_position_side", "LONG", "SHORT"),
        ),
        ({"signal": SignalType.REDUCE_50, "position_side": PositionSide.LONG}, None),
        ({"trailing": TrailingStop(D("0.1"))}, None),
        ({"trailing": TrailingStop(D(10), D(2100))}, None),
        (
            {"trailing": TrailingStop(D("10.1"))},
            Refusal("signal_trailing", "10.1", "0.1 to 10 by 0.1"),
        ),
        (
            {"trailing": TrailingStop(D("0.15"))},
            Refusal("signal_trailing", "0.15", "0.1 to 10 by 0.1"),
        ),
        ({"trailing": TrailingStop(D("NaN"))}, Refusal("signal_trailing", "NaN", "a figure")),
        (
            {"trailing": TrailingStop(D(1), D(-5))},
            Refusal("signal_trailing", "-5", "above 0"),
        ),
        (
            {"signal": SignalType.CLOSE_LONG, "trailing": TrailingStop(D(1))},
            Refusal("signal_trailing", "CLOSE_LONG", "an entry"),
        ),
    ],
)
def test_a_form_that_contradicts_itself_is_refused(
    changes: dict[str, Any], expected: Refusal | None
) -> None:
    assert expected == fault_of(entry(**changes))


@pytest.mark.parametrize(
    ("exit_", "symbol", "is_meant"),
    [
        (SignalType.CLOSE_LONG, "ETHUSDT", True),
        (SignalType.CLOSE_LONG, "BTCUSDT", False),
        (SignalType.CLOSE_SHORT, "ETHUSDT", False),
        (SignalType.REDUCE_50, "ETHUSDT", False),
    ],
)
def test_a_close_takes_back_the_entries_of_its_own_side_and_symbol(
    exit_: SignalType, symbol: str, is_meant: bool
) -> None:
    assert is_meant is is_taken_back(entry(), entry(signal=exit_, symbol=symbol))


@pytest.mark.parametrize(
    ("exit_", "side"),
    [
        (SignalType.CLOSE_LONG, Side.BUY),
        (SignalType.CLOSE_SHORT, Side.SELL),
        (SignalType.REDUCE_50, None),
    ],
)
def test_a_close_takes_back_entries_of_the_side_that_opened_and_a_half_none(
    exit_: SignalType, side: Side | None
) -> None:
    assert side is side_taken_back(entry(signal=exit_))


@given(st.decimals() | st.none(), st.sampled_from(FIGURES))
def test_every_figure_is_judged_without_an_error(figure: Decimal | None, name: str) -> None:
    fault = fault_of(entry(**{name: figure}))

    assert fault is None or f"signal_{name}" == fault.guard
