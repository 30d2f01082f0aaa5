"""Test of OrderManager in a storm: any messages in any order, and what still holds.

Owns the words that an order can be spoken of with. Each is plausible on its own; their order is
not. No message may make the manager fail, a fill counts once, and an ended order asks for nothing.
"""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from callboard.messages.control import TradingStateChanged
from callboard.messages.events import OrderFailed
from callboard.messages.intake import EndOrder, LookForOrder
from callboard.messages.orders import (
    AmendIntent,
    ApprovalRenewed,
    ApprovedOrder,
    CancelIntent,
    CancelLeg,
    ExposureChanged,
    FillBooked,
    OrderDropped,
    OrderEnded,
    RenewalRefused,
)
from callboard.messages.reconciliation import CompareOrders, TradesFound
from callboard.messages.values import Action, Operation, OrderState, Outcome, Phase, TradingState
from callboard.messages.venue import (
    CancelAccepted,
    Fenced,
    OrderEvidence,
    PermitRefused,
    RequestPermit,
    TradeEvidence,
    TradesListed,
)
from support.order_bench import (
    ENTRY,
    EXIT,
    HALF,
    LIMIT,
    ONE,
    STOP,
    SYMBOL,
    ZERO,
    OrderBench,
    evidence,
    trade,
)
from support.steps import SECOND, Step

FIRST, SECOND_HALF, BEYOND = trade(1, HALF), trade(2, HALF), trade(3, HALF)
BARE = trade(1, HALF, fee=ZERO, settled=False)
SAID: tuple[tuple[str, Decimal, TradeEvidence | None], ...] = (
    ("NEW", ZERO, None),
    ("PARTIALLY_FILLED", HALF, FIRST),
    ("PARTIALLY_FILLED", HALF, None),
    ("FILLED", ONE, SECOND_HALF),
    ("FILLED", ONE, None),
    ("CANCELED", ZERO, None),
    ("CANCELED", HALF, None),
    ("EXPIRED", ZERO, None),
    ("REJECTED", ZERO, None),
    ("FILLED", ONE + HALF, BEYOND),
    ("PENDING_NEW", ZERO, None),
    ("PENDING_NEW", HALF, FIRST),
)
ALGO_SAID = ("NEW", "TRIGGERING", "TRIGGERED", "FINISHED", "CANCELED", "EXPIRED", "REJECTED")
DAYS_4 = 345_600
OPERATIONS = (Operation.PLACE, Operation.CANCEL, Operation.AMEND)
Deed = Callable[[OrderBench], Step]


def reported(status: str, filled: Decimal, fill: TradeEvidence | None) -> Deed:
    return lambda bench: bench.report(status, filled, fill)


def algo_reported(status: str) -> Deed:
    return lambda bench: bench.report(status, conditional=True, quantity=ZERO, venue_order_id="77")


def answered(mark: str, number: int, said: OrderEvidence | None, phase: Phase, code: int) -> Deed:
    def deed(bench: OrderBench) -> Step:
        return bench.answer(mark, number, result=said, phase=phase, code=code)

    return deed


def directed(action: Action, operation: Operation, outcome: Outcome, attempt: int) -> Deed:
    def deed(bench: OrderBench) -> Step:
        return bench.direct(action, operation=operation, outcome=outcome, attempt=attempt)

    return deed


def told(make: Callable[[OrderBench], object]) -> Deed:
    return lambda bench: bench.tell(make(bench), sender="reconciler")


def fenced(mark: str, number: int) -> Deed:
    return told(lambda bench: Fenced(f"{bench.cid}{mark}{number}", 7, "too_late"))


def unpermitted(mark: str, number: int) -> Deed:
    return told(lambda bench: PermitRefused(f"{bench.cid}{mark}{number}", "late"))


def granted(mark: str, number: int) -> Deed:
    return lambda bench: bench.grant(mark, number)


def waited(seconds: int) -> Deed:
    def deed(bench: OrderBench) -> Step:
        bench.steps.now_ns += seconds * SECOND
        return bench.tell(CancelLeg("cb9-nobody-s1"))

    return deed


def fired(index: int) -> Deed:
    def deed(bench: OrderBench) -> Step:
        keys = sorted(bench.steps.timers)
        if not keys:
            return bench.tell(CancelLeg("cb9-nobody-s1"))
        return bench.steps.fire(keys[index % len(keys)])

    return deed


def restarted(bench: OrderBench) -> Step:
    bench.steps.timers.clear()
    return bench.steps.start()


