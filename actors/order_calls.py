"""Order calls: the requests of OrderManager beside the placement itself.

Queries, cancels, amends and listings of fills, each with its permit. Queries alternate between the
two stores by their number; "absent" counts only for questions in a row that left after the horizon,
so in both stores. A call's id is the client order id, a mark for its kind and a number.
"""

from enum import StrEnum
from typing import assert_never

from attrs import frozen

from ..messages.account import RefreshAccount
from ..messages.failure import ClassifyFailure, RetryDirective
from ..messages.instruments import RefreshInstruments
from ..messages.orders import RenewApproval
from ..messages.reconciliation import TradesFound
from ..messages.values import (
    Action,
    Fix,
    Operation,
    OrderState,
    Phase,
    Priority,
)
from ..messages.venue import (
    AmendOne,
    AttemptEnded,
    CancelAccepted,
    CancelOne,
    ListTrades,
    MakeCall,
    OrderEvidence,
    Permit,
    QueryOne,
    RequestPermit,
    TradeEvidence,
    TradesListed,
)
from .names import (
    ACCOUNT,
    ERROR_CLASSIFIER,
    INSTRUMENTS,
    LANE_REDUCING,
    RATE_LIMITER,
    RISK_GATE,
)
from .order_desk import MS, Desk
from .order_facts import CancelAsked, DirectiveDue, QueryAnswered, RedeliverDue
from .order_strangers import Strangers
from .policies.order_life import Event
from .policies.order_record import FINAL_EVENTS, Order, event_of, leaves_end_open
from .policies.rounding import plain

NO_SUCH_ORDER = -2013
CALL_PATIENCE_NS = 60_000_000_000
DIRECTIVE_PATIENCE_NS = 15_000_000_000
"""Longer than a rebuild of those who decide takes, with its backoff."""
FILLS_MISSING_MAX = 5
"""Listings in a row without the fills of an order that has ended, after which it is alerted."""


class Kind(StrEnum):
    """What a call is for; the mark separates it from the client order id in a call id."""

    PLACE = "#"
    CANCEL = "!"
    AMEND = "~"
    QUERY = "?"
    FILLS = "$"


def call_id(client_order_id: str, kind: Kind, number: int) -> str:
    """Return the id of a call; the alphabet of client order ids has none of the marks."""
    return f"{client_order_id}{kind.value}{number}"


def parse_call_id(text: str) -> tuple[str, Kind, int]:
    """Return (client order id, kind, number) of a call id."""
    for kind in Kind:
        client_order_id, found, number = text.partition(kind.value)
        if found:
            return client_order_id, kind, int(number)
    raise AssertionError(text)


