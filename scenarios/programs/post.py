"""Post: how messages travel between the actors of a simulated Pykka program, and the trace.

Owns the inboxes, who asked whom for what, the trace of what was handled, and the failures. After
each message the sender may be overtaken by anybody, as threads are (`outbox`); with `pair` messages
also overtake those of other senders on their way; with `fifo` a handler runs until it waits and
the longest waiting goes first, whatever the seed. Bound: the trace keeps the last `trace_max`.
"""

from collections import deque
from decimal import Decimal
from typing import Any, NamedTuple, Protocol
from weakref import WeakKeyDictionary

import pykka
import pykka.messages
from attrs import define, frozen

from ...actors.runtime.envelope import Envelope
from ..mailboxes import PairMailboxes
from .fibers import SECOND_NS, Fiber, Fibers

TEXT_MAX = 60
STOP = "stop"


class PykkaEnvelope(Protocol):
    """What Pykka's refs and loop say of a message."""

    message: Any
    reply_to: pykka.Future[Any] | None


class Handled(NamedTuple):
    """One message that an actor began to handle."""

    at_ns: int
    """Since the run began."""
    actor: str
    message: str
    sender: str

    def __str__(self) -> str:
        seconds = self.at_ns / SECOND_NS
        return f"{seconds:10.3f} s  {self.sender} -> {self.actor}: {self.message}"


@frozen
class Failure:
    """An exception that a hook or a handler raised, and that nobody was told."""

    actor: str
    message: str
    """What it was handling; empty in `on_start` and in a plain thread."""
    error: Exception

    def __str__(self) -> str:
        doing = f", handling {self.message}" if self.message else ""
        return f"{self.actor}{doing}: {type(self.error).__name__}: {self.error}"


@define(eq=False)
class Mail:
    """A message on its way."""

    to: "SimulatedInbox"
    envelope: PykkaEnvelope | None
    """None once it was taken: an answer that is awaited knows this mail, and would never go."""
    label: str
    sender: str
    is_asked: bool
    is_heard: bool = False
    """Whether anybody took the answer."""


class SimulatedInbox:
    """An actor's inbox, in the place of Pykka's queue."""

    def __init__(self, post: "Post", number: int) -> None:
        self._post = post
        self._mails: deque[Mail] = deque()
        self.number = number
        self.owner: Fiber | None = None
        self.taken: Mail | None = None
        """What was taken last."""

    def put(self, envelope: PykkaEnvelope, /) -> None:
        """Take a message; the sender may be overtaken then."""
        self._post.send(self, envelope)

    def get(self) -> PykkaEnvelope:
        """Wait for a message."""
        mail = self.taken = self._post.take(self)
        envelope, mail.envelope = mail.envelope, None
        assert envelope is not None
        return envelope

    def empty(self) -> bool:
        """Say whether nothing waits."""
        return not self._mails

    def add(self, mail: Mail) -> None:
        """Keep a message that has arrived."""
        self._mails.append(mail)

    def pop(self) -> Mail:
        """Return the oldest message."""
        return self._mails.popleft()


