"""Upcasts: how the fields of an old message version become those of the next.

Owns the version of every message that is not at its first, and one function a step; from each old
version the steps lead to the one of today, and a test keeps that so. A step gets the fields as they
were written, without the label, and returns those of the next version. It invents nothing: what an
old version did not say has a word of its own. The state of an actor, which stands in snapshots, has
a version as well, under the tag `<actor>/state`. A message that another holds bare, or that stands
in a state, has no label there: whoever holds it needs a new version with it.
"""

from collections.abc import Callable, Mapping
from typing import Any

from .values import LastRun

Fields = dict[str, Any]
Upcaster = Callable[[Fields], Fields]


def _engine_started_1(old: Fields) -> Fields:
    """Version 1 said only whether there was an earlier run, not how it ended."""
    last_run = LastRun.UNTOLD if old["recovered"] else LastRun.NONE
    return {"generation": old["generation"], "last_run": last_run.value}


VERSIONS: Mapping[str, int] = {"EngineStarted": 2}
"""Versions above 1, by tag; every other message, and every other state, is at version 1."""

UPCASTERS: Mapping[tuple[str, int], Upcaster] = {("EngineStarted", 1): _engine_started_1}
"""(tag, old version) -> function that turns the old fields into those of the next version."""
