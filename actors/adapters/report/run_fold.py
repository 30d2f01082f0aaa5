"""RunFold: what the journal tells of how orders were executed, record after record.

Owns which messages and facts of a record count for what: the times of an order, refusals, failed
requests and what was done about them, times without a stop, doubts, alerts, pauses and the trading
state. Times are those of the engine's clock: of a step the time at which it began, of a request
the time at which its lane sent it. Memory grows with the orders and signals of the run.
"""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import define, field, frozen

from ....messages.codec import Codec
from ....messages.control import EngineStarted
from ....messages.events import (
    AlertRaised,
    OrderRefused,
    OrderResolved,
    OrderUnknown,
    PositionClosed,
    PositionOpened,
    PositionProtected,
    TradingStateReported,
)
from ....messages.failure import RetryDirective
from ....messages.intake import ExecuteAlgorithm, SubmitSignal
from ....messages.values import Action
from ....messages.venue import AttemptEnded
from ... import names
from ...algorithms.facts import SliceAsked
from ...limiter_facts import Paused
from ...order_calls import Kind, parse_call_id
from ...order_facts import AttemptStarted, ErrorNoted, OrderIntended, TradeBooked
from ..records.recorded import Recorded, RecordReader

MESSAGES: Mapping[type, str] = MappingProxyType(
    {
        SubmitSignal: names.EXECUTION_SYSTEM,
        ExecuteAlgorithm: names.EXECUTION_SYSTEM,
        EngineStarted: names.EXECUTION_SYSTEM,
        AttemptEnded: names.ORDER_MANAGER,
        RetryDirective: names.ORDER_MANAGER,
    }
)
FACTS = (
    AttemptStarted,
    ErrorNoted,
    OrderIntended,
    Paused,
    SliceAsked,
    TradeBooked,
)
EVENTS = (
    AlertRaised,
    OrderRefused,
    OrderResolved,
    OrderUnknown,
    PositionClosed,
    PositionOpened,
    PositionProtected,
    TradingStateReported,
)
MS_NS = 1_000_000
TRIED_AGAIN = (Action.REDELIVER, Action.FIX_AND_REDELIVER, Action.REAPPROVE)


@define
class Execution:
    """One order; a time of 0 has not come."""

    approved: Any
    """Its `ApprovedOrder`."""
    intended_ns: int
    signal_ns: int = 0
    """When the engine took the signal, of the first order that came of it; 0 for every other."""
    sent_ns: int = 0
    """When its first request left."""
    accepted_sent_ns: int = 0
    """When the request left that the venue took."""
    acked_ns: int = 0
    filled_ns: int = 0
    """When its first fill was booked."""
    retried: str = ""
    """Why it was tried again last, while nobody knows whether that works."""


@frozen
class Gap:
    """A time in which a position had no stop at the venue."""

    symbol: str
    position_side: str
    at_ns: int
    """When it ended."""
    after_ms: int
    ending: str
    """`protected`, `closed`, or `open` where the record ends before."""


@define
class Retries:
    """What was tried again for one kind of error."""

    count: int = 0
    succeeded: int = 0
    delay_ms: int = 0


@define
class Refusals:
    """Refused by one guard, with the latest as an example."""

    count: int = 0
    latest: OrderRefused | None = None


@define
class Alerts:
    """Alerts of one name, with the latest."""

    count: int = 0
    latest: AlertRaised | None = None


