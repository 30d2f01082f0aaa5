"""Buses: the surroundings of a face of the bus, and an engine that tests steer by hand."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from attrs import define, field

from callboard import Settings
from callboard.actors.adapters.service.context import ServiceContext
from callboard.actors.adapters.service.face import Face
from callboard.actors.adapters.service.feed import FeedHub
from callboard.actors.adapters.service.keeper import Board
from callboard.actors.service_settings import BusSettings
from callboard.actors.system import make_codec
from support.redis_server import Server

Logged = list[tuple[str, str, Mapping[str, object]]]


@define(eq=False)
class HandLink:
    """An engine that takes every command, or raises what the test wants."""

    told: list[Any] = field(factory=list[Any])
    fault: BaseException | None = None

    def ask(self, query: Any, seconds: float = 2.0, *, fresh_ms: int = 0) -> Any:
        raise NotImplementedError

    def tell(self, command: Any, seconds: float = 2.0) -> None:
        assert seconds > 0
        if self.fault is not None:
            raise self.fault
        self.told.append(command)

    def subscribe(self, hearer: Any) -> None:
        raise NotImplementedError


def bus_settings(server: Server, **changes: Any) -> Settings:
    return Settings(bus=BusSettings(redis_url=server.url, **changes))


def surroundings(
    folder: Path,
    settings: Settings,
    *,
    link: Any = None,
    log: Logged | None = None,
    environ: Mapping[str, str] | None = None,
) -> ServiceContext:
    """Return what a face of the bus is given; none of them has to do with the hub."""
    lines: Logged = [] if log is None else log
    return ServiceContext(
        link or HandLink(),
        cast("FeedHub", None),
        folder,
        settings,
        make_codec(),
        lambda actor, event, fields: lines.append((actor, event, fields)),
        Board(),
        dict(environ or {}),
    )


def look_until(face: Face, is_so: Callable[[], object], turns: int = 500) -> None:
    """Look after a face until something is so."""
    for _ in range(turns):
        if is_so():
            return
        face.look()
    raise AssertionError("it did not come about")
