"""Folder verbs: orders are given, listed and cancelled at a running engine by its folder."""

import json
import os
import pty
import select
import subprocess
import sys
import termios
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.terminal.folder import Folder
from callboard.actors.system import make_codec
from callboard.messages.intake import SubmitSignal
from support.command_line import invoke
from support.terminals import running_engine


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Generator[Path]:
    with running_engine(tmp_path_factory.mktemp("engine")) as folder:
        yield folder


def told(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(result.stdout)
    return data


def test_a_market_order_is_waited_for_until_it_is_filled_and_closed_again(engine: Path) -> None:
    words = ("--symbol", "BTCUSDT", "--quantity", "0.003", "--wait", "60", "--json")

    opened = invoke("order", "new", engine, "--side", "long", "--stop-loss", "49500", *words)
    positions = told(invoke("positions", engine, "--json"))["positions"]
    table = invoke("positions", engine)
    closed = invoke("order", "new", engine, "--close", "long", *words)
    trades = invoke("trades", engine, "--symbol", "BTCUSDT")

    assert (Exit.OK, Exit.OK) == (opened.exit_code, closed.exit_code), opened.output
    assert ("FILLED", "0.003") == (told(opened)["state"], told(opened)["filled"])
    assert ("BTCUSDT", "0.003", "49500.00") == tuple(
        positions[0][name] for name in ("symbol", "quantity", "stop_price")
    )
    assert "49500" in table.stdout
    assert "\x1b" not in table.stdout
    assert Exit.OK == trades.exit_code


def test_a_limit_order_rests_is_listed_and_is_cancelled_by_any_of_its_ids(engine: Path) -> None:
    words = ("--symbol", "ETHUSDT", "--quantity", "0.02", "--type", "limit", "--wait", "60")
    given = invoke(
        "order", "new", engine, "--side", "sell", "--price", 2640, "--id", "mine", *words
    )

    listed = told(invoke("orders", engine, "--symbol", "ethusdt", "--json"))["orders"]
    table = invoke("orders", engine)
    shown = invoke("order", "show", engine, listed[0]["client_order_id"])
    ended = invoke("order", "cancel", engine, "mine", "--wait", "60")
    again = invoke("order", "cancel", engine, listed[0]["client_order_id"])
    every = told(invoke("orders", engine, "--all", "--json"))["orders"]

    assert "ACTIVE" in given.stdout
    assert [("mine", "ACTIVE")] == [(each["signal_id"], each["state"]) for each in listed]
    assert "2640" in table.stdout
    assert Exit.OK == shown.exit_code == ended.exit_code
    assert "CANCELLED" in ended.stdout
    assert Exit.REFUSED == again.exit_code
    assert "has ended: CANCELLED" in again.stderr
    assert "CANCELLED" in {each["state"] for each in every if each["signal_id"] == "mine"}


def test_a_refused_order_names_the_guard_with_figure_and_limit(engine: Path) -> None:
    words = ("--symbol", "DOGEUSDT", "--side", "long", "--quantity", "1", "--wait", "60")

    result = invoke("order", "new", engine, *words)

    assert Exit.REFUSED == result.exit_code
    assert "REFUSED" in result.stdout
    assert "refused by symbol_whitelist: DOGEUSDT (limit BTCUSDT,ETHUSDT)" in result.stderr


def test_an_order_that_nobody_has_cannot_be_cancelled(engine: Path) -> None:
    result = invoke("order", "cancel", engine, "nobody")

    assert Exit.REFUSED == result.exit_code
    assert "no order nobody" in result.stderr


def test_without_waiting_an_order_is_shownas_taken_and_not_as_failed(engine: Path) -> None:
    words = ("--symbol", "DOGEUSDT", "--side", "long", "--quantity", "1", "--wait", "0", "--json")

    result = invoke("order", "new", engine, *words)

    assert Exit.FAILED == result.exit_code
    assert "TAKEN" == told(result)["state"]


def test_a_dry_run_prints_the_exact_message_and_sends_nothing(engine: Path) -> None:
    words = ("--symbol", "BTCUSDT", "--side", "long", "--quantity", "0.001")

    result = invoke("order", "new", engine, *words, "--id", "dry", "--dry-run")

    signal = make_codec().decode(told(result))
    assert isinstance(signal, SubmitSignal)
    assert ("dry", "0.001", "manual") == (signal.signal_id, str(signal.quantity), signal.source)
    with Folder.opened(engine, 20) as folder:
        every = folder.orders("", is_open_only=False)["orders"]
    assert "dry" not in {each["signal_id"] for each in every}


def test_one_picture_of_the_engine_fits_a_terminal_of_80_by_24(engine: Path) -> None:
    result = invoke("top", engine, "--once")
    shown = told(invoke("top", engine, "--json"))

    lines = result.stdout.splitlines()
    assert Exit.OK == result.exit_code
    assert 24 == len(lines)
    assert {80} == {len(line) for line in lines[4:]}
    assert all(word in result.stdout for word in ("PAPER", "ACTIVE", "weight", "stream ok"))
    assert "\x1b" not in result.stdout
    assert shown["status"]["trading_state"] == "ACTIVE"
    assert shown["actors"]["actors"]
    assert "engine.ready" in {each["topic"] for each in shown["events"]}


def test_the_live_picture_takes_the_terminal_and_gives_it_back_at_q(engine: Path) -> None:
    ours, theirs = pty.openpty()
    environ = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    words = [sys.executable, "-m", "callboard", "top", str(engine)]
    before = termios.tcgetattr(theirs)
    with subprocess.Popen(
        words, stdin=theirs, stdout=theirs, stderr=theirs, env=environ
    ) as process:
        seen = read_until(ours, b"EVENTS")
        os.write(ours, b"q")
        seen += read_until(ours, b"\x1b[?1049l")
        code = process.wait(60)
    after = termios.tcgetattr(theirs)
    os.close(ours)
    os.close(theirs)

    assert Exit.OK == code
    assert b"\x1b[?1049h" in seen
    assert before == after


def read_until(descriptor: int, sign: bytes) -> bytes:
    """Read what a program writes to its terminal up to a sign."""
    seen = b""
    while sign not in seen:
        ready, _, _ = select.select([descriptor], [], [], 60)
        assert ready, seen
        seen += os.read(descriptor, 65_536)
    return seen


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--side", "long", "--quantity", "1x"), "--quantity must be a number, not '1x'"),
        (("--side", "long", "--stop-loss", "NaN"), "--stop-loss must be a number"),
        (("--side", "long", "--quantity", "-1"), "--quantity must be above 0"),
        (("--side", "up"), "'up' is not one of"),
        ((), "say --side long or short to open"),
        (("--side", "long", "--close", "long"), "say one of them"),
        (("--side", "long", "--time-in-force", "DAY"), "--time-in-force must be one of GTC"),
    ],
)
def test_an_option_that_says_nothing_usable_is_named(
    tmp_path: Path, words: tuple[str, ...], fault: str
) -> None:
    result = invoke("order", "new", tmp_path, "--symbol", "BTCUSDT", *words)

    assert Exit.USAGE == result.exit_code
    assert fault in " ".join(result.stderr.split())


@pytest.mark.parametrize(
    "words",
    [
        ("orders",),
        ("positions",),
        ("top", "--once"),
        ("order", "cancel", "x"),
        ("order", "new", "--symbol", "BTCUSDT", "--side", "long"),
    ],
)
def test_where_no_engine_runs_every_verb_says_so(tmp_path: Path, words: tuple[str, ...]) -> None:
    environ = {"CALLBOARD_DATA_DIR": str(tmp_path)}
    (tmp_path / "journal").mkdir()

    result = invoke(*words, environ=environ)

    assert Exit.UNREACHABLE == result.exit_code
    assert "no engine runs on this data directory" in result.stderr


def test_a_folder_without_a_store_has_no_trades(tmp_path: Path) -> None:
    result = invoke("trades", tmp_path)

    assert Exit.CONFIGURATION == result.exit_code
    assert "store rebuild" in result.stderr
