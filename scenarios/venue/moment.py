"""Moment: the venue's now, which only the venue itself moves.

Owns the given time and the skew of the venue's own clock over it. Nothing here reads a clock.
"""

from collections.abc import Callable
from typing import Protocol

from attrs import define

NS_PER_MS = 1_000_000


@define
class Moment:
    """Time of what is happening; `ns` is given, `ms` is what the venue's clock shows."""

    ns: int
    skew_ms: int = 0

    @property
    def ms(self) -> int:
        """Milliseconds on the venue's own clock."""
        return self.ns // NS_PER_MS + self.skew_ms


class Agenda(Protocol):
    """Where parts of the venue put what they have to do later."""

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Run `action` when `delay_ms` have passed; at once, but not before returning, for 0."""
        ...
