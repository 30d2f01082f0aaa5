"""Record: one step of the core as one JSON line, chained to the line before it.

Owns the names of the record's fields and the chain. A line ends with the key `h`, the blake2b
hash over the previous hash and this line without it, so that a change anywhere breaks every later
link. Absent keys mean "none": most steps have few kinds of effects.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from ...messages.codec import Codec, Json, dumps, loads
from .cell import Cell
from .envelope import Envelope
from .step import Restart, Spawn, Stop

GENESIS = "0" * 32
"""The hash before the first record of a journal."""

CHAIN_BYTES = 16


class Chain:
    """The running hash of a journal."""

    __slots__ = ("head",)

    def __init__(self, head: str = GENESIS) -> None:
        self.head = head

    def seal(self, body: bytes) -> bytes:
        """Return the record's line with its hash as the last key, and move the head on."""
        key = self.head.encode()
        self.head = head = blake2b(body, digest_size=CHAIN_BYTES, key=key).hexdigest()
        return b"".join((body[:-1], b',"h":"', head.encode(), b'"}\n'))


def link(head: str, body: bytes) -> str:
    """Return the hash that follows `head` for a record without its own hash."""
    return blake2b(body, digest_size=CHAIN_BYTES, key=head.encode()).hexdigest()


def split_line(line: bytes) -> tuple[bytes, str]:
    """Return (the record without its hash, the hash); raises `ValueError` for another shape."""
    marker = line.rfind(b',"h":"')
    if marker < 0 or not line.endswith(b'"}\n'):
        raise ValueError("the line does not end with a hash")
    return line[:marker] + b"}", line[marker + 6 : -3].decode("ascii", "replace")


def step_record(
    codec: Codec, cells: dict[str, Cell], cell: Cell, envelope: Envelope, sequence: int
) -> Json:
    """Return the record of a step that was kept, from its cell's context."""
    record = _head(codec, cell, envelope, sequence)
    context = cell.context
    if context.drawn:
        record["draws"] = context.drawn
    encode = codec.encode
    if context.facts:
        record["facts"] = [encode(fact) for fact in context.facts]
    if context.tells:
        record["tells"] = _tells(codec, cells, context.tells)
    if context.timers:
        record["timers"] = [_timer(codec, *timer) for timer in context.timers]
    if context.replies:
        record["replies"] = [encode(reply) for reply in context.replies]
    if context.others:
        record["others"] = [_other(codec, effect) for effect in context.others]
    return record


def failure_record(
    codec: Codec, cell: Cell, envelope: Envelope, sequence: int, error: Exception
) -> Json:
    """Return the record of a step that raised: nothing happened but the failure."""
    record = _head(codec, cell, envelope, sequence)
    if cell.context.drawn:
        record["draws"] = cell.context.drawn
    record["error"] = type(error).__name__
    record["text"] = str(error)
    return record


def snapshot_record(
    codec: Codec, cells: dict[str, Cell], sequence: int, now: int, waiting: list[Json]
) -> Json:
    """Return the state of every core actor between two steps, and what waits for them."""
    states = {name: _state(codec, cell) for name, cell in cells.items() if cell.is_core}
    record: Json = {"seq": sequence, "kind": "snapshot", "now": now, "states": states}
    if waiting:
        record["waiting"] = waiting
    return record


def _state(codec: Codec, cell: Cell) -> Json:
    kept = {"gen": cell.generation, "state": codec.encode_state(cell.actor.state)}
    version = codec.state_version(cell.name)
    return kept if version == 1 else {**kept, "v": version}


def state_in(codec: Codec, actor: str, kept: Json) -> Any:
    """Return an actor's state in a snapshot as today's version has it; raises `CodecError`."""
    return codec.current_state(actor, kept["state"], kept.get("v", 1))


def current_states(codec: Codec, cells: Mapping[str, Cell], states: Json) -> Json:
    """Return a snapshot's states as today's classes write them; what they cannot read stays."""
    return {
        name: _current_state(codec, cells.get(name), name, kept) for name, kept in states.items()
    }


def _current_state(codec: Codec, cell: Cell | None, name: str, kept: Json) -> Json:
    if cell is None:
        return kept
    try:
        state = codec.decode_state(state_in(codec, name, kept), cell.actor.State)
    except Exception:  # noqa: BLE001 - a field that is gone shows as the difference that it is
        return kept
    plain: Any = loads(dumps(codec.encode_state(state)))
    return {"gen": kept["gen"], "state": plain}


def error_in(record: Json) -> Exception:
    """Return an error of the name and the words that the record of a failure holds."""
    error: Exception = type(record["error"], (Exception,), {})(record["text"])
    return error


def envelope_of(record: Json, message: Any) -> Envelope:
    """Return the envelope that a record was made of, around its message."""
    origin, _, number = record["id"].rpartition(".")
    return Envelope(
        record["actor"],
        message,
        record["from"],
        origin,
        int(number),
        record["corr"],
        cause=record.get("cause", ""),
    )


def encode_record(record: Json) -> bytes:
    """Return the record as JSON without its hash."""
    return dumps(record)


def _head(codec: Codec, cell: Cell, envelope: Envelope, sequence: int) -> Json:
    context = cell.context
    record: Json = {
        "seq": sequence,
        "actor": cell.name,
        "gen": cell.generation,
        "id": context.message_id,
        "from": envelope.sender,
        "corr": envelope.correlation,
        "now": context.now,
        "msg": codec.encode(envelope.message),
    }
    if envelope.cause:
        record["cause"] = envelope.cause
    return record


def _tells(
    codec: Codec, cells: dict[str, Cell], tells: list[tuple[str, Any, bool]]
) -> list[Json | str]:
    """Inside the core a receiver is enough: the message stands in full where it is delivered."""
    encoded: list[Json | str] = []
    for to, message, urgent in tells:
        receiver = cells.get(to)
        is_core = receiver is not None and receiver.is_core
        if is_core and not urgent:
            encoded.append(to)
            continue
        told: Json = {"to": to} if is_core else {"to": to, "msg": codec.encode(message)}
        if urgent:
            told["urgent"] = True
        encoded.append(told)
    return encoded


def _timer(codec: Codec, delay: int, message: Any, key: str) -> Json:
    if delay < 0:
        return {"key": key, "off": True}
    return {"key": key, "after": delay, "msg": codec.encode(message)}


def _other(codec: Codec, effect: Any) -> Json:
    if isinstance(effect, Spawn):
        name, kind, settings = effect
        return {"spawn": name, "kind": kind, "msg": codec.encode(settings)}
    if isinstance(effect, Restart):
        return {"restart": effect[0], "redeliver": effect[1]}
    if isinstance(effect, Stop):
        return {"stop": effect[0], "reason": effect[1]}
    return {"watch": effect[0]}
