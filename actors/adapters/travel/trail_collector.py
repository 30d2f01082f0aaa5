"""Trail collector: reads a journal once and puts every step to the orders that it is about.

Owns how a step is found to be about an order: by the ids in its bytes, by its intent or signal
while the order has no id yet, and by its cause where an actor crashed on it. Replays nothing, so
that a log of other code can be read. Memory grows with the orders: some hundred bytes a step.
"""

from collections.abc import Iterator
from typing import Any

import attrs
from attrs import define, field, frozen

from ....messages.codec import Codec, CodecError, Json
from ....messages.events import (
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
)
from ....messages.intake import SubmitSignal
from ....messages.lifecycle import ActorFailed
from ....messages.orders import RequestExit
from ....messages.values import OrderState
from ....messages.venue import AttemptEnded, Fenced, MakeCall
from ...names import ORDER_MANAGER
from ...order_facts import (
    AttemptStarted,
    ErrorNoted,
    OrderIntended,
    OrderMoved,
    OrderSeen,
    TradeBooked,
)
from ...order_state import OrdersState
from ...ports import FileSystem
from ...runtime.journal_reader import Line, read_journal
from ...runtime.record import state_in
from ...runtime.segment_writer import SNAPSHOT_MARK
from .mentions import (
    INTENT_FIELDS,
    ORDER_FIELDS,
    SIGNAL_FIELDS,
    VENUE_FIELDS,
    Mention,
    mentions,
    order_of_call,
    origin_of,
)
from .survey import TravelRefused
from .trail import Entry, Move, Trail
from .trail_life import Terminal, answered, asked, happened, resumed, told
from .trail_words import (
    fact_text,
    is_about_directly,
    message_text,
    name_of,
    sent_text,
    speaker,
    waited_for,
)

FACTS = (OrderIntended, AttemptStarted, OrderMoved, OrderSeen, TradeBooked, ErrorNoted)
TERMINAL = (OrderRefused, OrderFilled, OrderFailed, OrderCancelled, OrderExpired)
SNAPSHOT_HEAD_BYTES = 60
DECODED = (*FACTS, *TERMINAL, AttemptEnded, Fenced, MakeCall)


def collected(filesystem: FileSystem, codec: Codec) -> list[Trail]:
    """Return the life of every order, and of every signal without one, oldest first.

    Raises:
        TravelRefused: A record holds a message that this version cannot read.
        JournalDamaged: A record is not what was written.
    """
    collector = Collector(codec)
    for line in read_journal(filesystem):
        collector.add(line)
    return collector.trails()


@frozen
class _Waiting:
    """A step about an intent whose order has no id yet."""

    entry: Entry
    leg: tuple[str, int] | None
    """Leg and number that it asks for; None where it does not say."""


