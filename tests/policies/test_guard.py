"""Test of the guard: which orders protect a position, and what is still to be asked for."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.guard import (
    Guard,
    LegRecord,
    close_quantity,
    close_reason,
    loss_percent,
    new_life,
    stranger_fill,
)
from callboard.actors.policies.ledger import Position
from callboard.messages.orders import FillBooked
from callboard.messages.plans import TrailingStop
from callboard.messages.positions import StrangerFilled
from callboard.messages.values import (
    TERMINAL_STATES,
    CloseReason,
    Leg,
    OrderState,
    PositionSide,
    Side,
    SignalSource,
    WorkingType,
)
from support.entries import ETH, SYMBOL, exit_request
from support.position_bench import fill
from support.position_bench import leg as said

D = Decimal


def guard(quantity: str = "0.1", *, number: int = 1, price: str = "2000") -> Guard:
    held = D(quantity)
    position = Position(SYMBOL, PositionSide.BOTH, quantity=held, cost=held * D(price))
    return Guard(position, number=number)


def leg(
    state: OrderState, *, leg: Leg = Leg.STOP, intent: str = "p1", is_doubted: bool = False
) -> LegRecord:
    return LegRecord(leg, intent, state, D(1960), is_doubted)


def with_leg(record: LegRecord) -> Guard:
    held = guard()
    held.legs["cb1-p1-s1"] = record
    return held


@pytest.mark.parametrize(
    ("state", "is_protected"),
    [
        (OrderState.PENDING, False),
        (OrderState.SUBMITTED, False),
        (OrderState.UNKNOWN, False),
        (OrderState.ACTIVE, True),
        (OrderState.PARTIALLY_FILLED, True),
        (OrderState.TRIGGERING, True),
        (OrderState.CANCELLED, False),
        (OrderState.FILLED, False),
    ],
)
def test_a_stop_protects_while_it_rests_or_works(state: OrderState, *, is_protected: bool) -> None:
    assert is_protected is with_leg(leg(state)).is_protected


def test_a_target_is_no_protection() -> None:
    assert not with_leg(leg(OrderState.ACTIVE, leg=Leg.TARGET)).is_protected


def test_a_stop_of_an_earlier_life_protects_nothing_and_is_still_swept() -> None:
    held = with_leg(leg(OrderState.ACTIVE, intent="p0"))

    assert (False, False, ["cb1-p1-s1"]) == (
        held.is_protected,
        held.has_live(Leg.STOP),
        held.left_ids(),
    )


def test_a_stop_is_no_protection_beside_itself() -> None:
    held = with_leg(leg(OrderState.ACTIVE))
    alone = held.is_protected_beside("cb1-p1-s1")
    held.legs["cb1-p1-s2"] = leg(OrderState.ACTIVE)

    assert (False, True) == (alone, held.is_protected_beside("cb1-p1-s1"))


@pytest.mark.parametrize("state", OrderState)
def test_a_leg_lives_until_its_end(state: OrderState) -> None:
    is_over = state in TERMINAL_STATES or state is OrderState.PARKED
    assert is_over is not with_leg(leg(state)).has_live(Leg.STOP)


def test_a_leg_in_doubt_may_have_another_beside_it() -> None:
    assert not with_leg(leg(OrderState.UNKNOWN, is_doubted=True)).has_live(Leg.STOP)


def test_a_request_that_nobody_answered_lives() -> None:
    held = guard()
    held.pending[Leg.EXIT.value] = exit_request()

    assert (True, False) == (held.has_live(Leg.EXIT), held.has_live(Leg.STOP))


def test_an_exit_counts_whatever_its_intent() -> None:
    assert with_leg(leg(OrderState.ACTIVE, leg=Leg.EXIT, intent="7")).has_live(Leg.EXIT)


@pytest.mark.parametrize(
    ("record", "is_swept"),
    [
        (leg(OrderState.ACTIVE), True),
        (leg(OrderState.UNKNOWN, leg=Leg.TARGET), True),
        (leg(OrderState.ACTIVE, leg=Leg.EXIT), True),
        (leg(OrderState.EXPIRED), False),
    ],
)
def test_what_is_swept_is_what_has_not_ended(record: LegRecord, *, is_swept: bool) -> None:
    assert is_swept is bool(with_leg(record).left_ids())


@pytest.mark.parametrize(("quantity", "side"), [("0.1", Side.SELL), ("-0.1", Side.BUY)])
def test_an_exit_is_on_the_other_side(quantity: str, side: Side) -> None:
    assert side is guard(quantity).exit_side


def test_each_life_of_a_position_has_its_own_intent() -> None:
    assert ["p1", "p2"] == [guard(number=number).intent_id for number in (1, 2)]


@pytest.mark.parametrize(
    ("quantity", "market_max", "expected"),
    [
        ("0.5", "2000", "0.5"),
        ("-0.5", "2000", "0.5"),
        ("5", "2", "2"),
        ("0.0004", "2000", "0.0004"),
    ],
)
def test_one_market_order_closes_as_much_as_its_lot_allows(
    quantity: str, market_max: str, expected: str
) -> None:
    filters = evolve(ETH, market_quantity_max=D(market_max))

    assert D(expected) == close_quantity(guard(quantity), filters)


def test_without_filters_the_whole_is_closed() -> None:
    assert D(5) == close_quantity(guard("-5"), None)


@pytest.mark.parametrize(
    ("quantity", "mark", "expected"),
    [("1", "1938", "3.1"), ("1", "2062", "-3.1"), ("-1", "2062", "3.1"), ("-1", "1938", "-3.1")],
)
def test_a_loss_is_percent_of_the_entry_and_positive(
    quantity: str, mark: str, expected: str
) -> None:
    assert D(expected) == loss_percent(guard(quantity), D(mark))


def test_a_loss_of_a_coin_that_costs_less_than_one_is_percent_of_it_too() -> None:
    assert D(10) == loss_percent(guard(price="0.5"), D("0.45"))


def test_a_position_without_an_entry_price_has_no_loss() -> None:
    assert D(0) == loss_percent(guard(price="0"), D(2000))


@given(st.decimals(D("0.001"), D(200), places=3), st.decimals(D(1), D(100), places=3))
def test_closing_part_by_part_ends_flat(quantity: Decimal, market_max: Decimal) -> None:
    filters = evolve(ETH, market_quantity_max=market_max)
    held, orders_max = quantity, int(quantity / market_max) + 2

    for _ in range(orders_max):
        part = close_quantity(guard(str(held)), filters)
        assert D(0) < part <= market_max
        held -= part
        if not held:
            return
    raise AssertionError(f"{held} left of {quantity}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"leg": Leg.STOP}, CloseReason.STOP_LOSS),
        ({"leg": Leg.TARGET}, CloseReason.TAKE_PROFIT),
        ({"leg": Leg.TRAIL}, CloseReason.TRAILING_STOP),
        ({"leg": Leg.EXIT, "signal_id": "s9"}, CloseReason.SIGNAL),
        ({"leg": Leg.EXIT, "signal_id": ""}, CloseReason.BREAKER),
        ({"leg": Leg.ENTRY}, CloseReason.SIGNAL),
        ({"leg": Leg.EXIT, "closed_by": CloseReason.ADL}, CloseReason.ADL),
    ],
)
def test_a_fill_says_why_it_closed_what_it_closed(
    change: dict[str, Any], reason: CloseReason
) -> None:
    held = guard()
    held.closing, held.closing_by = "enough", CloseReason.BREAKER

    assert reason is close_reason(fill(**change), held)


def test_stops_by_quantity_protect_when_they_add_up_to_the_position() -> None:
    held = with_leg(evolve(leg(OrderState.ACTIVE), quantity=Decimal("0.06")))
    alone = (held.is_protected, held.has_quantity_legs)
    held.legs["cb1-p1-s2"] = evolve(leg(OrderState.ACTIVE), quantity=Decimal("0.04"))

    assert ((False, True), True) == (alone, held.is_protected)


def test_what_competes_with_an_exit_is_never_the_stop() -> None:
    held = guard()
    held.legs = {
        "x1": leg(OrderState.UNKNOWN, leg=Leg.EXIT),
        "x2": leg(OrderState.ACTIVE, leg=Leg.EXIT),
        "x3": leg(OrderState.FILLED, leg=Leg.EXIT),
        "s1": evolve(leg(OrderState.ACTIVE), quantity=Decimal(1)),
        "t1": leg(OrderState.ACTIVE, leg=Leg.TARGET),
        "t2": evolve(leg(OrderState.ACTIVE, leg=Leg.TARGET), quantity=Decimal(1)),
    }

    assert ["x1", "t2"] == held.competing_ids("x2")


def test_a_fill_may_concern_a_life_that_was_open_then_and_reduces_it_without_turning_it() -> None:
    held = guard()
    held.opened_at_ms = 5
    held.booked["7"] = False
    sale = fill(side=Side.SELL, trade_at_ms=6).trade

    trades = [sale, evolve(sale, at_ms=5), evolve(sale, at_ms=4), evolve(sale, trade_id="7")]

    assert [True, True, False, False] == [held.may_concern(trade) for trade in trades]


def test_a_fill_may_concern_a_life_that_an_earlier_fill_began_whatever_the_clock_says() -> None:
    held = guard()
    held.opened_at_ms, held.opened_by = 5, "9"
    sale = fill(side=Side.SELL, trade_at_ms=4).trade

    trades = [evolve(sale, trade_id=trade_id) for trade_id in ("8", "10")]

    assert [False, True] == [held.may_concern(trade) for trade in trades]


@pytest.mark.parametrize(
    ("held", "side", "quantity", "expected"),
    [
        ("0.1", Side.SELL, "0.1", True),
        ("0.1", Side.SELL, "0.2", False),
        ("0.1", Side.BUY, "0.1", False),
        ("-0.1", Side.BUY, "0.05", True),
        ("-0.1", Side.SELL, "0.05", False),
        ("0", Side.SELL, "0.1", False),
    ],
)
def test_a_fill_reduces_what_it_makes_smaller_and_does_not_turn_over(
    held: str, side: Side, quantity: str, *, expected: bool
) -> None:
    trade = fill(D(quantity), side=side).trade

    assert expected is guard(held).reduces(trade)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"intent_id": "p0"}, False),
        ({"leg": Leg.TARGET}, False),
        ({"client_order_id": "cb1-p1-s0"}, False),
    ],
)
def test_the_first_word_of_an_order_of_this_life_answers_the_request_for_it(
    change: dict[str, Any], *, expected: bool
) -> None:
    held = guard()
    held.pending["s"] = exit_request(intent_id="p1", leg=Leg.STOP)
    held.legs["cb1-p1-s0"] = leg(OrderState.UNKNOWN)

    assert expected is held.answers(evolve(said(Leg.STOP, OrderState.SUBMITTED), **change))


def test_a_life_begins_as_its_first_fill_says() -> None:
    held = guard().position
    first = fill(
        stop_loss=D(1900),
        trailing=TrailingStop(D(1)),
        working_type=WorkingType.CONTRACT_PRICE,
        source=SignalSource.MANUAL,
        model_version="m7",
        trade_at_ms=8,
    )

    expected = Guard(
        held,
        number=4,
        strategy="alpha",
        signal_id="s1",
        stop_loss=D(1900),
        take_profit=D(2200),
        trailing=TrailingStop(D(1)),
        working_type=WorkingType.CONTRACT_PRICE,
        source=SignalSource.MANUAL,
        model_version="m7",
        opened_at_ms=8,
    )
    assert expected == new_life(held, first, 4)


def test_a_stranger_s_fill_is_told_as_an_exit_with_its_reason() -> None:
    held = evolve(guard(), strategy="alpha", working_type=WorkingType.CONTRACT_PRICE)
    found = StrangerFilled("autoclose-1", CloseReason.LIQUIDATION, fill().trade)

    expected = FillBooked(
        client_order_id="autoclose-1",
        intent_id="",
        leg=Leg.EXIT,
        signal_id="",
        strategy="alpha",
        stop_loss=None,
        take_profit=None,
        working_type=WorkingType.CONTRACT_PRICE,
        trade=found.trade,
        late=False,
        closed_by=CloseReason.LIQUIDATION,
    )
    assert expected == stranger_fill(held, found)
