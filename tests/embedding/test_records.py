"""Records: a running engine keeps its trade store and audit log, and never depends on them."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from attrs import evolve

from callboard import (
    AlertRaised,
    ExecutionSystem,
    OrderFilled,
    PositionClosed,
    SignalType,
    Subscribe,
)
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.records.audit_log import FOLDER
from callboard.actors.adapters.records.audit_log import rebuild as rebuild_audit
from callboard.actors.adapters.records.store_schema import FILE
from callboard.actors.adapters.records.trade_store import backup, rebuild
from callboard.actors.engine import JOURNAL_FOLDER
from callboard.actors.record_settings import RecordsSettings
from callboard.actors.system import make_codec
from callboard.scenarios import paper
from callboard.scenarios.venue.threaded import ThreadedExchange
from support.engines import Collector
from support.eth_stage import signal
from support.hosts import Ref, has, paper_system, venue_thread
from support.stages import SPEED, WAIT_SECONDS, stage_settings
from support.stores import column, tables

QUICK = RecordsSettings(interval_ms=20)


class Log(Collector):
    """A log that can be waited for, from the first line on."""

    def __call__(self, *line: Any) -> None:
        """Keep a line."""
        super().__call__(line)

    def texts(self, event: str) -> list[str]:
        """Return the texts of the trade store's lines of one event."""
        return [
            str(fields["text"])
            for actor, name, fields in list(self.events)
            if (actor, name) == ("trade_store", event)
        ]

    def wait_for_line(self, event: str) -> None:
        """Wait until the trade store has such a line."""
        self.wait_for(lambda: bool(self.texts(event)))


def start(
    exchange: ThreadedExchange, clock: WallClock, folder: Path, log: Log | None = None
) -> tuple[Ref, Collector]:
    settings = evolve(stage_settings(), records=QUICK)
    port = exchange.connect("engine")
    ref = ExecutionSystem.start(settings, exchange=port, clock=clock, data_dir=folder, log=log)
    collector = Collector()
    ref.ask(Subscribe(collector), timeout=WAIT_SECONDS)
    return ref, collector


def test_over_a_restart_store_and_log_are_what_a_rebuild_makes(tmp_path: Path) -> None:
    with venue_thread() as (exchange, clock):
        first, heard = start(exchange, clock, tmp_path)
        first.tell(signal("s1", SignalType.LONG_ENTRY))
        heard.wait_for(has(heard, OrderFilled))
        first.stop(block=True, timeout=WAIT_SECONDS)
        second, heard = start(exchange, clock, tmp_path)
        second.tell(signal("s2", SignalType.CLOSE_LONG))
        heard.wait_for(has(heard, PositionClosed))
        second.stop(block=True, timeout=WAIT_SECONDS)

    audited = rebuild_audit(tmp_path / FOLDER, Disk(tmp_path / JOURNAL_FOLDER), make_codec())
    assert () == audited.changed
    assert audited.lines > 10
    left = tables(tmp_path / FILE)
    rebuild(tmp_path, Disk(tmp_path / JOURNAL_FOLDER), make_codec())
    assert left == tables(tmp_path / FILE)
    assert ["closed"] == column(tmp_path / FILE, "SELECT status FROM trades")
    assert ["FILLED", "FILLED"] == column(tmp_path / FILE, "SELECT outcome FROM signals")


def test_a_store_that_cannot_be_written_is_told_once_and_trading_goes_on(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    log = Log()
    with venue_thread() as (exchange, clock):
        ref, heard = start(exchange, clock, tmp_path, log)
        log.wait_for_line("view_stale")
        ref.tell(signal("s1", SignalType.LONG_ENTRY))
        heard.wait_for(has(heard, OrderFilled))
        (tmp_path / FILE).rmdir()
        log.wait_for_line("view_recovered")
        ref.stop(block=True, timeout=WAIT_SECONDS)

    alerts = [each.alert for each in heard.events if isinstance(each, AlertRaised)]
    assert 1 == len(log.texts("view_stale"))
    assert "view_recovered" in alerts
    assert ["FILLED"] == column(tmp_path / FILE, "SELECT outcome FROM signals")


def test_a_store_of_another_version_stays_and_trading_goes_on(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("CREATE TABLE other (id INTEGER)")
        connection.execute("PRAGMA user_version = 9")
    before = (tmp_path / FILE).read_bytes()
    log = Log()

    with venue_thread() as (exchange, clock):
        ref, heard = start(exchange, clock, tmp_path, log)
        log.wait_for_line("view_stale")
        ref.tell(signal("s1", SignalType.LONG_ENTRY))
        heard.wait_for(has(heard, OrderFilled))
        ref.stop(block=True, timeout=WAIT_SECONDS)

    (told,) = log.texts("view_stale")
    assert "version 9, this is version 1" in told
    assert before == (tmp_path / FILE).read_bytes()


def test_a_copy_is_made_while_the_engine_writes(tmp_path: Path) -> None:
    with paper_system(evolve(stage_settings(), records=QUICK), tmp_path) as (ref, heard):
        ref.tell(signal("s1", SignalType.LONG_ENTRY))
        heard.wait_for(has(heard, OrderFilled))
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            backup(connection, tmp_path / "copy.sqlite")

    assert ["ok"] == column(tmp_path / "copy.sqlite", "PRAGMA integrity_check")


def test_without_the_wish_there_are_no_records(tmp_path: Path) -> None:
    settings = evolve(stage_settings(), records=RecordsSettings(store="off", audit="off"))
    ref = paper.start(settings, data_dir=tmp_path, speed=SPEED)
    ref.stop(block=True, timeout=WAIT_SECONDS)

    assert not (tmp_path / FILE).exists()
    assert not (tmp_path / FOLDER).exists()
