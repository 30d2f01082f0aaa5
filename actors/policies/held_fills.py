"""Held fills: what takes off more than is known to be held waits for what came before.

Pure, over a plain dict by position and trade id. The venue lets no reducing order turn a position
over, so a fill that would proves that others are missing. They were made before it, or before one
that was booked out of turn: then it was the later one that took what this one needs.
Bound: the newest `HELD_MAX`; what is beyond is told again when the positions differ.
"""

from collections.abc import Iterable

from attrs import frozen

from ...messages.orders import FillBooked
from ...messages.venue import TradeEvidence
from .strangers import trade_order

HELD_MAX = 64


@frozen
class HeldFill:
    """A fill that waits."""

    fill: FillBooked
    newest: str
    """The venue's newest fill when it began to wait: what is missing was made before that."""


def held_key(key: str, trade_id: str) -> str:
    """Return what a fill of a position is kept by."""
    return f"{key}/{trade_id}"


def hold(held: dict[str, HeldFill], key: str, fill: FillBooked, booked: Iterable[str]) -> None:
    """Keep a fill of a position, as it was told last; `booked` are the trade ids booked so far."""
    kept_by = held_key(key, fill.trade.trade_id)
    before = held.pop(kept_by, None)
    known = [fill.trade.trade_id, *booked] if before is None else [before.newest]
    held[kept_by] = HeldFill(fill, max(known, key=trade_order))
    while len(held) > HELD_MAX:
        del held[next(iter(held))]


def held_for(held: dict[str, HeldFill], key: str, trade: TradeEvidence) -> list[FillBooked]:
    """Return the fills of a position, in the venue's order, that this one may be missing to."""
    made = trade_order(trade.trade_id)
    found = [
        each.fill
        for kept_by, each in held.items()
        if kept_by.startswith(f"{key}/") and trade_order(each.newest) > made
    ]
    return sorted(found, key=lambda fill: trade_order(fill.trade.trade_id))
