"""Test of OrderQueue: exits first, one entry a symbol in flight, nothing ever sent late."""

from typing import Any

import pytest
from attrs import evolve

from callboard.actors.order_queue import ASK_AGAIN_NS, REDUCING_PATIENCE_NS
from callboard.messages.events import AlertRaised, OrderQueued
from callboard.messages.market import ClockChanged
from callboard.messages.orders import (
    EnqueueOrder,
    HoldSymbol,
    OrderReleased,
    ReleaseSymbol,
    SlotFreed,
    WithdrawOrder,
)
from callboard.messages.values import Priority, TradingState
from callboard.messages.venue import Permit, PermitGranted, PermitRefused, RequestPermit
from support.entries import ACTIVE, CLOCK, SYMBOL
from support.queues import (
    DOWN,
    HALTED,
    SEND_BY_MS,
    asked,
    bench,
    dropped,
    grant,
    opening,
    permit,
    reducing,
    released,
)
from support.steps import MS, SECOND


def test_an_opening_order_asks_for_its_permit_until_it_is_too_late() -> None:
    steps = bench()
    steps.tell(evolve(CLOCK, offset_ns=250 * MS))

    step = steps.tell(opening("e1"))

    expected = RequestPermit(
        token="e1",
        call="PlaceOrder",
        by_symbol=True,
        priority=Priority.OPENING,
        expires_at_ns=(SEND_BY_MS - 250) * MS,
    )
    queued = OrderQueued("", "e1", SYMBOL)
    assert (("event_bus", queued), ("rate_limiter", expected)) == step.tells


def test_a_reducing_order_asks_with_all_the_patience_of_a_pause() -> None:
    steps = bench()

    (request,) = steps.tell(reducing("x1")).to("rate_limiter")

    assert (Priority.REDUCING, steps.now_ns + REDUCING_PATIENCE_NS) == (
        request.priority,
        request.expires_at_ns,
    )


def test_a_permit_releases_its_order_with_it() -> None:
    steps = bench(opening("e1"))

    step = grant(steps, "e1")

    expected = OrderReleased("e1", permit(steps, "e1"))
    assert (("order_manager", expected),) == step.tells


def test_one_opening_order_of_a_symbol_is_in_flight() -> None:
    steps = bench(opening("e1"))
    grant(steps, "e1")

    behind = steps.tell(opening("e2"))
    other = steps.tell(opening("e3", "BTCUSDT"))
    freed = steps.tell(SlotFreed("e1"))

    assert ([], ["e3"], ["e2"]) == (asked(behind), asked(other), asked(freed))


def test_opening_orders_of_a_symbol_keep_their_order() -> None:
    steps = bench(opening("e1"), opening("e2"), opening("e3"))

    names: list[str] = []
    for name in ("e1", "e2", "e3"):
        names += released(grant(steps, name))
        steps.tell(SlotFreed(name))

    assert ["e1", "e2", "e3"] == names


def test_a_reducing_order_overtakes_the_entries_that_wait() -> None:
    steps = bench(opening("e1"), opening("e2"))
    grant(steps, "e1")

    step = steps.tell(reducing("x1"))

    assert ["x1"] == asked(step)
    assert ["x1"] == released(grant(steps, "x1"))


def test_reducing_orders_of_a_symbol_leave_one_after_the_other_without_a_slot() -> None:
    steps = bench(reducing("x1"), reducing("x2"), reducing("y1", "BTCUSDT"))

    step = grant(steps, "x1")

    assert (["x1"], ["x2"]) == (released(step), asked(step))


@pytest.mark.parametrize(
    ("order", "others", "reason"),
    [
        (opening("new"), (opening("e1"), opening("e2", "BTCUSDT")), "queue_full"),
        (opening("new"), (opening("e1"), reducing("x1")), ""),
        (reducing("new"), (reducing("x1"), reducing("x2")), ""),
        (reducing("new"), (reducing("x1"), opening("e1"), opening("e2")), ""),
    ],
)
def test_a_full_lane_refuses_entries_at_once_and_exits_never(
    order: EnqueueOrder, others: tuple[EnqueueOrder, ...], reason: str
) -> None:
    """C-25: a full entry lane refuses; the reserved lane is never full for closes."""
    step = bench(*others, opening_max=2).tell(order)

    assert ([("new", reason)] if reason else []) == dropped(step)


