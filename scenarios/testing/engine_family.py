"""EngineFamily: workloads of the whole engine, as a hunt wants them."""

from pathlib import Path

from attrs import frozen

from ..drawn import MIXES, Odds, drawn
from ..files.scenario_file import read_scenario, write_scenario
from ..invariants import CHECKS, MakeCheck
from ..outcome import Outcome
from ..search.hunt import Hunt
from ..search.script import Script
from ..search.shrinking import choices_of
from ..search.trial import trial_of
from ..workload import Workload


@frozen
class EngineFamily:
    """Every workload that the odds allow."""

    odds: Odds = MIXES["standard"]
    invariants: tuple[MakeCheck, ...] = CHECKS
    is_thorough: bool = False
    seeds_default: int = 20

    def drawn(self, seed: int) -> Workload:
        """Return the workload of a seed."""
        return drawn(seed, self.odds)

    def run(self, case: Workload) -> Outcome:
        """Run it from its first message to its last."""
        script = Script()
        trial = trial_of(
            case, is_thorough=self.is_thorough, prepare=script.watch, checks=self.invariants
        )
        return Outcome(trial.violations, tuple(script.lines), trial.steps)

    def smallest(self, case: Workload, outcome: Outcome) -> Workload:  # noqa: ARG002 - found anew
        """Return a small workload that breaks what this one breaks."""
        return Hunt(case, checks=self.invariants).smallest()

    def choices(self, case: Workload) -> int:
        """Count what happens in a workload."""
        return choices_of(case)

    def write(self, case: Workload, note: str) -> str:
        """Return a workload as the text of a scenario file."""
        return write_scenario(case, note=note)

    def read(self, path: Path) -> Workload:
        """Return the workload of a scenario file."""
        return read_scenario(path)
