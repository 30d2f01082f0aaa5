"""Golden logs: small journals of real runs, kept in git, that every later version must read.

Owns what each run is, the form on disk (one folder a log, every file of the journal zipped, so
that a change of it is one file in a diff) and the loading. What is true of one host or one moment
is left out of the manifests, so that the same engine makes the same files again.
"""

import gzip
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

from attrs import evolve

from callboard.actors.adapters.config_fields import settings_of_plain
from callboard.actors.adapters.spool import JOURNAL
from callboard.actors.exchange_settings import MarketSettings
from callboard.actors.runtime.record import Chain, split_line
from callboard.actors.runtime.segment import (
    RunFacts,
    manifest_name,
    read_manifest,
    segment_name,
    segment_numbers,
    write_manifest,
)
from callboard.actors.settings import Settings
from callboard.messages.codec import Json, dumps, loads
from callboard.messages.values import LastRun, SignalType
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.venue.faults import Fault, ScriptedFault
from support.eth_stage import RISK, EthStage, make_venue
from support.schema import ROOT

FOLDER = ROOT / "tests" / "golden_logs"
HOW = (
    "an engine that decides otherwise on purpose needs its golden logs made anew:"
    " ./dev run python tests/support/refresh_golden_logs.py"
)
PLACE = ("POST", "/fapi/v1/order")


def load(name: str) -> SimulatedDisk:
    """Return a disk with the journal of a golden log."""
    disk = SimulatedDisk()
    for path in sorted((FOLDER / name).glob("*.gz")):
        disk.replace(path.stem, gzip.decompress(path.read_bytes()))
    return disk


def laid_out(name: str, folder: Path) -> Path:
    """Write a golden log into a folder as the data directory that it was, and return that."""
    disk, journal = load(name), folder / JOURNAL
    journal.mkdir()
    for file in disk.names():
        (journal / file).write_bytes(disk.read(file))
    return folder


def write_as_newer(folder: Path, old: bytes, new: bytes) -> None:
    """Replace bytes of the first segment of a data directory, chained as a newer version would."""
    path = folder / JOURNAL / segment_name(1)
    chain = Chain()
    lines = [split_line(line)[0] for line in path.read_bytes().splitlines(keepends=True)]
    path.write_bytes(b"".join(chain.seal(line.replace(old, new)) for line in lines))
    manifest = path.with_name(manifest_name(1))
    facts = loads(manifest.read_bytes())
    ended = {"status": "open", "last": 0, "head_after": "", "bytes": 0, "sha256": ""}
    manifest.write_bytes(dumps({**facts, **ended}))


def settings_of(run: RunFacts) -> Settings:
    """Return the settings of a recorded start."""
    return settings_of_plain(run.settings)


def save(name: str, disk: SimulatedDisk) -> bool:
    """Write a journal as the golden log of this name; False when it is so already."""
    target = FOLDER / name
    files = {file: disk.read(file) for file in disk.names()}
    kept = load(name)
    if files == {file: kept.read(file) for file in kept.names()}:
        return False
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.gz"):
        old.unlink()
    for file, data in files.items():
        (target / f"{file}.gz").write_bytes(gzip.compress(data, mtime=0))
    return True


def one_trade() -> SimulatedDisk:
    """Record an entry with its stop, its close, and a stop in order."""
    stage = _stage()
    stage.signal("g1", SignalType.LONG_ENTRY)
    stage.signal("g2", SignalType.CLOSE_LONG)
    stage.world.stop()
    return _told_nowhere(stage.disk)


def two_starts() -> SimulatedDisk:
    """Record two starts with snapshots: a kill while an answer is lost, an exit afterwards."""
    stage = _stage(snapshot_every=150, segment_bytes_max=150_000)
    stage.world.venue.plan_fault(ScriptedFault(*PLACE, 1, Fault.ANSWER_LOST_AFTER_EXECUTION))
    stage.world.run_for(1)
    stage.signal("g1", SignalType.LONG_ENTRY, seconds=0.4)
    stage.world.crash()
    stage.world.start()
    stage.world.run_for(12)
    stage.signal("g2", SignalType.CLOSE_LONG)
    stage.world.stop()
    return _told_nowhere(stage.disk)


def version_1() -> SimulatedDisk:
    """Record the same two starts, and write them as the first versions of all messages were."""
    disk = two_starts()
    as_written_by(disk, {"EngineStarted.v2": _engine_started_1})
    return disk


def as_written_by(disk: SimulatedDisk, older: Mapping[str, Callable[[Json], Json]]) -> None:
    """Turn the delivered messages of some labels into those of an older version, chain and all."""
    chain = Chain()
    for number in segment_numbers(disk):
        manifest = read_manifest(disk, number)
        assert manifest is not None, segment_name(number)
        head = chain.head
        lines = disk.read(segment_name(number)).splitlines(keepends=True)
        data = b"".join(chain.seal(_older(split_line(line)[0], older)) for line in lines)
        disk.replace(segment_name(number), data)
        manifest = evolve(
            manifest,
            head_before=head,
            head_after=chain.head,
            bytes=len(data),
            sha256=sha256(data).hexdigest(),
        )
        write_manifest(disk, manifest)


def _older(body: bytes, older: Mapping[str, Callable[[Json], Json]]) -> bytes:
    record = loads(body)
    change = older.get(record.get("msg", {}).get("t"))
    return body if change is None else dumps({**record, "msg": change(record["msg"])})


def _engine_started_1(message: Json) -> Json:
    return {
        "t": "EngineStarted.v1",
        "generation": message["generation"],
        "recovered": message["last_run"] != LastRun.NONE,
    }


LOGS: Mapping[str, Callable[[], SimulatedDisk]] = MappingProxyType(
    {"one_trade": one_trade, "two_starts": two_starts, "version_1": version_1}
)
"""Every golden log that this version makes, by its name."""


def _stage(*, snapshot_every: int = 0, segment_bytes_max: int = 64 << 20) -> EthStage:
    settings = Settings(seed=3, risk=RISK, market=MarketSettings(interval_ms=2_000))
    journal = evolve(
        settings.journal, snapshot_every=snapshot_every, segment_bytes_max=segment_bytes_max
    )
    return EthStage(make_venue(seed=3), evolve(settings, journal=journal), seed=3)


def _told_nowhere(disk: SimulatedDisk) -> SimulatedDisk:
    """Return a disk without what its manifests say of this host and moment."""
    for number in segment_numbers(disk):
        manifest = read_manifest(disk, number)
        assert manifest is not None, segment_name(number)
        run = evolve(manifest.run, started_at_ms=0, host="golden", python="", pykka="")
        write_manifest(disk, evolve(manifest, run=run))
    return disk
