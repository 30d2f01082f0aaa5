"""TradeMirror: the trades of the store in Redis, a hash each and one index.

A face, wanted by setting. SQLite is the truth: what Redis holds besides is removed, and after any
break everything is compared anew. Owns the hashes `<prefix>.trade.<trade_id>`, whose fields are
the columns of the store, and the sorted set `<prefix>.trades`, by the number of the trade. Bound:
the latest `TRADES_MAX` trades.
"""

import sqlite3
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..records.store_schema import BUSY_MS, FILE, VERSION
from ..service.context import ServiceContext
from ..service.face import FaceHealth
from .redis_client import RETRY_SECONDS, address_of, redis_faults, writer

TRADES_MAX = 10_000
RECENT = 200
"""Trades that are looked at whenever the store went on, besides those that are open."""
BATCH_MAX = 500
LOOK_SECONDS = 1.0
WHOLE_SECONDS = 300.0
"""Between two comparisons of everything."""
MS_PER_SECOND = 1_000

Row = Mapping[str, Any]


class TradeMirror:
    """Reads SQLite and writes Redis."""

    name = "redis_trades"

    def __init__(self, context: ServiceContext) -> None:
        self._context = context
        self._prefix = context.settings.bus.prefix
        self._redis: Any = None
        self._faults: tuple[type[Exception], ...] = ()
        self._sequence = -1
        """The store's last record that is mirrored."""
        self._compared_at = 0.0
        self._is_whole = False
        self._count = 0
        self._fault = "not connected yet"

    def open(self) -> None:
        """Make a client; raises `ConfigurationError` without the extra."""
        self._redis = writer(address_of(self._context.settings.bus, self._context.environ))
        self._faults = (*redis_faults(), sqlite3.Error)
        self._is_whole = False

    def look(self) -> float:
        """Mirror what changed; a server or a store that is away is tried again in a moment."""
        try:
            self._mirror()
        except self._faults as error:
            if not self._fault:
                self._context.log(self.name, "mirror_lost", {"error": str(error)})
            self._fault = str(error) or type(error).__name__
            self._is_whole = False
            return RETRY_SECONDS
        self._fault = ""
        return LOOK_SECONDS

    def close(self) -> None:
        """Hang up."""
        if self._redis is not None:
            self._redis.close()
        self._redis = None

    def health(self) -> FaceHealth:
        """Say how many trades are mirrored, or what hinders."""
        text = self._fault or f"{self._count} trades as of record {self._sequence}"
        return FaceHealth(not self._fault, text)

    def _mirror(self) -> None:
        is_due = time.monotonic() - self._compared_at > WHOLE_SECONDS
        with _opened(self._context.data_dir / FILE) as store:
            sequence = _sequence(store)
            if not self._is_whole or is_due:
                rows = _rows(store, TRADES_MAX)
                self._write(rows)
                self._count = self._forget_others(rows)
                self._is_whole, self._compared_at = True, time.monotonic()
            elif sequence != self._sequence:
                self._write(_rows(store, RECENT, or_open=True))
                self._count = int(self._redis.zcard(self._index))
        self._sequence = sequence

    @property
    def _index(self) -> str:
        return f"{self._prefix}.trades"

    def _key(self, trade_id: str) -> str:
        return f"{self._prefix}.trade.{trade_id}"

    def _write(self, rows: list[Row]) -> None:
        for begin in range(0, len(rows), BATCH_MAX):
            transaction = self._redis.pipeline(transaction=True)
            for row in rows[begin : begin + BATCH_MAX]:
                said = {name: str(value) for name, value in row.items() if value is not None}
                absent = [name for name, value in row.items() if value is None]
                key = self._key(row["trade_id"])
                transaction.hset(key, mapping=said)
                if absent:
                    transaction.hdel(key, *absent)
                transaction.zadd(self._index, {row["trade_id"]: row["number"]})
            transaction.execute()

    def _forget_others(self, rows: list[Row]) -> int:
        """Remove the trades that the store does not have, or not among the latest."""
        ours = {row["trade_id"]: True for row in rows}
        held = [each.decode() for each in self._redis.zrange(self._index, 0, -1)]
        others = [each for each in held if each not in ours]
        for begin in range(0, len(others), BATCH_MAX):
            part = others[begin : begin + BATCH_MAX]
            transaction = self._redis.pipeline(transaction=True)
            transaction.delete(*map(self._key, part))
            transaction.zrem(self._index, *part)
            transaction.execute()
        return len(rows)


@contextmanager
def _opened(path: Path) -> Generator[sqlite3.Connection]:
    """Open the store for reading; raises `sqlite3.Error` where there is none of this version."""
    uri = f"{path.resolve().as_uri()}?mode=ro"
    store = sqlite3.connect(uri, uri=True, timeout=BUSY_MS / MS_PER_SECOND)
    try:
        store.row_factory = sqlite3.Row
        (version,) = store.execute("PRAGMA user_version").fetchone()
        if version != VERSION:
            raise sqlite3.DatabaseError(f"the store is of version {version}, not {VERSION}")
        # One view of it: the rows and the number of the record belong together.
        store.execute("BEGIN")
        yield store
    finally:
        store.close()


def _sequence(store: sqlite3.Connection) -> int:
    row = store.execute("SELECT sequence FROM progress").fetchone()
    return 0 if row is None else int(row[0])


def _rows(store: sqlite3.Connection, count: int, *, or_open: bool = False) -> list[Row]:
    """Return the latest trades, and the open ones where they are wanted besides."""
    latest = "SELECT * FROM trades ORDER BY number DESC LIMIT ?"
    rows: Iterable[sqlite3.Row] = store.execute(latest, (count,)).fetchall()
    found = {row["number"]: dict(row) for row in rows}
    if or_open:
        for row in store.execute("SELECT * FROM trades WHERE status = 'open'"):
            found[row["number"]] = dict(row)
    return [found[number] for number in sorted(found)]
