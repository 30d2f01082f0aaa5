"""Order desk: what happens to one order, written down and told to everybody concerned.

OrderManager's tools, bound to one message: `move` carries an order along the table of
`policies/order_life.py`, `take` weighs evidence, `book_alone` counts a fill once. An end is
believed only when the fills add up. Illegal moves that the venue seems to report are not made: they
raise an alert and the order is asked for. Who hears of what is in `order_news.py`.
"""

from decimal import Decimal

from attrs import define, evolve, field

from ..messages.events import (
    AlertRaised,
    OrderUnknown,
)
from ..messages.failure import RetryDirective, VenueAnswered
from ..messages.orders import (
    ApprovedOrder,
    FillSettled,
    HoldSymbol,
    ReleaseSymbol,
    SlotFreed,
    WithdrawOrder,
)
from ..messages.values import OrderState, Phase, Priority, Severity
from ..messages.venue import AttemptEnded, OrderEvidence, TradeEvidence
from .names import CIRCUIT_BREAKER, EVENT_BUS, ORDER_QUEUE, POSITION_MONITOR
from .order_facts import (
    DeadlineDue,
    ErrorNoted,
    FillsDue,
    OrderMoved,
    OrderSeen,
    QueryDue,
    RedeliverDue,
    StatusQuarantined,
    TradeBooked,
    TradeSettled,
    UnresolvedDue,
    VenueNoted,
)
from .order_news import News
from .order_state import OrdersState
from .policies.order_life import TRANSITIONS, Event, next_state
from .policies.order_record import (
    FINAL_EVENTS,
    HELD,
    ZERO,
    Order,
    amendment_of,
    error_of,
    event_of,
    fill_event,
    leaves_end_open,
    settle,
    stays_sent,
)
from .policies.slippage import slippage_pct
from .policies.venue_health import is_silent
from .runtime.actor import Context
from .settings import OrderSettings

MS = 1_000_000
FILLS_OVERDUE_NS = 1_000_000_000
"""An end without its fills is followed by a question after so long: streams lag by less."""

ANSWERS_TOLD_NS = 60_000_000_000
"""For so long after a failure of the venue its answers are news to the breaker: its window."""


