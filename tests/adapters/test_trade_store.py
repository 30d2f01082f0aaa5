"""Trade store: the rows are what the engine knows, and a rebuild gives the same ones."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from callboard.actors import names
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.records.journal_tail import JournalTail, Place
from callboard.actors.adapters.records.store_schema import FILE, VERSION, StoreVersionError
from callboard.actors.adapters.records.trade_store import (
    JournalIncomplete,
    TradeStore,
    backup,
    rebuild,
)
from callboard.actors.adapters.records.view import ViewKeeper
from callboard.actors.system import make_codec
from support.paper_runs import troubled_run
from support.stores import Followed, column, crashing, run_over_midnight, store_of, tables

SEEDS = (7, 20, 40, 90)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of several segments, with every kind of trouble."""
    folder = tmp_path_factory.mktemp("run")
    troubled_run(folder)
    rebuild(folder, Disk(folder / "journal"), make_codec())
    return folder


@pytest.mark.parametrize("seed", SEEDS)
def test_a_rebuild_gives_the_rows_that_the_running_engine_left(seed: int, tmp_path: Path) -> None:
    """C-21: one writer, and the store is made of the journal alone, through faults and crashes."""
    followed = Followed.of(crashing(seed), store_of(tmp_path))

    followed.finish()
    left = tables(tmp_path / FILE)
    disk = followed.run.engine.disk
    assert disk is not None
    rebuilt = rebuild(tmp_path, disk, make_codec())

    assert left == tables(tmp_path / FILE)
    assert rebuilt.kept is not None
    assert left == tables(rebuilt.kept)
    assert left["orders"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_rows_are_what_the_actors_know(seed: int, tmp_path: Path) -> None:
    followed = Followed.of(crashing(seed), store_of(tmp_path))
    followed.run.run()
    orders = followed.run.engine.state(names.ORDER_MANAGER)
    positions = followed.run.engine.state(names.POSITION_MONITOR)
    known = {**orders.orders, **orders.history}

    followed.run.engine.stop()
    followed.look(1_000_000)

    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        rows = connection.execute("SELECT client_order_id, state, filled, attempts FROM orders")
        kept = {row[0]: (row[1], Decimal(row[2]), row[3]) for row in rows}
        trades = connection.execute(
            "SELECT symbol || '/' || position_side, open_quantity, realised_pnl, commission, status"
            " FROM trades"
        ).fetchall()
    assert {
        name: (each.state.value, each.filled, each.attempt) for name, each in known.items()
    } == kept
    counts = orders.counts
    assert [(counts.total, counts.executed, counts.failed, counts.cancelled)] == [
        row[:4] for row in tables(tmp_path / FILE)["statistics"]
    ]
    assert positions.realised_pnl == sum(Decimal(row[2]) for row in trades)
    assert positions.fees == sum(Decimal(row[3]) for row in trades)
    assert {key: guard.position.quantity for key, guard in positions.open_guards()} == {
        row[0]: Decimal(row[1]) for row in trades if row[4] == "open"
    }


def test_the_question_of_the_execution_history_is_answered(data_dir: Path) -> None:
    query = "SELECT * FROM execution_history WHERE date > '{}' LIMIT 10"

    since = column(data_dir / FILE, query.format("2026-02-20"))
    later = column(data_dir / FILE, query.format("2030-02-20"))

    assert (10, 0) == (len(since), len(later))


def test_every_time_is_utc_and_every_figure_is_plain_text(data_dir: Path) -> None:
    """C-18: figures are Decimals as text without an exponent."""
    for rows in tables(data_dir / FILE).values():
        for value in (each for row in rows for each in row if isinstance(each, str)):
            assert "E+" not in value
            assert "E-" not in value
    (stamp,) = column(data_dir / FILE, "SELECT date FROM execution_history LIMIT 1")
    assert isinstance(stamp, str)
    assert "2026-09-21T" == stamp[:11]
    assert stamp.endswith("Z")
    assert 27 == len(stamp)


def test_an_order_keeps_attempts_errors_and_a_time_for_every_transition(data_dir: Path) -> None:
    path = data_dir / FILE

    retried = column(path, "SELECT client_order_id FROM orders WHERE attempts > 1")
    assert retried
    order = retried[0]
    attempts = column(path, "SELECT started_at FROM attempts WHERE client_order_id = ?", order)
    errors = column(path, "SELECT severity FROM errors WHERE client_order_id = ?", order)
    states = column(path, "SELECT state FROM transitions WHERE client_order_id = ?", order)

    assert len(attempts) > 1
    assert errors
    assert ["PENDING", "SUBMITTED"] == states[:2]


def test_statistics_count_what_was_executed_failed_and_waits(data_dir: Path) -> None:
    """C-23: executed is what was filled; an acknowledgement counts as pending."""
    with closing(sqlite3.connect(data_dir / FILE)) as connection:
        total, executed, failed, cancelled, pending, rate = connection.execute(
            "SELECT total_orders, executed, failed, cancelled, pending, success_rate"
            " FROM statistics"
        ).fetchone()

    assert total == executed + failed + cancelled + pending
    assert executed > 0
    assert rate == pytest.approx(executed / (executed + failed))


def test_funding_is_a_part_of_the_trade_that_paid_it(tmp_path: Path) -> None:
    run_over_midnight(tmp_path)

    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        first, second = [
            [Decimal(figure) for figure in row]
            for row in connection.execute(
                "SELECT realised_pnl, funding, commission, net_pnl FROM trades ORDER BY number"
            )
        ]
    assert first[1] != 0
    assert first[0] + first[1] - first[2] == first[3]
    assert 0 == second[1]


def test_who_wished_stands_on_signal_order_and_trade(tmp_path: Path) -> None:
    run_over_midnight(tmp_path)

    for table, entry in (("signals", ""), ("orders", " WHERE leg = 'entry'"), ("trades", "")):
        select = f"SELECT DISTINCT source || ' ' || model_version FROM {table}{entry}"  # noqa: S608
        assert ["automated m7"] == column(tmp_path / FILE, select)


def test_a_store_that_another_program_locks_catches_up_afterwards(
    data_dir: Path, tmp_path: Path
) -> None:
    store = TradeStore(tmp_path / FILE, Disk(data_dir / "journal"), make_codec())
    keeper = ViewKeeper(store)
    keeper.look(1)

    with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        locked = keeper.look(1)
    free = keeper.look(1_000)
    keeper.close()

    assert "locked" in locked.failed
    assert free.recovered
    assert tables(data_dir / FILE) == tables(tmp_path / FILE)


def test_a_store_without_orders_has_no_success_rate(tmp_path: Path) -> None:
    store = TradeStore(tmp_path / FILE, Disk(tmp_path / "journal"), make_codec())

    store.open()
    store.close()

    assert [(0, 0, 0, 0, 0, None)] == tables(tmp_path / FILE)["statistics"]


def test_a_store_of_another_version_is_named_and_stays_as_it_is(tmp_path: Path) -> None:
    troubled_run(tmp_path, signals=3)
    disk = Disk(tmp_path / "journal")
    rebuild(tmp_path, disk, make_codec())
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 6}")
    before = (tmp_path / FILE).read_bytes()

    with pytest.raises(StoreVersionError) as told:
        TradeStore(tmp_path / FILE, disk, make_codec()).open()
    kept = (tmp_path / FILE).read_bytes()
    rebuilt = rebuild(tmp_path, disk, make_codec())

    assert f"version {VERSION + 6}, this is version {VERSION}" in str(told.value)
    assert f"callboard store rebuild {tmp_path}" in str(told.value)
    assert before == kept
    assert rebuilt.kept is not None
    assert before == rebuilt.kept.read_bytes()


