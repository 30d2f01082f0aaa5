"""Order entry over the websocket API: the same answers as over REST, and the same phases."""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters import wire
from callboard.actors.adapters.binance.client import ClientOptions, build_client
from callboard.actors.adapters.binance.environment import VenueAddress
from callboard.actors.adapters.binance.ws_entry import NO_ANSWER, EntryClient
from callboard.actors.adapters.binance_replies import error_of
from callboard.actors.adapters.binance_requests import build_request, stamp
from callboard.actors.ports import VenueAnswer, VenueRequest
from callboard.messages.values import Phase
from callboard.messages.venue import ReadTime
from callboard.scenarios.venue.server.door import ClosedDoor, Pass
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.signatures import Ed25519Key, RsaKey, SharedSecret, Verifier
from callboard.scenarios.venue.server.wire_faults import WireFault
from support.binance_clients import API_KEY, API_SECRET, ED25519_KEY, PEMS, RSA_KEY, options_for
from support.stream_server import StreamServer
from support.venue_servers import control, served

OWN = ("orderId", "algoId", "updateTime", "time", "createTime")
ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.010",
    "price": "45000.0",
}
STOP = {
    "algoType": "CONDITIONAL",
    "symbol": "BTCUSDT",
    "side": "SELL",
    "type": "STOP_MARKET",
    "triggerPrice": "45000.0",
    "closePosition": "true",
    "clientAlgoId": "s",
}
TALK: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("POST", ORDER, LIMIT | {"newClientOrderId": "a"}),
    ("POST", ORDER, LIMIT | {"newClientOrderId": "a"}),
    ("GET", ORDER, {"symbol": "BTCUSDT", "origClientOrderId": "a"}),
    ("PUT", ORDER, LIMIT | {"quantity": "0.020", "origClientOrderId": "a"}),
    ("POST", ORDER, LIMIT | {"quantity": "0.0001"}),
    ("DELETE", ORDER, {"symbol": "BTCUSDT", "origClientOrderId": "a"}),
    ("DELETE", ORDER, {"symbol": "BTCUSDT", "origClientOrderId": "a"}),
    ("POST", ALGO, STOP),
    ("DELETE", ALGO, {"clientAlgoId": "s"}),
    ("GET", "/fapi/v1/openOrders", {}),
)
SECRETS = {"hmac": API_SECRET, **PEMS}
VERIFIERS: dict[str, Verifier] = {
    "hmac": SharedSecret(API_SECRET.encode()),
    "ed25519": Ed25519Key(ED25519_KEY.public_key()),
    "rsa": RsaKey(RSA_KEY.public_key()),
}


@contextmanager
def entry_client(options: ClientOptions) -> Generator[EntryClient]:
    """Lend a client that enters orders by websocket."""
    client = EntryClient(build_client(options), options)
    try:
        yield client
    finally:
        client.close()


def at(address: VenueAddress, *, timeout_s: float = 30.0) -> ClientOptions:
    """Return what makes a client at an address."""
    return evolve(options_for(address.rest, timeout_s=timeout_s), address=address)


def stamped(server: VenueServer, method: str, path: str, params: dict[str, str]) -> VenueRequest:
    """Return a request of now."""
    at_ms = server.call(lambda floor: floor.now().now_ms)
    return stamp(VenueRequest("1", method, path, params), at_ms=at_ms, recv_window_ms=5_000)


def talk(kind: str, make: Callable[[ClientOptions], Any]) -> list[VenueAnswer]:
    """Say the same to a new venue whose door is closed, and return what it answers."""
    door = ClosedDoor([Pass("one", API_KEY, VERIFIERS[kind])])
    with (
        served(door=door) as server,
        make(options_for(server.rest_url, secret=SECRETS[kind])) as client,
    ):
        return [client.perform(stamped(server, *each)) for each in TALK]


@contextmanager
def rest_client(options: ClientOptions) -> Generator[Any]:
    """Lend a client that does all by REST."""
    client = build_client(options)
    try:
        yield client
    finally:
        client.close()


def gist(answer: VenueAnswer) -> tuple[object, ...]:
    """Return what an answer says, without ids and times of the venue."""
    body: Any = answer.body
    told = body
    if isinstance(body, dict):
        told = {name: each for name, each in wire.mapping(body, "").items() if name not in OWN}
    return answer.phase, answer.status, error_of(answer), told, set(answer.headers)


@pytest.mark.parametrize("kind", SECRETS)
def test_the_venue_answers_as_over_rest(kind: str) -> None:
    by_websocket = [gist(answer) for answer in talk(kind, entry_client)]

    assert [gist(answer) for answer in talk(kind, rest_client)] == by_websocket
    assert [200, 400, 200, 200, 400, 200, 400, 200, 200, 200] == [each[1] for each in by_websocket]


