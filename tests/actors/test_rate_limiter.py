"""Test of RateLimiter: every permit is paid for, exits first, and pauses are kept."""

import pytest
from attrs import evolve

from callboard.actors.limiter_facts import IN_A_BATCH
from callboard.actors.policies.rate_budgets import LimiterSettings
from callboard.actors.rate_limiter import RateLimiter
from callboard.messages.events import AlertRaised
from callboard.messages.market import ClockChanged
from callboard.messages.values import Priority, Severity
from callboard.messages.venue import (
    CancelOne,
    ListOpenOrders,
    PermitGranted,
    PermitRefused,
    QueryOne,
    ReadAccount,
    RequestPermit,
    RequestsPaused,
)
from support.limiters import (
    DEFAULT,
    MINUTE,
    NOW_MS,
    USED,
    ask,
    bench,
    drain,
    granted,
    observe,
    pause,
    refused,
)
from support.steps import SECOND, START_NS, StepRunner


def serve(steps: StepRunner) -> list[str]:
    """Let armed ticks come until all that is due at this moment is served; return the tokens."""
    tokens: list[str] = []
    while "tick" in steps.timers:
        step = steps.fire("tick")
        if not step.told(PermitGranted):
            break
        tokens += granted(step)
    return tokens


@pytest.mark.parametrize(("orders_10s_max", "may_join"), [(300, True), (12, False)])
def test_a_place_in_a_batch_is_paid_for_where_a_batch_has_room_at_all(
    orders_10s_max: int, may_join: bool
) -> None:
    steps = bench(settings=evolve(DEFAULT, orders_10s_max=orders_10s_max))
    request = RequestPermit(
        "a", IN_A_BATCH, by_symbol=True, priority=Priority.OPENING, expires_at_ns=steps.now_ns + 1
    )

    (granted,) = steps.tell(request, sender="order_queue").told(PermitGranted)

    assert may_join is granted.permit.may_join


def test_a_permit_is_granted_at_once_with_its_end() -> None:
    steps = bench()

    step = ask(steps, "t1", sender="order_queue")

    (told,) = step.to("order_queue")
    assert ("t1", f"1@{NOW_MS}", START_NS + SECOND) == (
        told.token,
        told.permit.permit_id,
        told.permit.expires_at_ns,
    )


def test_every_permit_has_its_own_id() -> None:
    steps = bench()

    ids = [ask(steps, token).told(PermitGranted)[0].permit.permit_id for token in ("a", "b")]

    assert [f"1@{NOW_MS}", f"2@{NOW_MS}"] == ids


def test_a_request_that_must_wait_is_granted_when_there_is_room_again() -> None:
    steps = bench()
    count = drain(steps)

    tokens = serve(steps)

    assert [f"drain{count}"] == tokens
    assert steps.now_ns > START_NS


def test_the_reserve_is_for_reducing_requests() -> None:
    steps = bench()
    drain(steps)

    assert ["exit"] == granted(ask(steps, "exit", reducing=True))


def test_waiting_requests_are_served_reducing_first_and_then_in_their_order() -> None:
    steps = bench()
    pause(steps)
    for token, reducing in (("e1", False), ("x1", True), ("e2", False), ("x2", True)):
        ask(steps, token, reducing=reducing)

    assert ["x1", "x2", "e1", "e2"] == serve_all(steps)


def serve_all(steps: StepRunner) -> list[str]:
    """Let ticks come until nobody waits; return the tokens in the order of their permits."""
    tokens: list[str] = []
    for _ in range(1_000):
        if not steps.actor.state.waiting:
            return tokens
        tokens += granted(steps.fire("tick"))
    raise AssertionError(f"still waiting: {list(steps.actor.state.waiting)}")


def test_an_opening_request_does_not_pass_one_that_waits() -> None:
    steps = bench()
    pause(steps, retry_after_s=1)
    ask(steps, "e1")
    steps.now_ns += 2 * SECOND

    behind = ask(steps, "e2")

    assert [] == granted(behind)
    assert ["e1", "e2"] == serve_all(steps)


def test_a_request_that_is_not_granted_in_time_is_refused() -> None:
    steps = bench()
    pause(steps, retry_after_s=60)
    ask(steps, "e1", patience_ns=3 * SECOND, sender="order_queue")

    step = steps.fire("tick")

    assert (("order_queue", PermitRefused("e1", "no permit in time")),) == step.tells
    assert 3 * SECOND == steps.now_ns - START_NS


