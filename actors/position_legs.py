"""Position legs: asks for stops, targets and exits until each lives or is not wanted.

PositionMonitor's tools, bound to one message. Every request is numbered within the life of its
position, so that a repeated one has the same client order id and a new one its own. No refusal ends
an exit: what failed is asked for again after a backoff, which doubles up to its cap.
"""

from decimal import Decimal

from attrs import evolve, frozen

from ..messages.events import AlertRaised
from ..messages.intake import SubmitSignal
from ..messages.orders import CancelLeg, LegChanged, RequestExit
from ..messages.positions import CheckPositions, RequestClose
from ..messages.values import CloseReason, ErrorKind, Leg, OrderState, OrderType, Severity
from . import names
from .policies.close_rules import Close
from .policies.guard import Guard, close_quantity
from .policies.stop_plan import Wanted, next_step, trailing_of, wanted_order
from .position_facts import AgainDue, ClosingSet, LegRequested
from .position_state import MS, PositionsState
from .runtime.actor import Context
from .settings import ProtectionSettings

ANSWER_PATIENCE_NS = 5_000_000_000
"""An order that nobody has spoken of for so long is asked for again, under the same id: in time for
a stop to rest before the position counts as unprotected."""

_TYPES = {
    Leg.STOP: OrderType.STOP_MARKET,
    Leg.TARGET: OrderType.TAKE_PROFIT_MARKET,
    Leg.TRAIL: OrderType.TRAILING_STOP_MARKET,
}
INCONCLUSIVE = "INCONCLUSIVE"
"""Of an order in doubt: one query did not find it, and the next may go out beside it."""


