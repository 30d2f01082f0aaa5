"""The dev script: it refuses with a sentence and never touches what is not its own.

Owns only the refusals; the straight road is what runs these tests.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

import source_tree as project

SCRIPT = project.ROOT / "dev"


def run_dev(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script with the given additions to the environment."""
    return subprocess.run(
        ["/bin/sh", str(SCRIPT), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
    )


def test_an_unknown_command_is_a_usage_error_that_lists_the_commands() -> None:
    done = run_dev("dance")

    assert 2 == done.returncode
    assert "usage: ./dev COMMAND" in done.stderr


def test_the_usage_lists_every_command_that_the_script_takes() -> None:
    cases = SCRIPT.read_text(encoding="utf-8").split("case $command in")[1]
    taken = [name for name in re.findall(r"^    ([a-z]+)\)", cases, re.MULTILINE) if name != "help"]

    usage = run_dev("help").stdout

    assert taken == re.findall(r"^  ([a-z]+) ", usage, re.MULTILINE)


def test_a_machine_without_python_is_told_what_to_install(tmp_path: Path) -> None:
    for tool in ("dirname", "sed", "cat", "cksum"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)

    done = run_dev("setup", PATH=str(tmp_path), PYTHON="")

    assert 1 == done.returncode
    assert "apt-get install python3 python3-venv" in done.stderr


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("kept", encoding="utf-8")

    done = run_dev("setup", CALLBOARD_VENV=str(tmp_path))

    assert 1 == done.returncode
    assert "is no environment" in done.stderr
    assert ["mine.txt"] == [path.name for path in tmp_path.iterdir()]
