"""Test of the events of an order's life: each at its moment, under its topic, and slippage."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.slippage import slippage_pct
from callboard.actors.runtime.front import Subscribe
from callboard.messages import events
from callboard.messages.events import (
    AlertRaised,
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderQueued,
    OrderResolved,
    OrderSent,
    OrderUnknown,
    OrderUnresolved,
    SlippageExceeded,
    SystemFailed,
)
from callboard.messages.orders import EnqueueOrder, OrderEnded
from callboard.messages.topics import TOPICS
from callboard.messages.values import Action, OrderState, Side
from support.order_bench import (
    CID,
    ENTRY,
    EXIT,
    HALF,
    ONE,
    PRICE,
    SYMBOL,
    OrderBench,
    trade,
)
from support.queues import bench as queue_bench
from support.queues import opening
from support.steps import SECOND

NAMED = {
    "order.placed": "OrderPlaced",
    "order.filled": "OrderFilled",
    "order.failed": "OrderFailed",
    "order.cancelled": "OrderCancelled",
    "order.queued": "OrderQueued",
    "order.sent": "OrderSent",
    "order.partially_filled": "OrderPartiallyFilled",
    "order.unknown": "OrderUnknown",
    "order.resolved": "OrderResolved",
    "order.unresolved": "OrderUnresolved",
    "order.corrected": "OrderCorrected",
    "order.expired": "OrderExpired",
    "trade.opened": "PositionOpened",
    "trade.closed": "PositionClosed",
    "position.updated": "PositionUpdated",
    "system.error": "SystemFailed",
    "trading.state_changed": "TradingStateReported",
}


@pytest.mark.parametrize(("topic", "name"), NAMED.items())
def test_each_named_fact_is_one_class_with_its_topic(topic: str, name: str) -> None:
    """C-22: one event class a fact, with a fixed topic."""
    assert topic == TOPICS[getattr(events, name)]


def test_every_event_has_one_topic_of_its_own() -> None:
    """C-22: no double publication under two names."""
    assert set(events.Event.__args__) == set(TOPICS)
    assert len(TOPICS) == len(set(TOPICS.values()))


@pytest.mark.parametrize(
    ("named", "classes"),
    [
        (("order.filled", "OrderPlaced", OrderSent), (OrderFilled, OrderPlaced, OrderSent)),
        (("SystemError", "system.error", "SystemFailed"), (SystemFailed,) * 3),
        ((), ()),
    ],
)
def test_a_subscriber_names_events_by_class_class_name_or_topic(
    named: tuple[type | str, ...], classes: tuple[type, ...]
) -> None:
    """C-22: the bus accepts class, class name or topic."""
    assert classes == Subscribe(print, named).events


def test_a_name_of_no_event_is_refused_where_it_is_written() -> None:
    with pytest.raises(ValueError, match="no event is named"):
        Subscribe(print, ("order.eaten",))


def test_an_order_is_queued_when_the_queue_takes_it_and_not_when_it_refuses() -> None:
    """S0-049: told on acceptance."""
    steps = queue_bench(opening_max=1)

    taken = steps.tell(evolve(opening("e1"), signal_id="s1"))
    refused = steps.tell(opening("e2"))

    assert [OrderQueued("s1", "e1", SYMBOL)] == taken.told(OrderQueued)
    assert [] == refused.told(OrderQueued)


def test_an_order_is_sent_with_the_number_of_its_attempt() -> None:
    """S0-023: told when the work on it begins."""
    bench = OrderBench()
    bench.approve()

    first = bench.release()
    bench.direct(Action.REDELIVER)
    second = bench.release()

    assert [OrderSent("s1", CID, SYMBOL, 1)] == first.told(OrderSent)
    assert [OrderSent("s1", CID, SYMBOL, 2)] == second.told(OrderSent)


def test_the_event_of_an_exit_of_the_engine_has_no_signal() -> None:
    bench = OrderBench(EXIT)

    step = bench.approve()

    assert [""] == [each.signal_id for each in step.told(EnqueueOrder)]


def test_an_unknown_outcome_is_no_failure_until_it_is_resolved() -> None:
    """C-06, S0-051, S1-014: unknown, then resolved; failed only by evidence."""
    bench = OrderBench()
    bench.submitted()

    lost = bench.direct(Action.QUERY)
    told = bench.report("REJECTED")

    assert [CID] == [each.client_order_id for each in lost.told(OrderUnknown)]
    assert [] == [*lost.told(OrderFailed), *lost.told(OrderEnded)]
    assert [OrderState.REJECTED] == [each.state for each in told.told(OrderResolved)]
    assert [OrderState.REJECTED] == [each.state for each in told.told(OrderEnded)]


def test_an_order_that_stays_unknown_is_unresolved_after_the_time_to_verify_a_fill() -> None:
    """C-06, S3-043: giving up the wait is no failure; it is told, and asked for as before."""
    bench = OrderBench().unknown()
    bench.steps.now_ns += 10 * SECOND

    step = bench.steps.fire(f"unresolved/{CID}")

    assert [OrderUnresolved("s1", SYMBOL, 10_000, CID, "because")] == step.told(OrderUnresolved)
    assert ["order_unresolved"] == [alert.alert for alert in step.told(AlertRaised)]
    assert [] == [*step.told(OrderEnded), *step.told(OrderResolved)]
    assert f"query/{CID}" in bench.steps.timers
    assert OrderState.UNKNOWN is bench.state


def test_an_order_that_is_resolved_in_time_is_never_unresolved() -> None:
    bench = OrderBench().unknown()

    bench.report("NEW")

    assert f"unresolved/{CID}" not in bench.steps.timers


def test_the_wait_for_a_resolution_goes_on_after_a_restart_and_ends_with_parking() -> None:
    bench = OrderBench(intent_age_ms_max=1_000).unknown()
    bench.steps.timers.clear()
    bench.steps.start()
    assert f"unresolved/{CID}" in bench.steps.timers
    bench.steps.now_ns += 2 * SECOND
    bench.steps.fire(f"query/{CID}")

    step = bench.steps.fire(f"unresolved/{CID}")

    assert () == step.tells


def test_a_parked_order_is_unresolved_and_not_resolved() -> None:
    """C-06: not resolved stays unresolved, with an alert."""
    bench = OrderBench(intent_age_ms_max=1_000).unknown()
    bench.steps.now_ns += 2 * SECOND

    step = bench.steps.fire(f"query/{CID}")

    reason = "unresolved for too long"
    assert [OrderUnresolved("s1", SYMBOL, 2_000, CID, reason)] == step.told(OrderUnresolved)
    assert [] == [*step.told(OrderResolved), *step.told(OrderEnded)]


def test_what_is_heard_of_a_parked_order_resolves_it() -> None:
    bench = OrderBench(intent_age_ms_max=1_000).unknown()
    bench.steps.now_ns += 2 * SECOND
    bench.steps.fire(f"query/{CID}")

    step = bench.report("CANCELED")

    assert [OrderState.CANCELLED] == [each.state for each in step.told(OrderResolved)]


def filled_at(price: Decimal, side: Side = Side.BUY) -> list[SlippageExceeded]:
    entry = evolve(ENTRY, side=side, reference_price=PRICE, slippage_pct_max=ONE)
    bench = OrderBench(entry).resting()
    first = bench.report("PARTIALLY_FILLED", HALF, trade(1, HALF, price=price, side=side))
    last = bench.report("FILLED", ONE, trade(2, HALF, price=price, side=side))
    alerts = [alert.alert for alert in last.told(AlertRaised)]
    found = last.told(SlippageExceeded)
    assert [] == first.told(SlippageExceeded)
    assert ["slippage"] * len(found) == alerts
    return found


@pytest.mark.parametrize(
    ("side", "price", "slippage"),
    [
        (Side.BUY, "2020.01", "1.0005"),
        (Side.BUY, "2020", None),
        (Side.BUY, "1000", None),
        (Side.SELL, "1979", "1.05"),
        (Side.SELL, "1980", None),
        (Side.SELL, "3000", None),
    ],
)
def test_a_fill_worse_than_allowed_is_told_once_when_the_order_is_done(
    side: Side, price: str, slippage: str | None
) -> None:
    """C-33, S3-041: event and alert beyond 1 %, inclusive; better is no slippage."""
    found = filled_at(Decimal(price), side)

    expected = [] if slippage is None else [(Decimal(slippage), ONE, Decimal(price))]
    assert expected == [(each.slippage_pct, each.limit_pct, each.average_price) for each in found]


@pytest.mark.parametrize(
    "changes", [{"reference_price": None}, {"slippage_pct_max": None}, {"reference_price": PRICE}]
)
def test_an_order_without_a_reference_or_a_limit_has_no_slippage(
    changes: dict[str, Any],
) -> None:
    bench = OrderBench(evolve(ENTRY, **changes)).resting()

    step = bench.report("FILLED", ONE, trade(1, ONE, price=Decimal(9_000)))

    assert [] == step.told(SlippageExceeded)


PRICES = st.decimals("0.01", "100000", places=2)


@given(PRICES, PRICES)
def test_what_is_worse_for_one_side_is_as_much_better_for_the_other(
    expected: Decimal, price: Decimal
) -> None:
    bought, sold = (slippage_pct(side, expected, price) for side in (Side.BUY, Side.SELL))

    assert bought == -sold
    assert (bought > 0) == (price > expected)
