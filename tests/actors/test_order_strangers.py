"""Test of OrderManager: orders that are not ours, and fills that are told again."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.order_state import STRANGERS_MAX
from callboard.messages.control import EngineStarted, TripBreaker
from callboard.messages.events import AlertRaised
from callboard.messages.orders import CancelLeg, ExposureChanged, FillBooked, OrderReported
from callboard.messages.positions import StrangerFilled
from callboard.messages.queries import GetOrders, OrdersView
from callboard.messages.reconciliation import CompareOrders, TradesFound
from callboard.messages.values import CloseReason, LastRun, TradingState
from callboard.messages.venue import CancelOne, Permit, PermitGranted
from support.order_bench import (
    ONE,
    SYMBOL,
    OrderBench,
    calls,
    evidence,
    stop_evidence,
    tokens,
    trade,
)
from support.steps import SECOND, Step

HAND = evidence("FILLED", ONE, client_order_id="web_1", venue_order_id="700")


def strangers(bench: OrderBench, *, open_only: bool = True) -> list[tuple[str, CloseReason]]:
    (answer,) = bench.tell(GetOrders(open_only=open_only)).replies
    assert isinstance(answer, OrdersView)
    return [(each.client_order_id, each.made_by) for each in answer.strangers]


def report(bench: OrderBench, client_order_id: str, status: str = "FILLED") -> Step:
    stranger = evidence(status, ONE, client_order_id=client_order_id, venue_order_id="700")
    return bench.tell(OrderReported(stranger, trade(7, venue_order_id="700"), "stream"))


@pytest.mark.parametrize(
    ("client_order_id", "reason", "alert"),
    [
        ("web_1", CloseReason.FOREIGN, "foreign_order"),
        ("autoclose-1", CloseReason.LIQUIDATION, "venue_order"),
        ("adl_autoclose", CloseReason.ADL, "venue_order"),
        ("settlement_autoclose-1", CloseReason.SETTLEMENT, "venue_order"),
        ("delivery_autoclose-1", CloseReason.SETTLEMENT, "venue_order"),
    ],
)
def test_an_order_that_is_not_ours_is_told_shown_and_left(
    client_order_id: str, reason: CloseReason, alert: str
) -> None:
    bench = OrderBench().resting()

    step = report(bench, client_order_id)

    told = StrangerFilled(client_order_id, reason, trade(7, venue_order_id="700"))
    assert [told] == step.told(StrangerFilled)
    assert [(alert, client_order_id)] == [(a.alert, a.subject) for a in step.told(AlertRaised)]
    assert [] == [name for name, _ in step.tells if name in ("rate_limiter", "order_queue")]
    assert [(client_order_id, reason)] == strangers(bench, open_only=False)


def test_a_stranger_is_alerted_once_and_kept_as_last_heard() -> None:
    bench = OrderBench()
    report(bench, "web_1", "NEW")
    shown = strangers(bench)

    step = report(bench, "web_1")

    assert [("web_1", CloseReason.FOREIGN)] == shown
    assert ([], []) == (step.told(AlertRaised), strangers(bench))


def test_a_stranger_that_has_left_both_listings_is_not_open_any_more() -> None:
    bench = OrderBench()
    report(bench, "web_1", "NEW")

    departed_at_ns = bench.steps.now_ns + 1
    bench.tell(CompareOrders(1, departed_at_ns, (), final=False), after_ns=2)

    assert ([], 1) == (strangers(bench), len(strangers(bench, open_only=False)))


def test_the_newest_strangers_are_kept() -> None:
    bench = OrderBench()
    for number in range(STRANGERS_MAX + 1):
        report(bench, f"web_{number}")

    kept = strangers(bench, open_only=False)

    assert (STRANGERS_MAX, "web_1") == (len(kept), kept[0][0])


def test_fills_of_a_position_that_differs_are_told_again_to_the_monitor_alone() -> None:
    bench = OrderBench().resting()
    booked = bench.tell(TradesFound(SYMBOL, (trade(7),))).told(FillBooked)

    again = bench.tell(TradesFound(SYMBOL, (trade(7),), differs=True))
    silent = bench.tell(TradesFound(SYMBOL, (trade(7),)))

    assert booked == again.told(FillBooked)
    assert ([], []) == (again.told(ExposureChanged), silent.told(FillBooked))


def test_a_listed_fill_of_an_unknown_order_is_a_stranger_s_only_where_positions_differ() -> None:
    bench = OrderBench().resting()
    unknown = trade(9, venue_order_id="700", quantity=Decimal("0.1"))

    silent = bench.tell(TradesFound(SYMBOL, (unknown,)))
    told = bench.tell(TradesFound(SYMBOL, (unknown,), differs=True))

    assert ([], [StrangerFilled("", CloseReason.FOREIGN, unknown)]) == (
        silent.told(StrangerFilled),
        told.told(StrangerFilled),
    )


def test_a_listed_fill_of_a_liquidation_is_known_by_the_order_that_was_seen() -> None:
    bench = OrderBench()
    seen = evolve(HAND, client_order_id="autoclose-1")
    bench.tell(OrderReported(seen, None, "stream"))
    lost = trade(9, venue_order_id="700")

    step = bench.tell(TradesFound(SYMBOL, (lost,), differs=True))

    assert [StrangerFilled("autoclose-1", CloseReason.LIQUIDATION, lost)] == step.told(
        StrangerFilled
    )


@pytest.mark.parametrize(
    ("client_order_id", "status", "is_another"),
    [
        ("cb9-7-e1", "FILLED", True),
        ("cb9-p1-s1", "NEW", True),
        ("cb3-7-e1", "NEW", True),
        ("cb2-7-e1", "PARTIALLY_FILLED", True),
        ("cb3-7-e1", "FILLED", False),
        ("cb2-p1-s1", "NEW", False),
        ("cb-mine", "NEW", False),
        ("xy9-7-e1", "NEW", False),
        ("web_9", "NEW", False),
    ],
)
def test_an_order_of_another_engine_under_our_prefix_stops_entries_with_an_alert(
    client_order_id: str, status: str, *, is_another: bool
) -> None:
    bench = OrderBench()
    bench.tell(EngineStarted(3, LastRun.NONE))

    step = report(bench, client_order_id, status)
    again = report(bench, client_order_id, status)

    (alert,) = step.told(AlertRaised)
    trips = [trip.state for trip in step.told(TripBreaker)]
    assert ("another_engine" if is_another else "foreign_order") == alert.alert
    assert trips == [TradingState.REDUCING] * is_another
    assert [] == again.told(TripBreaker)


def forgotten(client_order_id: str) -> tuple[Step, Step]:
    """Show an order that no record tells of, and have it cancelled."""
    bench = OrderBench()
    bench.tell(EngineStarted(3, LastRun.BROKEN_OFF))
    stop = stop_evidence("NEW", client_order_id=client_order_id)
    bench.tell(OrderReported(stop, None, "stream"))
    asked = bench.tell(CancelLeg(client_order_id))
    permit = Permit("p1", bench.steps.now_ns + SECOND)
    return asked, bench.tell(PermitGranted(f"{client_order_id}!1", permit))


def test_an_order_of_ours_that_no_record_tells_of_is_cancelled_when_it_is_not_needed() -> None:
    asked, made = forgotten("cb2-p1-s1")

    assert ["cb2-p1-s1!1"] == tokens(asked)
    assert [CancelOne("cb2-p1-s1", SYMBOL, conditional=True)] == calls(made)


@pytest.mark.parametrize("client_order_id", ["web_1", "cb4-p1-s1", "cb2-7-e1", "xy2-p1-s1"])
def test_an_order_that_is_not_ours_by_its_id_is_never_cancelled(client_order_id: str) -> None:
    asked, _ = forgotten(client_order_id)

    assert [] == tokens(asked)
