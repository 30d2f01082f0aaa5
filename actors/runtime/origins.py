"""Origins: whether a record says of its cause what the cause said of it.

Owns, for replay, who made each of the last `STEPS_MAX` steps, under which correlation, and which
edges it told. What a step tells carries its actor and correlation, and so does an edge's answer;
what comes from outside names its sender in its id. What was caused longer ago is believed.
"""

from collections.abc import Iterator
from typing import NamedTuple

from attrs import define, field

from ...messages.codec import Json
from ..names import JOURNAL

STEPS_MAX = 50_000
OUTSIDE = "host"
STARTED = "ActorStarted."
"""Nobody sends it: the kernel tells an actor of its new life, on a supervisor's directive."""

Difference = tuple[str, str, str]
"""Field, as recorded, as it must be."""


class _Step(NamedTuple):
    actor: str
    correlation: str
    edges: tuple[str, ...]
    """By number of its message, the edge that it goes to; empty for an actor of the core."""
    is_plain: bool
    """False where it told more than `edges` says: a directive, or a failure."""


@define(eq=False)
class Origins:
    """Steps that may have caused what comes."""

    _steps: dict[str, _Step] = field(init=False, factory=dict[str, _Step])
    """By sequence, as text."""

    def note(self, record: Json) -> None:
        """Remember a step."""
        tells = record.get("tells", ())
        edges = tuple("" if isinstance(tell, str) else str(tell["to"]) for tell in tells)
        is_plain = "others" not in record and "error" not in record
        step = _Step(record["actor"], record["corr"], edges, is_plain)
        self._steps[str(record["seq"])] = step
        if len(self._steps) > STEPS_MAX:
            del self._steps[next(iter(self._steps))]

    def differences(self, record: Json) -> Iterator[Difference]:
        """Yield what a record says of its cause and the cause does not."""
        origin = record["id"].rpartition(".")[0]
        step = self._steps.get(origin)
        if step is not None:
            is_start = record["msg"]["t"].startswith(STARTED)
            yield from _unequal("from", record["from"], "" if is_start else step.actor)
            yield from _unequal("corr", record["corr"], step.correlation)
        elif not origin.isdigit():
            yield from _unequal("from", record["from"] or OUTSIDE, origin.partition(":")[0])
            yield from self._of_answer(record)

    def _of_answer(self, record: Json) -> Iterator[Difference]:
        """An edge answers what it was told, under the same correlation.

        What a journal that fails holds back, it answers itself in place of the lane.
        """
        cause = record.get("cause", "")
        sequence, _, number = cause.rpartition(".")
        step = self._steps.get(sequence)
        if step is None:
            return
        yield from _unequal("corr", record["corr"], step.correlation)
        index = int(number)
        is_known = index < len(step.edges)
        told = step.edges[index] if is_known else ""
        if record["from"] not in (told, JOURNAL) and (is_known or step.is_plain):
            yield "cause", cause, f"{cause} was not told to {record['from']}"


def _unequal(name: str, recorded: str, due: str) -> Iterator[Difference]:
    if recorded != due:
        yield name, recorded, due
