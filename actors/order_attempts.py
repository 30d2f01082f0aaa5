"""Order attempts: one placement after the other, from its turn to what came of the request.

OrderManager's tools for placing, bound to one message. An attempt is in the record before its
first byte; what came of it counts only for the attempt that is out, and evidence counts always.
Whether there is another one is the supervisor's word.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from attrs import frozen

from ..messages.failure import RetryDirective
from ..messages.orders import ApprovedOrder, EnqueueOrder
from ..messages.values import Action, OrderState, Outcome, Priority, SelfTradePrevention
from ..messages.venue import AttemptEnded, Fenced, MakeCall, OrderEvidence, Permit, PlaceOrder
from .names import LANE_OPENING, LANE_REDUCING, ORDER_QUEUE
from .order_calls import Calls, Kind, call_id
from .order_desk import MS, Desk
from .order_facts import AttemptStarted, FixTried, RedeliverDue
from .policies.order_life import Event
from .policies.order_record import Order

PREVENTIONS: Mapping[str, SelfTradePrevention | None] = MappingProxyType(
    {"venue": None, **{each.value.lower(): each for each in SelfTradePrevention}}
)
"""Word of the setting -> what is asked for; None leaves it to the venue."""


@frozen
class Attempts:
    """Places orders; bound to one message by its desk."""

    calls: Calls

    @property
    def desk(self) -> Desk:
        """The manager's state and the context of the message."""
        return self.calls.desk

    def enqueue(self, approved: ApprovedOrder, send_by_ms: int) -> None:
        """Let the order wait for its turn."""
        self.desk.ctx.tell(
            ORDER_QUEUE,
            EnqueueOrder(
                client_order_id=approved.client_order_id,
                symbol=approved.symbol,
                priority=approved.priority,
                conditional=approved.order_type.is_conditional,
                send_by_ms=send_by_ms,
                signal_id=approved.signal_id,
            ),
        )

    def told_again(self, order: Order) -> None:
        """Who asks twice has not heard the answer, or the queue never heard of the order."""
        if order.state is OrderState.PENDING:
            self.enqueue(order.approved, order.send_by_ms)
        else:
            self.desk.news.leg(order, order.state, order.filled, order.reason, "")

    def send(self, order: Order, permit: Permit) -> None:
        """Send the order: the attempt is in the record before its first byte."""
        approved, attempt, settings = order.approved, order.attempt + 1, self.desk.settings
        expires_ms = (permit.expires_at_ns + self.desk.state.offset_ns) // MS
        horizon_ms = expires_ms + settings.recv_window_ms + settings.unknown_margin_ms
        ctx = self.desk.ctx
        ctx.record(AttemptStarted(approved.client_order_id, attempt, horizon_ms, ctx.now))
        is_opening = approved.priority is Priority.OPENING
        self.desk.news.sent(approved, attempt)
        ctx.tell(
            LANE_OPENING if is_opening else LANE_REDUCING,
            MakeCall(
                call_id=call_id(approved.client_order_id, Kind.PLACE, attempt),
                call=_placement(approved, settings.self_trade_prevention),
                permit=permit,
                priority=approved.priority,
                epoch=order.epoch,
                send_by_ms=order.send_by_ms,
            ),
        )

    def ended(self, order: Order, message: AttemptEnded, attempt: int) -> None:
        """The placement was answered, at last or in time."""
        if isinstance(message.result, OrderEvidence):
            self.desk.take(order, message.result, None)
            if order.cancel_reason and order.is_open:
                cid = order.approved.client_order_id
                self.desk.ctx.after(0, RedeliverDue(cid, -1), key=f"retry/{cid}")
        elif order.state is OrderState.SUBMITTED and order.attempt == attempt:
            self.calls.classify(order, message, attempt)

    def fenced(self, order: Order, message: Fenced, attempt: int) -> None:
        """The lane certainly did not send it: try again, ask the gate again, or give up."""
        if order.state is not OrderState.SUBMITTED or order.attempt != attempt:
            return
        is_reducing = order.approved.priority is Priority.REDUCING
        if is_reducing or message.reason == "clock_untrusted":
            # The clock is being read at this moment; the gate would only refuse for its sake.
            if self._waits_again(order):
                self.calls.again_soon(order, Kind.PLACE)
        elif message.reason in ("halted", "symbol_reducing"):
            events = (Event.NOT_SENT, Event.GIVEN_UP)
            self.desk.move(order, *events, reason=message.reason)
        elif self._waits_again(order):
            self.calls.renew(order)

    def directed(self, order: Order, message: RetryDirective) -> None:
        """Do what the supervisor says, unless evidence came first."""
        if order.state is not OrderState.SUBMITTED or order.attempt != message.attempt:
            return
        match message.action:
            case Action.REDELIVER | Action.FIX_AND_REDELIVER:
                self._redeliver_later(order, message)
            case Action.REAPPROVE:
                if self._waits_again(order):
                    self.calls.renew(order)
            case Action.QUERY:
                self.desk.doubt(order, message.reason, message.delay_ms)
            case Action.END:
                self._refuse(order, message)
            case Action.PARK:
                self.desk.move(order, Event.PARKED, reason=message.reason)
            case _:
                assert_never(message.action)

    def _waits_again(self, order: Order, reason: str = "") -> bool:
        """The venue does not have it: let it wait, unless it shall be cancelled, which ends it."""
        if order.cancel_reason:
            self.desk.move(order, Event.NOT_SENT, Event.WITHDRAWN, reason=order.cancel_reason)
            return False
        self.desk.move(order, Event.NOT_SENT, reason=reason)
        return True

    def _redeliver_later(self, order: Order, message: RetryDirective) -> None:
        cid, ctx = message.client_order_id, self.desk.ctx
        if message.fix is not None:
            ctx.record(FixTried(cid, message.fix))
            self.calls.fix(message.fix, order, message.reason)
        if self._waits_again(order, message.reason):
            ctx.after(message.delay_ms * MS, RedeliverDue(cid, order.attempt), key=f"retry/{cid}")

    def _refuse(self, order: Order, message: RetryDirective) -> None:
        """End an order that the venue refused, or that has no chance any more."""
        is_refused = message.outcome is Outcome.REJECTED
        events = (Event.REJECTED,) if is_refused else (Event.NOT_SENT, Event.GIVEN_UP)
        reason = f"{message.kind}: {message.reason}"
        self.desk.move(order, *events, reason=reason, kind=message.kind)


def _placement(approved: ApprovedOrder, prevention: str) -> PlaceOrder:
    return PlaceOrder(
        client_order_id=approved.client_order_id,
        symbol=approved.symbol,
        side=approved.side,
        position_side=approved.position_side,
        order_type=approved.order_type,
        quantity=approved.quantity,
        price=approved.price,
        trigger_price=approved.trigger_price,
        time_in_force=approved.time_in_force,
        reduce_only=approved.reduce_only,
        close_position=approved.close_position,
        working_type=approved.working_type,
        good_till_ms=approved.good_till_ms,
        price_match=approved.price_match,
        self_trade_prevention=PREVENTIONS[prevention],
        trailing=approved.trailing if approved.order_type.is_conditional else None,
    )
