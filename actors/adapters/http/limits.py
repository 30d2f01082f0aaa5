"""Limits: how often a client may come, and how much it may bring.

Owns a token bucket for each address and one for all of them, and the reading of a body up to its
bound. Addresses beyond `ADDRESSES_MAX` share the place of the one that was silent longest. Beyond a
bucket a request is answered with 429 and when to come again; a body that is too large with 413.
"""

import time
from collections import OrderedDict
from collections.abc import Callable

from attrs import define, field
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from .errors import ApiError, error_response, retry_after

ADDRESSES_MAX = 1_024
BURST_SECONDS = 2
"""So many seconds' requests may come at once."""


@define
class Bucket:
    """Requests that may come now; refilled by time."""

    rate: float
    """A second."""
    tokens: float
    at: float

    def take(self, now: float) -> float:
        """Take one and return 0, or return the seconds until there is one."""
        self.tokens = min(self.rate * BURST_SECONDS, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return (1 - self.tokens) / self.rate
        self.tokens -= 1
        return 0.0


@define(eq=False)
class Rates:
    """The buckets of a server."""

    each: int
    """Requests a second of one address."""
    all: int
    """Requests a second of all of them together."""
    now: Callable[[], float] = time.monotonic
    _total: Bucket | None = field(init=False, default=None)
    _by_address: OrderedDict[str, Bucket] = field(init=False, factory=OrderedDict[str, Bucket])

    def wait_seconds(self, address: str) -> float:
        """Count a request; returns 0, or how long its sender has to wait before the next."""
        now = self.now()
        bucket = self._by_address.pop(address, None) or _full(self.each, now)
        self._by_address[address] = bucket
        if len(self._by_address) > ADDRESSES_MAX:
            self._by_address.popitem(last=False)
        wait = bucket.take(now)
        if wait:
            return wait
        self._total = self._total or _full(self.all, now)
        return self._total.take(now)


def _full(rate: int, now: float) -> Bucket:
    return Bucket(rate, rate * BURST_SECONDS, now)


@define(eq=False)
class RateLimit:
    """Middleware that refuses what comes too often."""

    app: ASGIApp
    rates: Rates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request on, or answer that it comes too soon."""
        if scope["type"] == "http":
            client = scope.get("client")
            wait = self.rates.wait_seconds(client[0] if client else "")
            if wait:
                message = f"too many requests; come again in {wait:.2f} s"
                error = ApiError(429, "too_many_requests", message, headers=retry_after(wait))
                await error_response(error)(scope, receive, send)
                return
        await self.app(scope, receive, send)


async def read_body(request: Request, bytes_max: int) -> bytes:
    """Return a request's body; raises `ApiError` for one that is too large or breaks off."""
    length = request.headers.get("content-length", "")
    if length.isdigit() and int(length) > bytes_max:
        raise _too_large(bytes_max)
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > bytes_max:
                raise _too_large(bytes_max)
    except ClientDisconnect:
        raise ApiError(400, "broken_off", "the request broke off") from None
    return bytes(body)


def _too_large(bytes_max: int) -> ApiError:
    return ApiError(413, "too_large", f"a body is at most {bytes_max} bytes")
