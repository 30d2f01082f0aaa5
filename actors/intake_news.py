"""Intake news: the events in which a signal ends, whoever ended it."""

from ..messages.events import (
    Event,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
)
from ..messages.orders import OrderEnded
from ..messages.values import OrderState
from .policies.guard_table import safety_guard
from .policies.refusal import Refusal


def refused_event(signal_id: str, symbol: str, refusal: Refusal) -> OrderRefused:
    """Return the end of a signal that a guard refused."""
    guard, figure, limit = refusal.guard, refusal.figure, refusal.limit
    return OrderRefused(
        signal_id=signal_id,
        symbol=symbol,
        guard=guard,
        figure=figure,
        limit=limit,
        reason=f"{guard}: {figure} against {limit}",
        safety_guard=safety_guard(guard).value,
    )


def terminal_event(signal_id: str, ended: OrderEnded) -> Event:
    """Return the end of a signal whose order is over."""
    cid, symbol, filled = ended.client_order_id, ended.symbol, ended.filled
    match ended.state:
        case OrderState.FILLED:
            return OrderFilled(signal_id, cid, symbol, ended.side, filled, ended.average_price)
        case OrderState.CANCELLED:
            return OrderCancelled(signal_id, cid, symbol, filled)
        case OrderState.EXPIRED:
            return OrderExpired(signal_id, cid, symbol, filled)
        case _:
            return OrderFailed(signal_id, cid, symbol, ended.state, ended.reason, filled)
