"""Test of commands of an account over real sockets: the venue's own books say what they did."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard import (
    AccountSettings,
    CancelOrders,
    FlattenPositions,
    GetPositions,
    OrdersCancelled,
    PositionClosed,
    PositionCorrected,
    PositionProtected,
    PositionsFlattened,
    ProtectionSettings,
    ReconcilerSettings,
)
from callboard.messages.account import CountdownArmed, FeePriceChanged
from callboard.messages.events import OrderPlaced
from callboard.messages.intake import SubmitSignal
from callboard.messages.market import MarkChanged
from callboard.messages.reconciliation import ComparePositions
from callboard.messages.values import OrderType, SignalType
from callboard.messages.venue import AttemptEnded
from callboard.scenarios.venue.account_settings import FeeAsset
from callboard.scenarios.venue.settings import PAPER_LEVERAGE
from support.loopback import SETTINGS, Trader, trading
from support.venue_servers import SYMBOLS, Caller, served
from support.worlds import WAIT_SECONDS

WANTED = evolve(SETTINGS, risk=evolve(SETTINGS.risk, symbols=SYMBOLS))
COUNTDOWN = "/fapi/v1/countdownCancelAll"
ROUNDED = Decimal("0.000001")
OPEN_ORDERS, OPEN_ALGO_ORDERS = "/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders"


def mark_of(trader: Trader, symbol: str) -> Decimal:
    """Wait for a mark of a symbol, and return it."""
    trader.wait_heard(lambda each: isinstance(each, MarkChanged) and each.symbol == symbol)
    return next(each.mark for each in trader.all_heard(MarkChanged) if each.symbol == symbol)


def rest_far_below(trader: Trader, signal_id: str, symbol: str) -> None:
    """Let an entry rest five per cent below the mark."""
    wish = SubmitSignal(
        signal_id,
        0,
        SignalType.LONG_ENTRY,
        symbol,
        order_type=OrderType.LIMIT,
        price=(mark_of(trader, symbol) * Decimal("0.95")).quantize(Decimal(1)),
        confidence=Decimal("0.9"),
    )
    trader.ref.tell(wish)
    trader.told.wait_for(
        lambda: signal_id in [each.signal_id for each in trader.all_told(OrderPlaced)]
    )


def ids(rows: Any, name: str = "clientOrderId") -> set[str]:
    return {row[name] for row in rows}


def test_a_cancel_of_all_spares_stops_and_what_others_have_placed_until_it_is_told() -> None:
    with (
        served(leverage=PAPER_LEVERAGE) as server,
        trading(server, WANTED) as trader,
        Caller(server) as hand,
    ):
        price = mark_of(trader, "BTCUSDT") // 2
        trader.signal("s1")
        trader.wait_told(PositionProtected)
        rest_far_below(trader, "s2", "ETHUSDT")
        mine = ids(hand.done("GET", OPEN_ORDERS))
        order = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.010", "timeInForce": "GTC"}
        hand.done(
            "POST", "/fapi/v1/order", type="LIMIT", price=price, newClientOrderId="web", **order
        )
        trader.wait_heard(lambda each: "web" in str(each))
        stops = ids(hand.done("GET", OPEN_ALGO_ORDERS), "clientAlgoId")

        trader.ref.tell(CancelOrders("k1"))
        trader.wait_told(OrdersCancelled)
        left = ids(hand.done("GET", OPEN_ORDERS))
        left_stops = ids(hand.done("GET", OPEN_ALGO_ORDERS), "clientAlgoId")

        trader.ref.tell(CancelOrders("k2", all_orders=True))
        trader.told.wait_for(lambda: len(trader.all_told(OrdersCancelled)) == 2)
        trader.told.wait_for(lambda: len(trader.all_told(PositionProtected)) == 2)
        rest = ids(hand.done("GET", OPEN_ORDERS))
        new_stops = ids(hand.done("GET", OPEN_ALGO_ORDERS), "clientAlgoId")

        trader.ref.tell(FlattenPositions("f1", verified=True))
        trader.wait_told(PositionsFlattened)
        held = [row["positionAmt"] for row in hand.done("GET", "/fapi/v3/positionRisk")]

    first, second = trader.all_told(OrdersCancelled)
    assert (mine, ()) == (set(first.done), first.failed)
    assert ({"web"}, stops) == (left, left_stops)
    assert (stops | {"web"}, ()) == (set(second.done), second.failed)
    assert set() == rest
    assert 1 == len(new_stops)
    assert new_stops.isdisjoint(stops)
    (flat,) = trader.all_told(PositionsFlattened)
    assert (True, (), []) == (flat.is_flat, flat.left, [each for each in held if Decimal(each)])


def test_a_stop_in_order_disarms_the_countdown_that_the_engine_armed() -> None:
    armed = evolve(SETTINGS, accounts=AccountSettings(countdown_ms=30_000))
    with served(leverage=PAPER_LEVERAGE) as server:
        with trading(server, armed) as trader:
            trader.wait_heard(
                lambda each: (
                    isinstance(each, AttemptEnded) and isinstance(each.result, CountdownArmed)
                )
            )
        sent = [each for each in trader.exchange.sent if each.path == COUNTDOWN]

    assert ("30000", "0") == (sent[0].params["countdownTime"], sent[-1].params["countdownTime"])
    last = [each for each in trader.all_heard(AttemptEnded) if "ArmCountdown" in each.call_id][-1]
    assert CountdownArmed("BTCUSDT", 0) == last.result


def test_where_a_position_would_be_liquidated_is_shown_where_that_is_wanted() -> None:
    watched = evolve(
        SETTINGS,
        protection=ProtectionSettings(liquidation_alert_pct=Decimal(99)),
        reconciler=ReconcilerSettings(interval_ms=3_000),
    )
    with (
        served(leverage=PAPER_LEVERAGE) as server,
        trading(server, watched) as trader,
        Caller(server) as hand,
    ):
        mark_of(trader, "BTCUSDT")
        trader.signal("s1", SignalType.SHORT_ENTRY)
        trader.wait_told(PositionProtected)
        trader.wait_heard(
            lambda each: (
                isinstance(each, ComparePositions)
                and any(position.liquidation_price for position in each.positions)
            )
        )
        (row,) = hand.done("GET", "/fapi/v3/positionRisk")
        (position,) = trader.ref.ask(GetPositions(), block=True, timeout=WAIT_SECONDS).positions

    assert Decimal(row["liquidationPrice"]) > Decimal(row["markPrice"])
    assert position.liquidation_price is not None
    assert position.liquidation_price > position.mark_price


def test_a_commission_that_another_asset_paid_is_counted_at_its_price() -> None:
    paying = FeeAsset("ETH", balance=Decimal(10), price=Decimal(2_000))
    counting = evolve(SETTINGS, accounts=AccountSettings(fee_asset="ETH"))
    with (
        served(leverage=PAPER_LEVERAGE, fee_asset=paying) as server,
        trading(server, counting) as trader,
    ):
        trader.wait_heard(lambda each: isinstance(each, FeePriceChanged))
        trader.signal("s1")
        trader.wait_told(PositionProtected)
        trader.signal("s2", SignalType.CLOSE_LONG)
        trader.wait_told(PositionClosed)
        paid = server.call(lambda floor: [each.core.account.purse.paid for _, each in floor.venues])

    prices = [each.price for each in trader.all_heard(FeePriceChanged)]
    fees = [each.fees for each in trader.all_told(PositionClosed)]
    fees += [each.fees for each in trader.all_told(PositionCorrected)]
    assert [()] == [each.other_fees for each in trader.all_told(PositionClosed)]
    least, most = (sum(paid) * price for price in (min(prices), max(prices)))
    assert least - ROUNDED < sum(fees) < most + ROUNDED
