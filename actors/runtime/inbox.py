"""Inbox: two priorities, timers and a guarded rim, in the place of Pykka's queue.

A part of the threaded host. Pykka's loop calls `get` and, once the actor has stopped, `empty`; its
refs call `put`. Messages of the core come in by `deliver` without a lock, what comes from outside
by `put` under one, so that a stop and an ask can never miss each other. `get` waits until there is
work or the next timer is due: no timer thread, no polling.

Bound: the door refuses at the rim (an ask is answered with `Refused`, a tell is reported);
messages of the core are never refused. A closed inbox answers an ask with `ActorDeadError`.
Source: Pykka 4.4.2 to 4.5.0, `_actor.py`, the hook `_create_actor_inbox`.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from heapq import heapify, heappop, heappush
from typing import Any, Protocol, TypeVar

import pykka
import pykka.messages
from attrs import define, field, frozen

from ..errors import Refused
from ..ports import Clock
from .envelope import Envelope, Timer

T = TypeVar("T")

CLOSED = "closed"

WAIT_SECONDS_MAX = 60.0
"""Longest sleep: bounds the harm of a wall clock that jumps forward while a timer is awaited."""

GARBAGE_MAX = 64
"""Replaced timers left in the heap beside as many live ones before it is swept."""

PROXY_MESSAGES = (
    pykka.messages.ProxyCall,
    pykka.messages.ProxyGetAttr,
    pykka.messages.ProxySetAttr,
)


class RimEnvelope(Protocol):
    """What Pykka's loop and refs need of an envelope."""

    message: Any
    reply_to: pykka.Future[Any] | None


@define(slots=True, eq=False)
class Work:
    """One thing for Pykka's loop to hand to `on_receive`."""

    message: Any
    reply_to: pykka.Future[Any] | None = None


@frozen
class Tick:
    """There is work in the inbox, or a timer is due."""


@frozen(eq=False)
class Asked:
    """A message from outside; the future, if any, is resolved by us and not by Pykka."""

    message: Any
    reply_to: pykka.Future[Any] | None


TICK: RimEnvelope = Work(Tick())

Door = Callable[[Any, int], str]
"""(message, rim depth) -> why it is refused, empty if it may come in."""

OnRefused = Callable[[Any, str], None]
"""Called for a refused tell, on the caller's thread; (message, reason)."""


def is_control(message: object) -> bool:
    """Say whether a message is Pykka's own order to stop; proxies are no such thing."""
    own = type(message).__module__ == pykka.messages.__name__
    return own and not isinstance(message, PROXY_MESSAGES)


def locked_door(_message: object, _depth: int) -> str:
    """Refuse everything: the inner dispatchers take nothing from outside but the order to stop."""
    return "not_accepted"


def nobody_told(_message: object, _reason: str) -> None:
    """Report a refused tell to nobody."""


