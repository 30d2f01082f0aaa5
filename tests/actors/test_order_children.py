"""Test of OrderManager: how a conditional order ended is the word of the child it became."""

from decimal import Decimal

import pytest

from callboard.messages.values import OrderState
from callboard.messages.venue import OrderEvidence, QueryOne
from support.order_bench import (
    HALF,
    STOP,
    STOP_CID,
    SYMBOL,
    ZERO,
    OrderBench,
    calls,
    evidence,
    stop_evidence,
    trade,
)

QUERY = f"query/{STOP_CID}"
FILL = trade(quantity=HALF, venue_order_id="901")


def half_filled() -> OrderBench:
    """Let a stop be triggered and sell half of the position, as far as the stream tells."""
    bench = OrderBench(STOP).resting()
    bench.report("TRIGGERED", conditional=True, venue_order_id="77", child_order_id="901")
    bench.report("PARTIALLY_FILLED", HALF, FILL, venue_order_id="901")
    return bench


def child(status: str, filled: Decimal = HALF) -> OrderEvidence:
    """Return what the venue says of the order that the stop became."""
    return evidence(status, filled, client_order_id=STOP_CID, venue_order_id="901")


def finished(filled: Decimal = HALF) -> OrderEvidence:
    """Return what the venue says of the stop itself when its child has ended."""
    return stop_evidence("FINISHED", filled=filled, child_order_id="901")


@pytest.mark.parametrize(
    ("status", "state"), [("EXPIRED", OrderState.EXPIRED), ("FILLED", OrderState.FILLED)]
)
def test_a_stop_that_finished_with_fills_ends_as_its_child_did(
    status: str, state: OrderState
) -> None:
    bench = half_filled()
    bench.report("FINISHED", HALF, conditional=True, child_order_id="901", quantity=ZERO)
    before = bench.state

    bench.steps.fire(QUERY)
    bench.answer("?", 1, result=finished())
    bench.steps.fire(QUERY)
    step = bench.grant("?", 2)
    bench.answer("?", 2, result=child(status))

    assert OrderState.PARTIALLY_FILLED is before
    assert [QueryOne(STOP_CID, SYMBOL, conditional=False)] == calls(step)
    assert state is bench.state
    assert QUERY not in bench.steps.timers


def test_a_child_that_speaks_for_itself_is_not_asked_for() -> None:
    bench = half_filled()
    bench.report("FINISHED", HALF, conditional=True, child_order_id="901", quantity=ZERO)

    bench.report("EXPIRED", HALF, venue_order_id="901")

    assert OrderState.EXPIRED is bench.state
    assert QUERY not in bench.steps.timers


def test_a_stop_that_finished_without_a_fill_filled_nothing() -> None:
    bench = OrderBench(STOP).resting()

    bench.report("FINISHED", conditional=True, child_order_id="901", quantity=ZERO)

    assert (OrderState.CANCELLED, ZERO) == (bench.state, bench.order.filled)
