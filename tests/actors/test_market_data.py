"""Test of MarketData: every quote becomes a mark with its time, or is left out."""

from decimal import Decimal

import pytest

from callboard.actors.market_data import MarketData
from callboard.messages.market import MarkChanged, MarketStreamChanged, QuoteObserved
from support.steps import StepRunner


def quote(bid: str, ask: str, mark: str) -> QuoteObserved:
    return QuoteObserved("BTCUSDT", Decimal(bid), Decimal(ask), Decimal(mark), 5)


@pytest.mark.parametrize(
    ("observed", "mark", "bid", "ask"),
    [
        (quote("99", "101", "100.5"), "100.5", "99", "101"),
        (quote("99", "101", "0"), "100", "99", "101"),
        (quote("0", "0", "100"), "100", "100", "100"),
        (quote("99", "0", "100"), "100", "100", "100"),
    ],
)
def test_a_quote_becomes_a_mark_for_gate_and_monitor(
    observed: QuoteObserved, mark: str, bid: str, ask: str
) -> None:
    steps = StepRunner(MarketData(), name="market_data")

    step = steps.tell(observed)

    changed = MarkChanged("BTCUSDT", Decimal(mark), Decimal(bid), Decimal(ask), steps.now_ns)
    assert (("risk_gate", changed), ("position_monitor", changed)) == step.tells
    assert {"BTCUSDT": changed} == steps.actor.state.marks


@pytest.mark.parametrize("observed", [quote("0", "0", "0"), quote("99", "0", "0")])
def test_a_quote_without_a_price_is_left_out(observed: QuoteObserved) -> None:
    step = StepRunner(MarketData(), name="market_data").tell(observed)

    assert ((), ()) == (step.facts, step.tells)
    assert "quote_left_out" == step.logs[0][0]


def test_a_stream_that_closes_is_an_alert_and_one_that_opens_ends_it() -> None:
    steps = StepRunner(MarketData(), name="market_data")

    opened = steps.tell(MarketStreamChanged(connected=True, reason="up"))
    closed = steps.tell(MarketStreamChanged(connected=False, reason="down"))

    alerts = [alert.alert for step in (opened, closed) for alert in step.to("event_bus")]
    assert ["market_stream_opened", "market_stream_closed"] == alerts


def test_the_same_word_twice_is_no_second_alert() -> None:
    steps = StepRunner(MarketData(), name="market_data")
    steps.tell(MarketStreamChanged(connected=True, reason="up"))

    step = steps.tell(MarketStreamChanged(connected=True, reason="up again"))

    assert ((), ()) == (step.facts, step.tells)
