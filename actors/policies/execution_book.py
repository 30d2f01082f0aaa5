"""Execution book: when a symbol was last executed, how often today, and whose is what.

Pure. One book is the account's and each strategy has its own. What certainly never left is taken
back. The day is the UTC day of engine time. Shares are what of one position each strategy opened:
they add up to the position and never have different signs.
"""

from collections.abc import Mapping
from decimal import Decimal

from attrs import define, field

DAY_NS = 86_400_000_000_000
ZERO = Decimal(0)


@define
class ExecutionBook:
    """Discretionary executions that certainly or possibly left."""

    executed_at_ns: dict[str, int] = field(factory=dict[str, int])
    """Last one by symbol."""
    day: int = 0
    executions: int = 0
    """In that day."""

    def charge(self, symbol: str, at_ns: int) -> None:
        """Count an execution for good."""
        self.executed_at_ns[symbol] = max(self.executed_at_ns.get(symbol, at_ns), at_ns)
        day = at_ns // DAY_NS
        self.turn(day)
        if day == self.day:
            self.executions += 1

    def turn(self, day: int) -> None:
        """Begin a day, unless it began already."""
        if day > self.day:
            self.day, self.executions = day, 0

    def give_back(self, symbol: str, at_ns: int, before_ns: int) -> None:
        """Undo a charge; the symbol was last executed at `before_ns`, 0 for never."""
        if self.executed_at_ns.get(symbol) == at_ns:
            self.executed_at_ns[symbol] = before_ns
        if at_ns // DAY_NS == self.day:
            self.executions -= 1

    def of_day(self, day: int) -> int:
        """Return the executions of a day; none but the last is kept."""
        return self.executions if self.day == day else 0


def share_out(shares: Mapping[str, Decimal], strategy: str, change: Decimal) -> dict[str, Decimal]:
    """Return the shares of a position after a signed change by a strategy.

    What opens is its own. What closes is taken from its own share first, then from the others in
    the order in which they came; what turns the position around is its own again.
    """
    held = sum(shares.values())
    if held * change >= ZERO:
        return {**shares, strategy: shares.get(strategy, ZERO) + change}
    left, kept = abs(change), dict(shares)
    for name in (strategy, *(each for each in shares if each != strategy)):
        part = min(left, abs(kept.get(name, ZERO)))
        kept[name] = kept.get(name, ZERO) + part.copy_sign(change)
        left -= part
    result = {name: share for name, share in kept.items() if share != ZERO}
    return result if left == ZERO else {strategy: left.copy_sign(change)}
