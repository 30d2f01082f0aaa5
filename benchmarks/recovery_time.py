"""RecoveryTime: how long a start takes to read its journal, which shall not grow with it.

One engine writes a block of records with a snapshot in it; a log is so many blocks, renumbered and
chained anew, each a segment, so that a million records take a minute to make and not an hour. A
start reads from the last segment with a snapshot, so four times the log shall take the same time.
The floor is reading the bytes of the whole log. Both are of files in the page cache.
"""

import decimal
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import evolve

from callboard.actors.adapters.disk import Disk
from callboard.actors.ports import FileSystem
from callboard.actors.runtime.journal_reader import read_journal
from callboard.actors.runtime.record import Chain
from callboard.actors.runtime.recovery import recover
from callboard.actors.runtime.segment import RunFacts, read_manifest, segment_name, segment_numbers
from callboard.actors.runtime.segment_writer import SegmentWriter, Start
from callboard.actors.runtime.step import ENGINE_DECIMALS
from callboard.actors.system import core_makers, make_codec
from callboard.messages.codec import dumps
from callboard.scenarios.disk import SimulatedDisk
from measure import Row, Target, compare
from stage import BenchmarkFailed, open_stage, settings

FLAT = Target("recovery of four times the log / of the log", "s CPU", 1.10, at_least=False)
FLOOR = Target("recovery of that log / reading its bytes", "s CPU", 12.0, at_least=False)
TIMES = 4
SEGMENT_BYTES_MAX = 1 << 40
LINES_AT_ONCE = 2_000

Records = list[dict[str, Any]]


def rows(*, orders: int, blocks: int, rounds: int) -> list[Row]:
    """Measure the two rows: so many orders after a snapshot, and so many such blocks."""
    run, block = _block(orders)
    with TemporaryDirectory() as folder:
        short, long = (Disk(Path(folder) / name) for name in ("short", "long"))
        _write(short, run, block, blocks)
        _write(long, run, block, blocks * TIMES)
        flat = compare(FLAT, lambda: _recover(long), lambda: _recover(short), rounds=rounds)
        floor = compare(FLOOR, lambda: _recover(long), lambda: _read(long), rounds=rounds)
    note = f"{len(block) * blocks * TIMES:,} records"
    return [_noted(flat, note), _noted(floor, note)]


def _block(orders: int) -> tuple[RunFacts, Records]:
    """Run an engine and return its records, with a snapshot in the middle."""
    disk = SimulatedDisk()
    stage = open_stage(disk)
    stage.send(orders)
    stage.world.kernel.take_snapshot(stage.world.simulation.now_ns)
    stage.send(orders)
    stage.settle()
    stage.expect_filled(2 * orders)
    stage.world.stop()
    manifest = read_manifest(disk, 1)
    if manifest is None:
        raise BenchmarkFailed("the engine left no manifest")
    return manifest.run, [line.data for line in read_journal(disk)]


def _write(disk: FileSystem, run: RunFacts, block: Records, blocks: int) -> None:
    chain, sequence = Chain(), 0
    for number in range(1, blocks + 1):
        start = Start(number, sequence, chain.head)
        writer = SegmentWriter(disk, run, start, segment_bytes_max=SEGMENT_BYTES_MAX, syncs=False)
        lines: list[bytes] = []
        for record in _moved(block, sequence):
            lines.append(chain.seal(dumps(record)))
            if len(lines) == LINES_AT_ONCE:
                writer.write(lines)
                lines = []
        writer.write(lines)
        writer.close()
        sequence += len(block)


def _moved(block: Records, by: int) -> Iterator[dict[str, Any]]:
    """Yield the records of a block as they stand behind so many others."""
    for record in block:
        moved = {**record, "seq": record["seq"] + by}
        for key in ("id", "cause"):
            if key in record:
                moved[key] = _moved_id(record[key], by)
        if "waiting" in record:
            moved["waiting"] = [
                {**each, "id": _moved_id(each["id"], by)} for each in record["waiting"]
            ]
        yield moved


def _moved_id(message_id: str, by: int) -> str:
    origin, dot, number = message_id.partition(".")
    return f"{int(origin) + by}{dot}{number}" if origin.isdigit() else message_id


def _recover(disk: Disk) -> float:
    makers = core_makers(settings())
    begin = time.process_time()
    with decimal.localcontext(ENGINE_DECIMALS):
        found = recover(disk, make_codec(), makers)
    seconds = time.process_time() - begin
    if found.findings or not found.start.sequence:
        raise BenchmarkFailed(f"the recovery found {found.findings}")
    return seconds


def _read(disk: Disk) -> float:
    begin = time.process_time()
    for number in segment_numbers(disk):
        disk.read(segment_name(number))
    return time.process_time() - begin


def _noted(row: Row, note: str) -> Row:
    return evolve(row, note=note)
