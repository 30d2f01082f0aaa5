"""Test of PositionMonitor: fills that come before those that they close."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.messages.events import PositionClosed, PositionOpened, PositionUpdated
from callboard.messages.orders import FillBooked, FillSettled
from callboard.messages.positions import CheckPositions
from callboard.messages.values import PositionSide
from support.position_bench import KEY, ONE, SYMBOL, ZERO, PositionBench, exit_fill, fill
from support.steps import Step

LONG_KEY = f"{SYMBOL}/LONG"


def long(booked: FillBooked) -> FillBooked:
    """The same fill, of the LONG side of a hedged symbol."""
    return evolve(booked, trade=evolve(booked.trade, position_side=PositionSide.LONG))


def early_stop(**changes: Any) -> FillBooked:
    """The fill of a stop whose entry the engine has forgotten."""
    return long(exit_fill(trade_trade_id="7", **changes))


def pass_on(bench: PositionBench, step: Step) -> list[Step]:
    """Deliver what the monitor told itself."""
    return [bench.tell(each) for each in step.to("position_monitor")]


def test_a_fill_that_takes_more_than_is_known_waits_and_has_the_venue_looked_at() -> None:
    bench = PositionBench()

    step = bench.tell(early_stop())
    again = bench.tell(early_stop())

    text = f"{LONG_KEY}: fill 7 takes more than is known to be held"
    assert (("reconciler", CheckPositions(text)),) == step.tells
    assert () == again.tells
    assert {} == bench.steps.actor.state.guards


def test_it_is_booked_after_the_fill_that_it_closed() -> None:
    bench = PositionBench()
    bench.tell(early_stop())

    opened = bench.tell(long(fill(trade_trade_id="3")))
    (closed,) = pass_on(bench, opened)

    assert [ONE] == [each.quantity for each in closed.told(PositionClosed)]
    assert {} == bench.steps.actor.state.held


def test_it_waits_on_while_the_first_of_the_missing_fills_is_not_enough() -> None:
    bench = PositionBench()
    bench.tell(early_stop())
    half = Decimal("0.5")

    (short,) = pass_on(bench, bench.tell(long(fill(half, trade_trade_id="3"))))
    (enough,) = pass_on(bench, bench.tell(long(fill(half, trade_trade_id="4"))))

    assert () == short.tells
    assert 1 == len(enough.told(PositionClosed))


def test_it_says_nothing_of_a_position_that_was_opened_later() -> None:
    bench = PositionBench()
    bench.tell(early_stop())

    later = bench.tell(long(fill(trade_trade_id="8")))

    assert [] == later.to("position_monitor")


def test_a_larger_position_is_not_touched_by_fills_that_wait() -> None:
    bench = PositionBench()
    bench.tell(long(fill(trade_trade_id="8")))

    step = bench.tell(long(exit_fill(Decimal("0.5"), trade_trade_id="9")))

    assert [Decimal("-0.5")] == [each.change for each in step.told(PositionUpdated)]


def test_a_bare_one_is_booked_with_the_fee_that_came_while_it_waited() -> None:
    bench = PositionBench()
    bench.tell(early_stop(trade_fee=ZERO, trade_settled=False))
    bench.tell(FillSettled("cb1-p1-s1", early_stop(trade_fee=Decimal("0.9")).trade))

    (closed,) = pass_on(bench, bench.tell(long(fill(trade_trade_id="3", trade_fee=ZERO))))

    assert [Decimal("0.9")] == [each.fees for each in closed.told(PositionClosed)]


def test_an_exit_never_turns_over_what_is_known_in_one_way_mode() -> None:
    bench = PositionBench()
    bench.tell(fill(trade_trade_id="3"))

    step = bench.tell(exit_fill(Decimal("1.2"), trade_trade_id="7"))

    text = f"{KEY}: fill 7 takes more than is known to be held"
    assert (("reconciler", CheckPositions(text)),) == step.tells
    assert ONE == bench.guard.position.quantity


def test_an_exit_that_a_later_stop_overtook_is_booked_when_the_fill_between_is_told() -> None:
    bench = PositionBench()
    bench.tell(fill(trade_trade_id="3"))
    bench.tell(exit_fill(Decimal("0.6"), trade_trade_id="9"))
    bench.tell(exit_fill(Decimal("0.7"), trade_trade_id="7"))

    (closed,) = pass_on(bench, bench.tell(fill(Decimal("0.3"), trade_trade_id="8")))

    assert 1 == len(closed.told(PositionClosed))
    assert ZERO == bench.guard.position.quantity


def test_an_exit_that_comes_when_nothing_is_known_to_be_held_opens_nothing() -> None:
    bench = PositionBench()
    bench.tell(fill(trade_trade_id="3"))
    bench.tell(exit_fill(trade_trade_id="4"))

    step = bench.tell(exit_fill(Decimal("0.5"), trade_trade_id="7"))

    assert [] == step.told(PositionOpened)
    assert ZERO == bench.guard.position.quantity