@define(eq=False)
class RunFold:
    """Takes records in order; what it has counted stands on it."""

    reader: RecordReader
    first_ns: int = 0
    last_ns: int = 0
    starts: list[tuple[int, int]] = field(factory=list[tuple[int, int]])
    """(time, generation) of each start."""
    signals: dict[str, int] = field(factory=dict[str, int])
    """Signal -> when the engine took it; taken out by its first order."""
    signal_count: int = 0
    orders: dict[str, Execution] = field(factory=dict[str, Execution])
    attempts: int = 0
    refusals: dict[str, Refusals] = field(factory=dict[str, Refusals])
    errors: Counter[tuple[str, str, str, int]] = field(factory=Counter[tuple[str, str, str, int]])
    """(operation, kind, outcome, venue's number)."""
    retries: dict[str, Retries] = field(factory=dict[str, Retries])
    doubts: dict[str, int] = field(factory=dict[str, int])
    """Unknown orders, since when."""
    resolved: list[tuple[str, int]] = field(factory=list[tuple[str, int]])
    """(state, nanoseconds of doubt)."""
    bare: dict[str, tuple[int, str, str]] = field(factory=dict[str, tuple[int, str, str]])
    """Positions that have had no stop yet, since when."""
    gaps: list[Gap] = field(factory=list[Gap])
    alerts: dict[str, Alerts] = field(factory=dict[str, Alerts])
    states: list[tuple[int, str, str]] = field(factory=list[tuple[int, str, str]])
    pauses: list[tuple[int, str, int]] = field(factory=list[tuple[int, str, int]])
    """(time, scope, milliseconds)."""

    @staticmethod
    def of(codec: Codec) -> "RunFold":
        """Return a fold that has taken nothing yet."""
        return RunFold(RecordReader(codec, messages=MESSAGES, facts=FACTS, told=EVENTS))

    def take(self, line: bytes) -> None:
        """Take one record; raises `CodecError` for one of an unknown version."""
        recorded = self.reader.read(line)
        if recorded is None:
            return
        self.first_ns, self.last_ns = self.first_ns or recorded.now_ns, recorded.now_ns
        if recorded.message is not None:
            self._heard(recorded.message, recorded)
        for fact in recorded.facts:
            self._noted(fact, recorded)
        for event in recorded.told:
            self._told(event, recorded.now_ns)

    def _heard(self, message: Any, recorded: Recorded) -> None:
        match message:
            case SubmitSignal():
                self._wished(message.signal_id, recorded.now_ns)
            case ExecuteAlgorithm():
                self.signal_count += 1
            case EngineStarted():
                self.starts.append((recorded.now_ns, message.generation))
            case AttemptEnded():
                self._answered(message, recorded.now_ns)
            case RetryDirective():
                self._directed(message)
            case _:
                raise AssertionError(message)

    def _wished(self, signal_id: str, at_ns: int) -> None:
        self.signal_count += 1
        self.signals.setdefault(signal_id, at_ns)

    def _answered(self, answer: AttemptEnded, at_ns: int) -> None:
        client_order_id, kind, _ = parse_call_id(answer.call_id)
        order = self.orders.get(client_order_id)
        if order is None or kind is not Kind.PLACE:
            return
        if answer.sent_at_ns and not order.sent_ns:
            order.sent_ns = answer.sent_at_ns
        if answer.result is not None and not order.acked_ns:
            order.accepted_sent_ns, order.acked_ns = answer.sent_at_ns, at_ns
            if order.retried:
                self.retries[order.retried].succeeded += 1
                order.retried = ""

    def _directed(self, directive: RetryDirective) -> None:
        if directive.action not in TRIED_AGAIN:
            return
        kind = directive.kind.value
        retries = self.retries.setdefault(kind, Retries())
        retries.count += 1
        retries.delay_ms += directive.delay_ms
        order = self.orders.get(directive.client_order_id)
        if order is not None and not order.acked_ns:
            order.retried = kind

    def _noted(self, fact: Any, recorded: Recorded) -> None:
        match fact:
            case OrderIntended():
                approved = fact.approved
                order = Execution(approved, fact.at_ns)
                order.signal_ns = self.signals.pop(approved.signal_id, 0)
                self.orders.setdefault(approved.client_order_id, order)
            case AttemptStarted():
                self.attempts += 1
            case TradeBooked():
                booked = self.orders.get(fact.client_order_id)
                if booked is not None and not booked.filled_ns:
                    booked.filled_ns = fact.at_ns
            case ErrorNoted():
                error = fact.error
                key = (error.operation.value, error.kind.value, error.outcome.value, error.code)
                self.errors[key] += 1
            case SliceAsked():
                self.signals.setdefault(fact.signal.signal_id, recorded.now_ns)
            case Paused():
                now_ms = recorded.now_ns // MS_NS
                length_ms = max(fact.until_ms - now_ms, 0)
                self.pauses.append((recorded.now_ns, fact.scope.value, length_ms))
            case _:
                raise AssertionError(fact)

    def _told(self, event: Any, at_ns: int) -> None:
        match event:
            case OrderRefused():
                refusals = self.refusals.setdefault(event.guard, Refusals())
                refusals.count, refusals.latest = refusals.count + 1, event
                self.signals.pop(event.signal_id, None)
            case OrderUnknown():
                self.doubts.setdefault(event.client_order_id, at_ns)
            case OrderResolved():
                since_ns = self.doubts.pop(event.client_order_id, at_ns)
                self.resolved.append((event.state.value, at_ns - since_ns))
            case AlertRaised():
                alerts = self.alerts.setdefault(event.alert, Alerts())
                alerts.count, alerts.latest = alerts.count + 1, event
            case TradingStateReported():
                self.states.append((at_ns, event.state.value, event.reason))
            case _:
                self._guarded(event, at_ns)

    def _guarded(
        self, event: PositionOpened | PositionProtected | PositionClosed, at_ns: int
    ) -> None:
        side = event.position_side.value
        key = f"{event.symbol}/{side}"
        if isinstance(event, PositionOpened):
            self.bare[key] = (at_ns, event.symbol, side)
            return
        since = self.bare.pop(key, None)
        if isinstance(event, PositionProtected):
            self.gaps.append(Gap(event.symbol, side, at_ns, event.after_ms, "protected"))
        elif since is not None:
            after_ms = (at_ns - since[0]) // MS_NS
            self.gaps.append(Gap(event.symbol, side, at_ns, after_ms, "closed"))
