"""Mailboxes: the order in which a simulation's messages reach their receivers.

Owns the messages on their way, in one of three models: one queue for all; an outbox and an inbox
of every actor; one channel for each sender, receiver and priority. Which channel moves next, a
chooser says. Channels are listed in the order of their first use, so that nothing hangs on names.
"""

from bisect import insort
from collections import deque
from collections.abc import Callable
from itertools import count
from operator import attrgetter
from typing import Protocol

from ..actors.runtime.envelope import Envelope
from .schedules import Chooser

MOVED = Envelope("", None, "", "", 0, "")
"""A mailbox's word that a message moved on without being delivered yet."""

URGENT = "!"
"""Ends the name of a channel whose messages are urgent."""

_INDEX = attrgetter("index")


class Mailboxes(Protocol):
    """The order in which messages reach their receivers."""

    def put(self, envelope: Envelope) -> None:
        """Take a message."""
        ...

    def take(self) -> Envelope | None:
        """Return the next message to deliver, `MOVED`, or None when there is none."""
        ...

    def size(self) -> int:
        """Messages inside."""
        ...

    def waiting(self) -> list[Envelope]:
        """Return the messages inside, in no order that counts."""
        ...


class FifoMailboxes:
    """One queue for all, urgent messages first: the order of a shared dispatcher."""

    def __init__(self) -> None:
        self._urgent: deque[Envelope] = deque()
        self._normal: deque[Envelope] = deque()

    def put(self, envelope: Envelope) -> None:
        """Take a message."""
        (self._urgent if envelope.urgent else self._normal).append(envelope)

    def take(self) -> Envelope | None:
        """Return the oldest urgent message, else the oldest."""
        if self._urgent:
            return self._urgent.popleft()
        if self._normal:
            return self._normal.popleft()
        return None

    def size(self) -> int:
        """Messages inside."""
        return len(self._urgent) + len(self._normal)

    def waiting(self) -> list[Envelope]:
        """Return the messages inside."""
        return [*self._urgent, *self._normal]


class Channel:
    """Messages between two ends; urgent ones go first where the model says so."""

    __slots__ = ("index", "name", "normal", "sender", "to", "urgent")

    def __init__(self, index: int, name: str, sender: str, to: str) -> None:
        self.index = index
        self.name = name
        self.sender = sender
        self.to = to
        self.urgent: deque[tuple[int, Envelope]] = deque()
        self.normal: deque[tuple[int, Envelope]] = deque()

    @property
    def since(self) -> int:
        """When the first message came in."""
        return (self.urgent or self.normal)[0][0]

    def take(self) -> Envelope:
        """Return the first message."""
        return (self.urgent or self.normal).popleft()[1]

    def __bool__(self) -> bool:
        return bool(self.normal or self.urgent)

    def waiting(self) -> list[Envelope]:
        """Return the messages inside."""
        return [envelope for _, envelope in (*self.urgent, *self.normal)]


class Channels:
    """Channels by their key, and those of them that hold messages, in the order of first use."""

    def __init__(self, first_index: Callable[[], int]) -> None:
        self.all: dict[tuple[str, str, bool], Channel] = {}
        self.ready: list[Channel] = []
        self._first_index = first_index

    def find(self, sender: str, to: str, *, urgent: bool = False) -> Channel:
        """Return the channel between two ends, made at its first use."""
        key = (sender, to, urgent)
        channel = self.all.get(key)
        if channel is None:
            name = f"{sender}->{to}{URGENT if urgent else ''}"
            channel = self.all[key] = Channel(self._first_index(), name, sender, to)
        return channel

    def put(self, channel: Channel, item: tuple[int, Envelope], *, first: bool = False) -> None:
        """Put a message behind the others, or behind the urgent ones."""
        if not channel:
            insort(self.ready, channel, key=_INDEX)
        (channel.urgent if first else channel.normal).append(item)

    def take(self, channel: Channel) -> Envelope:
        """Return the first message of a channel."""
        envelope = channel.take()
        if not channel:
            self.ready.remove(channel)
        return envelope

    def waiting(self) -> list[Envelope]:
        """Return the messages inside."""
        return [envelope for channel in self.all.values() for envelope in channel.waiting()]


class OutboxMailboxes:
    """A handler's messages leave one by one; its actor runs again when all have left."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        indexes, self._stamps = count(), count()
        self._out = Channels(indexes.__next__)
        self._in = Channels(indexes.__next__)
        self._size = 0

    def put(self, envelope: Envelope) -> None:
        """Take a message into the outbox of its sender, or straight in from outside."""
        self._size += 1
        if envelope.sender and envelope.sender != envelope.to:
            outbox = self._out.find(envelope.sender, "")
            self._out.put(outbox, (next(self._stamps), envelope))
        else:
            self._arrive(envelope)

    def take(self) -> Envelope | None:
        """Move one message on, or deliver one, as the schedule has it."""
        if self._size == 0:
            return None
        senders = self._out.ready
        busy = {channel.sender: True for channel in senders}
        ready = [*senders, *(each for each in self._in.ready if each.to not in busy)]
        pick = self._chooser.pick(ready)
        if pick < len(senders):
            self._arrive(self._out.take(senders[pick]))
            return MOVED
        self._size -= 1
        return self._in.take(ready[pick])

    def size(self) -> int:
        """Messages inside."""
        return self._size

    def waiting(self) -> list[Envelope]:
        """Return the messages inside."""
        return self._out.waiting() + self._in.waiting()

    def _arrive(self, envelope: Envelope) -> None:
        inbox = self._in.find("", envelope.to)
        self._in.put(inbox, (next(self._stamps), envelope), first=envelope.urgent)


class PairMailboxes:
    """FIFO per sender, receiver and priority, and nothing more once anything runs.

    What outside told before lies in the inboxes already, as on every host: nobody overtakes it.
    """

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self._channels = Channels(count().__next__)
        self._stamps = count()
        self._size = 0
        self._runs = False
        self._first: dict[str, int] = {}
        """By receiver, how many messages of those that outside told before are still there."""

    def put(self, envelope: Envelope) -> None:
        """Take a message into its channel."""
        self._size += 1
        channels = self._channels
        channel = channels.find(envelope.sender, envelope.to, urgent=envelope.urgent)
        channels.put(channel, (next(self._stamps), envelope))
        if not (self._runs or envelope.sender or envelope.urgent):
            self._first[envelope.to] = self._first.get(envelope.to, 0) + 1

    def take(self) -> Envelope | None:
        """Deliver the head of a channel that the schedule chooses, or what its receiver had."""
        if self._size == 0:
            return None
        self._runs = True
        self._size -= 1
        ready = self._channels.ready
        channel = ready[self._chooser.pick(ready)]
        if channel.to in self._first and not channel.name.endswith(URGENT):
            channel = self._first_of(channel.to)
        return self._channels.take(channel)

    def size(self) -> int:
        """Messages inside."""
        return self._size

    def waiting(self) -> list[Envelope]:
        """Return the messages inside."""
        return self._channels.waiting()

    def _first_of(self, to: str) -> Channel:
        """Return the channel of what lay in an inbox first, and count one of it less."""
        self._first[to] -= 1
        if not self._first[to]:
            del self._first[to]
        return self._channels.find("", to)
