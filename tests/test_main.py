"""Command line: the roof joins commands by name and imports a body only when it is called.

Owns no command body; those are tested on their own floors.
"""

import subprocess
import sys
from importlib import metadata

import click
import pytest
from click.testing import CliRunner

from callboard import __main__ as roof


def test_version_prints_the_installed_version_alone() -> None:
    result = CliRunner().invoke(roof.main, ["version"])

    assert (0, f"{metadata.version('callboard')}\n") == (result.exit_code, result.stdout)


def test_the_module_runs_as_a_program_under_the_same_name() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "callboard", "--help"], check=True, capture_output=True, text=True
    )

    assert done.stdout.startswith("Usage: callboard [OPTIONS] COMMAND")


@pytest.mark.parametrize("command", ["run", "venue"])
def test_the_faults_are_listed_whatever_else_the_command_would_ask_for(command: str) -> None:
    result = CliRunner().invoke(roof.main, [command, "--faults", "help"])

    assert 0 == result.exit_code
    assert "answer_lost_after_execution" in result.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(roof.main, ["sell-everything"])

    assert 2 == result.exit_code
    assert "No such command 'sell-everything'" in result.stderr


def test_a_command_of_the_table_is_listed_and_loaded_from_its_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(vars(roof)["_COMMANDS"], "release", "__main__:version")

    listed = CliRunner().invoke(roof.main, ["--help"])
    result = CliRunner().invoke(roof.main, ["release"])

    assert "release" in listed.stdout
    assert f"{metadata.version('callboard')}\n" == result.stdout


def test_a_table_entry_that_is_no_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(vars(roof)["_COMMANDS"], "wrong", "messages.values:Side")

    result = CliRunner().invoke(roof.main, ["wrong"])

    assert isinstance(result.exception, TypeError)
    assert "messages.values:Side is not a click command" == str(result.exception)


@pytest.mark.parametrize("name", roof.main.list_commands(click.Context(roof.main)))
def test_every_command_can_be_loaded_and_explains_itself(name: str) -> None:
    result = CliRunner().invoke(roof.main, [name, "--help"])

    assert 0 == result.exit_code
    assert f"Usage: main {name}" in result.stdout


def test_version_imports_neither_actors_nor_scenarios() -> None:
    program = (
        "import sys\n"
        "from callboard.__main__ import main\n"
        "main(['version'], standalone_mode=False)\n"
        "heavy = ('callboard.actors', 'callboard.scenarios', 'binance')\n"
        "print([name for name in sys.modules if name.startswith(heavy)])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert "[]" == done.stdout.splitlines()[-1]
