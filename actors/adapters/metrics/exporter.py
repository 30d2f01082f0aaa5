"""Exporter: the face that Prometheus scrapes.

Owns an HTTP server with `/metrics` on an address of its own and no token: it shows figures and
changes nothing. Bound: `SCRAPES_MAX` connections at a time, the next one is closed at once; a
client that sends or reads nothing for `CLIENT_SECONDS` is cut off, each on a thread of its own, so
that none of them holds anybody else.
"""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from ..service.context import ServiceContext
from ..service.face import FaceHealth
from .collector import Metrics
from .families import registry_of

SCRAPES_MAX = 8
CLIENT_SECONDS = 5.0
LOOK_SECONDS = 5.0
PATHS = ("/", "/metrics")


class Exporter:
    """Serves the figures of the service's metrics."""

    name = "exporter"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that it listens on, 0 while it does not."""
        return self._server.server_port if self._server is not None else 0

    def open(self) -> None:
        """Listen; raises `OSError` where the port is taken."""
        settings = self._context.settings.metrics
        registry = registry_of(metrics_of(self._context).figures.book, settings.prefix)
        self._server = _Server((settings.host, settings.port), _handler(registry))
        self._thread = threading.Thread(
            target=self._server.serve_forever, name="callboard-exporter", daemon=True
        )
        self._thread.start()
        self._context.board.announce("metrics", f"http://{settings.host}:{self.port}")

    def look(self) -> float:
        """Raise when the server's thread has ended."""
        if self._thread is None or not self._thread.is_alive():
            raise RuntimeError("the exporter's thread has ended")
        return LOOK_SECONDS

    def close(self) -> None:
        """Listen no more."""
        server, self._server = self._server, None
        self._context.board.announce("metrics", "")
        if server is not None:
            if self._thread is not None:
                server.shutdown()
            server.server_close()
        self._thread = None

    def health(self) -> FaceHealth:
        """Say where it listens."""
        host = self._context.settings.metrics.host
        return FaceHealth(is_ok=self._server is not None, text=f"on {host}:{self.port}")


def metrics_of(context: ServiceContext) -> Metrics:
    """Return the face that keeps the figures; raises `RuntimeError` where there is none."""
    face = context.board.face(Metrics.name)
    if isinstance(face, Metrics):
        return face
    raise RuntimeError("no figures are kept here")


class _Server(ThreadingHTTPServer):
    """Answers each client on a thread, so many at a time."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._room = threading.BoundedSemaphore(SCRAPES_MAX)
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a client that went away."""


def _handler(registry: CollectorRegistry) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = CLIENT_SECONDS
        server_version = "callboard"
        sys_version = ""

        def do_GET(self) -> None:
            if self.path.partition("?")[0] not in PATHS:
                self.send_error(404)
                return
            encode, content_type = _encoder(self.headers.get("Accept", ""))
            body = encode(registry)
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            """Keep a scrape out of the log."""

    return Handler


def _encoder(accept: str) -> tuple[Callable[[CollectorRegistry], bytes], str]:
    encode, content_type = choose_encoder(accept)
    return encode, content_type
