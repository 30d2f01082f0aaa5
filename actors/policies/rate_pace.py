"""Rate pace: how fast the requests go that may wait, so that no window ends full.

Pure. Two brakes for what is not urgent; exits, cancels and queries that settle something know
neither. Projection: an optional read waits while the window, filled on at the pace at which it was
filled so far, would end above the warning mark; in the first part of a window, which says little,
as if that part were over. Slow-down: after an answer that says "too many" the opening class keeps
to a share of its limit, halved each time, that grows back minute by minute once the pause is over.

A window in which nothing was used holds nobody up, so that what waits always gets on.
Source: requirements C-02 (S0-077, S4-098): multiplicative slow-down, gradual recovery.
"""

from .rate_budgets import MINUTE_MS, PERCENT, BudgetState, Pacing


def pace_percent(budget: BudgetState, pacing: Pacing, now_ms: int) -> int:
    """Return the share of its limit that the opening class may use now, percent."""
    grown_ms = max(now_ms - budget.pace_from_ms, 0)
    return min(PERCENT, budget.pace_percent + pacing.recovery_percent * grown_ms // MINUTE_MS)


def slow_down(budget: BudgetState, pacing: Pacing, now_ms: int, until_ms: int) -> None:
    """Take the pace down, from what it is now; it grows back from `until_ms` on."""
    slower = pace_percent(budget, pacing, now_ms) * pacing.slow_down_percent // PERCENT
    budget.pace_percent = max(slower, pacing.percent_min)
    budget.pace_from_ms = max(until_ms, now_ms)


def opening_limit(budget: BudgetState, pacing: Pacing, now_ms: int) -> int:
    """Return how much of the window the opening class may use at its pace."""
    return budget.reserve_at * pace_percent(budget, pacing, now_ms) // PERCENT


def optional_from_ms(
    budget: BudgetState, pacing: Pacing, *, wanted: int, elapsed_ms: int, now_ms: int
) -> int:
    """Return how far into its window an optional read of this size may leave, ms.

    `wanted` is what the window would hold with it. Beyond the window's length means not in it.
    """
    window_ms = budget.budget.window_ms
    mark = max(budget.warn_at * pace_percent(budget, pacing, now_ms) // PERCENT, 1)
    told_ms = max(elapsed_ms, window_ms * pacing.floor_percent // PERCENT)
    if wanted * window_ms <= mark * told_ms:
        return elapsed_ms
    return -(-wanted * window_ms // mark)