class Post:
    """The messages of one run."""

    def __init__(self, fibers: Fibers, network: PairMailboxes | None, trace_max: int) -> None:
        self._fibers = fibers
        self._network = network
        if network is not None:
            fibers.add_source("network", self._arrive_one)
        self._inbox_count = 0
        self._unhandled: dict[Mail, None] = {}
        self.asks: WeakKeyDictionary[pykka.Future[Any], Mail] = WeakKeyDictionary()
        self.handled: deque[Handled] = deque(maxlen=trace_max)
        self.handled_count = 0
        self.told: list[Failure] = []
        self.answered: list[tuple[Mail, Failure]] = []

    def inbox(self) -> SimulatedInbox:
        """Return the inbox of a new actor."""
        self._inbox_count += 1
        return SimulatedInbox(self, self._inbox_count)

    def send(self, inbox: SimulatedInbox, envelope: PykkaEnvelope) -> None:
        """Put a message on its way."""
        sender = self._fibers.current
        name, asked = sender.name if sender else "", envelope.reply_to is not None
        mail = Mail(inbox, envelope, label_of(envelope.message), name, asked)
        if envelope.reply_to is not None:
            self.asks[envelope.reply_to] = mail
        else:
            self._unhandled[mail] = None
        if self._network is None:
            self._arrive(mail)
        else:
            self._network.put(Envelope(str(inbox.number), mail, mail.sender, 0, 0, ""))
        self._fibers.pause()

    def take(self, inbox: SimulatedInbox) -> Mail:
        """Wait for a message of an inbox."""
        fiber = self._fibers.current
        assert fiber is not None
        fiber.handling = None
        while inbox.empty():
            fiber.is_idle = True
            self._fibers.block(reason="a message")
            fiber.is_idle = False
        return inbox.pop()

    def begin(self, inbox: SimulatedInbox, fiber: Fiber) -> Mail:
        """Note that an actor handles what it took last."""
        mail = inbox.taken
        assert mail is not None
        self._unhandled.pop(mail, None)
        fiber.handling = mail
        self.handled_count += 1
        at_ns = self._fibers.passed_ns()
        self.handled.append(Handled(at_ns, fiber.name, mail.label, mail.sender))
        return mail

    def failed(self, fiber: Fiber, error: Exception) -> None:
        """Keep an exception that nobody was told."""
        message = fiber.handling.label if fiber.handling is not None else ""
        self.told.append(Failure(fiber.name, message, error))

    def answered_with(self, mail: Mail, fiber: Fiber, error: Exception) -> None:
        """Keep an exception that was answered, as long as nobody takes the answer."""
        self.answered.append((mail, Failure(fiber.name, mail.label, error)))

    def heard(self, future: pykka.Future[Any]) -> None:
        """Note that somebody takes an answer."""
        mail = self.asks.get(future)
        if mail is not None:
            mail.is_heard = True

    def failures(self) -> tuple[Failure, ...]:
        """Return the exceptions that nobody has taken so far."""
        return (*self.told, *(failure for mail, failure in self.answered if not mail.is_heard))

    def lost(self) -> tuple[str, ...]:
        """Name the told messages that nobody has handled so far."""
        return tuple(
            f"{mail.to.owner.name if mail.to.owner else 'nobody'}: {mail.label} from {mail.sender}"
            for mail in self._unhandled
            if mail.label != STOP
        )

    def _arrive_one(self) -> bool:
        assert self._network is not None
        envelope = self._network.take()
        if envelope is None:
            return False
        self._arrive(envelope.message)
        return True

    def _arrive(self, mail: Mail) -> None:
        owner = mail.to.owner
        assert mail.envelope is not None
        reply_to = mail.envelope.reply_to
        if owner is None or not owner.has_ended:
            mail.to.add(mail)
            if owner is not None and owner.is_idle:
                self._fibers.wake(owner)
        elif reply_to is not None:
            # Sent while it lived, overtaken by its stop: as if it had come before the teardown.
            error = pykka.ActorDeadError(f"{owner.name} stopped before handling the message")
            reply_to.set_exception((pykka.ActorDeadError, error, None))


def label_of(message: object) -> str:
    """Return a message in a few words that are the same in every run."""
    match message:
        case pykka.messages.ProxyCall(attr_path=path):
            return f"{'.'.join(path)}()"
        case pykka.messages.ProxyGetAttr(attr_path=path):
            return f"read {'.'.join(path)}"
        case pykka.messages.ProxySetAttr(attr_path=path):
            return f"set {'.'.join(path)}"
        case str() | int() | float() | Decimal() | None:
            text = repr(message)
            return text if len(text) <= TEXT_MAX else f"{text[: TEXT_MAX - 3]}..."
        case type():
            return message.__name__
        case _:
            own = type(message).__module__ == pykka.messages.__name__
            return STOP if own else type(message).__name__
