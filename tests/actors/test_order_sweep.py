"""Test of OrderManager: many orders cancelled by one command, and what became of them."""

from attrs import evolve

from callboard.actors.order_state import SWEEPS_MAX
from callboard.actors.order_sweep import SWEEP_MS_MAX
from callboard.messages.intake import CancelOrders
from callboard.messages.orders import ApprovedOrder, OrderReported
from callboard.messages.outcomes import OrdersCancelled
from callboard.messages.queries import CancellationView, GetCancellation
from callboard.messages.values import Action, Operation, OrderState, Phase
from callboard.messages.venue import CancelAccepted, CancelOne
from support.order_bench import (
    CID,
    EXIT,
    LIMIT,
    ONE,
    STOP,
    STOP_CID,
    SYMBOL,
    OrderBench,
    calls,
    evidence,
    tokens,
    trade,
)
from support.steps import MS, Step

ALL = CancelOrders("k1")
EVERY_ORDER = CancelOrders("k1", all_orders=True)
HAND = evidence("NEW", client_order_id="web_1", venue_order_id="700")
ALGO = evolve(HAND, client_order_id="web_2", conditional=True)
LIQUIDATION = evolve(HAND, client_order_id="autoclose-1")


def beside(bench: OrderBench, approved: ApprovedOrder) -> OrderBench:
    """Let one more order rest at the bench's manager."""
    other = OrderBench.__new__(OrderBench)
    other.steps, other.approved, other.cid = bench.steps, approved, approved.client_order_id
    other.resting()
    return bench


def confirmed(bench: OrderBench) -> None:
    """Let the venue confirm the cancel of the bench's order."""
    bench.grant("!")
    bench.answer("!", result=evidence("CANCELED", client_order_id=bench.cid))


def looked(bench: OrderBench, command_id: str = "k1") -> list[OrdersCancelled]:
    return bench.steps.fire(f"sweep/{command_id}").told(OrdersCancelled)


def asked(bench: OrderBench, command_id: str = "k1") -> CancellationView:
    (answer,) = bench.tell(GetCancellation(command_id)).replies
    assert isinstance(answer, CancellationView)
    return answer


def with_strangers() -> OrderBench:
    """Return a manager whose own stop and entry rest beside orders that are not ours."""
    bench = beside(OrderBench(LIMIT).resting(), STOP)
    for each in (HAND, ALGO, LIQUIDATION):
        bench.tell(OrderReported(each, None, "stream"))
    return bench


def grant(bench: OrderBench, client_order_id: str) -> Step:
    bench.cid = client_order_id
    return bench.grant("!")


def test_entries_alone_are_cancelled_and_told_once_they_are_gone() -> None:
    bench = beside(beside(OrderBench(LIMIT).resting(), STOP), EXIT)

    step = bench.tell(ALL)
    waiting = looked(bench)
    confirmed(bench)

    assert [f"{CID}!1"] == tokens(step)
    assert [] == waiting
    assert [OrdersCancelled("k1", (CID,), ())] == looked(bench)


def test_other_symbols_are_left_and_where_nothing_rests_nothing_was_done() -> None:
    bench = OrderBench(LIMIT).resting()

    step = bench.tell(CancelOrders("k1", "SOLUSDT"))

    assert [] == tokens(step)
    assert [OrdersCancelled("k1", (), ())] == looked(bench)


def test_the_command_says_why_and_does_nothing_when_it_is_told_again() -> None:
    bench = OrderBench(LIMIT)
    bench.approve()

    bench.tell(CancelOrders("k1", reason="drill"))
    again = bench.tell(CancelOrders("k1", reason="drill"))

    assert (OrderState.CANCELLED, "drill") == (bench.state, bench.order.reason)
    assert ((), ()) == (again.facts, again.tells)


def test_what_was_filled_meanwhile_has_not_been_cancelled() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(ALL)

    bench.report("FILLED", ONE, trade(1))

    assert [OrdersCancelled("k1", (), ((CID, "it was filled"),))] == looked(bench)


def test_one_that_only_waits_for_its_fills_has_nothing_to_cancel() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.report("FILLED", ONE)

    assert [] == tokens(bench.tell(ALL))


def test_one_that_waits_for_a_person_is_named() -> None:
    bench = OrderBench(LIMIT).submitted()
    bench.direct(Action.PARK)

    bench.tell(ALL)

    assert [((CID, "it waits for a person: because"),)] == [each.failed for each in looked(bench)]


def test_what_the_venue_does_not_settle_is_given_up_and_named_with_its_last_refusal() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(ALL)
    bench.grant("!")
    bench.answer("!", code=-1015)
    bench.direct(Action.REDELIVER, operation=Operation.CANCEL, text="too many orders")

    bench.steps.now_ns += SWEEP_MS_MAX * MS
    (told,) = looked(bench)

    why = f"still CANCELLING after {SWEEP_MS_MAX} ms: too many orders"
    assert ((), ((CID, why),)) == (told.done, told.failed)
    assert CancellationView("k1", is_over=True, failed=told.failed) == asked(bench)


