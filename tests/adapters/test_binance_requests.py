"""Test of binance_requests: every call in the venue's spelling, or refused before sending."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.adapters.binance_requests import (
    Inexpressible,
    build_request,
    operation_of,
    plain,
    stamp,
)
from callboard.actors.policies.weights import ENDPOINTS
from callboard.actors.ports import VenueRequest
from callboard.messages.account import (
    ArmCountdown,
    ReadBrackets,
    ReadFeePrice,
    ReadSymbolConfigs,
    SetLeverage,
    SetMarginType,
)
from callboard.messages.listen_key import RenewListenKey
from callboard.messages.plans import TrailingStop
from callboard.messages.values import (
    Operation,
    OrderType,
    PositionSide,
    PriceMatch,
    SelfTradePrevention,
    Side,
    TimeInForce,
)
from callboard.messages.venue import (
    AmendOne,
    Call,
    CancelOne,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    PlaceOrder,
    QueryOne,
    ReadAccount,
    ReadAccountMode,
    ReadInstruments,
    ReadTime,
)
from support import venue_samples
from support.venue_samples import MARKET

LIMIT = evolve(MARKET, order_type=OrderType.LIMIT, price=Decimal("61000.10"))
STOP = evolve(venue_samples.STOP, trigger_price=Decimal(59000))
CANCEL = CancelOne("cb-1-1-e", "BTCUSDT", conditional=False)
QUERY = QueryOne("cb-1-1-e", "BTCUSDT", conditional=False)
AMEND = AmendOne("cb-1-1-e", "BTCUSDT", Side.BUY, Decimal("0.020"), Decimal(60000))
EVERY_CALL: tuple[Call, ...] = (
    MARKET,
    LIMIT,
    STOP,
    CANCEL,
    evolve(CANCEL, conditional=True),
    QUERY,
    evolve(QUERY, conditional=True),
    AMEND,
    ListOpenOrders(conditional=False),
    ListOpenOrders(conditional=True),
    ListPositions(),
    ListTrades("BTCUSDT", 1),
    ReadAccount(),
    ReadAccountMode(),
    ReadInstruments(),
    ReadTime(),
    RenewListenKey(),
    SetLeverage("BTCUSDT", 7),
    SetMarginType("BTCUSDT", isolated=True),
    ArmCountdown("BTCUSDT", 30_000),
)


def built(call: Call) -> VenueRequest:
    return build_request(call, "7.0")


def test_a_market_order_names_quantity_and_asks_for_the_result() -> None:
    expected = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "MARKET",
        "quantity": "0.010",
        "newClientOrderId": "cb-1-1-e",
        "newOrderRespType": "RESULT",
    }

    request = built(MARKET)

    assert ("POST", "/fapi/v1/order", True) == (request.method, request.path, request.signed)
    assert expected == request.params


def test_a_limit_order_adds_price_and_time_in_force() -> None:
    params = built(LIMIT).params

    assert ("61000.10", "GTC") == (params["price"], params["timeInForce"])


def test_a_market_order_names_no_time_in_force() -> None:
    assert "timeInForce" not in built(MARKET).params


def test_a_reducing_order_says_so_in_one_way_mode() -> None:
    params = built(evolve(MARKET, reduce_only=True)).params

    assert "true" == params["reduceOnly"]
    assert "positionSide" not in params


def test_a_reducing_order_names_its_position_side_instead_in_hedge_mode() -> None:
    params = built(evolve(MARKET, reduce_only=True, position_side=PositionSide.LONG)).params

    assert "LONG" == params["positionSide"]
    assert "reduceOnly" not in params


def test_a_whole_close_goes_to_the_algo_service_without_quantity_or_reduce_only() -> None:
    expected = {
        "algoType": "CONDITIONAL",
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "STOP_MARKET",
        "closePosition": "true",
        "triggerPrice": "59000",
        "workingType": "MARK_PRICE",
        "clientAlgoId": "cb-1-1-s",
        "newOrderRespType": "RESULT",
    }

    request = built(evolve(STOP, reduce_only=True))

    assert ("POST", "/fapi/v1/algoOrder") == (request.method, request.path)
    assert expected == request.params


def test_a_quantity_stop_reduces_only() -> None:
    stop = evolve(STOP, close_position=False, quantity=Decimal("0.5"), reduce_only=True)

    params = built(stop).params

    assert ("0.5", "true") == (params["quantity"], params["reduceOnly"])
    assert "closePosition" not in params


def test_a_stop_limit_order_has_both_prices() -> None:
    stop = evolve(
        STOP,
        order_type=OrderType.STOP,
        close_position=False,
        quantity=Decimal(1),
        price=Decimal(58990),
    )

    params = built(stop).params

    assert ("58990", "59000", "GTC") == (
        params["price"],
        params["triggerPrice"],
        params["timeInForce"],
    )


def test_an_order_that_takes_its_price_from_the_book_names_none() -> None:
    params = built(evolve(LIMIT, price_match=PriceMatch.QUEUE_5)).params

    assert ("QUEUE_5", "GTC") == (params["priceMatch"], params["timeInForce"])
    assert "price" not in params


@pytest.mark.parametrize("order", [MARKET, LIMIT, STOP])
def test_an_order_names_how_it_meets_our_own_where_it_is_told(order: PlaceOrder) -> None:
    wished = evolve(order, self_trade_prevention=SelfTradePrevention.EXPIRE_BOTH)

    assert "EXPIRE_BOTH" == built(wished).params["selfTradePreventionMode"]
    assert "selfTradePreventionMode" not in built(order).params


@pytest.mark.parametrize(
    ("call", "method", "path", "params"),
    [
        (CANCEL, "DELETE", "/fapi/v1/order", {"origClientOrderId": "cb-1-1-e"}),
        (QUERY, "GET", "/fapi/v1/order", {"origClientOrderId": "cb-1-1-e"}),
        (AMEND, "PUT", "/fapi/v1/order", {"quantity": "0.020", "price": "60000"}),
        (ListTrades("BTCUSDT", 5), "GET", "/fapi/v1/userTrades", {"startTime": "5"}),
        (ListTrades("BTCUSDT", 0, "7"), "GET", "/fapi/v1/userTrades", {"orderId": "7"}),
    ],
)
def test_a_call_about_a_regular_order_names_symbol_and_what_it_is_about(
    call: Call, method: str, path: str, params: dict[str, str]
) -> None:
    request = built(call)

    assert (method, path) == (request.method, request.path)
    assert params.items() <= request.params.items()
    assert "BTCUSDT" == request.params["symbol"]


@pytest.mark.parametrize(("call", "method"), [(CANCEL, "DELETE"), (QUERY, "GET")])
def test_a_call_about_a_conditional_order_names_its_algo_id_alone(
    call: CancelOne | QueryOne, method: str
) -> None:
    request = built(evolve(call, conditional=True))

    assert (method, "/fapi/v1/algoOrder") == (request.method, request.path)
    assert {"clientAlgoId": "cb-1-1-e"} == request.params


def test_the_price_of_the_fee_asset_is_asked_for_by_its_symbol_alone() -> None:
    request = built(ReadFeePrice("BNBUSDT"))

    assert ("/fapi/v1/premiumIndex", {"symbol": "BNBUSDT"}, False) == (
        request.path,
        request.params,
        request.signed,
    )


@pytest.mark.parametrize(
    ("call", "path", "signed"),
    [
        (ListOpenOrders(conditional=False), "/fapi/v1/openOrders", True),
        (ListOpenOrders(conditional=True), "/fapi/v1/openAlgoOrders", True),
        (ListPositions(), "/fapi/v3/positionRisk", True),
        (ReadAccount(), "/fapi/v3/account", True),
        (ReadAccountMode(), "/fapi/v1/accountConfig", True),
        (ReadSymbolConfigs(), "/fapi/v1/symbolConfig", True),
        (ReadBrackets(), "/fapi/v1/leverageBracket", True),
        (ReadInstruments(), "/fapi/v1/exchangeInfo", False),
        (ReadTime(), "/fapi/v1/time", False),
    ],
)
def test_a_listing_has_no_parameters(call: Call, path: str, signed: bool) -> None:
    request = built(call)

    assert ("GET", path, {}, signed) == (
        request.method,
        request.path,
        request.params,
        request.signed,
    )


def test_a_listen_key_is_asked_for_by_a_request_that_gives_a_new_one_for_a_dead_one() -> None:
    request = built(RenewListenKey())

    assert ("POST", "/fapi/v1/listenKey", {}, False) == (
        request.method,
        request.path,
        request.params,
        request.signed,
    )


@pytest.mark.parametrize(
    ("call", "path", "param"),
    [
        (SetLeverage("BTCUSDT", 7), "/fapi/v1/leverage", {"leverage": "7"}),
        (
            SetMarginType("BTCUSDT", isolated=True),
            "/fapi/v1/marginType",
            {"marginType": "ISOLATED"},
        ),
        (
            SetMarginType("BTCUSDT", isolated=False),
            "/fapi/v1/marginType",
            {"marginType": "CROSSED"},
        ),
        (
            ArmCountdown("BTCUSDT", 30_000),
            "/fapi/v1/countdownCancelAll",
            {"countdownTime": "30000"},
        ),
    ],
)
def test_a_setting_is_changed_for_one_symbol(call: Call, path: str, param: dict[str, str]) -> None:
    request = built(call)

    assert ("POST", path, {"symbol": "BTCUSDT", **param}, True) == (
        request.method,
        request.path,
        request.params,
        request.signed,
    )


def test_trades_since_ever_name_no_start() -> None:
    assert not {"startTime", "orderId"} & set(built(ListTrades("BTCUSDT", 0)).params)


@pytest.mark.parametrize("call", EVERY_CALL)
def test_every_call_is_in_the_weight_table_under_its_operation(call: Call) -> None:
    request = built(call)

    assert operation_of(call) is ENDPOINTS[request.method, request.path].operation


def test_an_amendment_is_no_placement() -> None:
    assert Operation.AMEND is operation_of(AMEND)


def test_a_signed_request_is_stamped_with_time_and_window_last() -> None:
    stamped = stamp(built(QUERY), at_ms=1_800_000_000_000, recv_window_ms=2_500)

    last = list(stamped.params.items())[-2:]

    assert [("recvWindow", "2500"), ("timestamp", "1800000000000")] == last


def test_an_unsigned_request_stays_as_it_is() -> None:
    request = built(ReadTime())

    assert request == stamp(request, at_ms=1, recv_window_ms=2_500)


@pytest.mark.parametrize(
    ("number", "expected"),
    [("1E+3", "1000"), ("1E-8", "0.00000001"), ("0.010", "0.010"), ("61000", "61000")],
)
def test_numbers_are_plain_decimal_text(number: str, expected: str) -> None:
    assert expected == plain(Decimal(number))


@pytest.mark.parametrize(
    "call",
    [
        evolve(MARKET, quantity=None),
        evolve(LIMIT, price=None),
        evolve(LIMIT, time_in_force=TimeInForce.GTD),
        evolve(STOP, trigger_price=None),
        evolve(STOP, close_position=False),
        evolve(STOP, order_type=OrderType.STOP),
        evolve(STOP, order_type=OrderType.TRAILING_STOP_MARKET),
    ],
)
def test_a_call_without_words_at_the_venue_is_our_bug(call: PlaceOrder) -> None:
    with pytest.raises(Inexpressible, match=call.client_order_id):
        built(call)


@pytest.mark.parametrize(
    ("activate", "expected"),
    [(None, {}), (Decimal("61500.5"), {"activatePrice": "61500.5"})],
)
def test_a_trailing_stop_names_how_far_the_price_may_come_back_and_no_trigger(
    activate: Decimal | None, expected: dict[str, str]
) -> None:
    order = evolve(
        STOP,
        order_type=OrderType.TRAILING_STOP_MARKET,
        close_position=False,
        quantity=Decimal("0.010"),
        reduce_only=True,
        trigger_price=None,
        trailing=TrailingStop(Decimal("0.5"), activate),
    )

    request = built(order)

    told = {"callbackRate": "0.5", "quantity": "0.010", "reduceOnly": "true", **expected}
    assert "/fapi/v1/algoOrder" == request.path
    assert told == {
        name: value
        for name, value in request.params.items()
        if name in (*told, "triggerPrice", "closePosition", "activatePrice")
    }


def test_a_dated_order_names_its_end_in_whole_seconds_and_no_other_does() -> None:
    dated = built(evolve(LIMIT, time_in_force=TimeInForce.GTD, good_till_ms=1_790_000_600_999))
    undated = built(evolve(LIMIT, good_till_ms=1_790_000_600_999))

    assert ("GTD", "1790000600000") == (dated.params["timeInForce"], dated.params["goodTillDate"])
    assert "goodTillDate" not in undated.params
