"""Pushgateway: the face that pushes the figures to a gateway of Prometheus.

Off until it has an address, which may lack its scheme. Each push is one PUT with a time limit, on
the keeper's thread of this face: a gateway that is stuck, away or refuses holds nothing but the
next push. Bound: one push at a time, nothing is kept for later.
"""

from typing import Any

from prometheus_client import exposition

from ..service.context import ServiceContext
from ..service.face import FaceHealth
from .exporter import metrics_of
from .families import registry_of

MS_PER_SECOND = 1_000
JOB = "callboard"


class Pushgateway:
    """Pushes, again and again."""

    name = "pushgateway"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._settings = context.settings.metrics
        self._fault = ""
        self.pushes = 0
        """How many the gateway took."""

    def open(self) -> None:
        """Begin; the first look pushes."""
        metrics_of(self._context)

    def look(self) -> float:
        """Push once; a failure is told on the board and tried again at the next turn."""
        settings = self._settings
        registry = registry_of(metrics_of(self._context).figures.book, settings.prefix)
        # One of its parameters has a default without a type.
        push: Any = exposition.push_to_gateway  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        try:
            push(
                with_scheme(settings.push_url),
                job=JOB,
                registry=registry,
                grouping_key={"mode": self._context.settings.mode},
                timeout=settings.push_timeout_ms / MS_PER_SECOND,
            )
        except (OSError, ValueError) as error:  # `HTTPError` and `URLError` are `OSError`s
            self._fault = f"{type(error).__name__}: {error}"
        else:
            self._fault = ""
            self.pushes += 1
        return settings.push_ms / MS_PER_SECOND

    def close(self) -> None:
        """Hold nothing."""

    def health(self) -> FaceHealth:
        """Say whether the last push was taken."""
        return FaceHealth(is_ok=not self._fault, text=self._fault or "pushed")


def with_scheme(address: str) -> str:
    """Return a URL: an address without a scheme is one of HTTP."""
    return address if "://" in address else f"http://{address}"
