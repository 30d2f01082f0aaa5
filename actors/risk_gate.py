"""RiskGate: the only one who makes an `ApprovedOrder`, and only those are sent.

Owns limits, cooldowns, quotas and reservations. An approval reserves exposure, position slot,
cooldown and quota in its own step, keyed by intent; a reservation changes only by OrderManager's
`ExposureChanged`, which carries filled and remaining together, so that a fill moves from
reservation to position in one step. A definite not-sent gives all of it back. The rules are in
`policies/entry_rules.py`. Reducing orders take the short way: they are verified, never limited.
"""

from decimal import Decimal
from typing import assert_never

from attrs import define, evolve, field, frozen

from ..messages.account import AccountChanged
from ..messages.control import EngineStarted, RecoveryDone, TradingStateChanged
from ..messages.events import AlertRaised
from ..messages.instruments import Filters, InstrumentsChanged
from ..messages.intake import PolicyChanged
from ..messages.market import ClockChanged, MarkChanged
from ..messages.orders import (
    ApprovalRefused,
    ApprovalRenewed,
    ApprovedOrder,
    ExposureChanged,
    RenewalRefused,
    RenewApproval,
    RequestEntry,
    RequestExit,
)
from ..messages.positions import ProtectionFailing
from ..messages.reconciliation import SymbolsMismatched
from ..messages.stream import StreamHealthChanged
from ..messages.values import (
    Leg,
    OrderType,
    PositionSide,
    Priority,
    Severity,
    Side,
    TimeInForce,
    TradingState,
)
from .names import EVENT_BUS, EXECUTION_SYSTEM, ORDER_MANAGER, POSITION_MONITOR
from .policies.entry_rules import (
    DAY_NS,
    MS,
    EntryView,
    Refusal,
    ShapedEntry,
    first_refusal,
    judge,
)
from .policies.exit_rules import verify_exit
from .policies.risk_policy import PolicyError, changed
from .runtime.actor import Actor, Context
from .settings import RiskSettings

ZERO = Decimal(0)


@define
class Reservation:
    """What an approved entry may still become."""

    intent_id: str
    client_order_id: str
    symbol: str
    position_key: str
    side: Side
    remaining: Decimal
    price: Decimal
    expires_at_ms: int | None
    day: int


@frozen
class Reserved:
    """Fact: an entry was approved, and everything it may need is taken."""

    reservation: Reservation
    at_ns: int


@frozen
class ExposureMoved:
    """Fact: a fill moved from a reservation to its position, or the order ended."""

    change: ExposureChanged
    reservation_ended: bool
    given_back: bool


@frozen
class WorldNoted:
    """Fact: something that the rules look at changed; the message itself is kept."""

    news: "News"


@frozen
class ReadinessTold:
    """Fact: ExecutionSystem was told that commands may run."""


@frozen
class Prefixed:
    """Fact: the prefix of client order ids of this start."""

    generation: int
    ready: bool


News = (
    MarkChanged
    | AccountChanged
    | TradingStateChanged
    | ClockChanged
    | StreamHealthChanged
    | SymbolsMismatched
    | ProtectionFailing
    | InstrumentsChanged
    | PolicyChanged
)


@define
class GateState:
    """What the gate knows of the world, and what it has promised."""

    generation: int = 0
    ready: bool = False
    readiness_told: bool = False
    trading: TradingStateChanged | None = None
    clock: ClockChanged | None = None
    account: AccountChanged | None = None
    stream_healthy: bool = False
    filters: dict[str, Filters] = field(factory=dict[str, Filters])
    filters_read_at_ns: int = 0
    marks: dict[str, MarkChanged] = field(factory=dict[str, MarkChanged])
    mismatched: tuple[str, ...] = ()
    unprotected: tuple[str, ...] = ()
    positions: dict[str, Decimal] = field(factory=dict[str, Decimal])
    """Signed quantity by `symbol/position side`, from our own fills."""
    reservations: dict[str, Reservation] = field(factory=dict[str, Reservation])
    executed_at_ns: dict[str, int] = field(factory=dict[str, int])
    executed_before_ns: dict[str, int] = field(factory=dict[str, int])
    """What `executed_at_ns` was before the open reservation, for giving it back."""
    day: int = 0
    executions_today: int = 0
    policy: dict[str, str] = field(factory=dict[str, str])


