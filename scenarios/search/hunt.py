"""Hunt: one failing workload, run again and again until it is small.

Owns the budget and what counts as the same failure: one of the invariants that the first run broke
does not hold. Each workload is run once; past the budget everything counts as sound, so that what
was found until then is the result.
"""

import time
from collections.abc import Callable

from attrs import define, field

from ..chaos import Run
from ..invariants import CHECKS, MakeCheck
from ..workload import Workload
from .in_turn import in_turn
from .shrinking import choices_of, shrunk
from .trial import Trial, trial_of

RUNS_MAX = 600
SECONDS_MAX = 180.0


class NothingFound(Exception):
    """The workload that should be made small is clean."""


@define(eq=False)
class Hunt:
    """The runs of one search for a smaller workload."""

    workload: Workload
    runs_max: int = RUNS_MAX
    seconds_max: float = SECONDS_MAX
    on_run: Callable[["Hunt"], None] | None = None
    """Called after each run."""
    checks: tuple[MakeCheck, ...] = CHECKS
    runs: int = field(init=False, default=0)
    trial: Trial = field(init=False)
    """Of the smallest workload so far."""
    choices: int = field(init=False)
    _wanted: tuple[str, ...] = field(init=False)
    _ends_at: float = field(init=False)
    _known: dict[Workload, bool] = field(init=False, factory=dict[Workload, bool])

    def __attrs_post_init__(self) -> None:
        self._ends_at = time.monotonic() + self.seconds_max
        self.choices = choices_of(self.workload)
        self.trial = trial_of(self.workload, checks=self.checks)
        self._wanted = self.trial.invariants

    @property
    def is_over(self) -> bool:
        """True past the budget."""
        return self.runs >= self.runs_max or time.monotonic() > self._ends_at

    def smallest(self) -> Workload:
        """Return the smallest workload that fails as the first did; raises `NothingFound`."""
        if self.trial.is_clean:
            raise NothingFound
        smallest = shrunk(self.workload, self.fails)
        told = in_turn(smallest, self.fails)
        return told if told == smallest else shrunk(told, self.fails)

    def fails(self, workload: Workload) -> bool:
        """Say whether a workload fails as the first did."""
        known = self._known.get(workload)
        if known is not None:
            return known
        if self.is_over:
            return False
        self.runs += 1
        trial = trial_of(workload, prepare=self._stop_when_found, checks=self.checks)
        fails = self._known[workload] = self._is_same(trial)
        if fails:
            self.workload, self.trial, self.choices = workload, trial, choices_of(workload)
        if self.on_run is not None:
            self.on_run(self)
        return fails

    def _is_same(self, trial: Trial) -> bool:
        return any(name in self._wanted for name in trial.invariants)

    def _stop_when_found(self, run: Run) -> None:
        """End a run as soon as one of the wanted invariants does not hold."""
        violations = run.checker.violations
        run.is_enough = lambda: any(each.invariant in self._wanted for each in violations)
