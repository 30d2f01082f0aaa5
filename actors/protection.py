"""Protection: a position's stop and target, and how long it has been without a stop.

PositionMonitor's tools, bound to one message. The wait begins with the first fill and with the end
of a stop that rested; it ends when a stop of this life rests, or flat. A wait of
`unprotected_ms_max` raises an alarm, refuses the symbol's entries and closes the position.
"""

from decimal import Decimal

from attrs import evolve, frozen

from ..messages.events import PositionProtected
from ..messages.orders import LegChanged
from ..messages.positions import ProtectionFailing
from ..messages.reconciliation import ComparePositions
from ..messages.values import TERMINAL_STATES, ErrorKind, Leg, OrderState, Severity
from . import names
from .policies.guard import RESTING, Guard
from .policies.ledger import Position
from .policies.stop_plan import AT_WORK, inside, next_step
from .position_comparison import is_stop_listed
from .position_facts import AlarmSet, FiredDue, ListingAwaited, ProtectionSet, UnprotectedDue
from .position_legs import INCONCLUSIVE, Legs
from .position_state import MS, ZERO

UNPROTECTED = "unprotected"
"""Alert of a position whose time without a stop is up, and why it is closed."""
PROTECTIVE = (Leg.STOP, Leg.TARGET, Leg.TRAIL)
"""In the order in which they are asked for."""
_MISSING = {Leg.STOP: "stop_missing", Leg.TARGET: "target_missing", Leg.TRAIL: "trailing_missing"}


