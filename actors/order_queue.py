"""OrderQueue: orders that wait for their turn and a permit.

Owns the waiting orders. Reducing ones go before opening ones; inside priority and symbol the order
is FIFO; one opening order per symbol is in flight, reducing ones have their own slots. Bounds:
`opening_max` and `reducing_max` waiting orders, an order beyond is dropped with `queue_full`. An
opening order that is too old, or meets a halt, is dropped and never sent late.
"""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.control import TradingStateChanged
from ..messages.market import ClockChanged
from ..messages.orders import (
    EnqueueOrder,
    HoldSymbol,
    OrderDropped,
    OrderReleased,
    ReleaseSymbol,
    SlotFreed,
    WithdrawOrder,
)
from ..messages.values import Priority, TradingState
from ..messages.venue import PermitGranted, PermitRefused, PlaceOrder, RequestPermit
from .names import ORDER_MANAGER, RATE_LIMITER
from .runtime.actor import Actor, Context
from .settings import QueueSettings

MS = 1_000_000
REDUCING_PATIENCE_NS = 3_600_000_000_000
"""A reducing order waits for its permit as long as a pause may last, and asks again then."""


@frozen
class OrderWaited:
    """Fact: an order waits."""

    order: EnqueueOrder


@frozen
class PermitAsked:
    """Fact: a waiting order has asked for its permit."""

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
    """Fact: the trading state and the clock that the queue acts by."""

    state: TradingState
    offset_ns: int


@define
class QueueState:
    """Waiting and flying orders; dicts keep the order of arrival."""

    waiting: dict[str, EnqueueOrder] = field(factory=dict[str, EnqueueOrder])
    asked: dict[str, bool] = field(factory=dict[str, bool])
    in_flight: dict[str, str] = field(factory=dict[str, str])
    """Opening orders in flight -> symbol."""
    holds: dict[str, tuple[str, ...]] = field(factory=dict[str, tuple[str, ...]])
    trading_state: TradingState = TradingState.ACTIVE
    offset_ns: int = 0


Inbox = (
    EnqueueOrder
    | PermitGranted
    | PermitRefused
    | SlotFreed
    | WithdrawOrder
    | HoldSymbol
    | ReleaseSymbol
    | TradingStateChanged
    | ClockChanged
)
Fact = OrderWaited | PermitAsked | OrderLeft | SlotCleared | HoldsChanged | ControlNoted


