"""Order answers: what an order's sender is told, by the events of its signal and its order.

Owns the status of each end: 201 for what the venue took, 422 for what a guard or the venue refused,
with guard, figure and limit, and 202 with where to look for what is still open or unknown, which is
never told as failed. Pure.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from ....messages.events import (
    Event,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
    OrderUnknown,
    OrderUnresolved,
)
from ....messages.intake import ExecuteAlgorithm, SubmitSignal
from ....messages.queries import OrderView
from ....messages.values import Leg, OrderState, OrderType
from ...policies.rounding import plain
from ..order_lines import order_json
from .errors import ApiError
from .idempotency import Answer

PATH = "/api/execution"
MAIN_LEGS = (Leg.ENTRY, Leg.EXIT)
ENDS = (OrderRefused, OrderFilled, OrderFailed, OrderCancelled, OrderExpired)
DOUBTS = (OrderUnknown, OrderUnresolved)
DOUBTFUL = (
    OrderState.PENDING,
    OrderState.SUBMITTED,
    OrderState.UNKNOWN,
    OrderState.PARKED,
)
"""States in which nobody can say that the venue has the order."""
ENDED_WITHOUT = (OrderState.REJECTED, OrderState.FAILED)
CREATED, ACCEPTED, UNPROCESSABLE = 201, 202, 422

Wish = SubmitSignal | ExecuteAlgorithm


def signal_of(wish: Wish) -> SubmitSignal:
    """Return the signal of a wish."""
    return wish.signal if isinstance(wish, ExecuteAlgorithm) else wish


def is_settled(wish: Wish, event: Event) -> bool:
    """Say whether an event is what the sender of a wish waits for.

    A market order's is its end, since it is executed at once; one that rests is settled when the
    venue has it. An unknown outcome will not be known soon.
    """
    signal = signal_of(wish)
    if isinstance(event, OrderUnknown | OrderUnresolved):
        return True
    if getattr(event, "signal_id", "") != signal.signal_id:
        return False
    rests = signal.order_type is OrderType.LIMIT
    return isinstance(event, ENDS) or (rests and isinstance(event, OrderPlaced))


def main_order(orders: Sequence[OrderView]) -> OrderView | None:
    """Return the order that carries out a signal, the last one of several; None for none."""
    main = [each for each in orders if each.leg in MAIN_LEGS]
    return max(main, key=lambda each: each.created_at_ms) if main else None


def refusal_in(events: Iterable[Event], signal_id: str) -> OrderRefused | None:
    """Return the refusal of a signal among events."""
    found = (each for each in events if isinstance(each, OrderRefused))
    return next((each for each in found if each.signal_id == signal_id), None)


def refused(event: OrderRefused) -> Answer:
    """Return the answer to a wish that a guard refused."""
    said = f"{event.figure or 'none'} against {event.limit or 'none'}"
    message = f"refused by the guard {event.guard}: {said}"
    more = {
        "signal_id": event.signal_id,
        "symbol": event.symbol,
        "state": "REFUSED",
        "guard": event.guard,
        "figure": event.figure,
        "limit": event.limit,
        "reason": event.reason,
        "safety_guard": event.safety_guard,
    }
    error = ApiError(UNPROCESSABLE, "refused", message, more=more)
    return error.status, error.body()


def of_order(wish: Wish, order: OrderView) -> Answer:
    """Return the answer to a wish that became an order."""
    data = _told(wish, order)
    if order.state in DOUBTFUL:
        return ACCEPTED, data
    if order.state in ENDED_WITHOUT and not order.filled:
        message = f"{order.state.value.lower()}: {order.reason}"
        error = ApiError(UNPROCESSABLE, "order_failed", message, more=data)
        return error.status, error.body()
    return CREATED, data


def still_open(wish: Wish) -> Answer:
    """Return the answer to a wish of which nothing is known yet."""
    signal = signal_of(wish)
    return ACCEPTED, {
        "signal_id": signal.signal_id,
        "symbol": signal.symbol,
        "state": "ACCEPTED",
        "client_order_id": "",
        "links": _links(signal.signal_id, ""),
    }


def is_final(answer: Answer) -> bool:
    """Say whether an answer stays true: what is open or unknown is looked at again."""
    return answer[0] != ACCEPTED


def _told(wish: Wish, order: OrderView) -> dict[str, Any]:
    signal = signal_of(wish)
    return {
        "signal_id": signal.signal_id,
        "client_order_id": order.client_order_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "state": order.state.value,
        "reason": order.reason,
        "quantity": plain(order.quantity),
        "filled": plain(order.filled),
        "average_price": plain(order.average_price) if order.filled else None,
        "order": order_json(order),
        "links": _links(signal.signal_id, order.client_order_id),
    }


def _links(signal_id: str, client_order_id: str) -> dict[str, str]:
    name = client_order_id or signal_id
    return {"orders": f"{PATH}/orders?signal_id={signal_id}", "timeline": f"{PATH}/timeline/{name}"}
