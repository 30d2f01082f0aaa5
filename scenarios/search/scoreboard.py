"""Scoreboard: what many trials came to, added up, as Markdown and as JSON.

Owns the sums and the first failures; nothing else grows with the number of seeds.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import define, field

from ..sometimes import NAMES
from .trial import Trial

FAILURES_KEPT = 100
SECOND_NS = 1_000_000_000
HOUR_S = 3_600


@define(eq=False)
class Scoreboard:
    """The sums of a search."""

    mix: str
    change: str = ""
    jobs: int = 1
    first_seed: int = 0
    planted: tuple[Mapping[str, Any], ...] = ()
    """How each planted defect was found: name, seeds, seconds, choices."""
    seeds: int = field(init=False, default=0)
    steps: int = field(init=False, default=0)
    virtual_ns: int = field(init=False, default=0)
    cpu_ns: int = field(init=False, default=0)
    wall_s: float = field(init=False, default=0.0)
    violations: int = field(init=False, default=0)
    failing: int = field(init=False, default=0)
    """Seeds in which something was violated or not settled."""
    first_failing: int | None = field(init=False, default=None)
    seeds_to_first: int = field(init=False, default=0)
    """How many seeds were run until the first that failed, it included."""
    faults: Counter[str] = field(init=False, factory=Counter[str])
    sometimes: Counter[str] = field(init=False, factory=lambda: Counter(dict.fromkeys(NAMES, 0)))
    failures: list[Trial] = field(init=False, factory=list[Trial])

    def add(self, trial: Trial) -> None:
        """Add one trial up."""
        self.seeds += 1
        self.steps += trial.steps
        self.virtual_ns += trial.virtual_ns
        self.cpu_ns += trial.cpu_ns
        self.violations += trial.violation_count
        self.faults.update(trial.faults)
        self.sometimes.update(trial.sometimes)
        if trial.is_clean:
            return
        self.failing += 1
        if self.first_failing is None:
            self.first_failing, self.seeds_to_first = trial.seed, self.seeds
        if len(self.failures) < FAILURES_KEPT:
            self.failures.append(trial)

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the branches that no seed reached."""
        return tuple(name for name, count in self.sometimes.items() if not count)

    @property
    def virtual_h(self) -> float:
        """Hours of virtual time."""
        return self.virtual_ns / SECOND_NS / HOUR_S

    @property
    def seeds_per_minute(self) -> float:
        """Seeds in a minute of the wall's clock."""
        return 60 * self.seeds / max(self.wall_s, 0.001)

    def as_json(self) -> str:
        """Return every figure as a JSON object."""
        return json.dumps(
            {
                "mix": self.mix,
                "change": self.change,
                "jobs": self.jobs,
                "first_seed": self.first_seed,
                "seeds": self.seeds,
                "virtual_hours": round(self.virtual_h, 3),
                "steps": self.steps,
                "wall_s": round(self.wall_s, 1),
                "cpu_s": round(self.cpu_ns / SECOND_NS, 1),
                "seeds_per_minute": round(self.seeds_per_minute),
                "violations": self.violations,
                "failing_seeds": self.failing,
                "first_failing_seed": self.first_failing,
                "seeds_to_first_failing": self.seeds_to_first,
                "faults": dict(self.faults.most_common()),
                "sometimes": dict(self.sometimes),
                "failures": [
                    {"seed": each.seed, "violations": each.violations} for each in self.failures
                ],
                "planted": [dict(each) for each in self.planted],
            },
            indent=2,
        )

    def as_markdown(self) -> str:
        """Return the board as people read it."""
        last = self.first_seed + self.seeds - 1
        change = f", changed by `{self.change}`" if self.change else ""
        parts = [
            "# Scoreboard",
            f"Seeds {self.first_seed} to {last} of the `{self.mix}` mix{change}, {self.jobs} jobs.",
            _table(("figure", "value"), self._figures()),
            "## Faults that happened",
            _table(("kind", "times"), self.faults.most_common()),
            "## Branches that were reached",
            _table(("branch", "times"), self.sometimes.items()),
        ]
        if self.failures:
            parts += [
                "## Failing seeds",
                _table(
                    ("seed", "first violation"),
                    ((each.seed, each.violations[0]) for each in self.failures),
                ),
            ]
        if self.planted:
            heads = tuple(self.planted[0])
            rows = (tuple(each.get(head, "") for head in heads) for each in self.planted)
            parts += ["## Planted defects", _table(heads, rows)]
        return "\n\n".join(parts) + "\n"

    def _figures(self) -> list[tuple[str, str]]:
        return [
            ("seeds", f"{self.seeds:,}"),
            ("virtual hours", f"{self.virtual_h:,.1f}"),
            ("steps of the scheduler", f"{self.steps:,}"),
            ("violations", f"{self.violations:,}"),
            ("failing seeds", f"{self.failing:,}"),
            ("seeds a minute", f"{self.seeds_per_minute:,.0f}"),
            ("wall seconds", f"{self.wall_s:,.0f}"),
            ("CPU seconds", f"{self.cpu_ns / SECOND_NS:,.0f}"),
        ]


def _table(heads: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(value: Any) -> str:
    text = f"{value:,}" if isinstance(value, int) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
