"""Trade book: averages of a life, funding, foreign fees, and every strategy's own profit."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.ledger import Position, book_fill
from callboard.actors.policies.trade_book import (
    Booking,
    Share,
    TradeBook,
    add_amount,
    book_funding,
    book_other_fee,
    book_trade,
    booking_of,
    correct_trade,
    resize_trade,
    split_funding,
    sum_of,
)
from callboard.messages.values import PositionSide, Side

D = Decimal
ZERO = D(0)
FLAT = Position("ETHUSDT", PositionSide.BOTH)
STRATEGIES = ("alpha", "beta", "gamma")

Draw = tuple[Side, Decimal, Decimal, str, bool]
FILLS = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.decimals("0.001", "5", places=3),
        st.decimals("0.01", "9000", places=2),
        st.sampled_from(STRATEGIES),
        st.booleans(),
    ),
    max_size=25,
)


class Run:
    """A position and its books, fill by fill; ended lives' shares are kept."""

    def __init__(self) -> None:
        self.position = FLAT
        self.book = TradeBook()
        self.ended: list[Share] = []

    def fill(
        self, side: Side, quantity: Decimal, price: Decimal, strategy: str, *, own: bool = False
    ) -> None:
        after = book_fill(
            self.position, side=side, quantity=quantity, price=price, fee=D("0.01"), at_ns=1
        )
        ends, begins = booking_of(self.position, after, price, strategy=strategy, own=own)
        if ends is not None:
            self.book = book_trade(self.book, ends)
        if begins is not None or after.is_flat:
            self.ended += self.book.shares
            self.book = TradeBook() if begins is None else book_trade(TradeBook(), begins)
        self.position = after

    def of(self, strategy: str) -> Share:
        (share,) = [each for each in self.book.shares if each.strategy == strategy]
        return share


def buy(run: Run, quantity: str, price: str, strategy: str = "alpha") -> Run:
    run.fill(Side.BUY, D(quantity), D(price), strategy)
    return run


def test_a_life_knows_the_averages_of_what_it_opened_and_closed() -> None:
    run = buy(buy(Run(), "1", "100"), "3", "200")

    run.fill(Side.SELL, D(1), D(300), "alpha")
    run.fill(Side.SELL, D(1), D(400), "alpha")

    assert (D(175), D(350)) == (run.book.entry_price, run.book.exit_price)
    assert (D(4), D(2)) == (run.book.opened_quantity, run.book.closed_quantity)


def test_a_book_without_a_fill_has_no_prices() -> None:
    assert (ZERO, ZERO) == (TradeBook().entry_price, TradeBook().exit_price)


def test_a_strategy_s_own_exit_closes_its_own_share_at_its_own_cost() -> None:
    run = buy(buy(Run(), "1", "100"), "1", "110", "beta")

    run.fill(Side.SELL, D(1), D(108), "beta", own=True)

    assert (D(-2), ZERO) == (run.of("beta").realised_pnl, run.of("beta").quantity)
    assert (ZERO, D(1), D(100)) == (
        run.of("alpha").realised_pnl,
        run.of("alpha").quantity,
        run.of("alpha").cost,
    )


def test_a_stop_closes_every_share_alike() -> None:
    run = buy(buy(Run(), "1", "100"), "3", "100", "beta")

    run.fill(Side.SELL, D(2), D(90), "alpha")

    assert (D("-5"), D("-15")) == (run.of("alpha").realised_pnl, run.of("beta").realised_pnl)
    assert (D("0.5"), D("1.5")) == (run.of("alpha").quantity, run.of("beta").quantity)


def test_an_own_exit_that_is_larger_than_its_share_closes_of_the_others_too() -> None:
    run = buy(buy(Run(), "1", "100"), "3", "100", "beta")

    run.fill(Side.SELL, D(2), D(110), "alpha", own=True)

    assert (ZERO, D(2)) == (run.of("alpha").quantity, run.of("beta").quantity)


def test_shares_that_close_together_earn_by_what_each_of_them_paid() -> None:
    run = buy(buy(Run(), "1", "100"), "1", "110", "beta")

    run.fill(Side.SELL, D(2), D(120), "")

    assert [(D(20), D(0), D(0)), (D(10), D(0), D(0))] == [
        (share.realised_pnl, share.quantity, share.cost) for share in run.ended
    ]


def test_a_full_close_leaves_nothing_of_any_share_however_fine_it_is() -> None:
    fine = "0.00000000000003"
    run = buy(buy(Run(), fine, fine), fine, fine, "beta")

    run.fill(Side.SELL, 2 * D(fine), D(2), "")

    assert [(D(0), D(0))] * 2 == [(share.quantity, share.cost) for share in run.ended]


def test_a_fill_that_turns_a_position_over_counts_in_the_life_that_it_ends() -> None:
    short = Position("ETHUSDT", PositionSide.BOTH, D(-1), D(-100), epoch=1)
    after = book_fill(short, side=Side.BUY, quantity=D(3), price=D(90), fee=D("0.6"), at_ns=1)

    ends, begins = booking_of(short, after, D(90), strategy="beta", own=True)

    assert Booking("beta", True, D(1), D(90), D(10), D(100), D("0.6")) == ends
    assert begins is not None
    assert ("beta", D(2), D(90), ZERO, D(180), ZERO) == (
        begins.strategy,
        begins.quantity,
        begins.price,
        begins.profit,
        begins.cost_change,
        begins.fee,
    )


