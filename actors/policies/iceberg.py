"""Iceberg and bracket: what a parent with orders that rest asks for next.

Pure. An iceberg shows one slice at a time and the next when it is filled; a slice that came to
nothing is followed by another after `PAUSE_MS`. A bracket asks for its entry once, and then waits
for the end of its position.
"""

from decimal import Decimal

from ...messages.plans import Iceberg
from ...messages.values import OrderState
from .parent_order import Moment, Move, Over, Parent, Place, Wait
from .rounding import ZERO
from .slicing import PERCENT, over_of, too_little

PAUSE_MS = 1_000


def next_iceberg(parent: Parent, plan: Iceberg, moment: Moment) -> Move:
    """Return what is to be done for an iceberg."""
    over = over_of(parent)
    if over is not None:
        return over
    expires_at_ms = parent.signal.expires_at_ms
    if expires_at_ms is not None and moment.now_ms >= expires_at_ms:
        return Over(OrderState.EXPIRED, "its time is over")
    if parent.is_idle and moment.elapsed_ms < parent.over_ms + PAUSE_MS:
        return Wait(parent.over_ms + PAUSE_MS)
    if parent.rest < parent.lot.least:
        return too_little(parent)
    return Place(shown(parent, plan, moment.draw))


def shown(parent: Parent, plan: Iceberg, draw: float) -> Decimal:
    """Return how much is shown now: at least what the venue takes, and no rest below that."""
    more = plan.variance_pct / PERCENT * (2 * Decimal(str(draw)) - 1)
    wanted = parent.lot.floor(plan.show * (1 + more))
    wanted = min(max(wanted, parent.lot.least), parent.rest)
    return parent.rest if parent.rest - wanted < parent.lot.least else wanted


def next_bracket(parent: Parent) -> Move:
    """Return what is to be done for a bracket; the end of its position ends it from outside."""
    if parent.live:
        return Wait()
    if not parent.asked:
        return Place(parent.quantity)
    if parent.filled > ZERO:
        return Wait()
    state = OrderState.FAILED if parent.misses else OrderState.EXPIRED
    return Over(state, parent.missed_by or "its entry was not filled")
