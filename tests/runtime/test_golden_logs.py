"""Golden logs: every version reads, folds and re-executes the journals of earlier ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.journal_commands import makers_of
from callboard.actors.runtime.journal_reader import read_journal, verify
from callboard.actors.runtime.recovery import recover
from callboard.actors.runtime.replay import replay
from callboard.actors.runtime.segment import read_manifest
from callboard.actors.system import make_codec
from callboard.messages.codec import Json
from callboard.scenarios.disk import SimulatedDisk
from support import golden_logs, refresh_golden_logs
from support.command_line import invoke
from support.golden_logs import HOW, LOGS, laid_out, load

CODEC = make_codec()
EACH = pytest.mark.parametrize("name", LOGS)


def delivered(disk: SimulatedDisk) -> list[Json]:
    """Return the delivered messages of a journal, as written."""
    return [line.data["msg"] for line in read_journal(disk) if "msg" in line.data]


def test_every_kept_log_is_one_that_can_be_made_anew() -> None:
    assert {path.name for path in golden_logs.FOLDER.iterdir()} == set(LOGS)


@EACH
def test_a_golden_log_is_as_it_was_written(name: str) -> None:
    report = verify(load(name))

    assert report.ok, report.findings
    assert report.records > 100


@EACH
def test_every_message_and_fact_of_a_golden_log_is_read_as_one_of_today(name: str) -> None:
    for line in read_journal(load(name)):
        told = [line.data["msg"]] if "msg" in line.data else []
        for message in (*told, *line.data.get("facts", ())):
            label = CODEC.label(CODEC.decode(message))
            assert label.rpartition(".v")[0] == message["t"].rpartition(".v")[0]


@EACH
def test_a_golden_log_is_folded_into_the_states_of_today(name: str) -> None:
    disk = load(name)
    manifest = read_manifest(disk, 1)
    assert manifest is not None

    recovered = recover(disk, CODEC, makers_of(manifest.run))

    assert () == recovered.findings, HOW
    assert recovered.clean


@EACH
def test_the_engine_of_today_decides_as_the_golden_log_says(name: str) -> None:
    result = replay(load(name), CODEC, makers_of, divergences_max=1)

    first = [
        f"record {each.sequence}, {each.actor}, {each.field}: recorded {each.recorded},"
        f" computed {each.computed}; {HOW}"
        for each in result.divergences
    ]
    assert [] == first


def test_one_log_holds_two_starts_a_snapshot_and_an_unknown_outcome() -> None:
    disk = load("two_starts")
    facts = [fact for line in read_journal(disk) for fact in line.data.get("facts", ())]

    kinds = {line.data.get("kind", "") for line in read_journal(disk)}
    starts = [each["generation"] for each in delivered(disk) if "EngineStarted" in each["t"]]
    moves = [event for fact in facts for event in fact.get("events", ())]

    assert "snapshot" in kinds
    assert {1, 2} == set(starts)
    assert {"OUTCOME_UNKNOWN", "FILL", "CANCEL_CONFIRMED"} <= set(moves)


def test_one_log_was_written_in_the_first_version_of_every_message() -> None:
    messages = delivered(load("version_1"))
    old = [each for each in messages if each["t"] == "EngineStarted.v1"]

    read = [CODEC.decode(each).last_run for each in old]

    assert {"v1"} == {each["t"].rpartition(".")[2] for each in messages}
    assert ["NONE"] * 4 + ["UNTOLD"] * 4 == read


def test_store_and_audit_log_are_made_of_a_log_of_the_first_version(tmp_path: Path) -> None:
    folder = laid_out("version_1", tmp_path)

    made = invoke("store", "rebuild", folder, "--json")
    audited = invoke("audit", "rebuild", folder)
    trades = json.loads(invoke("store", "trades", folder, "--json").stdout)

    assert Exit.OK == made.exit_code, made.output
    assert Exit.OK == audited.exit_code, audited.output
    assert ["ETHUSDT"] == [trade["symbol"] for trade in trades["trades"]]
    assert [
        {"generation": 1, "recovered": False},
        {"generation": 2, "recovered": True},
    ] == starts_of(folder)


def test_the_audit_log_tells_how_the_run_before_a_start_ended(tmp_path: Path) -> None:
    folder = laid_out("two_starts", tmp_path)

    assert Exit.OK == invoke("audit", "rebuild", folder).exit_code

    assert [
        {"generation": 1, "recovered": False},
        {"generation": 2, "recovered": True, "last_run": "broken_off"},
    ] == starts_of(folder)


def starts_of(folder: Path) -> list[Any]:
    """Return the details of each start in an audit log."""
    texts = [path.read_text() for path in sorted((folder / "audit").glob("*.jsonl"))]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    return [each["details"] for each in lines if each["event_type"] == "engine_started"]


def test_a_log_that_comes_out_the_same_is_not_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(golden_logs, "FOLDER", tmp_path)

    assert 0 == refresh_golden_logs.main(["one_trade"])
    assert 0 == refresh_golden_logs.main(["one_trade"])

    assert "one_trade: made anew\none_trade: as it was\n" == capsys.readouterr().out
    assert verify(load("one_trade")).ok


def test_a_name_that_no_golden_log_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert 1 == refresh_golden_logs.main(["nothing"])

    assert "no such golden log: nothing; there are one_trade" in capsys.readouterr().err
