"""Event bus: who gets which events, and what a slow or broken subscriber does."""

import queue
import threading
from decimal import Decimal
from random import Random
from typing import Any

import pykka
import pytest

from callboard.actors.adapters.event_bus import EventBus, Subscriptions, deliverer
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.front import (
    EventsDropped,
    Subscribe,
    SubscriptionEnded,
    Unsubscribe,
)
from callboard.actors.runtime.step import StepContext, run_step
from callboard.messages.events import AlertRaised, EngineReady, OrderCancelled
from callboard.messages.lifecycle import ActorStarted
from callboard.messages.values import Severity
from support.engines import Collector
from support.worlds import WAIT_SECONDS


def cancelled(signal_id: str) -> OrderCancelled:
    """Make an event."""
    return OrderCancelled(signal_id, "", "", Decimal(0))


class Bus:
    """An event bus that is given one message at a time."""

    def __init__(self, subscriptions: Subscriptions | None = None) -> None:
        self.bus = EventBus(subscriptions)

    def give(self, *messages: object) -> list[tuple[str, dict[str, object]]]:
        """Run one step for each message; return what they log."""
        logged: list[tuple[str, dict[str, object]]] = []
        for message in messages:
            envelope = Envelope("event_bus", message, "", "host", 0, "")
            context = StepContext("event_bus", Random(1))
            error = run_step(self.bus, context, envelope, 0)
            assert error is None, error
            logged += context.logs
        return logged


class Gate:
    """A subscriber that is stuck until it is let go."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.release = threading.Event()
        self.collector = Collector()

    def __call__(self, event: Any) -> None:
        """Wait, then keep the event."""
        self.entered.set()
        self.release.wait(WAIT_SECONDS)
        self.collector(event)


def test_a_callable_gets_every_event_in_order() -> None:
    collector, bus = Collector(), Bus()
    bus.give(Subscribe(collector))

    bus.give(*(cancelled(str(number)) for number in range(50)))

    assert [cancelled(str(number)) for number in range(50)] == collector.wait_count(50)
    bus.bus.close()


def test_a_subscriber_gets_only_the_classes_that_it_asked_for() -> None:
    collector, bus = Collector(), Bus()
    bus.give(Subscribe(collector, (EngineReady,)))

    bus.give(cancelled("s1"), EngineReady(1))

    assert [EngineReady(1)] == collector.wait_count(1)
    bus.bus.close()


def test_an_alert_is_a_line_of_the_log_whoever_has_subscribed() -> None:
    """Else a ban is a silence that nobody can explain."""
    logged = Bus().give(
        cancelled("s1"), AlertRaised(Severity.WARNING, "rate_limit", "ban", "status 403: firewall")
    )

    told = {"severity": "WARNING", "alert": "rate_limit", "subject": "ban"}
    assert [("alert_raised", told | {"text": "status 403: firewall"})] == logged


def test_a_queue_is_filled_from_the_subscribers_own_thread() -> None:
    waiting: queue.Queue[Any] = queue.Queue()
    bus = Bus()
    bus.give(Subscribe(waiting))

    bus.give(cancelled("s1"))

    assert cancelled("s1") == waiting.get(timeout=WAIT_SECONDS)
    bus.bus.close()


class Listener(pykka.ThreadingActor):
    """A host's own actor."""

    use_daemon_thread = True

    def __init__(self, collector: Collector) -> None:
        super().__init__()
        self.collector = collector

    def on_receive(self, message: Any) -> None:
        """Keep the event."""
        self.collector(message)


def test_an_actor_is_told_and_unsubscribed_when_it_is_dead() -> None:
    collector, bus = Collector(), Bus()
    ref = Listener.start(collector)
    bus.give(Subscribe(ref), cancelled("s1"))
    assert [cancelled("s1")] == collector.wait_count(1)

    ref.stop(block=True, timeout=WAIT_SECONDS)
    bus.give(cancelled("s2"))
    bus.bus.close()
    bus.give(cancelled("s3"))

    assert None is bus.bus.subscriptions.counts(ref)
    assert 1 == len(collector.events)


def test_a_subscriber_that_raises_gets_the_next_event_all_the_same() -> None:
    collector, bus = Collector(), Bus()

    def broken(event: Any) -> None:
        collector(event)
        raise SystemExit("a host's own bug")

    bus.give(Subscribe(broken), cancelled("s1"), cancelled("s2"))

    assert 2 == len(collector.wait_count(2))
    counts = bus.bus.subscriptions.counts(broken)
    bus.bus.close()
    assert counts is not None
    assert (0, 2) == (counts.delivered, counts.raised)


def test_a_stuck_subscriber_holds_up_neither_the_bus_nor_another() -> None:
    gate, collector, bus = Gate(), Collector(), Bus()
    bus.give(Subscribe(gate), Subscribe(collector))

    bus.give(*(cancelled(str(number)) for number in range(20)))

    assert 20 == len(collector.wait_count(20))
    assert [] == gate.collector.events
    gate.release.set()
    bus.bus.close()


def test_a_slow_subscriber_loses_the_oldest_events_and_they_are_counted() -> None:
    gate, bus = Gate(), Bus()
    bus.give(Subscribe(gate, queue_max=2, markers=True), cancelled("first"))
    assert gate.entered.wait(WAIT_SECONDS)

    bus.give(*(cancelled(str(number)) for number in range(5)))
    counts = bus.bus.subscriptions.counts(gate)
    gate.release.set()
    got = gate.collector.wait_count(4)
    bus.bus.close()

    assert [cancelled("first"), EventsDropped(3), cancelled("3"), cancelled("4")] == got[:4]
    assert counts is not None
    assert 3 == counts.dropped


def test_without_markers_a_subscriber_gets_events_alone() -> None:
    gate, bus = Gate(), Bus()
    bus.give(Subscribe(gate, queue_max=1), cancelled("first"))
    assert gate.entered.wait(WAIT_SECONDS)

    bus.give(cancelled("lost"), cancelled("last"))
    gate.release.set()
    bus.bus.close()

    assert [cancelled("first"), cancelled("last")] == gate.collector.wait_count(2)


def test_subscribing_again_replaces_the_first_subscription() -> None:
    collector, bus = Collector(), Bus()
    bus.give(Subscribe(collector), Subscribe(collector, (EngineReady,)))

    bus.give(cancelled("s1"), EngineReady(1))
    bus.bus.close()

    assert [EngineReady(1)] == collector.wait_count(1)


def test_nothing_is_handed_to_whoever_has_unsubscribed() -> None:
    collector, bus = Collector(), Bus()
    bus.give(Subscribe(collector), Unsubscribe(collector), Unsubscribe("a stranger"))

    bus.give(cancelled("s1"))
    bus.bus.close()

    assert [] == collector.events


def test_closing_delivers_what_is_queued_and_then_the_end_marker() -> None:
    collector, bus = Collector(), Bus()
    bus.give(Subscribe(collector, markers=True), cancelled("s1"), cancelled("s2"))

    bus.bus.close()

    assert [cancelled("s1"), cancelled("s2"), SubscriptionEnded()] == collector.wait_count(3)


def test_subscriptions_outlive_a_rebuilt_bus() -> None:
    collector, subscriptions = Collector(), Subscriptions()
    old = Bus(subscriptions)
    old.give(Subscribe(collector), cancelled("s1"))
    old.bus.close()

    new = Bus(subscriptions)
    new.give(ActorStarted(2), cancelled("s2"))

    assert [cancelled("s1"), cancelled("s2")] == collector.wait_count(2)
    new.bus.close()


def test_what_cannot_take_events_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="cannot deliver events to 42"):
        deliverer(42)
