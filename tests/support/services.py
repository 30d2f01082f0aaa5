"""Services: a running paper engine, and what faces need to stand around it, for tests."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, evolve

from callboard.actors.adapters.service.context import ServiceContext
from callboard.actors.adapters.service.face import Face
from callboard.actors.adapters.service.feed import FeedHub
from callboard.actors.adapters.service.keeper import Board
from callboard.actors.adapters.service.link import SocketLink
from callboard.actors.settings import Settings
from callboard.actors.system import make_codec
from support.engines import Collector
from support.hosts import Ref, paper_system
from support.stages import WAIT_SECONDS, stage_settings


@define(eq=False)
class Surrounded:
    """An engine with a link and a feed, and no face yet."""

    ref: Ref
    collector: Collector
    context: ServiceContext

    def enter(self, face: Face) -> None:
        """Let a face stand on the board, and begin it."""
        self.context.board.enter(face)
        face.open()


def service_settings(**metrics: Any) -> Settings:
    """Return settings whose faces take free ports."""
    settings = stage_settings()
    return evolve(settings, metrics=evolve(settings.metrics, port=0, **metrics))


@contextmanager
def surrounded(folder: Path, settings: Settings | None = None) -> Generator[Surrounded]:
    """Run a paper engine in a folder, with what a face needs to stand beside it."""
    with paper_system(data_dir=folder) as (ref, collector), attached(folder, settings) as context:
        yield Surrounded(ref, collector, context)


@contextmanager
def attached(folder: Path, settings: Settings | None = None) -> Generator[ServiceContext]:
    """Attach to whatever engine runs in a folder, if one does."""
    codec = make_codec()
    link, hub = SocketLink(folder, codec), FeedHub(folder, codec)
    try:
        context = ServiceContext(
            link,
            hub,
            folder,
            settings or service_settings(),
            codec,
            lambda _actor, _event, _fields: None,
            Board(),
        )
        yield context
    finally:
        hub.close()
        link.close()


def connected(context: ServiceContext) -> ServiceContext:
    """Wait until the engine answers."""
    assert isinstance(context.link, SocketLink)
    assert context.link.wait(WAIT_SECONDS)
    return context
