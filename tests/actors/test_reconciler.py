"""Test of Reconciler: its passes, their failures, and the debts that they pay."""

import pytest
from attrs import evolve

from callboard.actors.reconciler_listings import parse
from callboard.messages.control import EngineStarted, RecoveryDone
from callboard.messages.market import ClockChanged
from callboard.messages.positions import CheckPositions
from callboard.messages.reconciliation import (
    CompareOrders,
    ComparePositions,
    OrdersCompared,
    PositionsCompared,
    VenueListed,
)
from callboard.messages.stream import BackfillDone, BackfillNeeded
from callboard.messages.values import LastRun, Priority
from callboard.messages.venue import (
    Fenced,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    MakeCall,
    OrdersListed,
    Permit,
    PermitGranted,
    PermitRefused,
    PositionsListed,
    RequestPermit,
)
from support.order_bench import SYMBOL
from support.reconciler_bench import (
    HELD,
    NEW,
    START_MS,
    STOP,
    ReconcilerBench,
    wait_ms,
)
from support.steps import SECOND


def test_nothing_is_asked_before_the_clock_is_trusted() -> None:
    bench = ReconcilerBench(trusted=False)

    step = bench.begin()

    assert ((), ()) == (step.facts, step.tells)
    assert 10_000 == wait_ms(bench)


def test_a_clock_that_becomes_trusted_begins_a_pass_at_once() -> None:
    bench = ReconcilerBench(trusted=False)
    bench.begin()

    bench.tell(ClockChanged(0, 0, trusted=True))

    assert 0 == wait_ms(bench)


def test_a_clock_that_stays_trusted_changes_no_pass() -> None:
    bench = ReconcilerBench()
    bench.begin()

    assert () == bench.tell(ClockChanged(5, 0, trusted=True)).timers


def test_a_pass_asks_leave_for_its_first_listing_and_the_next_pass_is_armed() -> None:
    bench = ReconcilerBench()

    step = bench.begin()

    request = RequestPermit(
        token="1.1:",
        call="ListOpenOrders",
        by_symbol=False,
        priority=Priority.OPENING,
        expires_at_ns=bench.steps.now_ns + 10 * SECOND,
    )
    assert (("rate_limiter", request),) == step.tells
    assert 10_000 == wait_ms(bench)


def test_the_listings_follow_each_other_and_are_compared_by_their_owners() -> None:
    bench = ReconcilerBench()
    bench.begin()

    asked = [
        bench.answer("1.1:", OrdersListed(conditional=False, orders=(NEW,))),
        bench.answer("1.2:", OrdersListed(conditional=True, orders=(STOP,))),
    ]
    step = bench.answer("1.3:", PositionsListed((HELD,)), sent_at_ns=77)

    assert ["1.2:", "1.3:"] == [step.told(RequestPermit)[0].token for step in asked]
    departed_at_ns = bench.steps.actor.state.departed_at_ns
    assert (
        ("risk_gate", VenueListed(departed_at_ns, (("ETHUSDT", 1),), 1)),
        ("order_manager", CompareOrders(1, departed_at_ns, (NEW, STOP), final=False)),
        ("position_monitor", ComparePositions(1, 77, (HELD,), final=False, closers=(STOP,))),
    ) == step.tells


@pytest.mark.parametrize(
    ("token", "call"),
    [
        ("1.1:", ListOpenOrders(conditional=False)),
        ("1.2:", ListOpenOrders(conditional=True)),
        ("1.3:", ListPositions()),
        (f"1.4:{SYMBOL}", ListTrades(SYMBOL, START_MS - 600_000)),
    ],
)
def test_each_permit_becomes_the_call_that_its_token_names(token: str, call: object) -> None:
    bench = ReconcilerBench()
    bench.begin()

    (made,) = bench.tell(PermitGranted(token, Permit("p", 9))).told(MakeCall)

    assert (call, token, Priority.REDUCING) == (made.call, made.call_id, made.priority)


def test_a_permit_of_a_pass_that_was_left_behind_is_not_used() -> None:
    bench = ReconcilerBench()
    bench.begin()
    bench.begin()

    assert () == bench.tell(PermitGranted("1.1:", Permit("p", 9))).tells


def test_an_answer_of_a_pass_that_was_left_behind_says_nothing() -> None:
    bench = ReconcilerBench()
    bench.begin()
    bench.begin()

    steps = [
        bench.answer("1.1:", OrdersListed(conditional=False, orders=(NEW,))),
        bench.tell(OrdersCompared(1, (), 0)),
        bench.tell(PositionsCompared(1, (SYMBOL,), ())),
    ]

    assert [((), ())] * 3 == [(step.facts, step.tells) for step in steps]


@pytest.mark.parametrize("kind", ["refused", "fenced", "unanswered"])
def test_a_listing_that_fails_is_asked_for_again_later_and_later(kind: str) -> None:
    bench = ReconcilerBench()
    waits: list[int] = []
    for _ in range(7):
        bench.begin()
        token = f"{bench.number}.1:"
        if kind == "refused":
            bench.tell(PermitRefused(token, "no permit in time"))
        elif kind == "fenced":
            bench.tell(Fenced(token, 0, "clock_untrusted"))
        else:
            bench.answer(token, None)
        waits.append(wait_ms(bench))

    assert [500, 1_000, 2_000, 4_000, 4_000, 4_000, 4_000] == waits


def test_a_pass_goes_on_with_the_listing_that_failed() -> None:
    bench = ReconcilerBench()
    bench.begin()
    bench.answer("1.1:", OrdersListed(conditional=False, orders=(NEW,)))
    bench.answer("1.2:", None)

    again = bench.begin()
    bench.answer("1.2:", OrdersListed(conditional=True, orders=(STOP,)))
    last = bench.answer("1.3:", PositionsListed((HELD,)))

    assert ["1.2:"] == [request.token for request in again.told(RequestPermit)]
    assert [(NEW, STOP)] == [message.orders for message in last.told(CompareOrders)]


