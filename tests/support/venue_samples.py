"""Venue samples: one BTCUSDT order as we place it, and what the venue says of it.

Owns the orders, reports, filters, failure and answer that tests of many files begin with; a test
names the fields in which its own differs.
"""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.messages.failure import ClassifyFailure
from callboard.messages.instruments import ContractStatus, Filters
from callboard.messages.values import (
    Leg,
    Operation,
    OrderType,
    Phase,
    PositionSide,
    Priority,
    Side,
    TimeInForce,
    WorkingType,
)
from callboard.messages.venue import AttemptEnded, OrderEvidence, PlaceOrder, Result, TradeEvidence

AT_MS = 1_800_000_000_123
D = Decimal
BTC = Filters(
    symbol="BTCUSDT",
    status=ContractStatus.TRADING,
    margin_asset="USDT",
    tick_size=D("0.10"),
    price_min=D("556.80"),
    price_max=D("4529764"),
    step_size=D("0.001"),
    quantity_min=D("0.001"),
    quantity_max=D("1000"),
    market_step_size=D("0.001"),
    market_quantity_min=D("0.001"),
    market_quantity_max=D("120"),
    notional_min=D("100"),
    multiplier_up=D("1.05"),
    multiplier_down=D("0.95"),
    orders_max=200,
)
MARKET = PlaceOrder(
    client_order_id="cb-1-1-e",
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.BOTH,
    order_type=OrderType.MARKET,
    quantity=D("0.010"),
    price=None,
    trigger_price=None,
    time_in_force=TimeInForce.GTC,
    reduce_only=False,
    close_position=False,
    working_type=WorkingType.MARK_PRICE,
)
STOP = evolve(
    MARKET,
    client_order_id="cb-1-1-s",
    side=Side.SELL,
    order_type=OrderType.STOP_MARKET,
    quantity=None,
    trigger_price=D(45000),
    close_position=True,
)
EVIDENCE = OrderEvidence(
    client_order_id="cb-1-1-e",
    venue_order_id="8886774",
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.BOTH,
    order_type=OrderType.LIMIT,
    status="NEW",
    quantity=D("0.010"),
    filled=D(0),
    average_price=D(0),
    price=D("60000.10"),
    trigger_price=D(0),
    reduce_only=False,
    close_position=False,
    conditional=False,
    updated_at_ms=AT_MS,
)
TRADE = TradeEvidence(
    trade_id="4711",
    venue_order_id="8886774",
    symbol="BTCUSDT",
    side=Side.BUY,
    position_side=PositionSide.BOTH,
    quantity=D("0.004"),
    price=D(60000),
    fee=D("0.096"),
    realised_pnl=D("-1.5"),
    is_maker=True,
    at_ms=AT_MS,
)
FAILURE = ClassifyFailure(
    client_order_id="cb1-1-e1",
    symbol="ETHUSDT",
    leg=Leg.ENTRY,
    priority=Priority.OPENING,
    attempt=1,
    operation=Operation.PLACE,
    phase=Phase.NOT_CONNECTED,
    status=0,
    code=0,
    text="refused",
    send_by_ms=0,
    deadline_ms=0,
    sent_at_ms=0,
)


def read_ended(
    call_id: str, result: Result | None, *, sent_at_ns: int, **changes: Any
) -> AttemptEnded:
    """Return what a lane says of a read that was answered."""
    ended = AttemptEnded(
        call_id=call_id,
        operation=Operation.READ,
        phase=Phase.ANSWERED,
        status=200,
        code=0,
        text="",
        sent_at_ms=0,
        sent_at_ns=sent_at_ns,
        result=result,
    )
    return evolve(ended, **changes)
