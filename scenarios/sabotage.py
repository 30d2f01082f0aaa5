"""Sabotage: crashes of actors at planned steps, as `actor@step` names them.

Owns the counting of each named actor's messages, from 1 at the start of the run. A crash stands in
place of the handler: nothing of that step happens, and the supervisor decides.
"""

from attrs import define, field

from ..actors import names
from ..actors.errors import ConfigurationError
from ..actors.runtime.cell import Cell
from ..actors.runtime.envelope import Envelope
from ..actors.runtime.hosting import InjectedCrash


@define(eq=False)
class PlannedCrashes:
    """A saboteur that follows a plan; `done` counts what it did."""

    plan: dict[str, tuple[int, ...]]
    """Actor -> the messages, by number, that it crashes at."""
    done: int = field(init=False, default=0)
    _seen: dict[str, int] = field(init=False, factory=dict[str, int])

    def before_step(self, cell: Cell, envelope: Envelope) -> None:  # noqa: ARG002 - a port's form
        """Count a message; raise `InjectedCrash` where the plan says so."""
        steps = self.plan.get(cell.name)
        if steps is None:
            return
        count = self._seen[cell.name] = self._seen.get(cell.name, 0) + 1
        if count in steps:
            self.done += 1
            raise InjectedCrash(f"planned crash at message {count}")


def planned_crashes(texts: tuple[str, ...]) -> PlannedCrashes | None:
    """Return the plan of some `actor@step` texts, None for none; raises `ConfigurationError`."""
    plan: dict[str, tuple[int, ...]] = {}
    for text in texts:
        actor, _, step = text.partition("@")
        if actor not in names.CORE:
            raise ConfigurationError(f"--crash {text}: no actor {actor!r}; {', '.join(names.CORE)}")
        if not step.isdecimal() or int(step) < 1:
            raise ConfigurationError(f"--crash {text}: the step is a whole number from 1")
        plan[actor] = (*plan.get(actor, ()), int(step))
    return PlannedCrashes(plan) if plan else None
