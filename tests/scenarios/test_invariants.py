"""Invariants: S1 to S7, about orders, each find the violation planted for them."""

from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from attrs import evolve

from callboard.actors import names
from callboard.actors.order_facts import OrderMoved
from callboard.actors.policies import order_record
from callboard.actors.policies.order_life import Event
from callboard.messages.events import OrderFilled
from callboard.messages.intake import HaltTrading
from callboard.messages.values import OrderState
from callboard.scenarios.checks.limits import Window
from callboard.scenarios.invariants import Checker
from callboard.scenarios.venue.faults import Fault, ScriptedFault
from support.checked import ORDER, SYMBOL, Stage, break_apply, close


def test_a_day_without_mistakes_has_no_violation() -> None:
    stage = Stage().begin().enter().enter("s3", "2590.00")

    stage.world.tell(close())
    stage.world.run_for(30)

    assert [] == stage.checker.violations
    assert () == stage.world.venue.ledger().positions


def test_s1_finds_two_orders_of_one_intent() -> None:
    stage = Stage().begin()

    stage.place("cb1-9-e1")
    stage.place("cb1-9-e2")

    assert "cb1-9-e2 beside cb1-9-e1 FILLED" == stage.texts("S1")


def test_s1_finds_an_id_that_is_filled_a_second_time() -> None:
    stage = Stage().begin().enter()

    stage.place("cb1-1-e1")

    assert "cb1-1-e1 beside cb1-1-e1 FILLED" == stage.texts("S1")


def test_s2_finds_an_intent_that_gets_more_than_was_approved() -> None:
    stage = Stage().begin().enter()

    stage.place("cb1-1-e1")

    assert "approved" in stage.texts("S2")


def test_s3_finds_a_position_that_the_gate_does_not_know_of() -> None:
    stage = Stage().begin()

    stage.place("cb1-9-e1")

    assert "ETHUSDT long: up to 0.076 at the venue, 0 in the gate" in stage.texts("S3")


def test_s3_finds_a_resting_order_that_the_gate_does_not_know_of() -> None:
    stage = Stage().begin()

    stage.place("cb1-9-e1", type="LIMIT", price="2500.00", timeInForce="GTC")

    assert "up to 0.076 at the venue" in stage.texts("S3")


@pytest.mark.parametrize(
    ("tight", "what"),
    [
        ({"positions_max": 0}, "positions 1 over 0"),
        ({"position_size_pct_max": Decimal("0.1")}, "one position"),
        ({"gross_exposure_pct_max": Decimal("0.1")}, "gross exposure"),
    ],
)
def test_s3_finds_an_approval_over_a_limit(tight: dict[str, Any], what: str) -> None:
    stage = Stage().begin()
    settings = stage.world.settings
    stage.world.settings = evolve(settings, risk=evolve(settings.risk, **tight))

    stage.enter()

    assert what in stage.texts("S3")


def test_s4_finds_an_entry_that_leaves_after_the_halt() -> None:
    stage = Stage().begin()
    stage.world.tell(HaltTrading("h1", "drill"))
    stage.world.run_for(1)

    stage.place("cb1-9-e1")

    assert "cb1-9-e1 left while HALTED" in stage.texts("S4")


def test_s4_finds_an_exit_that_opens() -> None:
    stage = Stage().begin()

    stage.place("cb1-9-x1")

    assert "cb1-9-x1 moved ETHUSDT from 0 to 0.076" == stage.texts("S4")


def test_s4_finds_an_exit_that_turns_a_position_over() -> None:
    stage = Stage().begin().enter()

    stage.place("cb1-9-x1", "0.200", side="SELL")

    assert "cb1-9-x1 moved ETHUSDT from 0.076 to -0.124" in stage.texts("S4")


def test_s5_finds_a_window_that_is_used_too_much() -> None:
    stage = Stage()
    settings = stage.world.settings
    stage.world.settings = evolve(settings, limits=evolve(settings.limits, requests_1m_max=4))
    checker = Checker(stage.world)
    stage.world.settings = settings

    stage.begin()

    assert "4 requests in a minute, 3 are allowed" in [each.text for each in checker.violations]


def test_s5_counts_what_left_in_earlier_lives_as_far_as_records_tell() -> None:
    window = Window("requests", length_ns=10, limit=3)
    for sequence in (5, 6, 7):
        window.add(1, 0, sequence)

    window.forget_after(6)

    assert [False, True] == [window.add(1, 9, sequence) for sequence in (8, 9)]
    assert not window.add(1, 10, 10)


def test_s6_finds_a_request_that_leaves_in_a_pause() -> None:
    stage = Stage((ScriptedFault("DELETE", ORDER, 1, Fault.HTTP_429),)).begin()

    stage.send("DELETE", ORDER, origClientOrderId="cb1-9-e1")
    stage.send("GET", ORDER, origClientOrderId="cb1-9-e1")

    assert "GET /fapi/v1/order left" in stage.texts("S6")


def test_s7_finds_an_illegal_edge() -> None:
    stage = Stage().begin().enter("s1", "2590.00")
    order = stage.world.state(names.ORDER_MANAGER).orders["cb1-1-e1"]
    assert OrderState.ACTIVE is order.state

    def spoil(state: Any, fact: object) -> None:
        if isinstance(fact, OrderMoved):
            state.find("cb1-1-e1").state = OrderState.PENDING

    break_apply(stage.world, names.ORDER_MANAGER, spoil)
    stage.world.tell(HaltTrading("h1", "drill"))
    stage.world.run_for(0.1)

    assert "cb1-1-e1 went from ACTIVE to PENDING" in stage.texts("S7")


def test_s7_finds_an_order_that_counts_as_filled_and_was_not() -> None:
    stage = Stage().begin().enter("s1", "2590.00")
    careless = {**order_record.EVENTS, "CANCELED": Event.FILL}

    with patch.object(order_record, "EVENTS", careless):
        stage.send("DELETE", ORDER, origClientOrderId="cb1-1-e1")

    assert "cb1-1-e1 is FILLED, at the venue it is CANCELED" in stage.texts("S7")


def test_s7_finds_an_end_that_the_venue_does_not_share() -> None:
    stage = Stage().begin().enter("s1", "2590.00")
    order = stage.world.state(names.ORDER_MANAGER).orders["cb1-1-e1"]
    venue_order = stage.world.venue.core.matching.orders.open_of(SYMBOL)[0]

    order.filled = Decimal("0.010")
    stage.send("DELETE", ORDER, origClientOrderId=venue_order.client_order_id)

    assert "cb1-1-e1 is CANCELLED with 0.010 filled, not 0" in stage.texts("S7")


def test_s7_finds_an_order_that_the_venue_takes_after_its_end() -> None:
    stage = Stage().begin().enter()

    stage.place("cb1-1-e1")

    assert "cb1-1-e1 was FILLED when the venue took it" == stage.texts("S7")


def test_s7_finds_a_signal_with_two_ends() -> None:
    stage = Stage().begin().enter()
    filled = next(event for event in stage.events if isinstance(event, OrderFilled))

    stage.checker.on_event(filled)

    assert "s1 ended twice" in stage.texts("S7")
