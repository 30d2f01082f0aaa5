"""README: what it shows runs as it stands, and what it names is there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import source_tree as project

TEXT = (project.ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```([a-z ]*)\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
SECONDS_MAX = 400


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCKS if name == language]


def shell_lines() -> list[str]:
    return [line for body in blocks("sh") for line in body.splitlines() if line]


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def test_its_commands_run_in_their_order_on_its_own_signals(tmp_path: Path) -> None:
    (tmp_path / "signals.jsonl").write_text(blocks("json lines")[0], encoding="utf-8")
    (tmp_path / "tight.toml").write_text(blocks("toml")[-1], encoding="utf-8")
    lines = [shlex.split(line) for line in shell_lines() if line.startswith("callboard ")]

    for name, *arguments in lines:
        done = run(sys.executable, "-m", name, *arguments, folder=tmp_path)
        assert 0 == done.returncode, (arguments, done.stdout[-2000:], done.stderr[-2000:])

    said = [next(word for word in line[1:] if word != "journal") for line in lines]
    assert ["run", "verify", "replay", "show", "stats", "timeline"] == said[:6]
    assert ["replay", "replay", "replay"] == said[6:9]
    assert ["report", "trades", "trade", "backup", "rebuild"] == [line[2] for line in lines[9:14]]
    assert ["report", "export", "rebuild"] == [line[2] for line in lines[14:]]


def test_its_signals_are_filled(tmp_path: Path) -> None:
    (tmp_path / "signals.jsonl").write_text(blocks("json lines")[0], encoding="utf-8")
    line = next(line for line in shell_lines() if line.startswith("callboard run"))

    done = run(sys.executable, "-m", *shlex.split(line), folder=tmp_path)

    assert '"outcomes": {"FILLED": 2}' in done.stdout
    assert '"violations": 0' in done.stdout


@pytest.mark.parametrize("body", blocks("python"))
def test_its_python_runs(body: str, tmp_path: Path) -> None:
    (tmp_path / "shown.py").write_text(body, encoding="utf-8")

    done = run(sys.executable, "shown.py", folder=tmp_path)

    assert 0 == done.returncode, done.stderr[-2000:]
    assert ("print(" in body) == ("OrderFilled(signal_id='a1'" in done.stdout)


def test_every_dev_command_that_it_names_is_one() -> None:
    known = run(str(project.ROOT / "dev"), "help", folder=project.ROOT).stdout

    for command in re.findall(r"\./dev ([a-z]+)", TEXT):
        assert f"\n  {command} " in known, command


def test_every_file_that_it_names_is_there() -> None:
    named = re.findall(r"`((?:actors|messages|scenarios|tests|examples|benchmarks)/[\w/.]*)`", TEXT)

    assert len(named) > 5
    assert [] == [path for path in named if not (project.ROOT / path).exists()]
