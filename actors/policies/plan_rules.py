"""Plan rules: what makes an algorithm impossible before anybody looks at the market.

Pure. Every fault is told at once, with the field that is at fault. Bounds keep a plan within what a
person may have meant, and its ids within the venue's 36 characters.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import assert_never

from ...messages.intake import ExecuteAlgorithm, SubmitSignal
from ...messages.plans import Bracket, Chase, Iceberg, Oco, Plan, Twap, Vwap
from ...messages.values import OrderType, SignalType, TimeInForce
from .rounding import plain
from .signal_rules import FIGURE_MAX

SLICES_MAX = 500
DURATION_MS_MIN, DURATION_MS_MAX = 1_000, 24 * 3_600_000
INTERVAL_MS_MIN = 250
"""Two slices nearer than this would be one."""
PERCENT = Decimal(100)
BPS_MAX = 1_000


def plan_faults(command: ExecuteAlgorithm) -> tuple[str, ...]:
    """Return everything that is wrong with a plan, none for one that can be carried out."""
    return (*_signal_faults(command.signal), *_faults(command.plan, command.signal))


def _faults(plan: Plan, signal: SubmitSignal) -> Iterator[str]:
    match plan:
        case Twap():
            return _twap_faults(plan)
        case Vwap():
            return _vwap_faults(plan, signal)
        case Iceberg():
            return _iceberg_faults(plan, signal)
        case Bracket():
            return _bracket_faults(signal)
        case Chase():
            return _chase_faults(plan, signal)
        case Oco():
            return _oco_faults(plan, signal)
        case _:
            assert_never(plan)


def _signal_faults(signal: SubmitSignal) -> Iterator[str]:
    if signal.quantity is None:
        yield "quantity: an algorithm needs one"
    if signal.signal is SignalType.REDUCE_50:
        yield "signal: REDUCE_50 names no quantity; use CLOSE_LONG or CLOSE_SHORT with one"
    if signal.price_match is not None:
        yield "price_match: is for a single order; the prices of slices are the plan's"


def _twap_faults(plan: Twap) -> Iterator[str]:
    yield from _between("slices", plan.slices, 2, SLICES_MAX)
    yield from _times(plan.duration_ms, plan.slices)
    yield from _share("jitter_pct", plan.jitter_pct)


def _vwap_faults(plan: Vwap, signal: SubmitSignal) -> Iterator[str]:
    yield from _between("curve", len(plan.curve), 2, SLICES_MAX)
    yield from _times(plan.duration_ms, len(plan.curve))
    yield from _share("participation_pct_max", plan.participation_pct_max)
    if not all(each.is_finite() and 0 <= each <= FIGURE_MAX for each in plan.curve):
        yield "curve: every volume is a figure, 0 or above"
    elif plan.participation_pct_max.is_finite() and signal.quantity is not None:
        most = sum(plan.curve) * plan.participation_pct_max / PERCENT
        if most < signal.quantity:
            yield (
                f"participation_pct_max: {plain(plan.participation_pct_max)} % of the curve is"
                f" {plain(most)}, not {plain(signal.quantity)}"
            )


def _iceberg_faults(plan: Iceberg, signal: SubmitSignal) -> Iterator[str]:
    yield from _rests(signal)
    yield from _share("variance_pct", plan.variance_pct)
    if not (plan.show.is_finite() and 0 < plan.show <= FIGURE_MAX):
        yield f"show: is above 0, not {plan.show}"


def _bracket_faults(signal: SubmitSignal) -> Iterator[str]:
    if not signal.signal.is_entry:
        yield "signal: a bracket opens a position"
    if signal.stop_loss is None:
        yield "stop_loss: a bracket needs one"
    if signal.take_profit is None and signal.trailing is None:
        yield "take_profit: a bracket needs one, or a trailing stop"


def _chase_faults(plan: Chase, signal: SubmitSignal) -> Iterator[str]:
    if not signal.signal.is_entry:
        yield "signal: what rests opens a position; exits are sent at the market"
    yield from _between("moves_max", plan.moves_max, 0, SLICES_MAX)
    if not (plan.distance_bps_max.is_finite() and 0 <= plan.distance_bps_max <= BPS_MAX):
        yield f"distance_bps_max: is 0 to {BPS_MAX}, not {plan.distance_bps_max}"


def _oco_faults(plan: Oco, signal: SubmitSignal) -> Iterator[str]:
    yield from _rests(signal)
    price = signal.price
    if not (plan.stop_price.is_finite() and 0 < plan.stop_price <= FIGURE_MAX):
        yield f"stop_price: is above 0, not {plan.stop_price}"
    elif price is not None and price.is_finite():
        is_long = signal.signal is SignalType.LONG_ENTRY
        if (plan.stop_price > price) is not is_long or plan.stop_price == price:
            side = "above" if is_long else "below"
            yield f"stop_price: is {side} the limit's {plain(price)}, not {plain(plan.stop_price)}"


def _rests(signal: SubmitSignal) -> Iterator[str]:
    """What is shown rests at a price; exits are sent at the market."""
    if not signal.signal.is_entry:
        yield "signal: what rests opens a position; exits are sent at the market"
    if signal.order_type is not OrderType.LIMIT:
        yield "order_type: is LIMIT for orders that rest"
    if signal.time_in_force not in (TimeInForce.GTC, TimeInForce.GTX):
        yield f"time_in_force: is GTC or GTX for orders that rest, not {signal.time_in_force}"


def _times(duration_ms: int, slices: int) -> Iterator[str]:
    yield from _between("duration_ms", duration_ms, DURATION_MS_MIN, DURATION_MS_MAX)
    if 0 < duration_ms < slices * INTERVAL_MS_MIN:
        interval = f"{slices} slices need {slices * INTERVAL_MS_MIN}"
        yield f"duration_ms: {interval} or more, {INTERVAL_MS_MIN} each"


def _share(name: str, percent: Decimal) -> Iterator[str]:
    if not (percent.is_finite() and 0 <= percent <= PERCENT):
        yield f"{name}: is 0 to {PERCENT}, not {percent}"


def _between(name: str, value: int, least: int, most: int) -> Iterator[str]:
    if not least <= value <= most:
        yield f"{name}: is {least} to {most}, not {value}"
