"""ConfigRanges: what a number, a word, a text or a table of the settings may be.

Each range says whether it admits a value, and itself in words for a fault. Pure.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from attrs import frozen


@frozen
class Between:
    """A number from `low` to `high`; `low` itself is refused when `is_open`."""

    low: Decimal
    high: Decimal
    is_open: bool = False
    or_zero: bool = False

    def admits(self, value: Any) -> bool:
        """True for a number inside."""
        if self.or_zero and value == 0:
            return True
        above = value > self.low if self.is_open else value >= self.low
        return bool(above and value <= self.high)

    def __str__(self) -> str:
        if self.is_open:
            return f"above {self.low}, up to {self.high}"
        return f"{'0, or ' if self.or_zero else ''}{self.low} to {self.high}"


@frozen
class OneOf:
    """One of some words."""

    words: tuple[str, ...]

    def admits(self, value: Any) -> bool:
        """True for one of the words."""
        return value in self.words

    def __str__(self) -> str:
        return f"one of {', '.join(self.words)}"


@frozen
class Spelled:
    """A text of a certain spelling."""

    pattern: str
    words: str

    def admits(self, value: Any) -> bool:
        """True for a text that is spelled so."""
        return re.fullmatch(self.pattern, value) is not None

    def __str__(self) -> str:
        return self.words


@frozen
class Tables:
    """A list of tables, of which each key that is given follows its own rule."""

    rules: Mapping[str, Between | Spelled]

    def admits(self, value: Any) -> bool:
        """True for a table all of whose values are admitted."""
        return all(
            rule.admits(each)
            for name, rule in self.rules.items()
            for each in _members(getattr(value, name))
        )

    def __str__(self) -> str:
        return f"tables of {'; '.join(f'{name} {rule}' for name, rule in self.rules.items())}"


def _members(value: Any) -> tuple[Any, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)  # pyright: ignore[reportUnknownVariableType]


Rule = Between | OneOf | Spelled | Tables


def between(low: int | str, high: int | str) -> Between:
    """Return the rule of a number from `low` to `high`."""
    return Between(Decimal(low), Decimal(high))


def above(low: int | str, high: int | str) -> Between:
    """Return the rule of a number above `low`, up to `high`."""
    return Between(Decimal(low), Decimal(high), is_open=True)


def url(scheme: str) -> Spelled:
    """Return the rule of an address without user, query or fragment; empty for none."""
    pattern = rf"({scheme}s?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._/-]*)?)?"
    return Spelled(pattern, f"{scheme}s://host[:port], or empty")
