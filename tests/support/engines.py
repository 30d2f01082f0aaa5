"""Engines: a small system behind a real front, for tests of the rim.

Holds a toy in the place of ExecutionSystem, one owner of all answers, and the real event bus.
"""

import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pykka
from attrs import define, field

from callboard.actors.adapters.event_bus import EventBus, Subscriptions
from callboard.actors.runtime.actor import Actor, Context
from callboard.actors.runtime.front import QUERIES, Door, Front
from callboard.actors.runtime.kernel import Kernel
from callboard.actors.runtime.threads import ThreadedHost
from callboard.messages.codec import Codec
from callboard.messages.events import OrderCancelled
from callboard.messages.intake import CancelOrder, SubmitSignal
from callboard.messages.queries import EngineStatus, GetStatus, GetSummary
from callboard.messages.values import SignalType, TradingState
from support.toys import Witness
from support.worlds import WAIT_SECONDS, FastClock

STATUS = EngineStatus(TradingState.ACTIVE, 1, "", (), venue_open=False)


class Desk(Actor):
    """Answers `GetStatus`, cancels what it is told to, and can be held at a gate."""

    def __init__(self, witness: Witness, gate: threading.Event, entered: threading.Event) -> None:
        super().__init__()
        self.witness = witness
        self.gate = gate
        self.entered = entered

    def receive(self, message: Any, ctx: Context) -> None:
        """Note the message, once the gate is open; leave `GetSummary` unanswered."""
        self.entered.set()
        self.gate.wait(WAIT_SECONDS)
        self.witness.note(ctx.correlation, message)
        if isinstance(message, GetStatus):
            ctx.reply(STATUS)
        elif isinstance(message, CancelOrder):
            ctx.tell("event_bus", OrderCancelled(message.signal_id, "", "", Decimal(0)))
        elif not isinstance(message, GetSummary | SubmitSignal):
            ctx.log("noted")


@define(eq=False)
class Engine:
    """A running system."""

    ref: pykka.ActorRef[Front]
    host: ThreadedHost
    kernel: Kernel
    door: Door
    witness: Witness
    gate: threading.Event
    entered: threading.Event
    """Set when the desk has a message in its hands."""
    subscriptions: Subscriptions
    stuck: list[tuple[str, ...]] = field(factory=list[tuple[str, ...]])


def signal(signal_id: str = "s1", *, price: Decimal | None = None) -> SubmitSignal:
    """Make a signal."""
    return SubmitSignal(signal_id, 0, SignalType.LONG_ENTRY, "BTCUSDT", price=price)


def start_engine(*, inbox_max: int = 100) -> Engine:
    """Start a system; its gate is open."""
    witness, subscriptions = Witness(), Subscriptions()
    gate, entered = threading.Event(), threading.Event()
    gate.set()
    host = ThreadedHost(FastClock())
    kernel = Kernel(Codec(), host, "seed")
    host.attach(kernel)
    kernel.add("event_bus", lambda: EventBus(subscriptions))
    kernel.add("execution_system", lambda: Desk(witness, gate, entered))
    stuck: list[tuple[str, ...]] = []
    door = Door(
        kernel,
        host,
        dict.fromkeys(QUERIES, "execution_system"),
        lambda: stuck.append(host.stop()),
        inbox_max,
    )
    host.start()
    ref = Front.start(door)
    return Engine(ref, host, kernel, door, witness, gate, entered, subscriptions, stuck)


@contextmanager
def engine(*, inbox_max: int = 100) -> Generator[Engine]:
    """Run a system for a test, and demand that every thread has ended afterwards."""
    running = start_engine(inbox_max=inbox_max)
    try:
        yield running
    finally:
        running.gate.set()
        running.ref.stop(block=True, timeout=WAIT_SECONDS)
    assert [()] == running.stuck
    assert [] == [thread.name for thread in running.host.threads() if thread.is_alive()]


class Collector:
    """A subscriber that keeps events and can be waited for."""

    def __init__(self) -> None:
        self.events: list[Any] = []
        self.changed = threading.Condition()

    def __call__(self, event: Any) -> None:
        """Keep an event."""
        with self.changed:
            self.events.append(event)
            self.changed.notify_all()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until the events are so."""
        with self.changed:
            assert self.changed.wait_for(condition, WAIT_SECONDS), self.events

    def wait_count(self, count: int) -> list[Any]:
        """Wait for so many events and return them."""
        self.wait_for(lambda: len(self.events) >= count)
        return list(self.events)
