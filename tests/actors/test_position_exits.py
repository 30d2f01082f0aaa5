"""Test of PositionMonitor: exits that somebody wants, and that no refusal ends."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.messages.events import AlertRaised
from callboard.messages.instruments import Filters, InstrumentsChanged
from callboard.messages.orders import ApprovalRefused, RequestExit
from callboard.messages.positions import CloseRefused, FlattenAll
from callboard.messages.values import Leg, OrderState, OrderType, PositionSide, Side, SignalType
from support import entries
from support.position_bench import (
    EXIT_CID,
    KEY,
    ONE,
    SYMBOL,
    PositionBench,
    exit_fill,
    fill,
    leg,
    wish,
)
from support.steps import MS, Step

D = Decimal
AGAIN = f"again/{KEY}/x"
FILTERS = evolve(entries.ETH, market_quantity_max=D("0.6"))


def know(bench: PositionBench, filters: Filters = entries.ETH) -> PositionBench:
    """Tell the filters of the symbol."""
    bench.tell(InstrumentsChanged((filters,), (), 0))
    return bench


def exits(step: Step) -> list[tuple[str, int, Decimal | None]]:
    """The exits that are asked for: intent, number, quantity."""
    return [(each.intent_id, each.attempt, each.quantity) for each in step.told(RequestExit)]


def test_a_close_signal_becomes_a_reducing_order_under_its_own_intent() -> None:
    step = PositionBench().protected().tell(wish())

    (request,) = step.told(RequestExit)
    assert ("9", "s9", Leg.EXIT, OrderType.MARKET, Side.SELL, ONE, ONE) == (
        request.intent_id,
        request.signal_id,
        request.leg,
        request.order_type,
        request.side,
        request.quantity,
        request.position_quantity,
    )


@pytest.mark.parametrize("signal", [SignalType.CLOSE_SHORT, SignalType.CLOSE_LONG])
def test_a_close_that_meets_no_such_position_is_refused(signal: SignalType) -> None:
    bench = PositionBench()
    if signal is SignalType.CLOSE_SHORT:
        bench.protected()

    step = bench.tell(wish(signal))

    refused = CloseRefused("9", "s9", SYMBOL, "no_position", "0", signal.value)
    assert (("execution_system", refused),) == step.tells


def test_a_second_close_is_refused_while_the_first_is_under_way() -> None:
    bench = PositionBench().protected()
    bench.tell(wish())

    (refused,) = bench.tell(wish()).told(CloseRefused)

    assert ("closing", "signal s9") == (refused.guard, refused.figure)


def test_a_halving_closes_half_rounded_to_the_symbol_s_step() -> None:
    bench = know(PositionBench())
    bench.tell(fill(D("0.101")))

    step = bench.tell(wish(SignalType.REDUCE_50))

    assert [("9", 1, D("0.050"))] == exits(step)
    assert "" == bench.guard.closing


def test_what_is_too_small_to_halve_is_refused_with_the_figure() -> None:
    bench = know(PositionBench())
    bench.tell(fill(D("0.001")))

    (refused,) = bench.tell(wish(SignalType.REDUCE_50)).told(CloseRefused)

    assert ("too_small_to_halve", "0.001") == (refused.guard, refused.figure)


def test_a_quantity_is_an_upper_bound_of_what_is_closed() -> None:
    partial = PositionBench().protected().tell(wish(quantity=D("0.3")))
    whole = PositionBench().protected().tell(wish(quantity=D(5)))

    assert ([("9", 1, D("0.3"))], [("9", 1, ONE)]) == (exits(partial), exits(whole))


def test_a_position_above_the_market_maximum_is_closed_in_parts() -> None:
    bench = know(PositionBench().protected(), FILTERS)

    first = bench.tell(FlattenAll("f1", "", "flatten"))
    bench.tell(exit_fill(D("0.6")))
    bench.tell(leg(Leg.EXIT, OrderState.FILLED, filled=D("0.6")))
    second = bench.steps.fire(AGAIN)

    assert ([("p1", 1, D("0.6"))], [("p1", 2, D("0.4"))]) == (exits(first), exits(second))


@pytest.mark.parametrize(("symbol", "count"), [("", 1), (SYMBOL, 1), ("BTCUSDT", 0)])
def test_a_flatten_closes_the_positions_of_a_symbol_or_all(symbol: str, count: int) -> None:
    bench = PositionBench().protected()

    step = bench.tell(FlattenAll("f1", symbol, ""))

    assert count == len(exits(step))


def test_a_flatten_closes_both_sides_of_a_hedged_symbol() -> None:
    bench = PositionBench()
    bench.tell(fill(trade_position_side=PositionSide.LONG))
    bench.tell(fill(side=Side.SELL, trade_position_side=PositionSide.SHORT))

    step = bench.tell(FlattenAll("f1", SYMBOL, ""))

    assert [Side.SELL, Side.BUY] == [request.side for request in step.told(RequestExit)]


def test_a_second_reason_to_close_changes_nothing() -> None:
    bench = PositionBench().protected()
    bench.tell(FlattenAll("f1", "", "first"))

    step = bench.tell(FlattenAll("f2", "", "second"))

    assert ((), "first") == (step.tells, bench.guard.closing)


def test_a_whole_close_waits_for_a_partial_one_that_is_out() -> None:
    bench = PositionBench().protected()
    bench.tell(wish(quantity=D("0.3")))
    mine: dict[str, Any] = {"intent_id": "9", "client_order_id": "cb1-9-x1"}

    flatten = bench.tell(FlattenAll("f1", "", "flatten"))
    bench.tell(exit_fill(D("0.3"), **mine))
    bench.tell(leg(Leg.EXIT, OrderState.FILLED, **mine))
    step = bench.steps.fire(AGAIN)

    assert ([], [("p1", 2, D("0.7"))]) == (exits(flatten), exits(step))


@pytest.mark.parametrize(
    "state", [OrderState.REJECTED, OrderState.FAILED, OrderState.CANCELLED, OrderState.EXPIRED]
)
def test_no_refusal_ends_an_exit(state: OrderState) -> None:
    bench = PositionBench().protected()
    bench.tell(FlattenAll("f1", "", "flatten"))

    refused = bench.tell(leg(Leg.EXIT, state, reason="margin"))
    step = bench.steps.fire(AGAIN)

    assert [("exit_refused", "margin")] == [(a.alert, a.text) for a in refused.told(AlertRaised)]
    assert [("p1", 2, ONE)] == exits(step)


def test_refused_exits_are_tried_again_with_backoff_until_the_position_is_flat() -> None:
    bench = PositionBench().protected()
    bench.tell(FlattenAll("f1", "", "flatten"))

    waits: list[int] = []
    for number in range(1, 9):
        refused = leg(Leg.EXIT, OrderState.REJECTED, client_order_id=f"cb1-p1-x{number}")
        waits += [delay // MS for _, delay, _ in bench.tell(refused).timers]
        bench.steps.fire(AGAIN)
    bench.tell(exit_fill(client_order_id="cb1-p1-x9"))

    assert [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000] == waits
    assert bench.guard.position.is_flat


def test_a_whole_exit_in_doubt_does_not_wait() -> None:
    bench = PositionBench().protected()
    bench.tell(FlattenAll("f1", "", "flatten"))
    unknown = bench.tell(leg(Leg.EXIT, OrderState.UNKNOWN))

    bench.tell(leg(Leg.EXIT, OrderState.UNKNOWN, kind="INCONCLUSIVE"))
    step = bench.steps.fire(AGAIN)

    assert ([], [("p1", 2, ONE)]) == (exits(unknown), exits(step))


def test_a_partial_exit_in_doubt_waits_and_one_that_failed_is_the_strategy_s_to_repeat() -> None:
    for change in (
        leg(Leg.EXIT, OrderState.UNKNOWN, kind="INCONCLUSIVE"),
        leg(Leg.EXIT, OrderState.REJECTED),
    ):
        bench = PositionBench().protected()
        bench.tell(wish(quantity=D("0.3")))

        bench.tell(evolve(change, intent_id="9", client_order_id="cb1-9-x1"))

        assert {} == bench.steps.timers


def test_a_failed_whole_exit_of_a_signal_is_taken_over_by_the_monitor() -> None:
    bench = PositionBench().protected()
    bench.tell(wish())
    mine: dict[str, Any] = {"intent_id": "9", "client_order_id": "cb1-9-x1"}

    bench.tell(leg(Leg.EXIT, OrderState.REJECTED, **mine))
    step = bench.steps.fire(AGAIN)

    assert [("p1", 2, ONE)] == exits(step)


def test_an_exit_that_the_gate_refuses_is_the_signal_s_end_and_is_tried_again() -> None:
    bench = PositionBench().protected()
    bench.tell(wish())
    refusal = ApprovalRefused("9", Leg.EXIT, "s9", SYMBOL, "not_reducing", "1", "0")

    refused = bench.tell(refusal)
    step = bench.steps.fire(AGAIN)

    assert (("execution_system", refusal),) == refused.tells
    assert [("p1", 2, ONE)] == exits(step)


def test_a_restart_repeats_an_exit_that_nobody_answered_as_it_was() -> None:
    bench = PositionBench().protected()
    asked = bench.tell(wish(quantity=D("0.3"))).told(RequestExit)

    step = bench.steps.start()

    assert asked == step.told(RequestExit)


def test_a_restart_goes_on_closing_what_was_being_closed() -> None:
    bench = PositionBench().protected()
    bench.tell(FlattenAll("f1", "", "flatten"))
    bench.tell(leg(Leg.EXIT, OrderState.REJECTED))
    bench.steps.timers.clear()

    step = bench.steps.start()

    assert [("p1", 2, ONE)] == exits(step)


def test_an_exit_under_way_is_left_to_work_across_a_restart() -> None:
    bench = PositionBench().protected()
    bench.tell(FlattenAll("f1", "", "flatten"))
    bench.tell(leg(Leg.EXIT, OrderState.ACTIVE, client_order_id=EXIT_CID))

    assert [] == exits(bench.steps.start())


def test_filters_that_are_gone_no_longer_split_an_exit() -> None:
    bench = know(PositionBench().protected(), FILTERS)
    bench.tell(InstrumentsChanged((), (SYMBOL,), 0))

    assert [("p1", 1, ONE)] == exits(bench.tell(FlattenAll("f1", "", "flatten")))


COOLING = ApprovalRefused("9", Leg.EXIT, "s9", SYMBOL, "cooldown", "1 left", "900000")


def test_a_wish_that_has_to_wait_is_given_up_and_the_position_stays_open() -> None:
    """C-30: what the gate denies to discretion is not tried again behind its back."""
    bench = PositionBench().protected()
    bench.tell(wish())

    step = bench.tell(COOLING)

    assert [COOLING] == step.to("execution_system")
    assert ("", False) == (bench.guard.closing, AGAIN in bench.steps.timers)
    assert 1 == len(exits(bench.tell(wish(signal_id="s10"))))


def test_a_flatten_that_meets_a_wish_before_its_leave_is_seen_through() -> None:
    """C-30: a breaker waits for nothing, and for nobody's cooldown."""
    bench = PositionBench().protected()
    bench.tell(wish())
    bench.tell(FlattenAll("f1", "", "breaker"))

    bench.tell(COOLING)
    step = bench.steps.fire(AGAIN)

    assert [("p1", 2, ONE)] == exits(step)
