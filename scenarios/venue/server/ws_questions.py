"""WsQuestions: what a client says over the websocket API, read and answered in its form.

Owns the frame `{id, method, params}`, the methods and the REST endpoints that they stand for, the
text that is signed (parameters sorted by name), and the frame of an answer with its rate limits
(binance-futures notes §4.6, read 2026-11). Integers come as JSON numbers, decimals as text.
"""

from collections.abc import Iterator, Mapping
from json import JSONDecoder
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import orjson
from attrs import frozen

from ....actors.ports import VenueAnswer
from ..refusal import VenueRefusal
from ..settings import RateLimits

Id = str | int | None
ID_LENGTH_MAX = 36
API_KEY, SIGNATURE, RETURN_LIMITS = "apiKey", "signature", "returnRateLimits"
LOGON, STATUS, LOGOUT = "session.logon", "session.status", "session.logout"
SESSION_METHODS = (LOGON, STATUS, LOGOUT)
UNAVAILABLE = 0
"""The code of an answer that has none, as of one from before the exchange."""
WEIGHT, ORDERS_10S = "X-MBX-USED-WEIGHT-1M", "X-MBX-ORDER-COUNT-10S"
ORDERS_1M, RETRY = "X-MBX-ORDER-COUNT-1M", "Retry-After"
ENDPOINTS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "order.place": ("POST", "/fapi/v1/order"),
        "order.modify": ("PUT", "/fapi/v1/order"),
        "order.cancel": ("DELETE", "/fapi/v1/order"),
        "order.status": ("GET", "/fapi/v1/order"),
        "algoOrder.place": ("POST", "/fapi/v1/algoOrder"),
        "algoOrder.cancel": ("DELETE", "/fapi/v1/algoOrder"),
        "account.balance": ("GET", "/fapi/v2/balance"),
        "v2/account.balance": ("GET", "/fapi/v3/balance"),
        "account.status": ("GET", "/fapi/v2/account"),
        "v2/account.status": ("GET", "/fapi/v3/account"),
        "account.position": ("GET", "/fapi/v2/positionRisk"),
        "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
        "depth": ("GET", "/fapi/v1/depth"),
        "ticker.price": ("GET", "/fapi/v2/ticker/price"),
        "ticker.book": ("GET", "/fapi/v1/ticker/bookTicker"),
        "ping": ("GET", "/fapi/v1/ping"),
        "time": ("GET", "/fapi/v1/time"),
        "userDataStream.start": ("POST", "/fapi/v1/listenKey"),
        "userDataStream.ping": ("PUT", "/fapi/v1/listenKey"),
        "userDataStream.stop": ("DELETE", "/fapi/v1/listenKey"),
    }
)

_DECODER = JSONDecoder(parse_float=str)
"""Decimals stay text: they are exact as they were written, and as they were signed."""


@frozen
class Question:
    """One frame of a client; parameters are text."""

    id: Id
    method: str
    params: Mapping[str, str]

    @property
    def wants_limits(self) -> bool | None:
        """Whether the answer shall tell the rate limits; None where it does not say."""
        said = self.params.get(RETURN_LIMITS)
        return None if said is None else said == "true"

    def signed_texts(self) -> Iterator[bytes]:
        """Yield what may have been signed: the parameters as they are, then percent-encoded."""
        pairs = sorted(pair for pair in self.params.items() if pair[0] != SIGNATURE)
        yield "&".join([f"{name}={value}" for name, value in pairs]).encode()
        yield urlencode(pairs).encode()


class BadQuestionError(Exception):
    """A frame is no question; has the id, as far as there is one, and the refusal."""

    def __init__(self, question_id: Id, refusal: VenueRefusal) -> None:
        self.id = question_id
        self.refusal = refusal
        super().__init__(str(refusal))


def read(text: str) -> Question:
    """Read a frame; raises `BadQuestionError`."""
    frame = _object(text)
    question_id: Any = frame.get("id")
    if not _is_id(question_id):
        raise BadQuestionError(None, VenueRefusal(-1100, "id", "INT, STRING or null"))
    try:
        return _question(question_id, frame)
    except VenueRefusal as refusal:
        raise BadQuestionError(question_id, refusal) from None


def _object(text: str) -> Mapping[str, Any]:
    try:
        frame: object = _DECODER.decode(text)
    except ValueError:
        frame = None
    if not isinstance(frame, dict):
        raise BadQuestionError(None, VenueRefusal(-1135))
    return frame  # pyright: ignore[reportUnknownVariableType] - the wire has no types


def reply(question_id: Id, answer: VenueAnswer, limits: RateLimits | None, now_ms: int) -> bytes:
    """Return the frame of an answer; with `limits` it tells how far each is used."""
    frame: dict[str, Any] = {"id": question_id, "status": answer.status}
    if answer.status == 200:
        frame["result"] = answer.body
    else:
        frame["error"] = _error(answer, now_ms)
    if limits is not None:
        frame["rateLimits"] = _used(answer.headers, limits)
    return orjson.dumps(frame)


def refused(question_id: Id, refusal: VenueRefusal) -> bytes:
    """Return the frame of a refusal from before any endpoint."""
    error = {"code": refusal.code, "msg": refusal.message}
    return orjson.dumps({"id": question_id, "status": refusal.status, "error": error})


def _is_id(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= ID_LENGTH_MAX
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _question(question_id: Id, frame: Mapping[str, Any]) -> Question:
    method: Any = frame.get("method")
    params: Any = frame.get("params") or {}
    if not isinstance(method, str) or not method:
        raise VenueRefusal(-1102, "method")
    if method not in ENDPOINTS and method not in SESSION_METHODS:
        raise VenueRefusal(-5000, method, "WS", status=404)
    if not isinstance(params, dict):
        raise VenueRefusal(-1102, "params")
    return Question(question_id, method, _texts(params))  # pyright: ignore[reportUnknownArgumentType] - the wire has no types


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: _text(name, value) for name, value in params.items() if value is not None}


def _text(name: str, value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int():
            return str(value)
        case _:
            raise VenueRefusal(-1130, name)


def _error(answer: VenueAnswer, now_ms: int) -> dict[str, Any]:
    error: dict[str, Any] = {"code": UNAVAILABLE, "msg": answer.text}
    body: Any = answer.body
    if body is not None:
        error = dict(body)
    wait = answer.headers.get(RETRY)
    if wait is not None:
        error["data"] = {"serverTime": now_ms, "retryAfter": now_ms + int(wait) * 1000}
    return error


def _used(headers: Mapping[str, str], limits: RateLimits) -> list[dict[str, Any]]:
    rows = (
        (WEIGHT, "REQUEST_WEIGHT", "MINUTE", 1, limits.weight_1m_max),
        (ORDERS_10S, "ORDERS", "SECOND", 10, limits.orders_10s_max),
        (ORDERS_1M, "ORDERS", "MINUTE", 1, limits.orders_1m_max),
    )
    return [
        {
            "rateLimitType": kind,
            "interval": interval,
            "intervalNum": number,
            "limit": limit,
            "count": int(headers[header]),
        }
        for header, kind, interval, number, limit in rows
        if header in headers
    ]
