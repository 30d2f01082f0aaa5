"""Test of OrderManager: amends of a resting entry, and what the venue makes of them."""

from decimal import Decimal

from callboard.messages.events import CommandRefused
from callboard.messages.failure import ClassifyFailure
from callboard.messages.orders import (
    AmendIntent,
    ExposureChanged,
    HoldSymbol,
    OrderEnded,
    ReleaseSymbol,
)
from callboard.messages.values import Action, Operation, OrderState
from callboard.messages.venue import (
    AmendOne,
)
from support.order_bench import (
    CANCEL,
    CID,
    ENTRY,
    HALF,
    LIMIT,
    ONE,
    SYMBOL,
    ZERO,
    OrderBench,
    calls,
    evidence,
    tokens,
    trade,
)


def test_an_amend_changes_what_rests_and_what_may_still_come() -> None:
    bench = OrderBench(LIMIT).resting()

    asked = bench.tell(AmendIntent("c1", "1", Decimal(1990), HALF))
    made = bench.grant("~")
    amended = evidence("NEW", quantity=HALF, price=Decimal(1990), updated_at_ms=2**41)
    bench.answer("~", result=amended)

    assert [f"{CID}~1"] == tokens(asked)
    assert [AmendOne(CID, SYMBOL, LIMIT.side, HALF, Decimal(1990))] == calls(made)
    assert (OrderState.ACTIVE, HALF, Decimal(1990)) == (
        bench.state,
        bench.order.quantity,
        bench.order.price,
    )


def test_an_amended_order_is_full_with_its_new_quantity() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(AmendIntent("c1", "1", None, HALF))
    bench.answer("~", result=evidence("NEW", quantity=HALF, updated_at_ms=2**41))

    step = bench.report("FILLED", HALF, trade(1, HALF), quantity=HALF, updated_at_ms=2**41)

    assert [(OrderState.FILLED, HALF)] == [(e.state, e.filled) for e in step.told(OrderEnded)]
    assert ZERO == step.told(ExposureChanged)[0].remaining


def test_a_second_amend_keeps_what_the_first_one_changed() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(AmendIntent("c1", "1", Decimal(1990), None))
    bench.answer("~", result=evidence("NEW", price=Decimal(1990), updated_at_ms=2**41))

    bench.tell(AmendIntent("c2", "1", None, HALF))

    assert [AmendOne(CID, SYMBOL, LIMIT.side, HALF, Decimal(1990))] == calls(bench.grant("~", 2))


def test_an_older_report_does_not_undo_an_amend() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(AmendIntent("c1", "1", None, HALF))
    bench.answer("~", result=evidence("NEW", quantity=HALF, updated_at_ms=2**41))

    bench.report("NEW")

    assert HALF == bench.order.quantity


def test_more_than_was_approved_is_no_amend() -> None:
    bench = OrderBench(LIMIT).resting()

    step = bench.tell(AmendIntent("c1", "1", None, Decimal(2)))

    reason = "quantity 2 is not between filled and approved 1"
    assert (("event_bus", CommandRefused("c1", reason)),) == step.tells
    assert OrderState.ACTIVE is bench.state


def test_what_does_not_rest_cannot_be_amended() -> None:
    refused = CommandRefused("c1", "nothing of it rests that could be amended")
    amend = AmendIntent("c1", "1", Decimal(1990), None)

    for bench in (OrderBench(ENTRY).resting(), OrderBench(LIMIT).submitted()):
        assert (("event_bus", refused),) == bench.tell(amend).tells


def test_what_is_to_be_cancelled_cannot_be_amended() -> None:
    bench = OrderBench(LIMIT).submitted()
    bench.tell(CANCEL)
    bench.answer("#", result=evidence("NEW"))

    step = bench.tell(AmendIntent("c1", "1", Decimal(1990), None))

    refused = CommandRefused("c1", "it is being cancelled: cancelled by command")
    assert (("event_bus", refused),) == step.tells


def test_a_refused_amend_leaves_the_order_as_it_rests() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(AmendIntent("c1", "1", Decimal(1990), None))

    failed = bench.answer("~", code=-4028)
    bench.direct(Action.END, operation=Operation.AMEND)

    assert [Operation.AMEND] == [failure.operation for failure in failed.told(ClassifyFailure)]
    assert (OrderState.ACTIVE, LIMIT.price) == (bench.state, bench.order.price)


def test_a_lost_amend_is_asked_after_and_the_order_shows_what_became_of_it() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(AmendIntent("c1", "1", Decimal(1990), None))
    bench.direct(Action.QUERY, operation=Operation.AMEND)
    bench.steps.fire(f"query/{CID}")

    found = evidence("NEW", price=Decimal(1990), updated_at_ms=2**41)
    bench.answer("?", result=found)

    assert (OrderState.ACTIVE, Decimal(1990)) == (bench.state, bench.order.price)


def test_an_amend_answered_with_an_unknown_status_is_in_doubt_and_then_rests_unheld() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(AmendIntent("c1", "1", Decimal(1990), HALF))

    doubted = bench.answer("~", result=evidence("SOMETHING_NEW"))
    state = bench.state
    bench.steps.fire(f"query/{CID}")
    settled = bench.answer("?", result=evidence("NEW"))

    assert OrderState.UNKNOWN is state
    assert [HoldSymbol(SYMBOL, CID)] == doubted.told(HoldSymbol)
    assert [ReleaseSymbol(SYMBOL, CID)] == settled.told(ReleaseSymbol)
    assert OrderState.ACTIVE is bench.state


def test_a_fill_during_an_amend_ends_the_order() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(AmendIntent("c1", "1", Decimal(1990), None))
    bench.report("FILLED", ONE, trade())

    bench.answer("~", result=evidence("FILLED", ONE))

    assert OrderState.FILLED is bench.state
