"""Test of OrderManager's calls: each is repeated as its own kind, each answer counts once."""

from callboard.messages.orders import CancelEntries, CancelIntent
from callboard.messages.reconciliation import CompareOrders
from callboard.messages.values import OrderState
from callboard.messages.venue import Fenced, ListTrades, MakeCall, PermitRefused, RequestPermit
from support.order_bench import CID, LIMIT, ONE, OrderBench, evidence, trade
from support.steps import SECOND

HORIZON_NS = 14 * SECOND


def ended_without_fill() -> OrderBench:
    """Return an order whose end is known and whose fill was never told."""
    bench = OrderBench().unknown()
    bench.steps.fire(f"query/{CID}")
    bench.answer("?", result=evidence("FILLED", ONE))
    bench.steps.fire(f"fills/{CID}")
    return bench


def test_a_look_for_fills_that_did_not_leave_is_made_again() -> None:
    for refusal in (Fenced(f"{CID}$1", 7, "permit_expired"), PermitRefused(f"{CID}$1", "late")):
        bench = ended_without_fill()

        bench.tell(refusal)
        step = bench.steps.fire(f"fills/{CID}")

        assert [f"{CID}$1"] == [request.token for request in step.told(RequestPermit)]
        (call,) = bench.grant("$").told(MakeCall)
        assert isinstance(call.call, ListTrades)


def test_a_cancel_that_did_not_leave_is_forgotten_with_its_order() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CancelEntries("", "flatten"))
    bench.report("FILLED", ONE, trade(1, ONE))

    step = bench.tell(PermitRefused(f"{CID}!1", "late"))

    assert () == step.timers


def test_a_listing_that_misses_an_ended_order_lets_its_fills_be_looked_for() -> None:
    bench = ended_without_fill()

    departed_at_ns = bench.steps.now_ns + 1
    bench.tell(CompareOrders(1, departed_at_ns, (), final=True), sender="reconciler", after_ns=2)
    step = bench.steps.fire(f"query/{CID}")

    assert OrderState.ACTIVE is bench.state
    assert [f"{CID}$1"] == [request.token for request in step.told(RequestPermit)]


def test_a_cancel_whose_permit_is_lost_is_asked_for_again_when_the_order_is_still_listed() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(CancelIntent("c1", LIMIT.intent_id))

    departed_at_ns = bench.steps.now_ns + 1
    listed = (evidence("NEW"),)
    bench.tell(CompareOrders(1, departed_at_ns, listed, final=False), after_ns=2)
    step = bench.steps.fire(f"retry/{CID}")

    assert [f"{CID}!2"] == [request.token for request in step.told(RequestPermit)]


def test_a_second_answer_to_one_question_does_not_speak_for_the_other_store() -> None:
    bench = OrderBench().unknown()
    bench.absent(1, after_ns=HORIZON_NS)

    again = bench.absent(1)

    assert (OrderState.UNKNOWN, 1) == (bench.state, bench.order.absent)
    assert () == again.tells
    bench.absent(2)
    assert OrderState.UNKNOWN is not bench.state


def test_a_late_permit_asks_the_store_of_its_own_question() -> None:
    bench = OrderBench().unknown()
    first = bench.grant("?", 1).told(MakeCall)[0].call
    bench.absent(1, after_ns=HORIZON_NS)

    late = bench.grant("?", 1).told(MakeCall)[0].call
    second = bench.grant("?", 2).told(MakeCall)[0].call

    assert first == late
    assert first != second