def test_more_exits_than_expected_are_taken_and_alarmed_once() -> None:
    steps = bench(reducing("x1"), reducing("x2"), reducing_expected=2)

    alarmed = [steps.tell(reducing(name)).told(AlertRaised) for name in ("x3", "x4")]

    assert [["reducing_orders_wait"], []] == [[each.alert for each in told] for told in alarmed]


def test_a_venue_that_is_down_purges_the_entries_and_lets_no_other_wait() -> None:
    """C-28: an open venue breaker refuses entries and keeps reducing orders."""
    steps = bench(opening("e1"), reducing("x1"))

    purged = steps.tell(DOWN)
    late = steps.tell(opening("e2"))

    assert [("e1", "venue_down")] == dropped(purged)
    assert [("e2", "venue_down")] == dropped(late)


def test_an_order_that_waits_already_is_not_taken_twice_and_not_dropped_as_too_many() -> None:
    steps = bench(opening("e1"), opening_max=1)

    step = steps.tell(opening("e1"))

    assert () == step.facts
    assert [] == dropped(step)


def test_an_order_that_is_told_again_asks_again_since_its_permit_may_be_lost() -> None:
    steps = bench(reducing("x1"), reducing("x2"))

    assert ["x1"] == asked(steps.tell(reducing("x1")))
    assert [] == asked(steps.tell(reducing("x2")))


@pytest.mark.parametrize("state", [TradingState.REDUCING, TradingState.HALTED])
def test_a_halt_purges_the_entries_and_leaves_the_exits(state: TradingState) -> None:
    steps = bench(opening("e1"), opening("e2"), reducing("x1"))

    step = steps.tell(evolve(HALTED, state=state))

    assert [("e1", "halted"), ("e2", "halted")] == dropped(step)
    assert ["x1"] == released(grant(steps, "x1"))
    assert () == grant(steps, "e1").tells


def test_while_halted_entries_are_dropped_and_exits_are_taken() -> None:
    steps = bench()
    steps.tell(HALTED)

    assert [("e1", "halted")] == dropped(steps.tell(opening("e1")))
    assert ["x1"] == asked(steps.tell(reducing("x1")))
    steps.tell(ACTIVE)
    assert ["e2"] == asked(steps.tell(opening("e2")))


def test_an_entry_whose_permit_comes_too_late_is_dropped_and_the_next_asks() -> None:
    steps = bench(opening("e1"), opening("e2"))

    in_time = grant(bench(opening("e1")), "e1", after_ns=3 * SECOND)
    late = grant(steps, "e1", after_ns=3 * SECOND + MS)

    assert ["e1"] == released(in_time)
    assert ([("e1", "stale")], ["e2"]) == (dropped(late), asked(late))


def test_too_late_is_told_by_the_venues_clock() -> None:
    steps = bench(opening("e1"))
    steps.tell(ClockChanged(offset_ns=2 * SECOND, error_ns=0, trusted=True))

    assert [("e1", "stale")] == dropped(grant(steps, "e1", after_ns=SECOND + MS))


def test_an_entry_without_a_permit_in_time_is_dropped_and_the_next_asks() -> None:
    steps = bench(opening("e1"), opening("e2"))

    step = steps.tell(PermitRefused("e1", "no permit in time"))

    assert ([("e1", "stale: no permit in time")], ["e2"]) == (dropped(step), asked(step))


def test_an_exit_without_a_permit_asks_again_after_a_moment_and_is_never_dropped() -> None:
    steps = bench(reducing("x1"))

    refused = steps.tell(PermitRefused("x1", "too many requests wait"))
    again = steps.fire("again/x1")

    assert ((), [("again/x1", ASK_AGAIN_NS)]) == (
        refused.tells,
        [(key, delay) for key, delay, _ in refused.timers],
    )
    assert ["x1"] == asked(again)


def test_an_exit_that_left_meanwhile_does_not_ask_again() -> None:
    steps = bench(reducing("x1"))
    steps.tell(PermitRefused("x1", "full"))
    steps.tell(WithdrawOrder("x1"))

    assert () == steps.fire("again/x1").tells


