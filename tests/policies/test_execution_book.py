"""Test of the execution book: charges and what takes them back, and whose a position is."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.execution_book import DAY_NS, ExecutionBook, share_out

D = Decimal
names = st.sampled_from(["a", "b", "c"])
changes = st.decimals(-5, 5, places=3).filter(bool)


def test_a_charge_is_of_its_symbol_and_its_day() -> None:
    """C-52: the UTC day."""
    book = ExecutionBook()

    book.charge("ETHUSDT", DAY_NS - 1)
    book.charge("ETHUSDT", DAY_NS)
    book.charge("BTCUSDT", DAY_NS + 1)
    book.charge("SOLUSDT", DAY_NS - 2)

    assert (0, 2) == (book.of_day(0), book.of_day(1))
    assert DAY_NS == book.executed_at_ns["ETHUSDT"]


def test_an_execution_that_is_told_late_does_not_turn_the_time_back() -> None:
    book = ExecutionBook()

    book.charge("ETHUSDT", 9)
    book.charge("ETHUSDT", 5)

    assert 9 == book.executed_at_ns["ETHUSDT"]


def test_what_is_given_back_is_as_before_unless_another_came_since() -> None:
    book = ExecutionBook()
    book.charge("ETHUSDT", 5)
    book.charge("ETHUSDT", 9)

    book.give_back("ETHUSDT", 5, 0)
    assert (9, 1) == (book.executed_at_ns["ETHUSDT"], book.of_day(0))
    book.give_back("ETHUSDT", 9, 5)
    assert (5, 0) == (book.executed_at_ns["ETHUSDT"], book.of_day(0))
    book.charge("ETHUSDT", DAY_NS)
    book.give_back("ETHUSDT", 5, 0)
    assert 1 == book.of_day(1)


def test_a_strategy_closes_its_own_share_first_and_then_the_oldest() -> None:
    shares = {"a": D(1), "b": D(2)}

    assert {"a": D(1)} == share_out(shares, "b", D(-2))
    assert {"b": D("1.5")} == share_out(shares, "a", D("-1.5"))
    assert {"a": D(1), "b": D(1)} == share_out(shares, "b", D(-1))
    assert {"b": D(-1)} == share_out(shares, "b", D(-4))


@given(fills=st.lists(st.tuples(names, changes), max_size=30))
def test_shares_always_add_up_to_the_position_and_pull_one_way(
    fills: list[tuple[str, Decimal]],
) -> None:
    shares: dict[str, Decimal] = {}
    position = D(0)

    for name, change in fills:
        position += change
        shares = share_out(shares, name, change)
        assert position == sum(shares.values(), D(0))
        assert all((share > 0) == (position > 0) for share in shares.values())
