"""EventBus: hands events to subscribers, each from a thread of its own.

Owns the subscriptions, and the line of the log that every alert is. A subscriber is a callable, a
Pykka ref (told), or anything with `put_nowait`. Bound: `queue_max` events wait for each; beyond it
the oldest is dropped and counted, so that a stuck subscriber holds up neither the core nor another
subscriber. One that raises goes on with the next event and is counted; a dead ref is unsubscribed.
The subscriptions outlive a rebuilt bus, except those with markers, which are told that they have
ended.
"""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, TypeGuard

import pykka
from attrs import asdict, define

from ...messages.events import AlertRaised
from ..runtime.actor import Context, EdgeActor
from ..runtime.front import (
    EventsDropped,
    Subscribe,
    SubscriberGoneError,
    SubscriptionEnded,
    Unsubscribe,
)

CLOSE_SECONDS = 1.0
"""How long the bus waits, in all, for its subscribers to take what they were sent."""


@define(eq=False)
class Counts:
    """What became of the events of one subscriber."""

    delivered: int = 0
    dropped: int = 0
    raised: int = 0


class Delivery:
    """The queue and the thread of one subscriber."""

    def __init__(self, subscribe: Subscribe) -> None:
        self.subscribe = subscribe
        self.counts = Counts()
        self.is_gone = False
        self._deliver = deliverer(subscribe.handler)
        self._events: deque[Any] = deque()
        self._dropped_here = 0
        self._is_ending = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="callboard-subscriber", daemon=True)
        self._thread.start()

    def wants(self, event: object) -> bool:
        """Say whether the event is of a class that was asked for."""
        wanted = self.subscribe.events
        return not wanted or isinstance(event, wanted)

    def push(self, event: object) -> None:
        """Queue an event; never waits."""
        with self._changed:
            self._events.append(event)
            if len(self._events) > self.subscribe.queue_max:
                self._events.popleft()
                self._dropped_here += 1
                self.counts.dropped += 1
            self._changed.notify()

    def end(self) -> None:
        """Let the thread end after what is queued."""
        with self._changed:
            self._is_ending = True
            self._changed.notify()

    def join(self, seconds: float) -> bool:
        """Wait for the thread; False if it is stuck in its subscriber."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            for event in batch:
                self._hand(event)
        if self.subscribe.markers:
            self._hand(SubscriptionEnded())

    def _next(self) -> tuple[Any, ...] | None:
        """Wait for an event, with the marker of a gap before it; None at the end."""
        with self._changed:
            while not self._events and not self._is_ending:
                self._changed.wait()
            if not self._events or self.is_gone:
                return None
            dropped, self._dropped_here = self._dropped_here, 0
            event = self._events.popleft()
        marked = dropped > 0 and self.subscribe.markers
        return (EventsDropped(dropped), event) if marked else (event,)

    def _hand(self, event: object) -> None:
        if self.is_gone:
            return
        try:
            self._deliver(event)
            self.counts.delivered += 1
        except SubscriberGoneError:
            self.is_gone = True
            self.end()
        except BaseException:  # noqa: BLE001 - whatever a subscriber raises is its own affair
            self.counts.raised += 1


class Subscriptions:
    """Who wants which events; shared by all lives of one bus."""

    def __init__(self) -> None:
        self._deliveries: list[Delivery] = []

    def add(self, subscribe: Subscribe) -> None:
        """Begin to deliver; a second subscription of a handler replaces the first."""
        self.remove(subscribe.handler)
        self._deliveries.append(Delivery(subscribe))

    def remove(self, handler: object) -> None:
        """End the delivery to a handler, if there is one."""
        for delivery in self._deliveries:
            if delivery.subscribe.handler == handler:
                delivery.end()
        self._deliveries = [each for each in self._deliveries if each.subscribe.handler != handler]

    def publish(self, event: object) -> None:
        """Queue an event for everybody who wants it; never waits."""
        if not self._deliveries:
            return
        if any(delivery.is_gone for delivery in self._deliveries):
            self._deliveries = [each for each in self._deliveries if not each.is_gone]
        for delivery in self._deliveries:
            if delivery.wants(event):
                delivery.push(event)

    def counts(self, handler: object) -> Counts | None:
        """Return what became of a handler's events, None if it is not subscribed."""
        found = (each.counts for each in self._deliveries if each.subscribe.handler == handler)
        return next(found, None)

    def pause(self, seconds: float) -> None:
        """End every thread, waiting at most `seconds` for each; the handlers are remembered."""
        for delivery in self._deliveries:
            delivery.end()
        for delivery in self._deliveries:
            delivery.join(seconds)

    def go_on(self) -> None:
        """Deliver again to the remembered handlers; one with markers knows that it has ended."""
        remembered = [each.subscribe for each in self._deliveries if not each.subscribe.markers]
        self._deliveries = [Delivery(subscribe) for subscribe in remembered]


class EventBus(EdgeActor):
    """The edge between the core's events and whoever wants them."""

    def __init__(self, subscriptions: Subscriptions | None = None) -> None:
        self.subscriptions = Subscriptions() if subscriptions is None else subscriptions

    def receive(self, message: Any, ctx: Context) -> None:
        """Take a subscription, or hand an event on; an alert is a line of the log, too."""
        match message:
            case Subscribe():
                self.subscriptions.add(message)
            case Unsubscribe(handler=handler):
                self.subscriptions.remove(handler)
            case AlertRaised():
                ctx.log("alert_raised", **(asdict(message) | {"severity": message.severity.value}))
                self.subscriptions.publish(message)
            case _:
                self.subscriptions.publish(message)

    def resume(self, ctx: Context) -> None:  # noqa: ARG002 - it needs nothing of the engine
        """Deliver to whoever had subscribed before."""
        self.subscriptions.go_on()

    def close(self) -> None:
        """Deliver what is queued, then end the threads."""
        self.subscriptions.pause(CLOSE_SECONDS)


def deliverer(handler: Any) -> Callable[[Any], None]:
    """Return how events reach a handler.

    Raises:
        TypeError: It is none of the three kinds.
    """
    if _is_ref(handler):
        return lambda event: _tell(handler, event)
    if callable(handler):
        return handler  # type: ignore[no-any-return]  # a host's own callable
    if hasattr(handler, "put_nowait"):
        return handler.put_nowait  # type: ignore[no-any-return]  # a queue of the host
    raise TypeError(f"cannot deliver events to {handler!r}")


def _is_ref(handler: object) -> TypeGuard[pykka.ActorRef[Any]]:
    return isinstance(handler, pykka.ActorRef)


def _tell(ref: pykka.ActorRef[Any], event: object) -> None:
    try:
        ref.tell(event)
    except pykka.ActorDeadError as error:
        raise SubscriberGoneError(str(ref)) from error
