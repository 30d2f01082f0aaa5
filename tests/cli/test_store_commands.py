"""Store commands: what people ask of the trade store, and how it ends."""

import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.records.store_schema import FILE
from support import command_line
from support.paper_runs import troubled_run


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of one run, with a store made of it."""
    folder = tmp_path_factory.mktemp("run")
    troubled_run(folder)
    assert Exit.OK == invoke("rebuild", folder).exit_code
    return folder


invoke = partial(command_line.invoke, "store")


def answer(*words: object) -> Any:
    return json.loads(invoke(*words, "--json").stdout)


def test_the_report_answers_success_and_what_is_pending(data_dir: Path) -> None:
    told, shown = answer("report", data_dir), invoke("report", data_dir).stdout
    counted = told["statistics"]
    rate = 100 * counted["executed"] / (counted["executed"] + counted["failed"])

    assert {"total_orders", "executed", "failed", "pending", "success_rate"} <= set(counted)
    assert f"{rate:.1f}" == told["success_rate_percent"]
    assert f"success     {rate:.1f} %" in shown
    assert f"pending     {counted['pending']}" in shown


def test_the_report_sums_profit_commission_and_slippage(data_dir: Path) -> None:
    told = answer("report", data_dir)
    pages = answer("trades", data_dir, "--limit", 1000)["trades"]

    assert ["default"] == list(told["by_strategy"])
    assert told["by_strategy"]["default"] == told["by_symbol"]["ETHUSDT"]
    assert len(pages) == told["by_symbol"]["ETHUSDT"]["trades"]
    assert told["commissions"]["USDT"] == told["by_symbol"]["ETHUSDT"]["commission"]
    assert told["slippage"]["orders"] > 0
    assert isinstance(told["slippage"]["cost"], str)


def test_trades_come_a_page_at_a_time_and_every_one_once(data_dir: Path) -> None:
    seen: list[int] = []
    cursor: int | None = 0
    while cursor is not None:
        page = answer("trades", data_dir, "--limit", 2, "--cursor", cursor)
        assert len(page["trades"]) <= 2
        seen += [trade["number"] for trade in page["trades"]]
        cursor = page["next_cursor"]

    assert list(range(len(seen), 0, -1)) == seen
    assert len(seen) > 3


def test_trades_are_filtered_by_status_symbol_and_time(data_dir: Path) -> None:
    closed = answer("trades", data_dir, "--limit", 50, "--status", "closed")["trades"]
    elsewhere = answer("trades", data_dir, "--symbol", "BTCUSDT")["trades"]
    later = answer("trades", data_dir, "--since", "2030-01-01")["trades"]

    assert {"closed"} == {trade["status"] for trade in closed}
    assert all(trade["exit_price"] and trade["closed_at"] for trade in closed)
    assert ([], []) == (elsewhere, later)


def test_one_trade_is_shown_with_its_fills_and_an_unknown_one_is_an_error(data_dir: Path) -> None:
    trade, shown = answer("trade", data_dir, "p1"), invoke("trade", data_dir, "p1")
    unknown = invoke("trade", data_dir, "p999")

    assert len(trade["fills"]) >= 2
    assert trade["strategy"] in shown.stdout
    assert (Exit.FAILED, "error: the store has no trade p999\n") == (
        unknown.exit_code,
        unknown.stderr,
    )


def test_a_copy_is_a_store_of_its_own(data_dir: Path, tmp_path: Path) -> None:
    done = answer("backup", data_dir, "--to", tmp_path / FILE)
    again = invoke("backup", data_dir, "--to", tmp_path / FILE)

    assert answer("report", data_dir) == answer("report", tmp_path)
    assert done["sequence"] == answer("report", data_dir)["sequence"]
    assert Exit.FAILED == again.exit_code
    assert "is there already" in again.stderr


def test_a_rebuild_is_refused_while_an_engine_runs(data_dir: Path) -> None:
    journal = Disk(data_dir / "journal")
    journal.lock()
    try:
        refused = invoke("rebuild", data_dir)
    finally:
        journal.close()

    assert Exit.REFUSED == refused.exit_code
    assert "is in use by process" in refused.stderr


def test_without_a_store_the_command_that_makes_one_is_named(tmp_path: Path) -> None:
    missing, no_journal = invoke("report", tmp_path), invoke("rebuild", tmp_path)

    assert (Exit.CONFIGURATION, Exit.CONFIGURATION) == (missing.exit_code, no_journal.exit_code)
    assert "callboard store rebuild" in missing.stderr
    assert "holds no journal" in no_journal.stderr


def test_a_file_that_is_no_database_is_named_with_the_way_out(
    data_dir: Path, tmp_path: Path
) -> None:
    journal = Disk(tmp_path / "journal")
    for name in Disk(data_dir / "journal").names():
        journal.replace(name, Disk(data_dir / "journal").read(name))
    (tmp_path / FILE).write_bytes(b"no database at all, but longer than a header" * 99)

    told, rebuilt = invoke("report", tmp_path), invoke("rebuild", tmp_path)

    assert Exit.FAILED == told.exit_code
    assert "file is not a database; `callboard store rebuild" in told.stderr
    assert Exit.OK == rebuilt.exit_code
    assert answer("report", data_dir) == answer("report", tmp_path)


def test_a_store_of_another_version_names_both_and_the_way_out(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
        connection.execute("PRAGMA user_version = 9")

    told = invoke("report", tmp_path)

    assert Exit.CONFIGURATION == told.exit_code
    assert "is a store of version 9, this is version 1" in told.stderr
    assert "store rebuild" in told.stderr
