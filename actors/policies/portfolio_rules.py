"""Portfolio rules: what is open, promised and done already, against the account's limits.

Pure. Reservations count like positions, so that a burst of entries meets the same limits as one
after the other. A cooldown or a quota is charged when an order certainly or possibly left.
"""

from ...messages.values import PositionSide, Side
from .entry_view import EntryView
from .refusal import Refusal
from .rounding import ZERO, plain

MS = 1_000_000


def one_direction(view: EntryView) -> Refusal | None:
    """In one-way mode no entry against an open position, and onto one only with `scale_in`."""
    held = view.position_quantity
    if held == ZERO:
        return None
    is_against = (held > ZERO) != (view.side is Side.BUY)
    if is_against and view.position_side is PositionSide.BOTH:
        return Refusal("opposite_position", plain(held), "0")
    if not (is_against or view.settings.scale_in or view.goes_on):
        return Refusal("scale_in", plain(held), "0")
    return None


def position_slots(view: EntryView) -> Refusal | None:
    """So many positions and open entries at once."""
    if view.has_slot or view.slots_used < view.settings.positions_max:
        return None
    return Refusal("positions_max", str(view.slots_used), str(view.settings.positions_max))


def conditional_room(view: EntryView) -> Refusal | None:
    """Room in the account for the entry's own protection (the venue allows 200)."""
    signal = view.signal
    own = 1 + (signal.take_profit is not None) + (signal.trailing is not None)
    needed = view.conditional_orders + own
    if needed <= view.settings.conditional_orders_max:
        return None
    return Refusal("conditional_orders", str(needed), str(view.settings.conditional_orders_max))


def cooldown(view: EntryView) -> Refusal | None:
    """One discretionary execution of a symbol in a while."""
    return cooldown_fault("cooldown", view.executed_at_ns, view.now_ns, view.settings.cooldown_ms)


def daily_quota(view: EntryView) -> Refusal | None:
    """So many discretionary executions in one UTC day (C-52)."""
    most = view.settings.executions_per_day_max
    return quota_fault("daily_quota", view.executions_today, most)


def cooldown_fault(
    guard: str, executed_at_ns: int, now_ns: int, cooldown_ms: int
) -> Refusal | None:
    """Return the time that remains, ms, as the figure; 0 is the time of no execution (C-30)."""
    remaining_ms = cooldown_ms - (now_ns - executed_at_ns) // MS
    if not executed_at_ns or remaining_ms <= 0:
        return None
    return Refusal(guard, f"{remaining_ms} left", str(cooldown_ms))


def quota_fault(guard: str, executions: int, most: int) -> Refusal | None:
    """Return why one more execution of the day is too many, None when it is not."""
    return None if executions < most else Refusal(guard, str(executions), str(most))