def test_an_order_without_any_answer_is_given_up_too() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(ALL)

    bench.steps.now_ns += SWEEP_MS_MAX * MS

    why = f"still CANCELLING after {SWEEP_MS_MAX} ms"
    assert [((CID, why),)] == [each.failed for each in looked(bench)]


def test_all_orders_are_also_stops_and_what_others_have_placed_in_both_stores() -> None:
    bench = with_strangers()

    step = bench.tell(EVERY_ORDER)
    made = [calls(grant(bench, each)) for each in (STOP_CID, "web_1", "web_2")]

    assert [f"{each}!1" for each in (CID, STOP_CID, "web_1", "web_2")] == tokens(step)
    assert [
        [CancelOne(STOP_CID, SYMBOL, conditional=True)],
        [CancelOne("web_1", SYMBOL, conditional=False)],
        [CancelOne("web_2", SYMBOL, conditional=True)],
    ] == made


def test_what_became_of_the_orders_of_others_is_told_too() -> None:
    bench = with_strangers()
    bench.tell(EVERY_ORDER)
    confirmed(bench)
    grant(bench, STOP_CID)
    bench.answer("!", result=CancelAccepted(STOP_CID, SYMBOL))
    grant(bench, "web_1")
    bench.answer("!", code=-2011, text="Unknown order sent.")
    grant(bench, "web_2")
    pending = asked(bench).pending
    bench.answer("!", result=CancelAccepted("web_2", SYMBOL))

    (told,) = looked(bench)

    assert ("web_2",) == pending
    assert (CID, STOP_CID, "web_2") == told.done
    assert (("web_1", "-2011 Unknown order sent."),) == told.failed


def test_the_venue_s_evidence_of_a_stranger_s_end_counts() -> None:
    bench = with_strangers()
    bench.tell(CancelOrders("k1", all_orders=True))
    grant(bench, "web_1")

    bench.answer("!", result=evolve(HAND, status="CANCELED"))

    assert "web_1" in asked(bench).done


def test_a_stranger_whose_cancel_nobody_answers_is_given_up() -> None:
    bench = OrderBench()
    bench.tell(OrderReported(HAND, None, "stream"))
    bench.tell(EVERY_ORDER)
    grant(bench, "web_1")
    bench.answer("!", phase=Phase.MAYBE_SENT)

    refused = looked(bench)

    assert [(("web_1", "MAYBE_SENT"),)] == [each.failed for each in refused]


def test_a_stranger_without_a_permit_is_given_up() -> None:
    bench = OrderBench()
    bench.tell(OrderReported(HAND, None, "stream"))
    bench.tell(EVERY_ORDER)

    bench.steps.now_ns += SWEEP_MS_MAX * MS

    assert [(("web_1", "no answer"),)] == [each.failed for each in looked(bench)]


def test_the_orders_of_others_are_of_the_symbol_that_was_named() -> None:
    bench = OrderBench()
    bench.tell(OrderReported(HAND, None, "stream"))

    assert [] == tokens(bench.tell(CancelOrders("k1", "SOLUSDT", all_orders=True)))


def test_the_answer_to_a_cancel_that_no_command_asked_for_changes_nothing() -> None:
    bench = with_strangers()
    bench.cid = "web_1"

    step = bench.answer("!", result=evolve(HAND, status="CANCELED"))

    assert ((), ()) == (step.facts, step.tells)


def test_of_a_command_that_nobody_knows_nothing_is_told() -> None:
    assert CancellationView("k9", is_over=False) == asked(OrderBench(), "k9")


def test_a_restart_goes_on_looking_and_tells_nothing_twice() -> None:
    bench = OrderBench(LIMIT).resting()
    bench.tell(ALL)
    bench.steps.timers.clear()

    bench.steps.start()
    confirmed(bench)
    (told,) = looked(bench)
    bench.steps.start()

    assert (CID,) == told.done
    assert [] == [key for key in bench.steps.timers if key.startswith("sweep/")]


def test_an_order_that_history_has_forgotten_is_gone() -> None:
    bench = OrderBench(LIMIT, history_max=0).resting()
    bench.tell(ALL)

    confirmed(bench)

    assert [(CID,)] == [each.done for each in looked(bench)]


def test_only_so_many_commands_are_remembered() -> None:
    bench = OrderBench()

    for number in range(SWEEPS_MAX + 1):
        bench.tell(CancelOrders(f"k{number}"))

    assert SWEEPS_MAX == len(bench.steps.actor.state.sweeps)
    assert [] == looked(bench, "k0")
