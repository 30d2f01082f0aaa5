"""Position liquidation: how near each position is to the price at which the venue closes it.

PositionMonitor's tools, bound to one message. The price comes with the venue's listings, where
`protection.liquidation_alert_pct` wants it; the distance is looked at with each listing and each
mark. A person is told once when it falls below that, and once when it no longer is; nothing is
closed for it, since the stop rests nearer. Bound: one record a position.
"""

from decimal import Decimal

from attrs import frozen

from ..messages.events import AlertRaised
from ..messages.market import MarkChanged
from ..messages.reconciliation import ComparePositions
from ..messages.values import Severity
from .names import EVENT_BUS
from .policies.liquidation import Liquidation, distance_pct
from .policies.rounding import plain
from .position_facts import LiquidationNoted
from .position_state import ZERO, PositionsState, key_of
from .runtime.actor import Context


@frozen
class Liquidations:
    """Watches liquidation prices; bound to one message by its context."""

    state: PositionsState
    alert_pct: Decimal
    ctx: Context

    def compared(self, message: ComparePositions) -> None:
        """Take the prices of a listing, and forget those of positions that are gone."""
        told = {
            key_of(each.symbol, each.position_side): each.liquidation_price
            for each in message.positions
            if each.liquidation_price > ZERO
        }
        held = [key for key, _ in self.state.open_guards()]
        for key in self.state.liquidations:
            if key not in told or key not in held:
                self.ctx.record(LiquidationNoted(key, ZERO, is_near=False))
        for key in held:
            if key in told:
                self._weigh(key, told[key], self.state.marks.get(key.partition("/")[0]))

    def marked(self, mark: MarkChanged) -> None:
        """Look at the positions of a symbol whose mark has moved."""
        for key, known in self.state.liquidations.items():
            if key.startswith(f"{mark.symbol}/"):
                self._weigh(key, known.price, mark)

    def _weigh(self, key: str, price: Decimal, mark: MarkChanged | None) -> None:
        known = self.state.liquidations.get(key)
        before = known or Liquidation(ZERO)
        distance = None if mark is None else distance_pct(mark.mark, price)
        is_near = before.is_near if distance is None else distance < self.alert_pct
        if (price, is_near) != (before.price, before.is_near):
            self.ctx.record(LiquidationNoted(key, price, is_near))
        if distance is not None and is_near is not before.is_near:
            self._alert(key, price, distance, is_near=is_near)

    def _alert(self, key: str, price: Decimal, distance: Decimal, *, is_near: bool) -> None:
        word = "near" if is_near else "far again"
        text = f"liquidation at {plain(price)} is {word}: {plain(distance)} % from the mark"
        alert = AlertRaised(
            severity=Severity.CRITICAL if is_near else Severity.INFO,
            alert="liquidation_near" if is_near else "liquidation_far",
            subject=key,
            text=text,
        )
        self.ctx.tell(EVENT_BUS, alert)
