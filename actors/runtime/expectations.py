"""Expectations: the messages that replayed steps told and that were not delivered yet.

Owns, for replay, what the inboxes and timers of a host hold: message by id. A timer that was
replaced or disarmed may have fired already in a host with threads, so it stays known for a while;
`LATE_MAX` bounds that. What a run told and did not handle is handled by the next.
"""

from collections.abc import Mapping
from typing import Any

from attrs import define, field

from ...messages.codec import Json
from .cell import Cell
from .step import Restart, StepContext, Watch

LATE_MAX = 10_000

ANY = object()
"""A message is due, but replay cannot say which: believe the record."""

START = object()
"""An `ActorStarted` is due."""


@define(eq=False)
class Expectations:
    """Messages on their way, by id."""

    since: int = 0
    """First sequence whose effects are known; 0 while there is none."""
    _due: dict[str, tuple[str, Any]] = field(init=False, factory=dict[str, tuple[str, Any]])
    """Id -> (receiver, message)."""
    _timers: dict[tuple[str, str], str] = field(init=False, factory=dict[tuple[str, str], str])
    """(actor, key) -> id of the armed timer's message."""
    _keys: dict[str, str] = field(init=False, factory=dict[str, str])
    """The same backwards: id -> key."""
    _late: dict[str, tuple[str, Any]] = field(init=False, factory=dict[str, tuple[str, Any]])

    def put(self, message_id: str, to: str, message: Any) -> None:
        """Expect a message."""
        self._due[message_id] = (to, message)

    def take(self, message_id: str, actor: str) -> Any:
        """Return the message that an actor is due under an id, None when there is none."""
        due = self._due.pop(message_id, None)
        if due is None:
            due = self._late.pop(message_id, None)
        key = self._keys.pop(message_id, None) if self._keys else None
        if key is not None:
            self._timers.pop((actor, key), None)
        return None if due is None or due[0] != actor else due[1]

    def look(self, message_id: str, actor: str) -> Any:
        """Return the message that an actor is due under an id, which stays due."""
        due = self._due.get(message_id) or self._late.get(message_id)
        return None if due is None or due[0] != actor else due[1]

    def begin_run(self) -> None:
        """A run begins: timers and directives of the last are gone, what it told is delivered."""
        for message_id in self._keys:
            self._due.pop(message_id, None)
        self._due = {key: due for key, due in self._due.items() if due[1] is not START}
        self._timers, self._keys, self.since = {}, {}, 0

    def add_effects(self, sequence: int, context: StepContext, cells: Mapping[str, Cell]) -> None:
        """Expect what a step told; numbered as the kernel does: tells, timers, others."""
        for index, (to, message, _) in enumerate(context.tells):
            if to in cells:
                self._due[f"{sequence}.{index}"] = (to, message)
        first = len(context.tells)
        for index, (delay, message, key) in enumerate(context.timers, first):
            self._drop_timer(context.me, key)
            if delay >= 0:
                self._arm(f"{sequence}.{index}", context.me, key, message)
        first += len(context.timers)
        for index, effect in enumerate(context.others, first):
            if isinstance(effect, Restart):
                self._due[f"{sequence}.{index}"] = (effect[0], START)
            elif isinstance(effect, Watch):
                self._due[f"{sequence}.{index}"] = (context.me, ANY)

    def add_unknown(self, sequence: int, record: Json) -> None:
        """Expect as many messages as a record told, whatever they are."""
        count = sum(len(record.get(kind, ())) for kind in ("tells", "timers", "others"))
        receivers = [_receiver(tell) for tell in record.get("tells", ())]
        for index in range(count):
            to = receivers[index] if index < len(receivers) else record["actor"]
            self._late[f"{sequence}.{index}"] = (to, ANY)

    def forget_timers(self, actor: str) -> None:
        """An actor crashed or was rebuilt: its timers are disarmed."""
        for owner, key in [each for each in self._timers if each[0] == actor]:
            self._drop_timer(owner, key)

    def _arm(self, message_id: str, actor: str, key: str, message: Any) -> None:
        self._due[message_id] = (actor, message)
        self._timers[actor, key] = message_id
        self._keys[message_id] = key

    def _drop_timer(self, actor: str, key: str) -> None:
        old = self._timers.pop((actor, key), None)
        if old is None:
            return
        self._keys.pop(old, None)
        due = self._due.pop(old, None)
        if due is not None:
            self._late[old] = due
            if len(self._late) > LATE_MAX:
                del self._late[next(iter(self._late))]


def _receiver(tell: Any) -> str:
    return tell if isinstance(tell, str) else tell["to"]
