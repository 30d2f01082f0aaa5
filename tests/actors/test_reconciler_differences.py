"""Test of Reconciler: differences that last, what is asked, told and taken over."""

from callboard.actors.reconciler import LISTED_MS_MAX, LOOK_BACK_MS
from callboard.messages.control import EngineStarted, RecoveryDone
from callboard.messages.events import AlertRaised
from callboard.messages.positions import CheckPositions
from callboard.messages.reconciliation import (
    AdoptPosition,
    OrdersCompared,
    PositionsCompared,
    SymbolsMismatched,
    TradesFound,
)
from callboard.messages.values import LastRun
from callboard.messages.venue import (
    ListTrades,
    MakeCall,
    Permit,
    PermitGranted,
    RequestPermit,
    TradesListed,
)
from support.order_bench import SYMBOL, trade
from support.reconciler_bench import ReconcilerBench, wait_ms
from support.steps import MS, SECOND


def test_missing_fills_are_asked_for_at_the_first_difference() -> None:
    bench = ReconcilerBench()

    step = bench.run(SYMBOL)

    assert [("ListTrades", f"1.4:{SYMBOL}", True)] == [
        (request.call, request.token, request.by_symbol) for request in step.told(RequestPermit)
    ]
    assert [] == step.told(SymbolsMismatched)


def test_a_pass_ends_when_orders_and_positions_are_compared_whoever_answers_first() -> None:
    bench = ReconcilerBench()
    bench.tell(EngineStarted(2, LastRun.BROKEN_OFF))
    bench.begin()
    bench.list_all()

    early = bench.tell(PositionsCompared(bench.number, (), ()))
    bench.tell(OrdersCompared(bench.number, (), 0))
    late = bench.steps.fire("compared")

    assert [] == early.told(RecoveryDone)
    assert [RecoveryDone(2)] == late.told(RecoveryDone)


def test_listed_fills_go_to_the_order_manager() -> None:
    bench = ReconcilerBench()
    bench.run(SYMBOL)

    step = bench.list_trades()

    assert (("order_manager", TradesFound(SYMBOL, (trade(),), differs=True)),) == step.tells


def test_fills_that_are_listed_after_the_next_pass_began_still_count() -> None:
    bench = ReconcilerBench()
    bench.run(SYMBOL)
    bench.begin()

    step = bench.answer(f"1.4:{SYMBOL}", TradesListed(SYMBOL, (trade(),)))

    assert [TradesFound(SYMBOL, (trade(),), differs=True)] == step.told(TradesFound)


def test_a_difference_that_survives_two_passes_refuses_entries_until_it_is_gone() -> None:
    bench = ReconcilerBench()
    bench.run(SYMBOL)

    second = bench.run(SYMBOL)
    third = bench.run(SYMBOL)
    gone = bench.run()

    assert [SymbolsMismatched((SYMBOL,))] == second.told(SymbolsMismatched)
    assert ["mismatch"] == [alert.alert for alert in second.told(AlertRaised)]
    assert [] == third.told(SymbolsMismatched)
    assert [SymbolsMismatched(())] == gone.told(SymbolsMismatched)


def test_differences_with_a_clean_pass_between_them_are_two() -> None:
    bench = ReconcilerBench()
    bench.run(SYMBOL)
    bench.run()

    assert [] == bench.run(SYMBOL).told(SymbolsMismatched)


def test_differences_at_a_start_do_not_count_while_an_order_is_unclear() -> None:
    bench = ReconcilerBench()
    bench.tell(EngineStarted(2, LastRun.STOPPED))

    unclear = [bench.run(SYMBOL, unsettled=1) for _ in range(3)]
    clear = [bench.run(SYMBOL) for _ in range(2)]

    assert [[]] * 3 == [step.told(SymbolsMismatched) for step in unclear]
    assert [1, 1, 1] == [len(step.told(RequestPermit)) for step in unclear]
    assert [0, 1] == [len(step.told(SymbolsMismatched)) for step in clear]


def test_a_difference_that_no_fill_explains_is_taken_over() -> None:
    bench = ReconcilerBench()
    bench.run(SYMBOL)
    bench.list_trades()
    early = [bench.run(SYMBOL), bench.run(SYMBOL)]
    bench.steps.now_ns += 5 * SECOND

    step = bench.run(SYMBOL)

    assert [[], []] == [each.told(AdoptPosition) for each in early]
    assert [AdoptPosition(4, SYMBOL)] == step.told(AdoptPosition)


def test_passes_come_quickly_while_a_position_differs_and_then_less_and_less_often() -> None:
    bench = ReconcilerBench()

    waits: list[int] = []
    for _ in range(7):
        bench.run(SYMBOL)
        waits.append(wait_ms(bench))

    assert [500, 1_000, 2_000, 4_000, 8_000, 10_000, 10_000] == waits


def test_a_new_difference_is_looked_at_soon_however_many_passes_failed_before() -> None:
    bench = ReconcilerBench()
    for _ in range(6):
        bench.begin()
        bench.answer(f"{bench.number}.1:", None)

    bench.run(SYMBOL)
    first_ms = wait_ms(bench)
    bench.run(SYMBOL)

    assert (500, 1_000) == (first_ms, wait_ms(bench))


def test_a_position_beside_an_unclear_entry_is_looked_at_again_soon() -> None:
    bench, waits = ReconcilerBench(), list[int]()

    for _ in range(6):
        bench.run(foreign=(SYMBOL,), unsettled=1, unclear=(SYMBOL,))
        waits.append(wait_ms(bench))

    assert [500, 1_000, 2_000, 4_000, 8_000, 10_000] == waits


