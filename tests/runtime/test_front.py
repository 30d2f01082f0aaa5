"""Front: what a host may say, what it is answered, and what becomes of what it may not."""

import gc
import threading
from decimal import Decimal
from typing import Any

import pykka
import pytest

from callboard.actors.errors import Refused
from callboard.actors.runtime.front import (
    RESERVE,
    STOPPING,
    Request,
    StopIntake,
    Subscribe,
    Unsubscribe,
)
from callboard.messages.control import TripBreaker
from callboard.messages.events import CommandRefused, OrderCancelled, OrderRefused
from callboard.messages.intake import (
    CancelOrder,
    EmergencyStateChanged,
    FlattenPositions,
    HaltTrading,
    ResumeTrading,
)
from callboard.messages.queries import GetPositions, GetStatus, GetSummary
from callboard.messages.values import TradingState
from support.engines import STATUS, Collector, Engine, engine, signal, start_engine
from support.worlds import WAIT_SECONDS


def settle(running: Engine) -> None:
    """Wait until everything told before has been handled."""
    assert STATUS == running.ref.ask(GetStatus(), timeout=WAIT_SECONDS)


def subscribed(running: Engine) -> Collector:
    """Subscribe to everything and wait until it is done."""
    collector = Collector()
    running.ref.ask(Subscribe(collector), timeout=WAIT_SECONDS)
    return collector


def fill(running: Engine, count: int) -> None:
    """Hold the core with a first signal in its hands, and let the others wait behind it."""
    running.gate.clear()
    running.entered.clear()
    running.ref.ask(signal("waiting 0"), timeout=WAIT_SECONDS)
    assert running.entered.wait(WAIT_SECONDS)
    for number in range(1, count):
        running.ref.ask(signal(f"waiting {number}"), timeout=WAIT_SECONDS)


def test_an_asked_command_is_answered_with_none_once_it_is_taken() -> None:
    with engine() as running:
        answer = running.ref.ask(signal("s1"), timeout=WAIT_SECONDS)
        settle(running)

    assert None is answer
    assert [signal("s1")] == running.witness.of("s1")


def test_a_command_is_correlated_by_its_own_id() -> None:
    with engine() as running:
        running.ref.tell(HaltTrading("c1", "drill"))
        running.ref.tell(EmergencyStateChanged("CRITICAL", "sentinel", 5))
        settle(running)

    assert [HaltTrading("c1", "drill")] == running.witness.of("c1")
    assert [EmergencyStateChanged("CRITICAL", "sentinel", 5)] == running.witness.of("sentinel")


def test_a_query_is_answered_by_its_owner() -> None:
    with engine() as running:
        assert STATUS == running.ref.ask(GetStatus(), timeout=WAIT_SECONDS)


def test_a_query_that_its_owner_leaves_unanswered_is_refused() -> None:
    with engine() as running, pytest.raises(Refused, match="unanswered"):
        running.ref.ask(GetSummary(), timeout=WAIT_SECONDS)


@pytest.mark.parametrize(
    "stranger", ["hello", 42, None, {"command": "halt"}, TripBreaker(TradingState.HALTED, "me")]
)
def test_anything_but_commands_and_queries_is_refused_and_counted(stranger: object) -> None:
    with engine() as running:
        with pytest.raises(Refused, match="not_accepted"):
            running.ref.ask(stranger, timeout=WAIT_SECONDS)
        running.ref.tell(stranger)
        settle(running)

    assert {"not_accepted": 1} == running.door.refused


def test_a_proxy_cannot_reach_into_the_front() -> None:
    with engine() as running, pytest.raises(Refused, match="not_accepted"):
        running.ref.proxy().on_stop().get(timeout=WAIT_SECONDS)


def test_a_float_for_a_price_is_refused_with_its_name_and_the_front_lives_on() -> None:
    wrong: Any = 0.1
    with engine() as running:
        with pytest.raises(Refused, match="malformed"):
            running.ref.ask(signal(price=wrong), timeout=WAIT_SECONDS)
        settle(running)

    assert [] == running.witness.of("s1")


def test_a_told_signal_that_is_malformed_becomes_an_event() -> None:
    wrong: Any = 0.1
    with engine() as running:
        collector = subscribed(running)
        running.ref.tell(signal("s7", price=wrong))
        (event,) = collector.wait_count(1)

    assert isinstance(event, OrderRefused)
    assert ("s7", "front") == (event.signal_id, event.guard)
    assert "malformed" in event.reason


def test_the_core_gets_the_message_that_the_journal_can_repeat() -> None:
    with engine() as running:
        running.ref.ask(signal(price=Decimal("0.10")), timeout=WAIT_SECONDS)
        settle(running)

    (got,) = running.witness.of("s1")
    assert "0.10" == str(got.price)


def test_an_ask_over_the_bound_is_refused_with_queue_full() -> None:
    with engine(inbox_max=3) as running:
        fill(running, 4)

        with pytest.raises(Refused, match="queue_full"):
            running.ref.ask(signal("one too many"), timeout=WAIT_SECONDS)


def test_a_told_signal_over_the_bound_never_vanishes() -> None:
    with engine(inbox_max=3) as running:
        collector = subscribed(running)
        fill(running, 4)

        running.ref.tell(signal("one too many"))
        running.ref.tell(FlattenPositions("c9"))
        first, second = collector.wait_count(2)

    assert OrderRefused("one too many", "BTCUSDT", "front", "3", "3", "queue_full") == first
    assert CommandRefused("c9", "queue_full") == second


