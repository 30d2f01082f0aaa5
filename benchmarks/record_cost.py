"""RecordCost: a journal record, against the least that could write the same line.

Owns a sample of real steps, taken from the shipped engine at work. Ours makes the record of each
from its messages, encodes, chains and writes it through the journal's port. The base is
`orjson.dumps` of the finished record and a buffered write of that line. Both write a real file.
"""

import time
from copy import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from attrs import define, field

from callboard.actors.adapters.disk import Disk
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.journal_writer import DirectJournal, Durability, Keeper
from callboard.actors.runtime.record import Chain, encode_record, step_record
from callboard.actors.runtime.segment import RunFacts
from callboard.actors.runtime.segment_writer import SegmentWriter
from callboard.messages.codec import Codec
from measure import Row, Target, compare
from stage import open_stage

TARGET = Target("a journal record / orjson and a buffered write", "us/record", 3.0, at_least=False)
BUFFER_BYTES = 64 * 1024


@define
class Sample:
    """Steps of an engine, with what their records are made of."""

    codec: Codec
    cells: dict[str, Cell]
    steps: list[tuple[Cell, Envelope]] = field(factory=list[tuple[Cell, Envelope]])
    bodies: list[Any] = field(factory=list[Any])

    def keep(self, cell: Cell, envelope: Envelope) -> None:
        """Keep a step as it is now; the cell's context is used again by the next."""
        kept = copy(cell)
        kept.context = copy(cell.context)
        self.steps.append((kept, envelope))


def take_sample(orders: int) -> Sample:
    """Run an engine and return the steps that its orders took."""
    stage = open_stage()
    sample = Sample(stage.world.codec, stage.world.kernel.cells)
    stage.world.kernel.on_step = sample.keep
    stage.send(orders)
    for number, (cell, envelope) in enumerate(sample.steps, 1):
        body = encode_record(step_record(sample.codec, sample.cells, cell, envelope, number))
        sample.bodies.append(orjson.loads(Chain().seal(body)))
    return sample


def ours(sample: Sample) -> float:
    """Return microseconds a record."""
    codec, chain = sample.codec, Chain()
    with TemporaryDirectory() as folder:
        writer = SegmentWriter(Disk(Path(folder)), RunFacts(1, "1", ()), syncs=False)
        journal = DirectJournal(Keeper(writer, Durability.OFF), _release)
        begin = time.process_time()
        for number, (cell, envelope) in enumerate(sample.steps, 1):
            record = step_record(codec, sample.cells, cell, envelope, number)
            journal.append(chain.seal(encode_record(record)), ())
        seconds = time.process_time() - begin
        journal.close()
    return seconds / len(sample.steps) * 1e6


def base(sample: Sample) -> float:
    """Return microseconds a line."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "lines.jsonl"
        with path.open("wb", buffering=BUFFER_BYTES) as file:
            begin = time.process_time()
            for body in sample.bodies:
                file.write(orjson.dumps(body))
                file.write(b"\n")
            seconds = time.process_time() - begin
    return seconds / len(sample.bodies) * 1e6


def row(*, orders: int, rounds: int) -> Row:
    """Measure the row."""
    sample = take_sample(orders)
    return compare(TARGET, lambda: ours(sample), lambda: base(sample), rounds=rounds)


def _release(envelope: Envelope) -> None:
    raise AssertionError(f"nothing is held here: {envelope}")
