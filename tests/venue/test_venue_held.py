"""Held: one light look at what is open, whether stops rest for it, and who may send one."""

from collections.abc import Iterator

import pytest

from callboard.scenarios.venue.server.serving import VenueServer
from support.venue_servers import Caller, control, served

SYMBOL = "BTCUSDT"


@pytest.fixture
def server() -> Iterator[VenueServer]:
    with served() as server:
        yield server


@pytest.fixture
def caller(server: VenueServer) -> Iterator[Caller]:
    with Caller(server) as caller:
        caller.done("GET", "/fapi/v3/balance")
        yield caller


def held(server: VenueServer) -> dict[str, object]:
    status, body = control(server, "GET", "/held")
    assert 200 == status, body
    return {name: value for name, value in body.items() if name != "at_ms"}


def position(*, is_protected: bool, amount: str = "0.010") -> dict[str, object]:
    return {
        "symbol": SYMBOL,
        "position_side": "BOTH",
        "amount": amount,
        "is_protected": is_protected,
        "is_trading": True,
    }


def buy(caller: Caller) -> None:
    caller.done(
        "POST", "/fapi/v1/order", symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.010"
    )


def stop(caller: Caller, side: str = "SELL", trigger: str = "20000", **params: str) -> None:
    caller.done(
        "POST",
        "/fapi/v1/algoOrder",
        algoType="CONDITIONAL",
        symbol=SYMBOL,
        side=side,
        type="STOP_MARKET",
        triggerPrice=trigger,
        **params,
    )


@pytest.mark.usefixtures("caller")
def test_an_account_that_did_nothing_holds_nothing(server: VenueServer) -> None:
    nothing: dict[str, object] = {"is_answering": True, "is_engaged": False, "positions": []}
    assert nothing == held(server)


def test_a_position_is_protected_once_a_stop_would_close_all_of_it(
    server: VenueServer, caller: Caller
) -> None:
    buy(caller)
    bare = held(server)
    stop(caller, closePosition="true")

    assert [position(is_protected=False)] == bare["positions"]
    assert [position(is_protected=True)] == held(server)["positions"]
    assert bare["is_engaged"]


def test_stops_of_a_quantity_count_together_and_those_of_the_other_side_not(
    server: VenueServer, caller: Caller
) -> None:
    buy(caller)
    stop(caller, quantity="0.006", reduceOnly="true")
    stop(caller, "BUY", "200000", quantity="0.010")
    in_part = held(server)["positions"]
    stop(caller, quantity="0.004", reduceOnly="true")

    assert [position(is_protected=False)] == in_part
    assert [position(is_protected=True)] == held(server)["positions"]


@pytest.mark.parametrize("fault", ["maintenance", "http_418"])
def test_nobody_is_answered_during_a_maintenance_or_a_ban(
    server: VenueServer, caller: Caller, fault: str
) -> None:
    if fault == "maintenance":
        control(server, "POST", "/strike", fault=fault)
    else:
        control(server, "POST", "/faults/once", fault=fault)
        caller.signed("GET", "/fapi/v3/balance")

    assert not held(server)["is_answering"]


def test_a_symbol_that_is_halted_takes_no_stop(server: VenueServer, caller: Caller) -> None:
    buy(caller)
    control(server, "POST", "/strike", fault="symbol_halted", symbol=SYMBOL)

    assert [{**position(is_protected=False), "is_trading": False}] == held(server)["positions"]
