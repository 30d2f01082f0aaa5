"""Slicing: which part of a whole is due at which time, with nothing lost on the way.

Pure. A schedule says how much shall be filled in all by a time, so that what one slice missed is in
the next. After the last time what is left is asked for `CATCH_UPS` times more, an interval apart,
then given up. `MISSES_MAX` slices in a row that come to nothing end the whole.
"""

from collections.abc import Sequence
from decimal import Decimal

from ...messages.plans import Twap
from ...messages.values import OrderState
from .parent_order import Lot, Move, Over, Parent, Place, Slice, Wait
from .rounding import ZERO, plain

CATCH_UPS = 3
MISSES_MAX = 3
PERCENT = Decimal(100)
UNFILLED = "its time is over"


def twap_schedule(
    plan: Twap, quantity: Decimal, lot: Lot, draws: Sequence[float]
) -> tuple[Slice, ...]:
    """Return equal parts at equal intervals; a draw in [0, 1) says how late each may come.

    Of parts that would be below the venue's least there are fewer.
    """
    count = plan.slices if lot.least == ZERO else int(quantity // lot.least)
    count = max(1, min(plan.slices, count))
    interval_ms = plan.duration_ms // count
    jitter_ms = int(interval_ms * plan.jitter_pct / PERCENT)
    return tuple(
        Slice(
            number * interval_ms + int(draws[number] * jitter_ms),
            quantity if number + 1 == count else lot.floor(quantity * (number + 1) / count),
        )
        for number in range(count)
    )


def next_slice(parent: Parent, elapsed_ms: int) -> Move:
    """Return what is to be done for a scheduled parent, so long after its beginning."""
    if parent.live:
        return Wait()
    if parent.rest <= ZERO:
        return Over(OrderState.FILLED, "")
    if parent.misses >= MISSES_MAX:
        return Over(OrderState.FAILED, parent.missed_by)
    due = max((each.upto for each in parent.schedule if each.at_ms <= elapsed_ms), default=ZERO)
    coming_ms = [each.at_ms for each in parent.schedule if each.at_ms > elapsed_ms]
    if not coming_ms:
        return _last(parent, _wanted(parent, parent.rest), elapsed_ms)
    wanted = _wanted(parent, due - parent.filled)
    if wanted == ZERO or parent.asked > _passed(parent, elapsed_ms) - 1:
        return Wait(coming_ms[0])
    return Place(wanted)


def _wanted(parent: Parent, missing: Decimal) -> Decimal:
    """Return a slice of what is missing, zero where that is too little for one."""
    wanted = min(parent.lot.floor(missing), parent.rest)
    if wanted < parent.lot.least or wanted <= ZERO:
        return ZERO
    return parent.rest if parent.rest - wanted < parent.lot.least else wanted


def _last(parent: Parent, wanted: Decimal, elapsed_ms: int) -> Move:
    """The schedule is through: what is left is asked for a few times more."""
    extra = parent.asked - len(parent.schedule)
    if wanted == ZERO:
        return Over(OrderState.EXPIRED, f"{plain(parent.rest)} is too little for an order")
    if extra >= CATCH_UPS:
        return Over(OrderState.EXPIRED, UNFILLED)
    at_ms = parent.schedule[-1].at_ms + max(0, extra + 1) * _interval_ms(parent)
    return Place(wanted) if extra < 0 or elapsed_ms >= at_ms else Wait(at_ms)


def _passed(parent: Parent, elapsed_ms: int) -> int:
    return sum(1 for each in parent.schedule if each.at_ms <= elapsed_ms)


def _interval_ms(parent: Parent) -> int:
    times = [each.at_ms for each in parent.schedule]
    return max(1, (times[-1] - times[0]) // max(1, len(times) - 1))
