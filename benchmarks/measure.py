"""Measure: cases run in turn, and what their figures come to.

Owns the method. Seconds are those of the process's CPU time, since nothing here waits for anything
but the rows over sockets, whose seconds are the wall's; other work on the machine does not count.
The machine's speed still moves by a factor of two between minutes, so two sides are measured in
turn, A B A B, and only their ratio within a round counts: the row quotes the median ratio and its
spread. A row never fails on a time; it says when its target is missed.
"""

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from attrs import frozen

Case = Callable[[], float]
"""Runs once and returns its figure, in the row's unit."""


@frozen
class Row:
    """One target and how far it is reached."""

    name: str
    unit: str
    ours: float
    """Median of our figures."""
    base: float
    """Median of the figures that we are measured against."""
    ratios: tuple[float, ...]
    target: float | None
    """None where nothing is aimed at."""
    at_least: bool = True
    """False where the ratio should be at most the target."""
    note: str = ""

    @property
    def ratio(self) -> float:
        """The median ratio of a round."""
        return median(self.ratios)

    @property
    def met(self) -> bool | None:
        """True when the median reaches the target; None without one."""
        if self.target is None:
            return None
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target

    def goal(self, at_least: str, at_most: str) -> str:
        """Return the target in words, empty without one."""
        if self.target is None:
            return ""
        return f"{at_least if self.at_least else at_most} {self.target:g}"

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {
            "row": self.name,
            "unit": self.unit,
            "ours": self.ours,
            "base": self.base,
            "ratio": self.ratio,
            "ratio_min": min(self.ratios),
            "ratio_max": max(self.ratios),
            "rounds": len(self.ratios),
            "target": self.goal(">=", "<="),
            "met": self.met,
            "note": self.note,
        }


@frozen
class Absent:
    """A row that could not be measured here, and why."""

    name: str
    reason: str

    def as_json(self) -> dict[str, Any]:
        """Return the row as JSON values."""
        return {"row": self.name, "absent": self.reason}


@frozen
class Target:
    """What a row is called, measured in and meant to reach."""

    name: str
    unit: str
    ratio: float | None
    """None where nothing is aimed at."""
    at_least: bool = True
    note: str = ""


def row_of(target: Target, ours: Sequence[float], base: Sequence[float], note: str = "") -> Row:
    """Return the row of two sides' figures, one of each a round."""
    return Row(
        name=target.name,
        unit=target.unit,
        ours=median(ours),
        base=median(base),
        ratios=tuple(mine / other for mine, other in zip(ours, base, strict=True)),
        target=target.ratio,
        at_least=target.at_least,
        note=note or target.note,
    )


def compare(target: Target, ours: Case, base: Case, *, rounds: int) -> Row:
    """Run both sides in turn, the base first, and return their row."""
    pairs = [(base(), ours()) for _ in range(rounds)]
    return row_of(target, [mine for _, mine in pairs], [other for other, _ in pairs])
