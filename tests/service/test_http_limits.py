"""The HTTP port against bad manners: each is answered in the one form, and the port goes on."""

import http.client
import socket
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from callboard import Settings
from callboard.actors.adapters.http.limits import ADDRESSES_MAX, BURST_SECONDS, Rates
from callboard.actors.adapters.service.link import EngineGone, Hearer
from callboard.actors.service_settings import ApiSettings
from support.http_service import PATH, Caller, served
from support.waiting import until

STREAMS_MAX, CLIENTS_MAX = 4, 24
SECONDS = 30.0
ORDER = f"{PATH}/order"


class NoEngine:
    """A link whose engine does not answer, for a reason of its own."""

    def __init__(self, fault: Exception) -> None:
        self.fault = fault

    def ask(self, *_query: object, **_limits: object) -> Any:
        raise self.fault

    def tell(self, *_command: object, **_limits: object) -> None:
        raise self.fault

    def subscribe(self, hearer: Hearer) -> None:
        raise NotImplementedError(hearer)


LINK = NoEngine(EngineGone(Path("/nowhere"), "it has gone"))


@pytest.fixture(scope="module")
def log() -> list[str]:
    return []


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory, log: list[str]) -> Generator[Caller]:
    settings = ApiSettings(
        port=0,
        streams_max=STREAMS_MAX,
        clients_max=CLIENTS_MAX,
        request_timeout_ms=300,
        client_requests_per_second=10_000,
        requests_per_second=10_000,
    )
    with served(LINK, tmp_path_factory.mktemp("api"), Settings(api=settings), log=log) as caller:
        yield caller


def connected(api: Caller) -> socket.socket:
    return socket.create_connection(("127.0.0.1", api.port), timeout=SECONDS)


def all_of(connection: socket.socket) -> bytes:
    """Return what comes until the other end closes."""
    parts: list[bytes] = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def test_without_an_engine_health_is_down_and_an_order_is_503(api: Caller) -> None:
    health, ready, order = (
        api.get("/health"),
        api.get("/ready"),
        api.post(ORDER, {"symbol": "BTCUSDT", "side": "buy"}),
    )

    assert (503, "down") == (health.status, health.json["status"])
    assert (503, ["no engine answers"]) == (ready.status, ready.json["reasons"])
    assert (503, "engine_gone") == (order.status, order.code)
    assert "retry-after" in order.headers
    assert 503 == api.get(f"{PATH}/trades").status


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b"", 400, "malformed"),
        (b"\xff\xfe", 400, "malformed"),
        (b"[" * 60_000, 400, "malformed"),
        (b'{"symbol":"A","symbol":"B"}', 422, "invalid"),
        (b'{"symbol":"BTCUSDT","side":"buy","price":NaN}', 422, "invalid"),
        (b'{"symbol":"BTCUSDT","side":"buy","price":-Infinity}', 422, "invalid"),
        (b'{"symbol":"BTCUSDT","side":"buy","price":1e99999}', 422, "invalid"),
        (b'{"symbol":"BTCUSDT","side":"long","signal":"CLOSE_LONG"}', 422, "invalid"),
        (b"x" * (64 * 1024 + 1), 413, "too_large"),
        (b"x" * 5_000_000, 413, "too_large"),
    ],
)
def test_a_body_that_is_no_order_is_told_what_is_wrong(
    api: Caller, body: bytes, status: int, code: str
) -> None:
    try:
        answer = api.post(ORDER, body)
    except (BrokenPipeError, ConnectionResetError):
        # The answer came, and the door closed, before all of five megabytes had left.
        assert len(body) > 1_000_000
        return

    assert (status, code) == (answer.status, answer.code)
    assert b"Traceback" not in answer.body


def test_every_fault_of_a_body_is_told_at_once(api: Caller) -> None:
    faulty = {"symbol": 5, "side": "up", "amount": "lots", "surprise": 1, "price": -2}

    fields = api.post(ORDER, faulty).fields

    assert {"symbol", "side", "amount", "surprise", "price"} == set(fields)
    assert "must be above 0, not -2" == fields["price"]


def test_every_fault_of_a_query_is_told_at_once(api: Caller) -> None:
    answer = api.get(f"{PATH}/trades?limit=0&limit=2&since=soon&status=lost&color=red")

    assert 422 == answer.status
    assert {"limit", "since", "status", "color"} == set(answer.fields)


def test_what_is_not_there_and_what_is_not_done_is_told_in_the_one_form(api: Caller) -> None:
    lost, wrong, plain = (
        api.get("/nowhere"),
        api.send("PUT", f"{PATH}/orders/x"),
        api.post(f"{PATH}/halt", b"{}", Content_Type="text/plain"),
    )

    assert [(404, "not_found"), (405, "method_not_allowed"), (415, "not_json")] == [
        (each.status, each.code) for each in (lost, wrong, plain)
    ]
    assert {"GET", "HEAD", "DELETE"} == set(wrong.headers["allow"].replace(" ", "").split(","))


