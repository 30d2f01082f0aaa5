"""ScrapeServer: a registry of Prometheus on a port, for scrapers.

Owns an HTTP server with `/metrics` and no token: it shows figures and changes nothing. Bound:
`SCRAPES_MAX` connections at a time, the next one is closed at once; a client that sends or reads
nothing for `CLIENT_SECONDS` is cut off. Each has a thread, so that none of them holds anybody else.
"""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

SCRAPES_MAX = 8
CLIENT_SECONDS = 5.0
CLOSE_SECONDS = 0.1
"""How often the server looks whether it is to close."""
PATHS = ("/", "/metrics")


class ScrapeServer:
    """Serves a registry from its making on until `close`."""

    def __init__(self, registry: CollectorRegistry, host: str, port: int) -> None:
        """Listen; raises `OSError` where the port is taken."""
        self._server = _Server((host, port), _handler(registry))
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(CLOSE_SECONDS,),
            name="callboard-exporter",
            daemon=True,
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._server.server_port

    @property
    def is_alive(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Listen no more; clients that are being served end by themselves."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """Answers each client on a thread, so many at a time."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 2 * SCRAPES_MAX

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
            encode, content_type = choose_encoder(self.headers.get("Accept", ""))
            body = encode(registry)
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            """Keep a scrape out of the log."""

    return Handler
