"""docs/replay.md: what it shows runs as it stands, on a recorded run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import source_tree as project
from support.command_line import invoke
from support.runs import recorded_run

TEXT = (project.ROOT / "docs" / "replay.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([a-z]*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
LINES = [line for name, body in BLOCKS if name == "sh" for line in body.splitlines()]


@pytest.fixture(autouse=True)
def _beside_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Work in a folder that holds the run under the name of the page."""
    shutil.copytree(recorded_run(), tmp_path / "D")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("line", LINES)
def test_its_commands_end_well(line: str) -> None:
    typed, _, command = line.rpartition(" | ")
    stdin = shlex.split(typed)[1].replace("\\n", "\n") if typed else ""

    result = invoke(*shlex.split(command)[1:], stdin=stdin)

    assert 0 == result.exit_code, result.stderr
    assert result.stdout


def test_its_python_runs() -> None:
    (body,) = [body for name, body in BLOCKS if name == "python"]

    done = subprocess.run(
        [sys.executable, "-c", body], env=os.environ, capture_output=True, text=True, check=False
    )

    assert 0 == done.returncode, done.stderr
    assert "ApprovedOrder 0 1" in done.stdout