@define(eq=False)
class Collector:
    """Takes the records of a journal in order."""

    codec: Codec
    orders: dict[str, Trail] = field(init=False, factory=dict[str, Trail])
    signals: dict[str, Trail] = field(init=False, factory=dict[str, Trail])
    """Signals that no order came of yet."""
    _by_venue_id: dict[str, Trail] = field(init=False, factory=dict[str, Trail])
    _intents: dict[str, list[_Waiting]] = field(init=False, factory=dict[str, list[_Waiting]])
    _followed: dict[str, list[Trail]] = field(init=False, factory=dict[str, list[Trail]])
    """A step that raised, or what was done about it, by sequence -> whose it was."""
    _tags: frozenset[str] = field(init=False)
    _has_base: bool = field(init=False, default=False)
    """True from the first record ever, or from a snapshot in its place."""

    def __attrs_post_init__(self) -> None:
        tags = {cls: tag for tag, cls in self.codec.classes.items()}
        self._tags = frozenset(tags[cls] for cls in DECODED)

    def add(self, line: Line) -> None:
        """Put one record to the lives that it is about."""
        if line.sequence == 1:
            self._has_base = True
        if not self._has_base and line.body[:SNAPSHOT_HEAD_BYTES].find(SNAPSHOT_MARK) > 0:
            self._resume(line.data)
        named, followed = mentions(line.body), self._followed.get(origin_of(line.body), [])
        if not named and not followed:
            return
        record = line.data
        if "msg" not in record:
            return
        try:
            self._add(named, followed, record)
        except CodecError as error:
            where = f"record {record['seq']}, {record['actor']}"
            raise TravelRefused(f"{where}: {error}") from error

    def trails(self) -> list[Trail]:
        """Return every life, by its first step."""
        every = (*self.orders.values(), *self.signals.values())
        found = [trail for trail in every if trail.entries]
        return sorted(found, key=lambda trail: trail.entries[0].sequence)

    def _resume(self, record: Json) -> None:
        """Begin with the orders that live at a snapshot, where the records before are gone."""
        self._has_base = True
        kept = record["states"].get(ORDER_MANAGER)
        if kept is None:
            return
        state: OrdersState = self.codec.decode_state(
            state_in(self.codec, ORDER_MANAGER, kept), OrdersState
        )
        for order in state.orders.values():
            trail = resumed(order, record["seq"])
            self.orders[trail.name] = trail
            self._by_venue_id.update(dict.fromkeys(trail.venue_ids, trail))

    def _add(self, named: tuple[Mention, ...], followed: list[Trail], record: Json) -> None:
        facts = list(self._decoded(record.get("facts", ())))
        sent = [each for each in record.get("tells", ()) if "msg" in each]
        for fact in facts:
            if isinstance(fact, OrderIntended):
                self._begin(fact, record)
        about = self._about(named, followed)
        entry = _entry(record, sent)
        for trail in about:
            _append(trail, record, entry)
        self._keep_for_later(named, record, entry)
        self._follow(record, about)
        for fact in facts:
            if not isinstance(fact, OrderIntended) and fact.client_order_id in self.orders:
                self._happened(self.orders[fact.client_order_id], record["seq"], fact)
        self._hear(record, sent)

    def _begin(self, fact: OrderIntended, record: Json) -> None:
        """An order has its id: what was about its intent and its signal so far is its beginning."""
        approved = fact.approved
        name = approved.client_order_id
        if name in self.orders:
            return
        trail = Trail(name, approved, approved.signal_id)
        number = int(name.rpartition("-")[2][1:] or 0)
        waiting = self._intents.pop(approved.intent_id, [])
        asked_for = (approved.leg.value, number)
        mine = [each.entry for each in waiting if each.leg in (None, asked_for)]
        others = [each for each in waiting if each.leg not in (None, asked_for)]
        if others:
            self._intents[approved.intent_id] = others
        signal = self.signals.pop(approved.signal_id, None)
        earlier = mine if signal is None else [*signal.entries, *mine]
        by_sequence = {entry.sequence: entry for entry in earlier}
        for sequence in sorted(by_sequence):
            _append(trail, record, by_sequence[sequence])
        trail.moves.append(Move(record["seq"], fact.at_ns, OrderState.PENDING))
        self.orders[name] = trail

    def _about(self, named: tuple[Mention, ...], followed: list[Trail]) -> list[Trail]:
        """Return the orders that a record names, or that its cause was about."""
        found: dict[str, Trail] = {}
        for each in named:
            known = self.orders if each.field in ORDER_FIELDS else self._by_venue_id
            if each.field in (*ORDER_FIELDS, *VENUE_FIELDS) and each.name in known:
                trail = known[each.name]
                found[trail.name] = trail
        return [*found.values(), *(trail for trail in followed if trail.name not in found)]

    def _keep_for_later(self, named: tuple[Mention, ...], record: Json, entry: Entry) -> None:
        """Keep a step for the order that may come of its intent or its signal."""
        message = record["msg"]
        for each in named:
            if each.field in SIGNAL_FIELDS:
                if name_of(message) == SubmitSignal.__name__ and each.name not in self.signals:
                    wish = f"{message['signal']} {message['symbol']}"
                    self.signals[each.name] = Trail(each.name, None, each.name, wish)
                if each.name in self.signals:
                    _append(self.signals[each.name], record, entry)
            elif each.field in INTENT_FIELDS and name_of(message) == RequestExit.__name__:
                leg = (message["leg"], message["attempt"])
                self._intents.setdefault(each.name, []).append(_Waiting(entry, leg))

    def _follow(self, record: Json, about: list[Trail]) -> None:
        """Let what is done about a crash belong to the order that was crashed on."""
        is_crash = "error" in record or name_of(record["msg"]) == ActorFailed.__name__
        if about and is_crash:
            self._followed[str(record["seq"])] = about

    def _happened(self, trail: Trail, sequence: int, fact: Any) -> None:
        happened(trail, sequence, fact)
        if isinstance(fact, OrderSeen):
            self._by_venue_id.update(dict.fromkeys(trail.venue_ids, trail))

    def _hear(self, record: Json, sent: list[Json]) -> None:
        """Take what went over a wire, and what the host was told."""
        sequence, now_ns = record["seq"], record["now"]
        for each in sent:
            for message in self._decoded((each["msg"],)):
                if isinstance(message, MakeCall):
                    trail = self.orders.get(order_of_call(message.call_id))
                    if trail is not None:
                        asked(trail, sequence, now_ns, each["to"], message)
                elif isinstance(message, TERMINAL):
                    self._tell(message)
        for message in self._decoded((record["msg"],)):
            if isinstance(message, AttemptEnded | Fenced):
                trail = self.orders.get(order_of_call(message.call_id))
                if trail is not None:
                    answered(trail, sequence, now_ns, message)

    def _tell(self, event: Terminal) -> None:
        if not isinstance(event, OrderRefused) and event.client_order_id in self.orders:
            told(self.orders[event.client_order_id], event)
        elif event.signal_id in self.signals:
            told(self.signals[event.signal_id], event)

    def _decoded(self, messages: Any) -> Iterator[Any]:
        for message in messages:
            if str(message["t"]).rpartition(".v")[0] in self._tags:
                yield self.codec.decode(message)


