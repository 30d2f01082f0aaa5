"""Benches: a kernel whose messages are delivered by hand, one at a time."""

from collections.abc import Sequence
from typing import Any

from attrs import define, field

from callboard.actors.runtime.cell import Cell, Status
from callboard.actors.runtime.envelope import Envelope, Timer
from callboard.actors.runtime.kernel import Kernel
from callboard.actors.runtime.record import split_line
from callboard.messages.codec import loads
from support.toys import (
    Counter,
    ToyEdge,
    Witness,
    toy_codec,
)


@define(eq=False)
class ListHost:
    """A host that keeps what it is given; the test delivers by hand."""

    trace: list[str] = field(factory=list[str])
    routed: list[Envelope] = field(factory=list[Envelope])
    armed: dict[tuple[str, str], Timer] = field(factory=dict[tuple[str, str], Timer])
    placed: list[str] = field(factory=list[str])
    reasons: list[str] = field(factory=list[str])

    def route(self, envelope: Envelope) -> None:
        self.trace.append(f"route {type(envelope.message).__name__}")
        self.routed.append(envelope)

    def arm(self, cell: Cell, timer: Timer) -> None:
        self.armed[cell.name, timer.key] = timer

    def disarm(self, cell: Cell, key: str | None) -> None:
        for name, armed_key in list(self.armed):
            if name == cell.name and key in (None, armed_key):
                del self.armed[name, armed_key]

    def waiting(self) -> list[Envelope]:
        return self.routed

    def place(self, cell: Cell) -> None:
        self.placed.append(cell.name)

    def fatal(self, reason: str) -> None:
        self.reasons.append(reason)


@define(eq=False)
class ListJournal:
    """A journal that keeps lines and held messages."""

    trace: list[str]
    records: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    held: list[Envelope] = field(factory=list[Envelope])

    def append(self, line: bytes, held: Sequence[Envelope]) -> None:
        self.trace.append("append")
        body, _ = split_line(line)
        self.records.append(loads(body))
        self.held += held


class Bench:
    """A kernel on a list host, with two counters and an edge."""

    def __init__(self, *, journal: bool = False, supervisor: bool = True) -> None:
        self.host = ListHost()
        self.witness = Witness()
        self.journal = ListJournal(self.host.trace) if journal else None
        self.kernel = Kernel(toy_codec(), self.host, "seed", self.journal)
        if supervisor:
            self.kernel.add("supervisor", lambda: Counter(self.witness))
        self.counter = self.kernel.add("counter", lambda: Counter(self.witness))
        self.other = self.kernel.add("other", lambda: Counter(self.witness))
        self.edge = self.kernel.add("edge", lambda: ToyEdge(self.witness))
        for cell in self.kernel.cells.values():
            cell.status = Status.RUNNING
        self.kernel.kinds = {"counter": lambda _settings: Counter(self.witness)}

    def give(self, to: str, message: object, *, now: int = 0) -> list[Envelope]:
        """Process one message and return what it sends."""
        self.kernel.post(to, message)
        envelope = self.host.routed.pop()
        before = len(self.host.routed)
        self.kernel.process(envelope, now)
        sent = self.host.routed[before:]
        del self.host.routed[before:]
        return sent

    def total(self, cell: Cell | None = None) -> int:
        """Return a counter's total."""
        return int((cell or self.counter).actor.state.total)


def told(envelopes: list[Envelope]) -> list[tuple[str, object]]:
    """Return (receiver, message) of envelopes."""
    return [(each.to, each.message) for each in envelopes]
