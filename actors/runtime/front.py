"""Front: the one Pykka actor that a host holds; lets commands and queries in, nothing else.

A part of the threaded host. A command is read through the codec, so that the core gets exactly
what the journal can repeat, and is taken when its ask answers None. A query is answered by its
owner. Bound: above `inbox_max` waiting messages of the core, or as many of its own, it refuses
with `queue_full`; an ask is answered with `Refused`, for a told command the subscribers get
`OrderRefused` or `CommandRefused`, so that a signal never vanishes. `HaltTrading`, `ResumeTrading`
and `EmergencyStateChanged` overtake the others, in their own order, and have a reserve above the
bound. After `StopIntake` it refuses what wants something new with `stopping`, and lets all else in.
Stopping the front stops the whole tree; what still waits is answered with `ActorDeadError`.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, Protocol, cast, get_args

import pykka
from attrs import astuple, define, field, frozen

from ...messages.codec import CodecError, dumps, loads
from ...messages.events import CommandRefused, OrderRefused
from ...messages.intake import (
    EmergencyStateChanged,
    ExecuteAlgorithm,
    HaltTrading,
    HostCommand,
    ModelPromoted,
    PolicyChanged,
    ResumeTrading,
    SubmitSignal,
)
from ...messages.queries import Query
from ...messages.topics import EVENT_NAMES
from ..errors import Refused
from ..ports import Clock
from .inbox import Asked, Inbox
from .kernel import Kernel

QUEUE_FULL = "queue_full"
NOT_ACCEPTED = "not_accepted"
MALFORMED = "malformed"
STOPPING = "stopping"

RESERVE = 1_000
"""Room above the bound for what brakes the engine."""

COMMANDS = get_args(HostCommand)
QUERIES = get_args(Query)
URGENT = (HaltTrading, ResumeTrading, EmergencyStateChanged)
WISHES = (SubmitSignal, ExecuteAlgorithm)
"""What an engine that is about to stop takes no more."""

Answer = Callable[[Any], None]
"""Takes the answer, or an exception instance; called once, on a thread of the engine."""


def event_classes(wanted: Iterable[type | str]) -> tuple[type, ...]:
    """Return the classes of events that are named by class, class name or topic.

    Raises:
        ValueError: There is no event of that name; says which names there are.
    """
    classes: list[type] = []
    for each in wanted:
        found = EVENT_NAMES.get(each) if isinstance(each, str) else each
        if found is None:
            raise ValueError(f"no event is named {each!r}; there are {', '.join(EVENT_NAMES)}")
        classes.append(found)
    return tuple(classes)


@frozen(eq=False)
class Subscribe:
    """Rim message: hand events to `handler` (a callable, an ActorRef, or what has `put_nowait`)."""

    handler: Any
    events: tuple[type, ...] = field(default=(), converter=event_classes)
    """Events wanted, by class, class name or topic; empty for all."""
    queue_max: int = 1_024
    """Events kept for a slow subscriber; beyond it the oldest is dropped and counted."""
    markers: bool = False
    """Whether the handler also wants `EventsDropped` and `SubscriptionEnded`."""


@frozen(eq=False)
class Unsubscribe:
    """Rim message: hand no more events to `handler`."""

    handler: Any


@frozen
class StopIntake:
    """Rim message: take no more signals, for the engine is about to be stopped."""


@frozen
class EventsDropped:
    """Marker between two events: so many were dropped here, for the subscriber was slow."""

    count: int


@frozen
class SubscriptionEnded:
    """Marker after the last event: the engine has stopped."""


class SubscriberGoneError(Exception):
    """A handler raises it to say that it will never take an event again."""


@frozen(eq=False)
class Request:
    """Rim message: an ask whose answer is handed to a callable instead of a Pykka future."""

    message: Any
    answer: Answer


RIM = (Subscribe, Unsubscribe, StopIntake)


class Core(Protocol):
    """What the front needs to know of its host."""

    @property
    def clock(self) -> Clock:
        """The engine's clock."""
        ...

    def depth(self) -> int:
        """Count the messages that wait for the core."""
        ...


