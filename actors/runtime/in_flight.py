"""In flight: the messages between core actors that were told and not handled yet.

Owns what becomes of them when the process ends. The journal holds who was told, and a message in
full where it is handled; one that was told and never handled would be lost with the process. So
recovery counts them (`InFlight`) and makes them again by running their steps once more
(`Regeneration`), and a snapshot holds those that wait at that moment. Messages to and from edges
are not among them: what an edge was doing is unknown after a crash, and is asked of the venue.
Memory is bounded by what is in flight.
"""

from collections.abc import Container, Iterable, Mapping

from attrs import define, field

from ...messages.codec import Codec, CodecError, Json, dumps, loads
from ...messages.lifecycle import (
    ActorFailed,
    ActorStarted,
    RestartActor,
    StopActor,
    Terminated,
)
from .actor import Actor
from .cell import Cell, Status
from .differences import current
from .envelope import Envelope
from .journal_reader import Finding, Flaw, Line
from .record import envelope_of
from .segment import segment_name
from .step import RecordedDraws, StepContext, run_step

LIFECYCLE = (ActorFailed, ActorStarted, RestartActor, StopActor, Terminated)
"""News of one life; the next begins with every actor started."""


def waiting_messages(cells: Mapping[str, Cell], routed: Iterable[Envelope]) -> list[Envelope]:
    """Return the core's messages that wait in inboxes and at cells, oldest first."""
    waiting = [*routed]
    for cell in cells.values():
        if cell.status is not Status.STOPPED:
            waiting += cell.waiting
            if cell.failed is not None:
                waiting.append(cell.failed)
    return sorted((each for each in waiting if _is_kept(each, cells)), key=telling_order)


def telling_order(envelope: Envelope) -> tuple[int, int]:
    """Return what messages of the core are sorted by."""
    assert isinstance(envelope.origin, int), envelope
    return envelope.origin, envelope.number


def _is_kept(envelope: Envelope, cells: Mapping[str, Cell]) -> bool:
    receiver = cells.get(envelope.to)
    is_of_core = isinstance(envelope.origin, int) and receiver is not None and receiver.is_core
    return is_of_core and not isinstance(envelope.message, LIFECYCLE)


def waiting_json(codec: Codec, envelope: Envelope) -> Json:
    """Return a waiting message as it stands in a snapshot."""
    told: Json = {
        "to": envelope.to,
        "from": envelope.sender,
        "id": envelope.id,
        "corr": envelope.correlation,
        "msg": codec.encode(envelope.message),
    }
    if envelope.urgent:
        told["urgent"] = True
    return told


def waiting_envelope(codec: Codec, told: Json) -> Envelope:
    """Return a waiting message from a snapshot; raises `CodecError`."""
    origin, _, number = told["id"].partition(".")
    return Envelope(
        told["to"],
        codec.decode(told["msg"]),
        told["from"],
        int(origin),
        int(number),
        told["corr"],
        told.get("urgent", False),
    )


@define(eq=False)
class InFlight:
    """Follows a journal record by record: which messages of the core were not handled."""

    codec: Codec
    core: Container[str]
    supervisor: str = "supervisor"
    told: dict[str, str] = field(init=False, factory=dict[str, str])
    """Id -> receiver, in the order of telling."""
    known: dict[str, Envelope] = field(init=False, factory=dict[str, Envelope])
    """Those that a snapshot held."""
    _failed: dict[str, str] = field(init=False, factory=dict[str, str])
    """Actor -> id of the message that it failed on."""
    _stopped: dict[str, None] = field(init=False, factory=dict[str, None])

    def add(self, record: Json) -> None:
        """Follow one record."""
        if record.get("kind") == "snapshot":
            self._load(record)
            return
        actor = record["actor"]
        if "error" in record:
            self._failed[actor] = record["id"]
            if actor == self.supervisor:
                self._forget(record["id"])
            return
        if record["msg"]["t"].startswith("ActorStarted."):
            self._stopped.pop(actor, None)
        self._forget(record["id"])
        for effect in record.get("others", ()):
            self._follow(effect)
        for index, tell in enumerate(record.get("tells", ())):
            to = tell if isinstance(tell, str) else tell["to"]
            if to in self.core and to not in self._stopped:
                self.told[f"{record['seq']}.{index}"] = to

    def _load(self, record: Json) -> None:
        waiting = [waiting_envelope(self.codec, told) for told in record.get("waiting", ())]
        self.known = {each.id: each for each in waiting}
        self.told = {each.id: each.to for each in waiting}

    def _forget(self, message_id: str) -> None:
        self.told.pop(message_id, None)
        self.known.pop(message_id, None)

    def _follow(self, effect: Json) -> None:
        if "restart" in effect:
            failed = self._failed.pop(effect["restart"], None)
            if failed is not None and not effect["redeliver"]:
                self._forget(failed)
        elif "stop" in effect:
            stopped = effect["stop"]
            self._stopped[stopped] = None
            for message_id in [each for each, to in self.told.items() if to == stopped]:
                self._forget(message_id)


@define(eq=False)
class Regeneration:
    """Runs single steps of a journal again for the messages that they told.

    `found` holds them; a step that comes out otherwise under the code of today is a finding, and
    its messages are lost: comparing with the venue has to make up for them.
    """

    codec: Codec
    in_flight: InFlight
    found: list[Envelope] = field(init=False)
    findings: list[Finding] = field(init=False, factory=list[Finding])
    wanted: dict[int, list[int]] = field(init=False, factory=dict[int, list[int]])
    """Sequence -> the numbers of its messages that were not handled."""

    def __attrs_post_init__(self) -> None:
        self.found = list(self.in_flight.known.values())
        for message_id in self.in_flight.told:
            if message_id not in self.in_flight.known:
                origin, _, number = message_id.partition(".")
                self.wanted.setdefault(int(origin), []).append(int(number))

    def run(self, actor: Actor, line: Line) -> None:
        """Run the step of a record on the state before it; leaves the actor's state as it was."""
        record = line.data
        context = StepContext(record["actor"], RecordedDraws(record.get("draws", [])))
        if not self._is_repeated(actor, context, record):
            ids = ", ".join(f"{record['seq']}.{number}" for number in self.wanted[record["seq"]])
            what = f"messages {ids} cannot be made again by this version"
            self.findings.append(
                Finding(segment_name(line.segment), line.number, Flaw.NOT_REPEATED, what)
            )
            return
        for number in self.wanted[record["seq"]]:
            self.found.append(_told(context, record, number))

    def _is_repeated(self, actor: Actor, context: StepContext, record: Json) -> bool:
        before = self.codec.encode_state(actor.state)
        try:
            envelope = envelope_of(record, self.codec.decode(record["msg"]))
        except CodecError:
            return False
        error = run_step(actor, context, envelope, record["now"])
        actor.state = self.codec.decode_state(before, actor.State)
        return error is None and not self._differs(context, record)

    def _differs(self, context: StepContext, record: Json) -> bool:
        receivers = [to for to, _, _ in context.tells]
        told = [tell if isinstance(tell, str) else tell["to"] for tell in record.get("tells", ())]
        facts = loads(dumps([self.codec.encode(fact) for fact in context.facts]))
        return receivers != told or facts != current(self.codec, record.get("facts", []))


def _told(context: StepContext, record: Json, number: int) -> Envelope:
    to, message, urgent = context.tells[number]
    return Envelope(to, message, context.me, record["seq"], number, record["corr"], urgent)
