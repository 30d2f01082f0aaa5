"""Audit log: its lines are the journal's, its days are UTC, and nothing secret stands in it."""

import json
import os
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.disk import Disk, FolderInUse
from callboard.actors.adapters.records.audit_entries import COMMANDS, EVENTS, of_command, of_event
from callboard.actors.adapters.records.audit_files import AuditFiles
from callboard.actors.adapters.records.audit_lines import canonical, response_of, snake
from callboard.actors.adapters.records.audit_log import FOLDER, AuditLog, projected, rebuild
from callboard.actors.adapters.records.audit_report import AuditReport
from callboard.actors.adapters.records.audit_texts import TEXTS, sentence
from callboard.actors.adapters.records.stamps import masked
from callboard.actors.adapters.records.view import View, ViewKeeper
from callboard.actors.adapters.records.views import check_audit
from callboard.actors.errors import ConfigurationError
from callboard.actors.record_settings import RecordsSettings
from callboard.actors.system import make_codec
from callboard.messages.codec import dumps
from callboard.messages.events import OrderFilled
from callboard.messages.intake import HaltTrading, SubmitSignal
from callboard.messages.values import OrderType, PositionSide, Side
from callboard.messages.venue import OrderEvidence
from callboard.scenarios.chaos import Run
from callboard.scenarios.paper import run
from support.paper_runs import EASY, options, troubled_run
from support.stores import Followed, crashing, run_over_midnight

