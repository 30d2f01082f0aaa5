"""Audit projection: the lines of the audit log, record after record of the journal.

Used by the engine's writer, by a rebuild and by an export alike, so that all give the same bytes.
Owns the numbering, the change of the day, and what orders and signals were, of today and of the
last day that had lines: a line that only names an order still says what was ordered.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, evolve, field, frozen

from ....messages.codec import Codec, Json, dumps
from ....messages.control import EngineStarted
from ....messages.events import OrderPlaced, OrderRefused
from ....messages.failure import RetryDirective
from ....messages.intake import ExecuteAlgorithm, SubmitSignal
from ....messages.venue import AttemptEnded, OrderEvidence
from ... import names
from ...order_calls import parse_call_id
from ...order_facts import OrderIntended
from ...runtime.segment import RunFacts
from ..config_fields import flat
from .audit_entries import (
    COMMANDS,
    EVENTS,
    FACTS,
    of_adjusted,
    of_algorithm,
    of_answer,
    of_command,
    of_directive,
    of_event,
    of_failed_read,
    of_signal,
    of_start,
)
from .audit_lines import SCHEMA, Entry, response_of
from .audit_texts import EN, sentence
from .journal_tail import NOBODY
from .recorded import ANYWHERE, Recorded, RecordReader
from .stamps import stamp

MESSAGES: dict[type[Any], str] = {
    SubmitSignal: names.EXECUTION_SYSTEM,
    **dict.fromkeys(COMMANDS, names.EXECUTION_SYSTEM),
    EngineStarted: names.EXECUTION_SYSTEM,
    AttemptEnded: ANYWHERE,
    RetryDirective: names.ORDER_MANAGER,
}
SIGNAL = "signal/"
"""Begins the name of a signal, which no client order id does."""
KNOWN_MAX = 100_000
"""Orders and signals that are remembered; of more the oldest are named without what they were."""


@frozen
class AuditLine:
    """One line, with its end, and the UTC day whose file it stands in."""

    day: str
    data: bytes


@define
class Known:
    """An order or a signal that lines may name."""

    day: str
    symbol: str
    order_data: Json
    correlation_id: str = ""
    order_id: str = ""
    """The venue's, once it is known."""
    is_placed: bool = False


