"""PytestRuns: what the plugin does once a test asks for it.

Owns the hunt of one test, its saved failure and the text of it: what was broken, the last messages,
and one command that repeats it. A failing case is saved under the name of its test before the test
fails, so that neither a worker nor a later run can take its place.
"""

import os
import re
import shlex
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field

from ...actors.errors import ConfigurationError
from ..guests.family import GuestFamily
from ..guests.system import ActorSystem
from ..outcome import Outcome
from .families import Budget, Failure, Family, budget_of, find_failure
from .pytest_plugin import KEY

NAME_MAX = 60
LINES_MAX = 30


@define(eq=False)
class Runs:
    """The fixture: call it with what is to be run, once in a test."""

    node: pytest.Item
    config: pytest.Config
    _is_called: bool = field(init=False, default=False)

    def __call__(self, subject: ActorSystem | Family[Any], *, seeds: int | None = None) -> None:
        """Run drawn scenarios, or the saved one; fail the test when one goes wrong."""
        __tracebackhide__ = True
        if self._is_called:
            raise pytest.UsageError("callboard_run: a second call in one test; write a second test")
        self._is_called = True
        family = GuestFamily(subject) if isinstance(subject, ActorSystem) else subject
        saved = self._option("replay")
        try:
            text = self._replay(family, Path(saved)) if saved else self._hunt(family, seeds)
        except ConfigurationError as error:
            text = str(error)
        if text:
            pytest.fail(text, pytrace=False)

    def _replay(self, family: Family[Any], path: Path) -> str:
        outcome = family.run(family.read(self._here(path)))
        command = "" if outcome.is_clean else self._command(path)
        self._note(1, outcome.steps, command)
        return "" if outcome.is_clean else failure_text(outcome, f"replayed from {path}", command)

    def _hunt(self, family: Family[Any], seeds: int | None) -> str:
        told = self._option("budget")
        budget = budget_of(told) if told else Budget(seeds or family.seeds_default)
        hunted = find_failure(family, budget, self._option("first_seed"))
        failure = hunted.failure
        if failure is None:
            self._note(hunted.seeds, hunted.steps, "")
            return ""
        path = self._save(family, failure)
        command = self._command(path)
        self._note(hunted.seeds, hunted.steps, command)
        found = f"seed {failure.seed}, made small: {failure.choices} of {failure.choices_before}"
        return failure_text(failure.outcome, f"{found} drawn choices left", command)

    def _save(self, family: Family[Any], failure: Failure[Any]) -> Path:
        """Save a case; return its path as the command line says it."""
        folder = Path(self._option("artifacts"))
        name = f"{file_name(self.node.nodeid)}-{failure.seed}.toml"
        note = f"{self.node.nodeid}, seed {failure.seed}\n{failure.outcome.violations[0]}"
        there = self._here(folder)
        there.mkdir(parents=True, exist_ok=True)
        (there / name).write_text(family.write(failure.case, note), encoding="utf-8")
        return folder / name

    def _option(self, name: str) -> Any:
        return self.config.getoption(f"callboard_{name}")

    def _here(self, path: Path) -> Path:
        """Return where a path of the command line is, wherever a test has gone meanwhile."""
        return self.config.invocation_params.dir / path

    def _command(self, path: Path) -> str:
        file, _, test = self.node.nodeid.partition("::")
        here = os.path.relpath(self.config.rootpath / file, self.config.invocation_params.dir)
        test = f"{here}::{test}"
        return shlex.join(("python", "-m", "pytest", test, "--callboard-replay", str(path)))

    def _note(self, runs: int, steps: int, command: str) -> None:
        ran = {"runs": runs, "steps": steps, "command": command}
        self.node.user_properties.append((KEY, ran))


def failure_text(outcome: Outcome, origin: str, command: str) -> str:
    """Return what a person needs: what is wrong, how it came to it, and how to see it again."""
    left_out = len(outcome.trace) - LINES_MAX
    cut = [f"{'':10}… {left_out} lines before"] if left_out > 0 else []
    return "\n".join(
        [
            *outcome.violations,
            f"({origin})",
            "",
            *cut,
            *outcome.trace[-LINES_MAX:],
            "",
            "again, by one command:",
            f"  {command}",
        ]
    )


def file_name(nodeid: str) -> str:
    """Return a name for a test's file: readable, and no other test's."""
    words = re.sub(r"[^A-Za-z0-9]+", "-", nodeid).strip("-")[-NAME_MAX:].strip("-")
    return f"{words}-{blake2b(nodeid.encode(), digest_size=3).hexdigest()}"
