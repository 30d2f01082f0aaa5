"""PluginRuns: pytest with the scenarios' plugin on a tester's files, in this process."""

import pytest
from attrs import define

from callboard import scenarios
from callboard.scenarios.testing import pytest_plugin, pytest_runs

KNOWN_BEFORE = (pytest_runs, *(getattr(scenarios, name) for name in scenarios.__all__))
"""All that a run inside may import: what it imports first is forgotten when it ends."""


@define(eq=False)
class PluginRuns:
    """A tester's folder; `run` runs pytest in it, or in one below it."""

    pytester: pytest.Pytester

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        (self.pytester.path / name).write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        """Return a file of the project."""
        return (self.pytester.path / name).read_text(encoding="utf-8")

    def run(self, *arguments: str) -> tuple[int, str]:
        """Return pytest's exit code and all that it wrote."""
        usual = ("-W", "error", "-p", "no:cacheprovider")
        done = self.pytester.runpytest_inprocess(*usual, *arguments, plugins=[pytest_plugin])
        return int(done.ret), "\n".join((*done.outlines, *done.errlines))


def told_command(output: str) -> list[str]:
    """Return the arguments of pytest in the command that a failure printed."""
    (line,) = dict.fromkeys(line.strip() for line in output.splitlines() if "python -m" in line)
    return line.split()[3:]
