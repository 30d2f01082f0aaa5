"""Intake news: the events in which a signal ends, whoever ended it."""

from ..messages.events import (
    Event,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
)
from ..messages.orders import OrderEnded, RequestEntry
from ..messages.positions import RequestClose
from ..messages.values import OrderState
from . import names
from .policies.guard_table import safety_guard
from .policies.refusal import Refusal
from .runtime.actor import Context

WISHES = (RequestEntry.__name__, RequestClose.__name__)
"""A signal on its way; whoever loses one of these leaves the signal without an end."""


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


def tell_refused(event: OrderRefused, ctx: Context) -> None:
    """Tell subscribers and the log of a signal that was refused."""
    ctx.tell(names.EVENT_BUS, event)
    ctx.log(
        "order_refused",
        signal_id=event.signal_id,
        guard=event.guard,
        figure=event.figure,
        limit=event.limit,
        safety_guard=event.safety_guard,
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
