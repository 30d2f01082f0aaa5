"""Rate pace: optional reads by projection, and a slow return after a refusal."""

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.rate_budgets import (
    Budget,
    LimiterSettings,
    LimiterState,
    new_limiter,
    redesign,
)
from callboard.actors.policies.rate_limit import (
    Granted,
    PauseScope,
    Wait,
    WaitReason,
    admit,
    charge,
    pause,
    set_venue_offset,
)
from callboard.actors.policies.rate_pace import opening_limit, optional_from_ms, pace_percent
from callboard.actors.policies.weights import Cost
from callboard.messages.values import Priority

START_MS = 28_333_333 * 60_000
MINUTE_MS = 60_000
READ = Cost(weight=40)
ORDER = Cost(weight=0, orders_10s=1, orders_1m=1)
OPENING, REDUCING = Priority.OPENING, Priority.REDUCING


def filled(weight: int, at_ms: int, venue_offset_ms: int = 0) -> LimiterState:
    """Return a limiter whose minute holds so much weight, in a full bucket."""
    state = new_limiter(LimiterSettings(), START_MS)
    set_venue_offset(state, venue_offset_ms)
    charge(state, Cost(weight=1), at_ms)
    state.budgets[0].used = weight
    return state


def paused(scope: PauseScope, times: int = 1) -> LimiterState:
    state = new_limiter(LimiterSettings(), START_MS)
    for _ in range(times):
        pause(state, scope, START_MS, START_MS)
    return state


def pace(state: LimiterState, budget: Budget, at_ms: int) -> int:
    (one,) = [each for each in state.budgets if each.budget is budget]
    return pace_percent(one, state.pacing, at_ms)


def optional(state: LimiterState, at_ms: int) -> object:
    return admit(state, READ, OPENING, at_ms, is_optional=True)


def test_an_optional_read_waits_where_the_window_would_end_above_its_warning() -> None:
    """C-02, S4-098: slower before the limit, by projection to the window's end."""
    at_ms = START_MS + 30_000
    slow, fast = filled(900, at_ms), filled(1_000, at_ms)

    assert isinstance(optional(slow, at_ms), Granted)
    answer = optional(fast, at_ms)
    expected = Wait(START_MS + 32_500, WaitReason.PACED, Budget.WEIGHT_1M)
    assert expected == answer
    assert isinstance(optional(fast, START_MS + 32_500), Granted)


def test_the_window_that_is_projected_is_one_of_the_venues_clock() -> None:
    at_ms = START_MS + 20_000
    state = filled(1_000, at_ms, venue_offset_ms=10_000)

    answer = optional(state, at_ms)

    assert Wait(START_MS - 10_000 + 32_500, WaitReason.PACED, Budget.WEIGHT_1M) == answer


def test_what_is_not_optional_is_not_projected() -> None:
    at_ms = START_MS + 30_000
    state = filled(1_500, at_ms)

    assert isinstance(admit(state, READ, OPENING, at_ms), Granted)


def test_the_first_part_of_a_window_says_little_of_its_end() -> None:
    at_ms = START_MS + 100

    assert isinstance(optional(filled(440, at_ms), at_ms), Granted)
    assert isinstance(optional(filled(441, at_ms), at_ms), Wait)


def test_a_window_above_its_warning_keeps_optional_reads_until_it_turns() -> None:
    at_ms = START_MS + 59_000

    answer = optional(filled(1_900, at_ms), at_ms)

    assert Wait(START_MS + MINUTE_MS, WaitReason.PACED, Budget.WEIGHT_1M) == answer


def test_after_a_refusal_the_pace_is_halved_and_grows_back_by_the_minute() -> None:
    """S0-077: multiplicative slow-down after a 429, gradual recovery."""
    state = paused(PauseScope.ALL)

    paces = [pace(state, Budget.WEIGHT_1M, START_MS + m * MINUTE_MS) for m in (0, 1, 3, 5, 9)]

    assert [50, 60, 80, 100, 100] == paces


