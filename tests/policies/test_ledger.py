"""Ledger: averages, realised profit, turning over, and that no cent is lost on the way."""

from decimal import ROUND_DOWN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.errors import InvariantBroken
from callboard.actors.policies.ledger import (
    QUANTUM,
    Position,
    adopted,
    book_fill,
    notional,
    signed,
    unrealised_pnl,
)
from callboard.messages.values import PositionSide, Side

D = Decimal
FLAT = Position("BTCUSDT", PositionSide.BOTH)

Draw = tuple[Side, Decimal, Decimal, Decimal]
FILLS = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.decimals("0.001", "900", places=3),
        st.decimals("0.01", "90000", places=2),
        st.decimals("-1", "5", places=8),
    ),
    max_size=30,
)
MARKS = st.decimals("0.01", "90000", places=2)


def fill(
    position: Position,
    side: Side,
    quantity: str,
    price: str,
    *,
    fee: str = "0",
    at_ns: int = 1,
    realised: Decimal | None = None,
) -> Position:
    return book_fill(
        position,
        side=side,
        quantity=D(quantity),
        price=D(price),
        fee=D(fee),
        at_ns=at_ns,
        realised=realised,
    )


def book_all(fills: list[Draw]) -> Position:
    position = FLAT
    for at_ns, (side, quantity, price, fee) in enumerate(fills, start=1):
        position = book_fill(
            position, side=side, quantity=quantity, price=price, fee=fee, at_ns=at_ns
        )
    return position


def test_the_first_fill_opens_the_position_at_its_price() -> None:
    position = fill(FLAT, Side.BUY, "2", "100", fee="0.1", at_ns=7)

    expected = Position(
        "BTCUSDT",
        PositionSide.BOTH,
        quantity=D(2),
        cost=D(200),
        fees=D("0.1"),
        epoch=1,
        opened_at_ns=7,
    )
    assert expected == position
    assert D(100) == position.entry_price


def test_more_of_the_same_side_moves_the_average() -> None:
    position = fill(fill(FLAT, Side.SELL, "1", "100"), Side.SELL, "3", "104", at_ns=9)

    assert D(103) == position.entry_price
    assert (D(-4), D(0), 1, 1) == (
        position.quantity,
        position.realised_pnl,
        position.epoch,
        position.opened_at_ns,
    )


@pytest.mark.parametrize(
    ("opening", "closing", "profit"), [(Side.BUY, Side.SELL, D(10)), (Side.SELL, Side.BUY, D(-10))]
)
def test_a_partial_close_realises_its_part_and_keeps_the_average(
    opening: Side, closing: Side, profit: Decimal
) -> None:
    position = fill(fill(FLAT, opening, "3", "100"), closing, "1", "110")

    assert profit == position.realised_pnl
    assert D(100) == position.entry_price
    assert D(2) == abs(position.quantity)


def test_a_full_close_leaves_nothing_but_money() -> None:
    position = fill(
        fill(FLAT, Side.BUY, "3", "100", fee="0.3"), Side.SELL, "3", "90", fee="0.2", at_ns=5
    )

    expected = Position(
        "BTCUSDT",
        PositionSide.BOTH,
        realised_pnl=D(-30),
        fees=D("0.5"),
        epoch=1,
        opened_at_ns=0,
    )
    assert expected == position
    assert position.is_flat
    assert D(0) == position.entry_price


def test_a_fill_larger_than_the_position_turns_it_over_at_the_fills_price() -> None:
    position = fill(fill(FLAT, Side.BUY, "1", "100"), Side.SELL, "3", "110", at_ns=5)

    assert (D(-2), D(110), D(10)) == (
        position.quantity,
        position.entry_price,
        position.realised_pnl,
    )
    assert (2, 5) == (position.epoch, position.opened_at_ns)


def test_a_position_that_opens_again_begins_another_life() -> None:
    closed = fill(fill(FLAT, Side.BUY, "1", "100"), Side.SELL, "1", "100")

    assert fill(closed, Side.BUY, "1", "90", at_ns=8).epoch == 2


def test_the_venues_own_profit_is_booked_where_it_is_given() -> None:
    opened = fill(FLAT, Side.BUY, "3", "100")

    position = fill(opened, Side.SELL, "1", "110", realised=D("9.99"))

    assert D("9.99") == position.realised_pnl
    assert D(100) == position.entry_price


def test_an_average_without_end_is_cut_at_the_quantum_and_the_rest_is_not_lost() -> None:
    opened = fill(fill(FLAT, Side.BUY, "1", "100"), Side.BUY, "2", "101")
    assert D("100.666666666667") == opened.entry_price

    closed = opened
    for _ in range(3):
        closed = fill(closed, Side.SELL, "1", "101")

    assert D(1) == closed.realised_pnl
    assert D(0) == closed.cost


