"""Wire faults: what a client of plain HTTP sees of a broken wire, and what was executed."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from callboard.actors.errors import ConfigurationError
from callboard.scenarios.venue.faults import Fault
from callboard.scenarios.venue.server.fault_text import read_faults
from callboard.scenarios.venue.server.listening import HOST
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.wire_faults import WireFault, WireFaults
from support.venue_servers import Caller, control, served
from support.venue_streams import stream

ORDER = "/fapi/v1/order"
TIME = "/fapi/v1/time"


@pytest.fixture(scope="module")
def server() -> Iterator[VenueServer]:
    with served() as server:
        yield server


@pytest.fixture(autouse=True)
def nothing_planned(server: VenueServer) -> Iterator[None]:
    yield
    control(server, "DELETE", "/faults")
    control(server, "POST", "/clock", ahead_ms=0)


@pytest.fixture
def caller(server: VenueServer, request: pytest.FixtureRequest) -> Iterator[Caller]:
    with Caller(server, request.node.name) as caller:
        yield caller


def once(server: VenueServer, fault: str, **values: object) -> None:
    assert (200, {}) == control(server, "POST", "/faults/once", fault=fault, **values)


def buy(caller: Caller) -> None:
    caller.signed("POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01")


def bought(server: VenueServer, caller: Caller) -> int:
    """Count the account's orders, over a connection of its own."""
    with Caller(server, caller.key) as other:
        return len(other.done("GET", "/fapi/v1/allOrders", symbol="BTCUSDT"))


@pytest.mark.parametrize(
    ("fault", "orders"),
    [
        (WireFault.RESET_BEFORE_EXECUTION, 0),
        (WireFault.RESET_AFTER_EXECUTION, 1),
        (Fault.CONNECTION_RESET, 1),
        (Fault.CONNECTION_REFUSED, 0),
    ],
)
def test_a_reset_is_one_and_leaves_what_it_says(
    server: VenueServer, caller: Caller, fault: str, orders: int
) -> None:
    once(server, fault, method="POST", path=ORDER)

    with pytest.raises(ConnectionResetError):
        buy(caller)

    assert orders == bought(server, caller)


def test_a_plan_may_stand_in_the_address_too(server: VenueServer, caller: Caller) -> None:
    path = "/faults/once?fault=page_502&method=POST&path=/fapi/v1/order&executed=false"
    assert (200, {}) == control(server, "POST", path)

    buy(caller)

    assert 0 == bought(server, caller)


def test_half_an_answer_ends_in_its_midst(server: VenueServer, caller: Caller) -> None:
    once(server, WireFault.ANSWER_HALF, path=ORDER)

    with pytest.raises(http.client.IncompleteRead):
        buy(caller)

    assert 1 == bought(server, caller)


@pytest.mark.parametrize(("executed", "orders"), [(True, 1), (False, 0)])
def test_a_timeout_of_the_exchange_itself_says_nothing_of_the_order(
    server: VenueServer, caller: Caller, executed: bool, orders: int
) -> None:
    once(server, WireFault.TIMEOUT_1007, path=ORDER, executed=executed)

    answer = caller.signed(
        "POST", ORDER, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.01"
    )

    assert (408, -1007) == (answer.status, answer.code)
    assert "execution status unknown" in answer.body["msg"]
    assert orders == bought(server, caller)


@pytest.mark.parametrize(("executed", "orders"), [(True, 1), (False, 0)])
def test_a_gateways_page_says_nothing_of_the_order(
    server: VenueServer, caller: Caller, executed: bool, orders: int
) -> None:
    once(server, WireFault.PAGE_502, executed=executed)

    answer = caller.send("POST", ORDER, "")
    once(server, WireFault.PAGE_502, path=ORDER, executed=executed)
    buy(caller)

    assert (502, None) == (answer.status, answer.body)
    assert "502 Bad Gateway" in answer.text
    assert orders == bought(server, caller)


def test_a_connection_is_closed_before_anything_is_read(server: VenueServer) -> None:
    once(server, WireFault.ACCEPT_THEN_CLOSE)

    with Caller(server) as caller, pytest.raises((ConnectionError, http.client.HTTPException)):
        caller.public(TIME)
    with Caller(server) as caller:
        assert 200 == caller.public(TIME).status