def test_what_was_applied_is_not_applied_again(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / FILE
    path.write_bytes((data_dir / FILE).read_bytes())
    before = tables(data_dir / FILE)
    store = TradeStore(path, Disk(data_dir / "journal"), make_codec())

    store.open()
    went_on = store.advance()
    store.close()

    assert not went_on
    assert before == tables(path)


def test_a_store_that_the_journal_does_not_bear_out_is_made_anew_beside_the_old(
    data_dir: Path, tmp_path: Path
) -> None:
    path = tmp_path / FILE
    path.write_bytes((data_dir / FILE).read_bytes())
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE progress SET head = ?", ("f" * 32,))
    store = TradeStore(path, Disk(data_dir / "journal"), make_codec())

    notes = store.open()
    while store.advance():
        continue
    store.close()

    assert "store.old-1.sqlite is the old" in notes[0]
    assert tables(data_dir / FILE) == tables(path)


def test_a_journal_without_its_beginning_is_a_partial_store_only_when_asked_for(
    data_dir: Path, tmp_path: Path
) -> None:
    journal = Disk(tmp_path / "journal")
    for name in Disk(data_dir / "journal").names():
        if "segment-000001" not in name and name != "lock":
            journal.replace(name, Disk(data_dir / "journal").read(name))

    with pytest.raises(JournalIncomplete, match="records of the journal are gone"):
        rebuild(tmp_path, journal, make_codec())
    made = rebuild(tmp_path, journal, make_codec(), partial=True)

    assert made.missing > 0
    assert [made.missing + 1] == column(tmp_path / FILE, "SELECT begins_at FROM progress")


def test_a_backup_of_a_store_that_is_written_is_whole(data_dir: Path, tmp_path: Path) -> None:
    path = tmp_path / FILE
    store = TradeStore(path, Disk(data_dir / "journal"), make_codec())
    store.open()
    store.advance()

    with closing(sqlite3.connect(path)) as reader:
        backup(reader, tmp_path / "copy.sqlite", lambda _left, _all: _advance(store))
    with pytest.raises(FileExistsError), closing(sqlite3.connect(path)) as reader:
        backup(reader, tmp_path / "copy.sqlite")
    store.close()

    assert ["ok"] == column(tmp_path / "copy.sqlite", "PRAGMA integrity_check")
    assert column(tmp_path / "copy.sqlite", "SELECT sequence FROM progress")[0]


def _advance(store: TradeStore) -> None:
    store.advance()


class FullDisk(Disk):
    """A folder that cannot be read for as long as `is_broken`."""

    is_broken = False

    def names(self) -> tuple[str, ...]:
        if self.is_broken:
            raise OSError(28, "No space left on device")
        return super().names()


def test_a_fault_is_told_once_and_the_store_catches_up(data_dir: Path, tmp_path: Path) -> None:
    disk = FullDisk(data_dir / "journal")
    keeper = ViewKeeper(TradeStore(tmp_path / FILE, disk, make_codec()))
    keeper.look(1)

    disk.is_broken = True
    first, second = keeper.look(1), keeper.look(1)
    disk.is_broken = False
    third = keeper.look(1_000)
    keeper.close()

    assert "No space left" in first.failed
    assert "" == second.failed
    assert third.recovered
    assert tables(data_dir / FILE) == tables(tmp_path / FILE)


def test_a_place_where_no_file_can_be_is_a_fault_too(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    keeper = ViewKeeper(TradeStore(tmp_path / FILE, Disk(data_dir / "journal"), make_codec()))

    look = keeper.look(1)
    keeper.close()

    assert "unable to open database file" in look.failed


def test_a_tail_reads_every_record_once_and_stands_behind_the_last(data_dir: Path) -> None:
    disk = Disk(data_dir / "journal")
    whole = JournalTail(disk, is_checked=True)
    whole.follow(Place())
    lines: list[bytes] = []
    while more := whole.read():
        lines += more
    middle = JournalTail(disk)
    middle.follow(Place())
    middle.read()
    again = JournalTail(disk)
    again.follow(middle.place)
    rest: list[bytes] = []
    while more := again.read():
        rest += more

    assert list(range(1, len(lines) + 1)) == [int(line[7 : line.index(b",")]) for line in lines]
    assert lines[middle.place.sequence :] == rest
    assert whole.place == again.place