Inbox = (
    RequestEntry
    | RequestExit
    | RenewApproval
    | ExposureChanged
    | EngineStarted
    | RecoveryDone
    | News
)
Fact = Reserved | ExposureMoved | WorldNoted | Prefixed | ReadinessTold


class RiskGate(Actor):
    """Approval is a type, and a reservation."""

    State = GateState
    private = (Reserved, ExposureMoved, WorldNoted, Prefixed, ReadinessTold)
    state: GateState

    def __init__(self, settings: RiskSettings, id_prefix: str) -> None:
        super().__init__()
        self._settings = settings
        self._id_prefix = id_prefix

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case RequestEntry():
                self.on_request_entry(message, ctx)
            case RequestExit():
                self.on_request_exit(message, ctx)
            case RenewApproval():
                self.on_renew_approval(message, ctx)
            case ExposureChanged():
                self.on_exposure_changed(message, ctx)
            case EngineStarted():
                ctx.record(Prefixed(message.generation, ready=False))
            case RecoveryDone():
                ctx.record(Prefixed(message.generation, ready=True))
                self._tell_readiness(message, ctx)
            case PolicyChanged():
                self.on_policy_changed(message, ctx)
            case (
                MarkChanged()
                | AccountChanged()
                | TradingStateChanged()
                | ClockChanged()
                | StreamHealthChanged()
                | SymbolsMismatched()
                | ProtectionFailing()
                | InstrumentsChanged()
            ):
                ctx.record(WorldNoted(message))
                self._tell_readiness(message, ctx)
            case _:
                assert_never(message)

    def on_request_entry(self, message: RequestEntry, ctx: Context) -> None:
        """Approve and reserve in one step, or say which guard refused."""
        signal = message.signal
        view = self._view(message, ctx)
        verdict = judge(view)
        if isinstance(verdict, Refusal):
            refused = ApprovalRefused(
                message.intent_id,
                Leg.ENTRY,
                signal.signal_id,
                signal.symbol,
                verdict.guard,
                verdict.figure,
                verdict.limit,
            )
            ctx.tell(EXECUTION_SYSTEM, refused)
            return
        approved = self._approve_entry(message, view, verdict)
        reservation = Reservation(
            intent_id=message.intent_id,
            client_order_id=approved.client_order_id,
            symbol=signal.symbol,
            position_key=position_key(signal.symbol, view.position_side),
            side=view.side,
            remaining=verdict.quantity,
            price=verdict.reference_price,
            expires_at_ms=signal.expires_at_ms,
            day=ctx.now // DAY_NS,
        )
        ctx.record(Reserved(reservation, ctx.now))
        ctx.tell(ORDER_MANAGER, approved)

    def on_request_exit(self, message: RequestExit, ctx: Context) -> None:
        """Verify that the order reduces; nothing else can refuse it."""
        refusal = verify_exit(message)
        if refusal is not None:
            ctx.tell(
                POSITION_MONITOR,
                ApprovalRefused(
                    message.intent_id,
                    message.leg,
                    message.signal_id,
                    message.symbol,
                    refusal.guard,
                    refusal.figure,
                    refusal.limit,
                ),
            )
            return
        ctx.tell(ORDER_MANAGER, self._approve_exit(message))

    def on_renew_approval(self, message: RenewApproval, ctx: Context) -> None:
        """Look again at an order that waited too long; charge nothing a second time."""
        reservation = self.state.reservations.get(message.intent_id)
        refusal = Refusal("no_reservation", "none", "one")
        if reservation is not None:
            refusal_or_none = first_refusal(self._renewal_view(reservation, ctx))
            if refusal_or_none is None:
                renewed = ApprovalRenewed(
                    message.client_order_id, self._epoch(), self._send_by_ms(ctx)
                )
                ctx.tell(ORDER_MANAGER, renewed)
                return
            refusal = refusal_or_none
        ctx.tell(ORDER_MANAGER, RenewalRefused(message.client_order_id, refusal.guard))

    def on_exposure_changed(self, message: ExposureChanged, ctx: Context) -> None:
        """Move a fill to its position; give back what was certainly not sent."""
        reservation = self.state.reservations.get(message.intent_id)
        is_ours = reservation is not None and reservation.client_order_id == message.client_order_id
        ended = is_ours and message.ended
        given_back = ended and not message.sent and message.filled == ZERO
        ctx.record(ExposureMoved(message, ended, given_back))

    def on_policy_changed(self, message: PolicyChanged, ctx: Context) -> None:
        """Take over one setting for new orders, or say why not."""
        try:
            changed(self._settings, {**self.state.policy, message.key: message.value})
        except PolicyError as error:
            alert = AlertRaised(Severity.WARNING, "policy_refused", message.key, str(error))
            ctx.tell(EVENT_BUS, alert)
            return
        ctx.record(WorldNoted(message))
        ctx.log("policy_changed", key=message.key, value=message.value, source=message.source)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        match fact:
            case Reserved():
                self._reserve(fact)
            case ExposureMoved():
                self._move_exposure(fact)
            case WorldNoted():
                self._note(fact.news)
            case Prefixed():
                self.state.generation, self.state.ready = fact.generation, fact.ready
                self.state.readiness_told = self.state.readiness_told and fact.ready
            case ReadinessTold():
                self.state.readiness_told = True
            case _:
                assert_never(fact)

    def _tell_readiness(self, news: News | RecoveryDone, ctx: Context) -> None:
        """Let the commands run once this gate itself has heard all that it judges by.

        The one who reconciles cannot know that: its word may overtake the others' on their way.
        """
        state = self.state
        stream = news.healthy if isinstance(news, StreamHealthChanged) else state.stream_healthy
        clock = news if isinstance(news, ClockChanged) else state.clock
        knows = (
            state.ready or isinstance(news, RecoveryDone),
            stream,
            clock is not None and clock.trusted,
            state.account is not None or isinstance(news, AccountChanged),
            state.filters_read_at_ns > 0 or isinstance(news, InstrumentsChanged),
            state.trading is not None or isinstance(news, TradingStateChanged),
        )
        if all(knows) and not state.readiness_told:
            ctx.record(ReadinessTold())
            ctx.tell(EXECUTION_SYSTEM, RecoveryDone(state.generation))

    def _reserve(self, fact: Reserved) -> None:
        state, reservation = self.state, evolve(fact.reservation)
        symbol = reservation.symbol
        state.reservations[reservation.intent_id] = reservation
        state.executed_before_ns[symbol] = state.executed_at_ns.get(symbol, 0)
        state.executed_at_ns[symbol] = fact.at_ns
        if reservation.day != state.day:
            state.day, state.executions_today = reservation.day, 0
        state.executions_today += 1

    def _move_exposure(self, fact: ExposureMoved) -> None:
        state, change = self.state, fact.change
        key = position_key(change.symbol, change.position_side)
        quantity = state.positions.get(key, ZERO) + change.fill
        if quantity == ZERO:
            state.positions.pop(key, None)
        else:
            state.positions[key] = quantity
        reservation = state.reservations.get(change.intent_id)
        if reservation is None or reservation.client_order_id != change.client_order_id:
            return
        reservation.remaining = change.remaining
        if fact.reservation_ended:
            del state.reservations[change.intent_id]
        if fact.given_back:
            state.executed_at_ns[change.symbol] = state.executed_before_ns.get(change.symbol, 0)
            if reservation.day == state.day:
                state.executions_today -= 1

    def _note(self, news: News) -> None:  # noqa: C901 - one arm a message
        state = self.state
        match news:
            case MarkChanged():
                state.marks[news.symbol] = news
            case AccountChanged():
                state.account = news
            case TradingStateChanged():
                state.trading = news
            case ClockChanged():
                state.clock = news
            case StreamHealthChanged():
                state.stream_healthy = news.healthy
            case SymbolsMismatched():
                state.mismatched = news.symbols
            case ProtectionFailing():
                others = tuple(each for each in state.unprotected if each != news.symbol)
                state.unprotected = (*others, news.symbol) if news.alarm else others
            case InstrumentsChanged():
                for filters in news.filters:
                    state.filters[filters.symbol] = filters
                for symbol in news.gone:
                    state.filters.pop(symbol, None)
                state.filters_read_at_ns = news.read_at_ns
            case PolicyChanged():
                state.policy[news.key] = news.value
            case _:
                assert_never(news)

    def _approve_entry(
        self, message: RequestEntry, view: EntryView, shaped: ShapedEntry
    ) -> ApprovedOrder:
        signal = message.signal
        deadline_ms = view.venue_ms + view.settings.order_deadline_ms
        if signal.expires_at_ms is not None:
            deadline_ms = min(deadline_ms, signal.expires_at_ms)
        is_limit = shaped.price is not None
        return ApprovedOrder(
            client_order_id=self._client_order_id(message.intent_id, Leg.ENTRY, 1),
            intent_id=message.intent_id,
            leg=Leg.ENTRY,
            signal_id=signal.signal_id,
            strategy=signal.strategy,
            symbol=signal.symbol,
            side=view.side,
            position_side=view.position_side,
            order_type=OrderType.LIMIT if is_limit else OrderType.MARKET,
            quantity=shaped.quantity,
            price=shaped.price,
            trigger_price=None,
            time_in_force=signal.time_in_force if is_limit else TimeInForce.GTC,
            reduce_only=False,
            close_position=False,
            working_type=signal.working_type,
            priority=Priority.OPENING,
            epoch=self._epoch(),
            send_by_ms=min(view.venue_ms + view.settings.send_within_ms, deadline_ms),
            deadline_ms=deadline_ms,
            stop_loss=shaped.stop_loss,
            take_profit=shaped.take_profit,
            reference_price=shaped.reference_price,
        )

    def _approve_exit(self, message: RequestExit) -> ApprovedOrder:
        closes_all = message.quantity is None
        is_hedged = message.position_side is not PositionSide.BOTH
        return ApprovedOrder(
            client_order_id=self._client_order_id(message.intent_id, message.leg, message.attempt),
            intent_id=message.intent_id,
            leg=message.leg,
            signal_id=message.signal_id,
            strategy=message.strategy,
            symbol=message.symbol,
            side=message.side,
            position_side=message.position_side,
            order_type=message.order_type,
            quantity=message.quantity,
            price=message.price,
            trigger_price=message.trigger_price,
            time_in_force=TimeInForce.GTC,
            reduce_only=not closes_all and not is_hedged,
            close_position=closes_all,
            working_type=message.working_type,
            priority=Priority.REDUCING,
            epoch=self._epoch(),
            send_by_ms=0,
            deadline_ms=0,
        )

    def _client_order_id(self, intent_id: str, leg: Leg, number: int) -> str:
        return f"{self._id_prefix}{self.state.generation}-{intent_id}-{leg.value}{number}"

    def _epoch(self) -> int:
        return 0 if self.state.trading is None else self.state.trading.epoch

    def _venue_ms(self, ctx: Context) -> int:
        offset_ns = 0 if self.state.clock is None else self.state.clock.offset_ns
        return (ctx.now + offset_ns) // MS

    def _send_by_ms(self, ctx: Context) -> int:
        return self._venue_ms(ctx) + self._settings.send_within_ms

    def _view(self, message: RequestEntry, ctx: Context) -> EntryView:
        state, signal = self.state, message.signal
        settings = changed(self._settings, state.policy)
        trading = state.trading
        symbol = signal.symbol
        slots = self._slots()
        view = EntryView(
            signal=signal,
            settings=settings,
            now_ns=ctx.now,
            venue_ms=self._venue_ms(ctx),
            trading_state=TradingState.HALTED if trading is None else trading.state,
            trading_reason="" if trading is None else trading.reason,
            venue_open=trading is not None and trading.venue_open,
            is_ready=state.ready,
            clock_trusted=state.clock is not None and state.clock.trusted,
            stream_healthy=state.stream_healthy,
            symbol_hold=self._symbol_hold(symbol),
            account=state.account,
            filters=state.filters.get(symbol),
            filters_read_at_ns=state.filters_read_at_ns,
            mark=state.marks.get(symbol),
            position_quantity=ZERO,
            position_notional=ZERO,
            gross_notional=self._gross(),
            slots_used=len(slots),
            has_slot=False,
            executed_at_ns=state.executed_at_ns.get(symbol, 0),
            executions_today=state.executions_today if state.day == ctx.now // DAY_NS else 0,
            leverage=settings.leverage,
        )
        key = position_key(symbol, view.position_side)
        return evolve(
            view,
            position_quantity=self._committed(key),
            position_notional=self._notional(key),
            has_slot=key in slots,
        )

    def _renewal_view(self, reservation: Reservation, ctx: Context) -> EntryView:
        """Return what the rules for a renewal look at; size and quota were charged already."""
        from ..messages.intake import SubmitSignal
        from ..messages.values import SignalType

        is_long = reservation.side is Side.BUY
        signal = SubmitSignal(
            signal_id=reservation.intent_id,
            at_ms=0,
            signal=SignalType.LONG_ENTRY if is_long else SignalType.SHORT_ENTRY,
            symbol=reservation.symbol,
            expires_at_ms=reservation.expires_at_ms,
        )
        return self._view(RequestEntry(reservation.intent_id, signal), ctx)

    def _symbol_hold(self, symbol: str) -> str:
        state = self.state
        if state.trading is not None and symbol in state.trading.reducing_symbols:
            return "reducing"
        if symbol in state.mismatched:
            return "mismatch"
        return "unprotected" if symbol in state.unprotected else ""

    def _slots(self) -> dict[str, bool]:
        """Return the positions that use a slot: open ones, and those that may still open."""
        slots = dict.fromkeys(self.state.positions, True)
        for reservation in self.state.reservations.values():
            slots[reservation.position_key] = True
        return slots

    def _committed(self, key: str) -> Decimal:
        """Return the signed quantity, open or still to come."""
        quantity = self.state.positions.get(key, ZERO)
        for reservation in self.state.reservations.values():
            if reservation.position_key == key:
                sign = 1 if reservation.side is Side.BUY else -1
                quantity += sign * reservation.remaining
        return quantity

    def _notional(self, key: str) -> Decimal:
        """Return what is open at its mark plus what may still open at its price."""
        state = self.state
        symbol = key.partition("/")[0]
        mark = state.marks.get(symbol)
        price = ZERO if mark is None else mark.mark
        notional = abs(state.positions.get(key, ZERO)) * price
        for reservation in state.reservations.values():
            if reservation.position_key == key:
                notional += reservation.remaining * reservation.price
        return notional

    def _gross(self) -> Decimal:
        return sum((self._notional(key) for key in self._slots()), ZERO)


def position_key(symbol: str, position_side: PositionSide) -> str:
    """Return the key of a position in the gate's books."""
    return f"{symbol}/{position_side.value}"
