"""Protection: a position's stop and target, and how long it has been without a stop.

PositionMonitor's tools, bound to one message. The wait begins with the first fill and with the end
of a stop that rested; it ends when a stop of this life rests, or flat. A wait of
`unprotected_ms_max` raises an alarm, refuses the symbol's entries and closes the position.
"""

from attrs import frozen

from ..messages.events import PositionProtected
from ..messages.orders import CancelLeg, LegChanged
from ..messages.positions import ProtectionFailing
from ..messages.values import ErrorKind, Leg, OrderState
from . import names
from .policies.guard import RESTING, Guard
from .position_facts import AlarmSet, ProtectionSet, UnprotectedDue
from .position_legs import INCONCLUSIVE, Legs
from .position_state import MS, ZERO


@frozen
class Protection:
    """Keeps a stop at the venue; bound to one message by its legs."""

    legs: Legs

    def request(self, key: str, guard: Guard) -> None:
        """Ask for the stop, and for the target where one is wanted."""
        self.legs.request_protection(key, guard, Leg.STOP)
        if guard.take_profit is not None:
            self.legs.request_protection(key, guard, Leg.TARGET)

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
        """The time without a stop is up: alarm, and close."""
        ctx = self.legs.ctx
        ctx.record(AlarmSet(key, alarm=True))
        ctx.tell(names.RISK_GATE, ProtectionFailing(guard.position.symbol, alarm=True))
        self.legs.alert("unprotected", key, "no stop rests at the venue")
        self.legs.close(key, guard, "unprotected")

    def stop_changed(self, key: str, guard: Guard, message: LegChanged, *, failed: bool) -> None:
        """A stop rests, or is gone, or may be gone."""
        if message.intent_id != guard.intent_id:
            return
        if message.state in RESTING:
            self._rests(key, guard, message)
            self._withdraw_doubted(guard, message)
        elif guard.is_protected and not guard.is_protected_beside(message.client_order_id):
            self.begin_wait(key, guard.number)
        if failed and message.kind == ErrorKind.WOULD_TRIGGER:
            self.legs.close(key, guard, "the stop price is passed already")
        elif failed:
            self.legs.again_later(key, guard, Leg.STOP)
        elif message.kind == INCONCLUSIVE or message.state is OrderState.FILLED:
            self.legs.again_later(key, guard, Leg.STOP, at_once=True)

    def target_changed(self, key: str, guard: Guard, message: LegChanged, *, failed: bool) -> None:
        """A target that is gone is missed, not dangerous."""
        if message.intent_id != guard.intent_id:
            return
        if message.state in RESTING:
            self._withdraw_doubted(guard, message)
        if failed and message.kind == ErrorKind.WOULD_TRIGGER:
            self.legs.close(key, guard, "the target price is passed already")
        elif failed:
            self.legs.alert("target_missing", key, message.reason)
            self.legs.again_later(key, guard, Leg.TARGET)
        elif message.state is OrderState.FILLED:
            self.legs.again_later(key, guard, Leg.TARGET, at_once=True)

    def _rests(self, key: str, guard: Guard, message: LegChanged) -> None:
        if not guard.unprotected_since_ns:
            return
        position = guard.position
        without_ms = self.end_wait(key, guard)
        self.legs.ctx.tell(
            names.EVENT_BUS,
            PositionProtected(
                position.symbol,
                position.position_side,
                message.trigger_price or ZERO,
                without_ms,
            ),
        )

    def _withdraw_doubted(self, guard: Guard, message: LegChanged) -> None:
        """One that is unknown shall not be sent again beside the one that rests."""
        for client_order_id in guard.doubted_beside(message.client_order_id, message.leg):
            self.legs.ctx.tell(names.ORDER_MANAGER, CancelLeg(client_order_id))
