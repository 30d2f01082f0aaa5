"""Slicing: which part of a whole is due at which time, with nothing lost on the way.

Pure. A schedule says how much shall be filled in all by a time, so that what one slice missed is in
the next. After the last time what is left is asked for `CATCH_UPS` times more, an interval apart,
then given up. `MISSES_MAX` slices in a row that are refused or fail end the whole.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import accumulate

from ...messages.plans import Twap, Vwap
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


def vwap_schedule(plan: Vwap, quantity: Decimal, lot: Lot) -> tuple[Slice, ...]:
    """Return parts in the proportions of the curve, each with its share of the volume as a cap."""
    interval_ms, whole = plan.duration_ms // len(plan.curve), sum(plan.curve)
    last = max(number for number, volume in enumerate(plan.curve) if volume > ZERO)
    return tuple(
        Slice(
            number * interval_ms,
            quantity if number == last else lot.floor(quantity * upto / whole),
            volume * plan.participation_pct_max / PERCENT,
        )
        for number, (volume, upto) in enumerate(
            zip(plan.curve, accumulate(plan.curve), strict=True)
        )
        if volume > ZERO
    )


def next_slice(parent: Parent, elapsed_ms: int) -> Move:
    """Return what is to be done for a scheduled parent, so long after its beginning."""
    over = over_of(parent)
    if over is not None:
        return over
    passed = [each for each in parent.schedule if each.at_ms <= elapsed_ms]
    coming = [each for each in parent.schedule if each.at_ms > elapsed_ms]
    if not passed:
        return Wait(coming[0].at_ms)
    now = passed[-1]
    if not coming:
        return _last(parent, _wanted(parent, parent.rest, now.most), elapsed_ms)
    wanted = _wanted(parent, now.upto - parent.filled, now.most)
    if wanted == ZERO or parent.asked_ms >= now.at_ms:
        return Wait(coming[0].at_ms)
    return Place(wanted)


def over_of(parent: Parent) -> Move | None:
    """Return what any parent does that has a slice under way, all of it, or no luck."""
    if parent.live:
        return Wait()
    if parent.rest <= ZERO:
        return Over(OrderState.FILLED, "")
    if parent.misses >= MISSES_MAX:
        return Over(OrderState.FAILED, parent.missed_by)
    return None


def too_little(parent: Parent) -> Over:
    """Return the end of a parent whose rest is below the venue's least order."""
    return Over(OrderState.EXPIRED, f"{plain(parent.rest)} is too little for an order")


def _wanted(parent: Parent, missing: Decimal, most: Decimal) -> Decimal:
    """Return a slice of what is missing, zero where that is too little for one."""
    lot, cap = parent.lot, most or parent.rest
    wanted = lot.floor(min(missing, parent.rest, cap))
    if wanted < lot.least or wanted <= ZERO:
        return ZERO
    takes_all = parent.rest - wanted < lot.least and parent.rest <= cap
    return parent.rest if takes_all else wanted


def _last(parent: Parent, wanted: Decimal, elapsed_ms: int) -> Move:
    """The schedule is through: what is left is asked for a few times more."""
    if wanted == ZERO:
        return too_little(parent)
    last_ms = parent.schedule[-1].at_ms
    if parent.asked_ms < last_ms:
        return Place(wanted)
    if parent.late >= CATCH_UPS:
        return Over(OrderState.EXPIRED, UNFILLED)
    at_ms = parent.asked_ms + _interval_ms(parent)
    return Place(wanted) if elapsed_ms >= at_ms else Wait(at_ms)


def _interval_ms(parent: Parent) -> int:
    times = [each.at_ms for each in parent.schedule]
    return max(1, (times[-1] - times[0]) // max(1, len(times) - 1))