@define(eq=False)
class TimerHeap:
    """Armed timers of several actors, by due time; one live timer for each (actor, key)."""

    _heap: list[tuple[int, int, Timer]] = field(init=False, factory=list[tuple[int, int, Timer]])
    _live: dict[str, dict[str, int]] = field(init=False, factory=dict[str, dict[str, int]])
    _count: int = field(init=False, default=0)
    _size: int = field(init=False, default=0)

    def __len__(self) -> int:
        return self._size

    @property
    def garbage(self) -> int:
        """Count the replaced and disarmed timers that are not swept yet."""
        return len(self._heap) - self._size

    def keys_of(self, actor: str) -> tuple[str, ...]:
        """Return the keys of an actor's armed timers, for checkers."""
        return tuple(self._live.get(actor, ()))

    def arm(self, timer: Timer) -> None:
        """Keep a timer of its envelope's receiver, replacing one of the same key."""
        keys = self._live.setdefault(timer.envelope.to, {})
        self._size += timer.key not in keys
        self._count += 1
        keys[timer.key] = self._count
        heappush(self._heap, (timer.due_ns, self._count, timer))
        if len(self._heap) > 2 * self._size + GARBAGE_MAX:
            self._sweep()

    def disarm(self, actor: str, key: str | None) -> None:
        """Drop a timer of an actor, or all of them."""
        if key is None:
            self._size -= len(self._live.pop(actor, {}))
        elif self._live.get(actor, {}).pop(key, None) is not None:
            self._size -= 1

    def next_due_ns(self) -> int | None:
        """Return when the earliest timer is due, None without one."""
        heap = self._heap
        while heap and not self._is_live(heap[0]):
            heappop(heap)
        return heap[0][0] if heap else None

    def pop_due(self, now: int) -> Timer | None:
        """Take the earliest timer if it is due; timers of one moment leave in arming order."""
        due = self.next_due_ns()
        if due is None or due > now:
            return None
        timer = heappop(self._heap)[2]
        self.disarm(timer.envelope.to, timer.key)
        return timer

    def _is_live(self, entry: tuple[int, int, Timer]) -> bool:
        timer = entry[2]
        return self._live.get(timer.envelope.to, {}).get(timer.key) == entry[1]

    def _sweep(self) -> None:
        self._heap = [entry for entry in self._heap if self._is_live(entry)]
        heapify(self._heap)


