"""RiskGate: the only one who makes an `ApprovedOrder`, and only those are sent.

Owns limits, cooldowns, quotas and reservations. An approval reserves exposure, position slot,
cooldown and quota in its own step, keyed by intent; a reservation changes only by OrderManager's
`ExposureChanged`, which carries filled and remaining together, so that a fill moves from
reservation to position in one step. A definite not-sent gives all of it back. The rules are in
`policies/entry_rules.py`, what they look at in `risk_view.py`, the books in `risk_facts.py`.
Reducing orders take the short way: they are verified, never limited. What takes entries back is
passed on behind them, so that it overtakes none.
"""

from decimal import Decimal
from typing import assert_never

from ..messages.account import AccountChanged, LeverageChanged
from ..messages.algorithms import ReleaseAlgorithm, RequestAlgorithm
from ..messages.control import EngineStarted, RecoveryDone, TradingStateChanged
from ..messages.events import AlertRaised
from ..messages.instruments import InstrumentsChanged
from ..messages.intake import (
    CancelOrders,
    EmergencyStateChanged,
    PolicyChanged,
    SubmitSignal,
)
from ..messages.market import ClockChanged, MarkChanged
from ..messages.orders import (
    ApprovalRenewed,
    ApprovedOrder,
    CancelEntries,
    CancelIntent,
    ExposureChanged,
    RenewalRefused,
    RenewApproval,
    RequestEntry,
    RequestExit,
    TakeBackEntries,
)
from ..messages.positions import PositionAdopted, ProtectionFailing
from ..messages.reconciliation import SymbolsMismatched, VenueListed
from ..messages.stream import StreamHealthChanged
from ..messages.values import (
    Leg,
    OrderType,
    PositionSide,
    Priority,
    Severity,
    SignalSource,
    TimeInForce,
)
from ..messages.vitals import GetStreams
from .names import EVENT_BUS, EXECUTION_SYSTEM, ORDER_MANAGER, POSITION_MONITOR
from .policies.emergency import UNASKED, EmergencyTerms, waived
from .policies.entry_rules import first_refusal, judge
from .policies.entry_shape import ShapedEntry
from .policies.entry_view import EntryView
from .policies.exit_rules import verify_exit
from .policies.host_rules import FAILED, NamedRule, first_objection
from .policies.refusal import Refusal
from .policies.risk_policy import PolicyError
from .risk_algorithms import Algorithms
from .risk_discretion import Discretion, log_adjusted
from .risk_facts import (
    PRIVATE,
    ZERO,
    ExposureMoved,
    Fact,
    GateState,
    News,
    Prefixed,
    Reservation,
    Reserved,
    WorldNoted,
    apply_fact,
    position_key,
)
from .risk_hearing import Hearing, tell_open
from .risk_refusals import entry_refused, exit_refused
from .risk_view import entry_view, renewal_view
from .runtime.actor import Actor, Context
from .settings import RiskSettings
from .vital_views import MS, streams_view

Inbox = (
    RequestEntry
    | RequestExit
    | RenewApproval
    | CancelIntent
    | CancelEntries
    | CancelOrders
    | TakeBackEntries
    | RequestAlgorithm
    | ReleaseAlgorithm
    | ExposureChanged
    | EngineStarted
    | RecoveryDone
    | EmergencyStateChanged
    | News
    | GetStreams
)


