"""Risk services: a real HTTP server that answers as a test wants."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from attrs import define, field

CALM = b'{"state": "NORMAL"}'
STATUS_PATH = "/api/risk/ess/status"


@define(eq=False)
class RiskStage:
    """What the service says: body and status by path; a path that is absent is 404."""

    url: str = ""
    bodies: dict[str, bytes] = field(factory=lambda: {STATUS_PATH: CALM})
    status: int = 200
    asked: list[str] = field(factory=list[str])
    is_stuck: threading.Event = field(factory=threading.Event)
    """While it is set, answers wait; the test's end lets them go."""
    _freed: threading.Event = field(factory=threading.Event)

    def policy(self, key: str, body: bytes) -> None:
        self.bodies[f"/api/policy/{key}"] = body

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        self.asked.append(handler.path)
        if self.is_stuck.is_set():
            self._freed.wait(20.0)
        body = self.bodies.get(handler.path)
        handler.send_response(404 if body is None else self.status)
        handler.end_headers()
        handler.wfile.write(body or b"")

    def free(self) -> None:
        self._freed.set()


@contextmanager
def risk_service() -> Generator[RiskStage]:
    """Run a service on a free port."""
    stage = RiskStage()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stage.answer(self)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    stage.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stage
    finally:
        stage.free()
        server.shutdown()
        server.server_close()
        thread.join()
