"""Loss walls: the strictest of three counts, and only the peak's can be reset by a person."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.loss_walls import LossLimits, Wall, find_wall, is_stricter, loss_pct
from callboard.messages.values import TradingState

D = Decimal
LIMITS = LossLimits()
ACTIVE, REDUCING, HALTED = TradingState
EQUITIES = st.decimals("0", "1e6", places=2)


@pytest.mark.parametrize(
    ("equity", "day_start", "peak", "expected"),
    [
        ("9690.01", "10000", "10000", Wall()),
        ("9690", "10000", "10000", Wall(REDUCING, "loss of the day 3.10 %")),
        ("9500", "10000", "10000", Wall(HALTED, "loss of the day 5.00 %")),
        ("8500", "8500", "10000", Wall(HALTED, "drawdown 15.00 %", of_peak_alone=True)),
        ("8500", "8800", "10000", Wall(HALTED, "drawdown 15.00 %", of_peak_alone=False)),
        ("8500.01", "8500.01", "10000", Wall()),
        ("11000", "10000", "10500", Wall()),
    ],
)
def test_each_wall_stands_at_its_loss(
    equity: str, day_start: str, peak: str, expected: Wall
) -> None:
    """C-10: 3.1 % of the day, 5 % of the day, 15 % from the peak; a hit is inclusive."""
    wall = find_wall(LIMITS, equity=D(equity), day_start=D(day_start), peak=D(peak))

    assert expected == wall


def test_without_a_base_there_is_no_loss() -> None:
    assert D(0) == loss_pct(D(0), D(-5))


def test_half_of_a_small_base_is_half_of_it() -> None:
    assert D(50) == loss_pct(D(1), D("0.5"))


@given(equity=EQUITIES, lower=EQUITIES, day_start=EQUITIES, peak=EQUITIES)
def test_less_equity_never_allows_more(
    equity: Decimal, lower: Decimal, day_start: Decimal, peak: Decimal
) -> None:
    equity, lower = max(equity, lower), min(equity, lower)
    more = find_wall(LIMITS, equity=equity, day_start=day_start, peak=peak)
    less = find_wall(LIMITS, equity=lower, day_start=day_start, peak=peak)

    assert not is_stricter(more.state, less.state)
