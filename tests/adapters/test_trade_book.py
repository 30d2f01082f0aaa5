"""Trade book: a trade agrees with the ledger, whatever the fills are."""

from decimal import Decimal

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.adapters.records.trade_book import (
    ADOPTED,
    TURNED,
    Trade,
    as_shown,
    average,
    turned_over,
    with_fill,
    with_full_word,
)
from callboard.actors.policies.ledger import Position, book_fill
from callboard.messages.orders import FillBooked
from callboard.messages.values import Leg, PositionSide, Side, WorkingType
from callboard.messages.venue import TradeEvidence

ZERO = Decimal(0)
FLAT = Position("ETHUSDT", PositionSide.BOTH)
FILLS = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.decimals("0.001", "5", places=3),
        st.decimals("1", "5000", places=2),
        st.decimals("-1", "1", places=4),
    ),
    max_size=20,
)


def fill(
    side: Side,
    quantity: Decimal,
    price: Decimal,
    fee: Decimal = ZERO,
    *,
    leg: Leg = Leg.ENTRY,
    settled: bool = False,
    realised: Decimal = ZERO,
) -> FillBooked:
    evidence = TradeEvidence(
        trade_id="1",
        venue_order_id="2",
        symbol="ETHUSDT",
        side=side,
        position_side=PositionSide.BOTH,
        quantity=quantity,
        price=price,
        fee=fee,
        realised_pnl=realised,
        is_maker=False,
        at_ms=0,
        settled=settled,
    )
    return FillBooked(
        client_order_id="cb1-1-e1",
        intent_id="1",
        leg=leg,
        signal_id="a1",
        strategy="default",
        stop_loss=None,
        take_profit=None,
        working_type=WorkingType.MARK_PRICE,
        trade=evidence,
        late=False,
    )


def booked(trades: list[Trade], each: FillBooked) -> None:
    """Book a fill as the store does: into the open trade, or into a new one."""
    if not trades or not trades[-1].is_open:
        trades.append(Trade(len(trades) + 1, FLAT))
    trades[-1], turned = with_fill(trades[-1], each, 1)
    if turned is not None:
        trades.append(turned_over(len(trades) + 1, turned, each.trade.price))


@given(FILLS)
def test_the_trades_add_up_to_the_ledger(
    drawn: list[tuple[Side, Decimal, Decimal, Decimal]],
) -> None:
    position, trades = FLAT, list[Trade]()
    for side, quantity, price, fee in drawn:
        position = book_fill(position, side=side, quantity=quantity, price=price, fee=fee, at_ns=1)
        booked(trades, fill(side, quantity, price, fee))

    assert position.realised_pnl == sum((each.position.realised_pnl for each in trades), ZERO)
    assert position.fees == sum((each.position.fees for each in trades), ZERO)
    assert position.quantity == (trades[-1].position.quantity if trades else ZERO)
    assert all(not each.is_open for each in trades[:-1])
    for each in trades:
        assert each.quantity - each.exit_quantity == abs(each.position.quantity)


def test_prices_are_the_averages_of_what_was_filled() -> None:
    trades: list[Trade] = []

    booked(trades, fill(Side.BUY, Decimal(1), Decimal(100)))
    booked(trades, fill(Side.BUY, Decimal(3), Decimal(104)))
    booked(trades, fill(Side.SELL, Decimal(4), Decimal(110), leg=Leg.TARGET))

    (trade,) = trades
    assert Decimal(103) == average(trade.entry_cost, trade.quantity)
    assert Decimal(110) == average(trade.exit_cost, trade.exit_quantity)
    assert (Decimal(28), "target") == (trade.net_pnl, trade.reason)
    assert average(ZERO, ZERO) is None


def test_the_venues_own_profit_counts_where_it_gives_one() -> None:
    trades: list[Trade] = []

    booked(trades, fill(Side.BUY, Decimal(1), Decimal(100)))
    word = fill(
        Side.SELL, Decimal(1), Decimal(110), settled=True, realised=Decimal("9.5"), leg=Leg.STOP
    )
    booked(trades, word)

    assert Decimal("9.5") == trades[0].position.realised_pnl
    assert "stop" == trades[0].reason


def test_the_full_word_of_a_fill_replaces_what_it_was_booked_with() -> None:
    trades: list[Trade] = []
    booked(trades, fill(Side.BUY, Decimal(1), Decimal(100)))
    booked(trades, fill(Side.SELL, Decimal(1), Decimal(110)))
    word = fill(Side.SELL, Decimal(1), Decimal(110), Decimal("0.5"), realised=Decimal(9)).trade

    settled = with_full_word(trades[0], word, booked=Decimal(10))

    assert (Decimal(9), Decimal("0.5")) == (settled.position.realised_pnl, settled.position.fees)
    assert Decimal("8.5") == settled.net_pnl


def test_a_fill_through_flat_ends_a_trade_and_begins_the_next() -> None:
    trades: list[Trade] = []

    booked(trades, fill(Side.BUY, Decimal(1), Decimal(100)))
    booked(trades, fill(Side.SELL, Decimal(3), Decimal(90), Decimal("0.2")))

    first, second = trades
    assert (False, TURNED, Decimal("-10.2")) == (first.is_open, first.reason, first.net_pnl)
    assert (Decimal(-2), Decimal(2), ZERO) == (
        second.position.quantity,
        second.quantity,
        second.net_pnl,
    )


def test_what_the_venue_shows_is_taken_and_flat_ends_the_trade() -> None:
    trades: list[Trade] = []
    booked(trades, fill(Side.BUY, Decimal(3), Decimal(100)))
    (trade,) = trades

    smaller = as_shown(trade, Decimal(1), Decimal(100), 2)
    gone = as_shown(trade, ZERO, ZERO, 2)
    asked = as_shown(evolve(trade, reason="signal a2"), ZERO, ZERO, 2)

    assert (True, Decimal(1)) == (smaller.is_open, smaller.position.quantity)
    assert (False, ADOPTED) == (gone.is_open, gone.reason)
    assert "signal a2" == asked.reason
