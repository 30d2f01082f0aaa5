"""PositionMonitor: positions, their protection, and their end.

Owns positions as the fold of our fills, one stop per position at the first fill, and every exit
until the venue shows flat: no refusal ends an exit, it is tried again with backoff. A position
without a resting stop for `unprotected_ms_max` is alarmed, its symbol takes no entries, and it is
closed. Bound: one guard per symbol and position side. The facts are in `position_facts.py`, what a
guard knows in `policies/guard.py`.
"""

from decimal import Decimal
from typing import assert_never

from ..messages.account import PositionsValued
from ..messages.events import (
    AlertRaised,
    PositionClosed,
    PositionOpened,
    PositionProtected,
    PositionUpdated,
)
from ..messages.instruments import InstrumentsChanged
from ..messages.market import ClockChanged, MarkChanged
from ..messages.orders import (
    ApprovalRefused,
    CancelLeg,
    FillBooked,
    LegChanged,
    RequestExit,
)
from ..messages.positions import CloseRefused, FlattenAll, ProtectionFailing, RequestClose
from ..messages.queries import GetPositions, PositionsView
from ..messages.reconciliation import ComparePositions, PositionsCompared
from ..messages.stream import PositionReported
from ..messages.values import (
    TERMINAL_STATES,
    ErrorKind,
    Leg,
    OrderState,
    OrderType,
    Severity,
    SignalType,
)
from . import names
from .policies.guard import Guard, close_quantity, loss_percent
from .policies.ledger import Position, unrealised_pnl
from .policies.rounding import halve, plain
from .position_facts import (
    MS,
    PRIVATE,
    ZERO,
    AgainDue,
    AlarmSet,
    ClosingSet,
    Fact,
    FillApplied,
    InstrumentsNoted,
    LegNoted,
    LegRequested,
    MarkNoted,
    PositionsState,
    ProtectionSet,
    UnprotectedDue,
    apply_fact,
    filled_position,
    key_of,
    position_view,
)
from .runtime.actor import Actor, Context
from .settings import ProtectionSettings

Inbox = (
    FillBooked
    | LegChanged
    | RequestClose
    | FlattenAll
    | ApprovalRefused
    | MarkChanged
    | InstrumentsChanged
    | ClockChanged
    | ComparePositions
    | PositionReported
    | GetPositions
    | UnprotectedDue
    | AgainDue
)