def test_a_pace_and_what_it_allows_are_whole_numbers_rounded_down() -> None:
    state = paused(PauseScope.ORDERS, times=2)
    at_ms = START_MS + 3 * MINUTE_MS - 1

    assert 25 + 29 == pace(state, Budget.ORDERS_10S, at_ms)
    assert 270 * 54 // 100 == opening_limit(state.budgets[1], state.pacing, at_ms)
    assert isinstance(opening_limit(state.budgets[1], state.pacing, at_ms), int)


def test_refusals_in_a_row_slow_down_to_the_least_pace_and_no_further() -> None:
    assert [25, 12, 10, 10] == [
        pace(paused(PauseScope.BAN, times), Budget.REQUESTS_1M, START_MS) for times in (2, 3, 4, 9)
    ]


def test_an_order_limit_slows_orders_alone() -> None:
    state = paused(PauseScope.ORDERS)

    assert [100, 50, 50, 100] == [pace(state, budget, START_MS) for budget in Budget]


def test_the_pace_begins_to_grow_when_the_pause_is_over() -> None:
    state = new_limiter(LimiterSettings(), START_MS)

    pause(state, PauseScope.ALL, START_MS + MINUTE_MS, START_MS)

    assert [50, 60] == [pace(state, Budget.WEIGHT_1M, START_MS + m * MINUTE_MS) for m in (1, 2)]


def test_at_a_slower_pace_entries_wait_for_the_window_and_exits_do_not() -> None:
    state = paused(PauseScope.ORDERS, times=9)
    state.budgets[1].used, state.budgets[1].window_index = 40, START_MS // 10_000

    at_ms = START_MS + 5_000
    entry, exit_ = (admit(state, ORDER, each, at_ms) for each in (OPENING, REDUCING))

    assert Wait(START_MS + 10_000, WaitReason.WINDOW_FULL, Budget.ORDERS_10S) == entry
    assert isinstance(exit_, Granted)


def test_a_window_in_which_nothing_was_used_holds_nobody_up_however_slow_the_pace() -> None:
    state = new_limiter(LimiterSettings(weight_1m_max=240), START_MS)
    for _ in range(9):
        pause(state, PauseScope.ALL, START_MS, START_MS)
    at_ms = START_MS + 30_000

    in_an_empty_window = admit(state, READ, OPENING, at_ms)
    charge(state, Cost(weight=1), at_ms)
    beside_another = admit(state, READ, OPENING, at_ms)

    assert isinstance(in_an_empty_window, Granted)
    assert Wait(START_MS + MINUTE_MS, WaitReason.WINDOW_FULL, Budget.WEIGHT_1M) == beside_another


def test_other_limits_keep_the_pace() -> None:
    state = paused(PauseScope.ALL)

    redesign(state, LimiterSettings(slow_down_percent=20), START_MS)

    assert 50 == pace(state, Budget.WEIGHT_1M, START_MS)
    assert 20 == state.pacing.slow_down_percent


@given(
    wanted=st.integers(1, 3_000),
    elapsed_ms=st.integers(0, MINUTE_MS - 1),
    percent=st.integers(1, 100),
    warn_at=st.integers(1, 2_400),
)
def test_an_optional_read_leaves_as_soon_as_the_projection_allows_and_never_before(
    wanted: int, elapsed_ms: int, percent: int, warn_at: int
) -> None:
    state = new_limiter(LimiterSettings(), START_MS)
    budget = evolve(state.budgets[0], pace_percent=percent, pace_from_ms=START_MS, warn_at=warn_at)

    from_ms = optional_from_ms(
        budget, state.pacing, wanted=wanted, elapsed_ms=elapsed_ms, now_ms=START_MS
    )

    mark = max(warn_at * percent // 100, 1)

    def is_below_the_mark(at_ms: int) -> bool:
        return wanted * MINUTE_MS <= mark * max(at_ms, MINUTE_MS // 4)

    assert isinstance(from_ms, int)
    assert is_below_the_mark(from_ms)
    assert from_ms == elapsed_ms or (from_ms > elapsed_ms and not is_below_the_mark(from_ms - 1))
