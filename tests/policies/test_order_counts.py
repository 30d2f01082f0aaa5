"""Test of order counts: every order counts once, as what it is now, whatever came before."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.order_counts import OrderCounts, recount, statistics
from callboard.actors.policies.order_record import Order
from callboard.messages.values import TERMINAL_STATES, OrderState
from support.order_bench import ENTRY, ONE, STOP, ZERO

MOVES = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(OrderState), st.sampled_from((ZERO, ONE))),
    max_size=20,
)
GONE = (OrderState.CANCELLED, OrderState.EXPIRED)


@given(MOVES)
def test_every_order_counts_once_as_what_it_is_now(
    moves: list[tuple[int, OrderState, Decimal]],
) -> None:
    orders = [Order(ENTRY, created_at_ns=1, changed_at_ns=1) for _ in range(4)]
    counts = OrderCounts(total=len(orders))

    for place, state, filled in moves:
        orders[place].state, orders[place].filled = state, filled
        recount(counts, orders[place])

    ended = [each for each in orders if each.state in TERMINAL_STATES]
    told = statistics(counts)
    unfilled = [each for each in ended if each.filled == ZERO]
    assert len(ended) - len(unfilled) == told.executed
    assert sum(each.state in GONE for each in unfilled) == told.cancelled
    assert len(orders) - len(ended) == told.pending
    assert told.executed + told.failed + told.cancelled + told.pending == told.total_orders


def test_the_success_rate_is_the_share_of_the_orders_that_ended_executed_or_failed() -> None:
    counts = OrderCounts(total=9, executed=3, failed=1, cancelled=4)

    assert Decimal("0.75") == statistics(counts).success_rate
    assert statistics(OrderCounts(total=9, cancelled=4)).success_rate is None


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_an_order_that_is_counted_again_counts_no_second_time(state: OrderState) -> None:
    order = Order(ENTRY, created_at_ns=1, changed_at_ns=1, state=state)
    counts = OrderCounts(total=1)
    recount(counts, order)
    once = evolve(counts)

    recount(counts, order)

    assert once == counts


@pytest.mark.parametrize("state", sorted(TERMINAL_STATES))
def test_a_protective_order_is_in_no_count(state: OrderState) -> None:
    counts = OrderCounts()

    recount(counts, Order(STOP, created_at_ns=1, changed_at_ns=1, state=state))

    assert OrderCounts() == counts
