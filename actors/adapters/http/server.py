"""Server: the HTTP port of the service, a face with uvicorn on a thread of its own.

Owns the port from `open` to `close`. It refuses to open off the loopback without a token, and with
the rule of two and fewer than two tokens that may trade. Bounds: `api.clients_max` connections,
each held to its times by `protocol`. When the thread ends by itself the face is broken, and its
keeper opens it anew. Sockets are made here, with TCP named, since asyncio turns Nagle's delay off
only then (44 ms a request otherwise), and an address that is taken is told at once.
"""

import asyncio
import socket
import threading
import time
from contextlib import suppress

import uvicorn
from attrs import define, field

from ...errors import ConfigurationError, EngineError
from ..service.context import ServiceContext
from ..service.face import FaceHealth
from .api import Api
from .app import make_app
from .auth import TRADE_TOKEN, Guard, Role, is_loopback, read_tokens
from .desk import Desk
from .encoder import Encoder
from .idempotency import FILE, KeyBook
from .limits import Rates
from .outcomes import Outcomes
from .page_read import read_page
from .protocol import Limits, bounded

NAME = "api"
START_SECONDS, STOP_SECONDS = 10.0, 5.0
LOOK_SECONDS = 1.0
START_LOOK_SECONDS = 0.01
GRACE_SECONDS = 1
KEEP_ALIVE_SECONDS = 5
BACKLOG = 512
MS = 1_000


class PortLost(EngineError):
    """The port's thread has ended, or never began."""

    def __init__(self, address: str, fault: str = "") -> None:
        super().__init__(address, fault)
        self.address = address
        self.fault = fault

    def __str__(self) -> str:
        return f"{self.address} is not served any more{': ' * bool(self.fault)}{self.fault}"


@define(eq=False)
class HttpApi:
    """The face."""

    context: ServiceContext
    name: str = field(init=False, default=NAME)
    address: str = field(init=False, default="")
    """Where it answers, as in `http://127.0.0.1:8002`; empty while it does not."""
    _port: "_Port | None" = field(init=False, default=None)

    def open(self) -> None:
        """Begin to serve.

        Raises:
            ConfigurationError: It may not be served so.
            OSError: The address cannot be had.
            PortLost: The server did not start.
        """
        settings = self.context.settings.api
        guard = _guard(self.context)
        listener = _listen(settings.host, settings.port)
        host, port = listener.getsockname()[:2]
        address = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._port = _Port(self.context, guard, listener)
        if not self._port.wait(START_SECONDS):
            raise PortLost(address, self._port.fault)
        self.address = address
        self.context.board.announce(NAME, address)
        self.context.log(NAME, "http_listening", {"address": address})

    def look(self) -> float:
        """See that the server still runs."""
        if self._port is None or not self._port.is_alive:
            raise PortLost(self.address, "" if self._port is None else self._port.fault)
        return LOOK_SECONDS

    def close(self) -> None:
        """End streams and connections, then the port."""
        port, self._port, self.address = self._port, None, ""
        self.context.board.announce(NAME, "")
        if port is not None:
            port.close()

    def health(self) -> FaceHealth:
        """Say where it answers."""
        port = self._port
        return FaceHealth(port is not None and port.is_alive, self.address)


def _guard(context: ServiceContext) -> Guard:
    settings = context.settings.api
    tokens = read_tokens(context.environ)
    is_local = is_loopback(settings.host)
    if not is_local and not any(token.role is Role.TRADE for token in tokens):
        raise ConfigurationError(
            f"api.host: {settings.host} can be reached from elsewhere, so it needs a token;"
            f" set {TRADE_TOKEN}, or listen on 127.0.0.1"
        )
    holders = [token.name for token in tokens if token.role is Role.TRADE]
    if len(holders) < settings.approvals_min and settings.approvals_min > 1:
        wanted = f"{settings.approvals_min} tokens that may trade"
        raise ConfigurationError(f"api.approvals_min: wants {wanted}, there are {len(holders)}")
    return Guard(tokens, is_local, context.settings.mode, settings.reads_need_token)


def _listen(host: str, port: int) -> socket.socket:
    family, kind, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(error.errno, f"{host}:{port}: {error.strerror}") from None
    return listener


class _Port:
    """One life of the server, on its thread."""

    def __init__(self, context: ServiceContext, guard: Guard, listener: socket.socket) -> None:
        self._context = context
        self._guard = guard
        self.fault = ""
        """Why the thread has ended, where it did by itself."""
        self._listener = listener
        self._server: uvicorn.Server | None = None
        self._api: Api | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="callboard-http", daemon=True)
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether the server runs."""
        return self._thread.is_alive()

    def wait(self, seconds: float) -> bool:
        """Wait until the server serves; False if it did not come to that."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and self.is_alive:
            server = self._server
            if server is not None and server.started:
                return True
            time.sleep(START_LOOK_SECONDS)
        return False

    def close(self) -> None:
        """End the streams, then the server."""
        loop, api, server = self._loop, self._api, self._server
        if loop is not None and api is not None:
            with suppress(RuntimeError):  # the loop is closed already
                loop.call_soon_threadsafe(api.closing.set)
                loop.call_soon_threadsafe(api.outcomes.wake)
        if server is not None:
            server.should_exit = True
        self._thread.join(STOP_SECONDS)
        self._listener.close()
        if api is not None:
            api.outcomes.close()
            api.desk.close()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - uvicorn also exits; the keeper tells why
            self.fault = f"{type(error).__name__}: {error}"

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        settings = self._context.settings.api
        keys = KeyBook(self._context.data_dir / FILE, time.time, self._note)
        keys.load()
        self._api = api = Api(
            self._context,
            self._guard,
            Desk(self._context.link),
            Outcomes(self._context.hub, self._loop),
            keys,
            Encoder(self._context.codec),
            read_page(),
            asyncio.Event(),
        )
        rates = Rates(settings.client_requests_per_second, settings.requests_per_second)
        limits = Limits(
            clients_max=settings.clients_max,
            request_seconds=settings.request_timeout_ms / MS,
            stuck_seconds=settings.stuck_timeout_ms / MS,
        )
        config = uvicorn.Config(
            make_app(api, rates),
            http=bounded(limits),
            ws="none",
            loop="asyncio",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = uvicorn.Server(config)
        await self._server.serve(sockets=[self._listener])

    def _note(self, text: str) -> None:
        self._context.log(NAME, "keys_not_kept", {"text": text})
