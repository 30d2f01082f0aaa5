"""Venue account: filters, margin, positions and modes, each with the venue's codes."""

from decimal import Decimal

import pytest

from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, quoted_world, stop_order

POSITION_FIELDS = {
    "symbol", "positionSide", "positionAmt", "entryPrice", "breakEvenPrice", "markPrice",
    "unRealizedProfit", "liquidationPrice", "isolatedMargin", "notional", "marginAsset",
    "isolatedWallet", "initialMargin", "maintMargin", "positionInitialMargin",
    "openOrderInitialMargin", "adl", "bidNotional", "askNotional", "updateTime",
}  # fmt: skip


@pytest.fixture
def world() -> VenueWorld:
    return quoted_world()


@pytest.mark.parametrize(
    ("order", "code"),
    [
        (market_order("BUY", "1") | {"symbol": "NOPE"}, -1121),
        (market_order("BUY", "1") | {"symbol": ""}, -1102),
        (market_order("BUY", "1") | {"side": "LONG"}, -1117),
        (market_order("BUY", "1") | {"type": "BEST"}, -1116),
        (market_order("BUY", "1e2"), -1100),
        (market_order("BUY", "-1"), -1100),
        (market_order("BUY", "0"), -4003),
        (market_order("BUY", "0.0015"), -1111),
        (market_order("BUY", "2000.001"), -4005),
        (market_order("BUY", "1", "with blank"), -1100),
        (market_order("BUY", "1", "x" * 37), -4015),
        (market_order("BUY", "1", price="2600.00"), -1106),
        (market_order("BUY", "1", newOrderRespType="FULL"), -1136),
        (market_order("BUY", "1", positionSide="LONG"), -4061),
        (market_order("BUY", "1", positionSide="UP"), -4060),
        (market_order("BUY", "0.001"), -4164),
        (limit_order("BUY", "1", "2600.005"), -1111),
        (limit_order("BUY", "1", "0"), -4001),
        (limit_order("BUY", "1", "30.00"), -4013),
        (limit_order("BUY", "1", "400000.00"), -4002),
        (limit_order("BUY", "10001", "2600.00"), -4005),
        (limit_order("BUY", "1", "2600.00", timeInForce="DAY"), -1115),
        (limit_order("BUY", "1", "2990.01"), -4016),
        (limit_order("SELL", "1", "2209.99"), -4024),
        (limit_order("BUY", "1", "2600.00") | {"price": ""}, -1102),
    ],
)
def test_an_order_that_breaks_a_rule_is_refused_with_the_rules_code(
    world: VenueWorld, order: dict[str, str], code: int
) -> None:
    assert world.refused("POST", ORDER, **order) == code
    assert world.venue.ledger().orders == ()


def test_a_tick_or_step_of_the_right_precision_can_still_be_no_multiple() -> None:
    world = VenueWorld()
    world.quote("60000.00", "60000.10", symbol="BTCUSDT")
    order = limit_order("BUY", "0.01", "59000.05") | {"symbol": "BTCUSDT"}

    assert world.refused("POST", ORDER, **order) == -4014


def test_the_band_binds_one_side_only(world: VenueWorld) -> None:
    assert world.done("POST", ORDER, **limit_order("BUY", "1", "1000.00"))["status"] == "NEW"
    assert world.done("POST", ORDER, **limit_order("SELL", "1", "5000.00"))["status"] == "NEW"


def test_a_market_order_into_a_torn_book_is_refused(world: VenueWorld) -> None:
    world.quote("2600.00", "3000.00")

    assert world.refused("POST", ORDER, **market_order("BUY", "1")) == -4131


