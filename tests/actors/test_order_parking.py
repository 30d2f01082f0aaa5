"""Test of order parking: a person looks again or ends, and nothing else ends a parked order."""

from typing import Any

import pytest

from callboard.messages.events import CommandRefused, OrderResolved, OrderUnresolved
from callboard.messages.intake import EndOrder, LookForOrder
from callboard.messages.orders import HoldSymbol, OrderEnded, ReleaseSymbol
from callboard.messages.values import Action, OrderState
from support.intakes import intake
from support.order_bench import CID, ONE, SYMBOL, OrderBench, evidence, tokens, trade
from support.steps import SECOND

OLD_MS = 1_000


def parked() -> OrderBench:
    """Return an order that was unknown for too long."""
    bench = OrderBench(intent_age_ms_max=OLD_MS).unknown()
    bench.steps.now_ns += 2 * SECOND
    bench.steps.fire(f"query/{CID}")
    assert OrderState.PARKED is bench.state
    return bench


def test_looking_again_asks_the_venue_whatever_the_age() -> None:
    """C-45: after three days absence proves nothing, but an order may still be found."""
    bench = parked()

    step = bench.tell(LookForOrder("c1", CID))

    assert [f"{CID}?1"] == tokens(step)
    assert f"query/{CID}" not in bench.steps.timers
    assert [] == [*step.told(HoldSymbol), *step.told(ReleaseSymbol)]
    assert OrderState.UNKNOWN is bench.state


def test_what_is_found_then_resolves_the_order() -> None:
    bench = parked()
    bench.tell(LookForOrder("c1", CID))

    step = bench.answer("?", 1, result=evidence("CANCELED"))

    assert [OrderState.CANCELLED] == [each.state for each in step.told(OrderResolved)]
    assert [ReleaseSymbol(SYMBOL, CID)] == step.told(ReleaseSymbol)


def test_what_is_not_found_is_parked_again() -> None:
    bench = parked()
    bench.tell(LookForOrder("c1", CID))
    bench.absent(1)

    step = bench.steps.fire(f"query/{CID}")

    assert 1 == len(step.told(OrderUnresolved))
    assert OrderState.PARKED is bench.state


def test_a_person_ends_a_parked_order_with_a_reason() -> None:
    bench = parked()

    step = bench.tell(EndOrder("c1", CID, "the venue's support says it never came", by="ann"))

    (ended,) = step.told(OrderEnded)
    reason = "ended by ann: the venue's support says it never came"
    assert (OrderState.FAILED, reason) == (ended.state, ended.reason)
    assert [ReleaseSymbol(SYMBOL, CID)] == step.told(ReleaseSymbol)
    assert ["order_ended_by_hand"] == [name for name, _ in step.logs]


def test_what_the_venue_tells_of_an_order_that_was_ended_by_hand_still_counts() -> None:
    bench = parked()
    bench.tell(EndOrder("c1", CID, "enough"))

    bench.report("FILLED", ONE, trade())

    assert (OrderState.FILLED, ONE) == (bench.state, bench.order.filled)


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (LookForOrder("c1", "cb1-9-e1"), "no order cb1-9-e1"),
        (EndOrder("c1", "cb1-9-e1", "why"), "no order cb1-9-e1"),
        (EndOrder("c1", CID, ""), "a reason is needed to end an order by hand"),
    ],
)
def test_a_command_that_cannot_be_carried_out_is_refused(command: Any, reason: str) -> None:
    bench = parked()

    step = bench.tell(command)

    assert [CommandRefused("c1", reason)] == step.told(CommandRefused)
    assert OrderState.PARKED is bench.state


@pytest.mark.parametrize("command", [LookForOrder("c1", CID), EndOrder("c1", CID, "why")])
def test_only_a_parked_order_is_settled_by_hand(command: Any) -> None:
    bench = OrderBench().unknown()

    step = bench.tell(command)

    assert [CommandRefused("c1", f"{CID} is UNKNOWN, not parked")] == step.told(CommandRefused)
    assert OrderState.UNKNOWN is bench.state


def test_a_bug_parks_and_looking_again_sets_it_going() -> None:
    bench = OrderBench().submitted()
    bench.direct(Action.PARK)

    step = bench.tell(LookForOrder("c1", CID))

    assert [f"{CID}?1"] == tokens(step)


@pytest.mark.parametrize("command", [LookForOrder("c1", CID), EndOrder("c1", CID, "why")])
def test_intake_passes_such_a_command_on_once(command: Any) -> None:
    steps = intake()

    first, second = steps.tell(command), steps.tell(command)

    assert (("order_manager", command),) == first.tells
    assert () == second.tells
