"""Test of equity: the day's start is its first equity, the peak never falls."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.equity import DAY_NS, EquityMarks, mark_equity

EQUITIES = st.lists(
    st.tuples(st.integers(0, DAY_NS), st.decimals(-1_000, 1_000, places=2)), min_size=1
)


def test_the_first_equity_is_start_and_peak() -> None:
    assert EquityMarks(1, Decimal(5), Decimal(5)) == mark_equity(None, Decimal(5), DAY_NS)


def test_a_new_day_starts_with_its_first_equity_and_keeps_the_peak() -> None:
    marks = EquityMarks(1, Decimal(5), Decimal(9))

    assert EquityMarks(2, Decimal(7), Decimal(9)) == mark_equity(marks, Decimal(7), 2 * DAY_NS)


def test_the_last_moment_of_a_day_belongs_to_it() -> None:
    marks = EquityMarks(1, Decimal(5), Decimal(9))

    assert marks == mark_equity(marks, Decimal(7), 2 * DAY_NS - 1)


def test_a_clock_that_ran_backwards_opens_no_day() -> None:
    marks = EquityMarks(2, Decimal(5), Decimal(9))

    assert marks == mark_equity(marks, Decimal(7), DAY_NS)


@given(EQUITIES)
def test_the_peak_is_the_highest_equity_seen(steps: list[tuple[int, Decimal]]) -> None:
    marks: EquityMarks | None = None
    at_ns = 0
    for wait_ns, equity in steps:
        at_ns += wait_ns
        marks = mark_equity(marks, equity, at_ns)

    assert marks is not None
    assert max(equity for _, equity in steps) == marks.peak
    assert at_ns // DAY_NS == marks.day
