"""HttpKeeper: a small real HTTP server that keeps what it is sent and answers as it is told."""

import gzip
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

POLL_SECONDS = 0.02
JOIN_SECONDS = 20.0


class HttpKeeper:
    """Takes PUT and POST on 127.0.0.1 until it is closed."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.bodies: list[bytes] = []
        self.status = 200
        """What it answers from now on."""
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                keeper.paths.append(self.path)
                keeper.bodies.append(body)
                self.send_response(keeper.status)
                self.end_headers()

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing."""

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(JOIN_SECONDS)


@contextmanager
def keeping() -> Generator[HttpKeeper]:
    """Run one for a test."""
    keeper = HttpKeeper()
    try:
        yield keeper
    finally:
        keeper.close()