def _entry(record: Json, sent: list[Json]) -> Entry:
    message = record["msg"]
    name = name_of(message)
    facts = record.get("facts", ())
    attempts = [each["attempt"] for each in facts if name_of(each) == AttemptStarted.__name__]
    return Entry(
        sequence=record["seq"],
        now_ns=record["now"],
        actor=record["actor"],
        sender=speaker(record),
        message=name,
        text=message_text(message),
        facts=tuple(fact_text(fact) for fact in facts),
        sent=tuple(sent_text(each) for each in sent),
        waited_for=waited_for(name),
        attempt=attempts[0] if attempts else 0,
        error=f"{record['error']}: {record['text']}" if "error" in record else "",
    )


def _append(trail: Trail, record: Json, entry: Entry) -> None:
    """Add a step to a life, or count it where the same was seen in passing right before."""
    entries = trail.entries
    last = entries[-1] if entries else None
    if last is not None and last.sequence == entry.sequence:
        return
    names = frozenset((trail.name, *trail.venue_ids))
    said = (record["msg"], *record.get("facts", ()))
    is_passing = (
        trail.is_order
        and entry.sequence == record["seq"]
        and not entry.error
        and not any(is_about_directly(each, names) for each in said)
    )
    gap_ns = 0 if last is None else entry.now_ns - last.now_ns
    if (
        is_passing
        and last is not None
        and last.in_passing
        and (last.actor, last.message) == (entry.actor, entry.message)
    ):
        entries[-1] = attrs.evolve(last, repeated=last.repeated + 1)
        return
    waited = "" if is_passing else entry.waited_for
    entries.append(attrs.evolve(entry, gap_ns=gap_ns, in_passing=is_passing, waited_for=waited))
