"""Test of entries that are taken back: approved, and not at the venue yet."""

from typing import Any

import pytest
from attrs import evolve

from callboard.messages.orders import CancelEntries, CancelIntent, OrderEnded, TakeBackEntries
from callboard.messages.values import OrderState, Side
from callboard.messages.venue import Fenced
from support.entries import entry
from support.gates import GateBench
from support.intakes import CLOSE, HALVE, intake
from support.order_bench import CID, LIMIT, SYMBOL, OrderBench

BACK = TakeBackEntries(SYMBOL, Side.BUY, "taken back by x1")


def test_a_close_takes_back_by_way_of_the_gate_what_is_open_of_its_symbol() -> None:
    steps = intake()
    steps.tell(entry())

    first = steps.tell(evolve(CLOSE, signal_id="x1"))

    assert ["risk_gate", "position_monitor"] == [to for to, _ in first.tells]
    assert [BACK] == first.told(TakeBackEntries)


def test_what_halves_and_what_closes_another_symbol_takes_nothing_back() -> None:
    steps = intake()
    steps.tell(entry(symbol="BTCUSDT"))

    told = [steps.tell(each).told(TakeBackEntries) for each in (CLOSE, HALVE)]

    assert [[], []] == told


@pytest.mark.parametrize(
    "back", [BACK, CancelIntent("c1", "1"), CancelEntries(SYMBOL, "drill", flattens=True)]
)
def test_the_gate_passes_it_on_behind_the_entries_that_it_approved(back: object) -> None:
    step = GateBench().steps.tell(back)

    assert ((), (("order_manager", back),)) == (step.facts, step.tells)


def test_an_entry_that_waits_ends_unsent() -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.tell(BACK)

    assert [(OrderState.CANCELLED, BACK.reason)] == [
        (ended.state, ended.reason) for ended in step.told(OrderEnded)
    ]


def test_an_entry_whose_request_did_not_leave_in_time_is_not_approved_anew() -> None:
    bench = OrderBench().submitted()
    bench.tell(BACK)

    step = bench.tell(Fenced(f"{CID}#1", 7, "permit_expired"))

    assert [OrderState.CANCELLED] == [ended.state for ended in step.told(OrderEnded)]


@pytest.mark.parametrize("other", [{"symbol": "BTCUSDT"}, {"side": Side.SELL}])
def test_an_entry_of_another_symbol_or_side_is_left(other: dict[str, Any]) -> None:
    bench = OrderBench()
    bench.approve()

    step = bench.tell(evolve(BACK, **other))

    assert ((), ()) == (step.facts, step.tells)


def test_an_entry_that_rests_at_the_venue_is_left() -> None:
    bench = OrderBench(LIMIT).resting()

    step = bench.tell(BACK)

    assert ((), ()) == (step.facts, step.tells)
