"""Clock and shares: engine time on this machine, and one address's limit among its systems."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.adapters.clock import SPEED_MAX, WallClock
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.errors import ConfigurationError

START_NS = 1_790_000_000_000_000_000
SHARES = st.decimals(min_value="0.01", max_value="1", places=2)


@pytest.mark.parametrize("speed", [0.5, 1.0, 20.0, SPEED_MAX])
def test_time_begins_where_it_is_told_and_never_goes_backwards(speed: float) -> None:
    clock = WallClock(speed, START_NS)

    readings = [clock.now_ns() for _ in range(1_000)]

    assert START_NS <= readings[0]
    assert sorted(readings) == readings


def test_a_faster_clock_is_never_behind_a_slower_one() -> None:
    slow = WallClock(1.0, START_NS)
    fast = WallClock(1_000.0, START_NS - 1_000_000_000_000)

    lags = [slow.now_ns() - fast.now_ns() for _ in range(1_000)]

    assert lags[-1] < lags[0]


def test_a_wait_is_shorter_by_the_speed() -> None:
    assert 0.5 == WallClock(20.0, START_NS).wall_seconds(10_000_000_000)


@pytest.mark.parametrize("speed", [0.0, -1.0, SPEED_MAX * 2, math.inf, math.nan])
def test_a_speed_that_is_none_is_a_fault_of_the_configuration(speed: float) -> None:
    with pytest.raises(ConfigurationError, match="speed"):
        WallClock(speed)


@given(st.lists(SHARES, max_size=20))
def test_shares_never_pass_the_whole_and_come_back(wishes: list[Decimal]) -> None:
    shares, taken = Shares(), list[Decimal]()

    for wish in wishes:
        try:
            shares.take(wish)
        except ConfigurationError:
            assert shares.taken + wish > 1
        else:
            taken.append(wish)
    whole = shares.taken
    for share in taken:
        shares.give_back(share)

    assert sum(taken, Decimal(0)) == whole <= 1
    assert 0 == shares.taken
