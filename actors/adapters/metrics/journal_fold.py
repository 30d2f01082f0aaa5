"""JournalFold: figures from what the journal says, record by record.

Owns what has to be remembered between two records: when a signal came, at what price an order was
approved, what was tried again, what is unknown. All times are the engine's clock, as recorded.
Bound: `REMEMBERED_MAX` of each; the oldest is forgotten, and is then counted in no latency.
"""

from collections import deque
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ....messages.events import (
    AlertRaised,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
    OrderResolved,
    OrderSent,
    OrderUnknown,
    OrderUnresolved,
    PositionClosed,
    PositionProtected,
)
from ....messages.failure import RetryDirective
from ....messages.intake import SubmitSignal
from ....messages.orders import ApprovedOrder
from ....messages.topics import TOPICS
from ....messages.values import Action, Operation, Phase, Side
from ....messages.venue import AttemptEnded
from ...names import EXECUTION_SYSTEM, ORDER_MANAGER
from ..records.recorded import ANYWHERE, Recorded
from .book import Book

REMEMBERED_MAX = 10_000
RETRY_WINDOW_NS = 30_000_000_000
REQUEST_WINDOW_NS = 300_000_000_000
REQUESTS_KEPT = 50_000
REQUESTS_MIN = 10
MS_NS = 1_000_000
BPS = 10_000
REASON_MAX = 40

MESSAGES: Mapping[type, str] = {
    SubmitSignal: EXECUTION_SYSTEM,
    ApprovedOrder: ORDER_MANAGER,
    RetryDirective: ORDER_MANAGER,
    AttemptEnded: ANYWHERE,
}
"""What is read of the core's own talk, and at whom."""

AGAIN = (Action.REDELIVER, Action.FIX_AND_REDELIVER)


class Memory(dict[str, Any]):
    """A dict that forgets its oldest entry when it is full."""

    def put(self, key: str, value: Any) -> None:
        """Remember a value under a key, as the newest."""
        self.pop(key, None)
        self[key] = value
        if len(self) > REMEMBERED_MAX:
            del self[next(iter(self))]


