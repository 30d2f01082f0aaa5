"""Held: what an account has open right now, and whether stops rest for all of it.

Owns one look, so light that it can be taken many times a second, for those who judge for how long
a position was without a stop. It says, too, whether the venue would take one now: not during a
maintenance, a ban, or while the symbol does not trade.
"""

from decimal import Decimal

from attrs import frozen

from .account import ZERO, Position
from .core import Core

TRADING = "TRADING"


@frozen
class HeldPosition:
    """A position that is not flat; `amount` is signed."""

    symbol: str
    position_side: str
    amount: Decimal
    is_protected: bool
    """Stops that rest would close all of it."""
    is_trading: bool
    """Its symbol takes orders."""


@frozen
class Held:
    """One look."""

    at_ms: int
    """The venue's clock."""
    is_answering: bool
    """No maintenance and no ban is in force."""
    is_engaged: bool
    """A position is open, or an order rests."""
    positions: tuple[HeldPosition, ...]


def look(core: Core, *, is_closed: bool) -> Held:
    """Look at an account; `is_closed` during a maintenance."""
    at_ms, ban = core.moment.ms, core.limits.address.ban
    is_banned = ban is not None and at_ms < ban.until_ms
    positions = core.account.open_positions()
    return Held(
        at_ms=at_ms,
        is_answering=not (is_closed or is_banned),
        is_engaged=core.is_engaged,
        positions=tuple(_held(core, position) for position in positions),
    )


def _held(core: Core, position: Position) -> HeldPosition:
    return HeldPosition(
        position.symbol,
        position.side,
        position.amount,
        is_protected=_stopped(core, position) >= abs(position.amount),
        is_trading=core.rules(position.symbol).status == TRADING,
    )


def _stopped(core: Core, position: Position) -> Decimal:
    """Return how much of a position its resting stops would close."""
    exit_side = "SELL" if position.amount > 0 else "BUY"
    stopped = ZERO
    for algo in core.conditional.store.open_of(position.symbol):
        wanted = algo.request
        if wanted.is_stop and wanted.key == position.key and wanted.side == exit_side:
            stopped += abs(position.amount) if wanted.close_position else wanted.quantity
    return stopped
