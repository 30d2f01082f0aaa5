"""Stamps: times, figures and texts as the records show them.

A text that came from outside is cut, and what looks like a credential in it is masked, though none
should ever reach the core.
"""

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from ...policies.rounding import plain
from ..secret import MASK

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
US_NS = 1_000
TEXT_MAX = 500

_SECRET = re.compile(
    r"(?i)\b(signature|api[-_]?key|x-mbx-apikey|secret|token|listen[-_]?key|password)"
    r"(\s*[=:]\s*|\s+)([^\s&\"',;]+)"
)


def stamp(at_ns: int) -> str:
    """Return a time as RFC 3339 in UTC with microseconds, which sorts as text."""
    return f"{_second(at_ns // SECOND_NS)}.{at_ns % SECOND_NS // US_NS:06d}Z"


def stamp_of_ms(at_ms: int) -> str:
    """Return a time of the venue's, in milliseconds, as `stamp` does."""
    return stamp(at_ms * MS_NS)


@lru_cache(maxsize=64)
def _second(at_s: int) -> str:
    """Return a second; records stand in the order of time, so that many share one."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}"


def figure(value: Decimal | None) -> str | None:
    """Return a figure in plain notation, without an exponent; None stays None."""
    return None if value is None else plain(value)


def masked(text: str) -> str:
    """Return a text without what looks like a credential, cut to `TEXT_MAX`."""
    return _SECRET.sub(rf"\1\2{MASK}", text)[:TEXT_MAX]
