"""Test of binance_replies: answers as the venue sends them, read or refused by field."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.binance_replies import (
    ReplyOptions,
    error_of,
    is_success,
    read_result,
    usage_of,
)
from callboard.actors.adapters.wire import ReplyUnreadable
from callboard.actors.ports import VenueAnswer
from callboard.messages.account import FeePriceRead, ReadFeePrice
from callboard.messages.listen_key import ListenKeyRenewed, RenewListenKey
from callboard.messages.values import (
    OrderType,
    Phase,
    PositionSide,
    Side,
)
from callboard.messages.venue import (
    AccountModeRead,
    AccountRead,
    AmendOne,
    Call,
    CancelAccepted,
    CancelOne,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    OrderEvidence,
    OrdersListed,
    PositionEvidence,
    PositionsListed,
    QueryOne,
    ReadAccount,
    ReadAccountMode,
    ReadTime,
    Result,
    TimeRead,
    TradesListed,
    UsageObserved,
)
from support.venue_samples import AT_MS, EVIDENCE, MARKET, STOP, TRADE

OPTIONS = ReplyOptions(margin_asset="USDT")
ORDER_BODY: dict[str, Any] = {
    "orderId": 22542179,
    "symbol": "BTCUSDT",
    "status": "FILLED",
    "clientOrderId": "cb-1-1-e",
    "price": "0",
    "origQty": "0.010",
    "executedQty": "0.010",
    "cumQty": "0.010",
    "timeInForce": "GTC",
    "type": "MARKET",
    "origType": "MARKET",
    "side": "BUY",
    "positionSide": "BOTH",
    "reduceOnly": False,
    "closePosition": False,
    "stopPrice": "0",
    "workingType": "CONTRACT_PRICE",
    "priceProtect": False,
    "updateTime": AT_MS,
}
ORDER_READ = evolve(
    EVIDENCE,
    venue_order_id="22542179",
    order_type=OrderType.MARKET,
    status="FILLED",
    filled=Decimal("0.010"),
    price=Decimal(0),
)
ALGO_BODY: dict[str, Any] = {
    "algoId": 2146760000000001,
    "clientAlgoId": "cb-1-1-s",
    "algoType": "CONDITIONAL",
    "orderType": "STOP_MARKET",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "positionSide": "BOTH",
    "quantity": "",
    "algoStatus": "NEW",
    "triggerPrice": "50000.00",
    "price": "0.00",
    "closePosition": True,
    "reduceOnly": True,
    "createTime": 1_800_000_000_000,
    "updateTime": 1_800_000_000_000,
    "triggerTime": 0,
}


def answer(body: Any, *, status: int = 200, text: str = "", **headers: str) -> VenueAnswer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return VenueAnswer("1.0", Phase.ANSWERED, status, named, body, text)


def read(call: Call, body: Any) -> Result:
    return read_result(call, answer(body), OPTIONS).result


def test_a_placement_is_read_without_a_fill_price() -> None:
    assert ORDER_READ == read(MARKET, ORDER_BODY)


def test_a_query_adds_the_average_price() -> None:
    body = ORDER_BODY | {"avgPrice": "60123.45", "cumQuote": "601.23"}

    evidence = read(QueryOne("cb-1-1-e", "BTCUSDT", conditional=False), body)

    assert evolve(ORDER_READ, average_price=Decimal("60123.45")) == evidence


def test_an_amendment_is_read_like_a_placement() -> None:
    call = AmendOne("cb-1-1-e", "BTCUSDT", Side.BUY, Decimal("0.010"), Decimal(1))

    assert ORDER_READ == read(call, ORDER_BODY | {"pair": "BTCUSDT", "modifyId": "1"})


def test_a_conditional_order_is_read_with_its_own_names() -> None:
    evidence = read(STOP, ALGO_BODY)

    assert isinstance(evidence, OrderEvidence)
    assert ("cb-1-1-s", "2146760000000001", "NEW") == (
        evidence.client_order_id,
        evidence.venue_order_id,
        evidence.status,
    )
    assert (True, True, Decimal(0)) == (
        evidence.conditional,
        evidence.close_position,
        evidence.quantity,
    )
    assert (Decimal("50000.00"), "") == (evidence.trigger_price, evidence.child_order_id)


def test_a_triggered_conditional_order_names_its_child_and_what_was_filled() -> None:
    body = ALGO_BODY | {
        "algoStatus": "FINISHED",
        "actualOrderId": "815",
        "actualQty": "0.4",
        "actualPrice": "49990.5",
    }

    evidence = read(QueryOne("cb-1-1-s", "BTCUSDT", conditional=True), body)

    assert isinstance(evidence, OrderEvidence)
    assert ("815", Decimal("0.4"), Decimal("49990.5")) == (
        evidence.child_order_id,
        evidence.filled,
        evidence.average_price,
    )


def test_the_cancel_of_a_conditional_order_says_no_more_than_that() -> None:
    body = {"algoId": 1, "clientAlgoId": "cb-1-1-s", "code": "200", "msg": "success"}
    call = CancelOne("cb-1-1-s", "BTCUSDT", conditional=True)

    assert is_success(answer(body))
    assert CancelAccepted("cb-1-1-s", "BTCUSDT") == read(call, body)


def test_an_answer_about_another_order_is_unreadable() -> None:
    with pytest.raises(ReplyUnreadable, match="clientOrderId is 'other'"):
        read(MARKET, ORDER_BODY | {"clientOrderId": "other"})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("orderId", None),
        ("status", 1),
        ("side", "LEFT"),
        ("origQty", 0.01),
        ("origQty", "much"),
        ("origQty", "NaN"),
        ("executedQty", True),
        ("reduceOnly", "false"),
        ("updateTime", "now"),
    ],
)
def test_a_field_of_the_wrong_shape_is_named(field: str, value: object) -> None:
    with pytest.raises(ReplyUnreadable) as caught:
        read(MARKET, ORDER_BODY | {field: value})

    assert field == caught.value.field


@pytest.mark.parametrize("body", [None, [], "ok", 7])
def test_a_body_that_is_no_order_is_unreadable(body: Any) -> None:
    with pytest.raises(ReplyUnreadable):
        read(MARKET, body)


def test_an_order_of_the_venue_itself_makes_no_listing_unreadable() -> None:
    row = ORDER_BODY | {"type": "LIQUIDATION", "clientOrderId": "autoclose-1", "price": "61000"}

    listed = read(ListOpenOrders(conditional=False), [ORDER_BODY, row])

    assert isinstance(listed, OrdersListed)
    assert [OrderType.MARKET, OrderType.LIMIT] == [each.order_type for each in listed.orders]


def test_open_conditional_orders_are_read_from_their_own_listing() -> None:
    listed = read(ListOpenOrders(conditional=True), [ALGO_BODY | {"actualOrderId": ""}])

    assert isinstance(listed, OrdersListed)
    assert (True, 1, True) == (listed.conditional, len(listed.orders), listed.orders[0].conditional)


def test_the_price_of_the_fee_asset_is_its_mark() -> None:
    told = read(ReadFeePrice("BNBUSDT"), {"symbol": "BNBUSDT", "markPrice": "612.34"})

    assert FeePriceRead("BNBUSDT", Decimal("612.34")) == told


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"symbol": "ETHUSDT", "markPrice": "1"}, "symbol"),
        ({"symbol": "BNBUSDT", "markPrice": "0"}, "markPrice"),
        ({"symbol": "BNBUSDT"}, "markPrice"),
    ],
)
def test_a_price_of_another_symbol_or_of_nothing_is_unreadable(
    body: dict[str, str], field: str
) -> None:
    with pytest.raises(ReplyUnreadable, match=field):
        read(ReadFeePrice("BNBUSDT"), body)


def test_flat_positions_are_left_out() -> None:
    rows = [
        {"symbol": "BTCUSDT", "positionSide": "BOTH", "positionAmt": "-0.5", "entryPrice": "60000"},
        {"symbol": "ETHUSDT", "positionSide": "BOTH", "positionAmt": "0.000", "entryPrice": "0"},
    ]
    short = PositionEvidence("BTCUSDT", PositionSide.BOTH, Decimal("-0.5"), Decimal(60000))

    assert PositionsListed((short,)) == read(ListPositions(), rows)


@pytest.mark.parametrize(("liquidation", "price"), [(True, "51000.5"), (False, "0")])
def test_the_liquidation_price_of_a_position_is_read_where_it_is_wanted(
    liquidation: bool, price: str
) -> None:
    row = {
        "symbol": "BTCUSDT",
        "positionSide": "BOTH",
        "positionAmt": "0.5",
        "entryPrice": "60000",
        "liquidationPrice": "51000.5",
    }
    answer = VenueAnswer("", Phase.ANSWERED, 200, {}, [row])

    options = ReplyOptions("USDT", liquidation=liquidation)
    result = read_result(ListPositions(), answer, options).result

    assert isinstance(result, PositionsListed)
    assert [Decimal(price)] == [each.liquidation_price for each in result.positions]


def test_trades_come_oldest_first_and_keep_fees_of_other_assets_apart() -> None:
    row = {
        "id": 11,
        "orderId": 5,
        "symbol": "BTCUSDT",
        "side": "BUY",
        "positionSide": "BOTH",
        "price": "60000",
        "qty": "0.1",
        "commission": "3.0",
        "commissionAsset": "USDT",
        "realizedPnl": "0",
        "maker": False,
        "time": 1_800_000_000_001,
    }
    first = evolve(
        TRADE,
        trade_id="11",
        venue_order_id="5",
        quantity=Decimal("0.1"),
        fee=Decimal("3.0"),
        realised_pnl=Decimal(0),
        is_maker=False,
        at_ms=1_800_000_000_001,
    )
    second = evolve(
        first, trade_id="12", fee=Decimal(0), other_fee=Decimal("3.0"), other_fee_asset="BNB"
    )

    listed = read(ListTrades("BTCUSDT", 0), [row | {"id": 12, "commissionAsset": "BNB"}, row])

    assert TradesListed("BTCUSDT", (first, second)) == listed


def test_balances_are_those_of_the_margin_asset() -> None:
    body = {
        "assets": [
            {"asset": "BNB", "walletBalance": "1"},
            {
                "asset": "USDT",
                "walletBalance": "1000.5",
                "availableBalance": "900",
                "unrealizedProfit": "-10",
            },
        ]
    }

    expected = AccountRead(Decimal("1000.5"), Decimal(900), Decimal(-10))

    assert expected == read(ReadAccount(), body)


def test_an_account_without_the_margin_asset_is_unreadable() -> None:
    with pytest.raises(ReplyUnreadable, match="no row of USDT"):
        read(ReadAccount(), {"assets": []})


def test_the_modes_of_the_account_are_read() -> None:
    body = {"canTrade": True, "dualSidePosition": True, "multiAssetsMargin": False}

    assert AccountModeRead(hedge_mode=True, multi_assets=False, can_trade=True) == read(
        ReadAccountMode(), body
    )


def test_the_time_is_read() -> None:
    assert TimeRead(1_800_000_000_000) == read(ReadTime(), {"serverTime": 1_800_000_000_000})


def test_a_listen_key_is_read_without_its_key() -> None:
    assert ListenKeyRenewed() == read(RenewListenKey(), {"listenKey": "secret"})

    with pytest.raises(ReplyUnreadable, match="listenKey"):
        read(RenewListenKey(), {})


def test_an_error_body_gives_code_and_text() -> None:
    refused = answer({"code": -2019, "msg": "Margin is insufficient."}, status=400)

    assert not is_success(refused)
    assert (-2019, "Margin is insufficient.") == error_of(refused)


def test_a_success_status_with_an_error_code_is_no_success() -> None:
    assert not is_success(answer({"code": -1000, "msg": "?"}))


def test_a_page_of_a_gateway_gives_its_text_cut_short_and_no_code() -> None:
    page = answer(None, status=502, text="<html>" + "x" * 10_000)

    assert (0, 500) == (error_of(page)[0], len(error_of(page)[1]))


def test_usage_is_read_from_headers_in_any_case() -> None:
    told = answer(
        {}, X_MBX_USED_WEIGHT_1M="77", x_mbx_order_count_10s="3", X_Mbx_Order_Count_1m="9"
    )
    expected = UsageObserved(
        permit_id="p1",
        weight_used_1m=77,
        orders_used_10s=3,
        orders_used_1m=9,
        status=200,
        code=0,
        text="",
        retry_after_s=-1,
    )

    assert expected == usage_of(told, "p1")


def test_usage_of_a_refusal_holds_what_the_limiter_must_obey() -> None:
    text = "Way too many requests; IP banned until 1800000060000."
    banned = answer({"code": -1003, "msg": text}, status=418, Retry_After="60")

    usage = usage_of(banned, "p1")

    assert (418, -1003, text, 60, -1) == (
        usage.status,
        usage.code,
        usage.text,
        usage.retry_after_s,
        usage.weight_used_1m,
    )