def test_a_slow_answer_comes_in_the_end_and_holds_up_nobody(server: VenueServer) -> None:
    once(server, WireFault.ANSWER_SLOW, path="/fapi/v1/ping", size_ms=1)

    with Caller(server) as caller:
        assert 200 == caller.public("/fapi/v1/ping").status

    assert 1 <= control(server, "GET", "/counts")[1]["faults"]["answer_slow"]


def test_the_nth_request_is_counted_from_now(server: VenueServer, caller: Caller) -> None:
    once(server, WireFault.PAGE_502, path=TIME, nth=2)

    assert [200, 502, 200] == [caller.public(TIME).status for _ in range(3)]


def test_a_fault_without_an_aim_waits_for_a_request_that_it_can_befall(
    server: VenueServer, caller: Caller
) -> None:
    once(server, Fault.TICK_4014)
    buy(caller)
    _, before = control(server, "GET", "/counts")

    refused = caller.signed(
        "POST",
        ORDER,
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        quantity="0.01",
        price="50000",
    )

    assert Fault.TICK_4014 not in before["faults"]
    assert -4014 == refused.code


def test_a_fault_may_be_one_of_a_symbol(server: VenueServer, caller: Caller) -> None:
    path = "/fapi/v1/premiumIndex"
    once(server, WireFault.PAGE_502, path=path, symbol="ETHUSDT")
    asked = ("BTCUSDT", "ETHUSDT", "ETHUSDT")

    assert [200, 502, 200] == [caller.public(path, symbol=symbol).status for symbol in asked]


def test_faults_of_the_venue_are_drawn_and_cleared_while_it_runs(
    server: VenueServer, caller: Caller
) -> None:
    status, body = control(server, "POST", "/faults", http_503_unknown=1.0)
    struck = caller.signed("GET", "/fapi/v3/balance")
    control(server, "DELETE", "/faults")
    healed = caller.signed("GET", "/fapi/v3/balance")

    assert (200, {"http_503_unknown": 1.0}) == (status, body)
    assert (503, -1000) == (struck.status, struck.code)
    assert 200 == healed.status


@pytest.mark.parametrize(
    ("path", "values", "told"),
    [
        ("/faults", {"http_430": 1.0}, "near: http_403, http_429"),
        ("/faults/once", {"fault": "page_503"}, "page_503"),
        ("/faults/once", {"fault": "page_502", "nth": 0}, "counts from 1"),
        ("/faults/once", {"fault": "page_502", "executed": "no"}, "executed is true or false"),
        ("/faults/once", {"fault": "page_502", "times": 2}, "no field 'times'; known: fault, "),
        ("/clock", {"ahead": 5}, "no field 'ahead'; known: ahead_ms"),
        ("/shutdown", {"now": True}, "no field 'now'; known: none"),
        ("/strike", {"fault": "page_502"}, "no incident"),
        ("/listenKey/expire", {"account": "nobody"}, "no account 'nobody'"),
        ("/say", {"frame": {"E": 1}}, "its type"),
    ],
)
def test_a_wrong_wish_is_refused_by_name(
    server: VenueServer, path: str, values: dict[str, object], told: str
) -> None:
    status, body = control(server, "POST", path, **values)

    assert 400 == status
    assert told in body["error"]


def test_a_lost_answer_is_silence_and_forgotten_once_its_client_has_gone(
    server: VenueServer, caller: Caller
) -> None:
    once(server, Fault.ANSWER_LOST_AFTER_EXECUTION, path="/fapi/v1/openOrders")

    with socket.create_connection((HOST, server.port), timeout=30) as client:
        client.sendall(b"GET /fapi/v1/openOrders HTTP/1.1\r\nHost: h\r\nX-MBX-APIKEY: k\r\n\r\n")
        while not server.call(lambda floor: floor.unanswered):
            caller.public(TIME)

    while server.call(lambda floor: floor.unanswered):
        caller.public(TIME)