class RiskGate(Actor):
    """Approval is a type, and a reservation."""

    State = GateState
    private = PRIVATE
    state: GateState

    def __init__(
        self,
        settings: RiskSettings,
        id_prefix: str,
        rules: tuple[NamedRule, ...] = (),
        margin_asset: str = "",
        emergency: EmergencyTerms = UNASKED.terms,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._id_prefix = id_prefix
        self._rules = rules
        self._margin_asset = margin_asset
        self._emergency = emergency

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901, PLR0912
        """Handle one message."""
        match message:
            case RequestEntry():
                self.on_request_entry(message, ctx)
            case RequestExit():
                self.on_request_exit(message, ctx)
            case RenewApproval():
                self.on_renew_approval(message, ctx)
            case CancelIntent() | CancelEntries() | TakeBackEntries() | CancelOrders():
                ctx.tell(ORDER_MANAGER, message)
            case RequestAlgorithm():
                self.on_request_algorithm(message, ctx)
            case ReleaseAlgorithm():
                Algorithms(self.state, ctx).release(message)
            case ExposureChanged():
                self.on_exposure_changed(message, ctx)
            case EngineStarted():
                ctx.record(Prefixed(message.generation, ready=False))
                tell_open(self._emergency, ctx)
            case RecoveryDone():
                Hearing(self.state, self._settings, ctx).recovery_done(message)
            case PolicyChanged():
                Hearing(self.state, self._settings, ctx).policy_changed(message)
            case EmergencyStateChanged():
                Hearing(self.state, self._settings, ctx).emergency(message, self._emergency)
            case (
                MarkChanged()
                | AccountChanged()
                | LeverageChanged()
                | TradingStateChanged()
                | ClockChanged()
                | StreamHealthChanged()
                | SymbolsMismatched()
                | VenueListed()
                | ProtectionFailing()
                | PositionAdopted()
                | InstrumentsChanged()
            ):
                self.on_news(message, ctx)
            case GetStreams():
                ctx.reply(streams_view(self.state, ctx.now // MS))
            case _:
                assert_never(message)

    def on_news(self, news: News, ctx: Context) -> None:
        """Keep what the rules look at; what concerns algorithms is passed on."""
        ctx.record(WorldNoted(news))
        if not self.state.readiness_told:
            Hearing(self.state, self._settings, ctx).tell_readiness(news)
        if self.state.admitted:
            Algorithms(self.state, ctx).heard(news)

    def on_request_entry(self, message: RequestEntry, ctx: Context) -> None:
        """Approve and reserve in one step, or say which guard refused."""
        signal = message.signal
        self._discretion(ctx).turn_day()
        algorithms = Algorithms(self.state, ctx)
        view = self._view(signal, ctx)
        if not isinstance(view, Refusal):
            view = algorithms.seen(message, view)
        if isinstance(view, Refusal):
            ctx.tell(EXECUTION_SYSTEM, entry_refused(self.state, message.intent_id, signal, view))
            return
        verdict = self._verdict(view, ctx)
        if isinstance(verdict, Refusal):
            ctx.tell(
                EXECUTION_SYSTEM, entry_refused(self.state, message.intent_id, signal, verdict)
            )
            return
        approved = _approve_entry(
            message,
            view,
            verdict,
            client_order_id=self._client_order_id(message.intent_id, Leg.ENTRY, 1),
            epoch=self._epoch(),
        )
        reservation = Reservation(
            intent_id=message.intent_id,
            client_order_id=approved.client_order_id,
            symbol=signal.symbol,
            position_key=position_key(signal.symbol, view.position_side),
            side=view.side,
            remaining=verdict.quantity,
            price=verdict.prices.reference_price,
            deadline_ms=approved.deadline_ms,
            approved_at_ns=ctx.now,
            strategy=signal.strategy,
            goes_on=algorithms.goes_on(message.intent_id),
        )
        ctx.record(Reserved(reservation))
        if approved.stop_loss_given is not None or approved.take_profit_given is not None:
            log_adjusted(approved, ctx)
        ctx.tell(ORDER_MANAGER, approved)

    def on_request_algorithm(self, message: RequestAlgorithm, ctx: Context) -> None:
        """Judge an algorithm whole; it reserves nothing, its slices do."""
        signal = message.command.signal
        view = self._view(signal, ctx) if signal.signal.is_entry else None
        refusal = view if isinstance(view, Refusal) else None
        if not isinstance(view, Refusal):
            refusal = Algorithms(self.state, ctx).admit(message, view)
        if refusal is not None:
            ctx.tell(
                EXECUTION_SYSTEM, entry_refused(self.state, message.intent_id, signal, refusal)
            )

    def on_request_exit(self, message: RequestExit, ctx: Context) -> None:
        """Verify that the order reduces; the wish of a program may have to wait (C-30)."""
        refusal = verify_exit(message) or self._discretion(ctx).refusal(message)
        if refusal is None:
            client_order_id = self._client_order_id(message.intent_id, message.leg, message.attempt)
            approved = _approve_exit(message, client_order_id=client_order_id, epoch=self._epoch())
            ctx.tell(ORDER_MANAGER, approved)
            return
        refused = exit_refused(message, refusal)
        ctx.tell(POSITION_MONITOR, refused)
        if message.signal_id:
            # A signal ends by the word of a guard; the position is the monitor's to see to.
            ctx.tell(EXECUTION_SYSTEM, refused)

    def on_renew_approval(self, message: RenewApproval, ctx: Context) -> None:
        """Look again at an order that waited too long; charge nothing a second time."""
        verdict = self._renewed(message, ctx.now)
        if isinstance(verdict, Refusal):
            ctx.tell(ORDER_MANAGER, RenewalRefused(message.client_order_id, verdict.guard))
        else:
            ctx.tell(ORDER_MANAGER, verdict)

    def on_exposure_changed(self, message: ExposureChanged, ctx: Context) -> None:
        """Move a fill to its position; give back what was certainly not sent."""
        reservation = self.state.reservations.get(message.intent_id)
        is_ours = reservation is not None and reservation.client_order_id == message.client_order_id
        ended = is_ours and message.ended
        given_back = ended and not message.sent and message.filled == ZERO
        ctx.record(ExposureMoved(message, ended, given_back, ctx.now))
        if self.state.admitted:
            Algorithms(self.state, ctx).moved(message.symbol, message.position_side, message.fill)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact)

    def _discretion(self, ctx: Context) -> Discretion:
        return Discretion(self.state, self._settings, ctx)

    def _verdict(self, view: EntryView, ctx: Context) -> ShapedEntry | Refusal:
        """Ask our rules, then those of the host; one that gave no answer is alerted."""
        verdict = judge(view)
        if isinstance(verdict, Refusal) or not self._rules:
            return verdict
        objection = first_objection(self._rules, view, verdict)
        if objection is not None and objection.guard == FAILED:
            name, error = objection.figure, objection.limit
            alert = AlertRaised(Severity.WARNING, "host_rule_failed", name, error)
            ctx.tell(EVENT_BUS, alert)
        return objection or verdict

    def _renewed(self, message: RenewApproval, now_ns: int) -> ApprovalRenewed | Refusal:
        reservation = self.state.reservations.get(message.intent_id)
        if reservation is None or reservation.client_order_id != message.client_order_id:
            return Refusal("no_reservation", "none", "one")
        try:
            view = renewal_view(self.state, self._settings, reservation, now_ns, self._emergency)
        except PolicyError as error:
            return Refusal("policy", error.key, error.reason)
        refusal = first_refusal(view)
        if refusal is not None:
            return refusal
        send_by_ms = min(view.venue_ms + view.settings.send_within_ms, reservation.deadline_ms)
        return ApprovalRenewed(message.client_order_id, self._epoch(), send_by_ms)

    def _view(self, signal: SubmitSignal, ctx: Context) -> EntryView | Refusal:
        try:
            settings, emergency = self._settings, self._emergency
            return entry_view(self.state, settings, signal, ctx.now, self._margin_asset, emergency)
        except PolicyError as error:
            return Refusal("policy", error.key, error.reason)

    def _client_order_id(self, intent_id: str, leg: Leg, number: int) -> str:
        return f"{self._id_prefix}{self.state.generation}-{intent_id}-{leg.value}{number}"

    def _epoch(self) -> int:
        return 0 if self.state.trading is None else self.state.trading.epoch


def _approve_entry(
    message: RequestEntry, view: EntryView, shaped: ShapedEntry, *, client_order_id: str, epoch: int
) -> ApprovedOrder:
    """Return the opening order that was judged."""
    signal = message.signal
    deadline_ms = view.venue_ms + view.settings.order_deadline_ms
    if signal.expires_at_ms is not None:
        deadline_ms = min(deadline_ms, signal.expires_at_ms)
    is_limit = shaped.prices.price is not None
    return ApprovedOrder(
        client_order_id=client_order_id,
        intent_id=message.intent_id,
        leg=Leg.ENTRY,
        signal_id=signal.signal_id,
        strategy=signal.strategy,
        symbol=signal.symbol,
        side=view.side,
        position_side=view.position_side,
        order_type=OrderType.LIMIT if is_limit else OrderType.MARKET,
        quantity=shaped.quantity,
        price=shaped.prices.price,
        trigger_price=None,
        time_in_force=signal.time_in_force if is_limit else TimeInForce.GTC,
        reduce_only=False,
        close_position=False,
        working_type=signal.working_type,
        priority=Priority.OPENING,
        epoch=epoch,
        send_by_ms=min(view.venue_ms + view.settings.send_within_ms, deadline_ms),
        deadline_ms=deadline_ms,
        slippage_pct_max=view.settings.price_slippage_pct_max,
        good_till_ms=_good_till_ms(signal) if is_limit else 0,
        price_match=signal.price_match,
        stop_loss=shaped.prices.stop_loss,
        take_profit=shaped.prices.take_profit,
        reference_price=shaped.prices.reference_price,
        source=signal.source,
        model_version=signal.model_version,
        stop_loss_given=_where_other(signal.stop_loss, shaped.prices.stop_loss),
        take_profit_given=_where_other(signal.take_profit, shaped.prices.take_profit),
        trailing=signal.trailing,
        waived=waived(view.emergency, view.venue_ms),
    )


def _approve_exit(message: RequestExit, *, client_order_id: str, epoch: int) -> ApprovedOrder:
    """Return the reducing order that was verified."""
    wish, closes_all = message.wish, message.quantity is None
    is_hedged = message.position_side is not PositionSide.BOTH
    return ApprovedOrder(
        client_order_id=client_order_id,
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
        epoch=epoch,
        send_by_ms=0,
        deadline_ms=0,
        source=SignalSource.AUTOMATED if wish is None else wish.source,
        model_version=None if wish is None else wish.model_version,
        trailing=message.trailing,
    )


def _where_other(given: Decimal | None, taken: Decimal | None) -> Decimal | None:
    """Return what a signal gave where something else was approved."""
    return None if given == taken else given


def _good_till_ms(signal: SubmitSignal) -> int:
    """Return when the venue itself shall end the order, 0 where only its time in force does."""
    return (signal.expires_at_ms or 0) if signal.time_in_force is TimeInForce.GTD else 0