@frozen
class Calls:
    """Asks the venue about orders; bound to one message by its desk."""

    desk: Desk

    def request(self, order: Order, kind: Kind, number: int) -> None:
        """Ask the limiter for leave to make a call; the grant comes with the call's id."""
        name = {
            Kind.QUERY: QueryOne,
            Kind.CANCEL: CancelOne,
            Kind.AMEND: AmendOne,
            Kind.FILLS: ListTrades,
        }[kind].__name__
        ctx = self.desk.ctx
        ctx.tell(
            RATE_LIMITER,
            RequestPermit(
                token=call_id(order.approved.client_order_id, kind, number),
                call=name,
                by_symbol=True,
                priority=Priority.REDUCING,
                expires_at_ns=ctx.now + CALL_PATIENCE_NS,
            ),
        )

    def again_soon(self, order: Order, kind: Kind) -> None:
        """Ask once more for a call that certainly did not leave, by the timer of its kind."""
        delay_ms, cid = self.desk.settings.query_first_ms, order.approved.client_order_id
        # It may have ended while its call waited for a permit; what settles a fill is still owed.
        is_owed = order.is_open or (kind is Kind.FILLS and bool(order.bare_trades))
        if not is_owed:
            return
        match kind:
            case Kind.QUERY:
                self.desk.query_later(order, delay_ms)
            case Kind.FILLS:
                self.desk.fills_later(order, delay_ms)
            case Kind.PLACE | Kind.CANCEL | Kind.AMEND:
                again = RedeliverDue(cid, order.attempt)
                self.desk.ctx.after(delay_ms * MS, again, key=f"retry/{cid}")
            case _:
                assert_never(kind)

    def make(self, order: Order, token: str, permit: Permit) -> None:
        """Make the call that a permit was granted for."""
        _, kind, number = parse_call_id(token)
        approved = order.approved
        cid, symbol = approved.client_order_id, approved.symbol
        conditional = approved.order_type.is_conditional
        call: QueryOne | CancelOne | ListTrades | AmendOne
        match kind:
            case Kind.QUERY:
                other_store = number % 2 == 0
                call = QueryOne(cid, symbol, conditional != other_store)
            case Kind.CANCEL:
                in_algo_store = conditional and order.state is not OrderState.TRIGGERING
                call = CancelOne(cid, symbol, in_algo_store and not order.filled)
            case Kind.FILLS:
                # By its id: the venue's clock may have been another when it filled.
                call = ListTrades(symbol, 0, order.venue_order_id)
            case Kind.AMEND:
                call = _amendment(order)
            case _:
                raise AssertionError(kind)
        self._tell_lane(token, call, permit)

    def answered_query(self, order: Order, message: AttemptEnded, number: int) -> None:
        """Believe what a query found; what it did not find counts only past the horizon.

        It counts once a number: a second answer would speak for the store that was asked before.
        """
        is_next = order.is_open and number == order.queries + 1
        if isinstance(message.result, OrderEvidence):
            self.desk.take(order, message.result, None)
            self.desk.pursue_cancel(order)
            if is_next and says_too_little(message.result):
                # The other store, of which the next query is, may know more.
                self._ask_again(order, absent=False)
            return
        if not is_next:
            return
        if message.phase is not Phase.ANSWERED or message.code != NO_SUCH_ORDER:
            self._ask_again(order, absent=False)
        elif order.changed_at_ns > message.sent_at_ns or message.sent_at_ms <= order.horizon_ms:
            self._say_inconclusive(order)
            self._ask_again(order, absent=False)
        elif order.absent == 0:
            self._ask_again(order, absent=True)
        else:
            self._conclude_absent(order)

    def answered_cancel(self, order: Order, message: AttemptEnded) -> None:
        """A cancel that the venue confirms ends the order; an unreadable answer proves nothing."""
        if isinstance(message.result, OrderEvidence):
            self.desk.take(order, message.result, None)
        elif not order.is_open:
            return
        elif isinstance(message.result, CancelAccepted):
            self.desk.move(order, Event.CANCEL_CONFIRMED, reason=order.cancel_reason)
        else:
            self.classify(order, message, order.cancels)

    def answered_amend(self, order: Order, message: AttemptEnded) -> None:
        """An amend answers with the order as it is now."""
        evidence = message.result
        if not isinstance(evidence, OrderEvidence):
            self.classify(order, message, 1)
            return
        self.desk.take(order, evidence, None)
        event = event_of(evidence)
        # An unknown status has put it in doubt already.
        if order.is_open and event is not None and event not in FINAL_EVENTS:
            self.desk.move(order, Event.AMENDED)

    def answered_fills(self, order: Order, message: AttemptEnded) -> None:
        """Book the fills that the stream has not told; ask again while some are missing."""
        settings = self.desk.settings
        if not isinstance(message.result, TradesListed):
            self.desk.fills_later(order, settings.query_first_ms)
            return
        if order.is_open or order.bare_trades:
            self.desk.fills_later(order, settings.query_cap_ms)
        if order.final and not any(_is_new(trade, order) for trade in message.result.trades):
            self._miss_fills(order)
        self.book_found(order.approved.symbol, message.result.trades)

    def book_found(
        self, symbol: str, trades: tuple[TradeEvidence, ...], *, differs: bool = False
    ) -> None:
        """Book fills from a listing; of each order one a step, the rest are told to myself.

        Where the position `differs`, the monitor may have lost what was booked: it is told again.
        """
        touched: dict[str, bool] = {}
        left: list[TradeEvidence] = []
        for trade in trades:
            order = self._by_venue_id(trade.venue_order_id)
            if order is None:
                if differs:
                    Strangers(self.desk).listed(trade)
                continue
            if trade.trade_id in order.trade_ids:
                self.desk.settle_trade(order, trade)
                if differs:
                    self.desk.news.fill_again(order, trade)
                continue
            cid = order.approved.client_order_id
            if cid in touched:
                left.append(trade)
            else:
                touched[cid] = True
                self.desk.book_alone(order, trade)
        if left:
            self.desk.ctx.tell(self.desk.ctx.me, TradesFound(symbol, tuple(left)))

    def _by_venue_id(self, venue_order_id: str) -> Order | None:
        state = self.desk.state
        for orders in (state.orders, state.history):
            for order in orders.values():
                if order.venue_order_id == venue_order_id:
                    return order
        return None

    def classify(self, order: Order, message: AttemptEnded, attempt: int) -> None:
        """Hand a failed attempt to the classifier; the supervisor's word must come in time."""
        approved = order.approved
        is_opening = approved.priority is Priority.OPENING
        self.desk.ctx.tell(
            ERROR_CLASSIFIER,
            ClassifyFailure(
                client_order_id=approved.client_order_id,
                symbol=approved.symbol,
                leg=approved.leg,
                priority=approved.priority,
                attempt=max(1, attempt),
                operation=message.operation,
                phase=message.phase,
                status=message.status,
                code=message.code,
                text=message.text,
                send_by_ms=order.send_by_ms if is_opening else 0,
                deadline_ms=order.deadline_ms,
                sent_at_ms=message.sent_at_ms,
                fixes_tried=tuple(order.fixes),
                retry_after_s=message.retry_after_s,
            ),
        )
        cid = approved.client_order_id
        self.desk.ctx.after(DIRECTIVE_PATIENCE_NS, DirectiveDue(cid), key=f"word/{cid}")

    def cancel(self, order: Order) -> None:
        """Ask for the order's cancellation at the venue."""
        self.desk.ctx.record(CancelAsked(order.approved.client_order_id))
        if order.state is not OrderState.CANCELLING:
            self.desk.move(order, Event.CANCEL_SENT)
        self.request(order, Kind.CANCEL, order.cancels + 1)

    def directed(self, order: Order, message: RetryDirective) -> None:
        """Follow the supervisor's word about a cancel or an amend, unless evidence came first."""
        is_cancel = message.operation is Operation.CANCEL
        if order.state is not (OrderState.CANCELLING if is_cancel else OrderState.AMENDING):
            return
        match message.action:
            case Action.REDELIVER | Action.FIX_AND_REDELIVER | Action.REAPPROVE if is_cancel:
                if message.fix is not None:
                    self.fix(message.fix, order, message.reason)
                cid = order.approved.client_order_id
                self.desk.ctx.after(
                    message.delay_ms * MS, RedeliverDue(cid, -1), key=f"retry/{cid}"
                )
            case Action.QUERY if is_cancel:
                self.desk.doubt(order, message.reason, message.delay_ms)
            case _ if is_cancel:
                self.desk.move(order, Event.GIVEN_UP, reason=message.reason)
                self.desk.query_later(order, self.desk.settings.query_first_ms)
            case Action.QUERY:
                self.desk.doubt(order, message.reason, message.delay_ms)
            case _:
                self.desk.move(order, Event.AMEND_REFUSED, reason=message.reason)

    def fix(self, fix: Fix, order: Order, reason: str) -> None:
        """Let the owner put right what the venue complained about; a lane has told the clock."""
        if fix is Fix.REFRESH_FILTERS:
            self.desk.ctx.tell(INSTRUMENTS, RefreshInstruments(order.approved.symbol, reason))
        elif fix is Fix.REFRESH_MODE:
            self.desk.ctx.tell(ACCOUNT, RefreshAccount(reason))

    def renew(self, order: Order) -> None:
        """An aged approval goes back through the gate."""
        approved = order.approved
        renewal = RenewApproval(approved.client_order_id, approved.intent_id)
        self.desk.ctx.tell(RISK_GATE, renewal)

    def _tell_lane(
        self, token: str, call: QueryOne | CancelOne | ListTrades | AmendOne, permit: Permit
    ) -> None:
        self.desk.ctx.tell(
            LANE_REDUCING,
            MakeCall(
                call_id=token,
                call=call,
                permit=permit,
                priority=Priority.REDUCING,
                epoch=0,
                send_by_ms=0,
            ),
        )

    def _ask_again(self, order: Order, *, absent: bool) -> None:
        settings = self.desk.settings
        self.desk.ctx.record(QueryAnswered(order.approved.client_order_id, absent))
        delay_ms = min(settings.query_first_ms << min(order.queries, 16), settings.query_cap_ms)
        self.desk.query_later(order, settings.query_first_ms if absent else delay_ms)

    def _miss_fills(self, order: Order) -> None:
        """The venue told the end and lists no more fills: count it, and tell a person in time."""
        self.desk.ctx.record(QueryAnswered(order.approved.client_order_id, absent=False))
        if order.queries + 1 == FILLS_MISSING_MAX:
            told = f"{order.final} with {plain(order.reported)}, {plain(order.filled)} of it listed"
            self.desk.alert("fills_missing", order, f"the venue said {told}")

    def _say_inconclusive(self, order: Order) -> None:
        """A stop or a whole close does not wait for the horizon: the monitor may send another."""
        if not order.queries and order.state is OrderState.UNKNOWN:
            reason = "one query did not find it"
            self.desk.news.leg(order, order.state, order.filled, reason, "INCONCLUSIVE")

    def _conclude_absent(self, order: Order) -> None:
        """Both stores lack it, and no request of ours can be accepted any more."""
        desk, cid = self.desk, order.approved.client_order_id
        if order.is_placed or order.venue_order_id:
            desk.alert("order_vanished", order, "the venue knew it and has no record any more")
            desk.move(order, Event.PARKED, reason="gone from the venue's records")
        elif order.cancel_reason:
            desk.move(order, Event.ABSENT, Event.WITHDRAWN, reason=order.cancel_reason)
        else:
            desk.move(order, Event.ABSENT, reason="not executed")
            if order.approved.priority is Priority.OPENING:
                self.renew(order)
            else:
                desk.ctx.after(0, RedeliverDue(cid, order.attempt), key=f"retry/{cid}")


def says_too_little(evidence: OrderEvidence) -> bool:
    """Say whether the answer to a query leaves it open what the order is."""
    return event_of(evidence) is None or leaves_end_open(evidence)


def _is_new(trade: TradeEvidence, order: Order) -> bool:
    return trade.venue_order_id == order.venue_order_id and trade.trade_id not in order.trade_ids


def _amendment(order: Order) -> AmendOne:
    approved, wish = order.approved, order.amend
    assert wish is not None
    assert order.ordered is not None
    assert order.price is not None
    return AmendOne(
        approved.client_order_id,
        approved.symbol,
        approved.side,
        wish.quantity or order.ordered,
        wish.price or order.price,
    )
