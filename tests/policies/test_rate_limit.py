"""Rate limit: priorities, reserve, pauses, and that no window at the venue is ever overrun."""

from decimal import Decimal

import pytest

from callboard.actors.policies.rate_budgets import (
    Budget,
    LimiterSettings,
    LimiterState,
    new_limiter,
)
from callboard.actors.policies.rate_limit import (
    BudgetUsage,
    Granted,
    PauseScope,
    Pressure,
    TooLarge,
    Wait,
    WaitReason,
    admit,
    charge,
    observe,
    pause,
    set_venue_offset,
    usage,
)
from callboard.actors.policies.token_bucket import level_at
from callboard.actors.policies.weights import Cost
from callboard.messages.values import Priority

# A full minute of UTC, so that windows of both lengths begin here.
START_MS = 28_333_333 * 60_000
# Far enough from the turn of a window for the venue's counts to be believed.
MID_MS = START_MS + 1_000
ORDER = Cost(weight=0, orders_10s=1, orders_1m=1)
CANCEL = Cost(weight=1)
READ_ALL = Cost(weight=40)
HOUR_MS = 3_600_000


def limiter(settings: LimiterSettings | None = None) -> LimiterState:
    return new_limiter(settings or LimiterSettings(), START_MS)


def drain(state: LimiterState, cost: Cost, priority: Priority, now_ms: int) -> int:
    """Grant the same request until it must wait; return how often it passed."""
    granted = 0
    while isinstance(admit(state, cost, priority, now_ms), Granted):
        charge(state, cost, now_ms)
        granted += 1
    return granted


def header(state: LimiterState, now_ms: int, *, weight_1m: int = -1, orders_10s: int = -1) -> None:
    """Report the venue's count of a request that was granted and answered at once."""
    observe(
        state,
        granted_at_ms=now_ms,
        now_ms=now_ms,
        weight_1m=weight_1m,
        orders_10s=orders_10s,
    )


def of(state: LimiterState, budget: Budget, now_ms: int) -> BudgetUsage:
    return next(line for line in usage(state, now_ms) if line.budget is budget)


def test_a_grant_names_when_it_runs_out() -> None:
    state = limiter()

    answer = admit(state, ORDER, Priority.OPENING, START_MS)

    assert Granted(START_MS + 1_000) == answer


def test_a_grant_takes_from_every_budget_that_the_request_uses() -> None:
    state = limiter()

    charge(state, Cost(weight=5, orders_10s=5, orders_1m=1), START_MS)

    assert [5, 5, 1, 1] == [line.used for line in usage(state, START_MS)]
    assert [595, 70, 299, 299] == [level_at(b.bucket, START_MS) for b in state.budgets]


def test_asking_changes_nothing() -> None:
    state = limiter()

    admit(state, READ_ALL, Priority.OPENING, START_MS)

    assert limiter() == state


def test_a_request_that_lacks_one_budget_takes_none() -> None:
    state = limiter()
    drain(state, ORDER, Priority.REDUCING, START_MS)

    answer = admit(state, Cost(5, orders_10s=5, orders_1m=1), Priority.REDUCING, START_MS)

    # Five orders at 107 in ten seconds are there after 467.3 ms; weight was there all the time.
    assert Wait(START_MS + 468, WaitReason.REFILLING, Budget.ORDERS_10S) == answer
    assert of(state, Budget.WEIGHT_1M, START_MS).used == 0


def test_opening_orders_leave_the_last_tenth_of_a_burst_to_exits() -> None:
    state = limiter()

    opened = drain(state, ORDER, Priority.OPENING, START_MS)
    reduced = drain(state, ORDER, Priority.REDUCING, START_MS)

    assert (67, 8) == (opened, reduced)


def test_from_ninety_percent_of_the_venues_window_only_reducing_requests_pass() -> None:
    state = limiter()
    header(state, MID_MS, weight_1m=2160)

    opening = admit(state, CANCEL, Priority.OPENING, MID_MS)
    reducing = admit(state, CANCEL, Priority.REDUCING, MID_MS)

    assert Wait(START_MS + 60_000, WaitReason.WINDOW_FULL, Budget.WEIGHT_1M) == opening
    assert Granted(MID_MS + 1_000) == reducing


