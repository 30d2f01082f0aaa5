"""Order due: what OrderManager does about an order when a wait is over, or a life begins.

OrderManager's tools for its own timers, bound to one message. A wait ends for an order that may
have gone on meanwhile, so each looks first at what the order is now. What is due after a restart
follows from the facts alone.
"""

from attrs import frozen

from ..messages.stream import StreamHealthChanged
from ..messages.values import OrderState
from .order_attempts import Attempts
from .order_calls import Kind
from .order_desk import MS, Desk
from .order_facts import (
    DeadlineDue,
    DirectiveDue,
    FillsDue,
    QueryDue,
    RedeliverDue,
    StreamNoted,
    UnresolvedDue,
)
from .order_wishes import Wishes
from .policies.order_life import Event
from .policies.order_record import Order

_OUT = (OrderState.SUBMITTED, OrderState.CANCELLING, OrderState.AMENDING)
"""States in which a request of ours is out."""


@frozen
class Due:
    """Acts on what is due; bound to one message by its desk."""

    attempts: Attempts

    @property
    def desk(self) -> Desk:
        """The manager's state and the context of the message."""
        return self.attempts.desk

    def redeliver(self, message: RedeliverDue) -> None:
        """A wait is over; a report of the id in the meantime has ended the wish."""
        order = self.desk.state.orders.get(message.client_order_id)
        if order is None:
            return
        calls = self.attempts.calls
        if order.state is OrderState.PENDING and order.attempt == message.attempt:
            self.attempts.enqueue(order.approved, order.send_by_ms)
        elif order.state is OrderState.UNKNOWN:
            calls.request(order, Kind.QUERY, order.queries + 1)
        elif order.cancel_reason and order.is_at_venue and not order.final:
            calls.cancel(order)
        elif order.state is OrderState.AMENDING:
            calls.request(order, Kind.AMEND, order.amends + 1)

    def query(self, message: QueryDue) -> None:
        """Ask for an order; one whose intent is too old is parked, since absence proves nothing."""
        order = self.desk.state.orders.get(message.client_order_id)
        if order is None or order.state is OrderState.PARKED:
            return
        age_ms = (self.desk.ctx.now - order.created_at_ns) // MS
        if order.state is OrderState.UNKNOWN and age_ms > self.desk.settings.intent_age_ms_max:
            self.desk.alert("order_parked", order, "unresolved for too long")
            self.desk.move(order, Event.PARKED, reason="unresolved for too long")
            return
        if self._is_overdue(order):
            self.desk.alert("order_overdue", order, "its time is over and its outcome unknown")
            Wishes(self.attempts.calls).cancel(order, "deadline")
        kind = Kind.FILLS if order.final else Kind.QUERY
        self.attempts.calls.request(order, kind, order.queries + 1)

    def _is_overdue(self, order: Order) -> bool:
        """True once for an order that is unknown beyond its time, so that none is without end."""
        is_over = 0 < order.deadline_ms <= self.desk.venue_ms()
        return order.state is OrderState.UNKNOWN and is_over and not order.cancel_reason

    def unresolved(self, message: UnresolvedDue) -> None:
        """Say that an order is still unknown; it is asked for as before, and never failed."""
        order = self.desk.state.orders.get(message.client_order_id)
        if order is not None and order.state is OrderState.UNKNOWN:
            self.desk.news.unresolved(order, order.reason)
            self.desk.alert("order_unresolved", order, f"still unknown: {order.reason}")

    def fills(self, message: FillsDue) -> None:
        """Fills are overdue: ask for the order, or for its fills when its end is known."""
        order = self.desk.state.find(message.client_order_id)
        if order is None or not (order.is_open or order.bare_trades):
            return
        kind = Kind.FILLS if order.final or order.bare_trades else Kind.QUERY
        self.attempts.calls.request(order, kind, order.queries + 1)
        if kind is Kind.QUERY and not self.desk.state.is_stream_healthy:
            self._poll(order)

    def stream_changed(self, message: StreamHealthChanged) -> None:
        """Without the stream nobody tells the fills of what was just sent: ask for them."""
        desk = self.desk
        if message.healthy is desk.state.is_stream_healthy:
            return
        desk.ctx.record(StreamNoted(message.healthy))
        if not message.healthy:
            for order in desk.state.orders.values():
                self._poll(order)

    def _poll(self, order: Order) -> None:
        """Ask again soon, for as long as a fill is waited for; then the passes have it."""
        desk, approved = self.desk, order.approved
        is_awaited = order.is_placed and approved.price is None and not order.final
        age_ms = (desk.ctx.now - order.created_at_ns) // MS
        if approved.order_type.is_conditional or not is_awaited:
            return
        if age_ms < desk.settings.fill_check_ms:
            desk.fills_later(order, desk.settings.fill_poll_ms)

    def directive(self, message: DirectiveDue) -> None:
        """Nobody decided about a failed request: what came of it is unknown, so ask."""
        order = self.desk.state.orders.get(message.client_order_id)
        if order is not None and order.state in _OUT:
            self.desk.doubt(order, "no directive came", 0)

    def deadline(self, message: DeadlineDue) -> None:
        """A resting entry is cancelled at its deadline."""
        order = self.desk.state.orders.get(message.client_order_id)
        if order is not None:
            Wishes(self.attempts.calls).cancel(order, "deadline")

    def take_up(self) -> None:
        """Take up every open order where its facts left it."""
        state, settings = self.desk.state, self.desk.settings
        for order in (*state.orders.values(), *state.history.values()):
            if order.final or order.bare_trades:
                self.desk.fills_later(order, settings.query_first_ms)
        for order in state.orders.values():
            self._take_up(order)

    def _take_up_cancel(self, order: Order) -> None:
        """Ask for a cancel; where one was asked for, its answer may still come, so not at once."""
        if order.cancels:
            self.desk.pursue_cancel(order)
        else:
            self.attempts.calls.cancel(order)

    def _take_up(self, order: Order) -> None:
        desk, approved = self.desk, order.approved
        if approved.price is not None and order.deadline_ms:
            desk.watch_deadline(order)
        if order.state is OrderState.PENDING:
            self.attempts.enqueue(approved, order.send_by_ms)
        elif order.state in (OrderState.SUBMITTED, OrderState.AMENDING):
            desk.doubt(order, "restarted while the request was out", 0)
        elif order.cancel_reason and order.is_at_venue and not order.final:
            self._take_up_cancel(order)
        elif order.state is not OrderState.PARKED:
            if order.state is OrderState.UNKNOWN:
                desk.watch_doubt(order)
            desk.query_later(order, desk.settings.query_first_ms)
