"""OrderManager: every order's life, from approval to its end.

Owns the orders. An attempt is recorded before it can leave; an outcome that is not clear makes the
order UNKNOWN, which only evidence leaves. Bound: open orders are bounded by the gate, ended ones by
`history_max`. Failures go to ErrorClassifier; what to do comes back as a directive.
What happens to an order is in `order_desk.py`, placing in `order_attempts.py`, the other requests
in `order_calls.py`, wishes in `order_wishes.py`, many at once in `order_sweep.py`, what is due in
`order_due.py`, what a person does in `order_parking.py`, comparing in `order_listing.py`, answers
to queries in `order_answers.py`, the facts in `order_facts.py`, their fold in `order_state.py`; the
rules are `policies/order_life.py` and `policies/order_record.py`.
"""

from typing import assert_never

from ..messages.control import EngineStarted, TradingStateChanged
from ..messages.failure import RetryDirective
from ..messages.intake import CancelOrders, EndOrder, LookForOrder
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
    TakeBackEntries,
)
from ..messages.queries import GetCancellation, GetOrder, GetOrders, GetStatistics
from ..messages.reconciliation import CompareOrders, TradesFound
from ..messages.stream import StreamHealthChanged
from ..messages.values import Operation, OrderState, TradingState
from ..messages.venue import (
    AttemptEnded,
    Fenced,
    PermitGranted,
    PermitRefused,
)
from .order_answers import order_found, orders_view
from .order_attempts import Attempts
from .order_calls import Calls, Kind, parse_call_id
from .order_desk import Desk
from .order_due import Due
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
    StartNoted,
    SweepDue,
    UnresolvedDue,
    VenueNoted,
)
from .order_forgotten import Forgotten
from .order_listing import compare
from .order_parking import Parking
from .order_state import OrdersState, apply_fact
from .order_strangers import Strangers
from .order_sweep import Sweeps
from .order_wishes import Wishes
from .policies.order_counts import statistics
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
    | CancelOrders
    | TakeBackEntries
    | LookForOrder
    | EndOrder
    | PermitGranted
    | PermitRefused
    | CompareOrders
    | TradesFound
    | TradingStateChanged
    | ClockChanged
    | StreamHealthChanged
    | EngineStarted
    | GetOrders
    | GetOrder
    | GetStatistics
    | GetCancellation
    | RedeliverDue
    | QueryDue
    | UnresolvedDue
    | FillsDue
    | DirectiveDue
    | DeadlineDue
    | SweepDue
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
            case TakeBackEntries():
                self._wishes(ctx).take_back(message)
            case CancelEntries():
                self.on_cancel_entries(message, ctx)
            case CancelOrders():
                self._sweeps(ctx).begin(message)
            case LookForOrder():
                self._parking(ctx).look(message)
            case EndOrder():
                self._parking(ctx).end(message)
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
                ctx.record(VenueNoted(message.offset_ns, self.state.silent_at_ns))
            case StreamHealthChanged():
                self._due(ctx).stream_changed(message)
            case EngineStarted():
                ctx.record(StartNoted(message.generation))
                ctx.log("orders_open", count=len(self.state.orders))
            case GetOrders():
                ctx.reply(orders_view(self.state, message))
            case GetOrder():
                ctx.reply(order_found(self.state, message))
            case GetStatistics():
                ctx.reply(statistics(self.state.counts))
            case GetCancellation():
                self._sweeps(ctx).answer(message)
            case RedeliverDue():
                self._due(ctx).redeliver(message)
            case QueryDue():
                self._due(ctx).query(message)
            case UnresolvedDue():
                self._due(ctx).unresolved(message)
            case FillsDue():
                self._due(ctx).fills(message)
            case DirectiveDue():
                self._due(ctx).directive(message)
            case DeadlineDue():
                self._due(ctx).deadline(message)
            case SweepDue():
                self._sweeps(ctx).due(message)
            case _:
                assert_never(message)

    def on_approved_order(self, message: ApprovedOrder, ctx: Context) -> None:
        """Write the intent down and let the order wait for its turn; a known one is told again."""
        known = self.state.find_same(message)
        if known is not None:
            self._attempts(ctx).told_again(known)
            return
        ctx.record(OrderIntended(message, ctx.now, self._desk(ctx).deadline_ms(message)))
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
        if order is None:  # not ours, or so late that it is forgotten
            if kind is Kind.CANCEL:
                self._sweeps(ctx).answered(client_order_id, message)
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
        self._desk(ctx).note_error(order, message)
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
        """Weigh a report about one order; one that is not ours is shown and left."""
        order = self.state.find(message.evidence.client_order_id)
        if order is not None:
            self._desk(ctx).take(order, message.evidence, message.trade)
        else:
            Strangers(self._desk(ctx)).reported(message)

    def on_cancel_intent(self, message: CancelIntent, ctx: Context) -> None:
        """Cancel the entry of an intent."""
        self._wishes(ctx).cancel_entries("cancelled by command", intent_id=message.intent_id)

    def on_amend_intent(self, message: AmendIntent, ctx: Context) -> None:
        """Amend the resting LIMIT entry of an intent."""
        self._wishes(ctx).amend(message)

    def on_cancel_leg(self, message: CancelLeg, ctx: Context) -> None:
        """Cancel one protective order; of those that no record tells of, what is ours by its id."""
        order = self.state.orders.get(message.client_order_id)
        if order is not None:
            self._wishes(ctx).cancel(order, "not needed any more")
        else:
            Forgotten(self._desk(ctx)).cancel(message.client_order_id)

    def on_cancel_entries(self, message: CancelEntries, ctx: Context) -> None:
        """Cancel every open entry of a symbol, or of all; of a flatten, nothing of them stays."""
        wishes = self._wishes(ctx)
        if message.flattens:
            wishes.flatten_entries(message.symbol)
        wishes.cancel_entries(message.reason, symbol=message.symbol)

    def on_permit_granted(self, message: PermitGranted, ctx: Context) -> None:
        """Make the call that was waiting for its permit, if it is still wanted."""
        client_order_id, kind, _ = parse_call_id(message.token)
        order = self.state.find(client_order_id)
        if order is None:
            Forgotten(self._desk(ctx)).make(client_order_id, message.token, message.permit)
        elif order.is_open or kind is Kind.FILLS:
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
        self._calls(ctx).book_found(message.symbol, message.trades, differs=message.differs)

    def on_trading_state_changed(self, message: TradingStateChanged, ctx: Context) -> None:
        """Cancel resting entries when entries are off."""
        if message.state is not TradingState.ACTIVE:
            self._wishes(ctx).cancel_entries(f"halted: {message.reason}")

    def resume(self, ctx: Context) -> None:
        """Take up every open order where its facts left it."""
        self._due(ctx).take_up()
        self._sweeps(ctx).take_up()

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact, self._settings)

    def _desk(self, ctx: Context) -> Desk:
        return Desk(self.state, self._settings, ctx)

    def _calls(self, ctx: Context) -> Calls:
        return Calls(self._desk(ctx))

    def _attempts(self, ctx: Context) -> Attempts:
        return Attempts(self._calls(ctx))

    def _wishes(self, ctx: Context) -> Wishes:
        return Wishes(self._calls(ctx))

    def _sweeps(self, ctx: Context) -> Sweeps:
        return Sweeps(self._desk(ctx))

    def _parking(self, ctx: Context) -> Parking:
        return Parking(self._calls(ctx))

    def _due(self, ctx: Context) -> Due:
        return Due(self._attempts(ctx))