def test_an_opening_request_that_ends_exactly_at_ninety_percent_passes() -> None:
    state = limiter()
    header(state, MID_MS, weight_1m=2159)

    assert isinstance(admit(state, CANCEL, Priority.OPENING, MID_MS), Granted)
    assert isinstance(admit(state, Cost(2), Priority.OPENING, MID_MS), Wait)


def test_a_window_that_others_used_up_holds_even_exits_until_it_turns() -> None:
    state = limiter()
    header(state, START_MS + 59_000, weight_1m=2400)

    answer = admit(state, CANCEL, Priority.REDUCING, START_MS + 59_000)
    later = admit(state, CANCEL, Priority.REDUCING, START_MS + 60_000)

    assert Wait(START_MS + 60_000, WaitReason.WINDOW_FULL, Budget.WEIGHT_1M) == answer
    assert isinstance(later, Granted)


def test_an_order_costs_no_weight_and_passes_a_full_weight_window() -> None:
    state = limiter()
    header(state, MID_MS, weight_1m=2400)

    assert isinstance(admit(state, ORDER, Priority.OPENING, MID_MS), Granted)


@pytest.mark.parametrize(
    ("count", "pressure"),
    [
        (1919, Pressure.NORMAL),
        (1920, Pressure.WARN),
        (2159, Pressure.WARN),
        (2160, Pressure.RESERVE),
        (2400, Pressure.RESERVE),
    ],
)
def test_pressure_warns_at_eighty_percent_and_reserves_at_ninety(
    count: int, pressure: Pressure
) -> None:
    state = limiter()

    header(state, MID_MS, weight_1m=count)

    expected = BudgetUsage(Budget.WEIGHT_1M, count, 2400, pressure)
    assert expected == of(state, Budget.WEIGHT_1M, MID_MS)


def test_a_request_larger_than_the_bucket_is_told_so_instead_of_waiting_for_ever() -> None:
    state = limiter(LimiterSettings(rate_limit_share=Decimal("0.05")))

    answer = admit(state, READ_ALL, Priority.REDUCING, START_MS)

    assert TooLarge(Budget.WEIGHT_1M, 40, 30) == answer


def test_a_request_that_only_the_reserve_could_hold_is_too_large_for_opening_alone() -> None:
    state = limiter(LimiterSettings(rate_limit_share=Decimal("0.067")))

    opening = admit(state, READ_ALL, Priority.OPENING, START_MS)
    reducing = admit(state, READ_ALL, Priority.REDUCING, START_MS)

    assert TooLarge(Budget.WEIGHT_1M, 40, 36) == opening
    assert isinstance(reducing, Granted)


def test_a_count_of_the_venue_above_ours_replaces_it_and_ours_adds_to_it() -> None:
    state = limiter()
    charge(state, READ_ALL, START_MS + 200)

    header(state, START_MS + 200, weight_1m=100)
    charge(state, CANCEL, START_MS + 200)

    assert of(state, Budget.WEIGHT_1M, START_MS + 200).used == 101


def test_a_count_of_the_venue_below_ours_loosens_nothing() -> None:
    state = limiter()
    charge(state, READ_ALL, START_MS + 200)
    levels = [level_at(b.bucket, START_MS + 200) for b in state.budgets]

    header(state, START_MS + 200, weight_1m=1)

    assert of(state, Budget.WEIGHT_1M, START_MS + 200).used == 40
    assert levels == [level_at(b.bucket, START_MS + 200) for b in state.budgets]


def test_the_bucket_is_lowered_to_what_the_venue_says_is_left() -> None:
    state = limiter()

    header(state, START_MS + 200, weight_1m=2390)

    assert level_at(state.budgets[0].bucket, START_MS + 200) == 10


def test_an_answer_without_counts_changes_nothing() -> None:
    state = limiter()

    observe(state, granted_at_ms=MID_MS, now_ms=MID_MS)

    assert limiter() == state


@pytest.mark.parametrize(
    ("granted_at_ms", "answered_at_ms", "used"),
    [
        (START_MS + 59_000, START_MS + 60_500, 0),  # one of two windows, nobody knows which
        (START_MS + 60_050, START_MS + 60_500, 0),  # too near the turn to be sure
        (START_MS + 60_100, START_MS + 60_500, 2300),
        (START_MS + 119_000, START_MS + 119_950, 0),
    ],
)
def test_a_count_is_believed_only_when_it_surely_speaks_of_the_window_it_arrives_in(
    granted_at_ms: int, answered_at_ms: int, used: int
) -> None:
    state = limiter()

    observe(state, granted_at_ms=granted_at_ms, now_ms=answered_at_ms, weight_1m=2300)

    assert of(state, Budget.WEIGHT_1M, answered_at_ms).used == used