def test_a_request_behind_others_is_refused_at_its_own_time_too() -> None:
    steps = bench()
    pause(steps, retry_after_s=60)
    ask(steps, "x1", reducing=True)
    ask(steps, "e1", patience_ns=3 * SECOND)

    step = steps.fire("tick")

    assert ([("e1", "no permit in time")], 3 * SECOND) == (refused(step), steps.now_ns - START_NS)


def test_a_request_that_can_never_be_granted_is_refused_at_once() -> None:
    settings = LimiterSettings(weight_1m_max=120)

    step = ask(bench(settings=settings), "list", ListOpenOrders)

    assert [("list", "needs 40 of weight_1m")] == refused(step)


def test_placements_that_wait_hold_up_no_query_and_no_cancel() -> None:
    steps = bench()
    observe(steps, status=400, code=-1015, text="too many orders")
    ask(steps, "stop", reducing=True)

    query = ask(steps, "query", QueryOne, reducing=True)
    cancel = ask(steps, "cancel", CancelOne, reducing=True)
    placement = ask(steps, "exit", reducing=True)

    assert (["query"], ["cancel"], []) == tuple(map(granted, (query, cancel, placement)))


def test_a_query_that_came_during_a_pause_passes_placements_that_must_wait_longer() -> None:
    steps = bench()
    observe(steps, status=429, code=-1015, text="orders", retry_after_s=30)
    pause(steps, retry_after_s=2)
    ask(steps, "stop", reducing=True)
    ask(steps, "query", QueryOne, reducing=True)

    first = steps.fire("tick")

    assert (["query"], 2 * SECOND) == (granted(first), steps.now_ns - START_NS)
    assert ["stop"] == serve_all(steps)


def test_beyond_the_bound_an_opening_request_is_refused() -> None:
    steps = bench(waiting_max=1)
    pause(steps)
    ask(steps, "e1")

    assert [("e2", "too many requests wait")] == refused(ask(steps, "e2"))


def test_beyond_the_bound_a_reducing_request_takes_the_place_of_the_youngest_opening_one() -> None:
    steps = bench(waiting_max=2)
    pause(steps)
    ask(steps, "e1")
    ask(steps, "e2", sender="order_queue")

    step = ask(steps, "x1", reducing=True)

    assert (("order_queue", PermitRefused("e2", "too many requests wait")),) == step.tells
    assert ["x1", "e1"] == serve_all(steps)


def test_beyond_the_bound_of_reducing_requests_alone_the_next_is_refused() -> None:
    steps = bench(waiting_max=1)
    pause(steps)
    ask(steps, "x1", reducing=True)

    assert [("x2", "too many requests wait")] == refused(ask(steps, "x2", reducing=True))


def test_a_request_that_is_repeated_waits_once() -> None:
    steps = bench(waiting_max=1)
    pause(steps)
    ask(steps, "x1", reducing=True)

    step = ask(steps, "x1", reducing=True)

    assert [] == refused(step)
    assert ["x1"] == serve_all(steps)


@pytest.mark.parametrize(
    ("status", "code", "text", "retry_after_s", "paused_s"),
    [
        (429, -1003, "too many", 7, 7),
        (429, 0, "", -1, 60),
        (400, -1003, "too many", -1, 60),
        (418, -1003, f"banned until {NOW_MS + 90_000}", -1, 90),
        (418, 0, "", -1, 120),
        (403, 0, "firewall", -1, 120),
    ],
)
def test_the_venues_stop_is_kept_by_everybody(
    status: int, code: int, text: str, retry_after_s: int, paused_s: int
) -> None:
    steps = bench()
    steps.tell(evolve(USED, status=status, code=code, text=text, retry_after_s=retry_after_s))
    ask(steps, "query", QueryOne, reducing=True)

    tokens = serve_all(steps)

    assert (["query"], paused_s * SECOND) == (tokens, steps.now_ns - START_NS)


def test_a_stop_is_told_to_people_with_its_words() -> None:
    step = bench().tell(evolve(USED, status=429, code=-1003, text="slow down", retry_after_s=5))

    alert = AlertRaised(Severity.WARNING, "rate_limit", "all", "status 429: slow down")
    assert [alert] == step.to("event_bus")