@pytest.mark.parametrize("order", [opening, reducing])
def test_a_withdrawn_order_leaves_and_the_next_asks(order: Any) -> None:
    steps = bench(order("a"), order("b"))

    step = steps.tell(WithdrawOrder("a"))

    assert ([("a", "withdrawn")], ["b"]) == (dropped(step), asked(step))
    assert () == grant(steps, "a").tells


@pytest.mark.parametrize(
    "message",
    [
        PermitGranted("gone", Permit("p", 1)),
        PermitRefused("gone", "late"),
        WithdrawOrder("gone"),
        SlotFreed("gone"),
        ReleaseSymbol(SYMBOL, "nobody"),
    ],
)
def test_what_concerns_no_waiting_order_does_nothing(message: object) -> None:
    step = bench(opening("e1")).tell(message)

    assert ((), ()) == (step.facts, step.tells)


def test_an_order_that_comes_back_from_flight_waits_behind_who_waited_and_frees_its_slot() -> None:
    alone = bench(opening("e1"))
    behind = bench(opening("e1"), opening("e2"))
    for steps in (alone, behind):
        grant(steps, "e1")

    assert (["e1"], ["e2"]) == tuple(asked(steps.tell(opening("e1"))) for steps in (alone, behind))
    assert ["e1"] == asked(behind.tell(WithdrawOrder("e2")))


@pytest.mark.parametrize("by", ["a halt", "a full lane"])
def test_an_order_that_comes_back_and_may_not_wait_frees_its_slot_too(by: str) -> None:
    steps = bench(opening("e1"), opening_max=1)
    grant(steps, "e1")
    steps.tell(HALTED if by == "a halt" else opening("e2"))

    came_back = steps.tell(opening("e1"))

    assert ["e1"] == [name for name, _ in dropped(came_back)]
    assert {} == steps.actor.state.in_flight
    assert ([] if by == "a halt" else ["e2"]) == asked(came_back)


def test_a_hold_keeps_the_entries_of_its_symbol_and_no_exit() -> None:
    steps = bench()
    steps.tell(HoldSymbol(SYMBOL, "e0"))

    held = steps.tell(opening("e1"))
    other = steps.tell(opening("e2", "BTCUSDT"))
    exit_ = steps.tell(reducing("x1"))
    after = steps.tell(ReleaseSymbol(SYMBOL, "e0"))

    assert ([], ["e2"], ["x1"], ["e1"]) == tuple(map(asked, (held, other, exit_, after)))


def test_the_last_of_several_holders_lets_the_entries_go() -> None:
    steps = bench()
    for holder in ("a", "b", "b"):
        steps.tell(HoldSymbol(SYMBOL, holder))
    steps.tell(opening("e1"))

    first = steps.tell(ReleaseSymbol(SYMBOL, "b"))
    second = steps.tell(ReleaseSymbol(SYMBOL, "a"))

    assert ([], ["e1"]) == (asked(first), asked(second))


def test_a_permit_that_comes_while_the_symbol_is_held_is_not_used() -> None:
    steps = bench(opening("e1"))
    steps.tell(HoldSymbol(SYMBOL, "e0"))

    held = grant(steps, "e1")
    after = steps.tell(ReleaseSymbol(SYMBOL, "e0"))

    assert ((), ["e1"]) == (held.tells, asked(after))
    assert ["e1"] == released(grant(steps, "e1"))


def test_a_slot_that_is_freed_while_the_symbol_is_held_lets_nobody_ask() -> None:
    steps = bench(opening("e1"))
    grant(steps, "e1")
    steps.tell(HoldSymbol(SYMBOL, "e1"))
    steps.tell(opening("e2"))

    assert [] == asked(steps.tell(SlotFreed("e1")))
    assert ["e2"] == asked(steps.tell(ReleaseSymbol(SYMBOL, "e1")))


def test_a_rebuilt_queue_asks_again_for_every_permit_that_may_be_lost() -> None:
    steps = bench(opening("e1"), opening("e2"), reducing("x1"), reducing("y1", "BTCUSDT"))
    steps.tell(PermitRefused("y1", "full"))

    assert ["e1", "x1", "y1"] == asked(steps.start())
