"""Chasing: an order follows the best price within its bound, and is given up or taken there."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.algorithm_moves import follows_prices, next_move
from callboard.actors.policies.chasing import AT_THE_MARKET
from callboard.actors.policies.iceberg import PAUSE_MS
from callboard.actors.policies.parent_order import (
    Form,
    Lot,
    Moment,
    Over,
    Parent,
    Place,
    TakeBack,
    Wait,
)
from callboard.messages.intake import ExecuteAlgorithm
from callboard.messages.plans import Chase
from callboard.messages.values import OrderState, OrderType, SignalType, TimeInForce
from support.entries import NOW_MS, entry

D = Decimal
LOT = Lot(D("0.001"), D("0.001"), D("0.011"))
PLAN = Chase(moves_max=2, distance_bps_max=D(10))
NOW = Moment(5_000, NOW_MS)


def parent(plan: Chase = PLAN, *, signal: SignalType = SignalType.LONG_ENTRY, **c: Any) -> Parent:
    wish = entry(quantity=D("0.1"), signal=signal, price=c.pop("price", None))
    wish = evolve(wish, expires_at_ms=c.pop("expires_at_ms", None))
    plain = Parent("7", ExecuteAlgorithm(wish, plan), D("0.1"), LOT, began_ns=1)
    return evolve(plain, **{"bid": D(2_000), "ask": D("2000.1"), **c})


def post_only(price: str) -> Form:
    return Form(OrderType.LIMIT, D(price), TimeInForce.GTX)


@pytest.mark.parametrize(
    ("signal", "price"), [(SignalType.LONG_ENTRY, "2000"), (SignalType.SHORT_ENTRY, "2000.1")]
)
def test_it_joins_the_best_price_of_its_own_side(signal: SignalType, price: str) -> None:
    assert Place(D("0.1"), post_only(price)) == next_move(parent(signal=signal), NOW)


def test_an_order_that_is_the_best_stays_and_one_that_is_not_is_taken_back_once() -> None:
    resting = parent(asked=1, live="s1/1", live_price=D(2_000))

    assert Wait() == next_move(resting, NOW)
    assert Wait() == next_move(evolve(resting, bid=D(1_999)), NOW)
    behind = evolve(resting, bid=D("2000.5"))
    assert TakeBack() == next_move(behind, NOW)
    assert Wait() == next_move(evolve(behind, is_leaving=True), NOW)
    assert Wait() == next_move(evolve(behind, live_price=None), NOW)


def test_a_sell_is_behind_when_the_best_price_is_lower() -> None:
    resting = parent(signal=SignalType.SHORT_ENTRY, asked=1, live="s1/1", live_price=D("2000.1"))

    assert Wait() == next_move(resting, NOW)
    assert Wait() == next_move(evolve(resting, ask=D("2000.2")), NOW)
    assert TakeBack() == next_move(evolve(resting, ask=D("2000.0")), NOW)


def test_what_was_taken_back_follows_at_the_new_best_price_with_what_is_left() -> None:
    moved = parent(
        asked=1, first_price=D(2_000), bid=D(2_001), filled=D("0.04"), is_idle=True, is_leaving=True
    )

    assert Place(D("0.06"), post_only("2001")) == next_move(moved, NOW)


def test_an_order_that_the_venue_ended_unfilled_is_followed_after_a_pause() -> None:
    crossed = parent(asked=1, first_price=D(2_000), is_idle=True, over_ms=4_500)

    assert Wait(4_500 + PAUSE_MS) == next_move(crossed, NOW)
    assert isinstance(next_move(crossed, evolve(NOW, elapsed_ms=5_500)), Place)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"asked": 3}, "it was moved 2 times"),
        ({"bid": D("2002.1")}, "the best price is more than 10 bps from where it began"),
        ({"price": D(1_999)}, "the best price is beyond the signal's own"),
        ({"expires_at_ms": NOW_MS}, "its time is over"),
        ({"bid": D(0)}, "no best price is known"),
    ],
)
def test_at_its_bound_it_is_given_up_or_taken_by_setting(
    changes: dict[str, Any], reason: str
) -> None:
    first: dict[str, Any] = {"asked": 1, "first_price": D(2_000), **changes}
    taking = evolve(PLAN, takes=True)

    assert Over(OrderState.EXPIRED, reason) == next_move(parent(**first), NOW)
    assert Place(D("0.1"), AT_THE_MARKET) == next_move(parent(taking, **first), NOW)
    taken = parent(taking, **first, is_taking=True, missed_by="drawdown: 3 against 2")
    assert Over(OrderState.EXPIRED, "drawdown: 3 against 2") == next_move(taken, NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"asked": 2},
        {"bid": D(2_002)},
        {"bid": D(1_990)},
        {"price": D(2_000)},
        {"signal": SignalType.SHORT_ENTRY, "ask": D(1_998)},
        {"signal": SignalType.SHORT_ENTRY, "ask": D(2_010)},
        {"signal": SignalType.SHORT_ENTRY, "ask": D(2_000), "price": D(2_000)},
    ],
)
def test_up_to_its_bound_it_is_followed(changes: dict[str, Any]) -> None:
    first: dict[str, Any] = {"asked": 1, "first_price": D(2_000), **changes}

    assert isinstance(next_move(parent(**first), NOW), Place)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ask": D("1997.9")}, "the best price is more than 10 bps from where it began"),
        ({"price": D(2_001)}, "the best price is beyond the signal's own"),
    ],
)
def test_a_sell_is_given_up_below_its_bound(changes: dict[str, Any], reason: str) -> None:
    sell = parent(signal=SignalType.SHORT_ENTRY, asked=1, first_price=D(2_000), **changes)

    assert Over(OrderState.EXPIRED, reason) == next_move(sell, NOW)


def test_it_ends_with_all_of_it_or_too_little() -> None:
    assert Over(OrderState.FILLED, "") == next_move(parent(filled=D("0.1")), NOW)
    little = Over(OrderState.EXPIRED, "0.005 is too little for an order")
    assert little == next_move(parent(filled=D("0.095")), NOW)
    assert Place(D("0.011"), post_only("2000")) == next_move(parent(filled=D("0.089")), NOW)
    assert follows_prices(PLAN)


@given(bids=st.lists(st.integers(1_990, 2_010), min_size=1, max_size=30))
def test_no_order_is_ever_beyond_the_bound_and_there_are_never_too_many(bids: list[int]) -> None:
    subject, prices = parent(), list[Decimal]()
    for bid in bids:
        subject = evolve(subject, bid=D(bid))
        move = next_move(subject, NOW)
        if isinstance(move, TakeBack):
            subject = evolve(subject, live="", is_leaving=True, is_idle=True)
            move = next_move(subject, NOW)
        if isinstance(move, Place):
            assert move.form is not None
            assert move.form.price is not None
            prices.append(move.form.price)
            subject = evolve(
                subject,
                asked=subject.asked + 1,
                live="s1/1",
                live_price=prices[-1],
                first_price=prices[0],
                is_leaving=False,
            )
        if isinstance(move, Over):
            break
    assert 1 <= len(prices) <= 1 + PLAN.moves_max
    assert max(prices) <= prices[0] * D("1.001")
