"""Notices: what people are told: an alert fires, fires still, or is over.

The JSON of a notice is what webhooks get and what the list of alerts shows; its keys are only
added to. Pure.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import frozen

from ....messages.values import Severity

VERSION = 1


class State(StrEnum):
    """Where an alert is in its life."""

    PENDING = "pending"
    """So, but not for long enough yet."""
    FIRING = "firing"
    RESOLVED = "resolved"


@frozen
class Notice:
    """One message about one alert."""

    notice_id: str
    """The same in every attempt to deliver it."""
    rule: str
    subject: str
    state: State
    severity: Severity
    text: str
    value: str
    """The figure, or the engine's own words."""
    limit: str
    """The condition, empty for what the engine said."""
    since_ms: int
    """When it began to be so."""
    at_ms: int
    """When this is said, by the wall."""
    is_repeated: bool = False
    """Whether the same was said before and is still so."""
    mode: str = ""
    engine: str = ""
    """The data directory of the engine."""

    @property
    def headline(self) -> str:
        """Return the one line that fits on a telephone."""
        about = f" {self.subject}" if self.subject else ""
        still = "still " if self.is_repeated else ""
        what = f"{still}{self.state.value}".upper()
        return f"[{what}] {self.severity.value} {self.rule}{about}: {self.value}"

    def as_json(self) -> dict[str, Any]:
        """Return the notice as JSON values."""
        return {
            "version": VERSION,
            "id": self.notice_id,
            "rule": self.rule,
            "subject": self.subject,
            "state": self.state.value,
            "severity": self.severity.value,
            "text": self.text,
            "value": self.value,
            "limit": self.limit,
            "since_ms": self.since_ms,
            "at_ms": self.at_ms,
            "repeated": self.is_repeated,
            "mode": self.mode,
            "engine": self.engine,
        }


def notice_of(data: Mapping[str, Any]) -> Notice:
    """Return the notice of its JSON; raises `KeyError` and `ValueError`."""
    return Notice(
        notice_id=str(data["id"]),
        rule=str(data["rule"]),
        subject=str(data["subject"]),
        state=State(data["state"]),
        severity=Severity(data["severity"]),
        text=str(data["text"]),
        value=str(data["value"]),
        limit=str(data["limit"]),
        since_ms=int(data["since_ms"]),
        at_ms=int(data["at_ms"]),
        is_repeated=bool(data["repeated"]),
        mode=str(data["mode"]),
        engine=str(data["engine"]),
    )
