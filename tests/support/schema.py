"""Schema: the lock over every message class and the golden files, as they should be.

Owns the paths and the form of both. The lock maps each label to its fields, and each enumeration
to its words; a golden file holds one message of one version for ever.
"""

import importlib
import importlib.util
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson

from callboard.messages import values
from callboard.messages.codec import Codec, catalogue_classes, deep_fingerprint, state_tag
from callboard.messages.upcasts import UPCASTERS, VERSIONS
from support.samples import sample

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "messages" / "schema.lock.json"
GOLDEN = ROOT / "tests" / "golden"
SYSTEM = "callboard.actors.system"


def private_classes() -> list[tuple[str, type]]:
    """Return the actors' own messages with their tags, where there is a system to ask."""
    if importlib.util.find_spec(SYSTEM) is None:
        return []
    every = getattr(importlib.import_module(SYSTEM), "all_private", None)
    return [] if every is None else list(every())


def whole_codec() -> Codec:
    """Return the codec of every message, the actors' own included."""
    return Codec(private_classes())


def current_lock() -> dict[str, Any]:
    """Return what the lock should say of today's classes."""
    enums = {
        name: [str(word) for word in kind]
        for name, kind in sorted(vars(values).items())
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
    }
    messages = dict(sorted(whole_codec().fingerprints().items()))
    return {"messages": messages, "states": current_states(), "values": enums}


def current_states() -> dict[str, str]:
    """Return what is known of each actor's state, by label: it stands in every snapshot."""
    system = importlib.import_module(SYSTEM)
    return {
        f"{state_tag(name)}.v{VERSIONS.get(state_tag(name), 1)}": deep_fingerprint(actor.State)
        for name, actor in sorted(system.CLASSES.items())
    }


def read_lock() -> dict[str, Any]:
    """Return what the lock says."""
    lock: dict[str, Any] = orjson.loads(LOCK.read_bytes())
    return lock


def golden_name(label: str) -> str:
    """Return the file name of a label's golden message."""
    return f"{label}.json"


def golden_messages() -> dict[str, bytes]:
    """Return the content of today's golden file of each public message, by label."""
    codec = Codec()
    samples = [sample(cls) for cls in catalogue_classes().values()]
    labelled = {codec.label(message): message for message in samples}
    return {
        label: as_json({"t": label, **codec.whole(message)}) for label, message in labelled.items()
    }


def is_older(label: str) -> bool:
    """Tell whether a label is of a version before today's, with a way up to it."""
    tag, _, version = label.rpartition(".v")
    today = VERSIONS.get(tag, 1)
    return int(version) < today and has_way_up(label)


def has_way_up(label: str) -> bool:
    """Tell whether each step from a label's version to today's has an upcaster."""
    tag, _, version = label.rpartition(".v")
    return all((tag, step) in UPCASTERS for step in range(int(version), VERSIONS.get(tag, 1)))


def changed(locked: dict[str, str], current: dict[str, str]) -> list[str]:
    """Return what to do with each label that is not as it was locked."""
    return [what_to_do(label) for label, text in current.items() if locked.get(label, text) != text]


def what_to_do(label: str) -> str:
    """Return what to do with a label whose class is not as the lock says."""
    tag, _, version = label.rpartition(".v")
    return (
        f"{label} changed, and journals hold it: in messages/upcasts.py put {tag!r} at version"
        f" {int(version) + 1} in VERSIONS, write the step from ({tag!r}, {version}) into UPCASTERS,"
        " then ./dev run python tests/support/refresh_lock.py; before the first release,"
        " --rewrite takes the change as it is"
    )


def as_json(value: Any) -> bytes:
    """Return JSON for people: indented, one end of line."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2) + b"\n"