class Inbox:
    """The inbox of one dispatcher or of a front; many producers, one consuming thread.

    `_normal` holds a None for each message in `_rim`, so that both kinds keep their order.
    """

    def __init__(
        self, clock: Clock, *, door: Door = locked_door, on_refused: OnRefused = nobody_told
    ) -> None:
        self.timers = TimerHeap()
        self.clock = clock
        self._door = door
        self._on_refused = on_refused
        self._urgent: deque[Envelope] = deque()
        self._normal: deque[Envelope | None] = deque()
        self._rim: deque[RimEnvelope] = deque()
        self._rim_turn = False
        self._timer_had_turn = False
        self._closed = False
        self._sleeping = False
        # A queue of C: to ring and to wait take one call each, a condition takes a dozen.
        self._bell = queue.SimpleQueue[None]()
        self._rim_guard = threading.Lock()

    def __len__(self) -> int:
        """Count what waits, timers apart."""
        return len(self._urgent) + len(self._normal)

    def deliver(self, envelope: Envelope) -> bool:
        """Take a message of the core from any thread; False when closed (see `leftovers`)."""
        (self._urgent if envelope.urgent else self._normal).append(envelope)
        # Append, then look: the consumer says that it sleeps, then looks. One of both sees.
        if self._sleeping:
            self.wake()
        return not self._closed

    def waiting(self) -> list[Envelope]:
        """Return the messages of the core that wait, which stay; any thread."""
        waiting = [*self._urgent.copy(), *self._normal.copy()]
        return [envelope for envelope in waiting if envelope is not None]

    def leftovers(self) -> list[Envelope]:
        """Take every message of the core that nobody will handle any more; any thread."""
        left = [*_drain(self._urgent), *_drain(self._normal)]
        return [envelope for envelope in left if envelope is not None]

    def wake(self) -> None:
        """Make a sleeping consumer look again, e.g. after the clock was moved."""
        self._sleeping = False
        self._bell.put(None)

    def put(self, envelope: RimEnvelope, /) -> None:
        """Take a message from outside, or refuse it.

        Raises:
            ActorDeadError: A tell came after the inbox was closed; an ask is answered with it.
        """
        with self._rim_guard:
            reason = self._reason_to_refuse(envelope.message)
            if not reason:
                self._rim.append(envelope)
                self._normal.append(None)
        if reason:
            self._refuse(envelope, reason)
        elif self._sleeping:
            self.wake()

    def get(self) -> RimEnvelope:
        """Wait for work; a `Tick` stands for messages of the core and for due timers."""
        while True:
            found = self._look()
            if found is not None:
                return found
            self._sleep()

    def take(self, now: int) -> Envelope | Timer | None:
        """Take the next message of the core or due timer; None when it is the rim's turn."""
        if self._rim_turn or self._closed:
            return None
        if (urgent := _popped(self._urgent)) is not None:
            return urgent
        # A timer and a message take turns, so that neither a timer that is armed again and again
        # nor a flood of messages starves the other.
        if not self._timer_had_turn and (timer := self.timers.pop_due(now)) is not None:
            self._timer_had_turn = True
            return timer
        self._timer_had_turn = False
        if not self._normal:
            return self.timers.pop_due(now)
        envelope = _popped(self._normal)
        self._rim_turn = envelope is None
        return envelope

    def empty(self) -> bool:
        """Say whether nothing from outside waits; Pykka asks once it has stopped, so close."""
        self.close()
        with self._rim_guard:
            return not self._rim

    def close(self) -> list[Any]:
        """Take nothing from now on; return told messages from outside that nobody will handle.

        Asks stay: Pykka's teardown takes them by `get` and answers each with `ActorDeadError`.
        So do orders to stop, for a loop that is still running.
        """
        with self._rim_guard:
            self._closed = True
            items = _drain(self._rim)
            told = [item for item in items if item.reply_to is None]
            self._rim.extend(item for item in items if item.reply_to is not None)
        self.wake()
        return [item.message for item in told if not is_control(item.message)]

    def _reason_to_refuse(self, message: object) -> str:
        if self._closed:
            return CLOSED
        return "" if is_control(message) else self._door(message, len(self._rim))

    def _refuse(self, envelope: RimEnvelope, reason: str) -> None:
        closed = reason == CLOSED
        error = pykka.ActorDeadError("the actor has stopped") if closed else Refused(reason)
        if envelope.reply_to is not None:
            envelope.reply_to.set_exception((type(error), error, None))
        elif closed:
            raise error
        else:
            self._on_refused(envelope.message, reason)

    def _look(self) -> RimEnvelope | None:
        if self._rim_turn or self._closed:
            self._rim_turn = False
            return self._next_of_rim()
        if not self._urgent and self._normal and _first(self._normal) is None:
            _popped(self._normal)
            return self._next_of_rim()
        if self._urgent or self._normal or self._wait_seconds() == 0.0:
            return TICK
        return None

    def _next_of_rim(self) -> RimEnvelope | None:
        with self._rim_guard:
            item = self._rim.popleft() if self._rim else None
        if item is None or self._closed or is_control(item.message):
            return item
        return Work(Asked(item.message, item.reply_to))

    def _sleep(self) -> None:
        self._sleeping = True
        seconds = None if self._closed else self._wait_seconds()
        if not self._has_work() and seconds != 0.0:
            with suppress(queue.Empty):
                self._bell.get(timeout=seconds)
        self._sleeping = False
        # Several may have rung for one sleep; whatever they rang for is looked at now.
        while not self._bell.empty():
            self._bell.get_nowait()

    def _has_work(self) -> bool:
        return bool(self._rim) if self._closed else bool(self._urgent or self._normal)

    def _wait_seconds(self) -> float | None:
        """Return wall seconds until the next timer is due, 0 if it is, None without one."""
        due = self.timers.next_due_ns()
        if due is None:
            return None
        left_ns = due - self.clock.now_ns()
        if left_ns <= 0:
            return 0.0
        return min(self.clock.wall_seconds(left_ns), WAIT_SECONDS_MAX)


def _first(items: deque[T]) -> T | None:
    """Look at the first item, if any; another thread may drain the same deque."""
    try:
        return items[0]
    except IndexError:
        return None


def _popped(items: deque[T]) -> T | None:
    """Take the first item, if any; another thread may drain the same deque."""
    try:
        return items.popleft()
    except IndexError:
        return None


def _drain(items: deque[T]) -> list[T]:
    """Take everything; several threads may drain at once, each item goes to one of them."""
    taken: list[T] = []
    while items:
        try:
            taken.append(items.popleft())
        except IndexError:
            break
    return taken
