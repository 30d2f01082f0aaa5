"""Metrics: the face that keeps the figures of an engine.

Owns a tail of the journal, which it reads as it grows, and the questions it puts to the engine. An
engine that does not answer is a figure, `engine_up`, and what only it could tell is not there; the
journal is read on. Bound: `LINES_MAX` records a look, so that a long journal is caught up with in
steps; what retention takes away before it is read is counted.
"""

import time
from typing import Any

from ....messages.codec import CodecError
from ....messages.queries import Query, StatisticsView
from ....messages.topics import TOPICS
from ....messages.vitals import VitalsView
from ...errors import EngineError, Refused
from ...runtime.journal_reader import JournalDamaged
from ...runtime.segment_writer import sequence_of
from ..disk import Disk
from ..records.journal_tail import JournalTail
from ..records.recorded import RecordReader
from ..service.context import ServiceContext
from ..service.face import FaceHealth
from ..service.link import LinkFault
from ..spool import JOURNAL
from . import answers
from .figures import Figures
from .journal_fold import MESSAGES, JournalFold
from .machine import Machine

LINES_MAX = 20_000
READ_SECONDS = 0.25
FIRST_REST_SECONDS = 1.0
ASK_SECONDS = 2.0
MS_PER_SECOND = 1_000
MS_NS = 1_000_000
FAULTS = (OSError, EngineError, JournalDamaged, CodecError)


class Metrics:
    """Reads and asks, again and again."""

    name = "metrics"

    def __init__(self, context: ServiceContext) -> None:
        settings = context.settings
        self.figures = Figures()
        self._context = context
        self._fold = JournalFold(self.figures.book, retries_max=settings.orders.retries_in_30s_max)
        self._machine = Machine(self.figures.book, context.data_dir)
        self._poll_seconds = settings.metrics.poll_ms / MS_PER_SECOND
        self._host_seconds = settings.metrics.host_ms / MS_PER_SECOND
        self._tail: JournalTail | None = None
        self._taken = 0
        """Sequence of the last record that is counted."""
        self._reader = RecordReader(context.codec, messages=MESSAGES, told=TOPICS)
        self._polls = 0
        self._polled_at = self._host_due = -float("inf")
        self._engine_pid: int | None = None
        self._generation = 0
        self._fault = ""

    def open(self) -> None:
        """Begin at the journal's latest segment, or go on where an earlier life stopped."""
        self._tail = None

    def look(self) -> float:
        """Read what is new and ask what is due."""
        is_behind = self._read()
        now = time.monotonic()
        if now - self._polled_at >= self._poll_seconds:
            self._polled_at = now
            self._poll()
        if now >= self._host_due:
            # The share of a processor is of the time between two looks: the second comes soon.
            rest = self._host_seconds if self._machine.looks else FIRST_REST_SECONDS
            self._host_due = now + min(rest, self._host_seconds)
            self._machine.look(self._engine_pid)
        self._fold.settle(self.figures.at_ms * MS_NS)
        return 0.0 if is_behind else min(READ_SECONDS, self._poll_seconds)

    def close(self) -> None:
        """Read no further."""
        self._tail = None

    def health(self) -> FaceHealth:
        """Say whether the figures are of today."""
        return FaceHealth(is_ok=not self._fault, text=self._fault or "figures are kept")

    def _read(self) -> bool:
        """Read on; return whether there is more. A journal that moved is begun anew."""
        try:
            taken = self._take()
        except FAULTS as error:
            self._fault, self._tail = f"journal: {error}", None
            return False
        self._fault = ""
        return taken >= LINES_MAX

    def _take(self) -> int:
        if self._tail is None:
            self._tail = JournalTail(Disk(self._context.data_dir / JOURNAL))
            self._tail.begin(self._taken or None)
            self._note_missing(self._tail)
        taken = 0
        while taken < LINES_MAX and (lines := self._tail.read()):
            taken += len(lines)
            for line in lines:
                self._fold_in(line)
        return taken

    def _fold_in(self, line: bytes) -> None:
        """Count a record, once: a tail that begins again stands before the whole segment."""
        sequence = sequence_of(line)
        if sequence <= self._taken:
            return
        self._taken = sequence
        recorded = self._reader.read(line)
        if recorded is not None:
            self._fold.take(recorded)

    def _note_missing(self, tail: JournalTail) -> None:
        if tail.missing:
            self.figures.book.add("records_missed_total", amount=tail.missing)

    def _poll(self) -> None:
        """Ask everything that is due; the first silence ends the round."""
        asked: tuple[Query, ...] = answers.QUICK
        if self._polls % answers.SLOW_EVERY == 0:
            asked += answers.SLOW
        book, is_up = self.figures.book, True
        for query in asked:
            try:
                answer = self._context.link.ask(query, ASK_SECONDS)
            except Refused:
                book.add("polls_failed_total")  # a simulated engine has no vitals
            except LinkFault:
                book.add("polls_failed_total")
                is_up = False
                break
            else:
                self._note(answer)
        book.set("engine_up", int(is_up))
        if is_up:
            self._polls += 1
        else:
            self._polls, self._engine_pid = 0, None
            book.clear(answers.FROM_ANSWERS)

    def _note(self, answer: Any) -> None:
        answers.note(self.figures.book, answer)
        self.figures.at_ms = max(self.figures.at_ms, getattr(answer, "at_ms", 0))
        match answer:
            case StatisticsView():
                self.figures.statistics = answer
            case VitalsView():
                self._engine_pid = answer.pid
                if answer.generation != self._generation:
                    self._generation = answer.generation
                    self._fold.forget_open()
            case _:
                pass
