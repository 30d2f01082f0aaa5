"""Draining: the last seconds of an engine: nothing new, and the rest comes to its end.

Owns what counts as done, and the words on what is left at a venue that goes on without the engine:
stops, which keep guarding; entries, which nobody guards if they fill; and orders whose outcome is
unknown, which the next start asks for.
"""

from collections.abc import Iterator, Sequence

from ...messages.queries import OrderView, PositionView
from ...messages.values import Leg, OrderState
from ..paper import RESTING

DRAIN_SECONDS = 10.0
"""As long as a position may be without its stop."""


def is_calm(orders: Sequence[OrderView], positions: Sequence[PositionView]) -> bool:
    """Return whether nothing is on its way, and every position has its stop at the venue."""
    return all(order.state in RESTING for order in orders) and all(
        position.protected for position in positions
    )


def left_behind(orders: Sequence[OrderView], positions: Sequence[PositionView]) -> tuple[str, ...]:
    """Return what a venue goes on with when the engine has stopped, a line each."""
    return tuple(_lines(orders, positions))


def _lines(orders: Sequence[OrderView], positions: Sequence[PositionView]) -> Iterator[str]:
    for position in positions:
        stop = f"stop {position.stop_price} rests" if position.protected else "NO STOP"
        yield f"{position.symbol} {position.quantity} stays open: {stop}"
    for order in orders:
        if order.leg is Leg.ENTRY or order.state not in RESTING:
            yield f"{order.symbol} {order.client_order_id} {_fate(order)}"


def _fate(order: OrderView) -> str:
    if order.state is OrderState.PARKED:
        return "is PARKED: it waits for a person"
    if order.state in RESTING:
        return "rests: it has no stop if it fills before the next start"
    return f"is {order.state.value}: the next start looks after it"