def test_a_request_that_dribbles_is_cut(api: Caller) -> None:
    heads = (b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", b"")
    body = (
        b"POST /api/execution/order HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    )

    with ExitStack() as stack:
        slow = [stack.enter_context(connected(api)) for _ in range(3)]
        for connection, dribble in zip(slow, (*heads, body), strict=True):
            connection.sendall(dribble)
        said = [all_of(connection) for connection in slow]

    assert [b"HTTP/1.1 408"] * 3 == [each[:12] for each in said]
    assert all(b'"too_slow"' in each for each in said)
    assert 503 == api.get("/health").status


def test_what_is_no_http_is_told_so(api: Caller) -> None:
    with connected(api) as connection:
        connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
        said = all_of(connection)

    assert said.startswith(b"HTTP/1.1 400 ")
    assert b'"bad_http"' in said


def stream(api: Caller) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=SECONDS)
    connection.request("GET", f"{PATH}/events")
    return connection


def test_one_stream_or_connection_too_many_is_refused_politely(api: Caller) -> None:
    with ExitStack() as stack:
        streams = [stream(api) for _ in range(STREAMS_MAX)]
        for each in streams:
            stack.callback(each.close)
            assert b"retry: 2000" in each.getresponse().readline()
        refused = api.get(f"{PATH}/events")
        idle = [stack.enter_context(connected(api)) for _ in range(CLIENTS_MAX - STREAMS_MAX)]
        with connected(api) as late:
            turned_away = all_of(late)

        assert (503, "too_many_streams") == (refused.status, refused.code)
        assert turned_away.startswith(b"HTTP/1.1 503 ")
        assert b'"too_many_connections"' in turned_away
        assert len(idle) == CLIENTS_MAX - STREAMS_MAX
    until(lambda: _serves(api))


def _serves(api: Caller) -> bool:
    try:
        connection = stream(api)
        status = connection.getresponse().status
        connection.close()
    except OSError:
        return False
    return status == 200


def test_a_thousand_streams_leave_the_port_alive(api: Caller) -> None:
    statuses: dict[int, int] = {}
    with ExitStack() as stack:
        for _ in range(1_000):
            connection = stack.enter_context(connected(api))
            connection.sendall(f"GET {PATH}/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            try:
                head = connection.recv(12)
            except ConnectionResetError:
                head = b""
            status = int(head[9:12] or b"503")
            statuses[status] = statuses.get(status, 0) + 1

    assert {200, 503} == set(statuses)
    assert statuses[200] <= STREAMS_MAX
    until(lambda: _serves(api))


def test_the_dashboard_is_served_with_its_policy_and_known_again(api: Caller) -> None:
    page = api.get("/")
    script = api.get("/static/main.js")
    again = api.get("/static/main.js", If_None_Match=script.headers["etag"])
    outside = api.get("/static/../server.py")

    assert [200, 200, 304, 404] == [each.status for each in (page, script, again, outside)]
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "nosniff" == script.headers["x-content-type-options"]
    assert script.headers["content-type"].startswith("text/javascript")


def test_the_document_is_shown(api: Caller) -> None:
    document = api.get("/openapi.json")

    assert ("3.1.0", 200) == (document.json["openapi"], document.status)
    assert f"{PATH}/order" in document.json["paths"]


def test_nothing_of_a_fault_of_ours_reaches_a_client(tmp_path: Path) -> None:
    lines: list[str] = []
    with served(NoEngine(KeyError("the secret of the link")), tmp_path, log=lines) as api:
        answer = api.get(f"{PATH}/positions")

    assert (500, "internal") == (answer.status, answer.code)
    assert b"secret" not in answer.body
    assert any("request_failed" in line and "KeyError" in line for line in lines)


def test_who_comes_too_often_is_told_when_to_come_again(tmp_path: Path) -> None:
    settings = Settings(api=ApiSettings(port=0, client_requests_per_second=1))
    with served(LINK, tmp_path, settings) as api:
        statuses = [api.get("/static/main.js") for _ in range(BURST_SECONDS + 3)]

    assert [200] * BURST_SECONDS == [each.status for each in statuses[:BURST_SECONDS]]
    assert (429, "too_many_requests") == (statuses[-1].status, statuses[-1].code)
    assert int(statuses[-1].headers["retry-after"]) >= 1


def test_clients_that_take_nothing_are_cut_off_and_make_room(tmp_path: Path) -> None:
    clients_max = 8
    settings = ApiSettings(
        port=0,
        clients_max=clients_max,
        stuck_timeout_ms=100,
        client_requests_per_second=100_000,
        requests_per_second=100_000,
    )
    request = b"GET /static/vendor/uPlot.iife.min.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with served(LINK, tmp_path, Settings(api=settings)) as api, ExitStack() as stack:
        for _ in range(clients_max):
            greedy = stack.enter_context(socket.socket())
            greedy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            greedy.connect(("127.0.0.1", api.port))
            greedy.sendall(request * 200)

        until(lambda: _is_served(api))


def _is_served(api: Caller) -> bool:
    try:
        return api.get("/static/main.js").status == 200
    except OSError:
        return False


def test_a_bucket_fills_with_time_for_each_and_for_all() -> None:
    now = 0.0
    rates = Rates(each=2, all=3, now=lambda: now)

    burst = [rates.wait_seconds("a") for _ in range(5)]
    other = [rates.wait_seconds("b") for _ in range(3)]
    now = 0.5
    later = rates.wait_seconds("a")
    for number in range(ADDRESSES_MAX):
        rates.wait_seconds(f"c{number}")

    assert [0.0, 0.0, 0.0, 0.0, 0.5] == burst
    assert [0.0, 0.0, pytest.approx(1 / 3)] == other
    assert 0.0 == later
