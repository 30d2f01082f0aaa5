"""Plan rules: what makes an algorithm impossible before anybody looks at the market.

Pure. Every fault is told at once, with the field that is at fault. Bounds keep a plan within what a
person may have meant, and its ids within the venue's 36 characters.
"""

from collections.abc import Iterator
from decimal import Decimal

from ...messages.intake import ExecuteAlgorithm
from ...messages.plans import Twap
from ...messages.values import SignalType

SLICES_MAX = 500
DURATION_MS_MIN, DURATION_MS_MAX = 1_000, 24 * 3_600_000
INTERVAL_MS_MIN = 250
"""Two slices nearer than this would be one."""
PERCENT = Decimal(100)


def plan_faults(command: ExecuteAlgorithm) -> tuple[str, ...]:
    """Return everything that is wrong with a plan, none for one that can be carried out."""
    return (*_signal_faults(command), *_twap_faults(command.plan))


def _signal_faults(command: ExecuteAlgorithm) -> Iterator[str]:
    signal = command.signal
    if signal.quantity is None:
        yield "quantity: an algorithm needs one"
    if signal.signal is SignalType.REDUCE_50:
        yield "signal: REDUCE_50 names no quantity; use CLOSE_LONG or CLOSE_SHORT with one"


def _twap_faults(plan: Twap) -> Iterator[str]:
    yield from _between("slices", plan.slices, 2, SLICES_MAX)
    yield from _between("duration_ms", plan.duration_ms, DURATION_MS_MIN, DURATION_MS_MAX)
    if not (plan.jitter_pct.is_finite() and 0 <= plan.jitter_pct <= PERCENT):
        yield f"jitter_pct: is 0 to {PERCENT}, not {plan.jitter_pct}"
    if 0 < plan.duration_ms < plan.slices * INTERVAL_MS_MIN:
        interval = f"{plan.slices} slices need {plan.slices * INTERVAL_MS_MIN}"
        yield f"duration_ms: {interval} or more, {INTERVAL_MS_MIN} each"


def _between(name: str, value: int, least: int, most: int) -> Iterator[str]:
    if not least <= value <= most:
        yield f"{name}: is {least} to {most}, not {value}"
