"""Terminals: a running paper engine on a data directory, for tests of the verbs."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import evolve

from callboard import EngineReady, RiskSettings, Settings, Subscribe
from callboard.actors.adapters.service.service import Service
from callboard.scenarios import paper
from support.engines import Collector
from support.hosts import has
from support.waiting import until

SYMBOLS = ("BTCUSDT", "ETHUSDT")
SETTINGS = Settings(seed=7, risk=RiskSettings(symbols=SYMBOLS, cooldown_ms=0))


@contextmanager
def running_engine(folder: Path) -> Generator[Path]:
    """Run a paper engine that takes entries; gives its data directory."""
    ref = paper.start(SETTINGS, data_dir=folder)
    collector = Collector()
    ref.tell(Subscribe(collector))
    try:
        until(has(collector, EngineReady))
        yield folder
    finally:
        ref.stop(block=True, timeout=20)


@contextmanager
def served_engine(folder: Path, environ: Mapping[str, str] | None = None) -> Generator[str]:
    """Run a paper engine and its API; gives the API's address."""
    settings = evolve(
        SETTINGS,
        api=evolve(SETTINGS.api, port=0),
        metrics=evolve(SETTINGS.metrics, enabled=False, port=0),
    )
    with running_engine(folder):
        service = Service.start(folder, settings, log=_unheard, environ=environ or {})
        try:
            until(lambda: "api" in service.context.board.addresses())
            yield service.context.board.addresses()["api"]
        finally:
            service.stop()


def _unheard(_actor: str, _event: str, _fields: Mapping[str, Any]) -> None:
    """Take a line of the log."""
