"""Store schema: the tables of the trade store, and how another version is told apart.

Owns the version, an integer in the file's header (`PRAGMA user_version`). Money, prices and
quantities are Decimals as plain text, since SQLite's numbers are binary floats; times are RFC 3339
UTC with microseconds, which sort as text. The store is a view of the journal, so a file of another
version is never altered: it is made anew beside it.
"""

import sqlite3
from pathlib import Path

from ...errors import EngineError

VERSION = 1
FILE = "store.sqlite"
BUSY_MS = 2_000
"""How long a statement waits for another process's transaction."""

SCHEMA = """
CREATE TABLE progress (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    head TEXT NOT NULL,
    begins_at INTEGER NOT NULL
);
CREATE TABLE signals (
    signal_id TEXT PRIMARY KEY,
    at TEXT NOT NULL,
    action TEXT NOT NULL,
    symbol TEXT NOT NULL,
    strategy TEXT NOT NULL,
    source TEXT NOT NULL,
    model_version TEXT NOT NULL,
    mode TEXT NOT NULL,
    confidence TEXT,
    outcome TEXT NOT NULL DEFAULT ''
);
CREATE TABLE orders (
    client_order_id TEXT PRIMARY KEY,
    venue_order_id TEXT NOT NULL DEFAULT '',
    algo_id TEXT NOT NULL DEFAULT '',
    intent_id TEXT NOT NULL,
    leg TEXT NOT NULL,
    signal_id TEXT NOT NULL,
    strategy TEXT NOT NULL,
    source TEXT NOT NULL,
    model_version TEXT NOT NULL,
    mode TEXT NOT NULL,
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    position_side TEXT NOT NULL,
    order_type TEXT NOT NULL,
    time_in_force TEXT NOT NULL,
    reduce_only INTEGER NOT NULL,
    close_position INTEGER NOT NULL,
    quantity TEXT,
    price TEXT,
    trigger_price TEXT,
    reference_price TEXT,
    resting_quantity TEXT,
    resting_price TEXT,
    state TEXT NOT NULL,
    filled TEXT NOT NULL DEFAULT '0',
    cost TEXT NOT NULL DEFAULT '0',
    average_price TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    reason TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    ended_at TEXT
);
CREATE INDEX orders_by_signal ON orders (signal_id);
CREATE INDEX orders_by_state ON orders (state);
CREATE TABLE transitions (
    client_order_id TEXT NOT NULL REFERENCES orders,
    number INTEGER NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (client_order_id, number)
) WITHOUT ROWID;
CREATE TABLE attempts (
    client_order_id TEXT NOT NULL REFERENCES orders,
    attempt INTEGER NOT NULL,
    started_at TEXT NOT NULL,
    ended_at TEXT,
    phase TEXT,
    status INTEGER,
    code INTEGER,
    text TEXT,
    PRIMARY KEY (client_order_id, attempt)
) WITHOUT ROWID;
CREATE TABLE errors (
    error_id INTEGER PRIMARY KEY,
    client_order_id TEXT NOT NULL REFERENCES orders,
    operation TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    type TEXT NOT NULL,
    severity TEXT NOT NULL,
    kind TEXT NOT NULL,
    outcome TEXT NOT NULL,
    status INTEGER NOT NULL,
    code INTEGER NOT NULL,
    text TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE INDEX errors_by_order ON errors (client_order_id);
CREATE TABLE trades (
    number INTEGER PRIMARY KEY,
    trade_id TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL DEFAULT 'open',
    symbol TEXT NOT NULL,
    position_side TEXT NOT NULL,
    direction TEXT NOT NULL,
    quantity TEXT NOT NULL,
    open_quantity TEXT NOT NULL,
    entry_price TEXT NOT NULL,
    exit_price TEXT,
    realised_pnl TEXT NOT NULL DEFAULT '0',
    commission TEXT NOT NULL,
    funding TEXT NOT NULL DEFAULT '0',
    net_pnl TEXT NOT NULL,
    stop_loss TEXT,
    take_profit TEXT,
    signal_id TEXT NOT NULL,
    strategy TEXT NOT NULL,
    source TEXT NOT NULL,
    model_version TEXT NOT NULL,
    mode TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    closed_at TEXT,
    reason TEXT NOT NULL DEFAULT ''
);
CREATE TABLE trade_results (
    trade_id TEXT NOT NULL REFERENCES trades (trade_id),
    strategy TEXT NOT NULL,
    realised_pnl TEXT NOT NULL,
    commission TEXT NOT NULL,
    funding TEXT NOT NULL,
    net_pnl TEXT NOT NULL,
    PRIMARY KEY (trade_id, strategy)
) WITHOUT ROWID;
CREATE TABLE trade_commissions (
    trade_id TEXT NOT NULL REFERENCES trades (trade_id),
    asset TEXT NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (trade_id, asset)
) WITHOUT ROWID;
CREATE TABLE fills (
    fill_id INTEGER PRIMARY KEY,
    client_order_id TEXT REFERENCES orders,
    venue_order_id TEXT NOT NULL,
    venue_trade_id TEXT NOT NULL,
    trade_id TEXT REFERENCES trades (trade_id),
    symbol TEXT NOT NULL,
    side TEXT NOT NULL,
    position_side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT NOT NULL,
    commission TEXT NOT NULL,
    commission_asset TEXT NOT NULL,
    realised_pnl TEXT NOT NULL,
    is_maker INTEGER NOT NULL,
    is_settled INTEGER NOT NULL,
    at TEXT NOT NULL,
    UNIQUE (symbol, venue_trade_id, client_order_id)
);
CREATE TABLE execution_history (
    execution_id INTEGER PRIMARY KEY,
    date TEXT NOT NULL,
    signal_id TEXT NOT NULL,
    client_order_id TEXT NOT NULL,
    symbol TEXT NOT NULL,
    action TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity TEXT NOT NULL,
    price TEXT,
    executed INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    strategy TEXT NOT NULL,
    mode TEXT NOT NULL
);
CREATE INDEX execution_history_by_date ON execution_history (date);
CREATE VIEW statistics AS
WITH counted AS (
    SELECT count(*) AS total_orders,
        coalesce(sum(ended_at IS NOT NULL AND filled <> '0'), 0) AS executed,
        coalesce(sum(filled = '0' AND state IN ('REJECTED', 'FAILED')), 0) AS failed,
        coalesce(sum(filled = '0' AND state IN ('CANCELLED', 'EXPIRED')), 0) AS cancelled,
        coalesce(sum(ended_at IS NULL), 0) AS pending
    FROM orders WHERE leg IN ('entry', 'exit')
)
SELECT total_orders, executed, failed, cancelled, pending,
    CASE WHEN executed + failed > 0 THEN 1.0 * executed / (executed + failed) END AS success_rate
FROM counted;
INSERT INTO progress VALUES (1, 0, '', 0);
"""
"""`statistics` counts as `policies/order_counts.py` does: entries and exits alone."""


