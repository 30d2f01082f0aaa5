"""HttpRows: the API beside a constant answer of the same server, orders beside loaded faces.

Owns the method. Engine, service, constant server and clients are processes of their own. Requests
go over raw keep-alive connections: one after the other for the percentiles, eight at once for the
rate. The rows of loaded faces are an order's latency in one engine over real sockets, by turns
without a service and with one that is loaded.
"""

import json
import subprocess
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from attrs import define, field

from callboard.actors.adapters.service.link import SocketLink
from callboard.actors.system import make_codec
from callboard.messages.vitals import GetVitals
from measure import Row, Target, row_of
from serving import HERE, WAIT_SECONDS, serving
from socket_load import Requests, at_once, one_by_one
from stage import BenchmarkFailed
from venue_process import say, venue

MS = 1_000.0
GET, POST = "GET positions", "POST order"
CONSTANT = "constant"
RATE_UNIT, TIME_UNIT = "requests/s", "ms"
FACES = Target("order placed beside faces under load / without them", TIME_UNIT, 1.10, False)
STREAMS = Target("p99 of it beside 100 event streams, 10 unread / without", TIME_UNIT, 1.10, False)
LIMITS = {
    "risk.cooldown_ms": "0",
    "risk.executions_per_day_max": "1000000",
    "risk.scale_in": "true",
    "risk.position_size_pct_max": "1000",
    "risk.gross_exposure_pct_max": "1000",
    "risk.position_size_pct_default": "1",
    "risk.symbols": "BTCUSDT",
    "risk.conditional_orders_max": "1000",
    "risk.send_within_ms": "60000",
    "queue.opening_max": "100000",
    "limits.weight_1m_max": "1000000",
    "limits.orders_10s_max": "1000000",
    "limits.orders_1m_max": "1000000",
    "limits.requests_1m_max": "1000000",
}
ORDER = {
    "symbol": "BTCUSDT",
    "side": "long",
    "quantity": "0.001",
    "price": "50000",
    "stop_loss": "49000",
    "take_profit": "52000",
}


@define
class Figures:
    """What the rounds found, by what was asked."""

    seconds: dict[str, list[list[float]]] = field(factory=dict[str, list[list[float]]])
    rates: dict[str, list[float]] = field(factory=dict[str, list[float]])

    def add(self, name: str, address: tuple[str, int], pair: Requests, count: int) -> None:
        """Ask so often in both ways."""
        self.seconds.setdefault(name, []).append(one_by_one(address, pair, count))
        self.rates.setdefault(name, []).append(at_once(address, pair, count))

    def p50s(self, name: str) -> list[float]:
        """Return each round's median in milliseconds."""
        return [median(seconds) * MS for seconds in self.seconds[name]]

    def p99s(self, name: str) -> list[float]:
        """Return each round's 99th percentile in milliseconds."""
        return [quantiles(each, n=100, method="inclusive")[98] * MS for each in self.seconds[name]]


def rows(*, orders: int, rounds: int) -> list[Row]:
    """Measure the rows, with so many requests and orders of each kind in a round."""
    found = Figures()
    with (
        TemporaryDirectory() as folder,
        venue() as url,
        _engine(Path(folder), url),
        serving(Path(folder)) as addresses,
        _constant() as constant,
    ):
        api = _address(addresses["api"])
        for _ in range(rounds):
            for name, request in ((GET, _get(api)), (POST, _post(api))):
                plain = _twice(_plain(constant, name))
                found.add(f"{name} {CONSTANT}", constant, plain, orders)
                found.add(name, api, _twice(request), orders)
    return [*_api_rows(found), *_face_rows(orders, rounds)]


def _api_rows(found: Figures) -> Iterator[Row]:
    for name in (GET, POST):
        base = f"{name} {CONSTANT}"
        rate = Target(f"API: {name} a second / a constant answer", RATE_UNIT, None)
        yield row_of(rate, found.rates[name], found.rates[base])
        p50 = f"p50 {median(found.p50s(name)):.3g} against {median(found.p50s(base)):.3g} ms"
        p99 = Target(f"API: p99 of {name} / a constant answer", TIME_UNIT, None)
        yield row_of(p99, found.p99s(name), found.p99s(base), p50)


def _face_rows(orders: int, rounds: int) -> Iterator[Row]:
    found = Figures()
    cases = {"sequential": orders, "served": orders, "streams": orders}
    with venue() as url:
        for _ in range(rounds):
            said = say("socket_engine.py", url, "intent", "rest", json.dumps(cases))
            for case in cases:
                found.seconds.setdefault(case, []).append(said[case]["seconds"])
    plain, p99 = found.p50s("sequential"), found.p99s("sequential")
    loaded = found.p99s("served")
    note = f"p99 {median(loaded):.3g} against {median(p99):.3g} ms"
    yield row_of(FACES, found.p50s("served"), plain, note)
    streams = f"p50 {median(found.p50s('streams')):.3g} against {median(plain):.3g} ms"
    yield row_of(STREAMS, found.p99s("streams"), p99, streams)


@contextmanager
def _engine(folder: Path, url: str) -> Generator[None]:
    """Run an engine at a venue, with its data in a folder, from its readiness on."""
    command = [sys.executable, "-m", "callboard", "run", "--data-dir", str(folder), "--no-service"]
    for key, value in (LIMITS | {"exchange.rest_url": url}).items():
        command += ["--set", f"{key}={value}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as run:
        link = SocketLink(folder, make_codec())
        try:
            if not link.wait(WAIT_SECONDS):
                raise BenchmarkFailed("the engine did not begin")
            while not link.ask(GetVitals(), WAIT_SECONDS).ready:
                link.wait(0)
            yield
        finally:
            link.close()
            run.terminate()
            run.wait(WAIT_SECONDS)


@contextmanager
def _constant() -> Generator[tuple[str, int]]:
    command = [sys.executable, str(HERE / "constant_app.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            yield "127.0.0.1", int(server.stdout.readline())
        finally:
            server.stdin.close()
            server.wait(WAIT_SECONDS)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def _twice(request: bytes) -> Requests:
    return request, request


def _get(address: tuple[str, int], path: str = "/api/execution/positions") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n\r\n".encode()


def _post(address: tuple[str, int], path: str = "/api/execution/order?wait_ms=0") -> bytes:
    body = json.dumps(ORDER)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return (head + body).encode()


def _plain(address: tuple[str, int], name: str) -> bytes:
    return _get(address, "/") if name == GET else _post(address, "/")