def test_a_host_s_own_rounding_cuts_no_average() -> None:
    opened = fill(fill(FLAT, Side.BUY, "1", "100"), Side.BUY, "2", "101")

    with localcontext(rounding=ROUND_DOWN):
        assert D("100.666666666667") == opened.entry_price


def test_a_full_close_takes_the_whole_cost_however_fine_it_is() -> None:
    opened = fill(FLAT, Side.BUY, "0.0000001", "0.0000001")

    assert D(0) == fill(opened, Side.SELL, "0.0000001", "0.0000002").cost


@pytest.mark.parametrize(("side", "quantity"), [(Side.BUY, D(2)), (Side.SELL, D(-2))])
def test_a_quantity_is_signed_by_its_side(side: Side, quantity: Decimal) -> None:
    assert quantity == signed(side, D(2))


def test_value_and_unrealised_profit_follow_the_mark() -> None:
    short = fill(FLAT, Side.SELL, "2", "100")

    assert D(20) == unrealised_pnl(short, D(90))
    assert D(180) == notional(short, D(90))


@pytest.mark.parametrize("quantity", ["0", "-1"])
def test_a_fill_of_nothing_is_a_bug(quantity: str) -> None:
    with pytest.raises(InvariantBroken, match="is no fill"):
        fill(FLAT, Side.BUY, quantity, "100")


@pytest.mark.parametrize(
    ("position_side", "opening", "closing"),
    [(PositionSide.LONG, Side.BUY, Side.SELL), (PositionSide.SHORT, Side.SELL, Side.BUY)],
)
def test_a_hedge_position_closes_but_never_turns_over(
    position_side: PositionSide, opening: Side, closing: Side
) -> None:
    opened = fill(Position("BTCUSDT", position_side), opening, "1", "100")

    assert fill(opened, closing, "1", "101").is_flat
    with pytest.raises(InvariantBroken, match="cannot hold"):
        fill(opened, closing, "1.5", "101")


def test_a_position_shown_by_the_venue_is_adopted_as_a_life_of_its_own() -> None:
    position = adopted(FLAT, quantity=D(-3), entry_price=D("99.5"), at_ns=4)

    assert (D(-3), D("99.5"), 1, 4) == (
        position.quantity,
        position.entry_price,
        position.epoch,
        position.opened_at_ns,
    )


def test_a_correction_of_the_same_side_keeps_the_life_and_the_money() -> None:
    opened = fill(FLAT, Side.BUY, "3", "100", fee="0.3", at_ns=2)

    position = adopted(opened, quantity=D(2), entry_price=D(100), at_ns=9)

    assert (1, 2, D("0.3")) == (position.epoch, position.opened_at_ns, position.fees)


def test_a_correction_to_flat_ends_the_life() -> None:
    opened = fill(FLAT, Side.BUY, "3", "100")

    position = adopted(opened, quantity=D(0), entry_price=D(0), at_ns=9)

    assert position.is_flat
    assert (1, 0) == (position.epoch, position.opened_at_ns)


def test_evidence_of_the_wrong_direction_is_not_adopted() -> None:
    with pytest.raises(InvariantBroken, match="LONG cannot hold -1"):
        adopted(Position("BTCUSDT", PositionSide.LONG), quantity=D(-1), entry_price=D(1), at_ns=1)


@given(fills=FILLS)
def test_the_quantity_is_the_sum_of_the_signed_fills(fills: list[Draw]) -> None:
    position = book_all(fills)

    assert position.quantity == sum(signed(side, quantity) for side, quantity, _, _ in fills)
    assert position.fees == sum(fee for _, _, _, fee in fills)
    assert position.cost * position.quantity >= 0
    assert (position.quantity == 0) == (position.opened_at_ns == 0)


@given(fills=FILLS, mark=MARKS)
def test_realised_and_unrealised_are_the_cash_flow_to_the_digit(
    fills: list[Draw], mark: Decimal
) -> None:
    position = book_all(fills)

    cash = sum((-signed(side, quantity) * price for side, quantity, price, _ in fills), D(0))
    assert position.realised_pnl + unrealised_pnl(position, mark) == (
        cash + position.quantity * mark
    )


@given(fills=FILLS, data=st.data())
def test_the_quantity_does_not_depend_on_the_order_of_the_fills(
    fills: list[Draw], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(fills))

    assert book_all(shuffled).quantity == book_all(fills).quantity


@given(fills=FILLS)
def test_the_entry_of_an_open_position_lies_between_the_prices_paid(fills: list[Draw]) -> None:
    position = book_all(fills)

    if not position.is_flat:
        opening = Side.BUY if position.quantity > 0 else Side.SELL
        prices = [price for side, _, price, _ in fills if side is opening]
        # Each partial close may leave half a quantum of cost on what remains.
        slack = QUANTUM + QUANTUM * len(fills) / abs(position.quantity)
        assert min(prices) - slack <= position.entry_price <= max(prices) + slack