@define(eq=False)
class Door:
    """What a front needs, given by the composition root."""

    kernel: Kernel
    core: Core
    routes: Mapping[type, str]
    """Query class -> the actor that owns the answer."""
    shutdown: Callable[[], None]
    """Stops the tree in order, within a budget; called once, on the front's thread."""
    inbox_max: int = 10_000
    commands_to: str = "execution_system"
    events_to: str = "event_bus"
    refused: dict[str, int] = field(init=False, factory=dict[str, int])
    """How many messages were refused, by reason."""
    _takes_wishes: bool = field(init=False, default=True)
    _lock: threading.Lock = field(init=False, factory=threading.Lock)

    def __attrs_post_init__(self) -> None:
        missing = [query.__name__ for query in QUERIES if query not in self.routes]
        assert not missing, f"queries without an owner: {missing}"

    def reason_to_refuse(self, message: object, depth: int) -> str:
        """Return why a message may not come into the front's inbox, empty if it may."""
        inner = message.message if isinstance(message, Request) else message
        if type(inner) not in (*COMMANDS, *QUERIES, *RIM):
            return NOT_ACCEPTED
        return "" if depth < self._bound(inner) else QUEUE_FULL

    def enter(self, message: Any, answer: Answer) -> None:
        """Hand an accepted message on; raises `Refused`."""
        kind = cast("type[object]", type(message))
        if kind not in RIM and self.core.depth() >= self._bound(message):
            raise Refused(QUEUE_FULL)
        if kind in WISHES and not self._takes_wishes:
            raise Refused(STOPPING)
        if kind is StopIntake:
            self._takes_wishes = False
            answer(None)
        elif kind in RIM:
            self.kernel.post(self.events_to, message)
            answer(None)
        elif kind in QUERIES:
            self.kernel.post(self.routes[kind], self._read(message), reply=answer)
        else:
            command = self._read(message)
            name = subject_of(command)
            urgent = kind in URGENT
            self.kernel.post(self.commands_to, command, correlation=name, urgent=urgent)
            answer(None)

    def refuse(self, message: object, reason: str) -> None:
        """Count a refusal, log it, and tell the subscribers of a told command."""
        with self._lock:
            self.refused[reason] = self.refused.get(reason, 0) + 1
        self.note("message_refused", {"message": type(message).__name__, "reason": reason})
        if isinstance(message, COMMANDS):
            event = self._refusal(message, reason)
            self.kernel.post(self.events_to, event, correlation=subject_of(message))

    def note(self, event: str, fields: Mapping[str, object]) -> None:
        """Write a log line."""
        self.kernel.note("front", event, fields)

    def _bound(self, message: object) -> int:
        return self.inbox_max + (RESERVE if isinstance(message, URGENT) else 0)

    def _read(self, message: Any) -> Any:
        """Return the message as the journal will have it; a float for a price is no message."""
        codec = self.kernel.codec
        try:
            same = codec.decode(loads(dumps(codec.encode(message))))
        except (CodecError, TypeError, ValueError) as error:
            raise Refused(f"{MALFORMED}: {error}") from error
        # One half is 0.5 in both, yet a host that counts in floats is wrong by the next figure.
        if same != message or any(type(value) is float for value in astuple(message)):
            raise Refused(f"{MALFORMED}: {type(message).__name__} does not survive its encoding")
        return same

    def _refusal(self, command: Any, reason: str) -> OrderRefused | CommandRefused:
        if not isinstance(command, SubmitSignal):
            return CommandRefused(subject_of(command), reason)
        full = reason == QUEUE_FULL
        return OrderRefused(
            signal_id=str(command.signal_id),
            symbol=str(command.symbol),
            guard="front",
            figure=str(self.core.depth()) if full else "",
            limit=str(self.inbox_max) if full else "",
            reason=reason,
        )


def subject_of(command: Any) -> str:
    """Return what a command is about, for the correlation of all that follows."""
    if isinstance(command, SubmitSignal):
        return str(command.signal_id)
    if isinstance(command, EmergencyStateChanged | PolicyChanged | ModelPromoted):
        return str(command.source)
    return str(command.command_id)


class Front(pykka.ThreadingActor):
    """The actor behind the ref that `ExecutionSystem.start` returns."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._inbox = Inbox(
            door.core.clock, door=door.reason_to_refuse, on_refused=self._on_refused_tell
        )
        super().__init__()

    def _create_actor_inbox(self) -> Inbox:  # type: ignore[override]  # called on the instance
        """Give Pykka our inbox: its documented hook for implementors of new actor types."""
        return self._inbox

    def on_receive(self, message: Any) -> None:
        """Hand one message on; never raises, since a tell that raises would stop the front."""
        if not isinstance(message, Asked):
            return
        inner, answer = _unwrapped(message)
        try:
            self._door.enter(inner, answer or _nobody_waits)
        except BaseException as error:  # noqa: BLE001 - one that escapes would stop every actor
            self._refuse(inner, error, answer)

    def on_stop(self) -> None:
        """Answer who still waits here, then stop the tree."""
        for message in self._inbox.close():
            if isinstance(message, Request):
                guarded(message.answer)(pykka.ActorDeadError("the engine has stopped"))
            else:
                self._door.refuse(message, "stopped")
        try:
            self._door.shutdown()
        except BaseException as error:  # noqa: BLE001 - one that escapes would stop every actor
            self._door.note("shutdown_failed", {"error": type(error).__name__, "text": str(error)})
        self._door.kernel.answer_all(pykka.ActorDeadError("the engine has stopped"))

    def _on_refused_tell(self, message: Any, reason: str) -> None:
        if isinstance(message, Request):
            guarded(message.answer)(Refused(reason))
        else:
            self._door.refuse(message, reason)

    def _refuse(self, message: Any, error: BaseException, answer: Answer | None) -> None:
        refusal = (
            error if isinstance(error, Refused) else Refused(f"{type(error).__name__}: {error}")
        )
        if answer is not None:
            answer(refusal)
        else:
            self._door.refuse(message, refusal.reason)


def _unwrapped(asked: Asked) -> tuple[Any, Answer | None]:
    """Return the message and who waits for the answer, if anybody."""
    if isinstance(asked.message, Request):
        return asked.message.message, guarded(asked.message.answer)
    return asked.message, None if asked.reply_to is None else answer_of(asked.reply_to)


def answer_of(future: pykka.Future[Any]) -> Answer:
    """Return what resolves a Pykka future, with a value or an exception."""

    def answer(value: Any) -> None:
        if isinstance(value, BaseException):
            future.set_exception((type(value), value, None))
        else:
            future.set(value)

    return guarded(answer)


def guarded(answer: Answer) -> Answer:
    """Return an answer that never raises: the core's thread must not fall over its asker."""

    def safe(value: Any) -> None:
        # A loop that is closed, or a future that its owner has resolved: nobody waits any more.
        with suppress(BaseException):
            answer(value)

    return safe


def _nobody_waits(_value: Any) -> None:
    """Drop the answer of a tell."""
