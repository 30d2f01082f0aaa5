"""Processes: whole runs as a user starts them, on the recorded tape and in real time."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.spool import Order, new_order_id, send
from support.paper_runs import segments
from support.signals import mixed_signals, write_lines

WAIT_SECONDS = 300.0
TAPE_START_MS = 1_723_161_256_303
SETTINGS = (
    "[callboard.risk]\ncooldown_ms = 0\nexecutions_per_day_max = 100000\npositions_max = 10\n"
)
SIGNALS = 220
# A machine that stands still for a second stands still for twenty of the engine's.
PATIENT = (
    *("-s", "risk.send_within_ms=60000", "-s", "risk.mark_age_ms_max=600000"),
    *("-s", "orders.recv_window_ms=60000", "-s", "orders.request_timeout_ms=60000"),
    *("-s", "clock.error_ms_max=30000"),
)


def callboard(*words: object) -> list[str]:
    return [sys.executable, "-m", "callboard", *(str(word) for word in words)]


def called(*words: object, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        callboard(*words),
        check=False,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
        env={**os.environ, **environ},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings and a file of signals over the time of the tape."""
    folder = tmp_path_factory.mktemp("cli")
    (folder / "paper.toml").write_text(SETTINGS)
    write_lines(folder / "signals.jsonl", mixed_signals(SIGNALS, start_ms=TAPE_START_MS))
    return folder


@pytest.fixture(scope="module")
def on_tape(folder: Path, tape_path: Path) -> dict[str, dict[str, Any]]:
    """Two runs over the whole tape, each under another hash seed."""
    summaries: dict[str, dict[str, Any]] = {}
    for hash_seed in ("1", "4242"):
        done = called(
            *("run", "--mode", "paper", "--config", folder / "paper.toml", "--tape", tape_path),
            *("--signals", folder / "signals.jsonl", "--speed", "max", "--seed", 7),
            *("--data-dir", folder / hash_seed, "--json"),
            PYTHONHASHSEED=hash_seed,
        )
        assert 0 == done.returncode, done.stderr
        summaries[hash_seed] = json.loads(done.stdout.splitlines()[-1])
    return summaries


def test_the_whole_tape_runs_with_all_its_signals(on_tape: dict[str, dict[str, Any]]) -> None:
    summary = on_tape["1"]

    assert (SIGNALS, 0, 0) == (summary["signals"], summary["bad_lines"], summary["violations"])
    assert SIGNALS == sum(summary["outcomes"].values())
    assert summary["outcomes"]["FILLED"] > 100
    assert summary["virtual_seconds"] >= 345
    assert summary["mark_is_mid"]
    assert summary["longest_unprotected_ms"] < 10_000
    assert summary["fees"] == summary["venue"]["fees"]
    assert summary["realised_pnl"] == summary["venue"]["realised_pnl"]
    assert [(each["symbol"], each["quantity"]) for each in summary["open_positions"]] == [
        (each["symbol"], each["quantity"]) for each in summary["venue"]["positions"]
    ]


def test_two_runs_under_different_hash_seeds_leave_the_same_bytes(
    on_tape: dict[str, dict[str, Any]], folder: Path
) -> None:
    assert on_tape["1"] == on_tape["4242"]
    assert segments(folder / "1") == segments(folder / "4242")
    assert sum(len(segment) for segment in segments(folder / "1")) > 1_000_000


def test_the_run_on_the_tape_verifies_and_replays(
    on_tape: dict[str, dict[str, Any]], folder: Path
) -> None:
    verified = called("journal", "verify", folder / "1", "--json")
    replayed = called("replay", folder / "1", "--json")

    journal = on_tape["1"]["journal"]
    report = json.loads(verified.stdout)
    assert (0, 0) == (verified.returncode, replayed.returncode)
    assert (journal["records"], journal["head"]) == (report["records"], report["head"])
    said = json.loads(replayed.stdout)
    assert (journal["records"], 0, []) == (said["records"], said["divergences"], said["first"])


@contextmanager
def running(folder: Path, *options: object) -> Generator["subprocess.Popen[str]"]:
    """Run an engine in real time until the end of the test."""
    command = callboard(
        *("run", "--speed", 20, "--data-dir", folder, "--signals", "-", "--json", "-v"),
        *("-s", "risk.cooldown_ms=0", "--symbols", "ETHUSDT", "--log-format", "json", *PATIENT),
        *options,
    )
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            _wait_for(process, "user_stream_healthy", "clock_changed")
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def _wait_for(process: "subprocess.Popen[str]", *events: str) -> dict[str, Any]:
    """Read the log until one of these events; the end of the log fails."""
    assert process.stderr is not None
    for line in process.stderr:
        found: dict[str, Any] = json.loads(line) if line.startswith("{") else {}
        if found.get("event") in events:
            return found
    raise AssertionError(f"the log ended without {events}")


