"""The websocket API: methods, ids, signatures, sessions, limits and faults."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import pytest
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa
from websockets.exceptions import ConnectionClosed, InvalidStatus

from callboard.scenarios.venue.faults import Fault, ScriptedFault
from callboard.scenarios.venue.server.door import READ, ClosedDoor, Pass
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.signatures import Ed25519Key, SharedSecret
from callboard.scenarios.venue.server.trouble import Plan
from callboard.scenarios.venue.server.wire_faults import WireFault
from callboard.scenarios.venue.settings import RateLimits
from support.venue_servers import Caller, served
from support.venue_streams import Stream, listen_key, stream

PATH = "/ws-fapi/v1"
SECRET = b"s3cret"
ED25519 = ECC.generate(curve="Ed25519")
LIMIT: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.010",
    "price": "45000.0",
}


def by_secret(text: bytes) -> str:
    return hmac.new(SECRET, text, sha256).hexdigest()


def not_at_all(_text: bytes) -> str:
    return "00"


def by_ed25519(text: bytes) -> str:
    return b64encode(eddsa.new(ED25519, "rfc8032").sign(text)).decode()


def closed_door() -> ClosedDoor:
    return ClosedDoor(
        [
            Pass("listener", "hmac", SharedSecret(SECRET)),
            Pass("listener", "ed", Ed25519Key(ED25519.public_key())),
            Pass("listener", "reader", SharedSecret(SECRET), frozenset({READ})),
        ]
    )


@pytest.fixture(scope="module")
def server() -> Iterator[VenueServer]:
    with served(door=closed_door()) as server:
        yield server


@pytest.fixture
def api(server: VenueServer) -> Iterator["Api"]:
    with stream(server, PATH) as socket:
        yield Api(server, socket)


class Api:
    """One connection of the websocket API."""

    def __init__(self, server: VenueServer, socket: Stream) -> None:
        self.socket = socket
        self._server = server

    def ask(self, method: str, question_id: Any = "1", **params: Any) -> Any:
        """Return the answer to a question that nobody signed."""
        self.send(method, question_id, **params)
        return self.socket.next()

    def send(self, method: str, question_id: Any = "1", **params: Any) -> None:
        """Ask a question and wait for nothing."""
        frame = {"id": question_id, "method": method, "params": params}
        self.socket.connection.send(json.dumps(frame))

    def signed(self, method: str, key: str = "hmac", sign: Any = by_secret, **params: Any) -> Any:
        """Return the answer to a signed question."""
        sent = {"apiKey": key, "timestamp": self.now_ms()} | params
        text = "&".join(f"{name}={value}" for name, value in sorted(sent.items()))
        return self.ask(method, **sent, signature=sign(text.encode()))

    def now_ms(self) -> int:
        """Return the venue's time."""
        return self._server.call(lambda floor: floor.now().now_ms)


def test_orders_are_placed_amended_queried_and_cancelled(api: Api) -> None:
    placed = api.signed("order.place", **LIMIT, newClientOrderId="a")
    amended = api.signed("order.modify", **(LIMIT | {"quantity": "0.020"}), origClientOrderId="a")
    seen = api.signed("order.status", symbol="BTCUSDT", origClientOrderId="a")
    ended = api.signed("order.cancel", symbol="BTCUSDT", origClientOrderId="a")

    assert ("1", 200, "NEW") == (placed["id"], placed["status"], placed["result"]["status"])
    assert "0.020" == amended["result"]["origQty"] == seen["result"]["origQty"]
    assert "CANCELED" == ended["result"]["status"]


def test_a_conditional_order_is_placed_and_cancelled(api: Api) -> None:
    terms: dict[str, Any] = {
        "algoType": "CONDITIONAL",
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "STOP_MARKET",
    }
    stop: dict[str, Any] = {
        "triggerPrice": "45000.0",
        "closePosition": "true",
        "clientAlgoId": "stop",
    }

    placed = api.signed("algoOrder.place", **terms, **stop)
    ended = api.signed("algoOrder.cancel", clientAlgoId="stop")

    assert ("NEW", "200") == (placed["result"]["algoStatus"], ended["result"]["code"])


@pytest.mark.parametrize("prefix", ["", "v2/"])
def test_the_account_is_read_in_both_versions(api: Api, prefix: str) -> None:
    balances = api.signed(f"{prefix}account.balance")["result"]
    status = api.signed(f"{prefix}account.status")["result"]
    positions = api.signed(f"{prefix}account.position", symbol="BTCUSDT")["result"]

    assert ["USDT"] == [row["asset"] for row in balances]
    assert float(status["totalWalletBalance"]) > 0
    assert isinstance(positions, list)