@pytest.mark.parametrize(
    ("granted_at_ms", "answered_at_ms", "used"),
    [(START_MS + 29_000, START_MS + 31_000, 0), (START_MS + 59_000, START_MS + 61_000, 2300)],
)
def test_the_window_that_a_count_speaks_of_is_one_of_the_venues_clock(
    granted_at_ms: int, answered_at_ms: int, used: int
) -> None:
    state = limiter()
    set_venue_offset(state, 30_000)

    observe(state, granted_at_ms=granted_at_ms, now_ms=answered_at_ms, weight_1m=2300)

    assert of(state, Budget.WEIGHT_1M, answered_at_ms).used == used


def test_windows_turn_with_the_venues_clock() -> None:
    state = limiter()
    set_venue_offset(state, 2_000)
    header(state, START_MS + 30_000, weight_1m=2400)

    answer = admit(state, CANCEL, Priority.REDUCING, START_MS + 30_000)

    assert Wait(START_MS + 58_000, WaitReason.WINDOW_FULL, Budget.WEIGHT_1M) == answer
    assert isinstance(admit(state, CANCEL, Priority.REDUCING, START_MS + 58_000), Granted)


def test_a_venue_clock_corrected_backwards_does_not_forget_the_window() -> None:
    state = limiter()
    charge(state, READ_ALL, START_MS)

    set_venue_offset(state, -10)

    answer = of(state, Budget.WEIGHT_1M, START_MS)
    assert answer.used == 40
    header(state, START_MS + 30_000, weight_1m=2400)
    waiting = admit(state, CANCEL, Priority.REDUCING, START_MS + 30_000)
    assert Wait(START_MS + 60_010, WaitReason.WINDOW_FULL, Budget.WEIGHT_1M) == waiting


def test_a_window_of_a_wildly_wrong_clock_does_not_hold_exits_until_it_comes() -> None:
    state = limiter()
    set_venue_offset(state, HOUR_MS)
    header(state, START_MS + 30_000, weight_1m=2400)

    set_venue_offset(state, 0)

    answer = admit(state, CANCEL, Priority.REDUCING, START_MS + 31_000)
    assert isinstance(answer, Granted)


@pytest.mark.parametrize(
    ("scope", "reason"),
    [(PauseScope.ALL, WaitReason.PAUSED), (PauseScope.BAN, WaitReason.BANNED)],
)
def test_a_pause_and_a_ban_hold_every_request_until_their_end(
    scope: PauseScope, reason: WaitReason
) -> None:
    state = limiter()

    pause(state, scope, START_MS + 60_000, START_MS)

    for cost in (ORDER, CANCEL):
        answer = admit(state, cost, Priority.REDUCING, START_MS)
        assert Wait(START_MS + 60_000, reason) == answer
        assert isinstance(admit(state, cost, Priority.REDUCING, START_MS + 60_000), Granted)


def test_a_pause_of_orders_lets_cancels_and_queries_pass() -> None:
    state = limiter()

    pause(state, PauseScope.ORDERS, START_MS + 10_000, START_MS)

    for cost in (ORDER, Cost(0, orders_10s=1), Cost(0, orders_1m=1)):
        order = admit(state, cost, Priority.REDUCING, START_MS)
        assert Wait(START_MS + 10_000, WaitReason.ORDERS_PAUSED) == order
    assert isinstance(admit(state, CANCEL, Priority.OPENING, START_MS), Granted)


def test_a_shorter_pause_does_not_shorten_a_longer_one() -> None:
    state = limiter()
    pause(state, PauseScope.ALL, START_MS + 60_000, START_MS)

    pause(state, PauseScope.ALL, START_MS + 1_000, START_MS)

    answer = admit(state, CANCEL, Priority.REDUCING, START_MS)
    assert Wait(START_MS + 60_000, WaitReason.PAUSED) == answer


def test_after_a_pause_exits_have_the_reserve_and_entries_wait_for_the_refill() -> None:
    state = limiter()
    end_ms = START_MS + 60_000

    pause(state, PauseScope.ALL, end_ms, START_MS)

    assert isinstance(admit(state, ORDER, Priority.OPENING, end_ms), Wait)
    assert drain(state, ORDER, Priority.REDUCING, end_ms) == 8
