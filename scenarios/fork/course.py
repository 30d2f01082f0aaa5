"""Course: how a step of a fork differs from the recorded one, and whether that counts.

Pure. As long as a fork asks the same of the outside and arms the same timers, whatever the outside
answered is its answer, too, and the record goes on being true for it, also where it decides on
other figures inside. The first step that asks for something else leaves the recorded course: its
effects have other ids from then on, and nobody has recorded what the venue would have said.
"""

from typing import Any

from attrs import frozen

from ...actors.names import EVENT_BUS
from ...actors.runtime.differences import as_text, current, first_difference
from ...messages.codec import Codec, Json


@frozen
class Departure:
    """One step that comes out otherwise under other settings; both sides as JSON text."""

    sequence: int
    now_ns: int
    actor: str
    message: str
    """Tag of what the step was given."""
    correlation: str
    field: str
    recorded: str
    forked: str
    leaves_course: bool
    """True where the record says nothing any more of what comes after it."""


def departure(codec: Codec, recorded: Json, forked: Json) -> Departure | None:
    """Return how a step differs, None where it does not; an upcast message is no difference."""
    then = {key: value for key, value in recorded.items() if key != "h"}
    if then == forked:
        return None
    then = {key: current(codec, value) for key, value in then.items()}
    path, left, right = first_difference(then, forked)
    if left == right:
        return None
    return _told(then, path.removeprefix("."), left, right, leaves=_asked(then) != _asked(forked))


def lost(recorded: Json, why: str) -> Departure:
    """Return that a recorded step has no counterpart in the fork."""
    return _told(recorded, "id", recorded["id"], why, leaves=True)


def _told(recorded: Json, path: str, left: Any, right: Any, *, leaves: bool) -> Departure:
    return Departure(
        sequence=recorded["seq"],
        now_ns=recorded["now"],
        actor=recorded["actor"],
        message=str(recorded["msg"]["t"]).partition(".v")[0],
        correlation=recorded["corr"],
        field=path,
        recorded=as_text(left),
        forked=as_text(right),
        leaves_course=leaves,
    )


def _asked(record: Json) -> Json:
    """Return what the outside and the times to come depend on, and what ids are made of."""
    return {
        "failed": "error" in record,
        "tells": [_outward(tell) for tell in record.get("tells", ())],
        "timers": [(timer["key"], timer.get("after", -1)) for timer in record.get("timers", ())],
        "others": record.get("others", []),
    }


def _outward(tell: Any) -> Any:
    """Inside the core the receiver counts; events are for people and change nothing."""
    is_event = not isinstance(tell, str) and tell["to"] == EVENT_BUS
    return EVENT_BUS if is_event else tell
