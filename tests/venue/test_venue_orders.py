"""Regular orders at the simulated venue: placing, filling, amending, cancelling, asking."""

from decimal import Decimal

import pytest

from callboard.scenarios.venue.market import Depth, DepthShape, Quote
from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ORDER, VenueWorld, limit_order, market_order

PLACED_FIELDS = {
    "orderId", "symbol", "status", "clientOrderId", "price", "origQty", "executedQty", "cumQty",
    "timeInForce", "type", "origType", "side", "positionSide", "reduceOnly", "closePosition",
    "stopPrice", "workingType", "priceProtect", "priceMatch", "selfTradePreventionMode",
    "goodTillDate", "updateTime",
}  # fmt: skip


@pytest.fixture
def world() -> VenueWorld:
    """A venue with ETHUSDT quoted at 2600.00 / 2600.10 and a listening client."""
    made = VenueWorld()
    made.quote("2600.00", "2600.10")
    made.mark("2600.05")
    made.listen()
    return made


def statuses(world: VenueWorld) -> list[tuple[str, str]]:
    return [(f["o"]["x"], f["o"]["X"]) for f in world.frames_of("ORDER_TRADE_UPDATE")]


def test_a_market_order_is_acknowledged_as_new_without_prices_of_fills(world: VenueWorld) -> None:
    body = world.done("POST", ORDER, **market_order("BUY", "1", "a"))

    assert set(body) == PLACED_FIELDS
    assert (body["status"], body["executedQty"]) == ("NEW", "0")


def test_a_result_answer_shows_the_final_state(world: VenueWorld) -> None:
    body = world.done("POST", ORDER, **market_order("BUY", "1", "a", newOrderRespType="RESULT"))

    assert set(body) == PLACED_FIELDS
    assert (body["status"], body["executedQty"]) == ("FILLED", "1")


def test_a_market_order_fills_at_the_touch_and_its_query_tells_the_price(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1", "a"))

    body = world.done("GET", ORDER, symbol="ETHUSDT", origClientOrderId="a")

    assert set(body) == PLACED_FIELDS | {"avgPrice", "cumQuote", "time"}
    assert body["status"] == "FILLED"
    assert Decimal(body["avgPrice"]) == Decimal("2600.10")
    assert world.position() == Decimal(1)


def test_a_fill_is_told_as_new_then_account_then_trade(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("SELL", "2", "a"))
    world.wait(10)

    assert ["ORDER_TRADE_UPDATE", "ACCOUNT_UPDATE", "ORDER_TRADE_UPDATE"] == [
        frame["e"] for frame in world.frames
    ]
    trade = world.frames[-1]["o"]
    assert ("TRADE", "FILLED", "2", "2600.00", "2") == (
        trade["x"], trade["X"], trade["l"], trade["L"], trade["z"],
    )  # fmt: skip
    assert Decimal(trade["n"]) == Decimal("2600.00") * 2 * Decimal("0.0005")
    position = world.frames[1]["a"]["P"][0]
    assert ("ETHUSDT", "-2", "BOTH") == (position["s"], position["pa"], position["ps"])


def test_trade_lite_goes_ahead_of_the_full_update_when_asked_for() -> None:
    world = VenueWorld(VenueSettings(trade_lite=True))
    world.quote("2600.00", "2600.10")
    world.listen()

    world.done("POST", ORDER, **market_order("BUY", "1", "a"))
    world.wait(10)

    kinds = [frame["e"] for frame in world.frames]
    assert kinds.index("TRADE_LITE") < kinds.index("ACCOUNT_UPDATE")
    lite = world.frames_of("TRADE_LITE")[0]
    assert set(lite) == {"e", "E", "T", "s", "q", "p", "m", "c", "S", "L", "l", "t", "i"}


def test_a_market_order_walks_the_depth_and_its_remainder_expires(world: VenueWorld) -> None:
    shape = DepthShape(2, Decimal("0.10"), Decimal(2))
    one = Decimal(1)
    world.say(Quote("ETHUSDT", world.now_ns, Decimal(2600), one, Decimal("2600.10"), one, shape))

    world.done("POST", ORDER, **market_order("BUY", "5", "a"))
    world.wait(10)

    assert [("NEW", "NEW"), ("TRADE", "PARTIALLY_FILLED"), ("TRADE", "PARTIALLY_FILLED"),
            ("EXPIRED", "EXPIRED")] == statuses(world)  # fmt: skip
    assert world.frames[-1]["o"]["er"] == "9"
    assert [Decimal("2600.10"), Decimal("2600.20")] == [
        fill.price for fill in world.venue.ledger().fills
    ]
    assert world.position() == Decimal(3)


def test_what_one_order_took_is_gone_until_the_market_restates_it(world: VenueWorld) -> None:
    world.quote("2600.00", "2600.10", quantity="3")
    world.done("POST", ORDER, **market_order("BUY", "2", "a"))

    world.done("POST", ORDER, **market_order("BUY", "2", "b"))
    world.quote("2600.00", "2600.10", quantity="4")
    world.done("POST", ORDER, **market_order("BUY", "4", "c"))

    executed = [order.executed for order in world.venue.ledger().orders]
    assert [Decimal(2), Decimal(1), Decimal(4)] == executed


def test_an_order_in_an_empty_book_expires_without_a_fill() -> None:
    world = VenueWorld()
    world.listen()

    world.done("POST", ORDER, **market_order("BUY", "1", "a"))
    world.wait(10)

    assert [("NEW", "NEW"), ("EXPIRED", "EXPIRED")] == statuses(world)
    assert world.position() == 0


def test_a_book_of_levels_is_walked_from_its_snapshot_and_changes() -> None:
    fresh = VenueWorld()
    bids = ((Decimal(2599), Decimal(1)),)
    asks = ((Decimal(2601), Decimal(1)), (Decimal(2602), Decimal(1)))
    fresh.say(Depth("ETHUSDT", fresh.now_ns, bids, asks, is_snapshot=True))
    fresh.say(Depth("ETHUSDT", fresh.now_ns, (), ((Decimal(2601), Decimal(0)),)))

    fresh.done("POST", ORDER, **market_order("BUY", "0.5", "a"))

    assert [Decimal(2602)] == [fill.price for fill in fresh.venue.ledger().fills]


def test_a_limit_order_rests_until_the_opposite_quote_meets_it(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "3", "2590.00", "a"))
    assert world.position() == 0

    world.quote("2589.00", "2589.90", quantity="1")
    world.quote("2588.00", "2588.50", quantity="5")

    fills = world.venue.ledger().fills
    assert [Decimal(1), Decimal(2)] == [fill.quantity for fill in fills]
    assert {Decimal("2590.00")} == {fill.price for fill in fills}
    assert all(fill.is_maker for fill in fills)