class OrderQueue(Actor):
    """First reducing, then opening; never late."""

    State = QueueState
    private = (OrderWaited, PermitAsked, OrderLeft, SlotCleared, HoldsChanged, ControlNoted)
    state: QueueState

    def __init__(self, settings: QueueSettings) -> None:
        super().__init__()
        self._settings = settings

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case EnqueueOrder():
                self.on_enqueue_order(message, ctx)
            case PermitGranted():
                self.on_permit_granted(message, ctx)
            case PermitRefused():
                self.on_permit_refused(message, ctx)
            case SlotFreed():
                self.on_slot_freed(message, ctx)
            case WithdrawOrder():
                self.on_withdraw_order(message, ctx)
            case HoldSymbol():
                self.on_hold_symbol(message, ctx)
            case ReleaseSymbol():
                self.on_release_symbol(message, ctx)
            case TradingStateChanged():
                self.on_trading_state_changed(message, ctx)
            case ClockChanged():
                ctx.record(ControlNoted(self.state.trading_state, message.offset_ns))
            case _:
                assert_never(message)

    def on_enqueue_order(self, message: EnqueueOrder, ctx: Context) -> None:
        """Let the order wait, unless there is no room or no trading."""
        reason = self._refusal(message)
        if reason:
            ctx.tell(ORDER_MANAGER, OrderDropped(message.client_order_id, reason))
            return
        ctx.record(OrderWaited(message))
        if self._may_ask(message, ahead=self._ahead(message)):
            self._ask(message, ctx)

    def on_permit_granted(self, message: PermitGranted, ctx: Context) -> None:
        """Release the order, if it still waits and is not too old."""
        order = self.state.waiting.get(message.token)
        if order is None:
            return
        if self._is_stale(order, ctx.now):
            self._drop(order, "stale", ctx)
            self._ask_next(order, ctx)
            return
        ctx.record(OrderLeft(order.client_order_id, in_flight=_is_opening(order)))
        ctx.tell(ORDER_MANAGER, OrderReleased(order.client_order_id, message.permit))
        if not _is_opening(order):
            self._ask_next(order, ctx)

    def on_permit_refused(self, message: PermitRefused, ctx: Context) -> None:
        """Drop an opening order that got no permit in time; a reducing one asks again."""
        order = self.state.waiting.get(message.token)
        if order is None:
            return
        if _is_opening(order):
            self._drop(order, f"stale: {message.reason}", ctx)
            self._ask_next(order, ctx)
        else:
            self._ask(order, ctx)

    def on_slot_freed(self, message: SlotFreed, ctx: Context) -> None:
        """Let the next opening order of the symbol ask."""
        symbol = self.state.in_flight.get(message.client_order_id)
        if symbol is None:
            return
        ctx.record(SlotCleared(message.client_order_id))
        self._ask_opening(symbol, ctx, freed=message.client_order_id)

    def on_withdraw_order(self, message: WithdrawOrder, ctx: Context) -> None:
        """Take an order out."""
        order = self.state.waiting.get(message.client_order_id)
        if order is not None:
            self._drop(order, "withdrawn", ctx)
            self._ask_next(order, ctx)

    def on_hold_symbol(self, message: HoldSymbol, ctx: Context) -> None:
        """Keep the symbol's opening orders waiting."""
        holders = self.state.holds.get(message.symbol, ())
        if message.holder not in holders:
            ctx.record(HoldsChanged(message.symbol, (*holders, message.holder)))

    def on_release_symbol(self, message: ReleaseSymbol, ctx: Context) -> None:
        """End one hold; the last one lets the opening orders ask again."""
        holders = self.state.holds.get(message.symbol, ())
        if message.holder not in holders:
            return
        left = tuple(holder for holder in holders if holder != message.holder)
        ctx.record(HoldsChanged(message.symbol, left))
        if not left:
            self._ask_opening(message.symbol, ctx, released=True)

    def on_trading_state_changed(self, message: TradingStateChanged, ctx: Context) -> None:
        """Purge the opening orders when entries are off."""
        ctx.record(ControlNoted(message.state, self.state.offset_ns))
        if message.state is TradingState.ACTIVE:
            return
        for order in list(self.state.waiting.values()):
            if _is_opening(order):
                self._drop(order, "halted", ctx)

    def resume(self, ctx: Context) -> None:
        """Ask again for every permit that was asked for: a grant may have been lost."""
        for client_order_id in self.state.asked:
            self._tell_limiter(self.state.waiting[client_order_id], ctx)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        state = self.state
        match fact:
            case OrderWaited():
                state.waiting[fact.order.client_order_id] = fact.order
            case PermitAsked():
                state.asked[fact.client_order_id] = True
            case OrderLeft():
                order = state.waiting.pop(fact.client_order_id)
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
                state.trading_state, state.offset_ns = fact.state, fact.offset_ns
            case _:
                assert_never(fact)

    def _refusal(self, order: EnqueueOrder) -> str:
        waiting = [each for each in self.state.waiting.values() if each.priority is order.priority]
        if _is_opening(order) and self.state.trading_state is not TradingState.ACTIVE:
            return "halted"
        bound = self._settings.opening_max if _is_opening(order) else self._settings.reducing_max
        return "queue_full" if len(waiting) >= bound else ""

    def _ahead(self, order: EnqueueOrder) -> bool:
        """True when another order of the same symbol and priority waits already."""
        return any(
            each.symbol == order.symbol and each.priority is order.priority
            for each in self.state.waiting.values()
        )

    def _may_ask(self, order: EnqueueOrder, *, ahead: bool) -> bool:
        if ahead:
            return False
        if not _is_opening(order):
            return True
        flying = order.symbol in self.state.in_flight.values()
        return not flying and order.symbol not in self.state.holds

    def _ask(self, order: EnqueueOrder, ctx: Context) -> None:
        ctx.record(PermitAsked(order.client_order_id))
        self._tell_limiter(order, ctx)

    def _tell_limiter(self, order: EnqueueOrder, ctx: Context) -> None:
        expires_at_ns = ctx.now + REDUCING_PATIENCE_NS
        if _is_opening(order):
            expires_at_ns = order.send_by_ms * MS - self.state.offset_ns
        ctx.tell(
            RATE_LIMITER,
            RequestPermit(
                token=order.client_order_id,
                call=PlaceOrder.__name__,
                by_symbol=True,
                priority=order.priority,
                expires_at_ns=expires_at_ns,
            ),
        )

    def _ask_next(self, gone: EnqueueOrder, ctx: Context) -> None:
        """Let the next order of the symbol and priority ask, now that this one left."""
        if _is_opening(gone):
            self._ask_opening(gone.symbol, ctx, gone=gone.client_order_id)
            return
        for order in self.state.waiting.values():
            is_next = order.symbol == gone.symbol and order.priority is gone.priority
            if is_next and order.client_order_id != gone.client_order_id:
                if order.client_order_id not in self.state.asked:
                    self._ask(order, ctx)
                return

    def _ask_opening(
        self,
        symbol: str,
        ctx: Context,
        *,
        gone: str = "",
        freed: str = "",
        released: bool = False,
    ) -> None:
        """Let the symbol's first waiting opening order ask, if nothing stands in its way.

        `gone`, `freed` and `released` name what this very step takes away.
        """
        flying = [cid for cid, each in self.state.in_flight.items() if each == symbol]
        if [cid for cid in flying if cid != freed] or (symbol in self.state.holds and not released):
            return
        for order in self.state.waiting.values():
            if order.symbol == symbol and _is_opening(order) and order.client_order_id != gone:
                if order.client_order_id not in self.state.asked:
                    self._ask(order, ctx)
                return

    def _drop(self, order: EnqueueOrder, reason: str, ctx: Context) -> None:
        ctx.record(OrderLeft(order.client_order_id, in_flight=False))
        ctx.tell(ORDER_MANAGER, OrderDropped(order.client_order_id, reason))

    def _is_stale(self, order: EnqueueOrder, now: int) -> bool:
        return _is_opening(order) and now + self.state.offset_ns > order.send_by_ms * MS


def _is_opening(order: EnqueueOrder) -> bool:
    return order.priority is Priority.OPENING
