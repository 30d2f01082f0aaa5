"""Journal writer: when a record is safe enough, and what becomes of the messages it holds.

Owns the rule of durability and the journal's health. `Keeper` is shared by the threaded journal
and by `DirectJournal`, which writes at once, for virtual time. While the disk fails, opening calls
are answered NOT_SENT and everything else goes out: exits never wait for a disk that fails, and only
so long for one that does not answer (`JournalWatch`). Records are kept in memory meanwhile, bounded
by the writer.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

from attrs import define, field, frozen

from ...messages.control import JournalFailed, JournalRecovered
from ...messages.values import Operation, Phase, Priority
from ...messages.venue import AmendOne, AttemptEnded, MakeCall, PlaceOrder
from ..names import CIRCUIT_BREAKER, JOURNAL
from .envelope import Envelope
from .segment_writer import SegmentWriter

REFUSED_ORIGIN = f"{JOURNAL}:refused"
REFUSED_TEXT = "journal failed"
DIRECT_BUFFER_LINES = 64


class Durability(StrEnum):
    """How safe a record is when the messages that it holds back are released."""

    INTENT = "intent"
    """On the disk: survives a power cut."""
    GROUP = "group"
    """Written: survives a killed process; synced every few milliseconds."""
    OFF = "off"
    """Written, never synced; for simulation."""


Health = JournalFailed | JournalRecovered


@frozen
class Kept:
    """What to do after keeping records: envelopes to release in order, and news of the health."""

    released: Sequence[Envelope]
    health: Health | None = None


@define(eq=False)
class Keeper:
    """A writer, its durability, and whether it works at present."""

    writer: SegmentWriter
    durability: Durability = Durability.INTENT
    failed_before: str = ""
    """Why the last run could not, by its records; the first success tells that this one can."""
    failed: str = field(init=False, default="")
    """Why the journal cannot write; empty while it can."""
    _refused: int = field(init=False, default=0)

    @property
    def wants_sync(self) -> bool:
        """True while something written is not durable and should be."""
        return self.durability is not Durability.OFF and self.writer.unsynced > 0

    def keep(self, lines: Sequence[bytes], held: Sequence[Envelope]) -> Kept:
        """Keep records and say what may go; while failed, only `retry` touches the disk."""
        self.writer.take(lines)
        if self.failed:
            return Kept(self._without_record(held))
        return self._attempt(held, sync=bool(held) and self.durability is Durability.INTENT)

    def sync(self) -> Kept:
        """Make durable what is written."""
        return Kept(()) if self.failed else self._attempt((), sync=True)

    def retry(self) -> Kept:
        """Try the disk again after a failure, sync included."""
        return self._attempt((), sync=True)

    def _attempt(self, held: Sequence[Envelope], *, sync: bool) -> Kept:
        try:
            self.writer.flush()
            if sync and self.durability is not Durability.OFF:
                self.writer.sync()
        except OSError as error:
            news = None if self.failed else JournalFailed(str(error))
            self.failed = str(error) or type(error).__name__
            return Kept(self._without_record(held), news)
        recovered = JournalRecovered() if self.failed or self.failed_before else None
        self.failed = self.failed_before = ""
        return Kept(held, recovered)

    def _without_record(self, held: Sequence[Envelope]) -> list[Envelope]:
        return [self._refusal(each) if opens(each) else each for each in held]

    def _refusal(self, held: Envelope) -> Envelope:
        self._refused += 1
        is_placement = isinstance(held.message.call, PlaceOrder)
        operation = Operation.PLACE if is_placement else Operation.AMEND
        answer = AttemptEnded(
            call_id=held.message.call_id,
            operation=operation,
            phase=Phase.NOT_SENT,
            status=0,
            code=0,
            text=REFUSED_TEXT,
            sent_at_ms=0,
            sent_at_ns=0,
            result=None,
        )
        return Envelope(
            held.sender,
            answer,
            JOURNAL,
            REFUSED_ORIGIN,
            self._refused,
            held.correlation,
            cause=held.id,
        )


@define(eq=False)
class DirectJournal:
    """A journal without a thread: each record is written in the step that made it.

    Records that hold nothing back are written in groups of `buffer_lines`. `release` is the host's
    `route`; the news of a failing disk goes the same way.
    """

    keeper: Keeper
    release: Callable[[Envelope], None]
    buffer_lines: int = DIRECT_BUFFER_LINES
    _lines: list[bytes] = field(init=False, factory=list[bytes])
    _told: int = field(init=False, default=0)

    def append(self, line: bytes, held: Sequence[Envelope]) -> None:
        """Keep one record and release what it holds; never raises for a disk."""
        self._lines.append(line)
        if held or len(self._lines) >= self.buffer_lines:
            self._flush(held)

    def sync(self) -> None:
        """Write and sync everything taken so far."""
        self._flush(())
        self._act(self.keeper.sync())

    def close(self) -> None:
        """Write everything and seal the segment; `OSError` when the disk does not take it."""
        self._flush(())
        self.keeper.writer.close()

    def _flush(self, held: Sequence[Envelope]) -> None:
        if self.keeper.failed:
            self._act(self.keeper.retry())
        lines, self._lines = self._lines, []
        self._act(self.keeper.keep(lines, held))

    def _act(self, kept: Kept) -> None:
        if kept.health is not None:
            self._told += 1
            self.release(
                Envelope(
                    CIRCUIT_BREAKER, kept.health, JOURNAL, JOURNAL, self._told, "", urgent=True
                )
            )
        for envelope in kept.released:
            self.release(envelope)


@define(eq=False)
class MemoryJournal:
    """A journal that only remembers its lines; unbounded, for tests."""

    release: Callable[[Envelope], None] | None = None
    lines: list[bytes] = field(init=False, factory=list[bytes])

    def append(self, line: bytes, held: Sequence[Envelope]) -> None:
        """Remember a record and release what it holds."""
        self.lines.append(line)
        if self.release is not None:
            for envelope in held:
                self.release(envelope)


def opens(envelope: Envelope) -> bool:
    """True for a placement or amendment of the opening class: it waits until its record is safe."""
    message = envelope.message
    is_opening = isinstance(message, MakeCall) and message.priority is Priority.OPENING
    return is_opening and isinstance(message.call, PlaceOrder | AmendOne)
