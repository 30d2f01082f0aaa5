"""Service: the faces around the engine of a data directory, from their start to their end.

Owns the link, the feed and a Pykka actor for each face that the settings want. It attaches to an
engine that runs, or comes later, or goes and comes again, and never starts or stops one. Faces are
imported when they are wanted, so that who has no Redis needs none.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from threading import Event

import pykka
from attrs import define, field

from ...runtime.hosting import LogSink
from ...settings import Settings
from ...system import make_codec
from .context import ServiceContext
from .face import Face, FaceHealth
from .feed import FeedHub
from .keeper import Board, Keeper, Look
from .link import SocketLink

STOP_SECONDS = 5.0

Wanted = Callable[[Settings], bool]

FACES: dict[str, tuple[str, Wanted]] = {
    "api": ("http.server:HttpApi", lambda settings: settings.api.enabled),
    "redis_out": ("bus.publisher:Publisher", lambda settings: settings.bus.is_wanted),
    "redis_in": ("bus.consumer:Consumer", lambda settings: settings.bus.is_wanted),
    "redis_trades": ("bus.trade_mirror:TradeMirror", lambda settings: settings.bus.mirrors),
    "risk_service": ("bus.risk_poller:RiskPoller", lambda settings: bool(settings.emergency.url)),
    "metrics": ("metrics.collector:Metrics", lambda _: True),
    "exporter": ("metrics.exporter:Exporter", lambda settings: settings.metrics.enabled),
    "pushgateway": (
        "metrics.pushgateway:Pushgateway",
        lambda settings: bool(settings.metrics.push_url),
    ),
    "alerts": ("alerts.face:Alerts", lambda settings: settings.alerts.enabled),
    "traces": ("metrics.traces:Traces", lambda settings: bool(settings.metrics.trace_url)),
}
"""Face's name -> "module:class" below this package's parent, and whether settings want it."""


@define(eq=False)
class Service:
    """Every face of one engine; `stop` ends them."""

    context: ServiceContext
    _link: SocketLink
    _ending: Event = field(init=False, factory=Event)
    _actors: list[pykka.ActorRef[Keeper]] = field(init=False, factory=list[pykka.ActorRef[Keeper]])

    @staticmethod
    def start(
        data_dir: Path,
        settings: Settings,
        *,
        log: LogSink | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> "Service":
        """Start the faces that the settings want; a face that cannot begin is tried again.

        The engine on `data_dir` may be of this process or of another, may come later, and may go.
        Tokens and secrets are read from `environ`, which is nobody's unless it is given.
        """
        codec = make_codec()
        link = SocketLink(data_dir, codec)
        hub = FeedHub(
            data_dir,
            codec,
            interval_ms=settings.service.feed_interval_ms,
            kept_max=settings.service.events_kept,
        )
        context = ServiceContext(
            link, hub, data_dir, settings, codec, log or _unheard, Board(), dict(environ or {})
        )
        service = Service(context, link)
        for target, is_wanted in FACES.values():
            if is_wanted(settings):
                service.keep(_made(target, context))
        return service

    def keep(self, face: Face) -> None:
        """Start one more face."""
        ref = Keeper.start(face, self.context.board, self.context.log, self._ending)
        self._actors.append(ref)
        ref.tell(Look())

    def faces(self) -> Mapping[str, FaceHealth]:
        """Return how every face is, by its name."""
        return self.context.board.faces()

    def stop(self) -> None:
        """End every face, then link and feed; a face that is stuck is left behind."""
        self._ending.set()
        ends = [ref.stop(block=False) for ref in self._actors]
        until = time.monotonic() + STOP_SECONDS
        for end in ends:
            with suppress(pykka.Timeout, pykka.ActorDeadError):
                end.get(timeout=max(until - time.monotonic(), 0.0))
        self.context.hub.close()
        self._link.close()


def _unheard(_actor: str, _event: str, _fields: Mapping[str, object]) -> None:
    """Drop a line of a log that nobody wants."""


def _made(target: str, context: ServiceContext) -> Face:
    module_name, _, name = target.partition(":")
    module = import_module(f"..{module_name}", __package__)
    face: Face = getattr(module, name)(context)
    return face
