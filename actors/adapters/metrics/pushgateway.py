"""Pushgateway: the face that pushes the figures to a gateway of Prometheus.

Off until it has an address, which may lack its scheme. Each push has a time limit and the keeper's
thread of this face: a gateway that is stuck, away or refuses holds nothing but the next push.
Bound: one push at a time, nothing is kept for later.
"""

from ..service.context import ServiceContext
from ..service.face import FaceHealth
from .exporter import metrics_of
from .families import registry_of
from .push import push

MS_PER_SECOND = 1_000


class Pushgateway:
    """Pushes, again and again."""

    name = "pushgateway"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._fault = ""
        self.pushes = 0
        """How many the gateway took."""

    def open(self) -> None:
        """Begin; raises where no figures are kept."""
        metrics_of(self._context)

    def look(self) -> float:
        """Push once; a failure is told on the board and tried again at the next turn."""
        settings, mode = self._context.settings.metrics, self._context.settings.mode
        registry = registry_of(metrics_of(self._context).figures.book, settings.prefix)
        seconds = settings.push_timeout_ms / MS_PER_SECOND
        self._fault = push(settings.push_url, registry, {"mode": mode}, seconds)
        self.pushes += not self._fault
        return settings.push_ms / MS_PER_SECOND

    def close(self) -> None:
        """Hold nothing."""

    def health(self) -> FaceHealth:
        """Say whether the last push was taken."""
        return FaceHealth(is_ok=not self._fault, text=self._fault or f"{self.pushes} pushes taken")