class StoreUnreadableError(EngineError):
    """The file is no database, or a damaged one."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        remedy = f"`callboard store rebuild {self.path.parent}` makes it anew"
        return f"{self.path}: {self.reason}; {remedy}"


class StoreVersionError(EngineError):
    """The file is of another version of the store, or is no store at all."""

    def __init__(self, path: Path, found: int) -> None:
        super().__init__(path, found)
        self.path = path
        self.found = found

    def __str__(self) -> str:
        folder = self.path.parent
        return (
            f"{self.path} is a store of version {self.found}, this is version {VERSION};"
            f" `callboard store rebuild {folder}` makes it anew and keeps the old file"
        )


def open_store(path: Path) -> sqlite3.Connection:
    """Open a store to write it; makes the file where there is none.

    Raises:
        StoreVersionError: The file is of another version.
        StoreUnreadableError: The file is no database.
        sqlite3.Error: The file cannot be opened or is damaged.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        if _is_empty(connection, path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        _check_version(connection, path)
        # What a power cut takes of the store is read again from the journal.
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a store to read it, also while an engine writes it; rows come by column name.

    Raises as `open_store`, and `FileNotFoundError` where there is none.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no store; `callboard store rebuild` makes one")
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        _check_version(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _is_empty(connection: sqlite3.Connection, path: Path) -> bool:
    return not _number(connection, path, "SELECT count(*) FROM sqlite_master")


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    found = _number(connection, path, "PRAGMA user_version")
    if found != VERSION:
        raise StoreVersionError(path, found)


def _number(connection: sqlite3.Connection, path: Path, question: str) -> int:
    try:
        return int(connection.execute(question).fetchone()[0])
    except sqlite3.OperationalError:  # locked, or the disk's fault: the file may be sound
        raise
    except sqlite3.DatabaseError as error:
        raise StoreUnreadableError(path, str(error)) from error