def test_what_was_paid_so_far_stays_with_what_opens_and_closes() -> None:
    run = buy(Run(), "2", "100")
    run.book = book_other_fee(book_funding(run.book, D("-0.4")), "BNB", D("0.002"))

    run.fill(Side.BUY, D(1), D(100), "alpha")
    run.fill(Side.SELL, D(2), D(100), "alpha")

    book = run.book
    assert (D("-0.4"), (("BNB", D("0.002")),)) == (book.funding, book.other_fees)
    assert D("-0.4") == run.of("alpha").funding


def test_a_profit_that_the_venue_tells_of_an_opening_fill_is_its_strategy_s() -> None:
    opening = Booking("alpha", False, D(1), D(100), D("0.3"), D(100))

    (share,) = book_trade(TradeBook(), opening).shares

    assert Share("alpha", D(1), D(100), D("0.3")) == share


def test_funding_is_shared_by_quantity_and_fees_of_other_assets_are_kept_apart() -> None:
    run = buy(buy(Run(), "1", "100"), "3", "100", "beta")

    book = book_other_fee(book_funding(run.book, D("-0.4")), "BNB", D("0.002"))

    assert [D("-0.1"), D("-0.3")] == [share.funding for share in book.shares]
    assert (D("-0.4"), (("BNB", D("0.002")),)) == (book.funding, book.other_fees)


def test_funding_of_a_book_without_shares_is_the_life_s_alone() -> None:
    assert D(2) == book_funding(TradeBook(), D(2)).funding


def test_funding_of_shares_that_are_closed_is_the_last_one_s() -> None:
    book = TradeBook(shares=(Share("alpha"), Share("beta")))

    assert [ZERO, D(3)] == [share.funding for share in book_funding(book, D(3)).shares]


@pytest.mark.parametrize(
    ("amount", "quantities", "parts"),
    [
        ("-4", ("3", "-1"), ("-6", "2")),
        ("-4", ("2",), ("-4",)),
        ("1", ("2", "-2"), ("0", "1")),
        ("1", ("1", "1", "1"), ("0.333333333333", "0.333333333333", "0.333333333334")),
    ],
)
def test_funding_of_several_positions_is_split_by_signed_quantity_and_adds_up(
    amount: str, quantities: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    assert [D(part) for part in parts] == split_funding(D(amount), [D(q) for q in quantities])


def test_amounts_are_added_within_their_asset_only() -> None:
    amounts = add_amount(add_amount(add_amount((), "BNB", D(1)), "USDC", D(2)), "BNB", D(3))

    assert (("BNB", D(4)), ("USDC", D(2))) == amounts
    assert () == add_amount(add_amount((), "", D(1)), "BNB", ZERO)


def test_a_late_word_on_a_fill_corrects_its_own_strategy() -> None:
    run = buy(buy(Run(), "1", "100"), "1", "100", "beta")

    book = correct_trade(run.book, "beta", D("0.5"), D("0.04"))

    assert [(ZERO, D("0.01")), (D("0.5"), D("0.05"))] == [
        (share.realised_pnl, share.fees) for share in book.shares
    ]


def test_shares_of_a_position_taken_over_add_up_to_it() -> None:
    run = buy(buy(Run(), "1", "100"), "3", "100", "beta")
    half = Position("ETHUSDT", PositionSide.BOTH, D(2), D(200))

    book = resize_trade(run.book, half)

    assert [(D("0.5"), D(50)), (D("1.5"), D(150))] == [
        (share.quantity, share.cost) for share in book.shares
    ]


def test_the_venue_s_own_profit_is_spread_over_what_closed() -> None:
    book = TradeBook(shares=(Share("alpha", D(1), D(100)), Share("beta", D(1), D(100))))
    closing = Booking("", False, D(-2), D(110), D("20.00000001"), D(-200))

    after = book_trade(book, closing)

    assert D("20.00000001") == sum(share.realised_pnl for share in after.shares)


@given(FILLS)
def test_the_shares_add_up_to_the_position_after_every_fill(fills: list[Draw]) -> None:
    run = Run()

    for side, quantity, price, strategy, own in fills:
        run.fill(side, quantity, price, strategy, own=own)

        shares, position = run.book.shares, run.position
        lives = [*run.ended, *shares]
        assert position.quantity == sum((share.quantity for share in shares), ZERO)
        assert position.fees == sum((share.fees for share in lives), ZERO)
        assert position.realised_pnl - position.cost == sum(
            (share.realised_pnl - share.cost for share in lives), ZERO
        )


@given(FILLS)
def test_a_position_of_one_strategy_is_that_strategy_s_whole(fills: list[Draw]) -> None:
    run = Run()

    for side, quantity, price, _, own in fills:
        run.fill(side, quantity, price, "alpha", own=own)

    assert run.position.realised_pnl == sum(
        (share.realised_pnl for share in (*run.ended, *run.book.shares)), ZERO
    )


def test_lives_are_summed_up_by_their_money_and_by_nothing_that_is_held() -> None:
    one = Share("alpha", D(7), D(70), realised_pnl=D(3), fees=D("0.2"), funding=D(-1))
    other = Share("alpha", D(5), D(50), realised_pnl=D(-5), fees=D("0.1"), funding=D(4))

    money = Share("alpha", realised_pnl=D(-2), fees=D("0.3"), funding=D(3))
    assert money == sum_of(one, other)
