"""Algorithm moves: what a plan makes of a whole when it begins, and what it asks for next.

Pure. One arm a plan; the arithmetic is in the policy of each.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import assert_never

from ...messages.plans import Bracket, Chase, Iceberg, Oco, Plan, Twap, Vwap
from .chasing import next_chase
from .either_entry import next_either
from .iceberg import next_bracket, next_iceberg
from .parent_order import Lot, Moment, Move, Parent, Slice
from .slicing import next_slice, twap_schedule, vwap_schedule


def draws_of(plan: Plan) -> int:
    """Return how many draws the schedule of a plan needs."""
    return plan.slices if isinstance(plan, Twap) and plan.jitter_pct else 0


def draws_each(plan: Plan) -> bool:
    """True for a plan that draws whenever it asks."""
    return isinstance(plan, Iceberg) and plan.variance_pct > 0


def follows_prices(plan: Plan) -> bool:
    """True for a plan that goes by the best prices."""
    return isinstance(plan, Chase | Oco)


def schedule_of(
    plan: Plan, quantity: Decimal, lot: Lot, draws: Sequence[float]
) -> tuple[Slice, ...]:
    """Return the times of a plan; none where it goes by events."""
    match plan:
        case Twap():
            return twap_schedule(plan, quantity, lot, draws or [0.0] * plan.slices)
        case Vwap():
            return vwap_schedule(plan, quantity, lot)
        case Iceberg() | Bracket() | Chase() | Oco():
            return ()
        case _:
            assert_never(plan)


def next_move(parent: Parent, moment: Moment) -> Move:
    """Return what is to be done for a parent now."""
    plan = parent.command.plan
    match plan:
        case Twap() | Vwap():
            return next_slice(parent, moment.elapsed_ms)
        case Iceberg():
            return next_iceberg(parent, plan, moment)
        case Bracket():
            return next_bracket(parent)
        case Chase():
            return next_chase(parent, plan, moment)
        case Oco():
            return next_either(parent, plan, moment)
        case _:
            assert_never(plan)
