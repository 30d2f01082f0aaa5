"""Exporter: the face that Prometheus scrapes, on an address of its own."""

from ..service.context import ServiceContext
from ..service.face import FaceHealth
from .collector import Metrics
from .families import registry_of
from .scrape_server import ScrapeServer

LOOK_SECONDS = 5.0
ADDRESS = "metrics"
"""Name under which its address stands on the board."""


class Exporter:
    """Serves the figures of the service's metrics."""

    name = "exporter"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._server: ScrapeServer | None = None

    @property
    def port(self) -> int:
        """The port that it listens on, 0 while it does not."""
        return 0 if self._server is None else self._server.port

    def open(self) -> None:
        """Listen; raises `OSError` where the port is taken."""
        settings = self._context.settings.metrics
        registry = registry_of(metrics_of(self._context).figures.book, settings.prefix)
        self._server = ScrapeServer(registry, settings.host, settings.port)
        self._context.board.announce(ADDRESS, f"http://{settings.host}:{self.port}")

    def look(self) -> float:
        """Raise when the server has ended."""
        if self._server is None or not self._server.is_alive:
            raise RuntimeError("the exporter's thread has ended")
        return LOOK_SECONDS

    def close(self) -> None:
        """Listen no more."""
        server, self._server = self._server, None
        self._context.board.announce(ADDRESS, "")
        if server is not None:
            server.close()

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
