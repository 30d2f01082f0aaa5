"""Strangers: orders at the venue that the engine did not send, and what they explain.

Owns the venue's own id prefixes. An order under one of them is the venue's: it closes positions
without asking. Every other order that we do not know is somebody else's hand. Their fills explain
why a position is smaller than our fills say, if and only if they add up to the difference.

An order under our own prefix that our journal does not know may be one whose record was lost with a
failing disk: then it reduces. One of a later start than ours, or an open entry, which never leaves
without a durable record, is another engine's: two on one account undo each other's work.

Pure. Source: Binance user data stream, ORDER_TRADE_UPDATE, special client ids, read 2026-11-20.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

from ...messages.values import CloseReason, Leg
from ...messages.venue import TradeEvidence
from .ledger import ZERO, signed

PREFIXES: tuple[tuple[str, CloseReason], ...] = (
    ("autoclose-", CloseReason.LIQUIDATION),
    ("adl_autoclose", CloseReason.ADL),
    ("settlement_autoclose-", CloseReason.SETTLEMENT),
    ("delivery_autoclose-", CloseReason.SETTLEMENT),
)


def made_by(client_order_id: str) -> CloseReason:
    """Return why an order that is not ours exists, as far as its id tells."""
    for prefix, reason in PREFIXES:
        if client_order_id.startswith(prefix):
            return reason
    return CloseReason.FOREIGN


_OURS = re.compile(r"(?P<generation>\d+)-\w+-(?P<leg>[a-z])\d+")


def is_another_engines(
    client_order_id: str, *, prefix: str, generation: int, is_open: bool
) -> bool:
    """Say whether an id that our journal does not know proves that another engine trades here.

    `generation` is that of our start.
    """
    found = _ours(client_order_id, prefix)
    if found is None:
        return False
    is_later = int(found["generation"]) > generation
    return is_later or (is_open and found["leg"] == Leg.ENTRY)


def is_forgotten(client_order_id: str, *, prefix: str, generation: int) -> bool:
    """Say whether an id that our journal does not know is of a reducing order of ours."""
    found = _ours(client_order_id, prefix)
    if found is None:
        return False
    return int(found["generation"]) <= generation and found["leg"] != Leg.ENTRY


def _ours(client_order_id: str, prefix: str) -> re.Match[str] | None:
    if not client_order_id.startswith(prefix):
        return None
    return _OURS.fullmatch(client_order_id.removeprefix(prefix))


def explain(
    trades: Iterable[TradeEvidence], ours: Decimal, theirs: Decimal
) -> tuple[TradeEvidence, ...]:
    """Return the trades, oldest first, when they lead from our quantity to the venue's.

    Empty when they do not add up, or when one of them would turn the position over on the way.
    """
    ordered = sorted(trades, key=lambda trade: trade_order(trade.trade_id))
    quantity = ours
    for trade in ordered:
        quantity += signed(trade.side, trade.quantity)
        if quantity * ours < ZERO:
            return ()
    return tuple(ordered) if quantity == theirs else ()


def trade_order(trade_id: str) -> tuple[int, str]:
    """Return what fills of a symbol are ordered by: the venue numbers them, and its clock jumps."""
    return len(trade_id), trade_id
