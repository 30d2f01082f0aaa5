"""PytestPlugin: a tester's suite finds, prints, saves and repeats what goes wrong."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from callboard.scenarios.testing.pytest_runs import file_name
from support.plugin_runs import PluginRuns, told_command

EXAMPLE = Path(__file__).parents[2] / "examples" / "test_own_actor.py"
NOTHING = """
import sys

def test_nothing():
    ours = [name for name in sys.modules if name.startswith("callboard")]
    room = "callboard.scenarios.testing"
    assert ["callboard", "callboard.scenarios", room, f"{room}.pytest_plugin"] == ours
    assert "hypothesis" not in sys.modules
"""
ENGINE = """
from attrs import frozen

from callboard.scenarios import EngineFamily, Ground, Hooks, Odds

@frozen
class NothingIsEverFilled:
    ground: Ground

    def hooks(self):
        return Hooks(filled=lambda fill, before: self.ground.report("filled", str(fill.order_id)))

ODDS = Odds(2, 0, 0, 0, 0, disk_share=0.0, fault_share=0.0, durations_ms=(10_000,))

def test_engine(callboard_run):
    callboard_run(EngineFamily(ODDS, (NothingIsEverFilled,)), seeds=20)

def test_healthy_engine(callboard_run):
    callboard_run(EngineFamily(ODDS), seeds=2)
"""
PLUGIN = "callboard.scenarios.testing.pytest_plugin"
CALLED_TWICE = """
from attrs import evolve
from support.guests import PARCELS

PARCELS = evolve(PARCELS, invariants=())