def test_a_doubt_begins_a_pass_at_once() -> None:
    bench = ReconcilerBench()
    bench.run()

    bench.tell(CheckPositions("an exit was refused"))

    assert 0 == wait_ms(bench)


def test_a_doubt_gives_the_pass_under_way_its_time() -> None:
    bench = ReconcilerBench()
    bench.begin()

    bench.tell(CheckPositions("an exit was refused"))

    assert 500 == wait_ms(bench)


def test_nothing_is_taken_over_before_the_fills_were_listed() -> None:
    bench = ReconcilerBench()
    for _ in range(5):
        step = bench.run(SYMBOL)

        assert [] == step.told(AdoptPosition)


def test_nothing_is_taken_over_while_an_order_is_unclear() -> None:
    bench = ReconcilerBench()
    bench.run(SYMBOL)
    bench.list_trades()
    bench.run(SYMBOL)
    bench.steps.now_ns += 5 * SECOND

    unclear = bench.run(SYMBOL, unsettled=1)
    clear = bench.run(SYMBOL)

    assert ([], 1) == (unclear.told(AdoptPosition), len(clear.told(AdoptPosition)))


def test_nothing_is_taken_over_before_the_orders_were_compared() -> None:
    bench = ReconcilerBench()
    bench.run(SYMBOL)
    bench.list_trades()
    bench.run(SYMBOL)
    bench.begin()
    bench.list_all()

    step = bench.tell(PositionsCompared(bench.number, (SYMBOL,), ()))

    assert [] == step.told(AdoptPosition)


def test_foreign_positions_are_told_once_and_leave_the_pass_clean() -> None:
    bench = ReconcilerBench()
    bench.tell(EngineStarted(3, LastRun.NONE))

    first = bench.run(foreign=("XRPUSDT",))
    second = bench.run(foreign=("XRPUSDT",))

    assert [("foreign_position", "XRPUSDT")] == [
        (alert.alert, alert.subject) for alert in first.told(AlertRaised)
    ]
    assert 1 == len(first.told(RecoveryDone))
    assert [] == second.told(AlertRaised)


def test_a_position_is_not_called_foreign_before_an_entry_of_its_symbol_is_clear() -> None:
    bench = ReconcilerBench()

    unclear = bench.run(foreign=(SYMBOL,), unsettled=1, unclear=(SYMBOL,))
    again = bench.run(foreign=(SYMBOL,), unsettled=1, unclear=(SYMBOL,))
    clear = bench.run(foreign=(SYMBOL,))

    assert [] == [*unclear.told(AlertRaised), *unclear.told(RequestPermit)]
    assert [SymbolsMismatched((SYMBOL,))] == again.told(SymbolsMismatched)
    assert [("foreign_position", SYMBOL)] == [
        (alert.alert, alert.subject) for alert in clear.told(AlertRaised)
    ]


def test_entries_are_refused_while_a_foreign_position_is_open() -> None:
    bench = ReconcilerBench()
    bench.run(foreign=("XRPUSDT",))

    second = bench.run(foreign=("XRPUSDT",))
    gone = bench.run()

    assert [SymbolsMismatched(("XRPUSDT",))] == second.told(SymbolsMismatched)
    assert [SymbolsMismatched(())] == gone.told(SymbolsMismatched)


def test_the_fills_of_a_foreign_position_are_listed_since_they_may_be_ours_after_all() -> None:
    bench = ReconcilerBench()

    first = bench.run(foreign=(SYMBOL,))
    found = bench.list_trades()
    second = bench.run(foreign=(SYMBOL,))

    assert ["ListTrades"] == [asked.call for asked in first.told(RequestPermit)]
    assert [True] == [each.differs for each in found.told(TradesFound)]
    assert [] == second.told(RequestPermit)


def test_orders_under_our_prefix_that_nobody_knows_are_told_once() -> None:
    bench = ReconcilerBench()
    bench.begin()
    bench.list_all()

    first = bench.tell(OrdersCompared(1, (SYMBOL,), 0))
    bench.tell(PositionsCompared(1, (), ()))
    bench.begin()
    second = bench.tell(OrdersCompared(2, (SYMBOL,), 0))

    assert ["unknown_order"] == [alert.alert for alert in first.told(AlertRaised)]
    assert () == second.tells


def since_ms(bench: ReconcilerBench) -> int:
    """Since when the fills of a difference are asked for."""
    bench.run(SYMBOL)
    permit = Permit("1", 10**18)
    (call,) = bench.tell(PermitGranted(f"{bench.number}.4:{SYMBOL}", permit)).told(MakeCall)
    assert isinstance(call.call, ListTrades)
    return call.call.since_ms


def test_fills_are_looked_for_since_the_last_pass_that_agreed() -> None:
    """C-23: what was closed while the engine was down is found among the venue's fills."""
    bench = ReconcilerBench()
    bench.run()
    agreed_ms = bench.steps.now_ns // MS
    bench.steps.now_ns += 3_600 * SECOND

    assert agreed_ms - LOOK_BACK_MS == since_ms(bench)


def test_fills_are_looked_for_no_further_back_than_the_venue_lists_them() -> None:
    bench = ReconcilerBench()
    bench.run()
    bench.steps.now_ns += 30 * 24 * 3_600 * SECOND

    assert bench.steps.now_ns // MS - LISTED_MS_MAX <= since_ms(bench)
