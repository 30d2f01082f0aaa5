"""Rules: what an alert is about, and when it is so.

A rule watches a figure against a value, or waits for something that the engine says. Of a figure
it must be so for a while before it fires, and it ends when it is no longer so; a counter that
`rises` by more than its value within that while fires at once. What was said ends with what `ends`
names, or when it was not said again for `quiet_ms`. `also` must hold too. Pure.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType

from attrs import frozen

from ....messages.values import Severity

FigureOf = Callable[[str], Decimal | None]
"""Returns a figure by its name, None while nobody knows it."""

COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {
        ">": operator.gt,
        ">=": operator.ge,
        "<": operator.lt,
        "<=": operator.le,
        "==": operator.eq,
        "!=": operator.ne,
        "rises": operator.gt,
    }
)
RISES = "rises"
"""Of a counter: by how much it grew within `for_ms`."""


@frozen
class Condition:
    """A figure, a comparison and a value."""

    figure: str
    op: str
    value: Decimal

    def holds(self, found: Decimal | None) -> bool | None:
        """Return whether it is so of a figure, or of its growth; None while nobody knows."""
        return None if found is None else COMPARISONS[self.op](found, self.value)

    def __str__(self) -> str:
        return f"{self.figure} {self.op} {self.value:f}"


@frozen
class Rule:
    """One rule; it has a condition or events, never both."""

    name: str
    text: str
    """What it means and what to do, for a person who was asleep."""
    severity: Severity | None = None
    """How loud it is; None is as loud as the engine says it."""
    condition: Condition | None = None
    for_ms: int = 0
    """How long the condition must hold before the alert fires, or within which it rises."""
    events: tuple[str, ...] = ()
    """What the engine says; a name of `occurrences`."""
    ends: tuple[str, ...] = ()
    """What the engine says when it is over, about the same subject."""
    quiet_ms: int = 0
    """Over when it was not said again for so long; 0 for never."""
    also: Condition | None = None
    """Must hold, too, for the alert to fire."""

    @property
    def waits_ms(self) -> int:
        """Return how long the alert is pending."""
        rises = self.condition is not None and self.condition.op == RISES
        return 0 if rises else self.for_ms

    def is_so(self, found: Decimal | None, figure_of: FigureOf) -> bool | None:
        """Return whether its conditions hold; None while that is not known."""
        assert self.condition is not None, "what waits for an event has none"
        first, second = self.condition.holds(found), self.allows(figure_of)
        if first is False or second is False:
            return False
        return None if first is None or second is None else True

    def allows(self, figure_of: FigureOf) -> bool | None:
        """Return whether what must hold, too, does; None while that is not known."""
        return True if self.also is None else self.also.holds(figure_of(self.also.figure))


@frozen
class RuleSet:
    """The rules in force, in their order."""

    rules: tuple[Rule, ...]

    def named(self, name: str) -> Rule | None:
        """Return a rule by its name."""
        return next((rule for rule in self.rules if rule.name == name), None)

    @property
    def conditions(self) -> tuple[Rule, ...]:
        """Return the rules that watch a figure."""
        return tuple(rule for rule in self.rules if rule.condition is not None)

    def begun_by(self, names: tuple[str, ...]) -> tuple[Rule, ...]:
        """Return the rules that something said begins."""
        return tuple(rule for rule in self.rules if set(names) & set(rule.events))

    def ended_by(self, names: tuple[str, ...]) -> tuple[Rule, ...]:
        """Return the rules that something said ends."""
        return tuple(rule for rule in self.rules if set(names) & set(rule.ends))
