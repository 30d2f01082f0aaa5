"""OrderQueue: orders that wait for their turn and a permit.

Owns the waiting orders. Reducing ones go before opening ones; inside priority and symbol the order
is FIFO; one opening order per symbol is in flight, reducing ones have their own slots. Bound:
`opening_max` waiting opening orders, one beyond is dropped with `queue_full`; reducing orders are
bounded by the positions that they reduce, and more than `reducing_expected` alarm once. An opening
order that is too old, or meets a halt or a venue that is down, is dropped and never sent late; one
whose symbol is held waits. A reducing order is never dropped, neither for room nor for a permit.
"""

from typing import assert_never

from attrs import frozen

from ..messages.control import TradingStateChanged
from ..messages.events import AlertRaised, OrderQueued
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
from ..messages.values import Severity
from ..messages.venue import PermitGranted, PermitRefused, PlaceOrder, RequestPermit
from ..messages.vitals import GetQueue
from .limiter_facts import IN_A_BATCH
from .names import EVENT_BUS, ORDER_MANAGER, RATE_LIMITER
from .queue_facts import (
    PRIVATE,
    ControlNoted,
    Fact,
    HoldsChanged,
    OrderLeft,
    OrderWaited,
    PermitAsked,
    PermitPassed,
    QueueState,
    SlotCleared,
    apply_fact,
    is_opening,
    why_off,
)
from .runtime.actor import Actor, Context
from .settings import QueueSettings
from .vital_views import queue_view

MS = 1_000_000
REDUCING_PATIENCE_NS = 3_600_000_000_000
"""A reducing order waits for its permit as long as a pause may last, and asks again then."""
ASK_AGAIN_NS = 250_000_000
"""A reducing order whose request was refused asks again after so long."""


@frozen
class _AskAgain:
    """A reducing order may ask for its permit again."""

    client_order_id: str


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
    | GetQueue
    | _AskAgain
)