class PositionMonitor(Actor):
    """Every open quantity has a stop, or is being closed."""

    State = PositionsState
    private = PRIVATE
    state: PositionsState

    def __init__(self, settings: ProtectionSettings) -> None:
        super().__init__()
        self._settings = settings

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901, PLR0912
        """Handle one message."""
        match message:
            case FillBooked():
                self.on_fill_booked(message, ctx)
            case LegChanged():
                self.on_leg_changed(message, ctx)
            case RequestClose():
                self.on_request_close(message, ctx)
            case FlattenAll():
                self.on_flatten_all(message, ctx)
            case ApprovalRefused():
                self.on_approval_refused(message, ctx)
            case MarkChanged():
                self.on_mark_changed(message, ctx)
            case InstrumentsChanged():
                ctx.record(InstrumentsNoted(message))
            case ClockChanged():
                ctx.log("clock_changed", trusted=message.trusted)
            case ComparePositions():
                self.on_compare_positions(message, ctx)
            case PositionReported():
                ctx.log("position_reported", symbol=message.symbol, quantity=message.quantity)
            case GetPositions():
                self.on_get_positions(ctx)
            case UnprotectedDue():
                self.on_unprotected(message, ctx)
            case AgainDue():
                self.on_again(message, ctx)
            case _:
                assert_never(message)

    def on_fill_booked(self, message: FillBooked, ctx: Context) -> None:
        """Book a fill; a first one asks for protection, a last one sweeps it away."""
        trade = message.trade
        key = key_of(trade.symbol, trade.position_side)
        guard = self.state.guards.get(key)
        before = Position(trade.symbol, trade.position_side) if guard is None else guard.position
        after = filled_position(self.state, key, message, ctx.now)
        ctx.record(FillApplied(key, message, ctx.now))
        if after.is_flat:
            self._closed(key, guard, before, after, message, ctx)
        elif after.epoch != before.epoch:
            self._opened(key, after, message, ctx)
        else:
            self._tell_updated(after, ctx)

    def on_leg_changed(self, message: LegChanged, ctx: Context) -> None:
        """Note what became of an order of ours, and see to what is missing now."""
        key = key_of(message.symbol, message.position_side)
        guard = self.state.guards.get(key)
        if guard is None:
            ctx.log("leg_without_position", id=message.client_order_id, state=message.state)
            return
        has_ended = message.state in TERMINAL_STATES
        failed = has_ended and message.state is not OrderState.FILLED
        ctx.record(LegNoted(key, message, failed=failed))
        if guard.position.is_flat:
            if not has_ended and message.leg.is_protective and message.state is OrderState.ACTIVE:
                ctx.tell(names.ORDER_MANAGER, CancelLeg(message.client_order_id))
            return
        match message.leg:
            case Leg.STOP:
                self._stop_changed(key, guard, message, failed=failed, ctx=ctx)
            case Leg.TARGET:
                self._target_changed(key, guard, message, failed=failed, ctx=ctx)
            case Leg.EXIT:
                self._exit_changed(key, guard, message, ended=has_ended, ctx=ctx)
            case Leg.ENTRY:
                ctx.log("entry_is_no_leg", id=message.client_order_id)
            case _:
                assert_never(message.leg)

    def on_request_close(self, message: RequestClose, ctx: Context) -> None:
        """Turn a close wish into a reducing order of the right size."""
        found = self._find_to_close(message)
        if isinstance(found, CloseRefused):
            ctx.tell(names.EXECUTION_SYSTEM, found)
            return
        key, guard, quantity, whole = found
        if whole:
            ctx.record(ClosingSet(key, f"signal {message.signal.signal_id}"))
        ctx.record(LegRequested(key, Leg.EXIT))
        signal = message.signal
        ctx.tell(
            names.RISK_GATE,
            self._exit(
                guard,
                intent_id=message.intent_id,
                attempt=1,
                quantity=quantity,
                signal_id=signal.signal_id,
            ),
        )

    def on_flatten_all(self, message: FlattenAll, ctx: Context) -> None:
        """Close our positions, of a symbol or all."""
        for key, guard in self.state.open_guards():
            if message.symbol in ("", guard.position.symbol):
                self._close(key, guard, message.reason or "flatten", ctx)

    def on_approval_refused(self, message: ApprovalRefused, ctx: Context) -> None:
        """The gate found no position to reduce: what is still open is tried again."""
        for key, guard in self.state.open_guards():
            if guard.position.symbol == message.symbol:
                again = AgainDue(key, message.leg, guard.number)
                self._after(self._backoff_ms(guard, message.leg), again, ctx)

    def on_mark_changed(self, message: MarkChanged, ctx: Context) -> None:
        """Value the positions; a loss beyond the stop means that the stop failed."""
        open_guards = self.state.open_guards()
        if not any(guard.position.symbol == message.symbol for _, guard in open_guards):
            if message.symbol not in self.state.marks:
                ctx.record(MarkNoted(message))
            return
        ctx.record(MarkNoted(message))
        for key, guard in open_guards:
            if guard.position.symbol == message.symbol and not guard.closing:
                loss = loss_percent(guard, message.mark)
                if loss >= self._settings.stop_failed_pct:
                    self._alert("stop_failed", key, f"loss {loss:.2f} % from entry", ctx)
                    self._close(key, guard, "stop failed", ctx)
        unrealised = ZERO
        for _, guard in open_guards:
            mark = self._mark(guard, message)
            if mark is not None:
                unrealised += unrealised_pnl(guard.position, mark)
        ctx.tell(names.ACCOUNT, PositionsValued(unrealised, ctx.now))

    def on_compare_positions(self, message: ComparePositions, ctx: Context) -> None:
        """Say which symbols differ; what moved since the question left does not count."""
        venue = {key_of(each.symbol, each.position_side): each for each in message.positions}
        mismatched: list[str] = []
        foreign: list[str] = []
        for key in dict.fromkeys([*self.state.guards, *venue]):
            guard, theirs = self.state.guards.get(key), venue.get(key)
            quantity = ZERO if theirs is None else theirs.quantity
            ours = ZERO if guard is None else guard.position.quantity
            is_fresh = guard is not None and guard.last_fill_ns >= message.departed_at_ns
            if quantity == ours or is_fresh:
                continue
            (foreign if guard is None else mismatched).append(key.partition("/")[0])
        ctx.tell(
            ctx.sender,
            PositionsCompared(message.pass_number, tuple(mismatched), tuple(foreign)),
        )

    def on_get_positions(self, ctx: Context) -> None:
        """Answer with a snapshot."""
        state = self.state
        ctx.reply(
            PositionsView(
                positions=tuple(position_view(state, guard) for _, guard in state.open_guards()),
                realised_pnl=state.realised_pnl,
                fees=state.fees,
                longest_unprotected_ms=state.longest_unprotected_ms,
            )
        )

    def on_unprotected(self, message: UnprotectedDue, ctx: Context) -> None:
        """The time without a stop is up: alarm, and close."""
        guard = self.state.guards.get(message.key)
        if guard is None or guard.number != message.number or guard.position.is_flat:
            return
        if not guard.unprotected_since_ns or guard.is_protected:
            return
        ctx.record(AlarmSet(message.key, alarm=True))
        ctx.tell(names.RISK_GATE, ProtectionFailing(guard.position.symbol, alarm=True))
        self._alert("unprotected", message.key, "no stop rests at the venue", ctx)
        self._close(message.key, guard, "unprotected", ctx)

    def on_again(self, message: AgainDue, ctx: Context) -> None:
        """Ask once more for a leg that is still missing."""
        guard = self.state.guards.get(message.key)
        if guard is None or guard.number != message.number or guard.position.is_flat:
            return
        self._ensure(message.key, guard, message.leg, ctx)

    def resume(self, ctx: Context) -> None:
        """See to every open position: its stop, its target, its exit."""
        for key, guard in self.state.open_guards():
            for leg in (Leg.STOP, Leg.TARGET, Leg.EXIT):
                self._repeat_lost_request(key, guard, leg, ctx)
            if guard.unprotected_since_ns:
                self._arm_unprotected(key, guard.number, guard.unprotected_since_ns, ctx)
        for guard in self.state.guards.values():
            if guard.position.is_flat:
                for client_order_id in guard.resting_ids():
                    ctx.tell(names.ORDER_MANAGER, CancelLeg(client_order_id))

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact)

    def _opened(self, key: str, after: Position, message: FillBooked, ctx: Context) -> None:
        number = self.state.lives + 1
        ctx.tell(
            names.EVENT_BUS,
            PositionOpened(
                after.symbol,
                after.position_side,
                after.quantity,
                after.entry_price,
                message.strategy,
            ),
        )
        ctx.record(ProtectionSet(key, ctx.now, 0))
        self._arm_unprotected(key, number, ctx.now, ctx)
        life = Guard(
            after,
            number=number,
            strategy=message.strategy,
            signal_id=message.signal_id,
            stop_loss=message.stop_loss,
            take_profit=message.take_profit,
            working_type=message.working_type,
        )
        if message.leg is not Leg.ENTRY:
            self._close(key, life, "turned over by an exit", ctx)
            return
        self._request_protection(key, life, Leg.STOP, ctx)
        if message.take_profit is not None:
            self._request_protection(key, life, Leg.TARGET, ctx)

    def _closed(
        self,
        key: str,
        guard: Guard | None,
        before: Position,
        after: Position,
        message: FillBooked,
        ctx: Context,
    ) -> None:
        assert guard is not None
        ctx.tell(
            names.EVENT_BUS,
            PositionClosed(
                symbol=after.symbol,
                position_side=after.position_side,
                exit_price=message.trade.price,
                realised_pnl=after.realised_pnl - guard.realised_before,
                fees=after.fees - guard.fees_before,
                strategy=guard.strategy,
            ),
        )
        ctx.log("position_closed", key=key, was=before.quantity)
        ctx.cancel(f"unprotected/{key}")
        if guard.unprotected_since_ns:
            without_ms = (ctx.now - guard.unprotected_since_ns) // MS
            ctx.record(ProtectionSet(key, 0, without_ms))
        if guard.is_alarmed:
            ctx.tell(names.RISK_GATE, ProtectionFailing(after.symbol, alarm=False))
        for client_order_id in guard.resting_ids():
            if client_order_id != message.client_order_id:
                ctx.tell(names.ORDER_MANAGER, CancelLeg(client_order_id))

    def _tell_updated(self, after: Position, ctx: Context) -> None:
        ctx.tell(
            names.EVENT_BUS,
            PositionUpdated(
                after.symbol,
                after.position_side,
                after.quantity,
                after.entry_price,
                after.realised_pnl,
            ),
        )

    def _stop_changed(
        self, key: str, guard: Guard, message: LegChanged, *, failed: bool, ctx: Context
    ) -> None:
        if message.state is OrderState.ACTIVE and message.intent_id == guard.intent_id:
            self._protected(key, guard, message, ctx)
        elif failed and guard.is_protected and not guard.unprotected_since_ns:
            ctx.record(ProtectionSet(key, ctx.now, 0))
            self._arm_unprotected(key, guard.number, ctx.now, ctx)
        if failed and message.kind == ErrorKind.WOULD_TRIGGER:
            self._close(key, guard, "the stop price is passed already", ctx)
        elif failed or message.kind == "INCONCLUSIVE":
            self._again_later(key, guard, Leg.STOP, message, ctx)

    def _target_changed(
        self, key: str, guard: Guard, message: LegChanged, *, failed: bool, ctx: Context
    ) -> None:
        if failed and message.kind == ErrorKind.WOULD_TRIGGER:
            self._close(key, guard, "the target price is passed already", ctx)
        elif failed:
            self._alert("target_missing", key, message.reason, ctx)
            self._again_later(key, guard, Leg.TARGET, message, ctx)

    def _exit_changed(
        self, key: str, guard: Guard, message: LegChanged, *, ended: bool, ctx: Context
    ) -> None:
        """An exit that is over with quantity left is followed by the next one."""
        if not guard.closing:
            return
        if message.state is OrderState.FILLED:
            ctx.after(0, AgainDue(key, Leg.EXIT, guard.number), key=f"again/{key}/x")
        elif ended or message.kind == "INCONCLUSIVE":
            self._alert("exit_refused", key, message.reason, ctx)
            self._again_later(key, guard, Leg.EXIT, message, ctx)

    def _protected(self, key: str, guard: Guard, message: LegChanged, ctx: Context) -> None:
        if not guard.unprotected_since_ns:
            return
        without_ms = (ctx.now - guard.unprotected_since_ns) // MS
        ctx.record(ProtectionSet(key, 0, without_ms))
        ctx.cancel(f"unprotected/{key}")
        if guard.is_alarmed:
            ctx.record(AlarmSet(key, alarm=False))
            ctx.tell(names.RISK_GATE, ProtectionFailing(guard.position.symbol, alarm=False))
        ctx.tell(
            names.EVENT_BUS,
            PositionProtected(
                guard.position.symbol,
                guard.position.position_side,
                message.trigger_price or ZERO,
                without_ms,
            ),
        )

    def _close(self, key: str, guard: Guard, reason: str, ctx: Context) -> None:
        """Close a position whole; a second reason changes nothing."""
        if guard.closing:
            return
        ctx.record(ClosingSet(key, reason))
        ctx.log("position_closing", key=key, reason=reason)
        if not guard.has_live(Leg.EXIT):
            self._request_exit(key, guard, ctx)

    def _ensure(self, key: str, guard: Guard, leg: Leg, ctx: Context) -> None:
        """Ask for a leg unless one lives, or is not wanted."""
        if guard.has_live(leg):
            return
        if leg is Leg.EXIT:
            if guard.closing:
                self._request_exit(key, guard, ctx)
        elif not (leg is Leg.TARGET and guard.take_profit is None):
            self._request_protection(key, guard, leg, ctx)

    def _repeat_lost_request(self, key: str, guard: Guard, leg: Leg, ctx: Context) -> None:
        """After a restart a request that nobody answered may be lost: the same id again."""
        asked = guard.attempts.get(leg.value, 0)
        known = sum(1 for record in guard.legs.values() if record.leg is leg)
        if asked > known and leg is not Leg.EXIT:
            ctx.tell(names.RISK_GATE, self._protection(guard, leg, asked))
        elif asked > known:
            quantity = close_quantity(guard, self.state.filters.get(guard.position.symbol))
            ctx.tell(names.RISK_GATE, self._exit(guard, attempt=asked, quantity=quantity))
        else:
            self._ensure(key, guard, leg, ctx)

    def _request_protection(self, key: str, guard: Guard, leg: Leg, ctx: Context) -> None:
        price = guard.stop_loss if leg is Leg.STOP else guard.take_profit
        if price is None:
            self._close(key, guard, "no price for its protection", ctx)
            return
        ctx.record(LegRequested(key, leg))
        attempt = guard.attempts.get(leg.value, 0) + 1
        ctx.tell(names.RISK_GATE, self._protection(guard, leg, attempt))

    def _request_exit(self, key: str, guard: Guard, ctx: Context) -> None:
        ctx.record(LegRequested(key, Leg.EXIT))
        attempt = guard.attempts.get(Leg.EXIT.value, 0) + 1
        quantity = close_quantity(guard, self.state.filters.get(guard.position.symbol))
        ctx.tell(names.RISK_GATE, self._exit(guard, attempt=attempt, quantity=quantity))

    def _protection(self, guard: Guard, leg: Leg, attempt: int) -> RequestExit:
        is_stop = leg is Leg.STOP
        return RequestExit(
            intent_id=guard.intent_id,
            leg=leg,
            attempt=attempt,
            signal_id="",
            strategy=guard.strategy,
            symbol=guard.position.symbol,
            side=guard.exit_side,
            position_side=guard.position.position_side,
            order_type=OrderType.STOP_MARKET if is_stop else OrderType.TAKE_PROFIT_MARKET,
            quantity=None,
            price=None,
            trigger_price=guard.stop_loss if is_stop else guard.take_profit,
            working_type=guard.working_type,
            position_quantity=guard.position.quantity,
        )

    def _exit(
        self,
        guard: Guard,
        *,
        attempt: int,
        quantity: Decimal,
        intent_id: str = "",
        signal_id: str = "",
    ) -> RequestExit:
        return RequestExit(
            intent_id=intent_id or guard.intent_id,
            leg=Leg.EXIT,
            attempt=attempt,
            signal_id=signal_id,
            strategy=guard.strategy,
            symbol=guard.position.symbol,
            side=guard.exit_side,
            position_side=guard.position.position_side,
            order_type=OrderType.MARKET,
            quantity=quantity,
            price=None,
            trigger_price=None,
            working_type=guard.working_type,
            position_quantity=guard.position.quantity,
        )

    def _again_later(
        self, key: str, guard: Guard, leg: Leg, message: LegChanged, ctx: Context
    ) -> None:
        wait_ms = 0 if message.kind == "INCONCLUSIVE" else self._backoff_ms(guard, leg)
        self._after(wait_ms, AgainDue(key, leg, guard.number), ctx)

    def _after(self, wait_ms: int, again: AgainDue, ctx: Context) -> None:
        ctx.after(wait_ms * MS, again, key=f"again/{again.key}/{again.leg.value}")

    def _backoff_ms(self, guard: Guard, leg: Leg) -> int:
        settings = self._settings
        failures = min(guard.failures.get(leg.value, 0), 16)
        return min(settings.exit_retry_base_ms << failures, settings.exit_retry_cap_ms)

    def _arm_unprotected(self, key: str, number: int, since_ns: int, ctx: Context) -> None:
        due_ns = since_ns + self._settings.unprotected_ms_max * MS
        delay_ns = max(0, due_ns - ctx.now)
        ctx.after(delay_ns, UnprotectedDue(key, number), key=f"unprotected/{key}")

    def _mark(self, guard: Guard, news: MarkChanged) -> Decimal | None:
        symbol = guard.position.symbol
        mark = news if news.symbol == symbol else self.state.marks.get(symbol)
        return None if mark is None else mark.mark

    def _alert(self, name: str, key: str, text: str, ctx: Context) -> None:
        ctx.tell(names.EVENT_BUS, AlertRaised(Severity.CRITICAL, name, key, text))

    def _find_to_close(
        self, message: RequestClose
    ) -> CloseRefused | tuple[str, Guard, Decimal, bool]:
        """Return (key, guard, quantity, whole) of what a signal may close, or why nothing."""
        signal = message.signal
        for key, guard in self.state.open_guards():
            held = guard.position.quantity
            is_long = held > ZERO
            wanted = {SignalType.CLOSE_LONG: is_long, SignalType.CLOSE_SHORT: not is_long}
            if guard.position.symbol == signal.symbol and wanted.get(signal.signal, True):
                return self._size_close(message, key, guard)
        return _refused(message, "no_position", "0", signal.signal.value)

    def _size_close(
        self, message: RequestClose, key: str, guard: Guard
    ) -> CloseRefused | tuple[str, Guard, Decimal, bool]:
        signal, filters = message.signal, self.state.filters.get(message.signal.symbol)
        if guard.closing:
            return _refused(message, "closing", guard.closing, "no exit under way")
        whole = close_quantity(guard, filters)
        quantity = whole
        if signal.signal is SignalType.REDUCE_50:
            half = None if filters is None else halve(guard.position.quantity, filters)
            if half is None:
                held = plain(abs(guard.position.quantity))
                return _refused(message, "too_small_to_halve", held, "twice the smallest lot")
            quantity = half
        if signal.quantity is not None:
            quantity = min(quantity, signal.quantity)
        return key, guard, quantity, quantity == whole


def _refused(message: RequestClose, guard: str, figure: str, limit: str) -> CloseRefused:
    signal = message.signal
    return CloseRefused(message.intent_id, signal.signal_id, signal.symbol, guard, figure, limit)
