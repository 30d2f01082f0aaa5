"""Test of close rules: which position a signal closes, how much of it, and why not."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.close_rules import Close, size_close
from callboard.actors.policies.guard import Guard
from callboard.actors.policies.ledger import Position
from callboard.actors.policies.refusal import Refusal
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import PositionSide, SignalType
from support.entries import ETH, SYMBOL

D = Decimal
FILTERS = evolve(ETH, market_quantity_max=D(100))


def held(
    quantity: str, *, symbol: str = SYMBOL, side: PositionSide = PositionSide.BOTH
) -> tuple[str, Guard]:
    amount = D(quantity)
    return f"{symbol}/{side}", Guard(Position(symbol, side, amount, amount * 2000))


def signal(kind: SignalType, quantity: str | None = None) -> SubmitSignal:
    return SubmitSignal("s1", 0, kind, SYMBOL, None if quantity is None else D(quantity))


def sized(
    kind: SignalType, *guards: tuple[str, Guard], quantity: str | None = None
) -> tuple[str, Decimal, bool] | Refusal:
    found = size_close(signal(kind, quantity), guards, FILTERS)
    return (found.key, found.quantity, found.whole) if isinstance(found, Close) else found


def test_a_close_takes_the_position_of_its_symbol_whole() -> None:
    other = held("5", symbol="BTCUSDT")

    assert (f"{SYMBOL}/BOTH", D(1), True) == sized(SignalType.CLOSE_LONG, other, held("1"))


@pytest.mark.parametrize(
    ("kind", "key"),
    [(SignalType.CLOSE_LONG, "LONG"), (SignalType.CLOSE_SHORT, "SHORT")],
)
def test_a_close_of_one_side_leaves_the_other(kind: SignalType, key: str) -> None:
    both = (held("1", side=PositionSide.LONG), held("-1", side=PositionSide.SHORT))

    assert (f"{SYMBOL}/{key}", D(1), True) == sized(kind, *both)


@pytest.mark.parametrize(
    ("kind", "quantity"), [(SignalType.CLOSE_LONG, "-1"), (SignalType.CLOSE_SHORT, "1")]
)
def test_a_close_of_the_other_side_is_refused(kind: SignalType, quantity: str) -> None:
    assert Refusal("no_position", "0", kind.value) == sized(kind, held(quantity))


def test_without_a_position_there_is_nothing_to_close() -> None:
    assert Refusal("no_position", "0", "REDUCE_50") == sized(SignalType.REDUCE_50)


def test_a_position_that_is_being_closed_takes_no_other_exit() -> None:
    key, guard = held("1")

    refusal = sized(SignalType.CLOSE_LONG, (key, evolve(guard, closing="flatten")))

    assert Refusal("closing", "flatten", "no exit under way") == refusal


@pytest.mark.parametrize(
    ("quantity", "half"), [("1", "0.5"), ("-1", "0.5"), ("0.101", "0.05"), ("0.002", "0.001")]
)
def test_half_is_rounded_down_to_the_step(quantity: str, half: str) -> None:
    assert (f"{SYMBOL}/BOTH", D(half), False) == sized(SignalType.REDUCE_50, held(quantity))


def test_a_close_names_the_guard_of_its_position() -> None:
    key, guard = held("1")

    for kind in (SignalType.CLOSE_LONG, SignalType.REDUCE_50):
        found = size_close(signal(kind), [(key, guard)], FILTERS)
        assert isinstance(found, Close)
        assert found.guard is guard


def test_one_lot_is_too_small_to_halve() -> None:
    assert Refusal("too_small_to_halve", "0.001", "twice the smallest lot") == sized(
        SignalType.REDUCE_50, held("0.001")
    )


def test_half_of_a_symbol_without_filters_is_refused() -> None:
    found = size_close(signal(SignalType.REDUCE_50), [held("1")], None)

    assert isinstance(found, Refusal)


def test_a_part_of_a_symbol_without_filters_is_closed_as_it_was_wished() -> None:
    key, guard = held("1")

    found = size_close(signal(SignalType.CLOSE_LONG, "0.3333"), [(key, guard)], None)

    assert Close(key, guard, D("0.3333"), whole=False) == found


@pytest.mark.parametrize(
    ("quantity", "closed", "whole"), [("0.3", "0.3", False), ("1", "1", True), ("5", "1", True)]
)
def test_a_quantity_bounds_what_is_closed(quantity: str, closed: str, whole: bool) -> None:
    found = sized(SignalType.CLOSE_LONG, held("1"), quantity=quantity)

    assert (f"{SYMBOL}/BOTH", D(closed), whole) == found


def test_more_than_one_order_can_close_is_closed_in_parts() -> None:
    assert (f"{SYMBOL}/BOTH", D(100), True) == sized(SignalType.CLOSE_LONG, held("250"))


@pytest.mark.parametrize(
    ("kind", "quantity"), [(SignalType.REDUCE_50, None), (SignalType.CLOSE_LONG, "125")]
)
def test_of_a_part_above_the_largest_market_order_that_much_is_closed(
    kind: SignalType, quantity: str | None
) -> None:
    assert (f"{SYMBOL}/BOTH", D(100), False) == sized(kind, held("250"), quantity=quantity)


def test_a_part_is_rounded_down_to_the_lot() -> None:
    found = sized(SignalType.CLOSE_LONG, held("1"), quantity="0.3339")

    assert (f"{SYMBOL}/BOTH", D("0.333"), False) == found


def test_a_part_below_one_lot_is_refused() -> None:
    assert Refusal("too_small_to_close", "0.0004", "the smallest lot") == sized(
        SignalType.CLOSE_LONG, held("1"), quantity="0.0004"
    )


@given(
    st.decimals("0.001", 500, places=3),
    st.sampled_from([SignalType.CLOSE_LONG, SignalType.REDUCE_50]),
    st.none() | st.decimals("0.001", 500, places=3),
)
def test_a_close_never_takes_more_than_there_is(
    quantity: Decimal, kind: SignalType, bound: Decimal | None
) -> None:
    limit = None if bound is None else str(bound)

    found = sized(kind, held(str(quantity)), quantity=limit)

    if not isinstance(found, Refusal):
        assert 0 < found[1] <= min(quantity, bound or quantity)
