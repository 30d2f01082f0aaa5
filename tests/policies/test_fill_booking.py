"""Fill booking: a fill charges the book that it closes, and opens the next one."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.policies.fill_booking import book_of_fill
from callboard.actors.policies.ledger import Position
from callboard.actors.policies.trade_book import TradeBook
from callboard.messages.values import PositionSide, Side
from support.position_bench import exit_fill, fill

FLAT = Position("ETHUSDT", PositionSide.BOTH)
EMPTY = TradeBook()
ONE, TWO, THREE = Decimal(1), Decimal(2), Decimal(3)
AT_NS = 5


def test_a_first_fill_begins_a_book_and_charges_none() -> None:
    booked = book_of_fill(FLAT, EMPTY, fill(TWO, Decimal(2000)), AT_NS)

    assert (TWO, Decimal(4000)) == (booked.after.quantity, booked.after.cost)
    assert booked.charged is EMPTY
    assert TWO == booked.book.opened_quantity


def test_a_position_opens_at_the_time_of_its_first_fill() -> None:
    booked = book_of_fill(FLAT, EMPTY, fill(TWO), AT_NS)

    assert AT_NS == booked.after.opened_at_ns


@pytest.mark.parametrize(("settled", "profit"), [(True, 90), (False, 100)])
def test_the_venue_s_profit_is_booked_once_it_is_settled_and_ours_until_then(
    settled: bool, profit: int
) -> None:
    opened = book_of_fill(FLAT, EMPTY, fill(ONE, Decimal(2000)), AT_NS)
    told: dict[str, Any] = {"trade_settled": settled, "trade_realised_pnl": Decimal(90)}

    closed = book_of_fill(opened.after, opened.book, exit_fill(ONE, Decimal(2100), **told), AT_NS)

    assert profit == closed.after.realised_pnl


@pytest.mark.parametrize(("signal_id", "held"), [("s2", ("1", "0")), ("", ("0.5", "0.5"))])
def test_the_exit_of_a_strategy_s_own_signal_closes_its_own_share(
    signal_id: str, held: tuple[str, str]
) -> None:
    first = book_of_fill(FLAT, EMPTY, fill(ONE), AT_NS)
    both = book_of_fill(first.after, first.book, fill(ONE, strategy="beta"), AT_NS)

    closed = book_of_fill(
        both.after, both.book, exit_fill(ONE, strategy="beta", signal_id=signal_id), AT_NS
    )

    assert [("alpha", Decimal(held[0])), ("beta", Decimal(held[1]))] == [
        (share.strategy, share.quantity) for share in closed.book.shares
    ]


def test_a_part_that_is_closed_is_charged_to_the_life_that_goes_on() -> None:
    opened = book_of_fill(FLAT, EMPTY, fill(TWO, Decimal(2000)), AT_NS)

    closed = book_of_fill(opened.after, opened.book, exit_fill(ONE, Decimal(2100)), AT_NS)

    assert (ONE, 1) == (closed.after.quantity, closed.after.epoch)
    assert closed.charged is closed.book
    assert (TWO, ONE) == (closed.book.opened_quantity, closed.book.closed_quantity)


def test_a_fill_that_turns_the_position_over_ends_one_book_and_begins_another() -> None:
    opened = book_of_fill(FLAT, EMPTY, fill(TWO, Decimal(2000)), AT_NS)

    turned = book_of_fill(opened.after, opened.book, exit_fill(THREE, Decimal(2100)), AT_NS)

    assert (-ONE, 2) == (turned.after.quantity, turned.after.epoch)
    assert (TWO, TWO) == (turned.charged.opened_quantity, turned.charged.closed_quantity)
    assert (ONE, Decimal(0)) == (turned.book.opened_quantity, turned.book.closed_quantity)


def test_a_fee_in_another_asset_belongs_to_the_life_that_the_fill_ends() -> None:
    strange: dict[str, Any] = {"trade_other_fee_asset": "BNB", "trade_other_fee": Decimal("0.01")}
    opened = book_of_fill(FLAT, EMPTY, fill(TWO, Decimal(2000), **strange), AT_NS)

    turned = book_of_fill(opened.after, opened.book, exit_fill(THREE, **strange), AT_NS)

    assert (("BNB", Decimal("0.01")),) == opened.book.other_fees
    assert (("BNB", Decimal("0.02")),) == turned.charged.other_fees
    assert () == turned.book.other_fees


def test_an_answer_is_for_the_very_same_question_alone() -> None:
    first = fill(TWO, Decimal(2000), side=Side.BUY)
    booked = book_of_fill(FLAT, EMPTY, first, AT_NS)

    assert booked.is_of(FLAT, EMPTY, first, AT_NS)
    assert not booked.is_of(FLAT, EMPTY, evolve(first), AT_NS)
    assert not booked.is_of(evolve(FLAT), EMPTY, first, AT_NS)
    assert not booked.is_of(FLAT, EMPTY, first, AT_NS + 1)
