"""Rate limit: may this request leave now, and if not, when to ask again.

Owns the limiter's whole decision; the actor records what it decides and applies it through
`charge`, `observe`, `pause` and `set_venue_offset`, the only functions that change the state.
Two brakes hold at once. Our buckets keep every window of our own arrivals within the limit,
wherever it begins. The mirror of the venue's fixed window sees other users of the same IP or
account through the venue's own counts: those only ever tighten us.

Priority: REDUCING (exits, cancels, stops, queries that settle an UNKNOWN) may use all; OPENING
(entries, optional reads) leaves the last tenth of the venue's window and of our bucket.
Bound: a request takes all of its budgets or none; it never waits for a budget that cannot hold it
(`TooLarge`). A grant that is not used is not given back.
Source: binance-futures, limits (read 2026-11-20); a bucket with capacity = limit sends 599 where
300 are allowed, which `tests/policies/test_rate_limit_windows.py` shows.
"""

from enum import StrEnum
from typing import assert_never

from attrs import frozen

from ...messages.values import Priority
from .rate_budgets import Budget, BudgetState, LimiterState
from .rate_pace import opening_limit, optional_from_ms, slow_down
from .token_bucket import earliest_ms, level_at, lower_to, take
from .weights import Cost


class WaitReason(StrEnum):
    """What a request waits for."""

    BANNED = "banned"
    PAUSED = "paused"
    ORDERS_PAUSED = "orders_paused"
    WINDOW_FULL = "window_full"
    """The venue's window is used up, or all of it that this priority may use."""
    REFILLING = "refilling"
    """Our bucket holds too little, or only what this priority must leave."""
    PACED = "paced"
    """An optional read would fill the window above its warning by its end."""


class PauseScope(StrEnum):
    """What a pause stops."""

    ALL = "all"
    ORDERS = "orders"
    BAN = "ban"


class Pressure(StrEnum):
    """How full the venue's window is."""

    NORMAL = "normal"
    WARN = "warn"
    RESERVE = "reserve"


# Looked up for every request, and a class of an enumeration is slow to look into.
_NORMAL = Pressure.NORMAL


@frozen
class Granted:
    """The request may leave until `expires_at_ms`; a lane refuses it afterwards."""

    expires_at_ms: int


@frozen
class Wait:
    """Not now. Asked again at `until_ms`, always later than now, it passes if nobody was faster."""

    until_ms: int
    reason: WaitReason
    budget: Budget | None = None


@frozen
class TooLarge:
    """Never: the request needs more of a budget than this priority can ever have at once."""

    budget: Budget
    amount: int
    amount_max: int


@frozen
class BudgetUsage:
    """What is used of the venue's current window."""

    budget: Budget
    used: int
    limit: int
    pressure: Pressure


Admission = Granted | Wait | TooLarge


def admit(
    state: LimiterState,
    cost: Cost,
    priority: Priority,
    now_ms: int,
    *,
    is_optional: bool = False,
) -> Admission:
    """Decide on one request; changes nothing, `charge` does when the grant is recorded.

    `is_optional` marks a read that can wait: it keeps the window's end below the warning.
    """
    waits = _pauses(state, cost, now_ms)
    for budget, amount in _demands(state, cost):
        largest = budget.bucket.design.capacity - _reserve(budget, priority)
        if amount > largest:
            return TooLarge(budget.budget, amount, largest)
        waits += _window_wait(state, budget, amount, priority, now_ms)
        waits += _bucket_wait(budget, amount + _reserve(budget, priority), now_ms)
        if is_optional:
            waits += _optional_wait(state, budget, amount, now_ms)
    if waits:
        return max(waits, key=lambda wait: wait.until_ms)
    return Granted(now_ms + state.permit_ttl_ms)


def charge(state: LimiterState, cost: Cost, now_ms: int) -> None:
    """Take what a grant of `now_ms` costs from every budget that it uses."""
    for budget, amount in _demands(state, cost):
        take(budget.bucket, amount, now_ms)
        _count(state, budget, now_ms)
        budget.used += amount


def observe(
    state: LimiterState,
    *,
    granted_at_ms: int,
    now_ms: int,
    weight_1m: int = -1,
    orders_10s: int = -1,
    orders_1m: int = -1,
) -> None:
    """Take over the venue's own counts from an answer; -1 says that the answer had none.

    A count is believed only when the request was granted and answered within one window of the
    venue: otherwise it may speak of the last one and would block the new one for nothing.
    """
    reported = (weight_1m, orders_10s, orders_1m, -1)
    for budget, count in zip(state.budgets, reported, strict=True):
        if count < 0:
            continue
        budget.reported, budget.reported_at_ms = count, now_ms
        if _within_one_window(state, budget, granted_at_ms, now_ms):
            _count(state, budget, now_ms)
            budget.used = max(budget.used, count)
            # Our own arrivals alone never lower the level: the design left room for them.
            lower_to(budget.bucket, budget.limit - count, now_ms)


