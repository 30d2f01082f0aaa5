"""Either entry: a limit rests until the stop price is touched, and both fill one wish."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.algorithm_moves import follows_prices, next_move
from callboard.actors.policies.iceberg import PAUSE_MS
from callboard.actors.policies.parent_order import (
    Form,
    Lot,
    Moment,
    Move,
    Over,
    Parent,
    Place,
    TakeBack,
    Wait,
)
from callboard.messages.intake import ExecuteAlgorithm
from callboard.messages.plans import Oco
from callboard.messages.values import OrderState, OrderType, SignalType, TimeInForce
from support.entries import NOW_MS, entry

D = Decimal
LOT = Lot(D("0.001"), D("0.001"), D("0.011"))
PLAN = Oco(D(2_010))
NOW = Moment(5_000, NOW_MS)
AT_THE_STOP = Form(OrderType.MARKET, D(2_010), TimeInForce.GTC)
TOUCHED: dict[str, Any] = {"bid": D(2_009), "ask": D(2_010)}


def parent(*, signal: SignalType = SignalType.LONG_ENTRY, **changes: Any) -> Parent:
    price = D(1_990) if signal is SignalType.LONG_ENTRY else D(2_010)
    wish = entry(quantity=D("0.1"), signal=signal, order_type=OrderType.LIMIT, price=price)
    wish = evolve(wish, expires_at_ms=changes.pop("expires_at_ms", None))
    plan = changes.pop("plan", PLAN)
    plain = Parent("7", ExecuteAlgorithm(wish, plan), D("0.1"), LOT, began_ns=1)
    return evolve(plain, **{"bid": D(2_000), "ask": D("2000.1"), **changes})


def move(**changes: Any) -> Move:
    return next_move(parent(**changes), NOW)


def test_it_goes_by_the_best_prices_and_begins_with_the_limit() -> None:
    assert follows_prices(PLAN)
    assert Place(D("0.1")) == move()
    assert Wait() == move(live="s1/1", asked=1)


def test_the_limit_is_taken_back_once_where_the_stop_price_is_touched() -> None:
    assert TakeBack() == move(live="s1/1", asked=1, **TOUCHED)
    assert Wait() == move(live="s1/1", asked=1, is_leaving=True, **TOUCHED)
    assert Wait() == move(live="s1/2", asked=2, is_taking=True, **TOUCHED)


def test_what_the_limit_left_is_taken_at_the_stop_price_wherever_the_price_is_then() -> None:
    taken = Place(D("0.06"), AT_THE_STOP)

    assert taken == move(asked=1, is_leaving=True, filled=D("0.04"))
    assert Place(D("0.1"), AT_THE_STOP) == move(**TOUCHED)


def test_a_limit_that_was_filled_on_its_way_off_the_book_leaves_nothing_to_take() -> None:
    assert Over(OrderState.FILLED, "") == move(asked=1, is_leaving=True, filled=D("0.1"))
    too_little = Over(OrderState.EXPIRED, "0.005 is too little for an order")
    assert too_little == move(asked=1, is_leaving=True, filled=D("0.095"))
    assert Place(D("0.011"), AT_THE_STOP) == move(asked=1, is_leaving=True, filled=D("0.089"))


@pytest.mark.parametrize(
    ("missed_by", "reason"), [("", "its stop price took no more"), ("NO_MARGIN", "NO_MARGIN")]
)
def test_what_the_stop_price_did_not_take_is_given_up(missed_by: str, reason: str) -> None:
    found = move(asked=2, is_taking=True, filled=D("0.02"), missed_by=missed_by)

    assert Over(OrderState.EXPIRED, reason) == found


def test_a_limit_that_ended_by_itself_is_placed_anew_after_a_while() -> None:
    over_ms = NOW.elapsed_ms - PAUSE_MS

    assert Wait(NOW.elapsed_ms + 1) == move(asked=1, over_ms=over_ms + 1)
    assert Place(D("0.1")) == move(asked=1, over_ms=over_ms)


def test_it_ends_with_the_time_of_its_signal() -> None:
    assert Place(D("0.1")) == move(expires_at_ms=NOW_MS + 1)
    assert Over(OrderState.EXPIRED, "its time is over") == move(expires_at_ms=NOW_MS)


@pytest.mark.parametrize(
    ("bid", "is_touched"), [(D("1990.1"), False), (D(1_990), True), (D(1_980), True), (D(0), False)]
)
def test_a_short_entry_is_touched_from_above(bid: Decimal, is_touched: bool) -> None:
    found = move(
        signal=SignalType.SHORT_ENTRY, plan=Oco(D(1_990)), live="s1/1", asked=1, bid=bid, ask=bid
    )

    assert is_touched is (found == TakeBack())


@given(st.decimals("0", "0.1", places=3), st.booleans(), st.booleans(), st.booleans())
def test_it_never_asks_for_more_than_is_left(
    filled: Decimal, is_leaving: bool, is_taking: bool, is_touched: bool
) -> None:
    subject = parent(asked=1, filled=filled, is_leaving=is_leaving, is_taking=is_taking)

    found = next_move(evolve(subject, **(TOUCHED if is_touched else {})), NOW)

    assert not isinstance(found, TakeBack)
    if isinstance(found, Place):
        assert subject.rest == found.quantity