def test_the_market_needs_no_key(api: Api) -> None:
    assert "BTCUSDT" == api.ask("ticker.book", symbol="BTCUSDT")["result"]["symbol"]
    assert api.ask("depth", symbol="BTCUSDT", limit=5)["result"]["bids"]
    assert api.ask("ticker.price", symbol="BTCUSDT")["result"]["price"]
    assert api.ask("time")["result"]["serverTime"]


def test_a_listen_key_is_kept_over_the_websocket_api(api: Api) -> None:
    key = api.ask("userDataStream.start", apiKey="hmac")["result"]["listenKey"]

    assert key == api.ask("userDataStream.ping", apiKey="hmac")["result"]["listenKey"]
    assert {} == api.ask("userDataStream.stop", apiKey="hmac")["result"]
    assert -1125 == api.ask("userDataStream.ping", apiKey="hmac")["error"]["code"]


@pytest.mark.parametrize("question_id", ["a" * 36, 7, None])
def test_an_id_comes_back_as_it_was_sent(api: Api, question_id: Any) -> None:
    assert question_id == api.ask("time", question_id)["id"]


def test_limits_are_told_unless_a_question_or_the_connection_does_not_want_them(
    server: VenueServer, api: Api
) -> None:
    told = api.signed("order.place", **LIMIT)["rateLimits"]
    assert [("REQUEST_WEIGHT", 1), ("ORDERS", 10), ("ORDERS", 1)] == [
        (row["rateLimitType"], row["intervalNum"]) for row in told
    ]
    assert all(0 <= row["count"] <= row["limit"] for row in told)
    assert "rateLimits" not in api.ask("time", returnRateLimits=False)
    with stream(server, f"{PATH}?returnRateLimits=false") as socket:
        assert "rateLimits" not in Api(server, socket).ask("time")


