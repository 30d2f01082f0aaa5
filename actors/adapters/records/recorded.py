"""Recorded: one record of the journal as the views read it, by its tagged classes.

Owns the choice of what is decoded: a reader names the classes it wants, and a record that holds
none of them is passed over by its bytes alone. A step that failed changed nothing and is passed
over, too: its message comes again or is told lost.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import frozen

from ....messages.codec import Codec, Json, loads

ANYWHERE = ""


@frozen
class Recorded:
    """One step: what it was delivered, what it wrote down and what it told edges, as far as wanted.

    `message` is None where it is not wanted.
    """

    sequence: int
    now_ns: int
    actor: str
    correlation: str
    head: str
    """The record's own hash."""
    message: Any
    facts: tuple[Any, ...]
    told: tuple[Any, ...]


class RecordReader:
    """Decodes the wanted classes; `messages` names the actor whose delivery counts, or any."""

    def __init__(
        self,
        codec: Codec,
        *,
        messages: Mapping[type, str],
        facts: Iterable[type] = (),
        told: Iterable[type] = (),
    ) -> None:
        tags = {cls: tag for tag, cls in codec.classes.items()}
        self._codec = codec
        self._messages = {tags[cls]: actor for cls, actor in messages.items()}
        self._facts = frozenset(tags[cls] for cls in facts)
        self._told = frozenset(tags[cls] for cls in told)
        wanted = sorted({*self._messages, *self._facts, *self._told})
        self._is_wanted = re.compile(
            b'"t":"(?:%s)\\.v' % b"|".join(re.escape(tag).encode() for tag in wanted)
        ).search

    def read(self, line: bytes) -> Recorded | None:
        """Return what a record's line says, None where nothing of it is wanted.

        Raises:
            CodecError: A wanted message is not one that this version knows.
        """
        if self._is_wanted(line) is None:
            return None
        record: Json = loads(line)
        if "msg" not in record or "error" in record:
            return None
        decode = self._codec.decode
        message = record["msg"] if self._delivers(record) else None
        facts = tuple(decode(each) for each in record.get("facts", ()) if _tag(each) in self._facts)
        told = tuple(decode(each) for each in _told_whole(record) if _tag(each) in self._told)
        if message is None and not facts and not told:
            return None
        return Recorded(
            record["seq"],
            record["now"],
            record["actor"],
            record["corr"],
            record["h"],
            None if message is None else decode(message),
            facts,
            told,
        )

    def _delivers(self, record: Json) -> bool:
        actor = self._messages.get(_tag(record["msg"]))
        return actor is not None and actor in (ANYWHERE, record["actor"])


def _told_whole(record: Json) -> list[Json]:
    """Return what a step told edges; inside the core a message stands where it is delivered."""
    tells: list[Json | str] = record.get("tells", [])
    return [each["msg"] for each in tells if not isinstance(each, str) and "msg" in each]


def _tag(message: Json) -> str:
    return str(message["t"]).rpartition(".v")[0]
