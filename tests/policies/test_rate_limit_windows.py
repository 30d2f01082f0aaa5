"""Rate limit windows: whatever is asked, delayed and reported, no window is ever overrun."""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.rate_budgets import (
    Budget,
    LimiterSettings,
    LimiterState,
    new_limiter,
)
from callboard.actors.policies.rate_limit import (
    Granted,
    PauseScope,
    Wait,
    admit,
    charge,
    observe,
    pause,
    set_venue_offset,
)
from callboard.actors.policies.token_bucket import Bucket, BucketDesign, level_at, take
from callboard.actors.policies.weights import Cost
from callboard.messages.values import Priority

# A full minute of UTC, so that windows of both lengths begin here.
START_MS = 28_333_333 * 60_000
ORDER = Cost(weight=0, orders_10s=1, orders_1m=1)
CANCEL = Cost(weight=1)
SMALL = LimiterSettings(
    weight_1m_max=120,
    orders_10s_max=20,
    orders_1m_max=60,
    requests_1m_max=70,
    permit_ttl_ms=1_000,
    request_timeout_ms=4_000,
)
LATE_MS = 5_000
COSTS = (ORDER, CANCEL, Cost(5), Cost(weight=5, orders_10s=4, orders_1m=1))


def most_in_a_window(arrivals: Iterable[tuple[int, int]], window_ms: int) -> int:
    """Return the most that any closed window holds; fixed windows are among the sliding ones."""
    ordered = sorted(arrivals)
    most = held = first = 0
    for at_ms, amount in ordered:
        held += amount
        while ordered[first][0] < at_ms - window_ms:
            held -= ordered[first][1]
            first += 1
        most = max(most, held)
    return most


def header(state: LimiterState, now_ms: int, *, weight_1m: int = -1, orders_10s: int = -1) -> None:
    """Report the venue's count of a request that was granted and answered at once."""
    observe(
        state,
        granted_at_ms=now_ms,
        now_ms=now_ms,
        weight_1m=weight_1m,
        orders_10s=orders_10s,
    )


def amounts(cost: Cost) -> tuple[int, int, int, int]:
    return (cost.weight, cost.orders_10s, cost.orders_1m, 1)