def test_two(callboard_run):
    callboard_run(PARCELS)
    callboard_run(PARCELS)
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> PluginRuns:
    """Return a tester's folder with the example in it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    runs = PluginRuns(pytester)
    runs.write("test_mine.py", EXAMPLE.read_text(encoding="utf-8"))
    return runs


def test_a_failure_is_a_script_of_messages_and_a_command_that_repeats_it(
    project: PluginRuns,
) -> None:
    code, told = project.run()

    assert 1 == code
    assert "nobody_is_paid_twice: invoices [1] are paid more than once" in told
    assert "outside -> cashier: Invoice(amount=" in told
    assert "Traceback" not in told
    code, again = project.run(*told_command(told))
    assert 1 == code
    assert "(replayed from .callboard/" in again
    assert told_command(told) == told_command(again)


def test_a_saved_scenario_passes_when_the_bug_is_mended(project: PluginRuns) -> None:
    command = told_command(project.run()[1])
    mend = ("self.paid.append", "message.number in self.paid or self.paid.append")
    project.write("test_mine.py", project.read("test_mine.py").replace(*mend))

    (code, told), (code_of_drawn, told_of_drawn) = project.run(*command), project.run()

    assert (0, 0) == (code, code_of_drawn)
    assert "runs: 1," in told
    assert "runs: 500," in told_of_drawn


def test_header_and_summary_say_what_is_run_and_was(project: PluginRuns) -> None:
    options = ("--callboard-budget", "3", "--callboard-first-seed", "2")

    _, told = project.run(*options, "--callboard-artifacts", "kept")

    assert "callboard: budget 3, first seed 2, artifacts in kept" in told
    assert "scenario tests: 1, runs: 3, steps: " in told
    assert not (project.pytester.path / "kept").exists()


def test_a_budget_may_be_a_time(project: PluginRuns) -> None:
    _, told = project.run("--callboard-budget", "60s")

    assert "invoices [1] are paid more than once" in told


def test_failures_are_saved_where_the_flag_says_by_the_name_of_their_test(
    project: PluginRuns,
) -> None:
    project.write("test_other.py", project.read("test_mine.py"))

    project.run("--callboard-artifacts", "kept/here")

    names = sorted(path.name for path in (project.pytester.path / "kept" / "here").iterdir())
    assert ["test-mine-py-test-", "test-other-py-test"] == [name[:18] for name in names]


def test_the_command_is_for_the_folder_from_which_pytest_was_called(
    project: PluginRuns, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.write("pytest.ini", "[pytest]\n")
    monkeypatch.chdir(project.pytester.mkdir("deep"))

    _, told = project.run("..")

    command = told_command(told)
    assert command[0].startswith("../test_mine.py::")
    assert 1 == project.run(*command)[0]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--callboard-budget", "soon"), "--callboard-budget: 'soon' is neither seeds, as 500,"),
        (("--callboard-replay", "no.toml"), "--callboard-replay: there is no file no.toml"),
    ],
)
def test_a_flag_that_says_nothing_is_refused_before_any_test(
    flags: tuple[str, ...], said: str, project: PluginRuns
) -> None:
    code, told = project.run(*flags)

    assert 4 == code
    assert said in told
    assert "Traceback" not in told


def test_what_is_wrong_in_a_saved_file_is_told_with_its_line(project: PluginRuns) -> None:
    lines = (
        "seed = 1",
        "[[send]]",
        'to = "cashear"',
        "message = 'Invoice {}'",
        "[[trouble]]",
        'kind = "lots"',
        'actor = "bank"',
        "nth = 0",
    )
    project.write("mine.toml", "\n".join(lines))

    code, told = project.run("--callboard-replay", "mine.toml")

    assert 1 == code
    assert "mine.toml:3: to: there is no 'cashear'; near: cashier" in told
    assert "mine.toml:6: kind: " in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ("Invoyce {}", "'Invoyce' is no message; near: Invoice"),
        ("Invoice {amount: 1}", "the fields of Invoice are no JSON: "),
        ('Invoice {"amuont": 1}', "is no Invoice: "),
    ],
)
def test_a_message_that_nobody_knows_is_told_with_its_line(
    message: str, said: str, project: PluginRuns
) -> None:
    project.write("mine.toml", f"seed = 1\n[[send]]\nto = 'cashier'\nmessage = '{message}'\n")

    _, told = project.run("--callboard-replay", "mine.toml")

    assert f"mine.toml:4: message: {said}" in told


def test_a_second_call_in_one_test_is_refused(project: PluginRuns) -> None:
    project.write("test_mine.py", CALLED_TWICE)

    _, told = project.run("--callboard-budget", "1")

    assert "a second call in one test; write a second test" in told


def test_the_whole_engine_is_run_by_the_same_fixture(project: PluginRuns) -> None:
    project.write("test_mine.py", ENGINE)

    code, told = project.run()

    assert 1 == code
    assert "1 failed, 1 passed" in told
    assert "filled: " in told
    assert "-> order_manager: " in told
    again = project.run(*told_command(told))[1]
    assert "filled: " in again
    assert "runs: 1," in again


def test_what_a_test_ran_survives_the_way_from_a_worker(project: PluginRuns) -> None:
    project.write(
        "conftest.py",
        "import json, pytest\n"
        "@pytest.hookimpl(tryfirst=True)\n"
        "def pytest_runtest_logreport(report):\n"
        "    sent = report.user_properties\n"
        "    report.user_properties = json.loads(json.dumps(sent))\n",
    )

    _, told = project.run("--callboard-budget", "3")

    assert "scenario tests: 1, runs: 3, steps: " in told


def test_a_suite_that_does_not_ask_imports_nothing_of_the_engine(tmp_path: Path) -> None:
    (tmp_path / "test_nothing.py").write_text(NOTHING, encoding="utf-8")
    options = ("-q", "-W", "error", "-p", "no:cacheprovider", "-p", PLUGIN, str(tmp_path))

    told = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert 0 == told.returncode, told.stdout
    assert "scenario tests" not in told.stdout


def test_files_of_different_tests_have_different_names() -> None:
    names = {file_name(nodeid) for nodeid in ("a.py::t[1]", "a.py::t[-1]", "a.py::t[.1]")}

    assert 3 == len(names)
