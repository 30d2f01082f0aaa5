"""ScenarioFile: a workload or a whole story as a TOML file that people write and read.

Owns the one saved form: what is written of a workload is read as an equal one, every field of it,
those of tomorrow too; a story has a `title` and what is expected under `then` besides. What is as
usual is left out. A text that is none is a `ConfigurationError` with file, line, what is wrong and
the nearest valid names.
"""

from pathlib import Path
from types import MappingProxyType

from attrs import field, frozen

from ...actors import names
from ...actors.errors import ConfigurationError
from ..drawn import COMMANDS
from ..expectations import (
    EVENTS,
    LEGS,
    RESTABLE,
    SENDABLE,
    SIDES,
    Filled,
    InOrder,
    Position,
    Protected,
    Resting,
    Sent,
    Then,
    Told,
)
from ..planned import KINDS, STRIKING, Incident, PlannedFault, PriceMove
from ..story import Story
from ..venue.faults import Faults
from ..venue.streams import MARKET, USER
from ..workload import SYMBOLS, ActorCrash, Command, Signal, Workload
from .fields import Style, written
from .texts import open_text

STYLE = Style(
    keys=MappingProxyType(
        {
            (Workload, "crashes"): "actor_crash",
            (Workload, "turbulence_ticks"): "market.turbulence_ticks",
            (Workload, "is_thin"): "market.is_thin",
            (Workload, "is_hedged"): "account.is_hedged",
            (Workload, "trade_lite"): "venue.trade_lite",
            (Workload, "child_frame_late_ms"): "venue.child_frame_late",
        }
    ),
    words=MappingProxyType(
        {
            (Signal, "symbol"): SYMBOLS,
            (Command, "kind"): COMMANDS,
            (ActorCrash, "actor"): names.CORE,
            (Faults, "streams"): (USER, MARKET),
            (PlannedFault, "on"): tuple(KINDS),
            (PriceMove, "symbol"): SYMBOLS,
            (Incident, "symbol"): SYMBOLS,
            (Incident, "fault"): tuple(fault.value for fault in STRIKING),
            (Told, "event"): EVENTS,
            (InOrder, "events"): EVENTS,
            (Sent, "what"): SENDABLE,
            (Filled, "what"): tuple(LEGS),
            (Resting, "what"): RESTABLE,
            (Resting, "symbol"): SYMBOLS,
            (Position, "side"): SIDES,
            (Position, "symbol"): SYMBOLS,
            (Protected, "symbol"): SYMBOLS,
        }
    ),
)
"""A field of a new class needs a line here only for a closed list of words."""
TOLD = ("title", "then")
"""What a story has beside its workload."""


@frozen
class _Telling:
    """What a story has beside its workload."""

    title: str = ""
    then: Then = field(factory=Then)


def read_story(source: Path | str) -> Story:
    """Return the story of a file (a `Path`) or of a text (a `str`).

    Raises `ConfigurationError` that tells all faults, each with file and line.
    """
    reading, document = open_text(source, STYLE)
    told = {key: document.pop(key) for key in TOLD if key in document}
    workload = reading.record(Workload, document, (), beside=TOLD)
    telling = reading.record(_Telling, told, ())
    if workload is None or telling is None:
        raise ConfigurationError(*reading.faults)
    return Story(telling.title, workload, telling.then)


def read_scenario(source: Path | str) -> Workload:
    """Return the workload of a file or text alone, as `read_story` reads it."""
    return read_story(source).workload


def write_story(story: Story, *, note: str = "") -> str:
    """Return a story as the text of a scenario file, under a note for people."""
    lines = [f"# {line}".rstrip() for line in note.splitlines()]
    lines += written(_Telling(story.title), STYLE)
    lines += written(story.workload, STYLE)
    lines += written(_Telling(then=story.then), STYLE)
    return "\n".join(lines) + "\n"


def write_scenario(workload: Workload, *, note: str = "") -> str:
    """Return a workload as the text of a scenario file, under a note for people."""
    return write_story(Story("", workload), note=note)
