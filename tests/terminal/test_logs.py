"""Logs: the last lines of an audit log, those that come, and what went wrong."""

import json
import signal
import subprocess
import sys
from collections.abc import Generator
from itertools import islice
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from callboard.__main__ import main
from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.records.audit_files import AuditFiles
from callboard.actors.adapters.terminal.audit_tail import AuditTail
from callboard.actors.adapters.terminal.logs_verbs import is_error
from support.command_line import invoke
from support.runs import recorded_run

MINUTES = 60


def line(number: int, **more: Any) -> bytes:
    return json.dumps({"sequence": number, "event_type": "signal", **more}).encode() + b"\n"


def written(folder: Path, day: str, *lines: bytes) -> None:
    with AuditFiles(folder).path(day).open("ab") as file:
        file.writelines(lines)


def numbers(lines: Any) -> list[int]:
    return [each["sequence"] for each in lines]


def test_the_last_lines_come_from_the_day_before_where_today_has_too_few(tmp_path: Path) -> None:
    written(tmp_path, "2026-01-01", *map(line, range(1, 6)))
    written(tmp_path, "2026-01-02", *map(line, range(6, 8)))
    tail = AuditTail(AuditFiles(tmp_path), lambda _: True)

    assert [4, 5, 6, 7] == numbers(tail.last(4))
    assert [] == numbers(tail.last(0))


def test_lines_that_come_are_followed_into_the_next_day_and_only_whole(tmp_path: Path) -> None:
    written(tmp_path, "2026-01-01", line(1), line(2)[:9])
    tail = AuditTail(AuditFiles(tmp_path), lambda each: each["sequence"] != 3)
    before = numbers(tail.last(9))

    written(tmp_path, "2026-01-01", line(2)[9:], line(3), line(4))
    written(tmp_path, "2026-01-02", line(5))
    came = numbers(islice(tail.follow(lambda: False), 3))

    assert [1] == before
    assert [2, 4, 5] == came


def test_a_log_that_begins_while_it_is_followed_is_read_from_its_first_line(
    tmp_path: Path,
) -> None:
    tail = AuditTail(AuditFiles(tmp_path), lambda _: True)
    before = tail.last(5)

    written(tmp_path, "2026-01-02", line(1))

    assert [] == before
    assert [1] == numbers(islice(tail.follow(lambda: False), 1))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"event_type": "API_ERROR"}, True),
        ({"event_type": "order_rejected"}, True),
        ({"event_type": "alert", "details": {"severity": "CRITICAL"}}, True),
        ({"event_type": "alert", "details": {"severity": "INFO"}}, False),
        ({"event_type": "order_filled", "details": None}, False),
    ],
)
def test_an_error_is_told_from_other_lines(told: dict[str, Any], expected: bool) -> None:
    assert expected is is_error(told)


def test_tail_shows_lines_for_people_and_for_programs_and_only_what_is_wanted() -> None:
    shown = invoke("logs", "tail", recorded_run(), "-n", 3)
    wanted = invoke(
        "logs", "tail", recorded_run(), "--type", "intent", "--about", "cb1-1-e1", "--json"
    )

    lines = [json.loads(each) for each in wanted.stdout.splitlines()]
    assert 3 == len(shown.stdout.splitlines())
    assert "\x1b" not in shown.stdout
    assert [("intent", "cb1-1-e1")] == [
        (each["event_type"], each["client_order_id"]) for each in lines
    ]


def test_a_terminal_gets_colours_unless_nobody_wants_any() -> None:
    words = ["logs", "tail", str(recorded_run()), "-n", "3"]

    coloured = CliRunner().invoke(main, words, color=True, env={"NO_COLOR": None})
    plain = CliRunner().invoke(main, words, color=True, env={"NO_COLOR": "1"})

    assert "\x1b[" in coloured.stdout
    assert "\x1b[" not in plain.stdout
    assert click.unstyle(coloured.stdout) == plain.stdout


def test_errors_are_counted_by_kind_and_the_latest_shown() -> None:
    result = invoke("logs", "errors", recorded_run(), "-n", 2, "--json")
    shown = invoke("logs", "errors", recorded_run(), "-n", 2)

    told = json.loads(result.stdout)
    assert sum(told["counts"].values()) > 2
    assert 2 == len(told["latest"])
    assert all(is_error(each) for each in told["latest"])
    assert next(iter(told["counts"])) in shown.stdout


def test_stats_and_timeline_are_the_reports_of_log_and_journal() -> None:
    stats = invoke("logs", "stats", recorded_run(), "--json")
    timeline = invoke("logs", "timeline", "cb1-1-e1", recorded_run(), "--json")

    assert stats.stdout == invoke("audit", "report", recorded_run(), "--json").stdout
    assert "cb1-1-e1" == json.loads(timeline.stdout)[0]["name"]


@pytest.mark.parametrize("verb", ["tail", "errors"])
def test_a_folder_without_a_log_is_named(tmp_path: Path, verb: str) -> None:
    result = invoke("logs", verb, tmp_path)
    nowhere = invoke("logs", verb, tmp_path / "none")

    assert Exit.CONFIGURATION == result.exit_code
    assert f"{tmp_path}: holds no journal" in result.stderr
    assert Exit.USAGE == nowhere.exit_code


@pytest.fixture
def _ctrl_c_counts() -> Generator[None]:
    """Undo, for the programs of a test, what a shell does that runs it in its background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_counts")
def test_ctrl_c_ends_a_tail_that_follows_as_a_shell_expects() -> None:
    words = [sys.executable, "-m", "callboard", "logs", "tail", str(recorded_run()), "-f", "-n1"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        try:
            _, errors = process.communicate(timeout=MINUTES)
        finally:
            process.kill()

    assert first
    assert (Exit.INTERRUPTED, b"") == (process.returncode, errors)
