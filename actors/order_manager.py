"""OrderManager: every order's life, from approval to its end.

Owns the orders. An attempt is recorded before it can leave; an outcome that is not clear makes the
order UNKNOWN, which only evidence leaves. Bound: open orders are bounded by the gate, ended ones by
`history_max`. Failures go to ErrorClassifier; what to do comes back as a directive.
What happens to an order is in `order_desk.py`, placing in `order_attempts.py`, the other requests
in `order_calls.py`, wishes in `order_wishes.py`, comparing in `order_listing.py`, the facts in
`order_facts.py` and their fold in `order_state.py`; the rules are `policies/order_life.py` and
`policies/order_record.py`.
"""

from typing import assert_never

from ..messages.control import EngineStarted, TradingStateChanged
from ..messages.failure import RetryDirective
from ..messages.market import ClockChanged
from ..messages.orders import (
    AmendIntent,
    ApprovalRenewed,
    ApprovedOrder,
    CancelEntries,
    CancelIntent,
    CancelLeg,
    OrderDropped,
    OrderReleased,
    OrderReported,
    RenewalRefused,
)
from ..messages.queries import GetOrders, OrdersView
from ..messages.reconciliation import CompareOrders, TradesFound
from ..messages.values import Operation, OrderState, TradingState
from ..messages.venue import (
    AttemptEnded,
    Fenced,
    PermitGranted,
    PermitRefused,
)
from .order_attempts import Attempts
from .order_calls import Calls, Kind, parse_call_id
from .order_desk import MS, Desk
from .order_facts import (
    PRIVATE,
    DeadlineDue,
    DirectiveDue,
    Fact,
    FillsDue,
    OrderIntended,
    QueryDue,
    RedeliverDue,
    Renewed,
    VenueNoted,
)
from .order_listing import compare
from .order_state import OrdersState, apply_fact, order_view
from .order_wishes import Wishes
from .policies.order_life import Event
from .runtime.actor import Actor, Context
from .settings import OrderSettings

Inbox = (
    ApprovedOrder
    | OrderReleased
    | OrderDropped
    | AttemptEnded
    | Fenced
    | RetryDirective
    | ApprovalRenewed
    | RenewalRefused
    | OrderReported
    | CancelIntent
    | AmendIntent
    | CancelLeg
    | CancelEntries
    | PermitGranted
    | PermitRefused
    | CompareOrders
    | TradesFound
    | TradingStateChanged
    | ClockChanged
    | EngineStarted
    | GetOrders
    | RedeliverDue
    | QueryDue
    | FillsDue
    | DirectiveDue
    | DeadlineDue
)


