"""Flattening: whether the venue shows flat what a command closes.

Pure. A flattening is over when a listing of the venue that left after our positions were closed
shows no position of its symbol, or when two in a row show only what is not ours; everything else
is waited for, up to a bound that its owner keeps.
"""

from collections.abc import Iterable, Mapping

from attrs import define, frozen

from ...messages.venue import PositionEvidence


@define
class Flattening:
    """A command to close positions, and what is known of it."""

    symbol: str
    """Empty for every one."""
    began_ns: int
    asked_ns: int = 0
    """When ours were closed and the venue was asked; 0 before."""
    listed: tuple[str, ...] = ()
    """What the last listing showed."""
    is_over: bool = False
    is_flat: bool = False
    left: tuple[str, ...] = ()

    def means(self, key: str) -> bool:
        """Say whether it closes the position of a key, `symbol/position side`."""
        return self.symbol in ("", key.partition("/")[0])


@frozen
class Listed:
    """What one listing shows, and whether that is the end of it."""

    is_over: bool
    left: tuple[str, ...]


def weigh(
    flattening: Flattening,
    positions: Iterable[PositionEvidence],
    ours: Mapping[str, int],
    departed_at_ns: int,
) -> Listed | None:
    """Return what a listing says of a flattening, None where it says nothing yet.

    `ours` are the positions that we hold or held, by key, with the time of the last fill in each.
    """
    newest_ns = max((at_ns for key, at_ns in ours.items() if flattening.means(key)), default=0)
    if flattening.is_over or departed_at_ns <= max(newest_ns, flattening.began_ns):
        return None
    keys = (f"{each.symbol}/{each.position_side}" for each in positions if each.quantity)
    left = tuple(key for key in keys if flattening.means(key))
    is_others = left == flattening.listed and not any(key in ours for key in left)
    return Listed(is_over=not left or is_others, left=left)