@define(eq=False)
class AuditProjection:
    """Makes lines; `remember` and `stand` bring it where an earlier one stopped."""

    reader: RecordReader
    sequence: int = 0
    day: str = ""
    """The day of the last line; it never goes back, whatever the clock does."""
    run: RunFacts = NOBODY
    _known: dict[str, Known] = field(init=False, factory=dict[str, Known])

    @staticmethod
    def of(codec: Codec) -> "AuditProjection":
        """Return the projection of a log that is empty."""
        return AuditProjection(RecordReader(codec, messages=MESSAGES, facts=FACTS, told=EVENTS))

    def lines(self, line: bytes, run: RunFacts) -> list[AuditLine]:
        """Return the lines of one record; raises `CodecError` for one of an unknown version."""
        recorded = self.reader.read(line)
        if recorded is None:
            return []
        entries = list(self._entries(recorded, _settings(run)))
        if not entries:
            return []
        day = max(self.day, stamp(recorded.now_ns)[:10])
        entries = [*self._changes(run), *self._new_day(day), *entries]
        self.run, self.day = run, day
        return [
            AuditLine(day, self._encoded(entry, recorded, number, len(entries)))
            for number, entry in enumerate(entries, 1)
        ]

    def remember(self, line: Json, day: str) -> None:
        """Learn what orders and signals are from a line that stands in the file of a day."""
        event_type, client_order_id = line["event_type"], line["client_order_id"]
        if event_type in ("signal", "intent"):
            signal_id = line["details"].get("signal_id", "")
            name = SIGNAL + signal_id if event_type == "signal" else client_order_id
            self._keep(name, Known(day, line["symbol"], line["order_data"], signal_id))
        elif client_order_id in self._known:
            known = self._known[client_order_id]
            known.is_placed = known.is_placed or event_type == "order_placed"
            if line["response"] is not None:
                known.order_id = known.order_id or line["response"]["order_id"]

    def _encoded(self, entry: Entry, recorded: Recorded, part: int, parts: int) -> bytes:
        self.sequence += 1
        settings = _settings(self.run)
        line: Json = {
            "timestamp": stamp(recorded.now_ns),
            "event_type": entry.event_type,
            "operation": entry.operation,
            "symbol": entry.symbol,
            "order_data": entry.order_data,
            "response": entry.response,
            "client_order_id": entry.client_order_id,
            "correlation_id": recorded.correlation or entry.correlation_id,
            "mode": settings.get("mode", ""),
            "message": "",
            "details": entry.details,
            "actor": recorded.actor,
            "schema": SCHEMA,
            "sequence": self.sequence,
            "record": recorded.sequence,
            "part": part,
            "parts": parts,
            "hash": recorded.head,
        }
        locale = settings.get("records", {}).get("locale", EN)
        line["message"] = sentence(entry.event_type, locale, line)
        return dumps(line) + b"\n"

    def _changes(self, run: RunFacts) -> Iterator[Entry]:
        """Say which settings another start of the engine has changed."""
        if self.run is NOBODY or self.run.settings == run.settings:
            return
        before, after = flat(_settings(self.run)), flat(_settings(run))
        for key in sorted({*before, *after}):
            if before.get(key) != after.get(key):
                details = {"key": key, "value": after.get(key), "was": before.get(key)}
                yield Entry("config_change", "change_setting", details=details)

    def _new_day(self, day: str) -> Iterator[Entry]:
        if self.day and day != self.day:
            self._known = {
                name: known for name, known in self._known.items() if known.day >= self.day
            }
            yield Entry("quota_reset", "new_day", details={"day": day})

    def _entries(self, recorded: Recorded, settings: Json) -> Iterator[Entry]:
        if recorded.message is not None:
            for entry in self._delivered(recorded, settings):
                yield self._completed(entry)
        for fact in recorded.facts:
            for entry in self._fact(fact, recorded):
                yield self._completed(entry)
        for event in recorded.told:
            if not isinstance(event, OrderPlaced) or self._is_first(event.client_order_id):
                yield self._completed(self._event(event))

    def _delivered(self, recorded: Recorded, settings: Json) -> Iterable[Entry]:
        message = recorded.message
        match message:
            case SubmitSignal():
                entry = of_signal(message)
                self._know(SIGNAL + message.signal_id, recorded, entry)
                return (entry,)
            case ExecuteAlgorithm():
                entry = of_algorithm(message)
                self._know(SIGNAL + message.command_id, recorded, entry)
                return (entry,)
            case EngineStarted():
                return (of_start(message),)
            case RetryDirective():
                entry_or_none = of_directive(message)
                return () if entry_or_none is None else (entry_or_none,)
            case AttemptEnded():
                return self._answered(message, recorded.actor, settings)
            case _:
                return (of_command(message),)

    def _answered(self, answer: AttemptEnded, actor: str, settings: Json) -> Iterable[Entry]:
        """A failed request of an order is told by its verdict, a read only where it is wanted."""
        if actor != names.ORDER_MANAGER:
            if answer.result is None:
                return (of_failed_read(answer),)
            wants_reads = settings.get("records", {}).get("audit_reads", False)
            return (of_answer(answer),) if wants_reads else ()
        if answer.result is None:
            return ()
        client_order_id, _, _ = parse_call_id(answer.call_id)
        entry = of_answer(answer, client_order_id)
        if isinstance(answer.result, OrderEvidence):
            entry = evolve(entry, response=response_of(answer.result))
            if answer.operation.value == "PLACE" and self._is_first(client_order_id):
                entry = evolve(entry, event_type="order_placed")
        return (entry,)

    def _fact(self, fact: Any, recorded: Recorded) -> Iterator[Entry]:
        entry = FACTS[type(fact)](fact)
        yield entry
        if isinstance(fact, OrderIntended):
            self._know(fact.approved.client_order_id, recorded, entry)
            adjusted = of_adjusted(fact)
            if adjusted is not None:
                yield adjusted

    def _event(self, event: Any) -> Entry:
        entry = of_event(event)
        if isinstance(event, OrderRefused):
            known = self._known.get(SIGNAL + event.signal_id)
            return entry if known is None else evolve(entry, order_data=known.order_data)
        return entry

    def _completed(self, entry: Entry) -> Entry:
        """Add what was ordered to an entry that names an order."""
        known = self._known.get(entry.client_order_id)
        if known is None:
            return entry
        response = entry.response
        if response is not None:
            known.order_id = known.order_id or response["order_id"]
            response = response | {"order_id": response["order_id"] or known.order_id}
        return evolve(
            entry,
            symbol=entry.symbol or known.symbol,
            order_data=entry.order_data or known.order_data,
            response=response,
            correlation_id=known.correlation_id,
        )

    def _know(self, name: str, recorded: Recorded, entry: Entry) -> None:
        day = max(self.day, stamp(recorded.now_ns)[:10])
        signal_id = entry.details.get("signal_id", "")
        self._keep(name, Known(day, entry.symbol, entry.order_data or {}, signal_id))

    def _keep(self, name: str, known: Known) -> None:
        self._known[name] = known
        if len(self._known) > KNOWN_MAX:
            del self._known[next(iter(self._known))]

    def _is_first(self, client_order_id: str) -> bool:
        """Say whether an order is placed by this word, and remember that it is."""
        known = self._known.get(client_order_id)
        is_first = known is None or not known.is_placed
        if known is not None:
            known.is_placed = True
        return is_first


def _settings(run: RunFacts) -> Json:
    settings: Json | None = run.settings
    return settings or {}
