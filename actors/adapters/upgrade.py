"""Upgrade: whether this version goes on from a data directory that another one wrote.

Owns the four questions and asks all of them, whatever the first ones say: is every message one that
this version reads, are the settings ones that it knows, does the state fold, do the decisions
replay. Nothing is written. A version that decides otherwise on purpose says no here, too, and names
the first record: whether that was meant is for people to say.
"""

import decimal
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import field, frozen

from ...messages.codec import Codec, CodecError, Json
from ..errors import ConfigurationError
from ..policies.host_rules import NamedRule
from ..ports import FileSystem
from ..runtime.journal_reader import Flaw, JournalDamaged, JournalReader
from ..runtime.recovery import RecoveryFailed, recover
from ..runtime.replay import Divergence, replay
from ..runtime.segment import RunFacts
from ..runtime.step import ENGINE_DECIMALS
from .config import load
from .dry_disk import DryDisk
from .journal_commands import makers_of
from .travel.survey import Survey, survey

NAMED_MAX = 10


@frozen
class Verdict:
    """What a data directory is to this version."""

    records: int
    starts: int
    code: tuple[str, ...]
    """What wrote it, and what looks at it."""
    brought_up: Mapping[str, int]
    """Label of an older version -> how many messages of it there are."""
    actors: int
    """How many states fold; 0 where they do not."""
    divergences: tuple[Divergence, ...]
    faults: tuple[str, ...] = field(default=())
    """Why this version must not start on it; a torn tail is none."""

    @property
    def is_good(self) -> bool:
        """True when this version reads it all, and decides the same."""
        return not self.faults and not self.divergences


def check(folder: FileSystem, codec: Codec, rules: tuple[NamedRule, ...] = ()) -> Verdict:
    """Look at a journal as a start of this version would, and replay it; writes nothing."""
    found = survey(folder)
    with decimal.localcontext(ENGINE_DECIMALS):
        records, brought_up, faults = _read(folder, codec)
        faults += _settings_faults(found)
        actors, more = _fold(folder, codec, found.runs, rules)
        faults += more
        divergences = _replayed(folder, codec, rules, faults)
    return Verdict(
        records,
        len(found.runs),
        tuple(found.code_lines(codec.fingerprints())),
        brought_up,
        actors,
        divergences,
        tuple(dict.fromkeys(faults)),
    )


def _read(folder: FileSystem, codec: Codec) -> tuple[int, Mapping[str, int], list[str]]:
    """Return how many records there are, the older labels in them, and what is unknown here."""
    today = codec.fingerprints()
    older, strange, records = Counter[str](), dict[str, str](), 0
    try:
        for line in JournalReader(folder):
            records += 1
            for message in _messages(line.data):
                label = message["t"]
                if label in today:
                    continue
                older[label] += 1
                if older[label] == 1 and (fault := _fault(codec, message)):
                    strange[label] = f"record {line.data['seq']}: {fault}"
    except JournalDamaged as damaged:
        return records, older, [f"damaged: {damaged}", *strange.values()]
    brought_up = {label: count for label, count in older.items() if label not in strange}
    return records, brought_up, list(strange.values())[:NAMED_MAX]


def _messages(record: Json) -> Iterator[Json]:
    """Yield what a record holds in full: the delivered message, facts, effects, what waits."""
    if "msg" in record:
        yield record["msg"]
    yield from record.get("facts", ())
    yield from record.get("replies", ())
    for kind in ("tells", "timers", "others", "waiting"):
        for effect in record.get(kind, ()):
            message: Any = None if isinstance(effect, str) else effect.get("msg")
            if message is not None:
                yield message


def _fault(codec: Codec, message: Json) -> str:
    try:
        codec.decode(message)
    except CodecError as error:
        return str(error)
    return ""


def _settings_faults(found: Survey) -> list[str]:
    faults: list[str] = []
    for run in found.runs:
        try:
            load((), recorded=run.settings)
        except ConfigurationError as error:
            faults.append(f"settings of start {run.generation}: {error}")
    return faults


def _fold(
    folder: FileSystem, codec: Codec, runs: tuple[RunFacts, ...], rules: tuple[NamedRule, ...]
) -> tuple[int, list[str]]:
    """Return how many actors' states fold, and why they do not."""
    if not runs:
        return 0, ["no manifest says what ran here"]
    try:
        recovered = recover(DryDisk(folder), codec, makers_of(runs[-1], rules))
    except (RecoveryFailed, ConfigurationError, ValueError) as error:
        return 0, [f"cannot be folded: {error}"]
    return len(recovered.states), [
        f"{each.segment}, record {each.record}: {each.what}"
        for each in recovered.findings
        if each.flaw is not Flaw.TORN_TAIL
    ]


def _replayed(
    folder: FileSystem, codec: Codec, rules: tuple[NamedRule, ...], faults: list[str]
) -> tuple[Divergence, ...]:
    try:
        return replay(folder, codec, lambda run: makers_of(run, rules)).divergences
    except (JournalDamaged, CodecError) as error:
        faults.append(f"cannot be replayed: {error}")
        return ()