def test_the_brakes_have_a_reserve_above_the_bound() -> None:
    with engine(inbox_max=3) as running:
        fill(running, 4)

        assert None is running.ref.ask(HaltTrading("c1", "now"), timeout=WAIT_SECONDS)

    assert RESERVE > 0
    assert [HaltTrading("c1", "now")] == running.witness.of("c1")


def test_brakes_overtake_waiting_signals_and_keep_their_own_order() -> None:
    with engine() as running:
        fill(running, 3)
        running.ref.ask(ResumeTrading("c1", "before"), timeout=WAIT_SECONDS)
        running.ref.ask(HaltTrading("c2", "after"), timeout=WAIT_SECONDS)
        running.gate.set()
        settle(running)

    order = [who for who, _ in running.witness.seen]
    assert ["waiting 0", "c1", "c2", "waiting 1", "waiting 2"] == order[:5]


def test_a_flatten_never_overtakes_a_signal_that_came_before() -> None:
    with engine() as running:
        fill(running, 2)
        running.ref.ask(FlattenPositions("c1"), timeout=WAIT_SECONDS)
        running.gate.set()
        settle(running)

    order = [who for who, _ in running.witness.seen]
    assert ["waiting 0", "waiting 1", "c1"] == order[:3]


def test_subscribers_get_events_until_they_unsubscribe() -> None:
    with engine() as running:
        first, second = subscribed(running), subscribed(running)
        running.ref.ask(CancelOrder("c1", "s1"), timeout=WAIT_SECONDS)
        events = first.wait_count(1)
        running.ref.ask(Unsubscribe(first), timeout=WAIT_SECONDS)
        running.ref.ask(CancelOrder("c2", "s2"), timeout=WAIT_SECONDS)
        second.wait_count(2)

    assert [OrderCancelled("s1", "", "", Decimal(0))] == events
    assert 1 == len(first.events)


def test_a_request_is_answered_by_its_callable_and_one_that_raises_harms_nobody() -> None:
    answers = Collector()

    def broken(_answer: object) -> None:
        raise RuntimeError("the loop is closed")

    with engine() as running:
        running.ref.tell(Request(GetStatus(), broken))
        running.ref.tell(Request(GetStatus(), answers))
        running.ref.tell(Request("hello", answers))
        got = answers.wait_count(2)
        settle(running)

    refused, answered = sorted(got, key=lambda each: each == STATUS)
    assert ("refused: not_accepted", STATUS) == (str(refused), answered)


def test_stopping_the_front_stops_the_whole_tree() -> None:
    running = start_engine()

    stopped = running.ref.stop(block=True, timeout=WAIT_SECONDS)

    assert (True, [()]) == (stopped, running.stuck)
    assert [] == [each.name for each in running.host.threads() if each.is_alive()]


def test_a_hosts_stop_all_meets_the_front_alone_and_ends_everything() -> None:
    running = start_engine()
    registered = pykka.ActorRegistry.get_all()

    pykka.ActorRegistry.stop_all(timeout=WAIT_SECONDS)

    assert [running.ref] == registered
    assert [] == [each.name for each in running.host.threads() if each.is_alive()]


def test_two_engines_in_one_process_do_not_meet() -> None:
    with engine() as one, engine() as other:
        one.ref.ask(signal("mine"), timeout=WAIT_SECONDS)
        settle(one)
        settle(other)

    assert ([signal("mine")], []) == (one.witness.of("mine"), other.witness.of("mine"))


def test_whoever_waits_for_an_answer_when_the_engine_stops_is_answered() -> None:
    running = start_engine()
    fill(running, 1)
    queries = [running.ref.ask(GetPositions(), block=False) for _ in range(3)]
    stop = running.ref.stop(block=False)
    late = running.ref.ask(GetPositions(), block=False)

    running.gate.set()
    stop.get(timeout=WAIT_SECONDS)

    for future in [*queries, late]:
        with pytest.raises((pykka.ActorDeadError, Refused)):
            future.get(timeout=WAIT_SECONDS)
    with pytest.raises(pykka.ActorDeadError):
        running.ref.tell(GetStatus())


def test_an_engine_about_to_stop_takes_no_signal_and_still_takes_what_brakes_it() -> None:
    with engine() as running:
        collector = subscribed(running)
        running.ref.ask(StopIntake(), timeout=WAIT_SECONDS)

        with pytest.raises(Refused) as asked:
            running.ref.ask(signal("asked"), timeout=WAIT_SECONDS)
        running.ref.tell(signal("told"))
        running.ref.ask(HaltTrading("h1", "enough"), timeout=WAIT_SECONDS)
        (refused,) = collector.wait_count(1)
        settle(running)

    assert STOPPING == asked.value.reason
    assert ("told", "front", STOPPING) == (refused.signal_id, refused.guard, refused.reason)
    assert [HaltTrading("h1", "enough")] == running.witness.of("h1")


def test_the_engine_lives_without_anybody_holding_its_inner_refs() -> None:
    with engine() as running:
        gc.collect()

        settle(running)


def test_an_event_bus_that_is_stuck_in_a_subscriber_does_not_hold_the_core() -> None:
    entered, release = threading.Event(), threading.Event()

    def stuck(_event: object) -> None:
        entered.set()
        release.wait(WAIT_SECONDS)

    with engine() as running:
        running.ref.ask(Subscribe(stuck), timeout=WAIT_SECONDS)
        running.ref.ask(CancelOrder("c1", "s1"), timeout=WAIT_SECONDS)
        assert entered.wait(WAIT_SECONDS)

        settle(running)
        release.set()
