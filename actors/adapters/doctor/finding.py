"""Finding: one thing that was looked at, what was seen, and what to do about it.

Owns the three verdicts and what a report of findings comes to: it fails by one that does.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from attrs import frozen


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    WARN = "warn"
    """It works, but somebody should know."""
    FAIL = "fail"


@frozen
class Finding:
    """One line of a report."""

    check: str
    verdict: Verdict
    text: str
    remedy: str = ""
    """What to do; empty where nothing is to be done."""


def ok(check: str, text: str) -> Finding:
    """Return a finding that is as it should be."""
    return Finding(check, Verdict.OK, text)


def warn(check: str, text: str, remedy: str) -> Finding:
    """Return a finding that somebody should know of."""
    return Finding(check, Verdict.WARN, text, remedy)


def fail(check: str, text: str, remedy: str) -> Finding:
    """Return a finding with which an engine would not run, or not safely."""
    return Finding(check, Verdict.FAIL, text, remedy)


def is_failed(findings: Iterable[Finding]) -> bool:
    """Say whether one of the findings fails."""
    return any(each.verdict is Verdict.FAIL for each in findings)


def report(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return the findings as JSON values."""
    listed = list(findings)
    rows = [
        {
            "check": each.check,
            "verdict": each.verdict.value,
            "text": each.text,
            "remedy": each.remedy,
        }
        for each in listed
    ]
    return {"ok": not is_failed(listed), "findings": rows}
