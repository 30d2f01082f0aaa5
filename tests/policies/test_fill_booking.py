"""Fill booking: a fill charges the book that it closes, and opens the next one."""

from decimal import Decimal
from typing import Any

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