def test_a_listing_that_is_answered_ends_the_row_of_failures() -> None:
    bench = ReconcilerBench()
    bench.begin()
    bench.answer("1.1:", OrdersListed(conditional=False, orders=(NEW,)))
    bench.answer("1.2:", None)
    bench.begin()
    bench.answer("1.2:", None)
    bench.begin()
    bench.answer("1.2:", OrdersListed(conditional=True, orders=(STOP,)))

    bench.answer("1.3:", None)

    assert 500 == wait_ms(bench)


@pytest.mark.parametrize("since", ["long ago", "before a doubt", "before a gap"])
def test_a_pass_whose_listings_are_of_earlier_begins_anew(since: str) -> None:
    bench = ReconcilerBench()
    bench.begin()
    bench.answer("1.1:", OrdersListed(conditional=False, orders=(NEW,)))
    bench.answer("1.2:", None)

    match since:
        case "long ago":
            bench.steps.now_ns += 10 * SECOND
        case "before a doubt":
            bench.tell(CheckPositions("a stop is not there"))
        case _:
            bench.tell(BackfillNeeded(0, "reconnected"))
    step = bench.begin()

    assert [f"{bench.number}.1:"] == [request.token for request in step.told(RequestPermit)]
    assert bench.number > 1


@pytest.mark.parametrize("token", ["1.1:", f"2.4:{SYMBOL}"])
def test_a_refusal_of_an_older_pass_or_of_fills_fails_nothing(token: str) -> None:
    bench = ReconcilerBench()
    bench.begin()
    bench.begin()

    step = bench.tell(PermitRefused(token, "late"))

    assert ((), ()) == (step.facts, step.timers)


def test_a_start_owes_a_final_pass_with_priority() -> None:
    bench = ReconcilerBench()

    bench.tell(EngineStarted(3, LastRun.STOPPED))
    step = bench.begin()
    compared = bench.list_all()

    assert [Priority.REDUCING] == [request.priority for request in step.told(RequestPermit)]
    assert [True] == [message.final for message in compared.told(CompareOrders)]
    assert [True] == [message.final for message in compared.told(ComparePositions)]


def test_a_clean_pass_pays_what_is_owed_and_opens_the_gate() -> None:
    bench = ReconcilerBench()
    bench.tell(EngineStarted(3, LastRun.STOPPED))

    step = bench.run()
    again = bench.run()

    assert (
        ("user_stream", BackfillDone(START_MS - 600_000)),
        ("circuit_breaker", BackfillDone(START_MS - 600_000)),
        ("risk_gate", RecoveryDone(3)),
    ) == step.tells
    assert () == again.tells


@pytest.mark.parametrize("unsettled", [0, 2])
def test_a_pass_that_leaves_something_open_pays_nothing(unsettled: int) -> None:
    bench = ReconcilerBench()
    bench.tell(EngineStarted(3, LastRun.STOPPED))

    mismatched = () if unsettled else (SYMBOL,)
    step = bench.run(*mismatched, unsettled=unsettled)

    assert [] == step.told(RecoveryDone)
    assert 500 == wait_ms(bench)


def test_passes_that_settle_nothing_come_less_and_less_often() -> None:
    bench = ReconcilerBench()
    bench.tell(EngineStarted(3, LastRun.STOPPED))

    waits: list[int] = []
    for _ in range(6):
        bench.run(unsettled=1)
        waits.append(wait_ms(bench))

    assert [500, 1_000, 2_000, 4_000, 8_000, 10_000] == waits


def test_a_gap_of_the_stream_owes_a_pass_since_its_beginning() -> None:
    bench = ReconcilerBench()
    bench.run()

    bench.tell(BackfillNeeded(1_234, "closed"))
    step = bench.run()

    assert [BackfillDone(1_234)] == step.to("user_stream")


def test_two_debts_are_paid_by_one_pass_since_the_earlier() -> None:
    bench = ReconcilerBench()
    bench.tell(BackfillNeeded(5_000, "closed"))
    bench.tell(BackfillNeeded(6_000, "closed"))

    step = bench.run()

    assert [BackfillDone(5_000)] == step.to("user_stream")


def test_a_pass_that_left_before_the_gap_cannot_pay_for_it() -> None:
    bench = ReconcilerBench()
    bench.begin()
    bench.list_all()
    number = bench.number
    bench.tell(BackfillNeeded(1_234, "closed"))

    bench.tell(OrdersCompared(number, (), 0))
    step = bench.tell(PositionsCompared(number, (), ()))

    assert ((), ()) == (step.facts, step.tells)
    assert 0 == wait_ms(bench)


def test_a_second_pass_over_the_same_truth_changes_nothing() -> None:
    bench = ReconcilerBench()
    bench.run()
    when: dict[str, int] = {"number": 0, "departed_at_ns": 0, "agreed_at_ms": 0}
    before = evolve(bench.steps.actor.state, **when)

    step = bench.run()

    assert () == step.tells
    assert before == evolve(bench.steps.actor.state, **when)


def test_a_restart_begins_a_new_pass_and_still_owes() -> None:
    bench = ReconcilerBench()
    bench.tell(EngineStarted(3, LastRun.STOPPED))
    bench.begin()

    bench.steps.start()
    step = bench.run()

    assert [RecoveryDone(3)] == step.told(RecoveryDone)


def test_a_token_says_pass_stage_and_symbol() -> None:
    assert (12, 4, SYMBOL) == parse(f"12.4:{SYMBOL}")
    assert (12, 1, "") == parse("12.1:")
