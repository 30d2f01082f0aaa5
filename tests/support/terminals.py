"""Terminals: a running paper engine on a data directory, for tests of the verbs."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from callboard import EngineReady, RiskSettings, Settings, Subscribe
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
