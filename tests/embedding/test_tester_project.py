"""Tester project: one outside this repository finds the bug of its own actor with the wheel.

Owns the proof that a tester needs nothing but the installed package: its plugin is found by pytest
itself, the printed command repeats the failure, and the saved scenario passes after the mend.
"""

import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "test_own_actor.py"
RUN_SECONDS_MAX = 400


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a tester's project: one file with the actors and an invariant."""
    shutil.copy(EXAMPLE, tmp_path / "test_payments.py")
    return tmp_path


def run(host_python: Path, project: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest of the environment with the wheel; return its exit code and what it wrote."""
    done = subprocess.run(
        [str(host_python), "-m", "pytest", "-W", "error", *arguments],
        cwd=project,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS_MAX,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_tester_finds_the_bug_of_an_own_actor_and_replays_it(
    host_python: Path, project: Path
) -> None:
    code, told = run(host_python, project)

    assert 1 == code, told
    assert "nobody_is_paid_twice: invoices [1] are paid more than once" in told
    printed = re.search(r"python -m pytest (test_payments\.py::.*)", told)
    assert printed, told
    command = shlex.split(printed[1])
    saved = (project / command[-1]).read_text(encoding="utf-8")
    assert 'message = \'Invoice {"amount": ' in saved
    code, again = run(host_python, project, *command)
    assert (1, True) == (code, "are paid more than once" in again), again
    assert "runs: 1," in again

    text = (project / "test_payments.py").read_text(encoding="utf-8")
    mend = ("self.paid.append", "message.number in self.paid or self.paid.append")
    (project / "test_payments.py").write_text(text.replace(*mend), encoding="utf-8")

    code, mended = run(host_python, project, *command)
    assert 0 == code, mended