def test_a_print_fills_resting_orders_in_price_then_time_order(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2590.00", "low"))
    world.done("POST", ORDER, **limit_order("BUY", "1", "2595.00", "first"))
    world.done("POST", ORDER, **limit_order("BUY", "1", "2595.00", "second"))

    world.trade("2590.00", "2.5", is_buyer_maker=True)

    filled = [(f.client_order_id, f.quantity) for f in world.venue.ledger().fills]
    expected = [("first", Decimal(1)), ("second", Decimal(1)), ("low", Decimal("0.5"))]
    assert expected == filled


def test_a_print_of_a_buyer_leaves_resting_buys_alone(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2595.00", "a"))

    world.trade("2590.00", "5", is_buyer_maker=False)

    assert world.venue.ledger().fills == ()


def test_a_marketable_limit_order_takes_and_the_rest_rests(world: VenueWorld) -> None:
    world.quote("2600.00", "2600.10", quantity="1")

    world.done("POST", ORDER, **limit_order("BUY", "2", "2600.10", "a"))

    [fill] = world.venue.ledger().fills
    assert (Decimal("2600.10"), Decimal(1), False) == (fill.price, fill.quantity, fill.is_maker)
    body = world.done("GET", "/fapi/v1/openOrder", symbol="ETHUSDT", origClientOrderId="a")
    assert ("PARTIALLY_FILLED", "1") == (body["status"], body["executedQty"])


def test_an_ioc_order_takes_what_it_can_and_expires(world: VenueWorld) -> None:
    world.quote("2600.00", "2600.10", quantity="1")

    order = limit_order("BUY", "2", "2600.10", "a", timeInForce="IOC", newOrderRespType="RESULT")
    body = world.done("POST", ORDER, **order)

    assert ("EXPIRED", "1") == (body["status"], body["executedQty"])


def test_a_fill_or_kill_order_that_cannot_fill_is_refused(world: VenueWorld) -> None:
    world.quote("2600.00", "2600.10", quantity="1")

    code = world.refused("POST", ORDER, **limit_order("BUY", "2", "2600.10", timeInForce="FOK"))

    assert code == -5021
    assert world.venue.ledger().orders == ()


def test_a_post_only_order_that_would_take_is_refused(world: VenueWorld) -> None:
    code = world.refused("POST", ORDER, **limit_order("BUY", "2", "2600.10", timeInForce="GTX"))

    assert code == -5022


def test_a_client_id_is_unique_among_open_orders_only(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "same"))
    assert world.refused("POST", ORDER, **market_order("BUY", "1", "same")) == -4116

    world.done("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="same")
    world.done("POST", ORDER, **market_order("BUY", "1", "same"))
    world.done("POST", ORDER, **market_order("BUY", "1", "same"))

    assert world.position() == Decimal(2)


def test_a_cancelled_order_is_told_and_cannot_be_cancelled_again(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))

    body = world.done("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="a")
    code = world.refused("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="a")

    assert body["status"] == "CANCELED"
    assert code == -2011
    assert ("CANCELED", "CANCELED") == statuses(world)[-1]


def test_cancelling_all_leaves_other_symbols_alone(world: VenueWorld) -> None:
    world.quote("60000.00", "60000.10", symbol="BTCUSDT")
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    bitcoin = limit_order("BUY", "0.01", "59000.00", "b") | {"symbol": "BTCUSDT"}
    world.done("POST", ORDER, **bitcoin)

    body = world.done("DELETE", "/fapi/v1/allOpenOrders", symbol="ETHUSDT")

    assert body["code"] == 200
    left = world.done("GET", "/fapi/v1/openOrders")
    assert ["b"] == [row["clientOrderId"] for row in left]


def test_an_unknown_order_is_not_found(world: VenueWorld) -> None:
    assert world.refused("GET", ORDER, symbol="ETHUSDT", origClientOrderId="no") == -2013
    assert world.refused("DELETE", ORDER, symbol="ETHUSDT", orderId="5") == -2011


def test_an_amendment_moves_the_order_and_loses_its_place(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2590.00", "a"))
    world.done("POST", ORDER, **limit_order("BUY", "1", "2591.00", "b"))

    body = world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                      quantity="2", price="2591.00", modifyId="9")  # fmt: skip
    world.trade("2591.00", "1", is_buyer_maker=True)
    world.wait(10)

    assert ("2", "2591.00", 9) == (body["origQty"], body["price"], body["modifyId"])
    assert ["b"] == [fill.client_order_id for fill in world.venue.ledger().fills]
    amendment = [f for f in world.frames_of("ORDER_TRADE_UPDATE") if f["o"]["x"] == "AMENDMENT"]
    assert amendment[0]["o"]["M"] == "9"


def test_an_amendment_below_what_is_filled_cancels_the_order(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "3", "2590.00", "a"))
    world.trade("2590.00", "2", is_buyer_maker=True)

    body = world.done("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                      quantity="1", price="2590.00")  # fmt: skip

    assert ("CANCELED", "2") == (body["status"], body["executedQty"])


def test_an_amendment_that_changes_nothing_is_refused(world: VenueWorld) -> None:
    world.done("POST", ORDER, **limit_order("BUY", "1", "2590.00", "a"))

    code = world.refused("PUT", ORDER, symbol="ETHUSDT", side="BUY", origClientOrderId="a",
                         quantity="1", price="2590.00")  # fmt: skip

    assert code == -5027


def test_the_limit_keeps_the_newest_orders_but_the_oldest_trades(world: VenueWorld) -> None:
    for name in ("a", "b", "c"):
        world.done("POST", ORDER, **market_order("BUY", "1", name))

    orders = world.done("GET", "/fapi/v1/allOrders", symbol="ETHUSDT", limit="2")
    trades = world.done("GET", "/fapi/v1/userTrades", symbol="ETHUSDT", limit="2")

    by_id = {order.order_id: order.client_order_id for order in world.venue.ledger().orders}
    assert ["b", "c"] == [row["clientOrderId"] for row in orders]
    assert ["a", "b"] == [by_id[row["orderId"]] for row in trades]


def test_trades_can_be_asked_by_order_and_from_an_id(world: VenueWorld) -> None:
    first = world.done("POST", ORDER, **market_order("BUY", "1", "a"))
    world.done("POST", ORDER, **market_order("SELL", "1", "b"))
    everything = world.done("GET", "/fapi/v1/userTrades", symbol="ETHUSDT")

    of_first = world.done("GET", "/fapi/v1/userTrades", symbol="ETHUSDT",
                          orderId=str(first["orderId"]))  # fmt: skip
    from_second = world.done("GET", "/fapi/v1/userTrades", symbol="ETHUSDT",
                             fromId=str(everything[1]["id"]))  # fmt: skip

    assert everything[:1] == of_first
    assert everything[1:] == from_second
    assert ["BUY", "SELL"] == [row["side"] for row in everything]


def test_old_orders_are_outside_the_default_week(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1", "a"))
    world.wait(8 * 24 * 60 * 60 * 1000)

    assert world.done("GET", "/fapi/v1/allOrders", symbol="ETHUSDT") == []
    assert world.done("GET", "/fapi/v1/userTrades", symbol="ETHUSDT") == []


def test_more_open_orders_than_the_symbol_admits_are_refused(world: VenueWorld) -> None:
    for _ in range(200):
        world.send("POST", ORDER, **limit_order("BUY", "0.01", "2500.00"))
    world.wait(10)

    assert world.refused("POST", ORDER, **limit_order("BUY", "0.01", "2500.00")) == -2025
