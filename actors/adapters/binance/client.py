"""LaneClient: python-binance's client of one thread, on our session, with exact outcomes.

Owns the signature: over the very text that is sent, with the time that the lane has stamped, since
python-binance signs another text than it sends where a value needs encoding, and stamps times of
its own. The key's kind is told by its text, not by its length. Whatever python-binance raises about
an answer (its exceptions hold the request) ends here: an answer that came is told as it came.

Source: python-binance 1.0.37; binance-futures notes §5.4-5.6.
"""

import queue
import threading
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from attrs import frozen
from binance.client import Client
from Crypto.PublicKey import ECC, RSA

from ...errors import ConfigurationError
from ...ports import VenueAnswer, VenueRequest
from .credentials import Credentials, KeyKind
from .encoding import form, quoted
from .environment import VenueAddress
from .given import given
from .session import TIMEOUT_SECONDS, Session
from .transport import Route, TransportFailure

SYMBOL = "symbol"

Key = RSA.RsaKey | ECC.EccKey


class OrderEntry(StrEnum):
    """How orders reach the venue; everything else goes by REST."""

    REST = "rest"
    WS = "ws"


@frozen
class ClientOptions:
    """Where a client is at home, and as whom."""

    address: VenueAddress
    route: Route
    credentials: Credentials
    timeout_s: float = TIMEOUT_SECONDS
    order_entry: OrderEntry = OrderEntry.REST


class LaneClient:
    """One client; one thread at a time, but for `abort`."""

    def __init__(self, library: Any, options: ClientOptions, key: Key | None) -> None:
        self._base = options.address.rest
        # Of python-binance's own: the entry that takes any path, and its three ways to sign.
        self._request: Callable[..., object] = library._request  # noqa: SLF001
        self.sign = _signer(library, key)
        """Returns the signature of a text, for nobody but the venue."""
        self._session = library.session = _session(library, options)

    def perform(self, request: VenueRequest) -> VenueAnswer:
        """Send a request once, and return what came of it; raises nothing about it."""
        session = self._session
        session.reset()
        try:
            self._send(request)
        except TransportFailure as failure:
            return VenueAnswer(request.request_id, failure.phase, text=failure.reason)
        except Exception as error:  # noqa: BLE001 - python-binance has no base of its errors
            if session.answer is None:
                text = f"python-binance: {type(error).__name__}"
                return VenueAnswer(request.request_id, session.phase, text=text)
        assert session.answer is not None, "python-binance asks its session"
        return given(request.request_id, session.answer)

    def abort(self) -> None:
        """Break the connection under whoever waits on it; any thread."""
        self._session.abort()

    def close(self) -> None:
        """Give the connection back."""
        self._session.close()

    def _send(self, request: VenueRequest) -> None:
        in_url = request.method == "GET"
        data = dict(sorted(request.params.items()))  # as python-binance will
        if request.signed:
            data["signature"] = self.sign(_text_of(data, in_url=in_url))
        if in_url:  # python-binance encodes the symbol, and nothing else
            data = {name: text if name == SYMBOL else quoted(text) for name, text in data.items()}
        options = {"data": data} if data else {}
        self._request(
            request.method.lower(), f"{self._base}{request.path}", signed=False, **options
        )


def build_client(options: ClientOptions) -> LaneClient:
    """Build a client; raises `ConfigurationError` for a private key that is none.

    It is built on a thread of its own: python-binance takes the thread's event loop, and where
    there is none makes one, sets it and never closes it.
    """
    key = private_key(options.credentials)
    built: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def build() -> None:
        try:
            library = _library(options, is_hmac=key is None)
            library.loop.close()
            built.put(library)
        except Exception as error:  # noqa: BLE001 - told on the caller's thread, without its words
            built.put(type(error).__name__)

    threading.Thread(target=build, name="callboard-client", daemon=True).start()
    library = built.get()
    if isinstance(library, str):
        raise ConfigurationError(f"python-binance makes no client: {library}")
    return LaneClient(library, options, key)


def private_key(credentials: Credentials) -> Key | None:
    """Return the key that an account signs with, None for an HMAC secret.

    Raises `ConfigurationError` for a PEM that is no private key of a kind that the venue takes.
    """
    if credentials.kind is KeyKind.HMAC:
        return None
    text = credentials.secret.reveal().strip()
    passphrase = None if credentials.passphrase is None else credentials.passphrase.reveal()
    for read in (RSA.import_key, ECC.import_key):
        try:
            key: Key = read(text, passphrase)
        except (ValueError, IndexError, TypeError):
            continue
        if key.has_private() and getattr(key, "curve", "Ed25519") == "Ed25519":
            return key
    raise ConfigurationError("the private key is none that can be read: Ed25519 or RSA, as a PEM")


def _library(options: ClientOptions, *, is_hmac: bool) -> Any:
    """Return a `Client` that has not talked to anybody."""
    credentials = options.credentials
    library: Any = Client(
        credentials.api_key.reveal(),
        credentials.secret.reveal() if is_hmac else None,
        requests_params={"timeout": options.timeout_s},
        ping=False,
    )
    library.FUTURES_URL = f"{options.address.rest}/fapi"
    return library


def _session(library: Any, options: ClientOptions) -> Session:
    """Return the session that takes the place of the client's own, with the same headers."""
    headers: Mapping[str, str] = library.session.headers
    library.session.close()
    return Session(options.address.rest, options.route, headers)


def _signer(library: Any, key: Key | None) -> Callable[[str], str]:
    library.PRIVATE_KEY = key
    if key is None:
        return library._hmac_signature  # type: ignore[no-any-return] # noqa: SLF001
    if isinstance(key, RSA.RsaKey):
        return library._rsa_signature  # type: ignore[no-any-return] # noqa: SLF001
    return library._ed25519_signature  # type: ignore[no-any-return] # noqa: SLF001


def _text_of(data: Mapping[str, str], *, in_url: bool) -> str:
    """Return the text of parameters as it will be sent, which is the text to be signed."""
    if not in_url:
        return form(data.items())
    return "&".join(
        f"{name}={quote(text) if name == SYMBOL else quoted(text)}" for name, text in data.items()
    )