def _say(process: "subprocess.Popen[str]", **line: Any) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(line) + "\n")
    process.stdin.flush()


def _wish(signal_id: str, **more: Any) -> dict[str, Any]:
    figures = {"confidence": "0.9", "confluence_score": 4, "signal_strength": 1}
    return {"signal_id": signal_id, "at_ms": 1, "symbol": "ETHUSDT", **figures, **more}


def _order(folder: Path, command: str, **fields: Any) -> dict[str, Any]:
    order = Order(new_order_id(), command, **fields)
    return dict(send(folder, order, timeout_seconds=WAIT_SECONDS))


def test_a_running_engine_is_commanded_through_its_data_directory(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        _say(process, **_wish("in", signal="LONG_ENTRY", quantity="0.05"))
        ended = _wait_for(process, "signal_ended")
        status = _order(tmp_path, "status")
        shown = called("order", "show", tmp_path, "cb1-1-e1")
        settled = called("order", "end", tmp_path, "cb1-1-e1", "--reason", "so")
        halted = called("halt", tmp_path, "--reason", "lunch", "--json")
        nothing = called("cancel-all", tmp_path, "--symbol", "ETHUSDT")
        flat = _order(tmp_path, "flatten")
        _wait_for(process, "position_reported")
        resumed = _order(tmp_path, "resume", reason="back")
        second = called("run", "--data-dir", tmp_path, "--for", "1s")
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=WAIT_SECONDS)

    summary = json.loads(out.splitlines()[-1])
    assert "FILLED" == ended["outcome"]
    assert ["0.05"] == [position["quantity"] for position in status["positions"]]
    assert (0, "HALTED") == (halted.returncode, json.loads(halted.stdout)["trading_state"])
    assert (0, "cancelled  nothing") == (nothing.returncode, nothing.stdout.splitlines()[0])
    assert flat["ok"]
    assert {"is_flat": True, "left": []} == flat["outcome"]
    assert (0, 5) == (shown.returncode, settled.returncode)
    assert "order      cb1-1-e1  FILLED" in shown.stdout
    assert "only a parked one is ended by hand" in settled.stderr
    assert 1 == status["orders"]["executed"]
    assert "ACTIVE" == resumed["trading_state"]
    assert 5 == second.returncode
    assert f"process {process.pid}" in second.stderr
    assert 0 == process.returncode
    assert [] == summary["venue"]["positions"]
    assert summary["journal"]["records"] > 100
    assert 0 == called("journal", "verify", tmp_path).returncode
    assert 0 == called("replay", tmp_path).returncode


def test_a_killed_engine_goes_on_from_its_journal(tmp_path: Path) -> None:
    with running(tmp_path) as process:
        _say(process, **_wish("in", signal="LONG_ENTRY", quantity="0.05"))
        _wait_for(process, "signal_ended")
        process.kill()
        process.communicate()

    with running(tmp_path) as process:
        status = _order(tmp_path, "status")
        _say(process, command="halt", reason="enough")
        process.communicate(timeout=WAIT_SECONDS)

    assert status["trading_state"] == "ACTIVE"
    assert 6 == process.returncode
    assert 0 == called("journal", "verify", tmp_path).returncode
    assert 0 == called("replay", tmp_path).returncode


def test_an_input_that_stays_open_does_not_hold_up_or_break_the_end(tmp_path: Path) -> None:
    command = callboard("run", "--speed", 20, "--for", "20s", "--signals", "-", "--json")
    with subprocess.Popen(
        [*command, "--data-dir", str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None

        out, complaints = process.stdout.read(), process.stderr.read()
        code = process.wait(WAIT_SECONDS)

    assert (0, 0) == (code, json.loads(out.splitlines()[-1])["signals"])
    assert "Fatal" not in complaints


@pytest.mark.parametrize(
    ("closing", "code", "reason"),
    [("<&-", 3, "<stdin>: is closed"), ("2>&- </dev/null", 0, "")],
)
def test_a_closed_standard_stream_is_no_traceback(
    tmp_path: Path, closing: str, code: int, reason: str
) -> None:
    words = shlex.join(callboard("run", "--for", "2s", "--signals", "-", "--json"))

    done = subprocess.run(
        ["/bin/sh", "-c", f"{words} --data-dir {shlex.quote(str(tmp_path))} {closing}"],
        check=False,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )

    assert code == done.returncode
    assert reason in done.stderr
    assert "Traceback" not in done.stderr
