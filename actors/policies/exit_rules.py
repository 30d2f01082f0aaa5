"""Exit rules: what makes an order a verified reducing one, and which wishes may wait.

Pure. A reducing order is on the opposite side of the position that it names and not larger than
it. Nothing else refuses the exits of protection, breakers and people: no halt, no limit, no missing
data. The wish of a program is held to the lists, cooldown and quota, unless its kind is exempt, as
a whole close is by default (C-30).
"""

from ...messages.orders import ApprovalRefused, RequestExit
from ...messages.values import Side, SignalSource
from ..settings import RiskSettings
from .guard_table import SafetyGuard, safety_guard
from .portfolio_rules import cooldown_fault, quota_fault
from .refusal import Refusal
from .rounding import ZERO, plain
from .wish_rules import action_fault, low_score


def verify_exit(request: RequestExit) -> Refusal | None:
    """Return why the order does not reduce, None when it does."""
    held = request.position_quantity
    if held == ZERO:
        return Refusal("no_position", "0", "an open position")
    reduces = (held > ZERO) == (request.side is Side.SELL)
    if not reduces:
        return Refusal("not_reducing", request.side.value, plain(held))
    if request.quantity is not None and not ZERO < request.quantity <= abs(held):
        return Refusal("not_reducing", plain(request.quantity), plain(abs(held)))
    return None


def is_discretionary(request: RequestExit) -> bool:
    """True for the wish of a program; people, protection and breakers wait for nothing."""
    return request.wish is not None and request.wish.source is SignalSource.AUTOMATED


def is_counted(request: RequestExit, settings: RiskSettings) -> bool:
    """True for a wish that takes from cooldown and quota, and may be refused by them."""
    wish = request.wish
    exempt = wish is None or wish.signal.value in settings.cooldown_exempt
    return is_discretionary(request) and not exempt


def discretion_fault(
    request: RequestExit,
    settings: RiskSettings,
    *,
    executed_at_ns: int,
    executions_today: int,
    now_ns: int,
) -> Refusal | None:
    """Return why the wish of a program to reduce is not carried out now, None when it is."""
    wish = request.wish
    if wish is None or not is_discretionary(request):
        return None
    listed = action_fault(wish.signal, settings)
    if listed is not None or not is_counted(request, settings):
        return listed
    return (
        low_score(wish, settings)
        or cooldown_fault("cooldown", executed_at_ns, now_ns, settings.cooldown_ms)
        or quota_fault("daily_quota", executions_today, settings.executions_per_day_max)
    )


def is_for_discretion(refused: ApprovalRefused) -> bool:
    """True where a wish was refused, and not because there is nothing to reduce."""
    return bool(refused.signal_id) and safety_guard(refused.guard) is not SafetyGuard.REDUCE_ONLY