@pytest.mark.parametrize(("code", "placements_only"), [(-1003, False), (-1015, True)])
def test_a_stop_voids_the_permits_that_the_lanes_hold(code: int, *, placements_only: bool) -> None:
    step = bench().tell(evolve(USED, status=429, code=code, retry_after_s=5))

    paused = RequestsPaused(START_NS + 5 * SECOND, placements_only)
    assert (("lane_opening", paused), ("lane_reducing", paused)) == step.urgent


def test_stops_in_a_row_last_longer_and_an_answer_that_worked_ends_the_row() -> None:
    steps = bench()
    waits: list[int] = []
    for status in (429, 429, 429, 429, 200, 429):
        observe(steps, status=status)
        if status == 200:
            continue
        begun_ns = steps.now_ns
        ask(steps, "query", QueryOne, reducing=True)
        serve_all(steps)
        waits.append((steps.now_ns - begun_ns) // SECOND)

    assert [60, 120, 240, 300, 60] == waits


def test_an_answer_without_trouble_stops_nobody() -> None:
    steps = bench()

    step = observe(steps, weight_used_1m=10, orders_used_10s=1, orders_used_1m=1)

    assert () == step.tells
    assert ["t1"] == granted(ask(steps, "t1"))


def test_the_venues_own_count_holds_back_what_it_leaves_no_room_for() -> None:
    steps = bench()
    steps.now_ns += 20 * SECOND
    observe(steps, weight_used_1m=2_160)

    assert [] == granted(ask(steps, "read", ReadAccount))
    assert ["query"] == granted(ask(steps, "query", QueryOne, reducing=True))


def test_a_window_that_gets_full_is_told_once_and_again_when_it_is_fuller() -> None:
    steps = bench()
    steps.now_ns += 20 * SECOND
    texts: list[str] = []
    for used in (1_919, 1_920, 1_921, 2_160, 2_161):
        steps_told = observe(steps, weight_used_1m=used).to("event_bus")
        texts += [alert.text for alert in steps_told if alert.alert == "rate_usage"]
    texts += [alert.text for alert in observe(steps).to("event_bus")]

    assert ["warn: 1920 of 2400 used", "reserve: 2160 of 2400 used"] == texts


def test_a_window_that_emptied_may_be_told_full_again() -> None:
    steps = bench()
    alerts: list[object] = []
    for _ in range(2):
        steps.now_ns = (steps.now_ns // MINUTE + 1) * MINUTE + 20 * SECOND
        observe(steps)
        observe(steps, weight_used_1m=2_000)
        alerts += observe(steps).told(AlertRaised)

    assert 2 == len(alerts)


def test_a_start_with_other_limits_keeps_the_counts_and_refuses_what_fits_no_longer() -> None:
    steps = bench()
    count = drain(steps)
    pause(steps)
    ask(steps, "list", ListOpenOrders, reducing=True)
    changed = RateLimiter(LimiterSettings(weight_1m_max=120, orders_1m_max=600), 100)
    changed.state, steps.actor = steps.actor.state, changed

    started = steps.start()

    budgets = steps.actor.state.budgets.budgets
    assert 1 == len(started.facts)
    assert [("list", "needs 40 of weight_1m")] == refused(steps.fire("tick"))
    assert (600, count) == (budgets[2].limit, budgets[2].used)


def test_pauses_are_counted_on_the_venues_clock() -> None:
    steps = bench()
    steps.tell(ClockChanged(offset_ns=30 * SECOND, error_ns=0, trusted=True))
    observe(steps, status=418, text=f"banned until {NOW_MS + 90_000}")
    ask(steps, "query", QueryOne, reducing=True)

    serve_all(steps)

    assert 60 * SECOND == steps.now_ns - START_NS


def test_a_rebuilt_limiter_keeps_its_budgets_and_serves_who_waits() -> None:
    steps = bench()
    pause(steps)
    ask(steps, "x1", reducing=True)

    again = steps.start()

    assert () == again.facts, "the limits are the same"
    assert ["x1"] == serve_all(steps)
    assert 5 * SECOND == steps.now_ns - START_NS