@define
class Desk:
    """The manager's state, settings and the context of the message at hand."""

    state: OrdersState
    settings: OrderSettings
    ctx: Context
    _booked_cost: Decimal = field(init=False, default=ZERO)
    _is_ending: bool = field(init=False, default=False)
    """True when an end was reported in this step and waits for its fills."""

    @property
    def news(self) -> News:
        """Who is told what."""
        return News(self.ctx)

    def venue_ms(self) -> int:
        """Venue time of this step."""
        return (self.ctx.now + self.state.offset_ns) // MS

    def deadline_ms(self, approved: ApprovedOrder) -> int:
        """Return when an order ends at the latest; protection rests as long as its position."""
        if approved.deadline_ms or approved.leg.is_protective:
            return approved.deadline_ms
        return self.venue_ms() + self.settings.deadline_ms_default

    def hear_venue(self, ended: AttemptEnded) -> None:
        """Tell the breaker that the venue answers, for a while after each failure of its own."""
        silent_at_ns = self.state.silent_at_ns
        is_recent = silent_at_ns and self.ctx.now - silent_at_ns < ANSWERS_TOLD_NS
        if is_silent(ended.phase, ended.status):
            self.ctx.record(VenueNoted(self.state.offset_ns, self.ctx.now))
        elif ended.phase is Phase.ANSWERED and is_recent:
            self.ctx.tell(CIRCUIT_BREAKER, VenueAnswered())

    def move(self, order: Order, *events: Event, reason: str = "", kind: str = "") -> None:
        """Let events happen to an order and tell whom it concerns."""
        self._moved(order, events, order.filled, reason, kind)

    def doubt(self, order: Order, reason: str, delay_ms: int) -> None:
        """The outcome is unknown: hold the symbol and ask the venue."""
        if order.state is not OrderState.UNKNOWN:
            approved = order.approved
            self.move(order, Event.OUTCOME_UNKNOWN, reason=reason)
            self.ctx.tell(
                EVENT_BUS,
                OrderUnknown(approved.signal_id, approved.client_order_id, approved.symbol, reason),
            )
        self.query_later(order, max(delay_ms, self.settings.query_first_ms))

    def watch_doubt(self, order: Order) -> None:
        """Look whether the order is still unknown when a fill would have been verified (C-06)."""
        cid, delay_ns = order.approved.client_order_id, self.settings.fill_check_ms * MS
        self.ctx.after(delay_ns, UnresolvedDue(cid), key=f"unresolved/{cid}")

    def query_later(self, order: Order, delay_ms: int) -> None:
        """Ask the venue for the order after a while."""
        cid = order.approved.client_order_id
        self.ctx.after(delay_ms * MS, QueryDue(cid), key=f"query/{cid}")

    def take(self, order: Order, evidence: OrderEvidence, trade: TradeEvidence | None) -> None:
        """Weigh what the venue says of an order, with the fill that it may bring."""
        event = event_of(evidence)
        if event is None:
            self._quarantine(order, evidence, trade)
            return
        if trade is not None and trade.trade_id in order.trade_ids:
            self.settle_trade(order, trade)
            trade = None
        filled = order.filled + (ZERO if trade is None else trade.quantity)
        reported = max(order.reported, evidence.filled, filled)
        if not order.is_open:
            self._take_late(order, event, trade, filled)
            return
        if leaves_end_open(evidence):
            self.query_later(order, self.settings.query_first_ms)
        event, final = settle(order, event, filled, reported)
        if trade is not None and event not in FINAL_EVENTS:
            event = Event.PARTIAL_FILL
        if trade is not None:
            self._book(order, trade, late=False)
        self._note(order, evidence, reported, final)
        self._happen(order, event, filled, evidence.reason)

    def _quarantine(
        self, order: Order, evidence: OrderEvidence, trade: TradeEvidence | None
    ) -> None:
        """A word that nobody knows is no end and no life: count its fill, ask, take no entries."""
        said = f"the venue says {evidence.status!r}"
        if evidence.status != order.strange_status:
            self.ctx.record(StatusQuarantined(order.approved.client_order_id, evidence.status))
            self.alert("unknown_status", order, said)
        if trade is not None:
            self.book_alone(order, trade)
            self.query_later(order, self.settings.query_first_ms)
        elif order.is_open:
            self.doubt(order, said, 0)

    def book_alone(self, order: Order, trade: TradeEvidence) -> None:
        """Book a fill that comes without a word on the order's state."""
        if trade.trade_id in order.trade_ids:
            self.settle_trade(order, trade)
            return
        filled = order.filled + trade.quantity
        late = not order.is_open
        self._book(order, trade, late=late)
        event = fill_event(order, filled)
        if not late and order.final and filled >= order.reported:
            event = Event(order.final)
        self._happen(order, event, filled, "")

    def settle_trade(self, order: Order, trade: TradeEvidence) -> None:
        """Pass on fee and profit of a fill that was booked without them."""
        if trade.trade_id not in order.bare_trades or not trade.settled:
            return
        cid = order.approved.client_order_id
        self.ctx.record(TradeSettled(cid, trade.trade_id))
        if len(order.bare_trades) == 1:
            self.ctx.cancel(f"settle/{cid}")
        self.ctx.tell(POSITION_MONITOR, FillSettled(cid, trade))

    def fills_later(self, order: Order, delay_ms: int) -> None:
        """Look for the order's missing fills after a while."""
        cid = order.approved.client_order_id
        # What settles a bare fill is due after the order's end, too.
        key = "fills" if order.is_open and not order.bare_trades else "settle"
        self.ctx.after(delay_ms * MS, FillsDue(cid), key=f"{key}/{cid}")

    def pursue_cancel(self, order: Order) -> None:
        """A wish to cancel whose request was lost is asked for again, less and less often."""
        if not order.cancel_reason or not order.is_open:
            return
        settings, cid = self.settings, order.approved.client_order_id
        delay_ms = min(settings.query_first_ms << min(order.cancels, 16), settings.query_cap_ms)
        self.ctx.after(delay_ms * MS, RedeliverDue(cid, -1), key=f"retry/{cid}")

    def note_error(self, order: Order, verdict: RetryDirective) -> None:
        """Keep a failed request of the order, with what was found out about it."""
        error = error_of(verdict, self.ctx.now // MS)
        self.ctx.record(ErrorNoted(order.approved.client_order_id, error))

    def free_slot(self, client_order_id: str) -> None:
        """Let the next order of the symbol go."""
        self.ctx.tell(ORDER_QUEUE, SlotFreed(client_order_id))

    def alert(self, name: str, order: Order, text: str) -> None:
        """Say something that a person should see."""
        subject = order.approved.client_order_id
        self.ctx.tell(EVENT_BUS, AlertRaised(Severity.WARNING, name, subject, text))

    def _take_late(
        self, order: Order, event: Event, trade: TradeEvidence | None, filled: Decimal
    ) -> None:
        """After the end only a fill, or a sign of life, is news."""
        if trade is not None:
            self._book(order, trade, late=True)
            event = fill_event(order, filled)
        elif event in FINAL_EVENTS:
            return
        self._happen(order, event, filled, "reported after its end")

    def _happen(self, order: Order, event: Event, filled: Decimal, reason: str) -> None:
        """Make the move if it is legal; a report that cannot be is evidence of a mistake."""
        if event not in TRANSITIONS[order.state]:
            self.alert("illegal_report", order, f"{event} cannot happen to {order.state}")
            self.query_later(order, self.settings.query_first_ms)
            return
        self._moved(order, (event,), filled, reason, "")

    def _note(self, order: Order, evidence: OrderEvidence, reported: Decimal, final: str) -> None:
        venue_order_id = evidence.child_order_id or evidence.venue_order_id
        algo_id = evidence.venue_order_id if evidence.conditional else order.algo_id
        quantity, price = amendment_of(order, evidence)
        seen = (venue_order_id, algo_id, reported, final, quantity, price)
        if seen == (
            order.venue_order_id,
            order.algo_id,
            order.reported,
            order.final,
            order.amended_quantity,
            order.amended_price,
        ):
            return
        cid, now = order.approved.client_order_id, self.ctx.now
        self.ctx.record(
            OrderSeen(
                client_order_id=cid,
                venue_order_id=venue_order_id,
                reported=reported,
                final=final,
                at_ns=now,
                quantity=quantity,
                price=price,
                updated_at_ms=evidence.updated_at_ms,
                algo_id=algo_id,
            )
        )
        self._is_ending = bool(final)
        if final and not order.final:
            self.ctx.after(FILLS_OVERDUE_NS, FillsDue(cid), key=f"fills/{cid}")

    def _book(self, order: Order, trade: TradeEvidence, *, late: bool) -> None:
        cid = order.approved.client_order_id
        if not trade.settled:
            trade = evolve(trade, position_side=order.approved.position_side)
            self.ctx.after(FILLS_OVERDUE_NS, FillsDue(cid), key=f"settle/{cid}")
        self.ctx.record(TradeBooked(cid, trade, self.ctx.now))
        self._booked_cost = trade.quantity * trade.price
        self.news.fill(order, trade, late=late)

    def _moved(
        self, order: Order, events: tuple[Event, ...], filled: Decimal, reason: str, kind: str
    ) -> None:
        before, after = order.state, order.state
        for event in events:
            after = next_state(after, event, is_partly_filled=filled > ZERO)
        cid = order.approved.client_order_id
        is_new_fill = filled != order.filled
        if after is not before or order.state is OrderState.UNKNOWN or is_new_fill:
            self.ctx.record(OrderMoved(cid, events, reason, self.ctx.now))
        if after is not before:
            self._tell_holds(order, before, after)
        if before is OrderState.PENDING and Event.GIVEN_UP not in events:
            self._call_off(cid)
        if before is OrderState.SUBMITTED and after is not OrderState.UNKNOWN:
            self._leave_flight(order)
        if after is not before:
            self.news.leg(order, after, filled, reason, kind)
            self._tell_placed(order, after)
            self.news.doubt(order, before, after, reason)
        if is_new_fill and after is OrderState.PARTIALLY_FILLED:
            self.news.partial(order, filled, self._average(order, filled))
        if before in (OrderState.SUBMITTED, OrderState.UNKNOWN) and after in _WORKS:
            # Whatever found it, an answer, a listing or the stream: a wish to cancel may have
            # waited for that, and an earlier cancel may be lost.
            self.pursue_cancel(order)
        if after in _ENDS and before not in _ENDS:
            self._end(order, after, filled, reason, sent=stays_sent(order, events))

    def _call_off(self, client_order_id: str) -> None:
        """It shall not be sent now: it was heard of meanwhile, or nobody wants it any more."""
        self.ctx.cancel(f"retry/{client_order_id}")
        self.ctx.tell(ORDER_QUEUE, WithdrawOrder(client_order_id))

    def _leave_flight(self, order: Order) -> None:
        if order.approved.priority is Priority.OPENING:
            self.free_slot(order.approved.client_order_id)

    def _tell_holds(self, order: Order, before: OrderState, after: OrderState) -> None:
        approved = order.approved
        cid, symbol = approved.client_order_id, approved.symbol
        if after in HELD and before not in HELD:
            self.ctx.tell(ORDER_QUEUE, HoldSymbol(symbol, cid))
            self.watch_doubt(order)
            # Also one that lived after all: nobody else would ask for it.
            self.query_later(order, self.settings.query_first_ms)
        elif before in HELD and after not in HELD:
            self.ctx.tell(ORDER_QUEUE, ReleaseSymbol(symbol, cid))
            self.ctx.cancel(f"query/{cid}")
            self.ctx.cancel(f"unresolved/{cid}")
            self._leave_flight(order)

    def _tell_placed(self, order: Order, after: OrderState) -> None:
        if not order.is_placed and after in _RESTS:
            self.news.placed(order)
            self._watch_fills(order)

    def _watch_fills(self, order: Order) -> None:
        """A market order that is taken fills at once; a limit order has a deadline instead."""
        approved, ctx = order.approved, self.ctx
        cid = approved.client_order_id
        if approved.order_type.is_conditional or self._is_ending:
            return
        if approved.price is None:
            # Without the stream nobody tells a fill: the first question is asked at once.
            delay_ms = self.settings.fill_check_ms if self.state.is_stream_healthy else 0
            ctx.after(delay_ms * MS, FillsDue(cid), key=f"fills/{cid}")
        elif order.deadline_ms:
            self.watch_deadline(order)

    def watch_deadline(self, order: Order) -> None:
        """Look at a resting order when its time is over."""
        cid = order.approved.client_order_id
        delay_ns = max(0, order.deadline_ms - self.venue_ms()) * MS
        self.ctx.after(delay_ns, DeadlineDue(cid), key=f"deadline/{cid}")

    def _average(self, order: Order, filled: Decimal) -> Decimal:
        """Average price with the fill of this very step."""
        return (order.cost + self._booked_cost) / filled if filled else ZERO

    def _end(
        self, order: Order, after: OrderState, filled: Decimal, reason: str, *, sent: bool
    ) -> None:
        cid = order.approved.client_order_id
        for key in ("query", "retry", "fills", "word", "deadline"):
            self.ctx.cancel(f"{key}/{cid}")
        average = self._average(order, filled)
        self.news.ended(order, after, filled, reason, average, sent=sent)
        if filled:
            self._look_at_slippage(order.approved, average)

    def _look_at_slippage(self, approved: ApprovedOrder, average: Decimal) -> None:
        """Tell once, when the order is done, that it was filled worse than allowed (C-33)."""
        expected, limit = approved.reference_price, approved.slippage_pct_max
        if expected is None or limit is None:
            return
        slippage = slippage_pct(approved.side, expected, average)
        if slippage > limit:
            self.news.slippage(approved, average, slippage, limit)


_ENDS = (
    OrderState.FILLED,
    OrderState.CANCELLED,
    OrderState.EXPIRED,
    OrderState.REJECTED,
    OrderState.FAILED,
)
_WORKS = (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED, OrderState.TRIGGERING)
_RESTS = (*_WORKS, OrderState.FILLED)
