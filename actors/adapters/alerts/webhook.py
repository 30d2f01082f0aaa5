"""Webhook: a notice as a signed POST of JSON, by the standard library alone.

Headers: `X-Callboard-Timestamp` (milliseconds UTC), `X-Callboard-Delivery` (the same in every
attempt of one notice, so that a receiver can drop the second) and `X-Callboard-Signature`: `v1=`
and the hexadecimal HMAC-SHA256, under the shared secret, of timestamp, a dot, and the body's bytes.
A 2xx is taken; 408, 425, 429, 5xx and no answer are tried again; any other answer, a redirect too,
is final. An answer that takes longer than the timeout, in all, is cut off.
"""

import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

from attrs import field, frozen

from ...errors import ConfigurationError
from ..secret import Secret
from .channels import WEBHOOK_URL, DeliveryFailed
from .notices import Notice

TIMESTAMP, DELIVERY = "X-Callboard-Timestamp", "X-Callboard-Delivery"
SIGNATURE = "X-Callboard-Signature"
SCHEMES = {"http": 80, "https": 443}
PASSING = (408, 425, 429)
SERVER_FAULT = 500
TAKEN = range(200, 300)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what `X-Callboard-Signature` must be."""
    signed = timestamp.encode() + b"." + body
    return f"v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


@frozen(eq=False)
class Webhook:
    """Posts to one address."""

    address: str
    """Scheme and host; the rest of the address may be a secret."""
    _url: Secret = field(alias="url")
    _secret: Secret = field(alias="secret")
    timeout_seconds: float
    now_ms: Callable[[], int] = _wall_ms
    name: str = "webhook"

    @classmethod
    def at(cls, url: Secret, secret: Secret, timeout_seconds: float) -> "Webhook":
        """Return the webhook of an address; raises `ConfigurationError` for one that is none."""
        parts = _parts(url)
        return cls(f"{parts.scheme}://{parts.hostname}", url, secret, timeout_seconds)

    def deliver(self, notice: Notice) -> None:
        """Post a notice and wait for the answer."""
        body = json.dumps(notice.as_json()).encode()
        timestamp = str(self.now_ms())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "callboard",
            TIMESTAMP: timestamp,
            DELIVERY: notice.notice_id.encode("ascii", "replace").decode(),
            SIGNATURE: signature(self._secret.reveal(), timestamp, body),
        }
        status = self._post(body, headers)
        if status not in TAKEN:
            is_passing = status in PASSING or status >= SERVER_FAULT
            raise DeliveryFailed(f"it answered {status}", is_final=not is_passing)

    def _post(self, body: bytes, headers: dict[str, str]) -> int:
        parts = _parts(self._url)
        connection = _connection(parts, self.timeout_seconds)
        watchdog = threading.Timer(self.timeout_seconds, _cut, (connection,))
        watchdog.daemon = True
        watchdog.start()
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", target, body, headers)
            return connection.getresponse().status
        except (OSError, HTTPException) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise DeliveryFailed(f"no answer: {why}") from None
        finally:
            watchdog.cancel()
            connection.close()


def _parts(url: Secret) -> SplitResult:
    """Return the parts of an address; a fault never shows it."""
    try:
        parts = urlsplit(url.reveal())
        is_good = parts.scheme in SCHEMES and bool(parts.hostname) and parts.username is None
        if is_good and (parts.port or 1) > 0:
            return parts
    except ValueError:
        pass
    raise ConfigurationError(f"{WEBHOOK_URL}: must be an http:// or https:// address of a host")


def _connection(parts: SplitResult, seconds: float) -> HTTPConnection:
    host, port = str(parts.hostname), parts.port or SCHEMES[parts.scheme]
    if parts.scheme == "http":
        return HTTPConnection(host, port, timeout=seconds)
    return HTTPSConnection(host, port, timeout=seconds, context=ssl.create_default_context())


def _cut(connection: HTTPConnection) -> None:
    """End an answer that dribbles: each byte of it may come within the socket's own timeout."""
    opened: socket.socket | None = connection.sock
    if opened is not None:
        with suppress(OSError):
            opened.shutdown(socket.SHUT_RDWR)
