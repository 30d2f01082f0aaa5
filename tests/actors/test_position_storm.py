"""Test of PositionMonitor in a storm: any messages in any order, and what still holds.

Owns the words that reach a monitor. Each is plausible on its own; their order is not. No message
may make the monitor fail, the position is the sum of its fills, and what is open is seen to.
"""

from collections.abc import Callable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from callboard.messages.orders import ApprovalRefused, FillSettled
from callboard.messages.positions import FlattenAll
from callboard.messages.reconciliation import AdoptPosition
from callboard.messages.values import ErrorKind, Leg, OrderState, SignalType
from support.position_bench import (
    KEY,
    ONE,
    SYMBOL,
    ZERO,
    PositionBench,
    exit_fill,
    fill,
    leg,
    wish,
)
from support.steps import SECOND, Step

Deed = Callable[[PositionBench], Step]
QUANTITIES = (Decimal("0.4"), ONE, Decimal(2))
STATES = [state for state in sorted(OrderState) if state is not OrderState.PENDING]
KINDS = ("", "", "INCONCLUSIVE", ErrorKind.WOULD_TRIGGER)


def filled(quantity: Decimal, *, sells: bool, settled: bool) -> Deed:
    """Book a fill of a trade that nobody has seen before."""

    def deed(bench: PositionBench) -> Step:
        number = str(len(bench.steps.facts) + 10)
        make = exit_fill if sells else fill
        fee = Decimal("0.8") if settled else ZERO
        return bench.tell(
            make(quantity, trade_trade_id=number, trade_settled=settled, trade_fee=fee)
        )

    return deed


def settled(bench: PositionBench) -> Step:
    bare = sorted(bench.guard.bare_fills) if bench.steps.actor.state.guards else []
    trade = fill(trade_trade_id=bare[0] if bare else "1").trade
    return bench.tell(FillSettled("cb1-1-e1", trade))


def changed(which: Leg, number: int, state: OrderState, kind: str) -> Deed:
    """Let a leg of the life at hand change."""

    def deed(bench: PositionBench) -> Step:
        guards = bench.steps.actor.state.guards
        life = f"p{bench.guard.number}" if guards else "p1"
        cid = f"cb1-{life}-{which.value}{number}"
        change = leg(which, state, intent_id=life, client_order_id=cid, kind=kind, reason="said")
        return bench.tell(change)

    return deed


def refused(which: Leg) -> Deed:
    def deed(bench: PositionBench) -> Step:
        life = f"p{bench.guard.number}" if bench.steps.actor.state.guards else "p1"
        return bench.tell(ApprovalRefused(life, which, "", SYMBOL, "not_reducing", "1", "0"))

    return deed


def told(message: object) -> Deed:
    return lambda bench: bench.tell(message)


def compared(quantity: Decimal | None) -> Deed:
    return lambda bench: bench.compare(quantity)


def adopted(bench: PositionBench) -> Step:
    return bench.tell(AdoptPosition(bench.passes, SYMBOL))


def marked(price: int) -> Deed:
    return lambda bench: bench.mark(price)


def fired(index: int) -> Deed:
    def deed(bench: PositionBench) -> Step:
        keys = sorted(bench.steps.timers)
        return bench.steps.fire(keys[index % len(keys)]) if keys else bench.mark(2000)

    return deed


def waited(bench: PositionBench) -> Step:
    bench.steps.now_ns += 12 * SECOND
    return bench.mark(2000)


def restarted(bench: PositionBench) -> Step:
    bench.steps.timers.clear()
    return bench.steps.start()


DEEDS = st.one_of(
    st.builds(filled, st.sampled_from(QUANTITIES), sells=st.booleans(), settled=st.booleans()),
    st.builds(
        changed,
        st.sampled_from([Leg.STOP, Leg.TARGET, Leg.EXIT]),
        st.integers(1, 3),
        st.sampled_from(STATES),
        st.sampled_from(KINDS),
    ),
    st.sampled_from([Leg.STOP, Leg.TARGET, Leg.EXIT]).map(refused),
    st.sampled_from([wish(), wish(SignalType.CLOSE_SHORT), wish(quantity=Decimal("0.1"))]).map(
        told
    ),
    st.just(told(FlattenAll("f1", "", "flatten"))),
    st.sampled_from([None, Decimal("0.4"), ONE]).map(compared),
    st.sampled_from([1900, 2000, 2100]).map(marked),
    st.integers(0, 5).map(fired),
    st.sampled_from([settled, adopted, waited, restarted]),
)


def storm(deeds: list[Deed]) -> tuple[PositionBench, list[Step]]:
    """Do the deeds to a monitor; the runner checks the fold after each."""
    bench = PositionBench()
    return bench, [bench.tell(fill()), *(deed(bench) for deed in deeds)]


@given(st.lists(DEEDS, max_size=20))
def test_no_order_of_messages_breaks_the_monitor_or_its_totals(deeds: list[Deed]) -> None:
    bench, _ = storm(deeds)

    state, guard = bench.steps.actor.state, bench.guard
    assert (state.realised_pnl, state.fees) == (guard.position.realised_pnl, guard.position.fees)
    assert guard.number == state.lives == guard.position.epoch
    assert guard.unprotected_since_ns == 0 or not guard.position.is_flat


@given(st.lists(DEEDS, max_size=20))
def test_whatever_happened_an_open_position_is_protected_or_seen_to(deeds: list[Deed]) -> None:
    bench, _ = storm(deeds)

    guard = bench.guard
    is_seen_to = guard.closing or f"unprotected/{KEY}" in bench.steps.timers
    assert guard.position.is_flat or guard.is_protected or is_seen_to


@given(st.lists(DEEDS, max_size=20))
def test_whatever_happened_a_position_that_is_being_closed_has_an_exit_or_a_next_try(
    deeds: list[Deed],
) -> None:
    bench, _ = storm(deeds)

    guard = bench.guard
    will_try = f"again/{KEY}/x" in bench.steps.timers
    assert not guard.closing or guard.has_live(Leg.EXIT) or will_try