class JournalFold:
    """Takes records in order and writes into a book; for one thread."""

    def __init__(self, book: Book, *, retries_max: int) -> None:
        self._book = book
        self._retries_max = retries_max
        self._signals = Memory()
        """Signal -> when it came in."""
        self._approved = Memory()
        """Client order id -> (reference price, strategy)."""
        self._retried = Memory()
        self._unknown = Memory()
        self._unresolved = Memory()
        self._retries: deque[int] = deque(maxlen=REMEMBERED_MAX)
        self._requests: deque[tuple[int, bool]] = deque(maxlen=REQUESTS_KEPT)
        """(when, whether it failed)."""
        self._now_ns = 0

    def take(self, recorded: Recorded) -> None:
        """Count one record."""
        self._now_ns = max(self._now_ns, recorded.now_ns)
        match recorded.message:
            case SubmitSignal():
                self._submitted(recorded.message)
            case ApprovedOrder():
                self._note_approval(recorded.message)
            case RetryDirective():
                self._directed(recorded.message)
            case AttemptEnded():
                self._ended(recorded.message)
            case _:
                pass
        for event in recorded.told:
            if type(event) in TOPICS:
                self._heard(event)

    def settle(self, now_ns: int) -> None:
        """Write what depends on the time; 0 for nothing newer than the last record."""
        now_ns = max(now_ns, self._now_ns)
        spent = sum(1 for at in self._retries if now_ns - at < RETRY_WINDOW_NS)
        book = self._book
        book.set("retry_budget_left", max(0, self._retries_max - spent))
        book.set("request_error_ratio_5m", self._error_ratio(now_ns))
        book.set("retry_success_ratio", self._retry_success())
        book.set("orders_unknown", len(self._unknown))
        book.set("orders_unresolved", len(self._unresolved))

    def forget_open(self) -> None:
        """Another engine began: what was open before is told again, or over."""
        self._unresolved.clear()

    def _submitted(self, signal: SubmitSignal) -> None:
        self._signals.put(signal.signal_id, self._now_ns)
        self._book.add("signals_total", signal.strategy)

    def _note_approval(self, approved: ApprovedOrder) -> None:
        if approved.reference_price:
            kept = (approved.reference_price, approved.strategy)
            self._approved.put(approved.client_order_id, kept)

    def _directed(self, directive: RetryDirective) -> None:
        self._book.add("errors_total", directive.kind.value)
        if directive.action in AGAIN:
            self._book.add("retries_total", directive.kind.value)
            self._retries.append(self._now_ns)
            if directive.operation is Operation.PLACE:
                self._retried.put(directive.client_order_id, True)

    def _ended(self, ended: AttemptEnded) -> None:
        is_good = ended.phase is Phase.ANSWERED and ended.status < 400 and ended.code >= 0
        operation = ended.operation.value
        self._book.add("requests_total", operation)
        if not is_good:
            self._book.add("requests_failed_total", operation)
        self._requests.append((self._now_ns, not is_good))
        if is_good and ended.operation is Operation.PLACE and ended.sent_at_ns:
            self._book.observe("sent_to_ack_ms", (self._now_ns - ended.sent_at_ns) / MS_NS)

    def _heard(self, event: Any) -> None:  # noqa: C901, PLR0912 - one arm an event
        topic = TOPICS[type(event)]
        if topic.startswith("order."):
            self._book.add("order_events_total", topic.removeprefix("order."))
        match event:
            case OrderSent():
                self._sent(event)
            case OrderPlaced():
                self._placed(event.client_order_id)
            case OrderFilled():
                self._placed(event.client_order_id)
                self._filled(event)
            case OrderRefused():
                self._book.add("refusals_total", event.guard)
                self._over(event.signal_id, "")
            case OrderFailed():
                self._book.add("order_failures_total", event.reason.partition(":")[0][:REASON_MAX])
                self._over(event.signal_id, event.client_order_id)
            case OrderCancelled() | OrderExpired():
                self._over(event.signal_id, event.client_order_id)
            case OrderUnknown():
                self._unknown.put(event.client_order_id, True)
            case OrderResolved():
                self._unknown.pop(event.client_order_id, None)
                self._unresolved.pop(event.client_order_id, None)
            case OrderUnresolved():
                self._unresolved.put(event.client_order_id or event.signal_id, True)
            case PositionProtected():
                self._book.observe("fill_to_stop_ms", event.after_ms)
            case PositionClosed():
                self._closed(event)
            case AlertRaised():
                self._book.add("alerts_raised_total", event.alert)
            case _:
                pass

    def _sent(self, sent: OrderSent) -> None:
        self._book.add("attempts_total")
        came_ns = self._signals.pop(sent.signal_id, None)
        if came_ns is not None:
            self._book.observe("signal_to_sent_ms", (self._now_ns - came_ns) / MS_NS)

    def _placed(self, client_order_id: str) -> None:
        if self._retried.pop(client_order_id, None) is not None:
            self._book.add("retries_succeeded_total")

    def _filled(self, filled: OrderFilled) -> None:
        self._over(filled.signal_id, filled.client_order_id)
        kept = self._approved.pop(filled.client_order_id, None)
        if kept is not None and filled.average_price:
            reference, strategy = kept
            above = (filled.average_price - reference) / reference * BPS
            worse = above if filled.side is Side.BUY else -above
            self._book.observe("slippage_bps", max(0.0, float(worse)), strategy)

    def _over(self, signal_id: str, client_order_id: str) -> None:
        """A signal has ended; an order that was tried again and never placed has failed."""
        self._signals.pop(signal_id, None)
        for key in (signal_id, client_order_id):
            self._unresolved.pop(key, None)
        self._unknown.pop(client_order_id, None)
        if self._retried.pop(client_order_id, None) is not None:
            self._book.add("retries_failed_total")

    def _closed(self, closed: PositionClosed) -> None:
        net = closed.realised_pnl - closed.fees + closed.funding
        outcome = "win" if net > 0 else "loss" if net < 0 else "flat"
        notional = abs(closed.quantity) * closed.entry_price
        self._book.add("trades_total", closed.strategy, outcome)
        self._book.add("trades_notional_total", closed.strategy, outcome, amount=notional)

    def _error_ratio(self, now_ns: int) -> Decimal | None:
        requests = self._requests
        while requests and now_ns - requests[0][0] >= REQUEST_WINDOW_NS:
            requests.popleft()
        if len(requests) < REQUESTS_MIN:
            return None
        failed = sum(1 for _, is_failed in requests if is_failed)
        return round(Decimal(failed) / len(requests), 4)

    def _retry_success(self) -> Decimal | None:
        placed = self._book.value("retries_succeeded_total") or 0
        lost = self._book.value("retries_failed_total") or 0
        ended = placed + lost
        return round(Decimal(placed) / ended, 4) if ended else None