CANARY = "canary-4f1c9d"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run with every kind of trouble, whose audit log was written while it went on."""
    folder = tmp_path_factory.mktemp("run")
    troubled_run(folder)
    return folder


def files_of(folder: Path) -> AuditFiles:
    return AuditFiles(folder / FOLDER)


def content(files: AuditFiles) -> dict[str, bytes]:
    return {day: files.path(day).read_bytes() for day in files.days()}


def lines_of(folder: Path) -> list[dict[str, Any]]:
    files = files_of(folder)
    return [json.loads(line) for day in files.days() for line in files.read(day)]


def journal_of(folder: Path) -> Disk:
    return Disk(folder / "journal")


def follow(folder: Path, journal: Disk) -> None:
    """Let a log take everything."""
    log = AuditLog(AuditFiles(folder), journal, make_codec())
    log.open()
    while log.advance():
        continue
    log.close()


def audit_of(folder: Path) -> Callable[[Run], list[View]]:
    def make(run: Run) -> list[View]:
        assert run.engine.disk is not None
        return [AuditLog(files_of(folder), run.engine.disk, make_codec())]

    return make


@pytest.mark.parametrize("seed", [7, 20, 40, 60])
def test_a_rebuild_gives_the_bytes_that_the_running_engine_left(seed: int, tmp_path: Path) -> None:
    """C-38: the log is a view of the one journal, through faults, crashes and restarts."""
    followed = Followed.of(crashing(seed), audit_of(tmp_path))

    followed.finish()
    left = content(files_of(tmp_path))
    disk = followed.run.engine.disk
    assert disk is not None
    made = rebuild(tmp_path / FOLDER, disk, make_codec())

    assert ((), None) == (made.changed, made.kept)
    assert left == content(files_of(tmp_path))
    assert left


def test_every_line_has_the_fields_of_the_form(data_dir: Path) -> None:
    """C-38: UTC with Z and microseconds, a number that only grows, types in snake_case."""
    lines = lines_of(data_dir)

    assert list(range(1, len(lines) + 1)) == [line["sequence"] for line in lines]
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["timestamp"])
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", line["event_type"])
        assert ("paper", 1) == (line["mode"], line["schema"])
        assert {"operation", "symbol", "order_data", "response", "client_order_id"} <= set(line)
        assert {"correlation_id", "record", "hash", "message", "details"} <= set(line)
    records = [line["record"] for line in lines]
    assert sorted(records) == records


def test_no_figure_is_a_float(data_dir: Path) -> None:
    """C-18: the audit log writes text for money, prices and quantities."""

    def refuse(text: str) -> float:
        raise AssertionError(text)

    files = files_of(data_dir)
    for day in files.days():
        for line in files.read(day):
            json.loads(line, parse_float=refuse)


def test_orders_errors_and_retries_each_have_their_lines(data_dir: Path) -> None:
    types = Counter(line["event_type"] for line in lines_of(data_dir))

    wanted = {"signal", "intent", "order_placed", "order_filled", "order_rejected", "api_error"}
    wanted |= {"retry_attempt", "order_unknown", "order_resolved", "trade", "engine_started"}
    assert wanted <= set(types)
    assert types["order_placed"] <= types["intent"]


def test_an_order_that_is_placed_says_what_was_ordered_and_what_came_back(data_dir: Path) -> None:
    lines = lines_of(data_dir)
    filled = next(line for line in lines if line["event_type"] == "order_filled")
    placed = [line for line in lines if line["event_type"] == "order_placed"]

    assert {"side", "type", "quantity"} <= set(filled["order_data"])
    assert {"order_id", "status", "price", "quantity"} == set(filled["response"])
    assert "FILLED" == filled["response"]["status"]
    assert filled["response"]["order_id"]
    assert "ETHUSDT" == filled["symbol"]
    assert len(placed) == len({line["client_order_id"] for line in placed})
    assert all(line["order_data"] for line in placed)


def test_the_sample_of_the_form_is_reproduced() -> None:
    evidence = OrderEvidence(
        client_order_id="cb1-1-e1",
        venue_order_id="12345",
        symbol="BTCUSDT",
        side=Side.BUY,
        position_side=PositionSide.BOTH,
        order_type=OrderType.MARKET,
        status="FILLED",
        quantity=Decimal("0.001"),
        filled=Decimal("0.001"),
        average_price=Decimal("50000.0"),
        price=Decimal(0),
        trigger_price=Decimal(0),
        reduce_only=False,
        close_position=False,
        conditional=False,
        updated_at_ms=0,
    )

    response = response_of(evidence)

    assert ("12345", "FILLED", "50000", "0.001") == (
        response["order_id"],
        response["status"],
        response["price"],
        response["quantity"],
    )


def test_every_refusal_names_the_order_that_was_wished(data_dir: Path) -> None:
    refused = [line for line in lines_of(data_dir) if line["event_type"] == "order_rejected"]

    assert refused
    assert all(line["details"]["guard"] and line["order_data"]["type"] for line in refused)


def test_a_new_day_is_a_new_file_that_begins_with_the_quotas_reset(tmp_path: Path) -> None:
    """C-52: the reset of the daily counters is visible in the audit log."""
    run_over_midnight(tmp_path)

    files = files_of(tmp_path)
    first, second = files.days()
    opening = json.loads(next(files.read(second)))
    assert (first, second) == ("2026-09-21", "2026-09-22")
    assert ("quota_reset", second) == (opening["event_type"], opening["timestamp"][:10])
    assert 1 == sum(line["event_type"] == "funding" for line in lines_of(tmp_path))
    assert {first} == {json.loads(line)["timestamp"][:10] for line in files.read(first)}


def test_an_unfinished_record_at_the_end_is_written_again(data_dir: Path, tmp_path: Path) -> None:
    whole = content(files_of(data_dir))
    (day,) = whole
    for cut in range(1, 3_000, 97):
        folder = tmp_path / str(cut)
        folder.mkdir()
        files = AuditFiles(folder)
        files.path(day).write_bytes(whole[day][:-cut])

        follow(folder, journal_of(data_dir))

        assert whole == content(files)


def test_two_engines_never_write_one_log(data_dir: Path, tmp_path: Path) -> None:
    first = ViewKeeper(AuditLog(AuditFiles(tmp_path), journal_of(data_dir), make_codec()))
    second = ViewKeeper(AuditLog(AuditFiles(tmp_path), journal_of(data_dir), make_codec()))

    first.look(1)
    refused = second.look(1)
    with pytest.raises(FolderInUse):
        rebuild(tmp_path, journal_of(data_dir), make_codec())
    first.close()
    taken = second.look(1_000)
    second.close()

    assert "is in use by process " in refused.failed
    assert taken.recovered
    assert content(files_of(data_dir)) == content(AuditFiles(tmp_path))


def test_what_the_journal_does_not_bear_out_is_moved_aside(data_dir: Path, tmp_path: Path) -> None:
    (day,) = content(files_of(data_dir))
    files = AuditFiles(tmp_path)
    last = lines_of(data_dir)[-1] | {"hash": "f" * 32, "part": 1, "parts": 1}
    files.path(day).write_bytes(dumps(last) + b"\n")

    follow(tmp_path, journal_of(data_dir))

    assert dumps(last) + b"\n" == AuditFiles(tmp_path / "old-1").path(day).read_bytes()
    assert content(files_of(data_dir)) == content(files)


def test_an_export_is_the_log(data_dir: Path) -> None:
    exported = b"".join(line.data for line in projected(journal_of(data_dir), make_codec()))

    assert b"".join(content(files_of(data_dir)).values()) == exported


def test_a_changed_line_is_found_and_the_old_file_is_kept(data_dir: Path, tmp_path: Path) -> None:
    (day,) = content(files_of(data_dir))
    files = AuditFiles(tmp_path)
    forged = files_of(data_dir).path(day).read_bytes().replace(b'"BUY"', b'"buy"', 1)
    files.path(day).write_bytes(forged)

    made = rebuild(tmp_path, journal_of(data_dir), make_codec())

    assert ((day,), tmp_path / "old-1") == (made.changed, made.kept)
    assert forged == AuditFiles(tmp_path / "old-1").path(day).read_bytes()
    assert content(files_of(data_dir)) == content(files)


def test_a_changed_setting_is_a_line_at_the_next_start(tmp_path: Path) -> None:
    off = evolve(EASY.journal, durability="off")
    first = evolve(EASY, journal=off)
    second = evolve(first, risk=evolve(first.risk, positions_max=4))
    for settings in (first, second):
        run(options(tmp_path, (), settings=settings, for_ns=2_000_000_000))

    (changed,) = [line for line in lines_of(tmp_path) if line["event_type"] == "config_change"]
    assert {"key": "risk.positions_max", "value": 4, "was": 10} == changed["details"]
    assert "setting risk.positions_max is 4" == changed["message"]


def test_a_text_with_newlines_is_one_line() -> None:
    event = evolve(of_event(_filled("a\nb")), details={"text": "a\r\nb\u2028c"})

    assert 1 == len(dumps(event.details).splitlines())


def test_nothing_that_looks_like_a_credential_is_written() -> None:
    """C-39: a canary key in a text of the outside does not reach the log."""
    for text in (
        f"https://x/y?apiKey={CANARY}&signature={CANARY}",
        f"X-MBX-APIKEY: {CANARY}",
        f"secret={CANARY}; listenKey={CANARY}",
        f"token {CANARY}",
    ):
        assert CANARY not in masked(text)
    assert 500 == len(masked("x" * 10_000))


def test_an_older_logs_error_type_in_capitals_is_understood() -> None:
    """C-38: API_ERROR is accepted on reading."""
    report = AuditReport()

    report.add(b'{"timestamp":"2026-02-20T00:00:00","event_type":"API_ERROR","operation":"x"}')
    report.add(b"not a line")
    report.add(b'{"timestamp":"2026-02-20T00:00:00","event_type":"signal","schema":99}')

    assert "api_error" == canonical("API_ERROR")
    assert ({"api_error": 1}, 2) == (dict(report.types), report.unreadable)


def test_every_event_type_has_a_sentence_in_both_languages(data_dir: Path) -> None:
    """C-40: keys are the same in every language, only the sentence changes."""
    types = {line["event_type"] for line in lines_of(data_dir)}

    assert types <= set(TEXTS)
    assert "Ordem executada com sucesso" == sentence("order_filled", "pt", {})
    assert "order executed" == sentence("order_filled", "en", {})
    assert "something new" == sentence("something_new", "pt", {})
    assert all("_" not in text for texts in TEXTS.values() for text in map(_without_fields, texts))


def test_every_event_has_a_type_with_a_sentence() -> None:
    types = {snake(each.__name__) for each in EVENTS} - {"order_refused", "alert_raised"}

    assert types <= set(TEXTS)
    assert {"order_rejected", "alert", "breaker", "rate_limit", "config_change"} <= set(TEXTS)


def test_a_persons_command_is_a_line() -> None:
    halted = of_command(HaltTrading("c1", "fire", by="anna"))

    assert ("operator_command", "halt_trading") == (halted.event_type, halted.operation)
    assert {"command_id": "c1", "reason": "fire", "by": "anna"} == halted.details
    assert HaltTrading in COMMANDS
    assert SubmitSignal not in COMMANDS


def test_outside_paper_a_log_that_cannot_be_written_refuses_the_start(tmp_path: Path) -> None:
    """C-16: real money trades with its evidence or not at all."""
    (tmp_path / "audit").write_text("a file")
    records = RecordsSettings()

    for mode in ("live", "testnet", "demo", "shadow"):
        with pytest.raises(ConfigurationError, match=r"records\.audit_dir: .*cannot be written"):
            check_audit(records, mode, tmp_path)
    check_audit(records, "paper", tmp_path)
    check_audit(RecordsSettings(audit="off"), "live", tmp_path)
    check_audit(RecordsSettings(audit_dir=str(tmp_path / "logs" / "audit")), "live", tmp_path)

    assert (tmp_path / "logs" / "audit").is_dir()


def test_a_full_disk_is_told_once_and_nothing_is_missing_afterwards(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper = ViewKeeper(AuditLog(AuditFiles(tmp_path), journal_of(data_dir), make_codec()))
    write, room = os.write, [300]

    def limited(descriptor: int, data: bytes) -> int:
        if room[0] <= 0:
            raise OSError(28, "No space left on device")
        written = write(descriptor, bytes(data)[: room[0]])
        room[0] -= written
        return written

    monkeypatch.setattr("callboard.actors.adapters.records.audit_files.os.write", limited)
    first, second = keeper.look(10), keeper.look(10)
    monkeypatch.undo()
    third = keeper.look(1_000)
    keeper.close()

    assert "No space left" in first.failed
    assert ("", True) == (second.failed, third.recovered)
    assert content(files_of(data_dir)) == content(AuditFiles(tmp_path))


def _filled(signal_id: str) -> OrderFilled:
    return OrderFilled(signal_id, "c", "ETHUSDT", Side.BUY, Decimal(1), Decimal(2))


def _without_fields(text: str) -> str:
    return re.sub(r"\{[^}]*\}", "", text)