class OrderQueue(Actor):
    """First reducing, then opening; never late."""

    State = QueueState
    private = (_AskAgain, *PRIVATE)
    state: QueueState

    def __init__(self, settings: QueueSettings, *, has_batches: bool = False) -> None:
        super().__init__()
        self._settings = settings
        self._has_batches = has_batches

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901 - one arm a message
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
                ctx.record(ControlNoted(self.state.entries_off, message.offset_ns))
            case GetQueue():
                ctx.reply(queue_view(self.state, ctx.now // MS))
            case _AskAgain():
                self.on_ask_again(message, ctx)
            case _:
                assert_never(message)

    def on_enqueue_order(self, message: EnqueueOrder, ctx: Context) -> None:
        """Let the order wait, unless there is no room or no trading.

        Who tells one that waits again has not heard of it: its permit may be lost, so ask again.
        """
        if message.client_order_id in self.state.waiting:
            if message.client_order_id in self.state.asked:
                self._tell_limiter(message, ctx)
            return
        reason = self._refusal(message)
        if reason:
            ctx.tell(ORDER_MANAGER, OrderDropped(message.client_order_id, reason))
            # One that came back took its slot for nothing, and does not come for it again.
            self.on_slot_freed(SlotFreed(message.client_order_id), ctx)
            return
        ctx.record(OrderWaited(message, ctx.now))
        self._watch_reducing(message, ctx)
        ctx.tell(EVENT_BUS, OrderQueued(message.signal_id, message.client_order_id, message.symbol))
        if message.client_order_id in self.state.in_flight:
            # It waits again, so the release that took its slot came to nothing.
            ctx.record(SlotCleared(message.client_order_id))
        if not self._is_held_up(message):
            self._ask_first([*self.state.line(message), message], ctx)

    def on_permit_granted(self, message: PermitGranted, ctx: Context) -> None:
        """Release the order, if it still waits, is not too old and its symbol is not held."""
        order = self.state.waiting.get(message.token)
        if order is None:
            return
        if self._is_stale(order, ctx.now):
            self._drop(order, "stale", ctx)
            self._ask_next(order, ctx)
        elif self._is_held_up(order):
            ctx.record(PermitPassed(order.client_order_id))
        else:
            ctx.record(OrderLeft(order.client_order_id, in_flight=is_opening(order)))
            ctx.tell(ORDER_MANAGER, OrderReleased(order.client_order_id, message.permit))
            if not is_opening(order):
                self._ask_next(order, ctx)

    def on_permit_refused(self, message: PermitRefused, ctx: Context) -> None:
        """Drop an opening order that got no permit in time; a reducing one asks again."""
        order = self.state.waiting.get(message.token)
        if order is None:
            return
        if is_opening(order):
            self._drop(order, f"stale: {message.reason}", ctx)
            self._ask_next(order, ctx)
            return
        ctx.record(PermitPassed(order.client_order_id))
        again = _AskAgain(order.client_order_id)
        ctx.after(ASK_AGAIN_NS, again, key=f"again/{order.client_order_id}")

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
        reason = why_off(message)
        ctx.record(ControlNoted(reason, self.state.offset_ns))
        if not reason:
            return
        for order in list(self.state.waiting.values()):
            if is_opening(order):
                self._drop(order, reason, ctx)

    def on_ask_again(self, message: _AskAgain, ctx: Context) -> None:
        """Ask once more for a reducing order that still waits."""
        order = self.state.waiting.get(message.client_order_id)
        if order is not None and order.client_order_id not in self.state.asked:
            self._ask(order, ctx)

    def resume(self, ctx: Context) -> None:
        """Ask again for every permit that was asked for, or would have been: it may be lost."""
        for order in self.state.waiting.values():
            if order.client_order_id in self.state.asked:
                self._tell_limiter(order, ctx)
            elif self.state.line(order)[0] is order and not self._is_held_up(order):
                self._ask(order, ctx)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact)

    def _refusal(self, order: EnqueueOrder) -> str:
        """Say why the order may not wait; a reducing one always may."""
        if not is_opening(order):
            return ""
        is_full = self.state.count(order.priority) >= self._settings.opening_max
        return self.state.entries_off or ("queue_full" if is_full else "")

    def _watch_reducing(self, order: EnqueueOrder, ctx: Context) -> None:
        """Alarm once when more exits wait than positions can explain."""
        waiting = self.state.count(order.priority) + 1
        if not is_opening(order) and waiting == self._settings.reducing_expected + 1:
            text = f"{waiting} reducing orders wait"
            alert = AlertRaised(Severity.CRITICAL, "reducing_orders_wait", "order_queue", text)
            ctx.tell(EVENT_BUS, alert)

    def _is_held_up(self, order: EnqueueOrder) -> bool:
        """True for an opening order whose symbol is held or has another one in flight."""
        symbol, in_flight = order.symbol, self.state.in_flight.items()
        is_taken = symbol in self.state.holds or any(
            each == symbol and cid != order.client_order_id for cid, each in in_flight
        )
        return is_taken and is_opening(order)

    def _ask(self, order: EnqueueOrder, ctx: Context) -> None:
        ctx.record(PermitAsked(order.client_order_id))
        self._tell_limiter(order, ctx)

    def _tell_limiter(self, order: EnqueueOrder, ctx: Context) -> None:
        expires_at_ns = ctx.now + REDUCING_PATIENCE_NS
        if is_opening(order):
            expires_at_ns = order.send_by_ms * MS - self.state.offset_ns
        may_join = self._has_batches and not order.conditional
        ctx.tell(
            RATE_LIMITER,
            RequestPermit(
                token=order.client_order_id,
                call=IN_A_BATCH if may_join else PlaceOrder.__name__,
                by_symbol=True,
                priority=order.priority,
                expires_at_ns=expires_at_ns,
            ),
        )

    def _ask_next(self, gone: EnqueueOrder, ctx: Context) -> None:
        """Let the next order of the line ask, now that this one left."""
        if is_opening(gone):
            self._ask_opening(gone.symbol, ctx, gone=gone.client_order_id)
        else:
            left = [each for each in self.state.line(gone) if each is not gone]
            self._ask_first(left, ctx)

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
        orders = [each for each in self.state.waiting.values() if each.symbol == symbol]
        opening = [each for each in orders if is_opening(each) and each.client_order_id != gone]
        self._ask_first(opening, ctx)

    def _ask_first(self, line: list[EnqueueOrder], ctx: Context) -> None:
        if line and line[0].client_order_id not in self.state.asked:
            self._ask(line[0], ctx)

    def _drop(self, order: EnqueueOrder, reason: str, ctx: Context) -> None:
        ctx.record(OrderLeft(order.client_order_id, in_flight=False))
        ctx.tell(ORDER_MANAGER, OrderDropped(order.client_order_id, reason))

    def _is_stale(self, order: EnqueueOrder, now: int) -> bool:
        return is_opening(order) and now + self.state.offset_ns > order.send_by_ms * MS
