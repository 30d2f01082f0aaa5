"""EntryClient: orders over the venue's websocket API, everything else over REST.

Owns one connection, made at the first order and made anew when it has ended, on the thread that
asks: one request is out at a time, and its answer is waited for. The phases are those of a session:
no connection is NOT_CONNECTED; from the first byte on what has no answer is MAYBE_SENT, and the
connection is given up with it, so that no late answer meets another request. Limits, codes and
weights are REST's; a handshake costs a weight of 5, which the next answer's count shows.

Source: Binance USDS-M websocket API pages, read 2026-11 (binance-futures notes §4.6). Its texts are
signed as they are, sorted by name; whole numbers are JSON numbers and decimals text.
"""

import json
import os
import time
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from ....messages.values import Phase
from ...ports import VenueAnswer, VenueRequest
from .. import wire
from .blotting import blotted, secrets_of
from .client import ClientOptions, LaneClient
from .exact_json import parse_exactly
from .stream_connection import Dialer, NetworkFigures, StreamConnection, StreamLost
from .transport import route_to

METHODS: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        ("POST", "/fapi/v1/order"): "order.place",
        ("PUT", "/fapi/v1/order"): "order.modify",
        ("DELETE", "/fapi/v1/order"): "order.cancel",
        ("GET", "/fapi/v1/order"): "order.status",
        ("POST", "/fapi/v1/algoOrder"): "algoOrder.place",
        ("DELETE", "/fapi/v1/algoOrder"): "algoOrder.cancel",
    }
)
WHOLE_NUMBERS = ("timestamp", "recvWindow", "goodTillDate", "orderId")
LIMITS: Mapping[tuple[object, object, object], str] = MappingProxyType(
    {
        ("REQUEST_WEIGHT", "MINUTE", 1): "x-mbx-used-weight-1m",
        ("ORDERS", "SECOND", 10): "x-mbx-order-count-10s",
        ("ORDERS", "MINUTE", 1): "x-mbx-order-count-1m",
    }
)
"""Rate limit of an answer -> header of REST that tells the same."""
OK = 200
NO_ANSWER = "what came is no answer"


class EntryClient:
    """One client; one thread at a time, but for `abort`."""

    def __init__(self, rest: LaneClient, options: ClientOptions) -> None:
        self._rest = rest
        self._options = options
        parts = urlsplit(options.address.order_entry)
        self._path = parts.path
        base = parts._replace(scheme=parts.scheme.replace("ws", "http", 1), path="").geturl()
        route = route_to(base, os.environ, ca_file=options.address.ca_file)
        self._dialer = Dialer(route, NetworkFigures(open_seconds=options.timeout_s))
        self._connection: StreamConnection | None = None
        self._is_closed = False
        self._count = 0

    def perform(self, request: VenueRequest) -> VenueAnswer:
        """Send a request once, and return what came of it; raises nothing about it."""
        method = METHODS.get((request.method, request.path))
        if method is None:
            return self._rest.perform(request)
        until = time.monotonic() + self._options.timeout_s
        try:
            connection = self._connected()
        except StreamLost as lost:
            return VenueAnswer(request.request_id, Phase.NOT_CONNECTED, text=lost.reason)
        if time.monotonic() > until:
            return VenueAnswer(request.request_id, Phase.NOT_SENT, text="timed out: not sent")
        try:
            return self._ask(connection, method, request, until)
        except (StreamLost, ValueError, wire.ReplyUnreadable) as error:
            self._drop()
            said = error.reason if isinstance(error, StreamLost) else NO_ANSWER
            return VenueAnswer(request.request_id, Phase.MAYBE_SENT, text=said)

    def abort(self) -> None:
        """Break the connections under whoever waits on them; any thread."""
        self._is_closed = True
        self._rest.abort()
        connection = self._connection
        if connection is not None:
            connection.break_off()

    def close(self) -> None:
        """Give the connections back."""
        self._is_closed = True
        self._rest.close()
        self._drop()

    def _connected(self) -> StreamConnection:
        """Return a connection that nobody has ended, made now where there is none."""
        connection = self._connection
        if connection is not None and _is_quiet(connection):
            return connection
        self._drop()
        if not self._is_closed:
            connection = self._connection = self._dialer.open(self._path)
        if connection is None or self._is_closed:  # by another thread, meanwhile
            raise StreamLost("the client is closed")
        return connection

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.break_off()
            connection.close()

    def _ask(
        self, connection: StreamConnection, method: str, request: VenueRequest, until: float
    ) -> VenueAnswer:
        self._count += 1
        asked = str(self._count)
        key = self._options.credentials.api_key.reveal()
        params = dict(sorted({**request.params, "apiKey": key}.items()))
        signature = self._rest.sign("&".join(f"{name}={text}" for name, text in params.items()))
        said = {name: int(text) if name in WHOLE_NUMBERS else text for name, text in params.items()}
        frame = {"id": asked, "method": method, "params": {**said, "signature": signature}}
        connection.send(json.dumps(frame))
        secrets = secrets_of(key, signature)
        while (left := until - time.monotonic()) > 0:
            data = connection.receive(left)
            if data is not None:
                row = wire.mapping(parse_exactly(blotted(data, secrets)), "answer")
                if row.get("id", "") in (asked, None):  # one to nobody is about the one question
                    return _answer_of(request.request_id, row)
        raise StreamLost(f"timed out after {self._options.timeout_s} s")


def _is_quiet(connection: StreamConnection) -> bool:
    """Say whether nobody has ended a connection, nor said what was not asked for."""
    try:
        return connection.is_open and connection.receive(0) is None
    except StreamLost:
        return False


def _answer_of(request_id: str, row: wire.Row) -> VenueAnswer:
    """Return an answer as REST would have given it."""
    status, headers = wire.integer(row, "status"), _limits_of(row)
    if status == OK:
        return VenueAnswer(request_id, Phase.ANSWERED, status, headers, row.get("result"))
    error = wire.mapping(row.get("error"), "error")
    return VenueAnswer(request_id, Phase.ANSWERED, status, headers | _pause_of(error), error)


def _limits_of(row: wire.Row) -> dict[str, str]:
    headers: dict[str, str] = {}
    for limit in wire.rows(row.get("rateLimits", []), "rateLimits"):
        kind = (limit.get("rateLimitType"), limit.get("interval"), limit.get("intervalNum"))
        if kind in LIMITS:
            headers[LIMITS[kind]] = str(wire.integer(limit, "count"))
    return headers


def _pause_of(error: wire.Row) -> dict[str, str]:
    """A pause is told as the moment of its end, beside the venue's own time."""
    data = error.get("data")
    if not isinstance(data, dict) or "retryAfter" not in data:
        return {}
    told = wire.mapping(data, "data")
    left_ms = wire.integer(told, "retryAfter") - wire.integer(told, "serverTime")
    return {"retry-after": str(max(0, -(-left_ms // 1_000)))}
