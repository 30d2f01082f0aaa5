"""Test of binance_frames: stream frames as the venue sends them, read or refused by field."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.binance_frames import (
    SILENT_KINDS,
    kind_of,
    read_market_frame,
    read_user_frame,
)
from callboard.actors.adapters.wire import ReplyUnreadable
from callboard.messages.market import QuoteObserved
from callboard.messages.stream import AccountFrame, MarginCalled, OrderFrame, UserStreamChanged
from callboard.messages.values import OrderType, PositionSide
from callboard.messages.venue import PositionEvidence
from support.lab import Lab
from support.venue_samples import AT_MS, EVIDENCE, MARKET, STOP, TRADE

ORDER: dict[str, Any] = {
    "s": "BTCUSDT",
    "c": "cb-1-1-e",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "0.010",
    "p": "60000.10",
    "ap": "0",
    "sp": None,
    "x": "NEW",
    "X": "NEW",
    "i": 8886774,
    "l": "0",
    "z": "0",
    "L": "0",
    "T": AT_MS,
    "t": 0,
    "b": "0",
    "a": "0",
    "m": False,
    "R": False,
    "wt": "CONTRACT_PRICE",
    "ot": "LIMIT",
    "ps": "BOTH",
    "cp": False,
    "rp": "0",
    "er": "0",
}
FILL = ORDER | {
    "x": "TRADE",
    "X": "PARTIALLY_FILLED",
    "l": "0.004",
    "z": "0.004",
    "L": "60000.00",
    "ap": "60000.00",
    "N": "USDT",
    "n": "0.096",
    "t": 4711,
    "m": True,
    "rp": "-1.5",
}
ALGO: dict[str, Any] = {
    "caid": "cb-1-1-s",
    "aid": 2146760,
    "at": "CONDITIONAL",
    "o": "STOP_MARKET",
    "s": "BTCUSDT",
    "S": "SELL",
    "ps": "BOTH",
    "f": "GTC",
    "q": "0",
    "X": "TRIGGERED",
    "ai": "8886775",
    "ap": "0",
    "aq": "0",
    "act": "MARKET",
    "tp": "59000",
    "p": "0",
    "cp": True,
    "R": True,
    "tt": AT_MS,
    "rm": "",
}


def user(kind: str, body: dict[str, Any]) -> Any:
    frame = {"e": kind, "T": AT_MS, "E": AT_MS + 1, **body}
    return read_user_frame(frame, "USDT")


def test_a_new_order_is_evidence_without_a_trade() -> None:
    expected = OrderFrame(EVIDENCE, None, "NEW", lite=False, event_at_ms=AT_MS + 1)

    assert expected == user("ORDER_TRADE_UPDATE", {"o": ORDER})


def test_a_fill_carries_its_trade_with_fee_and_profit() -> None:
    frame = user("ORDER_TRADE_UPDATE", {"o": FILL})

    assert TRADE == frame.trade
    assert ("TRADE", "PARTIALLY_FILLED", Decimal("0.004")) == (
        frame.execution,
        frame.evidence.status,
        frame.evidence.filled,
    )


def test_a_fill_without_commission_costs_nothing() -> None:
    body = {key: value for key, value in FILL.items() if key not in "Nn"}

    assert Decimal(0) == user("ORDER_TRADE_UPDATE", {"o": body}).trade.fee


def test_a_fee_in_another_asset_is_not_counted_as_margin() -> None:
    frame = user("ORDER_TRADE_UPDATE", {"o": FILL | {"N": "BNB", "n": "0.0002"}})

    assert Decimal(0) == frame.trade.fee


def test_a_liquidation_is_evidence_of_a_type_that_nobody_places() -> None:
    body = FILL | {"x": "CALCULATED", "X": "NEW", "o": "LIQUIDATION", "c": "autoclose-1"}

    frame = user("ORDER_TRADE_UPDATE", {"o": body})

    assert ("autoclose-1", OrderType.LIMIT) == (
        frame.evidence.client_order_id,
        frame.evidence.order_type,
    )
    assert "4711" == frame.trade.trade_id


def test_an_expiry_says_its_reason() -> None:
    body = ORDER | {"x": "EXPIRED", "X": "EXPIRED", "er": "2"}

    assert "expiry reason 2" == user("ORDER_TRADE_UPDATE", {"o": body}).evidence.reason


def test_a_bare_fill_has_no_evidence_and_says_that_it_is_one() -> None:
    body = {
        "s": "BTCUSDT",
        "q": "0.010",
        "p": "60000.10",
        "m": True,
        "c": "cb-1-1-e",
        "S": "BUY",
        "L": "60000",
        "l": "0.004",
        "t": 4711,
        "i": 8886774,
    }
    bare = evolve(TRADE, fee=Decimal(0), realised_pnl=Decimal(0), settled=False)

    frame = user("TRADE_LITE", body)

    assert OrderFrame(None, bare, "TRADE", lite=True, event_at_ms=AT_MS + 1) == frame


def test_a_conditional_order_is_evidence_of_its_own_store_with_its_child() -> None:
    evidence = user("ALGO_UPDATE", {"o": ALGO}).evidence

    assert (True, "cb-1-1-s", "2146760", "8886775") == (
        evidence.conditional,
        evidence.client_order_id,
        evidence.venue_order_id,
        evidence.child_order_id,
    )
    assert (OrderType.STOP_MARKET, "TRIGGERED", Decimal(59000), AT_MS) == (
        evidence.order_type,
        evidence.status,
        evidence.trigger_price,
        evidence.updated_at_ms,
    )


def test_a_conditional_order_refused_at_its_trigger_says_why() -> None:
    body = ALGO | {"X": "REJECTED", "ai": "", "rm": "Margin is insufficient."}

    evidence = user("ALGO_UPDATE", {"o": body}).evidence

    assert ("REJECTED", "", "Margin is insufficient.") == (
        evidence.status,
        evidence.child_order_id,
        evidence.reason,
    )


def test_an_account_update_is_a_delta_of_wallet_and_positions() -> None:
    body = {
        "m": "ORDER",
        "B": [{"a": "BNB", "wb": "1"}, {"a": "USDT", "wb": "999.5", "cw": "999.5", "bc": "0"}],
        "P": [{"s": "BTCUSDT", "pa": "-0.5", "ep": "60000.00", "up": "0", "ps": "SHORT"}],
    }
    short = PositionEvidence("BTCUSDT", PositionSide.SHORT, Decimal("-0.5"), Decimal(60000))

    frame = user("ACCOUNT_UPDATE", {"a": body})

    assert AccountFrame("ORDER", Decimal("999.5"), (short,), AT_MS + 1) == frame


def test_funding_tells_a_balance_without_positions() -> None:
    body = {"m": "FUNDING_FEE", "S": "BTCUSDT", "B": [{"a": "USDT", "wb": "998"}]}

    frame = user("ACCOUNT_UPDATE", {"a": body})

    expected = AccountFrame("FUNDING_FEE", Decimal(998), (), AT_MS + 1, symbol="BTCUSDT")
    assert expected == frame


def test_a_margin_call_names_the_positions_at_risk() -> None:
    row = {"s": "BTCUSDT", "ps": "SHORT", "pa": "-0.5", "mt": "CROSSED", "mp": "61000"}

    frame = user("MARGIN_CALL", {"cw": "3", "p": [row]})

    short = PositionEvidence("BTCUSDT", PositionSide.SHORT, Decimal("-0.5"), Decimal(0))
    assert MarginCalled((short,), AT_MS + 1) == frame


def test_an_expired_listen_key_means_that_nothing_is_heard_any_more() -> None:
    told = user("listenKeyExpired", {"listenKey": "k"})

    assert UserStreamChanged(connected=False, reason="listen key expired") == told


@pytest.mark.parametrize("kind", [*sorted(SILENT_KINDS), "SOMETHING_NEW", ""])
def test_a_frame_that_says_nothing_to_us_gives_nothing(kind: str) -> None:
    assert user(kind, {}) is None


@pytest.mark.parametrize(
    ("kind", "body", "field"),
    [
        ("ORDER_TRADE_UPDATE", {}, "o"),
        ("ORDER_TRADE_UPDATE", {"o": ORDER | {"z": 0.1}}, "z"),
        ("ORDER_TRADE_UPDATE", {"o": FILL | {"t": None}}, "t"),
        ("ALGO_UPDATE", {"o": ALGO | {"caid": None}}, "caid"),
        ("ACCOUNT_UPDATE", {"a": {"m": "ORDER", "B": {}}}, "B"),
        ("TRADE_LITE", {"t": 1, "i": 2}, "s"),
    ],
)
def test_a_known_frame_of_the_wrong_shape_names_the_field(
    kind: str, body: dict[str, Any], field: str
) -> None:
    with pytest.raises(ReplyUnreadable) as caught:
        user(kind, body)

    assert field == caught.value.field


def test_a_book_ticker_is_the_half_of_a_quote_without_mark() -> None:
    frame = {"e": "bookTicker", "s": "BTCUSDT", "b": "1.1", "a": "1.2", "T": 4, "E": 5}
    zero = Decimal(0)

    assert QuoteObserved("BTCUSDT", Decimal("1.1"), Decimal("1.2"), zero, 5) == (
        read_market_frame(frame)
    )


def test_a_mark_price_is_the_other_half() -> None:
    frame = {"e": "markPriceUpdate", "s": "BTCUSDT", "p": "1.15", "E": 5}
    zero = Decimal(0)

    assert QuoteObserved("BTCUSDT", zero, zero, Decimal("1.15"), 5) == read_market_frame(frame)


@pytest.mark.parametrize("kind", ["depthUpdate", "trade", "aggTrade"])
def test_other_market_frames_give_nothing(kind: str) -> None:
    assert read_market_frame({"e": kind, "s": "BTCUSDT", "E": 5}) is None


def test_the_simulated_venue_speaks_frames_that_are_understood() -> None:
    lab = Lab(trade_lite=True)
    lab.ask(MARKET)
    lab.ask(STOP)

    heard = {kind_of(frame): read_user_frame(frame, "USDT") for frame in lab.user_frames}
    quotes = [read_market_frame(frame) for frame in lab.market_frames]

    assert {"TRADE_LITE", "ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "ALGO_UPDATE"} <= set(heard)
    assert None not in heard.values()
    assert {"BTCUSDT"} == {quote.symbol for quote in quotes if quote is not None}
