"""Weights: what each call costs, from a second list made by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.weights import ENDPOINTS, Cost, UnknownEndpoint, cost, endpoint
from callboard.messages.values import Operation

# method path weight orders_10s orders_1m, each with a symbol among its parameters
EXPECTED_TEXT = """
POST /fapi/v1/order 0 1 1
PUT /fapi/v1/order 0 1 1
POST /fapi/v1/algoOrder 0 1 1
POST /fapi/v1/batchOrders 5 5 1
PUT /fapi/v1/batchOrders 5 5 1
DELETE /fapi/v1/order 1 0 0
DELETE /fapi/v1/batchOrders 1 0 0
DELETE /fapi/v1/allOpenOrders 1 0 0
DELETE /fapi/v1/algoOrder 1 0 0
DELETE /fapi/v1/algoOpenOrders 1 0 0
GET /fapi/v1/order 1 0 0
GET /fapi/v1/openOrder 1 0 0
GET /fapi/v1/algoOrder 1 0 0
GET /fapi/v1/orderAmendment 1 0 0
GET /fapi/v1/rateLimit/order 1 0 0
GET /fapi/v1/openOrders 1 0 0
GET /fapi/v1/openAlgoOrders 1 0 0
GET /fapi/v1/allOrders 5 0 0
GET /fapi/v1/allAlgoOrders 5 0 0
GET /fapi/v1/userTrades 5 0 0
POST /fapi/v1/countdownCancelAll 10 0 0
POST /fapi/v1/leverage 1 0 0
POST /fapi/v1/marginType 1 0 0
POST /fapi/v1/positionSide/dual 1 0 0
POST /fapi/v1/multiAssetsMargin 1 0 0
POST /fapi/v1/positionMargin 1 0 0
POST /fapi/v1/feeBurn 1 0 0
GET /fapi/v1/positionSide/dual 30 0 0
GET /fapi/v1/multiAssetsMargin 30 0 0
GET /fapi/v1/income 30 0 0
GET /fapi/v1/feeBurn 30 0 0
GET /fapi/v2/account 5 0 0
GET /fapi/v3/account 5 0 0
GET /fapi/v2/balance 5 0 0
GET /fapi/v3/balance 5 0 0
GET /fapi/v2/positionRisk 5 0 0
GET /fapi/v3/positionRisk 5 0 0
GET /fapi/v1/symbolConfig 5 0 0
GET /fapi/v1/accountConfig 5 0 0
GET /fapi/v1/adlQuantile 5 0 0
GET /fapi/v1/leverageBracket 1 0 0
GET /fapi/v1/exchangeInfo 1 0 0
GET /fapi/v1/time 1 0 0
GET /fapi/v1/ping 1 0 0
GET /fapi/v1/commissionRate 20 0 0
GET /fapi/v1/forceOrders 20 0 0
POST /fapi/v1/listenKey 1 0 0
PUT /fapi/v1/listenKey 1 0 0
DELETE /fapi/v1/listenKey 1 0 0
GET /fapi/v1/depth 10 0 0
GET /fapi/v1/klines 5 0 0
GET /fapi/v1/aggTrades 20 0 0
GET /fapi/v1/trades 5 0 0
GET /fapi/v1/ticker/bookTicker 2 0 0
GET /fapi/v2/ticker/price 1 0 0
GET /fapi/v1/premiumIndex 1 0 0
GET /fapi/v1/ticker/24hr 1 0 0
"""


def expected_rows() -> list[tuple[str, str, Cost]]:
    """Read the list above."""
    rows: list[tuple[str, str, Cost]] = []
    for line in EXPECTED_TEXT.strip().split("\n"):
        method, path, *figures = line.split()
        rows.append((method, path, Cost(*map(int, figures))))
    return rows


@pytest.mark.parametrize(("method", "path", "expected"), expected_rows())
def test_each_call_costs_what_its_page_says(method: str, path: str, expected: Cost) -> None:
    assert expected == cost(method, path, {"symbol": "BTCUSDT"})


def test_the_list_names_each_call_of_the_table() -> None:
    assert sorted(ENDPOINTS) == sorted((method, path) for method, path, _ in expected_rows())


@pytest.mark.parametrize(
    ("path", "weight"),
    [
        ("/fapi/v1/openOrders", 40),
        ("/fapi/v1/openAlgoOrders", 40),
        ("/fapi/v1/forceOrders", 50),
        ("/fapi/v1/ticker/bookTicker", 5),
        ("/fapi/v2/ticker/price", 2),
        ("/fapi/v1/premiumIndex", 10),
        ("/fapi/v1/ticker/24hr", 40),
    ],
)
def test_a_listing_without_a_symbol_costs_the_listing_of_all(path: str, weight: int) -> None:
    assert Cost(weight) == cost("GET", path, {})
    assert Cost(weight) == cost("GET", path, {"symbol": ""})


@pytest.mark.parametrize(
    ("path", "limit", "weight"),
    [
        ("/fapi/v1/depth", "5", 2),
        ("/fapi/v1/depth", "50", 2),
        ("/fapi/v1/depth", "100", 5),
        ("/fapi/v1/depth", "500", 10),
        ("/fapi/v1/depth", "1000", 20),
        ("/fapi/v1/depth", "many", 20),
        ("/fapi/v1/klines", "99", 1),
        ("/fapi/v1/klines", "100", 2),
        ("/fapi/v1/klines", "499", 2),
        ("/fapi/v1/klines", "500", 5),
        ("/fapi/v1/klines", "1000", 5),
        ("/fapi/v1/klines", "1001", 10),
        ("/fapi/v1/klines", "9999", 10),
        ("/fapi/v1/klines", "\u00b2", 10),
    ],
)
def test_the_weight_of_a_long_answer_grows_with_its_limit(
    path: str, limit: str, weight: int
) -> None:
    assert Cost(weight) == cost("GET", path, {"symbol": "BTCUSDT", "limit": limit})


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("POST", "/fapi/v1/order", Operation.PLACE),
        ("POST", "/fapi/v1/algoOrder", Operation.PLACE),
        ("PUT", "/fapi/v1/order", Operation.AMEND),
        ("DELETE", "/fapi/v1/order", Operation.CANCEL),
        ("DELETE", "/fapi/v1/allOpenOrders", Operation.CANCEL),
        ("POST", "/fapi/v1/leverage", Operation.CONFIGURE),
        ("GET", "/fapi/v1/order", Operation.READ),
        ("POST", "/fapi/v1/listenKey", Operation.READ),
    ],
)
def test_each_call_is_known_by_its_operation(method: str, path: str, operation: Operation) -> None:
    assert operation is endpoint(method, path).operation


def test_a_call_that_is_not_in_the_table_is_refused_by_name() -> None:
    with pytest.raises(UnknownEndpoint) as caught:
        cost("POST", "/fapi/v1/orders", {})

    assert ("POST", "/fapi/v1/orders") == (caught.value.method, caught.value.path)
    assert "POST /fapi/v1/orders" in str(caught.value)


@given(
    key=st.sampled_from(sorted(ENDPOINTS)),
    params=st.dictionaries(st.sampled_from(["symbol", "limit"]), st.text(max_size=6)),
)
def test_only_placing_and_amending_counts_as_orders(
    key: tuple[str, str], params: dict[str, str]
) -> None:
    operation = endpoint(*key).operation

    price = cost(*key, params)

    is_order = operation in (Operation.PLACE, Operation.AMEND)
    assert is_order == (price.orders_10s > 0) == (price.orders_1m > 0)
    assert price.weight >= 0
    assert price.weight + price.orders_10s > 0
