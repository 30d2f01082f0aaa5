"""Test of reservations: taken by the step that approves, moved by fills, given back."""

from decimal import Decimal

from attrs import evolve

from callboard.messages.positions import PositionAdopted
from callboard.messages.values import Leg, PositionSide, SignalType
from support.entries import (
    ACCOUNT,
    SETTINGS,
    SYMBOL,
    entry,
)
from support.gates import NO_COOLDOWN, OTHERS, GateBench
from support.steps import MS, SECOND, START_NS

D = Decimal
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND


def test_an_approval_reserves_in_its_own_step() -> None:
    bench = GateBench()
    bench.approve()

    assert "scale_in" == bench.guard()
    assert "opposite_position" == bench.guard(entry(signal=SignalType.SHORT_ENTRY))


def test_open_entries_use_slots_before_any_fill() -> None:
    bench = GateBench()

    guards = [bench.guard(entry(symbol=symbol)) for symbol in (SYMBOL, *OTHERS)]

    assert ["", "", "", "positions_max"] == guards


def test_exposure_that_is_reserved_counts_towards_the_position() -> None:
    bench = GateBench(NO_COOLDOWN)
    bench.approve(entry(quantity=D("0.2")))

    assert "position_percent_max" == bench.guard(entry(quantity=D("0.051")))
    assert "" == bench.guard(entry(quantity=D("0.05")))


def test_a_fill_moves_from_its_reservation_to_its_position_in_one_step() -> None:
    bench = GateBench(NO_COOLDOWN)
    order = bench.approve(entry(quantity=D("0.2")))

    bench.move(order, filled=D("0.15"), remaining=D("0.05"), fill=D("0.15"))

    state = bench.steps.actor.state
    assert {"ETHUSDT/BOTH": D("0.15")} == state.positions
    assert D("0.05") == state.reservations["1"].remaining
    assert "position_percent_max" == bench.guard(entry(quantity=D("0.051")))


def test_what_is_promised_is_not_available_to_the_next() -> None:
    bench = GateBench()
    bench.steps.tell(evolve(ACCOUNT, available=D(39)))
    bench.approve()

    assert "available" == bench.guard(entry(symbol="BTCUSDT"))


def test_the_end_of_an_order_ends_its_reservation_and_keeps_its_position() -> None:
    bench = GateBench()
    bench.fill(bench.approve())

    state = bench.steps.actor.state
    assert ({}, {"ETHUSDT/BOTH": D("0.1")}) == (state.reservations, state.positions)


def test_a_flat_position_uses_no_slot() -> None:
    bench = GateBench()
    order = bench.approve()
    bench.fill(order)

    bench.move(order, leg=Leg.EXIT, intent_id="p1", client_order_id="x", fill=D("-0.1"), ended=True)

    assert {} == bench.steps.actor.state.positions


def test_a_late_fill_after_the_end_is_booked_without_a_reservation() -> None:
    bench = GateBench()
    order = bench.approve()
    bench.move(order, remaining=D(0), ended=True)

    bench.move(order, filled=D("0.1"), remaining=D(0), fill=D("0.1"), ended=True)

    assert {"ETHUSDT/BOTH": D("0.1")} == bench.steps.actor.state.positions


def test_the_cooldown_of_a_symbol_runs_from_its_approval() -> None:
    bench = GateBench(evolve(SETTINGS, scale_in=True))
    order = bench.approve()
    bench.wait(MINUTE)
    bench.fill(order)

    bench.wait(14 * MINUTE - MS)
    early = bench.guard()
    bench.wait(MS)

    assert ("cooldown", "") == (early, bench.guard())


def test_the_cooldown_of_one_symbol_holds_no_other() -> None:
    bench = GateBench()
    bench.approve()

    assert "" == bench.guard(entry(symbol="BTCUSDT"))


def test_a_definite_not_sent_gives_back_slot_exposure_cooldown_and_quota() -> None:
    bench = GateBench(evolve(SETTINGS, executions_per_day_max=1))
    bench.never_sent(bench.approve())

    assert "" == bench.guard()


def test_an_order_that_may_have_left_keeps_its_cooldown_and_its_quota() -> None:
    bench = GateBench(evolve(NO_COOLDOWN, executions_per_day_max=1))
    order = bench.approve()

    bench.move(order, remaining=D(0), ended=True)

    assert "daily_quota" == bench.guard()
    assert START_NS == bench.steps.actor.state.executions.executed_at_ns[SYMBOL]


def test_giving_one_entry_back_keeps_the_cooldown_of_another() -> None:
    bench = GateBench(evolve(NO_COOLDOWN, cooldown_ms=60_000))
    first = bench.approve()
    bench.wait(MINUTE)
    second = bench.approve()

    bench.never_sent(first)
    held = bench.guard()
    bench.never_sent(second)

    assert ("cooldown", "") == (held, bench.guard())


def test_the_quota_counts_all_symbols_of_a_utc_day() -> None:
    bench = GateBench(evolve(NO_COOLDOWN, executions_per_day_max=2, positions_max=9))
    bench.fill(bench.approve())
    bench.approve(entry(symbol="BTCUSDT"))

    assert "daily_quota" == bench.guard(entry(symbol="SOLUSDT"))
    bench.wait(DAY)
    assert "" == bench.guard(entry(symbol="SOLUSDT"))


def test_an_entry_that_ends_a_day_later_counts_for_the_day_of_its_approval() -> None:
    bench = GateBench(evolve(NO_COOLDOWN, executions_per_day_max=1))
    order = bench.approve()
    bench.wait(DAY)
    bench.fill(order)

    assert "" == bench.guard()


def test_an_entry_of_yesterday_takes_nothing_from_the_quota_of_today() -> None:
    bench = GateBench(evolve(NO_COOLDOWN, executions_per_day_max=2))
    rests = bench.approve(entry(symbol="BTCUSDT"))
    bench.wait(DAY)
    bench.fill(bench.approve())
    bench.fill(rests)

    assert "" == bench.guard(entry(symbol="SOLUSDT"))


def test_what_the_venue_holds_less_leaves_room_again() -> None:
    bench = GateBench(NO_COOLDOWN)
    bench.fill(bench.approve(entry(quantity=D("0.2"))))
    before = bench.guard(entry(quantity=D("0.1")))

    bench.steps.tell(PositionAdopted(SYMBOL, PositionSide.BOTH, D("-0.15")))

    assert {"ETHUSDT/BOTH": D("0.05")} == bench.steps.actor.state.positions
    assert ("position_percent_max", "") == (before, bench.guard(entry(quantity=D("0.1"))))
