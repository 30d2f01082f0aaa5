"""Spans: one trace a signal, made of the journal's causation.

A record belongs to a signal that it is about or that it names. Its span lasts from the step that
told its message to its own, so that a wait shows as one; its parent is that step, or the signal's
own span, which lasts from the intake to the terminal event. Ids are computed from the journal, so a
record that is read twice is the same span. Times are the engine's. Bound: `REMEMBERED_MAX` signals
and as many steps; a record about a forgotten one has no span.
"""

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

from attrs import field, frozen

from ....messages.codec import loads
from ...names import EXECUTION_SYSTEM
from .journal_fold import Memory

ROOT = "signal"
SUBMITTED = "SubmitSignal"
ENDS = ("OrderFilled", "OrderFailed", "OrderCancelled", "OrderExpired", "OrderRefused")
_CORRELATION = re.compile(rb'"corr":"((?:[^"\\]|\\.)+)"')
_SIGNAL = re.compile(rb'"signal_id":"((?:[^"\\]|\\.)+)"')
_NAMES = ("symbol", "client_order_id", "call_id", "attempt", "operation", "status", "code")


@frozen
class Span:
    """One span, ready to be sent."""

    trace_id: int
    span_id: int
    parent_id: int
    """0 for the signal's own."""
    name: str
    start_ns: int
    end_ns: int
    is_failed: bool = False
    attributes: Mapping[str, str | int] = field(factory=dict[str, str | int])


@frozen
class _Signal:
    """A signal that came in."""

    trace_id: int
    start_ns: int
    attributes: Mapping[str, str | int]

    @property
    def root_id(self) -> int:
        """The id of its own span."""
        return _number(f"{self.trace_id:x}/{ROOT}", 8)


class SpanMaker:
    """Takes records in order and returns the spans that they come to."""

    def __init__(self) -> None:
        self._signals = Memory()
        self._steps = Memory()
        """Sequence -> (signal, when)."""

    def take(self, line: bytes) -> Iterator[Span]:
        """Yield the spans of one record, none where it concerns no signal."""
        about = {each.decode() for each in _SIGNAL.findall(line)}
        found = _CORRELATION.search(line)
        if found is not None:
            about.add(found[1].decode())
        if about and b'"msg":' in line:
            record = loads(line)
            if _tag(record["msg"]) == SUBMITTED and record["actor"] == EXECUTION_SYSTEM:
                self._begin(record)
            known = [each for each in sorted(about) if each in self._signals]
            if known:
                yield from self._spans(record, known[0])

    def _begin(self, record: Mapping[str, Any]) -> None:
        message = record["msg"]
        signal_id = message["signal_id"]
        if signal_id in self._signals:
            return
        names = ("signal_id", "symbol", "signal", "strategy")
        attributes = {f"callboard.{each}": message[each] for each in names if each in message}
        trace_id = _number(f"{record['now']}/{signal_id}", 16)
        self._signals.put(signal_id, _Signal(trace_id, record["now"], attributes))

    def _spans(self, record: Mapping[str, Any], signal_id: str) -> Iterator[Span]:
        signal: _Signal = self._signals[signal_id]
        now_ns, sequence = record["now"], str(record["seq"])
        # What an edge says follows from the message that it worked on.
        origin = str(record.get("cause") or record["id"]).rpartition(".")[0]
        told_by = self._steps.get(origin)
        has_parent = told_by is not None and told_by[0] == signal_id
        self._steps.put(sequence, (signal_id, now_ns))
        yield Span(
            trace_id=signal.trace_id,
            span_id=_step_id(signal, sequence),
            parent_id=_step_id(signal, origin) if has_parent else signal.root_id,
            name=f"{record['actor']} {_tag(record['msg'])}",
            start_ns=told_by[1] if told_by is not None and has_parent else now_ns,
            end_ns=now_ns,
            is_failed="error" in record,
            attributes=_attributes(record),
        )
        ending = _ending(record, signal_id)
        if ending:
            yield Span(
                trace_id=signal.trace_id,
                span_id=signal.root_id,
                parent_id=0,
                name=ROOT,
                start_ns=signal.start_ns,
                end_ns=now_ns,
                is_failed=ending == "OrderFailed",
                attributes={**signal.attributes, "callboard.ending": ending},
            )


def _ending(record: Mapping[str, Any], signal_id: str) -> str:
    """Return the terminal event of a signal that a record tells, empty for none."""
    told = [each["msg"] for each in record.get("tells", ()) if "msg" in each]
    for message in told:
        if message.get("signal_id") == signal_id and _tag(message) in ENDS:
            return _tag(message)
    return ""


def _attributes(record: Mapping[str, Any]) -> dict[str, str | int]:
    message = record["msg"]
    found: dict[str, str | int] = {
        "callboard.actor": record["actor"],
        "callboard.sequence": record["seq"],
        "callboard.sender": record["from"],
    }
    for name in _NAMES:
        if isinstance(message.get(name), str | int):
            found[f"callboard.{name}"] = message[name]
    if "error" in record:
        found["callboard.error"] = record["error"]
    return found


def _step_id(signal: _Signal, sequence: str) -> int:
    return _number(f"{signal.trace_id:x}/{sequence}", 8)


def _number(text: str, size: int) -> int:
    """Return an id of so many bytes, never 0, the same for the same text."""
    return int.from_bytes(blake2b(text.encode(), digest_size=size).digest(), "big") or 1


def _tag(message: Mapping[str, Any]) -> str:
    return str(message["t"]).rpartition(".v")[0].rpartition("/")[2]
