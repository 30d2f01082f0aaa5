"""Audit commands: the log summed up, written out and compared with the journal."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from callboard.__main__ import main
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.records.audit_files import AuditFiles
from support import command_line
from support.paper_runs import troubled_run
from support.signals import mixed_signals, write_lines

CANARY = "canary-4f1c9d"
START_MS = 1_700_000_005_000


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with trouble and its audit log."""
    folder = tmp_path_factory.mktemp("run")
    troubled_run(folder)
    return folder


invoke = partial(command_line.invoke, "audit")


def answer(*words: object) -> Any:
    return json.loads(invoke(*words, "--json").stdout)


def log_of(data_dir: Path) -> bytes:
    files = AuditFiles(data_dir / "audit")
    return b"".join(files.path(day).read_bytes() for day in files.days())


def test_the_report_counts_orders_refusals_errors_and_retries(data_dir: Path) -> None:
    told, shown = answer("report", data_dir), invoke("report", data_dir).stdout

    assert len(log_of(data_dir).splitlines()) == told["lines"] == sum(told["types"].values())
    assert told["types"]["order_placed"] == told["outcomes"]["placed"] == told["symbols"]["ETHUSDT"]
    assert told["types"]["api_error"] == sum(told["errors"].values()) > 0
    assert told["types"]["retry_attempt"] == sum(told["retries"].values()) > 0
    assert told["types"]["order_rejected"] == sum(told["refusals"].values()) > 0
    assert 0 == told["unreadable"]
    assert "order_placed" in shown


def test_the_report_keeps_to_its_time(data_dir: Path) -> None:
    whole = answer("report", data_dir)
    before = answer("report", data_dir, "--until", whole["last"])
    at_end = answer("report", data_dir, "--since", whole["last"])

    assert whole["lines"] == before["lines"] + at_end["lines"]
    assert 0 == answer("report", data_dir, "--since", "2030-01-01")["lines"]
    assert 0 == answer("report", data_dir, "--until", "2020-01-01")["lines"]


def test_an_export_is_the_log_byte_for_byte(data_dir: Path, tmp_path: Path) -> None:
    to_stdout = invoke("export", data_dir)
    to_file = invoke("export", data_dir, "--to", tmp_path / "all.jsonl")
    again = invoke("export", data_dir, "--to", tmp_path / "all.jsonl")
    later = invoke("export", data_dir, "--since", "2030-01-01")

    assert log_of(data_dir) == to_stdout.stdout_bytes == (tmp_path / "all.jsonl").read_bytes()
    assert (Exit.OK, Exit.FAILED) == (to_file.exit_code, again.exit_code)
    assert b"" == later.stdout_bytes


def test_a_rebuild_of_an_intact_log_changes_nothing(data_dir: Path) -> None:
    before = log_of(data_dir)

    told = answer("rebuild", data_dir)

    assert {"lines": len(before.splitlines()), "changed": [], "kept": None} == told
    assert before == log_of(data_dir)


def test_a_forged_line_is_named_and_the_log_made_anew(data_dir: Path, tmp_path: Path) -> None:
    journal, files = Disk(tmp_path / "journal"), AuditFiles(tmp_path / "audit")
    for name in Disk(data_dir / "journal").names():
        journal.replace(name, Disk(data_dir / "journal").read(name))
    files.folder.mkdir()
    (day,) = AuditFiles(data_dir / "audit").days()
    files.path(day).write_bytes(log_of(data_dir)[:-500] + b'{"event_type":"forged"}\n')

    told = invoke("rebuild", tmp_path)

    assert Exit.FAILED == told.exit_code
    assert f"differed  {day}" in told.stderr
    assert log_of(data_dir) == log_of(tmp_path)
    assert (tmp_path / "audit" / "old-1").is_dir()


def test_a_rebuild_is_refused_while_an_engine_runs(data_dir: Path) -> None:
    journal = Disk(data_dir / "journal")
    journal.lock()
    try:
        refused = invoke("rebuild", data_dir)
    finally:
        journal.close()

    assert Exit.REFUSED == refused.exit_code


def test_no_credential_of_the_environment_is_written_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C-39: a canary key is in no file of the data directory."""
    for name in ("BINANCE_API_KEY", "BINANCE_API_SECRET"):
        monkeypatch.setenv(name, CANARY)
    write_lines(tmp_path / "signals.jsonl", mixed_signals(4, start_ms=START_MS))

    words = ("run", "--signals", tmp_path / "signals.jsonl", "--for", "20s")
    ran = CliRunner().invoke(main, [*map(str, words), "--data-dir", str(tmp_path / "D")])

    assert Exit.OK == ran.exit_code, ran.output
    written = [path for path in (tmp_path / "D").rglob("*") if path.is_file()]
    assert {"store.sqlite", "segment-000001.jsonl"} <= {path.name for path in written}
    assert [] == [path for path in written if CANARY.encode() in path.read_bytes()]


def test_without_a_journal_there_is_nothing_to_read(tmp_path: Path) -> None:
    assert Exit.CONFIGURATION == invoke("report", tmp_path).exit_code
