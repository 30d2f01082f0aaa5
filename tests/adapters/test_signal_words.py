"""Signal words: every document's way to say a wish, and what contradicts itself."""

import json
from decimal import Decimal
from typing import Any

import pytest

from callboard.actors.adapters.json_text import json_object
from callboard.actors.adapters.signal_fields import BadFields, wish_of
from callboard.actors.adapters.signal_words import MEANS, BadField
from callboard.actors.adapters.signals import parse_line
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import OrderType, PositionSide, Side, SignalSource, SignalType

BASE = {"signal_id": "s1", "at_ms": 1_790_000_000_000, "symbol": "BTCUSDT"}


def signal_of(**fields: Any) -> SubmitSignal:
    command = parse_line(json.dumps({**BASE, **fields}).encode(), 1).command
    assert isinstance(command, SubmitSignal)
    return command


@pytest.mark.parametrize(
    ("fields", "wish"),
    [
        ({"signal": "LONG_ENTRY"}, SignalType.LONG_ENTRY),
        ({"signal": "short_entry"}, SignalType.SHORT_ENTRY),
        ({"action": "Close_Long"}, SignalType.CLOSE_LONG),
        ({"side": "long"}, SignalType.LONG_ENTRY),
        ({"side": "sell"}, SignalType.SHORT_ENTRY),
        ({"direction": "SHORT"}, SignalType.SHORT_ENTRY),
        ({"signal": "buy"}, SignalType.LONG_ENTRY),
        ({"agent_action": "CLOSE", "direction": "LONG"}, SignalType.CLOSE_LONG),
        ({"agent_action": "close", "direction": "short"}, SignalType.CLOSE_SHORT),
        ({"agent_action": "REDUCE_50", "direction": "LONG"}, SignalType.REDUCE_50),
        ({"signal": "CLOSE_LONG", "side": "SELL", "direction": "LONG"}, SignalType.CLOSE_LONG),
        ({"action": "CLOSE", "side": "sell"}, SignalType.CLOSE_LONG),
        ({"action": "CLOSE", "side": "BUY"}, SignalType.CLOSE_SHORT),
    ],
)
def test_a_wish_is_understood_in_every_document_s_words(
    fields: dict[str, str], wish: SignalType
) -> None:
    """C-32, S0-018, S0-030, S0-031, S4-012, S4-013: other names, in any case."""
    assert wish is signal_of(**fields).signal


def test_the_documents_decision_is_the_wish_to_close_a_long() -> None:
    """S0-030 to S0-034: LONG 0.5 with CLOSE at 0.95 sells half a coin, of all that is held."""
    signal = signal_of(
        direction="LONG", position_size_qty=0.5, agent_action="CLOSE", decision_confidence=0.95
    )

    assert (SignalType.CLOSE_LONG, Decimal("0.5"), Decimal("0.95")) == (
        signal.signal,
        signal.quantity,
        signal.confidence,
    )
    assert (Side.SELL, "LONG") == MEANS[signal.signal]


def test_an_order_in_the_words_of_ccxt_is_the_wish_of_its_side() -> None:
    """S2-036, C-18, C-32: lower case, an amount, and figures that never are floats."""
    signal = signal_of(side="buy", type="limit", price=50000.0, amount=0.01)

    assert (SignalType.LONG_ENTRY, OrderType.LIMIT, Decimal("50000.0"), Decimal("0.01")) == (
        signal.signal,
        signal.order_type,
        signal.price,
        signal.quantity,
    )


def test_the_manual_order_of_the_documents_is_a_long_entry_at_the_market() -> None:
    """S1-020, C-42: without a type the price is what the fill is measured from."""
    signal = signal_of(
        side="long", quantity=0.001, price=50000, leverage=10, stop_loss=49000, take_profit=52000
    )

    assert (SignalType.LONG_ENTRY, OrderType.MARKET, 10) == (
        signal.signal,
        signal.order_type,
        signal.leverage_max,
    )
    assert [Decimal("0.001"), Decimal(50000), Decimal(49000), Decimal(52000)] == [
        signal.quantity,
        signal.price,
        signal.stop_loss,
        signal.take_profit,
    ]


def test_a_mark_is_what_a_market_order_is_measured_from() -> None:
    """S0-030: the position of a decision brings its mark along."""
    assert Decimal("50000.0") == signal_of(direction="LONG", mark_price=50000.0).price


def test_every_fault_of_a_wish_is_told_at_once() -> None:
    line = json_object(b'{"side":"up","amount":NaN,"price":-1,"surprise":1,"stop_loss":"1e9999"}')

    with pytest.raises(BadFields) as raised:
        wish_of(line)

    names = [fault.name for fault in raised.value.faults]
    assert ["side", "surprise", "signal_id", "at_ms", "symbol"] == names[:5]
    assert {"amount", "price", "stop_loss"} == set(names[5:])
    assert "amount: must be a number, not NaN" in str(raised.value)


def test_other_words_count_in_any_case_too() -> None:
    signal = signal_of(side="buy", order_type="limit", price="100", source="Manual")

    assert (OrderType.LIMIT, SignalSource.MANUAL) == (signal.order_type, signal.source)


def test_half_of_a_named_position_names_it() -> None:
    signal = signal_of(signal="REDUCE_50", direction="short")

    assert PositionSide.SHORT is signal.position_side


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"signal": "CLOSE_LONG", "side": "long"}, "side: LONG contradicts CLOSE_LONG"),
        ({"signal": "LONG_ENTRY", "side": "sell"}, "side: SELL contradicts LONG_ENTRY"),
        ({"signal": "CLOSE_LONG", "direction": "SHORT"}, "direction: SHORT contradicts CLOSE_LONG"),
        ({"side": "buy", "direction": "SHORT"}, "direction: SHORT contradicts LONG_ENTRY"),
        ({"action": "CLOSE", "side": "long"}, "action: CLOSE needs a direction"),
        ({"side": "buy", "type": "limit", "mark_price": 1}, "mark_price: is no limit price"),
        ({"side": "buy", "amount": "lots"}, "amount: must be a number"),
        ({"side": "buy", "leverage": 1.5}, "leverage: must be a whole number"),
        ({"signal": "CLOSE"}, "signal: CLOSE needs a direction, LONG or SHORT"),
        ({"signal": "LONG_ENTRY", "action": "LONG_ENTRY"}, "action: stands for signal"),
        ({"signal": "LONG_ENTRY", "side": "up"}, "side: must be one of BUY, LONG, SELL, SHORT"),
        ({"signal": "LONG_ENTRY", "side": 5}, "side: must be one of"),
        ({"signal": "UP"}, "signal: must be one of LONG_ENTRY"),
        ({"signal": ["LONG_ENTRY"]}, "signal: must be one of LONG_ENTRY"),
        ({}, "signal: is missing"),
    ],
)
def test_what_contradicts_itself_or_says_nothing_is_refused(
    fields: dict[str, Any], fault: str
) -> None:
    """C-32: contradictory input is rejected, by its field."""
    with pytest.raises(BadField) as raised:
        signal_of(**fields)

    assert str(raised.value).startswith(fault)