@pytest.mark.parametrize(
    ("fault", "orders"),
    [(WireFault.RESET_BEFORE_EXECUTION, 0), (WireFault.RESET_AFTER_EXECUTION, 1)],
)
def test_a_connection_that_dies_under_an_order_leaves_it_maybe_sent(
    fault: WireFault, orders: int
) -> None:
    order = ("POST", ORDER, LIMIT | {"newClientOrderId": "a"})
    listing = ("GET", "/fapi/v1/openOrders", {"symbol": "BTCUSDT"})
    query = ("GET", ORDER, {"symbol": "BTCUSDT", "origClientOrderId": "a"})
    with served() as server, entry_client(options_for(server.rest_url)) as client:
        control(server, "POST", "/faults/once", fault=fault, method="POST", path=ORDER)
        lost = client.perform(stamped(server, *order))
        listed = client.perform(stamped(server, *listing))
        asked = client.perform(stamped(server, *query))

    assert (Phase.MAYBE_SENT, orders) == (lost.phase, len(listed.body))
    assert (Phase.ANSWERED, 200 if orders else 400) == (asked.phase, asked.status)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ((), "closed by the venue: 1001"),
        (("no json",), NO_ANSWER),
        (("[1]",), NO_ANSWER),
        (('{"id":"1"}',), NO_ANSWER),
        (('{"id":"1","status":400}',), NO_ANSWER),
        (('{"id":"1","status":200,"rateLimits":5}',), NO_ANSWER),
        (('{"id":"7","status":200}', '{"e":"serverShutdown"}'), "timed out"),
    ],
    ids=range(7),
)
def test_an_order_without_an_answer_is_maybe_sent_and_its_connection_given_up(
    said: tuple[str, ...], words: str
) -> None:
    def speak() -> None:
        for text in said:
            server.line().say_raw(text)
        if not said:
            server.line().hang_up(1001, "going away")

    timeout_s = 1.0 if words == "timed out" else 30.0
    with StreamServer() as server, entry_client(at(server.address, timeout_s=timeout_s)) as client:
        thread = threading.Thread(target=speak)
        thread.start()
        answer = client.perform(VenueRequest("1", "POST", ORDER, LIMIT))
        thread.join()
        server.line().wait_ended()

    assert Phase.MAYBE_SENT is answer.phase
    assert words in answer.text


def test_an_error_without_an_id_is_the_answer_and_holds_no_key() -> None:
    data = {"serverTime": 1_000, "retryAfter": 3_500}
    error = {"code": -1135, "msg": f"what is {API_KEY}?", "data": data}
    frame = {"id": None, "status": 429, "error": error}
    with StreamServer() as server, entry_client(at(server.address)) as client:
        thread = threading.Thread(target=lambda: server.line().say(frame))
        thread.start()
        answer = client.perform(VenueRequest("1", "POST", ORDER, LIMIT))
        thread.join()

    assert (429, "3", (-1135, "what is ***?")) == (
        answer.status,
        answer.headers["retry-after"],
        error_of(answer),
    )


def test_a_connection_that_ended_between_orders_is_renewed() -> None:
    with StreamServer() as server, entry_client(at(server.address)) as client:

        def answer_both() -> None:
            server.line().say({"id": "1", "status": 200, "result": {}})
            answered.wait(60)
            server.line().hang_up()
            server.line().wait_ended()
            ended.set()
            server.line(1).say({"id": "2", "status": 200, "result": {}})

        answered, ended = threading.Event(), threading.Event()
        thread = threading.Thread(target=answer_both)
        thread.start()
        first = client.perform(VenueRequest("1", "POST", ORDER, LIMIT))
        answered.set()
        ended.wait(60)
        second = client.perform(VenueRequest("2", "POST", ORDER, LIMIT))
        thread.join()

    assert [Phase.ANSWERED] * 2 == [first.phase, second.phase]


def test_a_refused_handshake_sends_nothing_and_rest_goes_on() -> None:
    with served() as server:
        address = evolve(
            options_for(server.rest_url).address, order_entry=f"{server.ws_url}/nowhere"
        )
        with entry_client(at(address)) as client:
            order = client.perform(stamped(server, "POST", ORDER, LIMIT))
            time = client.perform(build_request(ReadTime(), "2"))

    assert (Phase.NOT_CONNECTED, Phase.ANSWERED) == (order.phase, time.phase)


def test_a_closed_client_sends_nothing() -> None:
    with StreamServer() as server, entry_client(at(server.address)) as client:
        client.abort()

        answer = client.perform(VenueRequest("1", "POST", ORDER, LIMIT))

    assert (Phase.NOT_CONNECTED, "the client is closed") == (answer.phase, answer.text)
