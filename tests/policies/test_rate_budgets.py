"""Rate budgets: shares, settings that cannot work, other limits of the venue, snapshots."""

from decimal import Decimal

import pytest

from callboard.actors.policies.rate_budgets import (
    Budget,
    LimiterSettings,
    LimiterState,
    limits_fault,
    new_limiter,
    redesign,
)
from callboard.actors.policies.rate_limit import (
    BudgetUsage,
    PauseScope,
    Pressure,
    charge,
    pause,
    usage,
)
from callboard.actors.policies.weights import Cost
from callboard.messages.codec import Codec, dumps, loads

# A full minute of UTC, so that windows of both lengths begin here.
START_MS = 28_333_333 * 60_000
ORDER = Cost(weight=0, orders_10s=1, orders_1m=1)
READ_ALL = Cost(weight=40)


def limiter(settings: LimiterSettings | None = None) -> LimiterState:
    return new_limiter(settings or LimiterSettings(), START_MS)


def test_a_share_divides_what_belongs_to_the_ip_and_leaves_the_accounts_orders() -> None:
    state = limiter(LimiterSettings(rate_limit_share=Decimal("0.5")))

    assert [1200, 300, 1200, 600] == [b.bucket.design.limit for b in state.budgets]
    assert [2400, 300, 1200, 1200] == [b.limit for b in state.budgets]


def test_other_limits_of_the_venue_are_taken_over_without_forgetting_what_was_used() -> None:
    state = limiter()
    charge(state, READ_ALL, START_MS)
    pause(state, PauseScope.BAN, START_MS + 500, START_MS)

    settings = LimiterSettings(weight_1m_max=1200, permit_ttl_ms=500, window_margin_ms=50)
    redesign(state, settings, START_MS)

    expected = BudgetUsage(Budget.WEIGHT_1M, 40, 1200, Pressure.NORMAL)
    assert expected == usage(state, START_MS)[0]
    assert state.banned_until_ms == START_MS + 500
    assert (500, 50) == (state.permit_ttl_ms, state.window_margin_ms)
    assert state.budgets[0].bucket.design.capacity == 300


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (LimiterSettings(warn_percent=95), "warn_percent 95 is above reserve_percent 90"),
        (LimiterSettings(orders_10s_max=6), "leaves none beside the reserve"),
        (LimiterSettings(rate_limit_share=Decimal("0.001")), "too small"),
    ],
)
def test_settings_that_cannot_work_are_refused_at_the_start(
    settings: LimiterSettings, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        limiter(settings)


@pytest.mark.parametrize("share", ["0", "1.01", "-1"])
def test_a_share_outside_zero_to_one_is_refused(share: str) -> None:
    with pytest.raises(ValueError, match="rate_limit_share"):
        LimiterSettings(rate_limit_share=Decimal(share))


def test_the_state_survives_a_snapshot() -> None:
    state = limiter()
    charge(state, ORDER, START_MS)
    pause(state, PauseScope.ORDERS, START_MS + 10_000, START_MS)
    codec = Codec()

    line = dumps(codec.encode_state(state))

    assert codec.decode_state(loads(line), LimiterState) == state


def test_limits_that_cannot_work_are_named_and_others_have_no_fault() -> None:
    assert "too small" in limits_fault(LimiterSettings(weight_1m_max=1))
    assert "" == limits_fault(LimiterSettings())
    assert "" == limits_fault(LimiterSettings(warn_percent=90))
