"""Answering: an HTTP server on the loopback that answers as a test tells it to."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from attrs import define, field


@define(eq=False)
class Answering:
    """What is answered next, and what was asked."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(factory=dict[str, str])
    is_silent: bool = False
    asked: list[tuple[str, str, dict[str, str], Any]] = field(
        factory=list[tuple[str, str, dict[str, str], Any]]
    )
    """(method, path, headers, body)."""
    url: str = ""
    ended: Event = field(factory=Event)

    def says(self, answer: Any, status: int = 200) -> None:
        """Answer with an object from now on."""
        self.status, self.body = status, json.dumps(answer).encode()


@contextmanager
def answering() -> Generator[Answering]:
    """Serve until the end of a test."""
    told = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            told.asked.append((self.command, self.path, headers, body))
            if told.is_silent:
                told.ended.wait(60)
                return
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(told.body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its form
            """Say nothing."""

    for method in ("POST", "DELETE"):
        setattr(Handler, f"do_{method}", Handler.do_GET)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield told
    finally:
        told.ended.set()
        server.shutdown()
        server.server_close()
        thread.join(20)
