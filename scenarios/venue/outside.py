"""Outside: what others do to an account's positions, whoever runs it.

Owns automatic deleveraging, where a bankrupt counterpart's loss takes winning positions, and the
settlement of a contract that ends. Both are told by orders of the venue's own (`forced.py`).
"""

from decimal import Decimal

from attrs import evolve

from .account import Position
from .core import Core
from .orders import Order

DELISTED = 7
"""Expiry reason of an order whose contract ended."""
CLOSED = "CLOSE"


def deleverage(core: Core, symbol: str = "", side: str = "") -> Order | None:
    """Take a share of a winning position, the best on its margin; None when nothing wins."""
    winning = [
        position
        for position in core.account.open_positions()
        if _profit(core, position) > 0
        and symbol in ("", position.symbol)
        and side in ("", position.side)
    ]
    if not winning:
        return None
    # The venue ranks by profit and leverage; the first opened goes first among equals.
    chosen = max(winning, key=lambda position: _profit(core, position) / abs(position.cost))
    return core.forced.deleverage(chosen, core.settings.liquidation.adl_share)


def settle(core: Core, symbol: str) -> None:
    """End a contract: its orders expire, its positions are closed at the mark price."""
    for order in core.matching.orders.open_of(symbol):
        core.matching.expire(order, DELISTED)
    for algo in core.conditional.store.open_of(symbol):
        core.conditional.cancel(algo)
    for position in core.account.open_positions():
        if position.symbol == symbol:
            core.forced.settle(position)
    core.change_rules(evolve(core.rules(symbol), status=CLOSED))


def _profit(core: Core, position: Position) -> Decimal:
    return position.profit_at(core.books[position.symbol].mark_price)
