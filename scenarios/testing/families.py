"""Families: runs of one kind, seed after seed until one goes wrong, then made small.

A family draws a case from a seed, runs it, makes it small and keeps it as a text; whose actors are
in it does not matter here. Bound: the budget, and what a family spends on making a case small.
"""

import re
import time
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from attrs import frozen

from ..outcome import Outcome

Case = TypeVar("Case")

UNITS_S = {"s": 1, "m": 60, "h": 3_600}
BUDGET = re.compile(r"([1-9]\d*)([smh]?)")


class Family(Protocol[Case]):
    """Runs of one kind."""

    @property
    def seeds_default(self) -> int:
        """How many seeds are run when nobody says it."""
        ...

    def drawn(self, seed: int) -> Case:
        """Return the case of a seed, the same for ever."""
        ...

    def run(self, case: Case) -> Outcome:
        """Run a case."""
        ...

    def smallest(self, case: Case, outcome: Outcome) -> Case:
        """Return a small case that goes wrong as this one did, whose outcome is given."""
        ...

    def choices(self, case: Case) -> int:
        """Count the drawn things of a case."""
        ...

    def write(self, case: Case, note: str) -> str:
        """Return a case as a text, under a note for people."""
        ...

    def read(self, path: Path) -> Case:
        """Return the case of a file; raises `ConfigurationError`."""
        ...


@frozen
class Budget:
    """How much is spent on one hunt: a number of seeds, or seconds on the wall."""

    seeds: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.seeds} seeds" if self.seeds else f"{self.seconds:g} s"


@frozen
class Failure(Generic[Case]):
    """A case that goes wrong, made small."""

    seed: int
    case: Case
    outcome: Outcome
    choices: int
    choices_before: int
    """Of the case as the seed drew it."""


@frozen
class Hunted(Generic[Case]):
    """What a hunt came to."""

    seeds: int
    steps: int
    failure: Failure[Case] | None


def budget_of(text: str) -> Budget:
    """Return the budget that a text says: `500` seeds, or a time as `30s`, `5m`, `1h`.

    Raises:
        ValueError: It says neither.
    """
    found = BUDGET.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is neither seeds, as 500, nor a time, as 30s, 5m or 1h")
    number, unit = int(found[1]), found[2]
    return Budget(seconds=number * UNITS_S[unit]) if unit else Budget(seeds=number)


def find_failure(family: Family[Case], budget: Budget, first_seed: int = 0) -> Hunted[Case]:
    """Run seeds from `first_seed` on until one goes wrong or the budget is spent."""
    until = time.monotonic() + budget.seconds
    steps, seed = 0, first_seed
    while seed - first_seed < budget.seeds or time.monotonic() < until:
        case = family.drawn(seed)
        outcome = family.run(case)
        steps += outcome.steps
        seed += 1
        if not outcome.is_clean:
            return Hunted(seed - first_seed, steps, _small(family, seed - 1, case, outcome))
    return Hunted(seed - first_seed, steps, None)


def _small(family: Family[Case], seed: int, case: Case, outcome: Outcome) -> Failure[Case]:
    small = family.smallest(case, outcome)
    before = family.choices(case)
    return Failure(seed, small, family.run(small), family.choices(small), before)
