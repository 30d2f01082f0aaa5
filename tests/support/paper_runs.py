"""Paper runs: short runs of the whole engine in virtual time.

The settings let many signals through: no cooldown, no quota, room for positions.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from attrs import evolve

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.signals import SignalLines
from callboard.actors.runtime.record import GENESIS, Chain, split_line
from callboard.actors.runtime.segment import (
    RunFacts,
    read_manifest,
    segment_name,
    segment_numbers,
)
from callboard.actors.runtime.segment_writer import SegmentWriter
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.codec import Json, dumps
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.paper import JOURNAL, PaperOptions, PaperResult, run
from callboard.scenarios.running.feeder import Feeder
from callboard.scenarios.running.market import seeded
from callboard.scenarios.venue.faults import Faults
from support.signals import mixed_signals

START_NS = 1_790_000_000_000_000_000
START_MS = START_NS // 1_000_000
SYMBOL = "ETHUSDT"
OPEN_RISK = RiskSettings(
    symbols=(SYMBOL,), cooldown_ms=0, executions_per_day_max=100_000, positions_max=10
)
EASY = Settings(seed=7, risk=OPEN_RISK)
TROUBLED_SEED = 15
"""Of a run in which every kind of trouble comes early."""


def feeder(lines: Iterable[dict[str, Any]]) -> Feeder:
    """Return what feeds these lines to a run."""
    texts = [json.dumps(line).encode() + b"\n" for line in lines]
    return Feeder(SignalLines(texts, "signals"))


def options(
    data_dir: Path,
    lines: Iterable[dict[str, Any]],
    *,
    settings: Settings = EASY,
    faults: Faults | None = None,
    for_ns: int = 0,
    **changes: Any,
) -> PaperOptions:
    """Return a run on the seeded market, from the first of its instants."""
    return PaperOptions(
        settings=settings,
        market=seeded((SYMBOL,), seed=settings.seed, start_ns=START_NS),
        data_dir=data_dir,
        feeder=feeder(lines),
        faults=faults or Faults(),
        for_ns=for_ns,
        **changes,
    )


def troubled_run(
    data_dir: Path, *, signals: int = 30, segment_bytes_max: int = 400_000
) -> PaperResult:
    """Leave a journal in which retries, queries, snapshots and several segments occur."""
    journal = evolve(
        EASY.journal,
        snapshot_every=400,
        segment_bytes_max=segment_bytes_max,
        durability="off",
    )
    faults = Faults(
        http_503_service_unavailable=0.05,
        answer_lost_after_execution=0.05,
        connection_refused=0.05,
        connection_reset=0.05,
        stream_duplicate=0.1,
    )
    wishes = mixed_signals(signals, start_ms=START_MS + 5_000, symbol=SYMBOL)
    settings = evolve(EASY, journal=journal, seed=TROUBLED_SEED)
    return run(options(data_dir, wishes, settings=settings, faults=faults))


def segments(data_dir: Path) -> list[bytes]:
    """Return the bytes of every segment, in order."""
    disk = Disk(data_dir / JOURNAL)
    return [disk.read(segment_name(number)) for number in segment_numbers(disk)]


def run_facts_of(data_dir: Path) -> RunFacts:
    """Return what the first manifest says of its run."""
    manifest = read_manifest(Disk(data_dir / JOURNAL), 1)
    assert manifest is not None
    return manifest.run


def bodies(data_dir: Path) -> list[bytes]:
    """Return every record of a journal, without its hash."""
    lines = (line for segment in segments(data_dir) for line in segment.splitlines(keepends=True))
    return [split_line(line)[0] for line in lines]


def forged(records: Iterable[Json | bytes], run_facts: RunFacts) -> SimulatedDisk:
    """Return a journal of these records, chained as a forger would."""
    chain, disk = Chain(GENESIS), SimulatedDisk()
    writer = SegmentWriter(disk, run_facts)
    writer.write([chain.seal(each if isinstance(each, bytes) else dumps(each)) for each in records])
    writer.close()
    return disk