@frozen
class Legs:
    """Asks for orders; the monitor's state, settings and the context of the message at hand."""

    state: PositionsState
    settings: ProtectionSettings
    ctx: Context

    def close(
        self, key: str, guard: Guard, reason: str, by: CloseReason = CloseReason.PROTECTION
    ) -> None:
        """Close a position whole, unless it is foreign.

        A second reason changes nothing but what may be refused yet.
        """
        if guard.closing and not guard.awaits_leave:
            return
        if guard.is_foreign:
            self.alert("foreign_unprotected", key, reason)
            return
        self.ctx.record(ClosingSet(key, reason, by))
        self.ctx.log("position_closing", key=key, reason=reason)
        if not guard.has_live(Leg.EXIT):
            self._request_exit(key, guard)

    def exit_by_signal(self, message: RequestClose, found: Close) -> None:
        """Ask for the exit that a signal wants; a whole one is seen through until flat."""
        signal = message.signal
        if found.whole:
            self.ctx.record(ClosingSet(found.key, f"signal {signal.signal_id}", CloseReason.SIGNAL))
        exit_ = _exit(found.guard, message.intent_id, 1, found.quantity, signal)
        self._ask(found.key, found.guard, exit_)

    def exit_changed(self, key: str, guard: Guard, message: LegChanged, *, failed: bool) -> None:
        """An exit that is over with quantity left is followed by the next one."""
        if message.kind == ErrorKind.REDUCE_ONLY_REFUSED:
            self._clear_the_way(key, guard, message)
        if not guard.closing:
            return
        if message.state is OrderState.FILLED:
            self.again_later(key, guard, Leg.EXIT, at_once=True)
        elif failed or message.kind == INCONCLUSIVE:
            self.alert("exit_refused", key, message.reason)
            self.again_later(key, guard, Leg.EXIT, at_once=message.kind == INCONCLUSIVE)

    def ensure(self, key: str, guard: Guard, leg: Leg) -> None:
        """Ask for a leg unless one lives, or is not wanted; what nobody answers is asked again."""
        request = guard.pending.get(leg.value)
        if request is not None:
            self._tell(key, guard.number, request)
        elif leg.is_protective:
            self.ensure_protection(key, guard, leg)
        elif guard.closing and not guard.has_live(leg):
            self._request_exit(key, guard)

    def ensure_protection(self, key: str, guard: Guard, leg: Leg) -> None:
        """Take the next step towards a stop or a target; without a price for a stop, close."""
        wanted = self.wanted(guard, leg)
        if wanted is None:
            if leg is Leg.STOP:
                self.close(key, guard, "no price for its protection")
            return
        step = next_step(guard, leg, wanted)
        if step.asks:
            attempt = guard.attempts.get(leg.value, 0) + 1
            quantity = None if step.is_whole else wanted.quantity
            request = _protection(guard, leg, attempt, wanted.trigger_price, quantity)
            if leg is Leg.TRAIL:
                filters = self.state.filters.get(guard.position.symbol)
                request = evolve(request, trailing=trailing_of(guard, filters))
            self._ask(key, guard, request)
        for client_order_id in step.cancels:
            self.ctx.tell(names.ORDER_MANAGER, CancelLeg(client_order_id))

    def wanted(self, guard: Guard, leg: Leg) -> Wanted | None:
        """Return what should rest for a leg; the grid may have changed since its approval."""
        return wanted_order(
            guard,
            leg,
            self.state.filters.get(guard.position.symbol),
            loss_pct_max=self.settings.stop_loss_pct_max,
            by_quantity=self.settings.quantity_stops,
        )

    @property
    def by_quantity(self) -> bool:
        """True where stops and targets follow the position's quantity by setting."""
        return self.settings.quantity_stops

    def check(self, key: str, reason: str) -> None:
        """Have everything compared with the venue now: it said what we did not expect."""
        self.ctx.tell(names.RECONCILER, CheckPositions(f"{key}: {reason}"))

    def heard(self, key: str, leg: Leg) -> None:
        """The order of a leg was spoken of: the wait for that is over."""
        self.ctx.cancel(f"again/{key}/{leg.value}")

    def again_later(self, key: str, guard: Guard, leg: Leg, *, at_once: bool = False) -> None:
        """Look after a backoff whether the leg is still missing."""
        wait_ms = 0 if at_once else self._backoff_ms(guard, leg)
        again = AgainDue(key, leg, guard.number)
        self.ctx.after(wait_ms * MS, again, key=f"again/{key}/{leg.value}")

    def alert(self, name: str, key: str, text: str, severity: Severity = Severity.CRITICAL) -> None:
        """Say something that a person must see."""
        self.ctx.tell(names.EVENT_BUS, AlertRaised(severity, name, key, text))

    def _clear_the_way(self, key: str, guard: Guard, message: LegChanged) -> None:
        """Nothing to reduce, or others reduce first: only the venue's position says which."""
        for client_order_id in guard.competing_ids(message.client_order_id):
            self.ctx.tell(names.ORDER_MANAGER, CancelLeg(client_order_id))
        self.check(key, message.reason)

    def _request_exit(self, key: str, guard: Guard) -> None:
        attempt = guard.attempts.get(Leg.EXIT.value, 0) + 1
        quantity = close_quantity(guard, self.state.filters.get(guard.position.symbol))
        self._ask(key, guard, _exit(guard, guard.intent_id, attempt, quantity, None))

    def _ask(self, key: str, guard: Guard, request: RequestExit) -> None:
        self.ctx.record(LegRequested(key, request))
        self._tell(key, guard.number, request)

    def _tell(self, key: str, number: int, request: RequestExit) -> None:
        self.ctx.tell(names.RISK_GATE, request)
        again = AgainDue(key, request.leg, number)
        self.ctx.after(ANSWER_PATIENCE_NS, again, key=f"again/{key}/{request.leg.value}")

    def _backoff_ms(self, guard: Guard, leg: Leg) -> int:
        failures = min(guard.failures.get(leg.value, 0), 16)
        return min(self.settings.exit_retry_base_ms << failures, self.settings.exit_retry_cap_ms)


def _protection(
    guard: Guard, leg: Leg, attempt: int, trigger_price: Decimal | None, quantity: Decimal | None
) -> RequestExit:
    return RequestExit(
        intent_id=guard.intent_id,
        leg=leg,
        attempt=attempt,
        signal_id="",
        strategy=guard.strategy,
        symbol=guard.position.symbol,
        side=guard.exit_side,
        position_side=guard.position.position_side,
        order_type=_TYPES[leg],
        quantity=quantity,
        price=None,
        trigger_price=trigger_price,
        working_type=guard.working_type,
        position_quantity=guard.position.quantity,
    )


def _exit(
    guard: Guard, intent_id: str, attempt: int, quantity: Decimal, wish: SubmitSignal | None
) -> RequestExit:
    return RequestExit(
        intent_id=intent_id,
        leg=Leg.EXIT,
        attempt=attempt,
        signal_id="" if wish is None else wish.signal_id,
        strategy=guard.strategy if wish is None else wish.strategy,
        symbol=guard.position.symbol,
        side=guard.exit_side,
        position_side=guard.position.position_side,
        order_type=OrderType.MARKET,
        quantity=quantity,
        price=None,
        trigger_price=None,
        working_type=guard.working_type,
        position_quantity=guard.position.quantity,
        wish=wish,
    )
