"""Aio: ask the engine and follow its events from an asyncio loop, without blocking it.

The far end of the threaded host. Owns nothing of the engine: both functions talk to the front's
ref, and answers come back by `loop.call_soon_threadsafe`. Awaiting a Pykka future itself blocks
the whole loop. Bound: events wait in a queue of `queue_max`; beyond it the oldest is dropped and
an `EventsDropped` marks the gap. A loop that is closed loses its answers and nothing else happens.
"""

import asyncio
import threading
from collections import deque
from typing import Any, Self

import pykka

from .runtime.front import (
    EventsDropped,
    Request,
    Subscribe,
    SubscriberGoneError,
    SubscriptionEnded,
    Unsubscribe,
)

ASK_SECONDS = 5.0
QUEUE_MAX = 1_024


async def ask(
    ref: pykka.ActorRef[Any],
    message: object,
    *,
    timeout: float | None = ASK_SECONDS,  # noqa: ASYNC109 - an ask has one everywhere
) -> Any:
    """Ask the front; `timeout` in seconds, None to wait for as long as it takes.

    Raises:
        TimeoutError: No answer within `timeout`; the engine may still carry a command out.
        Refused: The front or the owner of the answer refuses; nothing happened.
        pykka.ActorDeadError: The engine has stopped.
    """
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()

    def resolve(value: Any) -> None:
        if future.done():
            return
        if isinstance(value, BaseException):
            future.set_exception(value)
        else:
            future.set_result(value)

    def answer(value: Any) -> None:
        loop.call_soon_threadsafe(resolve, value)

    ref.tell(Request(message, answer))
    async with asyncio.timeout(timeout):
        return await future


def events(
    ref: pykka.ActorRef[Any], *classes: type | str, queue_max: int = QUEUE_MAX
) -> "EventStream":
    """Follow events of these classes, all without one, from now on; ends when the engine stops.

    A class may be named by its name or its topic; a name of no event is a `ValueError`.

    Call it on the loop's thread. Leave the stream by `async with` or `aclose`, so that the engine
    stops collecting for it.
    """
    stream = EventStream(ref, asyncio.get_running_loop(), queue_max)
    ref.tell(Subscribe(stream.push, classes, queue_max=queue_max, markers=True))
    return stream


class EventStream:
    """Events on their way from the engine's thread to one consumer on a loop."""

    def __init__(
        self, ref: pykka.ActorRef[Any], loop: asyncio.AbstractEventLoop, queue_max: int
    ) -> None:
        self._ref = ref
        self._loop = loop
        self._queue_max = queue_max
        self._events: deque[Any] = deque()
        self._dropped = 0
        self._has_ended = False
        self._lock = threading.Lock()
        self._changed = asyncio.Event()
        self._wake_is_due = False

    def push(self, event: Any) -> None:
        """Take an event on the engine's thread; wakes the loop once for all that wait."""
        with self._lock:
            if isinstance(event, EventsDropped):
                self._dropped += event.count
            elif isinstance(event, SubscriptionEnded):
                self._has_ended = True
            else:
                self._events.append(event)
                if len(self._events) > self._queue_max:
                    self._events.popleft()
                    self._dropped += 1
            wakes = not self._wake_is_due
            self._wake_is_due = True
        if wakes:
            self._wake_loop()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        while True:
            event = self._take()
            if event is not None:
                return event
            if self._has_ended:
                raise StopAsyncIteration
            self._changed.clear()
            await self._changed.wait()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop collecting; an iteration under way ends."""
        try:
            self._ref.tell(Unsubscribe(self.push))
        except pykka.ActorDeadError:
            self._has_ended = True
        self._has_ended = True
        self._events.clear()
        self._changed.set()

    def _wake_loop(self) -> None:
        try:
            self._loop.call_soon_threadsafe(self._wake)
        except RuntimeError as error:
            raise SubscriberGoneError("the loop is closed") from error

    def _wake(self) -> None:
        with self._lock:
            self._wake_is_due = False
        self._changed.set()

    def _take(self) -> Any:
        with self._lock:
            if self._dropped:
                dropped, self._dropped = self._dropped, 0
                return EventsDropped(dropped)
            return self._events.popleft() if self._events else None