def test_a_reducing_order_is_exempt_from_the_least_notional(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1"))

    world.done("POST", ORDER, **market_order("SELL", "0.001", reduceOnly="true"))

    assert world.position() == Decimal("0.999")


def test_a_reducing_order_without_a_position_or_in_its_direction_is_refused(
    world: VenueWorld,
) -> None:
    assert world.refused("POST", ORDER, **market_order("SELL", "1", reduceOnly="true")) == -2022

    world.done("POST", ORDER, **market_order("BUY", "1"))

    assert world.refused("POST", ORDER, **market_order("BUY", "1", reduceOnly="true")) == -2022


def test_a_reducing_order_larger_than_its_position_is_clipped(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1"))

    body = world.done("POST", ORDER, **market_order("SELL", "5", reduceOnly="true"))

    assert body["origQty"] == "1"
    assert world.position() == 0


def test_a_second_resting_reducer_has_no_room(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.done("POST", ORDER, **limit_order("SELL", "1", "2700.00", reduceOnly="true"))

    code = world.refused("POST", ORDER, **limit_order("SELL", "1", "2701.00", reduceOnly="true"))

    assert code == -2022


def test_a_shrinking_position_knocks_out_resting_reducers_newest_first(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "2"))
    world.done("POST", ORDER, **limit_order("SELL", "1", "2700.00", "old", reduceOnly="true"))
    world.done("POST", ORDER, **limit_order("SELL", "1", "2699.00", "new", reduceOnly="true"))

    world.done("POST", ORDER, **market_order("SELL", "1", "exit", reduceOnly="true"))
    world.wait(10)

    states = {order.client_order_id: order.status for order in world.venue.ledger().orders}
    assert ("NEW", "EXPIRED") == (states["old"], states["new"])
    expiry = [f["o"] for f in world.frames_of("ORDER_TRADE_UPDATE") if f["o"]["x"] == "EXPIRED"]
    assert [("new", "4")] == [(body["c"], body["er"]) for body in expiry]


def test_resting_reducers_can_be_told_to_refuse_a_market_exit() -> None:
    world = quoted_world(VenueSettings(resting_reducers_refuse=True))
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.done("POST", ORDER, **limit_order("SELL", "1", "2700.00", reduceOnly="true"))

    assert world.refused("POST", ORDER, **market_order("SELL", "1", reduceOnly="true")) == -2022


def test_an_order_beyond_the_margin_is_refused(world: VenueWorld) -> None:
    assert world.refused("POST", ORDER, **market_order("BUY", "80")) == -2019


def test_resting_orders_hold_margin_until_they_end(world: VenueWorld) -> None:
    before = world.done("GET", "/fapi/v3/balance")[0]["availableBalance"]
    world.done("POST", ORDER, **limit_order("BUY", "40", "2500.00", "a"))
    held = world.done("GET", "/fapi/v3/account")

    assert Decimal(held["totalOpenOrderInitialMargin"]) == Decimal(5000)
    assert world.refused("POST", ORDER, **limit_order("BUY", "60", "2500.00")) == -2019

    world.trade("2500.00", "10", is_buyer_maker=True)
    part = world.done("GET", "/fapi/v3/account")
    world.done("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="a")
    world.done("POST", ORDER, **market_order("SELL", "10", reduceOnly="true"))
    ended = world.done("GET", "/fapi/v3/account")

    assert Decimal(part["totalOpenOrderInitialMargin"]) == Decimal(3750)
    assert Decimal(ended["totalOpenOrderInitialMargin"]) == 0
    assert Decimal(ended["availableBalance"]) == Decimal(ended["totalWalletBalance"])
    assert Decimal(before) == Decimal(10000)


def test_a_position_above_what_its_leverage_admits_is_refused() -> None:
    world = quoted_world(VenueSettings(wallet_balance=Decimal(100_000)))
    world.done("POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage="125")

    assert world.refused("POST", ORDER, **market_order("BUY", "120")) == -2027


def test_a_change_of_leverage_shows_in_the_symbols_configuration(world: VenueWorld) -> None:
    body = world.done("POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage="10")
    [row] = world.done("GET", "/fapi/v1/symbolConfig", symbol="ETHUSDT")
    world.wait(10)

    assert (10, 10, "CROSSED") == (body["leverage"], row["leverage"], row["marginType"])
    assert [{"s": "ETHUSDT", "l": 10}] == [
        f["ac"] for f in world.frames_of("ACCOUNT_CONFIG_UPDATE")
    ]
    assert world.refused("POST", "/fapi/v1/leverage", symbol="ETHUSDT", leverage="126") == -4028


def test_the_wallet_moves_by_realised_profit_less_fees(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1"))
    world.quote("2650.00", "2650.10")
    world.done("POST", ORDER, **market_order("SELL", "1", reduceOnly="true"))

    ledger = world.venue.ledger()

    profit = Decimal("2650.00") - Decimal("2600.10")
    fees = (Decimal("2650.00") + Decimal("2600.10")) * Decimal("0.0005")
    assert (profit, fees) == (ledger.realized, ledger.fees)
    assert ledger.wallet_balance == Decimal(10000) + profit - fees


def test_flat_positions_are_not_listed(world: VenueWorld) -> None:
    assert world.done("GET", "/fapi/v3/positionRisk") == []
    world.done("POST", ORDER, **market_order("SELL", "1"))
    world.mark("2590.00")

    [row] = world.done("GET", "/fapi/v3/positionRisk", symbol="ETHUSDT")

    assert set(row) == POSITION_FIELDS
    assert ("-1", "2600.00000000", "10.00000000") == (
        row["positionAmt"], row["entryPrice"], row["unRealizedProfit"],
    )  # fmt: skip
    assert "leverage" not in row


def test_an_order_through_zero_turns_the_position(world: VenueWorld) -> None:
    world.done("POST", ORDER, **market_order("BUY", "1"))

    world.done("POST", ORDER, **market_order("SELL", "3"))

    [position] = world.venue.ledger().positions
    assert (Decimal(-2), Decimal("2600.00")) == (position.amount, position.entry_price)


def test_hedge_mode_keeps_both_sides_apart() -> None:
    world = quoted_world(VenueSettings(hedge_mode=True))
    world.done("POST", ORDER, **market_order("BUY", "2", positionSide="LONG"))
    world.done("POST", ORDER, **market_order("SELL", "1", positionSide="SHORT"))

    world.done("POST", ORDER, **market_order("SELL", "1", positionSide="LONG"))

    assert (Decimal(1), Decimal(-1)) == (
        world.position(side="LONG"), world.position(side="SHORT"),
    )  # fmt: skip


def test_hedge_mode_wants_a_side_and_no_reduce_only() -> None:
    world = quoted_world(VenueSettings(hedge_mode=True))

    assert world.refused("POST", ORDER, **market_order("BUY", "1")) == -4061
    with_flag = market_order("SELL", "1", positionSide="LONG", reduceOnly="true")
    assert world.refused("POST", ORDER, **with_flag) == -1106
    closing = market_order("SELL", "1", positionSide="LONG")
    assert world.refused("POST", ORDER, **closing) == -2022
    wrong = stop_order("BUY", "2700.00", closePosition="true", positionSide="LONG")
    assert world.refused("POST", ALGO, **wrong) == -4136


def test_the_position_mode_changes_only_while_nothing_is_open(world: VenueWorld) -> None:
    path = "/fapi/v1/positionSide/dual"
    assert world.refused("POST", path, dualSidePosition="false") == -4059
    world.done("POST", ORDER, **limit_order("BUY", "1", "2500.00", "a"))
    assert world.refused("POST", path, dualSidePosition="true") == -4067
    world.done("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId="a")
    world.done("POST", ORDER, **market_order("BUY", "1"))
    assert world.refused("POST", path, dualSidePosition="true") == -4068
    world.done("POST", ORDER, **market_order("SELL", "1"))

    world.done("POST", path, dualSidePosition="true")

    assert world.done("GET", "/fapi/v1/accountConfig")["dualSidePosition"] is True


def test_exchange_information_tells_the_filters_and_no_algo_order_limit(world: VenueWorld) -> None:
    body = world.done("GET", "/fapi/v1/exchangeInfo")

    [ether] = [row for row in body["symbols"] if row["symbol"] == "ETHUSDT"]
    filters = {row["filterType"]: row for row in ether["filters"]}
    assert filters["PRICE_FILTER"]["tickSize"] == "0.01"
    assert filters["MARKET_LOT_SIZE"]["maxQty"] == "2000"
    assert filters["MIN_NOTIONAL"]["notional"] == "20"
    assert "MAX_NUM_ALGO_ORDERS" not in filters


def test_prices_and_brackets_can_be_asked_for(world: VenueWorld) -> None:
    ticker = world.done("GET", "/fapi/v1/ticker/bookTicker", symbol="ETHUSDT")
    premium = world.done("GET", "/fapi/v1/premiumIndex", symbol="ETHUSDT")
    [bracket] = world.done("GET", "/fapi/v1/leverageBracket", symbol="ETHUSDT")

    assert ("2600.00", "2600.10") == (ticker["bidPrice"], ticker["askPrice"])
    assert premium["markPrice"] == "2600.00"
    assert bracket["brackets"][0]["initialLeverage"] == 125