def test_who_shows_a_key_is_told_the_time_and_rules_of_his_own_venue(
    server: VenueServer, caller: Caller
) -> None:
    caller.done("GET", "/fapi/v3/balance")
    _, ledgers = control(server, "GET", "/ledger")

    account = list(ledgers)[-1]
    assert 200 == control(
        server, "POST", "/strike", fault="filters_changed", symbol="BTCUSDT", account=account
    )[0]  # fmt: skip
    mine = caller.public("/fapi/v1/exchangeInfo").body["symbols"][0]
    with Caller(server, "") as stranger:
        others = stranger.public("/fapi/v1/exchangeInfo").body["symbols"][0]

    assert ("1.00", "0.10") == (mine["filters"][0]["tickSize"], others["filters"][0]["tickSize"])


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /fapi/v1/order?symbol=%ff HTTP/1.1\r\nHost: h\r\nX-MBX-APIKEY: \xff\r\n\r\n",
        b"GET /fapi/v1/order?symbol=" + b"B" * 9_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
        b"POST /fapi/v1/order HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n\xff\xfe",
        b"\x16\x03\x01 no HTTP at all\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused_and_hurts_nobody(
    server: VenueServer, caller: Caller, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.create_connection((HOST, server.port), timeout=30) as client:
        client.sendall(sent)
        told = client.recv(100)

    assert told.split(b" ")[1] in (b"400", b"401")
    assert 200 == caller.public(TIME).status
    assert [] == caplog.records


def test_a_user_stream_says_what_it_is_told_to(server: VenueServer, caller: Caller) -> None:
    key = caller.done("POST", "/fapi/v1/listenKey")["listenKey"]
    frame = {"e": "STRATEGY_UPDATE", "su": {"si": 1}}
    with stream(server, f"/private/ws/{key}") as user:
        # Of the accounts that this module's tests have opened, it is the last one's.
        account = list(control(server, "GET", "/ledger")[1])[-1]
        status, body = control(server, "POST", "/say", account=account, frame=frame)

        assert (200, {"heard": True}) == (status, body)
        assert frame == user.next()


def test_the_venues_clock_runs_ahead_as_told(server: VenueServer, caller: Caller) -> None:
    before_ms = caller.public(TIME).body["serverTime"]

    control(server, "POST", "/clock", ahead_ms=60_000)

    assert 60_000 <= caller.public(TIME).body["serverTime"] - before_ms
    late = caller.send("GET", "/fapi/v3/balance", f"timestamp={before_ms}")
    assert -1021 == late.code


def test_the_ledger_tells_each_accounts_truth(server: VenueServer, caller: Caller) -> None:
    buy(caller)

    _, ledgers = control(server, "GET", "/ledger")
    last = list(ledgers)[-1]
    _, one = control(server, "GET", f"/ledger?account={last}")

    assert ["BTCUSDT"] == [order["symbol"] for order in one["orders"]]
    assert one["orders"] == ledgers[last]["orders"]


def test_drawn_faults_of_the_wire_are_the_same_for_one_seed() -> None:
    def statuses() -> list[int]:
        faults = WireFaults({WireFault.PAGE_502: 0.4})
        with served(seed=5, wire_faults=faults) as server, Caller(server) as caller:
            return [caller.public(TIME).status for _ in range(20)]

    first = statuses()

    assert {200, 502} == set(first)
    assert first == statuses()


def test_shutdown_ends_the_server() -> None:
    server = served()
    server.start()

    assert (200, {}) == control(server, "POST", "/shutdown")
    server.wait()


def test_a_text_names_faults_of_both_kinds_or_a_file_of_them(tmp_path: object) -> None:
    faults = read_faults("page_502=0.1,http_429=0.2,answer_slow_ms=5,executed_share=1")

    assert {WireFault.PAGE_502: 0.1} == dict(faults.wire.chances)
    assert (5, 1.0) == (faults.wire.answer_slow_ms, faults.wire.executed_share)
    assert 0.2 == faults.venue.http_429
    with pytest.raises(ConfigurationError, match="page_502: is a share from 0 to 1"):
        read_faults("page_502=2")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_faults(f"{tmp_path}/missing.toml")
