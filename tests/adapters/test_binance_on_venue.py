"""Test of the Binance adapters on the simulated venue: each answer of it can be read."""

from decimal import Decimal

import pytest

from callboard.actors.adapters.binance_replies import (
    ReplyOptions,
    read_result,
)
from callboard.messages.venue import (
    Call,
    CancelOne,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    OrderEvidence,
    QueryOne,
    ReadAccount,
    ReadAccountMode,
    ReadInstruments,
    ReadTime,
    TimeRead,
    TradesListed,
)
from support.lab import START_NS, Lab
from support.venue_samples import MARKET, STOP

OPTIONS = ReplyOptions(margin_asset="USDT")


def test_the_simulated_venue_is_understood_from_placement_to_trades() -> None:
    lab = Lab()

    placed = read_result(MARKET, lab.ask(MARKET), OPTIONS).result
    resting = read_result(STOP, lab.ask(STOP), OPTIONS).result
    queried = read_result(
        QueryOne("cb-1-1-e", "BTCUSDT", conditional=False),
        lab.ask(QueryOne("cb-1-1-e", "BTCUSDT", conditional=False)),
        OPTIONS,
    ).result
    trades = read_result(
        ListTrades("BTCUSDT", 0), lab.ask(ListTrades("BTCUSDT", 0)), OPTIONS
    ).result

    assert isinstance(placed, OrderEvidence)
    assert isinstance(queried, OrderEvidence)
    assert isinstance(resting, OrderEvidence)
    assert isinstance(trades, TradesListed)
    assert ("FILLED", Decimal("0.010")) == (placed.status, placed.filled)
    assert ("NEW", True) == (resting.status, resting.close_position)
    assert queried.average_price == trades.trades[0].price
    assert Decimal("0.010") == sum(trade.quantity for trade in trades.trades)


@pytest.mark.parametrize(
    "call",
    [
        ListOpenOrders(conditional=False),
        ListOpenOrders(conditional=True),
        ListPositions(),
        ReadAccount(),
        ReadAccountMode(),
        ReadInstruments(),
        CancelOne("cb-1-1-s", "BTCUSDT", conditional=True),
    ],
)
def test_every_other_answer_of_the_simulated_venue_is_readable(call: Call) -> None:
    lab = Lab()
    lab.ask(MARKET)
    lab.ask(STOP)

    reading = read_result(call, lab.ask(call), OPTIONS)

    assert () == reading.faults


def test_the_simulated_venue_tells_its_time() -> None:
    lab = Lab()

    told = read_result(ReadTime(), lab.ask(ReadTime()), OPTIONS).result

    assert TimeRead(START_NS // 1_000_000 + 2_000) == told