MARKS = st.sampled_from("#!~?$")
NUMBERS = st.integers(1, 3)
EVIDENCE = st.sampled_from([evidence(status, filled) for status, filled, _ in SAID])
WISHES: tuple[Deed, ...] = (
    told(lambda _: CancelIntent("c1", "1")),
    told(lambda bench: CancelLeg(bench.cid)),
    told(lambda _: AmendIntent("c2", "1", Decimal(1990), None)),
    told(lambda _: AmendIntent("c3", "1", None, HALF)),
    told(lambda _: TradingStateChanged(TradingState.HALTED, 8, "loss", venue_open=True)),
    told(lambda bench: OrderDropped(bench.cid, "stale")),
    told(lambda bench: OrderDropped(bench.cid, "halted")),
    told(lambda bench: ApprovalRenewed(bench.cid, 9, 2**41)),
    told(lambda bench: RenewalRefused(bench.cid, "stale_mark")),
    told(lambda bench: LookForOrder("c4", bench.cid)),
    told(lambda bench: EndOrder("c5", bench.cid, "it never came", "ann")),
    told(lambda _: TradesFound(SYMBOL, (BARE,))),
    told(lambda _: TradesFound(SYMBOL, (FIRST, SECOND_HALF))),
    told(lambda bench: CompareOrders(1, bench.steps.now_ns + 1, (), final=True)),
    told(lambda bench: CompareOrders(1, bench.steps.now_ns + 1, (evidence("NEW"),), final=False)),
    lambda bench: bench.answer("!", result=CancelAccepted(bench.cid, SYMBOL)),
    lambda bench: bench.answer("$", result=TradesListed(SYMBOL, (FIRST,))),
    lambda bench: bench.release(),
    lambda bench: bench.approve(),
    restarted,
)
DEEDS = st.one_of(
    st.sampled_from(WISHES),
    st.sampled_from(SAID).map(lambda said: reported(*said)),
    st.sampled_from(ALGO_SAID).map(algo_reported),
    st.builds(
        answered,
        MARKS,
        NUMBERS,
        st.none() | EVIDENCE,
        st.sampled_from(sorted(Phase)),
        st.sampled_from([0, -2013, -2011, -1007]),
    ),
    st.builds(
        directed,
        st.sampled_from(sorted(Action)),
        st.sampled_from(OPERATIONS),
        st.sampled_from([Outcome.REJECTED, Outcome.NOT_EXECUTED, Outcome.UNKNOWN]),
        st.integers(1, 2),
    ),
    st.builds(fenced, MARKS, NUMBERS),
    st.builds(unpermitted, st.sampled_from("!~?$"), NUMBERS),
    st.builds(granted, st.sampled_from("!?$"), NUMBERS),
    st.integers(0, 5).map(fired),
    st.sampled_from([1, 20, DAYS_4]).map(waited),
)


def storm(approved: ApprovedOrder, deeds: list[Deed]) -> tuple[OrderBench, list[Step]]:
    """Do the deeds to an order that is out; the runner checks the fold after each."""
    bench = OrderBench(approved).submitted()
    return bench, [deed(bench) for deed in deeds]


@given(st.sampled_from([ENTRY, LIMIT, EXIT, STOP]), st.lists(DEEDS, max_size=25))
def test_no_order_of_messages_breaks_the_manager_or_books_a_fill_twice(
    approved: ApprovedOrder, deeds: list[Deed]
) -> None:
    bench, steps = storm(approved, deeds)

    booked = [fill.trade.trade_id for step in steps for fill in step.told(FillBooked)]
    assert len(booked) == len(set(booked))
    assert HALF * len(booked) == bench.order.filled
    moved = [each.fill for step in steps for each in step.told(ExposureChanged)]
    assert bench.order.filled == sum(map(abs, moved))


@given(st.sampled_from([ENTRY, LIMIT]), st.lists(DEEDS, max_size=25))
def test_an_end_is_told_when_it_comes_and_only_a_resurrection_is_followed_by_another(
    approved: ApprovedOrder, deeds: list[Deed]
) -> None:
    bench, steps = storm(approved, deeds)

    ends = [ended.state for step in steps for ended in step.told(OrderEnded)]
    assert (not bench.order.is_open) <= bool(ends)
    never_lived = (OrderState.FAILED, OrderState.REJECTED)
    assert all(state in never_lived for state in ends[:-1])


@given(st.sampled_from([ENTRY, LIMIT, EXIT, STOP]), st.lists(DEEDS, max_size=25))
def test_an_order_in_doubt_is_always_asked_for(approved: ApprovedOrder, deeds: list[Deed]) -> None:
    bench, steps = storm(approved, deeds)

    asked = [request.token for step in steps for request in step.told(RequestPermit)]
    is_asked = any("?" in token for token in asked)
    will_be = any(key.startswith(("query/", "retry/")) for key in bench.steps.timers)
    assert bench.state is not OrderState.UNKNOWN or is_asked or will_be


@given(st.sampled_from([ENTRY, LIMIT, EXIT, STOP]), st.lists(DEEDS, max_size=25))
def test_nothing_is_over_while_its_outcome_is_unknown(
    approved: ApprovedOrder, deeds: list[Deed]
) -> None:
    """C-06, S1-014: an order that is unknown or parked has no end, and only a person parks on."""
    bench = OrderBench(approved).submitted()
    for deed in deeds:
        step = deed(bench)
        is_in_doubt = bench.state in (OrderState.UNKNOWN, OrderState.PARKED)
        assert not (is_in_doubt and step.told(OrderEnded))
        assert [] == step.told(OrderFailed)


@given(st.sampled_from([ENTRY, LIMIT, EXIT, STOP]), st.lists(DEEDS, max_size=25))
def test_times_follow_the_moves_and_the_counts_follow_the_orders(
    approved: ApprovedOrder, deeds: list[Deed]
) -> None:
    bench, _ = storm(approved, deeds)

    order, counts = bench.order, bench.steps.actor.state.counts
    moments = [each.at_ms for each in order.times]
    assert (OrderState.PENDING, order.state) == (order.times[0].state, order.times[-1].state)
    assert sorted(moments) == moments
    is_counted = not order.approved.leg.is_protective
    ended = (counts.executed, counts.failed, counts.cancelled)
    assert (is_counted, is_counted and not order.is_open) == (counts.total, sum(ended))