@pytest.mark.parametrize(
    ("frame", "status", "code"),
    [
        ("no json", 400, -1135),
        ("[]", 400, -1135),
        ('{"id":[1],"method":"time"}', 400, -1100),
        ('{"id":"1"}', 400, -1102),
        ('{"id":"1","method":"order.amend"}', 404, -5000),
        ('{"id":"1","method":"time","params":[1]}', 400, -1102),
        ('{"id":"1","method":"time","params":{"a":{"b":1}}}', 400, -1130),
        ('{"id":"1","method":"account.balance","params":{"timestamp":1}}', 401, -2014),
        ('{"id":"1","method":"account.balance","params":{"apiKey":"who"}}', 401, -2015),
        ('{"id":"1","method":"account.balance","params":{"apiKey":"hmac"}}', 400, -1102),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(
    api: Api, frame: str, status: int, code: int
) -> None:
    api.socket.connection.send(frame)

    answer = api.socket.next()
    assert (status, code) == (answer["status"], answer["error"]["code"])


def test_signatures_times_and_permissions_are_checked_as_over_rest(api: Api) -> None:
    wrong = api.signed("account.balance", sign=not_at_all)
    late = api.signed("account.balance", timestamp=1)
    forbidden = api.signed("order.place", "reader", **LIMIT)
    refused = api.signed("order.place", **(LIMIT | {"quantity": "0.0001"}))

    assert (-1022, -1021) == (wrong["error"]["code"], late["error"]["code"])
    assert (401, -2015) == (forbidden["status"], forbidden["error"]["code"])
    assert 400 == refused["status"]


def test_a_session_needs_ed25519_and_then_neither_key_nor_signature(api: Api) -> None:
    assert -4056 == api.signed("session.logon")["error"]["code"]
    assert api.ask("session.status")["result"]["apiKey"] is None

    logged_on = api.signed("session.logon", "ed", by_ed25519)["result"]
    placed = api.ask("order.place", **LIMIT, timestamp=api.now_ms())
    outdated = api.ask("order.place", **LIMIT, timestamp=1)
    assert ("ed", "NEW") == (logged_on["apiKey"], placed["result"]["status"])
    assert -1021 == outdated["error"]["code"]
    assert "ed" == api.ask("session.status")["result"]["apiKey"]

    assert api.ask("session.logout")["result"]["apiKey"] is None
    assert -2014 == api.ask("order.place", **LIMIT, timestamp=api.now_ms())["error"]["code"]


def test_what_is_done_over_the_websocket_api_is_told_by_the_user_stream(
    server: VenueServer, api: Api
) -> None:
    with stream(server, f"/private/ws/{listen_key(server)}") as user:
        api.signed("order.place", **LIMIT, newClientOrderId="told")

        assert "told" == user.next_of("ORDER_TRADE_UPDATE")["o"]["c"]


def test_weights_and_order_counts_are_those_of_rest() -> None:
    limits = RateLimits(orders_10s_max=2)
    with (
        served(rate_limits=limits) as server,
        Caller(server, "any") as rest,
        stream(server, PATH) as socket,
    ):
        api = Api(server, socket)
        rest.done("POST", "/fapi/v1/order", **LIMIT)
        api.signed("order.place", "any", **LIMIT)
        refused = api.signed("order.place", "any", **LIMIT)

        assert (429, -1015) == (refused["status"], refused["error"]["code"])
        assert refused["error"]["data"]["retryAfter"] > refused["error"]["data"]["serverTime"]


def test_a_handshake_over_the_weight_limit_is_refused() -> None:
    with (
        served(rate_limits=RateLimits(weight_1m_max=4)) as server,
        pytest.raises(InvalidStatus, match="429"),
        stream(server, PATH),
    ):
        pytest.fail("a handshake costs five")


@pytest.mark.parametrize(
    ("fault", "status", "message"),
    [
        (Fault.HTTP_503_UNKNOWN, 503, "Unknown error"),
        (Fault.HTTP_503_SERVICE_UNAVAILABLE, 503, "Service Unavailable."),
        (Fault.THROTTLED_1008, 503, "Request throttled"),
        (Fault.HTTP_418, 418, "banned until"),
    ],
)
def test_a_fault_of_the_venue_is_answered_in_the_frame(
    fault: Fault, status: int, message: str
) -> None:
    with served() as server, stream(server, PATH) as socket:
        api = Api(server, socket)
        plan(server, fault)
        answer = api.signed("order.place", "listener", **LIMIT)

        assert status == answer["status"]
        assert message in answer["error"]["msg"]


def test_a_connection_that_the_venue_breaks_ends() -> None:
    with served() as server, stream(server, PATH) as socket:
        api = Api(server, socket)
        plan(server, Fault.CONNECTION_RESET)

        with pytest.raises(ConnectionClosed):
            api.signed("order.place", "listener", **LIMIT)


@pytest.mark.parametrize("fault", [WireFault.RESET_BEFORE_EXECUTION, WireFault.PAGE_502])
def test_a_question_that_is_lost_on_the_wire_ends_the_connection(fault: WireFault) -> None:
    with served() as server, stream(server, PATH) as socket:
        api = Api(server, socket)
        server.call(lambda floor: floor.trouble.plan(Plan(fault, is_executed=False)))

        with pytest.raises(ConnectionClosed):
            api.signed("order.place", "listener", **LIMIT)
        assert () == server.call(lambda floor: floor.venues.of("account-1").ledger().orders)


def test_an_answer_that_is_lost_on_the_wire_leaves_its_order() -> None:
    with served() as server, stream(server, PATH) as socket:
        api = Api(server, socket)
        server.call(lambda floor: floor.trouble.plan(Plan(WireFault.RESET_AFTER_EXECUTION)))

        with pytest.raises(ConnectionClosed):
            api.signed("order.place", "listener", **LIMIT)
        assert 1 == len(server.call(lambda floor: floor.venues.of("account-1").ledger().orders))


@pytest.mark.parametrize("executed", [True, False])
def test_a_timeout_of_the_exchange_itself_is_answered_in_the_frame(executed: bool) -> None:
    with served() as server, stream(server, PATH) as socket:
        api = Api(server, socket)
        plan = Plan(WireFault.TIMEOUT_1007, is_executed=executed)
        server.call(lambda floor: floor.trouble.plan(plan))
        answer = api.signed("order.place", "listener", **LIMIT)

        orders = server.call(lambda floor: floor.venues.of("account-1").ledger().orders)

    assert (408, -1007) == (answer["status"], answer["error"]["code"])
    assert int(executed) == len(orders)


def test_an_answer_that_is_slow_on_the_wire_is_overtaken() -> None:
    with served() as server, stream(server, PATH) as socket:
        api = Api(server, socket)
        plan = Plan(WireFault.ANSWER_SLOW, method="POST", size_ms=100)
        server.call(lambda floor: floor.trouble.plan(plan))
        api.send("order.place", "slow", **LIMIT, apiKey="any", timestamp=api.now_ms())

        assert "fast" == api.ask("time", "fast")["id"]
        slow_answer = api.socket.next()
        assert ("slow", 200) == (slow_answer["id"], slow_answer["status"])


def plan(server: VenueServer, fault: Fault) -> None:
    """Let the first order of the first account that comes meet a fault."""
    planned = ScriptedFault("POST", "/fapi/v1/order", 1, fault)
    server.call(lambda floor: floor.venues.of("account-1").plan_fault(planned))
