"""Test of equity: the day starts with its first; trading alone moves it against its marks."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.equity import (
    DAY_NS,
    EquityMarks,
    mark_equity,
    move_marks,
    reset_peak,
)

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


@given(
    start=st.decimals("1", "1e6", places=2),
    profit=st.decimals("-1e5", "1e5", places=2),
    change=st.decimals("-1e6", "1e6", places=2),
)
def test_money_that_is_moved_changes_no_gain_and_no_loss(
    start: Decimal, profit: Decimal, change: Decimal
) -> None:
    """C-10: the losses of the day and from the peak are those of trading."""
    equity = start + profit
    marks = mark_equity(mark_equity(None, start, 0), equity, 1)

    moved = move_marks(marks, change, equity + change, counted=False)

    assert equity - marks.day_start == equity + change - moved.day_start
    assert equity - marks.peak == equity + change - moved.peak


@given(
    start=st.decimals("1", "1e6", places=2),
    equity=st.decimals("1", "1e6", places=2),
    change=st.decimals("-1e6", "1e6", places=2),
)
def test_money_that_equity_held_already_never_makes_a_drawdown_deeper(
    start: Decimal, equity: Decimal, change: Decimal
) -> None:
    marks = mark_equity(mark_equity(None, start, 0), equity, 1)

    moved = move_marks(marks, change, equity, counted=True)

    assert equity <= moved.peak <= marks.peak
    assert (marks.day, marks.day_start + change) == (moved.day, moved.day_start)


def test_a_peak_that_is_reset_is_equity_and_leaves_the_day() -> None:
    marks = mark_equity(mark_equity(None, Decimal(100), 0), Decimal(80), 1)

    assert EquityMarks(0, Decimal(100), Decimal(80)) == reset_peak(marks, Decimal(80))