def pause(state: LimiterState, scope: PauseScope, until_ms: int, now_ms: int) -> None:
    """Stop requests until `until_ms` of engine time; a pause never shortens another.

    Afterwards the buckets concerned start from the reserve: exits pass at once, the rest grows
    back at the refill's pace instead of rushing in together, and keeps to a slower pace for long.
    """
    match scope:
        case PauseScope.ALL:
            state.paused_until_ms = max(state.paused_until_ms, until_ms)
        case PauseScope.BAN:
            state.banned_until_ms = max(state.banned_until_ms, until_ms)
        case PauseScope.ORDERS:
            state.orders_paused_until_ms = max(state.orders_paused_until_ms, until_ms)
        case _:
            assert_never(scope)
    for budget in state.budgets:
        if budget.budget.counts_orders or scope is not PauseScope.ORDERS:
            lower_to(budget.bucket, budget.bucket_reserve, until_ms)
            slow_down(budget, state.pacing, now_ms, until_ms)


def set_venue_offset(state: LimiterState, offset_ms: int) -> None:
    """Take over how far the venue's clock is ahead; moves the windows, never the buckets."""
    state.venue_offset_ms = offset_ms


def usage(state: LimiterState, now_ms: int) -> tuple[BudgetUsage, ...]:
    """Return what is used of every window, for warnings, metrics and people."""
    return tuple([_usage_of(budget, _used(state, budget, now_ms)) for budget in state.budgets])


def _demands(state: LimiterState, cost: Cost) -> list[tuple[BudgetState, int]]:
    amounts = (cost.weight, cost.orders_10s, cost.orders_1m, 1)
    pairs = zip(state.budgets, amounts, strict=True)
    return [(budget, amount) for budget, amount in pairs if amount > 0]


def _pauses(state: LimiterState, cost: Cost, now_ms: int) -> list[Wait]:
    pauses = [
        Wait(state.banned_until_ms, WaitReason.BANNED),
        Wait(state.paused_until_ms, WaitReason.PAUSED),
    ]
    if cost.orders_10s > 0 or cost.orders_1m > 0:
        pauses.append(Wait(state.orders_paused_until_ms, WaitReason.ORDERS_PAUSED))
    return [pause for pause in pauses if pause.until_ms > now_ms]


def _reserve(budget: BudgetState, priority: Priority) -> int:
    return budget.bucket_reserve if priority is Priority.OPENING else 0


def _optional_wait(
    state: LimiterState, budget: BudgetState, amount: int, now_ms: int
) -> list[Wait]:
    used, window_ms = _used(state, budget, now_ms), budget.budget.window_ms
    if not used:
        return []
    start_ms = _window_at(state, budget, now_ms) * window_ms - state.venue_offset_ms
    elapsed_ms = max(now_ms - start_ms, 0)
    from_ms = optional_from_ms(
        budget, state.pacing, wanted=used + amount, elapsed_ms=elapsed_ms, now_ms=now_ms
    )
    if from_ms <= elapsed_ms:
        return []
    return [Wait(start_ms + min(from_ms, window_ms), WaitReason.PACED, budget.budget)]


def _bucket_wait(budget: BudgetState, level: int, now_ms: int) -> list[Wait]:
    if level <= level_at(budget.bucket, now_ms):
        return []
    until_ms = earliest_ms(budget.bucket, level, now_ms)
    assert until_ms is not None, "a level above capacity is refused as too large before"
    return [Wait(until_ms, WaitReason.REFILLING, budget.budget)]


def _window_wait(
    state: LimiterState, budget: BudgetState, amount: int, priority: Priority, now_ms: int
) -> list[Wait]:
    used = _used(state, budget, now_ms)
    # An empty window holds nobody up: what no window could hold was too large before.
    is_slowed = priority is Priority.OPENING and used > 0
    limit = opening_limit(budget, state.pacing, now_ms) if is_slowed else budget.limit
    if used + amount <= limit:
        return []
    turn_ms = (_window_at(state, budget, now_ms) + 1) * budget.budget.window_ms
    return [Wait(turn_ms - state.venue_offset_ms, WaitReason.WINDOW_FULL, budget.budget)]


def _usage_of(budget: BudgetState, used: int) -> BudgetUsage:
    pressure = _NORMAL
    if used >= budget.warn_at:
        pressure = Pressure.RESERVE if used >= budget.reserve_at else Pressure.WARN
    return BudgetUsage(budget.budget, used, budget.limit, pressure)


def _used(state: LimiterState, budget: BudgetState, now_ms: int) -> int:
    return budget.used if _window_at(state, budget, now_ms) == budget.window_index else 0


def _count(state: LimiterState, budget: BudgetState, now_ms: int) -> None:
    budget.used = _used(state, budget, now_ms)
    budget.window_index = _window_at(state, budget, now_ms)


def _window_at(state: LimiterState, budget: BudgetState, now_ms: int) -> int:
    index = (now_ms + state.venue_offset_ms) // budget.budget.window_ms
    # A small correction of the clock does not reopen the window just left; a large one means
    # that we believed in a wrong clock, whose window must not hold requests until it comes.
    return budget.window_index if index == budget.window_index - 1 else index


def _within_one_window(
    state: LimiterState, budget: BudgetState, granted_at_ms: int, now_ms: int
) -> bool:
    window_ms = budget.budget.window_ms
    first_ms = granted_at_ms + state.venue_offset_ms - state.window_margin_ms
    last_ms = now_ms + state.venue_offset_ms + state.window_margin_ms
    return first_ms // window_ms == last_ms // window_ms
