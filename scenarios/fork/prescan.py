"""Prescan: what must be known of a journal before the first step of its fork.

Owns one pass over all records: which crashes were injected and where, what was read first at the
venue, and when each start ended. Memory is bounded by those.
"""

from typing import Any

from attrs import define, field

from ...actors.ports import FileSystem
from ...actors.runtime.hosting import InjectedCrash
from ...actors.runtime.journal_reader import JournalReader
from ...actors.runtime.segment import Manifest
from ...messages.codec import Codec, Json
from ...messages.venue import AttemptEnded
from .opening import READ_AT_START

ENDED = AttemptEnded.__name__ + "."


@define
class Prescan:
    """What one pass over a journal found."""

    records: int = 0
    crashes: dict[int, str] = field(factory=dict[int, str])
    """Sequence -> text of an injected crash."""
    readings: dict[type, Any] = field(factory=dict[type, Any])
    ends_ns: dict[int, int] = field(factory=dict[int, int])
    """Generation -> time of its last record."""


def prescan(folder: FileSystem, codec: Codec) -> Prescan:
    """Read a journal once; raises `JournalDamaged`."""
    found, generation = Prescan(), [0]
    wanted = {cls.__name__: cls for cls in READ_AT_START}

    def begin_segment(manifest: Manifest | None) -> None:
        if manifest is not None:
            generation[0] = manifest.run.generation

    for line in JournalReader(folder, on_segment=begin_segment):
        record = line.data
        found.records += 1
        found.ends_ns[generation[0]] = record["now"]
        if record.get("error") == InjectedCrash.__name__:
            found.crashes[record["seq"]] = record["text"]
        if wanted and _ended(record) and (name := _read(record)) in wanted:
            found.readings[wanted.pop(name)] = codec.decode(record["msg"]["result"])
    return found


def _ended(record: Json) -> bool:
    return str(record.get("msg", {}).get("t", "")).startswith(ENDED)


def _read(record: Json) -> str:
    """Return the tag of what a request has read, empty where nothing was."""
    result: Json | None = record.get("msg", {}).get("result")
    return "" if result is None else str(result["t"]).partition(".v")[0]
