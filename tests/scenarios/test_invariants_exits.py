"""Invariants: D3 to D5, D9, D10 and D13, about exits, each find what was planted for them."""

from decimal import Decimal
from typing import Any
from unittest.mock import patch

from attrs import evolve

from callboard.actors import names
from callboard.actors.policies.guard import Guard
from callboard.actors.position_facts import FillApplied
from callboard.actors.protection import Protection
from callboard.messages.values import Leg
from callboard.scenarios.story import play_story
from callboard.scenarios.story_list import story_named
from support.checked import ALGO_ORDER, SYMBOL, Stage, break_apply, close

ONE = Decimal(1)


def test_d3_finds_a_position_without_a_stop_that_the_engine_does_not_know_of() -> None:
    stage = Stage(kept_max=1_000).begin()

    stage.checker.ground.amounts["BTCUSDT", "BOTH"] = ONE
    stage.world.run_for(40)

    assert "('BTCUSDT', 'BOTH') holds 1 without a stop" in stage.texts("D3")


def test_d3_is_silent_about_a_position_with_its_stop() -> None:
    stage = Stage(kept_max=1_000).begin().enter()

    stage.world.run_for(60)

    assert [] == stage.found()


def test_d3_finds_a_position_that_is_larger_than_its_stops() -> None:
    stage = Stage(kept_max=1_000).begin()
    stop = {"type": "STOP_MARKET", "triggerPrice": "50000.0", "quantity": "0.500"}
    params = {"symbol": "BTCUSDT", "side": "SELL", "algoType": "CONDITIONAL", **stop}
    stage.send("POST", ALGO_ORDER, clientAlgoId="cb1-p9-s1", reduceOnly="true", **params)

    stage.checker.ground.amounts["BTCUSDT", "BOTH"] = ONE
    stage.world.run_for(40)

    assert "('BTCUSDT', 'BOTH') holds 1 without a stop" in stage.texts("D3")


def test_d9_finds_a_close_for_want_of_a_stop_before_the_venue_was_listed() -> None:
    def go_on(self: Protection, key: str, guard: Guard) -> None:
        self.watch(key, guard.number, guard.unprotected_since_ns)

    with patch.object(Protection, "take_up", go_on):
        played = play_story(story_named("power_cut_after_the_stop"))

    texts = [str(each) for each in played.report.violations]
    assert any("a start closes ETHUSDT/BOTH: unprotected" in text for text in texts), texts


def test_d5_finds_a_stop_that_is_left_over() -> None:
    stage = Stage(kept_max=1_000).begin()
    stop = {"type": "STOP_MARKET", "triggerPrice": "2500.00", "closePosition": "true"}

    stage.send(
        "POST", ALGO_ORDER, side="SELL", algoType="CONDITIONAL", clientAlgoId="cb9-p9-s1", **stop
    )
    stage.world.run_for(120)

    assert "is flat for" in stage.texts("D5")
    assert "cb9-p9-s1" in stage.texts("D5")


def test_d10_finds_an_exit_that_turns_our_books_over() -> None:
    stage = Stage(kept_max=1_000).begin().enter()

    def spoil(state: Any, fact: object) -> None:
        if isinstance(fact, FillApplied) and fact.fill.leg is Leg.EXIT:
            guard = state.guards[f"{SYMBOL}/BOTH"]
            guard.position = evolve(guard.position, quantity=-ONE)

    break_apply(stage.world, names.POSITION_MONITOR, spoil)
    stage.world.tell(close())
    stage.world.run_for(2)

    assert "to -1 in our books" in stage.texts("D10")


def test_d13_finds_an_order_that_breaks_a_filter_the_engine_knew() -> None:
    stage = Stage(kept_max=1_000).begin()
    gate = stage.world.state(names.RISK_GATE)
    gate.filters[SYMBOL] = evolve(gate.filters[SYMBOL], market_step_size=Decimal("0.00001"))

    stage.enter()

    assert "is refused with -1111" in stage.texts("D13")
