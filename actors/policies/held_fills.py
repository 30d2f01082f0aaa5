"""Held fills: what takes off more than is known to be held waits for what came before.

Pure, over a plain dict by position and trade id. The venue never turns a LONG or SHORT position
over, so a fill that would proves that earlier ones are missing; it counts after the first of these.
Bound: the newest `HELD_MAX`; what is beyond is told again when the positions differ.
"""

from ...messages.orders import FillBooked
from ...messages.venue import TradeEvidence
from .strangers import trade_order

HELD_MAX = 64


def held_key(key: str, trade_id: str) -> str:
    """Return what a fill of a position is kept by."""
    return f"{key}/{trade_id}"


def hold(held: dict[str, FillBooked], key: str, fill: FillBooked) -> None:
    """Keep a fill of a position, as it was told last."""
    kept_by = held_key(key, fill.trade.trade_id)
    held.pop(kept_by, None)
    held[kept_by] = fill
    while len(held) > HELD_MAX:
        del held[next(iter(held))]


def held_after(held: dict[str, FillBooked], key: str, trade: TradeEvidence) -> list[FillBooked]:
    """Return the fills of a position that wait and that the venue made after this one."""
    first = trade_order(trade.trade_id)
    return [
        fill
        for kept_by, fill in held.items()
        if kept_by.startswith(f"{key}/") and trade_order(fill.trade.trade_id) > first
    ]
