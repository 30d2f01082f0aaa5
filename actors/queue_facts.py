"""Queue facts: what OrderQueue writes down, and its state as the fold of that."""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.control import TradingStateChanged
from ..messages.orders import EnqueueOrder
from ..messages.values import Priority, TradingState


@frozen
class OrderWaited:
    """Fact: an order waits."""

    order: EnqueueOrder
    at_ns: int = 0


@frozen
class PermitAsked:
    """Fact: a waiting order has asked for its permit."""

    client_order_id: str


@frozen
class PermitPassed:
    """Fact: a waiting order got no permit, or could not use it, and has to ask again."""

    client_order_id: str


@frozen
class OrderLeft:
    """Fact: an order left the queue, into flight or dropped."""

    client_order_id: str
    in_flight: bool


@frozen
class SlotCleared:
    """Fact: an attempt is settled."""

    client_order_id: str


@frozen
class HoldsChanged:
    """Fact: who holds a symbol."""

    symbol: str
    holders: tuple[str, ...]


@frozen
class ControlNoted:
    """Fact: why no entry may wait (empty: they may), and the clock that the queue acts by."""

    entries_off: str
    offset_ns: int


PRIVATE = (
    OrderWaited,
    PermitAsked,
    PermitPassed,
    OrderLeft,
    SlotCleared,
    HoldsChanged,
    ControlNoted,
)
Fact = (
    OrderWaited | PermitAsked | PermitPassed | OrderLeft | SlotCleared | HoldsChanged | ControlNoted
)


@define
class QueueState:
    """Waiting and flying orders; dicts keep the order of arrival."""

    waiting: dict[str, EnqueueOrder] = field(factory=dict[str, EnqueueOrder])
    since_ns: dict[str, int] = field(factory=dict[str, int])
    """Since when each of them waits."""
    asked: dict[str, bool] = field(factory=dict[str, bool])
    in_flight: dict[str, str] = field(factory=dict[str, str])
    """Opening orders in flight -> symbol."""
    holds: dict[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])
    entries_off: str = ""
    """Why no entry may wait; empty when they may."""
    offset_ns: int = 0

    def line(self, order: EnqueueOrder) -> list[EnqueueOrder]:
        """Return who waits in the order's line, which is that of its symbol and priority."""
        return [
            each
            for each in self.waiting.values()
            if each.symbol == order.symbol and each.priority is order.priority
        ]

    def count(self, priority: Priority) -> int:
        """Count the waiting orders of a priority."""
        return sum(1 for each in self.waiting.values() if each.priority is priority)


def is_opening(order: EnqueueOrder) -> bool:
    """Say whether an order opens risk."""
    return order.priority is Priority.OPENING


def why_off(told: TradingStateChanged) -> str:
    """Return why entries are off in this state of trading, empty when they are not."""
    if told.state is not TradingState.ACTIVE:
        return "halted"
    return "" if told.venue_open else "venue_down"


def apply_fact(state: QueueState, fact: Fact) -> None:
    """Change the state by one fact."""
    match fact:
        case OrderWaited():
            state.waiting[fact.order.client_order_id] = fact.order
            state.since_ns[fact.order.client_order_id] = fact.at_ns
        case PermitAsked():
            state.asked[fact.client_order_id] = True
        case PermitPassed():
            state.asked.pop(fact.client_order_id, None)
        case OrderLeft():
            order = state.waiting.pop(fact.client_order_id)
            state.since_ns.pop(fact.client_order_id, None)
            state.asked.pop(fact.client_order_id, None)
            if fact.in_flight:
                state.in_flight[fact.client_order_id] = order.symbol
        case SlotCleared():
            del state.in_flight[fact.client_order_id]
        case HoldsChanged():
            if fact.holders:
                state.holds[fact.symbol] = fact.holders
            else:
                state.holds.pop(fact.symbol, None)
        case ControlNoted():
            state.entries_off, state.offset_ns = fact.entries_off, fact.offset_ns
        case _:
            assert_never(fact)