ASKS = st.lists(
    st.tuples(
        st.integers(0, 4).map(lambda power: 0 if power == 0 else 10**power // 2),
        st.sampled_from(COSTS),
        st.sampled_from(Priority),
        st.integers(0, LATE_MS),
        st.none() | st.integers(0, 130),
        st.integers(1, 12),
    ),
    min_size=1,
    max_size=60,
)


@given(asks=ASKS, phase_ms=st.integers(0, 60_000), offset_ms=st.integers(-500, 500))
def test_no_window_of_arrivals_ever_exceeds_a_limit(
    asks: list[tuple[int, Cost, Priority, int, int | None, int]], phase_ms: int, offset_ms: int
) -> None:
    now_ms = START_MS + phase_ms
    state = new_limiter(SMALL, now_ms)
    set_venue_offset(state, offset_ms)
    arrivals: dict[Budget, list[tuple[int, int]]] = {budget: [] for budget in Budget}

    for gap_ms, cost, priority, delay_ms, reported, repeats in asks:
        now_ms += gap_ms
        for _ in range(repeats):
            if not isinstance(admit(state, cost, priority, now_ms), Granted):
                break
            charge(state, cost, now_ms)
            for budget, amount in zip(Budget, amounts(cost), strict=True):
                arrivals[budget].append((now_ms + delay_ms, amount))
        if reported is not None:
            header(state, now_ms, weight_1m=reported, orders_10s=reported)

    for budget, arrived in arrivals.items():
        assert most_in_a_window(arrived, budget.window_ms) <= SMALL.limit(budget)


@given(
    delays_ms=st.lists(st.sampled_from((0, LATE_MS)), min_size=4, max_size=4),
    idle_ms=st.integers(0, 70_000),
    cost=st.sampled_from(COSTS),
)
def test_a_greedy_client_with_the_worst_delays_stays_within_every_limit(
    delays_ms: list[int], idle_ms: int, cost: Cost
) -> None:
    """Exits take all they can get; early grants arrive late and late grants at once."""
    state = new_limiter(SMALL, START_MS)
    arrivals: dict[Budget, list[tuple[int, int]]] = {budget: [] for budget in Budget}
    now_ms = START_MS + idle_ms
    end_ms = now_ms + 80_000

    while now_ms < end_ms:
        answer = admit(state, cost, Priority.REDUCING, now_ms)
        if isinstance(answer, Wait):
            now_ms = answer.until_ms
            continue
        assert isinstance(answer, Granted)
        charge(state, cost, now_ms)
        delay_ms = delays_ms[(now_ms - START_MS) // 7_000 % len(delays_ms)]
        for budget, amount in zip(Budget, amounts(cost), strict=True):
            arrivals[budget].append((now_ms + delay_ms, amount))

    for budget, arrived in arrivals.items():
        assert most_in_a_window(arrived, budget.window_ms) <= SMALL.limit(budget)


@given(asks=ASKS, priority=st.sampled_from(Priority), is_optional=st.booleans())
def test_who_waits_as_told_passes_if_nobody_was_faster(
    asks: list[tuple[int, Cost, Priority, int, int | None, int]],
    priority: Priority,
    *,
    is_optional: bool,
) -> None:
    state = new_limiter(SMALL, START_MS)
    now_ms = START_MS

    for gap_ms, cost, _, _, reported, repeats in asks:
        now_ms += gap_ms
        for _ in range(repeats):
            answer = admit(state, cost, priority, now_ms, is_optional=is_optional)
            if isinstance(answer, Wait):
                assert answer.until_ms > now_ms
                now_ms = answer.until_ms
                answer = admit(state, cost, priority, now_ms, is_optional=is_optional)
            assert isinstance(answer, Granted)
            charge(state, cost, now_ms)
        if reported is not None:
            header(state, now_ms, weight_1m=reported)
            pause(state, PauseScope.ORDERS, now_ms + reported, now_ms)


@given(asks=ASKS)
def test_counts_of_our_own_arrivals_alone_never_slow_us_down(
    asks: list[tuple[int, Cost, Priority, int, int | None, int]],
) -> None:
    state = new_limiter(SMALL, START_MS)
    arrived: list[tuple[int, int]] = []
    now_ms = START_MS

    for gap_ms, cost, priority, delay_ms, _, repeats in asks:
        now_ms += gap_ms
        for _ in range(repeats):
            if isinstance(admit(state, cost, priority, now_ms), Granted):
                charge(state, cost, now_ms)
                arrived.append((now_ms + delay_ms, cost.weight))
        window = now_ms // 60_000
        count = sum(
            amount for at_ms, amount in arrived if at_ms <= now_ms and at_ms // 60_000 == window
        )
        before = level_at(state.budgets[0].bucket, now_ms)
        header(state, now_ms, weight_1m=count)
        assert level_at(state.budgets[0].bucket, now_ms) == before


def test_the_classic_bucket_with_capacity_at_the_limit_sends_almost_twice_the_limit() -> None:
    classic = BucketDesign(limit=300, capacity=300, refill=300, window_ms=10_000, late_ms=0)

    def most_of(design: BucketDesign) -> int:
        bucket = Bucket(design, design.capacity * design.window_ms, START_MS)
        arrivals: list[tuple[int, int]] = []
        for now_ms in range(START_MS, START_MS + 20_000, 10):
            amount = level_at(bucket, now_ms)
            take(bucket, amount, now_ms)
            arrivals.append((now_ms, amount))
        return most_in_a_window(arrivals, 9_999)

    ours = new_limiter(LimiterSettings(), START_MS).budgets[1].bucket.design

    assert classic.admitted_max == 600
    assert most_of(classic) == 599
    assert most_of(ours) <= 300


def test_permits_used_late_overrun_a_bucket_that_ignores_lateness() -> None:
    careless = BucketDesign(limit=300, capacity=75, refill=225, window_ms=10_000, late_ms=0)
    bucket = Bucket(careless, 75 * 10_000, START_MS)
    arrivals: list[tuple[int, int]] = []

    for now_ms in range(START_MS, START_MS + 21_000, 10):
        amount = level_at(bucket, now_ms)
        take(bucket, amount, now_ms)
        delay_ms = max(0, 11_000 - (now_ms - START_MS))
        arrivals.append((now_ms + delay_ms, amount))

    assert careless.admitted_max == 300
    assert most_in_a_window(arrivals, 9_999) > 500