@frozen
class Protection:
    """Keeps a stop at the venue; bound to one message by its legs."""

    legs: Legs

    def request(self, key: str, guard: Guard) -> None:
        """Ask for the stop, then for the target and the trailing stop where they are wanted."""
        for leg in PROTECTIVE:
            self.legs.ensure_protection(key, guard, leg)

    def begin_wait(self, key: str, number: int) -> None:
        """From now on the position is without a stop."""
        now = self.legs.ctx.now
        self.legs.ctx.record(ProtectionSet(key, now, 0))
        self.watch(key, number, now)

    def watch(self, key: str, number: int, since_ns: int) -> None:
        """Arm the alarm of a wait that began at `since_ns`."""
        ctx = self.legs.ctx
        due_ns = since_ns + self.legs.settings.unprotected_ms_max * MS
        delay_ns = max(0, due_ns - ctx.now)
        ctx.after(delay_ns, UnprotectedDue(key, number), key=f"unprotected/{key}")

    def take_up(self, key: str, guard: Guard) -> None:
        """Go on with a wait of an earlier life of the monitor; its end closes nothing by itself.

        What that life heard last may be lost with it, the word of a stop that rests too: first the
        venue is listed. A wait that ran out while nobody looked begins anew.
        """
        ctx, since_ns = self.legs.ctx, guard.unprotected_since_ns
        if since_ns + self.legs.settings.unprotected_ms_max * MS <= ctx.now:
            since_ns = ctx.now
            ctx.record(ProtectionSet(key, since_ns, 0))
        ctx.record(ListingAwaited(key, ctx.now))
        self.watch(key, guard.number, since_ns)

    def compared(self, key: str, guard: Guard, message: ComparePositions) -> None:
        """A listing without a stop lets a position be closed that only waited for it."""
        is_awaited = 0 < guard.unlisted_since_ns <= message.departed_at_ns
        if not is_awaited or is_stop_listed(guard, message):
            return
        self.legs.ctx.record(ListingAwaited(key, 0))
        if guard.is_alarmed:
            self.legs.close(key, guard, UNPROTECTED)

    def end_wait(self, key: str, guard: Guard) -> int:
        """A stop rests, or nothing is left to protect; return how long there was none, ms."""
        ctx = self.legs.ctx
        ctx.cancel(f"unprotected/{key}")
        if guard.is_alarmed:
            ctx.record(AlarmSet(key, alarm=False))
            ctx.tell(names.RISK_GATE, ProtectionFailing(guard.position.symbol, alarm=False))
        if not guard.unprotected_since_ns:
            return 0
        without_ms = (ctx.now - guard.unprotected_since_ns) // MS
        ctx.record(ProtectionSet(key, 0, without_ms))
        return without_ms

    def overdue(self, key: str, guard: Guard) -> None:
        """The time without a stop is up: alarm, and close, or first look whether one rests."""
        ctx = self.legs.ctx
        ctx.record(AlarmSet(key, alarm=True))
        ctx.tell(names.RISK_GATE, ProtectionFailing(guard.position.symbol, alarm=True))
        self.legs.alert(UNPROTECTED, key, "no stop rests at the venue")
        if guard.unlisted_since_ns:
            self.legs.check(key, "no stop is known to rest")
        else:
            self.legs.close(key, guard, UNPROTECTED)

    def resized(
        self, key: str, before: Guard, position: Position, stop_loss: Decimal | None
    ) -> None:
        """The position changed in size or average: what protects it may have to follow."""
        limit = self.legs.settings.stop_loss_pct_max
        is_same = stop_loss is not None and before.stop_loss == stop_loss
        is_inside = stop_loss is None or inside(position, stop_loss, limit) == stop_loss
        if is_same and is_inside and not (before.has_quantity_legs or self.legs.by_quantity):
            return
        after = evolve(before, position=position, stop_loss=stop_loss)
        for leg in PROTECTIVE:
            was, wanted = self.legs.wanted(before, leg), self.legs.wanted(after, leg)
            if was is not None and wanted is not None and was.differs_from(wanted):
                self.legs.again_later(key, after, leg, at_once=True)
        if before.is_protected and not after.is_protected:
            self.begin_wait(key, after.number)
        elif after.is_protected:
            self._covered(key, after, after.resting_stops()[0].trigger_price)

    def stop_changed(self, key: str, before: Guard, after: Guard, message: LegChanged) -> None:
        """A stop rests, or is gone, or may be gone."""
        if message.intent_id != after.intent_id:
            return
        if after.is_protected:
            self._covered(key, after, message.trigger_price)
        elif before.is_protected:
            self.begin_wait(key, after.number)
        fault = _fault_of_stop(before, message)
        if fault and not after.is_foreign:
            self.legs.close(key, after, fault)
        elif message.state is OrderState.TRIGGERING:
            self.watch_fired(key, after.number, message.client_order_id)
        elif is_failed(message):
            self._missed(key, before, after, message)
        elif message.kind == INCONCLUSIVE or message.state is OrderState.FILLED:
            self.legs.again_later(key, after, Leg.STOP, at_once=True)
        elif message.state in RESTING:
            self.legs.ensure_protection(key, after, Leg.STOP)

    def target_changed(self, key: str, before: Guard, after: Guard, message: LegChanged) -> None:
        """A target or a trailing stop that is gone is missed, not dangerous."""
        leg, is_passed = message.leg, message.kind == ErrorKind.WOULD_TRIGGER
        if message.intent_id != after.intent_id:
            return
        if is_passed and leg is Leg.TARGET:
            self.legs.close(key, after, "the target price is passed already")
        elif is_passed:
            # The price from which it shall follow is passed: it follows from now on.
            self.legs.again_later(key, after, leg, at_once=True)
        elif is_failed(message):
            self._missed(key, before, after, message)
        elif message.kind == INCONCLUSIVE or message.state is OrderState.FILLED:
            self.legs.again_later(key, after, leg, at_once=True)
        elif message.state in RESTING:
            self.legs.ensure_protection(key, after, leg)

    def watch_fired(self, key: str, number: int, client_order_id: str) -> None:
        """A stop that has fired has as long to fill as a position may be without one."""
        due = FiredDue(key, number, client_order_id)
        self.legs.ctx.after(self.legs.settings.unprotected_ms_max * MS, due, key=f"fired/{key}")

    def _missed(self, key: str, before: Guard, after: Guard, message: LegChanged) -> None:
        """One that ended without doing its work is followed by another, if it was wanted."""
        leg, record = message.leg, before.legs.get(message.client_order_id)
        if message.kind == ErrorKind.CLOSE_POSITION_EXISTS:
            self.legs.check(key, message.reason)
            self.legs.ensure_protection(key, after, leg)
            return
        rested = record is not None and record.state in RESTING
        wanted = self.legs.wanted(after, leg)
        if wanted is not None and next_step(after, leg, wanted).asks:
            severity = Severity.CRITICAL if leg is Leg.STOP else Severity.WARNING
            self.legs.alert(_MISSING[leg], key, message.reason, severity)
        self.legs.again_later(key, before, leg, at_once=rested)

    def _covered(self, key: str, guard: Guard, trigger_price: Decimal | None) -> None:
        """Stops rest for all that is open: a wait for that is over, and told."""
        if not guard.unprotected_since_ns:
            return
        position = guard.position
        without_ms = self.end_wait(key, guard)
        self.legs.ctx.tell(
            names.EVENT_BUS,
            PositionProtected(
                position.symbol,
                position.position_side,
                trigger_price or ZERO,
                without_ms,
            ),
        )


def is_failed(message: LegChanged) -> bool:
    """True when an order ended without doing its work, or waits for a person."""
    has_ended = message.state in TERMINAL_STATES and message.state is not OrderState.FILLED
    return has_ended or message.state is OrderState.PARKED


def _fault_of_stop(before: Guard, message: LegChanged) -> str:
    """Say why the price of a stop is passed and nothing closes, empty where that is not so."""
    if message.kind == ErrorKind.WOULD_TRIGGER:
        return "the stop price is passed already"
    record = before.legs.get(message.client_order_id)
    if record is None or not is_failed(message):
        return ""
    if record.state in AT_WORK:
        return f"the stop fired and ended {message.state.value}: {message.reason}"
    if record.state is OrderState.ACTIVE and message.state is OrderState.REJECTED:
        return f"the stop was rejected when it fired: {message.reason}"
    return ""
