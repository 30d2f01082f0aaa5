"""Audit report: what an audit log says in sum, read from its files.

Reads lines one by one and keeps counts. A line of another hand, or of a newer version, is counted
as unreadable and left out; event types in capitals, as older logs have them, are understood.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from attrs import define, field

from ....messages.codec import Json, loads
from .audit_lines import SCHEMA, canonical

PAUSED = "pause"


@define
class AuditReport:
    """The counts of the lines that were added; times are RFC 3339 or a beginning of one."""

    since: str = ""
    until: str = ""
    lines: int = 0
    unreadable: int = 0
    first: str = ""
    last: str = ""
    types: Counter[str] = field(factory=Counter[str])
    errors: Counter[str] = field(factory=Counter[str])
    """By type and the venue's number."""
    refusals: Counter[str] = field(factory=Counter[str])
    outcomes: Counter[str] = field(factory=Counter[str])
    retries: Counter[str] = field(factory=Counter[str])
    pauses: Counter[str] = field(factory=Counter[str])
    commands: Counter[str] = field(factory=Counter[str])
    symbols: Counter[str] = field(factory=Counter[str])

    def add_all(self, lines: Iterable[bytes]) -> None:
        """Count lines."""
        for line in lines:
            self.add(line)

    def add(self, data: bytes) -> None:
        """Count one line."""
        try:
            line: Json = loads(data)
            at, event_type = str(line["timestamp"]), canonical(line["event_type"])
            is_known = line.get("schema", SCHEMA) <= SCHEMA
        except (ValueError, KeyError, TypeError, AttributeError):
            self.unreadable += 1
            return
        if not is_known:
            self.unreadable += 1
        elif at >= self.since and (not self.until or at < self.until):
            self._count(event_type, at, line)

    def plain(self) -> Json:
        """Return the counts as JSON values."""
        return {
            "lines": self.lines,
            "unreadable": self.unreadable,
            "first": self.first,
            "last": self.last,
            **{name: dict(getattr(self, name).most_common()) for name in COUNTS},
        }

    def _count(self, event_type: str, at: str, line: Json) -> None:
        details: dict[str, Any] = line.get("details") or {}
        self.lines += 1
        self.first, self.last = self.first or at, at
        self.types[event_type] += 1
        if line.get("symbol") and event_type == "order_placed":
            self.symbols[line["symbol"]] += 1
        if event_type == "api_error":
            self.errors[f"{details.get('error_type', 'read')} {details.get('code', 0)}"] += 1
        elif event_type == "order_rejected":
            self.refusals[str(details.get("guard") or details.get("reason") or "")] += 1
        elif event_type == "retry_attempt":
            self.retries[str(details.get("kind", ""))] += 1
        elif event_type == "rate_limit" and line.get("operation") == PAUSED:
            self.pauses[str(details.get("scope", ""))] += 1
        elif event_type == "operator_command":
            self.commands[str(line.get("operation", ""))] += 1
        if event_type in OUTCOMES:
            self.outcomes[event_type.removeprefix("order_")] += 1


COUNTS = ("types", "outcomes", "symbols", "refusals", "errors", "retries", "pauses", "commands")
OUTCOMES = (
    "order_placed",
    "order_filled",
    "order_rejected",
    "order_failed",
    "order_cancelled",
    "order_expired",
    "order_unknown",
    "order_resolved",
)