class OrderManager(Actor):
    """Sends by directive, believes by evidence."""

    State = OrdersState
    private = PRIVATE
    state: OrdersState

    def __init__(self, settings: OrderSettings) -> None:
        super().__init__()
        self._settings = settings

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901, PLR0912, PLR0915
        """Handle one message."""
        match message:
            case ApprovedOrder():
                self.on_approved_order(message, ctx)
            case OrderReleased():
                self.on_order_released(message, ctx)
            case OrderDropped():
                self.on_order_dropped(message, ctx)
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case Fenced():
                self.on_fenced(message, ctx)
            case RetryDirective():
                self.on_retry_directive(message, ctx)
            case ApprovalRenewed():
                self.on_approval_renewed(message, ctx)
            case RenewalRefused():
                self.on_renewal_refused(message, ctx)
            case OrderReported():
                self.on_order_reported(message, ctx)
            case CancelIntent():
                self.on_cancel_intent(message, ctx)
            case AmendIntent():
                self.on_amend_intent(message, ctx)
            case CancelLeg():
                self.on_cancel_leg(message, ctx)
            case CancelEntries():
                self.on_cancel_entries(message, ctx)
            case PermitGranted():
                self.on_permit_granted(message, ctx)
            case PermitRefused():
                self.on_permit_refused(message, ctx)
            case CompareOrders():
                self.on_compare_orders(message, ctx)
            case TradesFound():
                self.on_trades_found(message, ctx)
            case TradingStateChanged():
                self.on_trading_state_changed(message, ctx)
            case ClockChanged():
                ctx.record(VenueNoted(message.offset_ns, self.state.is_silent))
            case EngineStarted():
                ctx.log("orders_open", count=len(self.state.orders))
            case GetOrders():
                self.on_get_orders(message, ctx)
            case RedeliverDue():
                self.on_redeliver(message, ctx)
            case QueryDue():
                self.on_query(message, ctx)
            case FillsDue():
                self.on_check_fills(message, ctx)
            case DirectiveDue():
                self.on_directive_due(message, ctx)
            case DeadlineDue():
                self.on_deadline(message, ctx)
            case _:
                assert_never(message)

    def on_approved_order(self, message: ApprovedOrder, ctx: Context) -> None:
        """Write the intent down and let the order wait for its turn; a known one is told again."""
        known = self.state.find_same(message)
        if known is not None:
            self._attempts(ctx).told_again(known)
            return
        ctx.record(OrderIntended(message, ctx.now))
        self._attempts(ctx).enqueue(message, message.send_by_ms)

    def on_order_released(self, message: OrderReleased, ctx: Context) -> None:
        """Send the order: the attempt is in the record before its first byte."""
        order = self.state.orders.get(message.client_order_id)
        if order is None or order.state is not OrderState.PENDING:
            self._desk(ctx).free_slot(message.client_order_id)
            return
        self._attempts(ctx).send(order, message.permit)

    def on_order_dropped(self, message: OrderDropped, ctx: Context) -> None:
        """The queue let go of an order that was not sent this time."""
        order = self.state.orders.get(message.client_order_id)
        if order is None or order.state is not OrderState.PENDING:
            return
        if message.reason.startswith("stale"):
            self._calls(ctx).renew(order)
        else:
            self._desk(ctx).move(order, Event.GIVEN_UP, reason=message.reason)

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Hear what came of a call; an answer for an earlier attempt is evidence too."""
        client_order_id, kind, number = parse_call_id(message.call_id)
        order, calls = self.state.find(client_order_id), self._calls(ctx)
        calls.desk.hear_venue(message)
        if order is None:  # so late that its order is forgotten
            return
        match kind:
            case Kind.PLACE:
                self._attempts(ctx).ended(order, message, number)
            case Kind.CANCEL:
                calls.answered_cancel(order, message)
            case Kind.AMEND:
                calls.answered_amend(order, message)
            case Kind.QUERY:
                calls.answered_query(order, message, number)
            case Kind.FILLS:
                calls.answered_fills(order, message)
            case _:
                assert_never(kind)

    def on_fenced(self, message: Fenced, ctx: Context) -> None:
        """The lane certainly sent nothing."""
        client_order_id, kind, number = parse_call_id(message.call_id)
        order = self.state.find(client_order_id)
        if order is None:
            return
        if kind is Kind.PLACE:
            self._attempts(ctx).fenced(order, message, number)
        else:
            self._calls(ctx).again_soon(order, kind)

    def on_retry_directive(self, message: RetryDirective, ctx: Context) -> None:
        """Do what the supervisor says, unless evidence came first."""
        ctx.cancel(f"word/{message.client_order_id}")
        order = self.state.orders.get(message.client_order_id)
        if order is None:
            return
        if message.operation is Operation.PLACE:
            self._attempts(ctx).directed(order, message)
        else:
            self._calls(ctx).directed(order, message)

    def on_approval_renewed(self, message: ApprovalRenewed, ctx: Context) -> None:
        """Let the order wait for its turn again."""
        order = self.state.orders.get(message.client_order_id)
        if order is None or order.state is not OrderState.PENDING:
            return
        ctx.record(Renewed(message.client_order_id, message.epoch, message.send_by_ms))
        self._attempts(ctx).enqueue(order.approved, message.send_by_ms)

    def on_renewal_refused(self, message: RenewalRefused, ctx: Context) -> None:
        """The gate does not want it any more."""
        order = self.state.orders.get(message.client_order_id)
        if order is not None and order.state is OrderState.PENDING:
            self._desk(ctx).move(order, Event.GIVEN_UP, reason=message.guard)

    def on_order_reported(self, message: OrderReported, ctx: Context) -> None:
        """Weigh a report about one order; one that is not ours is only noted."""
        order = self.state.find(message.evidence.client_order_id)
        if order is not None:
            self._desk(ctx).take(order, message.evidence, message.trade)
        else:
            evidence = message.evidence
            ctx.log("foreign_order", id=evidence.client_order_id, status=evidence.status)

    def on_cancel_intent(self, message: CancelIntent, ctx: Context) -> None:
        """Cancel the entry of an intent."""
        self._wishes(ctx).cancel_entries("cancelled by command", intent_id=message.intent_id)

    def on_amend_intent(self, message: AmendIntent, ctx: Context) -> None:
        """Amend the resting LIMIT entry of an intent."""
        self._wishes(ctx).amend(message)

    def on_cancel_leg(self, message: CancelLeg, ctx: Context) -> None:
        """Cancel one protective order."""
        order = self.state.orders.get(message.client_order_id)
        if order is not None:
            self._wishes(ctx).cancel(order, "not needed any more")

    def on_cancel_entries(self, message: CancelEntries, ctx: Context) -> None:
        """Cancel every open entry of a symbol, or of all."""
        self._wishes(ctx).cancel_entries(message.reason, symbol=message.symbol)

    def on_permit_granted(self, message: PermitGranted, ctx: Context) -> None:
        """Make the call that was waiting for its permit, if it is still wanted."""
        client_order_id, kind, _ = parse_call_id(message.token)
        order = self.state.find(client_order_id)
        if order is None or not (order.is_open or kind is Kind.FILLS):
            return
        self._calls(ctx).make(order, message.token, message.permit)

    def on_permit_refused(self, message: PermitRefused, ctx: Context) -> None:
        """Ask later again."""
        client_order_id, kind, _ = parse_call_id(message.token)
        order = self.state.find(client_order_id)
        if order is not None:
            self._calls(ctx).again_soon(order, kind)

    def on_compare_orders(self, message: CompareOrders, ctx: Context) -> None:
        """Compare a listing with the open orders; what is missing twice is asked for."""
        ctx.tell(ctx.sender, compare(self._desk(ctx), message))

    def on_trades_found(self, message: TradesFound, ctx: Context) -> None:
        """Book fills that a listing shows and the stream did not."""
        self._calls(ctx).book_found(message.symbol, message.trades)

    def on_trading_state_changed(self, message: TradingStateChanged, ctx: Context) -> None:
        """Cancel resting entries when entries are off."""
        if message.state is not TradingState.ACTIVE:
            self._wishes(ctx).cancel_entries(f"halted: {message.reason}")

    def on_get_orders(self, message: GetOrders, ctx: Context) -> None:
        """Answer with a snapshot."""
        orders = list(self.state.orders.values())
        if not message.open_only:
            orders = [*self.state.history.values(), *orders]
        views = (order_view(order) for order in orders)
        ctx.reply(OrdersView(tuple(v for v in views if message.symbol in ("", v.symbol))))

    def on_redeliver(self, message: RedeliverDue, ctx: Context) -> None:
        """A wait is over; a report of the id in the meantime has ended the wish."""
        order = self.state.orders.get(message.client_order_id)
        if order is None:
            return
        if order.state is OrderState.PENDING and order.attempt == message.attempt:
            self._attempts(ctx).enqueue(order.approved, order.send_by_ms)
        elif order.state is OrderState.UNKNOWN:
            self._calls(ctx).request(order, Kind.QUERY, order.queries + 1)
        elif order.cancel_reason and order.is_at_venue and not order.final:
            self._calls(ctx).cancel(order)
        elif order.state is OrderState.AMENDING:
            self._calls(ctx).request(order, Kind.AMEND, order.amends + 1)

    def on_query(self, message: QueryDue, ctx: Context) -> None:
        """Ask for an order; one whose intent is too old is parked, since absence proves nothing."""
        order = self.state.orders.get(message.client_order_id)
        if order is None or order.state is OrderState.PARKED:
            return
        age_ms = (ctx.now - order.created_at_ns) // MS
        if order.state is OrderState.UNKNOWN and age_ms > self._settings.intent_age_ms_max:
            self._desk(ctx).alert("order_parked", order, "unresolved for too long")
            self._desk(ctx).move(order, Event.PARKED, reason="unresolved for too long")
            return
        kind = Kind.FILLS if order.final else Kind.QUERY
        self._calls(ctx).request(order, kind, order.queries + 1)

    def on_check_fills(self, message: FillsDue, ctx: Context) -> None:
        """Fills are overdue: ask for the order, or for its fills when its end is known."""
        order = self.state.find(message.client_order_id)
        if order is None or not (order.is_open or order.bare_trades):
            return
        kind = Kind.FILLS if order.final or order.bare_trades else Kind.QUERY
        self._calls(ctx).request(order, kind, order.queries + 1)

    def on_directive_due(self, message: DirectiveDue, ctx: Context) -> None:
        """Nobody decided about a failed request: what came of it is unknown, so ask."""
        order = self.state.orders.get(message.client_order_id)
        if order is not None and order.state in _OUT:
            self._desk(ctx).doubt(order, "no directive came", 0)

    def on_deadline(self, message: DeadlineDue, ctx: Context) -> None:
        """A resting entry is cancelled at its deadline."""
        order = self.state.orders.get(message.client_order_id)
        if order is not None:
            self._wishes(ctx).cancel(order, "deadline")

    def resume(self, ctx: Context) -> None:
        """Take up every open order where its facts left it."""
        for order in (*self.state.orders.values(), *self.state.history.values()):
            if order.final or order.bare_trades:
                self._desk(ctx).fills_later(order, self._settings.query_first_ms)
        for order in self.state.orders.values():
            approved = order.approved
            if approved.price is not None and approved.deadline_ms:
                delay_ns = max(0, approved.deadline_ms - self._desk(ctx).venue_ms()) * MS
                cid = approved.client_order_id
                ctx.after(delay_ns, DeadlineDue(cid), key=f"deadline/{cid}")
            if order.state is OrderState.PENDING:
                self._attempts(ctx).enqueue(approved, order.send_by_ms)
            elif order.state in (OrderState.SUBMITTED, OrderState.AMENDING):
                self._desk(ctx).doubt(order, "restarted while the request was out", 0)
            elif order.cancel_reason and order.is_at_venue and not order.final:
                self._calls(ctx).cancel(order)
            elif order.state is not OrderState.PARKED:
                self._desk(ctx).query_later(order, self._settings.query_first_ms)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact, self._settings.history_max)

    def _desk(self, ctx: Context) -> Desk:
        return Desk(self.state, self._settings, ctx)

    def _calls(self, ctx: Context) -> Calls:
        return Calls(self._desk(ctx))

    def _attempts(self, ctx: Context) -> Attempts:
        return Attempts(self._calls(ctx))

    def _wishes(self, ctx: Context) -> Wishes:
        return Wishes(self._calls(ctx))


_OUT = (OrderState.SUBMITTED, OrderState.CANCELLING, OrderState.AMENDING)
"""States in which a request of ours is out."""
