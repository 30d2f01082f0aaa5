"""Test of the trade mirror: Redis has the trades as SQLite has them, after any break."""

import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.bus.trade_mirror import TradeMirror
from callboard.actors.adapters.records.store_schema import FILE, SCHEMA, VERSION
from support.buses import bus_settings, surroundings
from support.redis_server import PROGRAM, Server, fake_server, real_server

TRADE = {
    "trade_id": "p1",
    "status": "open",
    "symbol": "BTCUSDT",
    "position_side": "BOTH",
    "direction": "LONG",
    "quantity": "0.1",
    "open_quantity": "0.1",
    "entry_price": "50000",
    "commission": "2",
    "net_pnl": "-2",
    "stop_loss": "49000",
    "signal_id": "s1",
    "strategy": "default",
    "source": "manual",
    "model_version": "v2",
    "mode": "paper",
    "opened_at": "2026-01-01T00:00:00.000000Z",
}
INDEX = "callboard.trades"


class Stage:
    """A store, a server, and the mirror between them."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.store = sqlite3.connect(folder / FILE)
        self.store.executescript(f"{SCHEMA}; PRAGMA user_version = {VERSION}")
        self.client = server.client
        self.client.flushall()
        self.face = TradeMirror(surroundings(folder, bus_settings(server, mirror_trades=True)))
        self.face.open()

    def write(self, **changes: Any) -> None:
        """Write a trade, or write it anew, as the store does with its journal's next record."""
        row = TRADE | changes
        names, marks = ", ".join(row), ", ".join("?" * len(row))
        self.store.execute("DELETE FROM trades WHERE trade_id = ?", (row["trade_id"],))
        text = f"INSERT INTO trades ({names}) VALUES ({marks})"  # noqa: S608 - our own names
        self.store.execute(text, tuple(row.values()))
        self.store.execute("UPDATE progress SET sequence = sequence + 1")
        self.store.commit()

    def trade(self, trade_id: str) -> dict[str, str]:
        found: dict[bytes, bytes] = self.client.hgetall(f"callboard.trade.{trade_id}")
        return {name.decode(): value.decode() for name, value in found.items()}

    def index(self) -> list[str]:
        return [each.decode() for each in self.client.zrange(INDEX, 0, -1)]

    def close(self) -> None:
        self.face.close()
        self.store.close()
        self.client.close()


@pytest.fixture(scope="module")
def server() -> Generator[Server]:
    with real_server() if PROGRAM else fake_server() as server:
        yield server


@pytest.fixture
def stage(tmp_path: Path, server: Server) -> Generator[Stage]:
    stage = Stage(tmp_path, server)
    yield stage
    stage.close()


def test_a_trade_is_a_hash_of_the_store_s_columns_and_stands_in_the_index(stage: Stage) -> None:
    stage.write(number=7)
    stage.write(trade_id="p2", number=3)

    stage.face.look()

    trade = stage.trade("p1")
    assert ["p2", "p1"] == stage.index()
    assert ("open", "50000", "v2", "7") == tuple(
        trade[name] for name in ("status", "entry_price", "model_version", "number")
    )
    assert "closed_at" not in trade
    assert "2 trades as of record 2" == stage.face.health().text


def test_what_changes_follows(stage: Stage) -> None:
    stage.write(number=1)
    stage.face.look()

    stage.write(number=1, status="closed", exit_price="51000", stop_loss=None)
    stage.write(trade_id="p2", number=2)
    stage.face.look()

    trade = stage.trade("p1")
    assert ("closed", "51000") == (trade["status"], trade["exit_price"])
    assert "stop_loss" not in trade
    assert ["p1", "p2"] == stage.index()


def test_sqlite_is_the_truth(stage: Stage) -> None:
    stage.client.zadd(INDEX, {"p9": 9})
    stage.client.hset("callboard.trade.p9", "status", "open")
    stage.write(number=1)

    stage.face.look()

    assert ["p1"] == stage.index()
    assert {} == stage.trade("p9")


def test_a_server_that_comes_again_is_compared_with_the_store_anew(tmp_path: Path) -> None:
    with real_server() as server:
        stage = Stage(tmp_path, server)
        stage.write(number=1)
        stage.face.look()
        server.stop()
        stage.write(number=1, status="closed")
        away = stage.face.look()
        health = stage.face.health()
        server.start()
        stage.face.look()

        assert (0.5, False) == (away, health.is_ok)
        assert "closed" == stage.trade("p1")["status"]
        assert stage.face.health().is_ok
        stage.close()


def test_a_store_that_is_absent_or_of_another_version_is_said_and_looked_for_again(
    tmp_path: Path, server: Server
) -> None:
    settings = bus_settings(server, mirror_trades=True)
    face = TradeMirror(surroundings(tmp_path, settings))
    face.open()
    absent = face.look(), face.health().text
    with sqlite3.connect(tmp_path / FILE) as store:
        store.execute("PRAGMA user_version = 99")
    store.close()
    face.look()

    assert 0.5 == absent[0]
    assert "unable to open" in absent[1]
    assert f"the store is of version 99, not {VERSION}" == face.health().text
    face.close()
