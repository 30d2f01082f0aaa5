"""Upgrade: whether a version goes on from what another one wrote, and what it says of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.spool import JOURNAL
from support import code_changes
from support.command_line import invoke
from support.golden_logs import LOGS, laid_out, write_as_newer
from support.runs import changed_copy, pinned


def answer(folder: Path) -> Any:
    return json.loads(invoke("upgrade", "--check", folder, "--json").stdout)


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((folder / JOURNAL).iterdir())}


@pytest.mark.parametrize("name", LOGS)
def test_a_golden_log_is_gone_on_from(name: str, tmp_path: Path) -> None:
    folder = laid_out(name, tmp_path)
    before = content(folder)

    told = invoke("upgrade", "--check", folder)

    assert Exit.OK == told.exit_code, told.output
    assert told.stdout.endswith("ok: this version goes on from it\n")
    assert "folded    the states of 15 actors" in told.stdout
    assert before == content(folder)


def test_older_messages_are_counted_by_their_label(tmp_path: Path) -> None:
    folder = laid_out("version_1", tmp_path)

    told = answer(folder)

    assert (True, {"EngineStarted.v1": 8}, 2) == (told["ok"], told["brought_up"], told["starts"])


def test_a_message_of_a_newer_version_is_named_with_its_record(tmp_path: Path) -> None:
    folder = laid_out("one_trade", tmp_path)
    write_as_newer(folder, b'"t":"EngineStarted.v2"', b'"t":"EngineStarted.v3"')

    told = invoke("upgrade", "--check", folder)

    assert Exit.FAILED == told.exit_code
    assert "EngineStarted.v3: is newer than the version 2 known here" in told.stdout
    assert "no: keep the version that wrote it" in told.stdout


def test_a_fact_that_this_version_lacks_cannot_be_folded(tmp_path: Path) -> None:
    folder = laid_out("one_trade", tmp_path)
    write_as_newer(folder, b'"t":"risk_gate/Reserved.v1"', b'"t":"risk_gate/SetAside.v1"')

    faults = answer(folder)["faults"]

    unknown = "risk_gate/SetAside.v1: is unknown to this version of Callboard"
    assert [f"record 103: {unknown}", f"cannot be folded: record 103, risk_gate: {unknown}"] == [
        fault.partition(";")[0] for fault in faults[:2]
    ]


def test_a_decision_that_is_made_otherwise_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = laid_out("one_trade", tmp_path)
    code_changes.double_size(monkeypatch)

    told = answer(folder)

    assert (False, [], 15) == (told["ok"], told["faults"], told["actors"])
    assert "facts[0].reservation.remaining" == told["divergences"][0]["field"]


def test_settings_that_this_version_does_not_know_are_a_fault(tmp_path: Path) -> None:
    folder = laid_out("one_trade", tmp_path)
    for manifest in (folder / JOURNAL).glob("*.manifest.json"):
        text = manifest.read_text().replace('"cooldown_ms":', '"cooldown_was_ms":')
        manifest.write_text(text)

    told = invoke("upgrade", "--check", folder)

    assert Exit.FAILED == told.exit_code
    assert "settings of start 1: the recorded run: risk.cooldown_was_ms: unknown key" in told.stdout


def test_damage_is_a_fault(tmp_path: Path) -> None:
    folder = laid_out("one_trade", tmp_path)
    path = folder / JOURNAL / "segment-000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"ETHUSDT", b"BTCUSDT", 1))

    told = invoke("upgrade", "--check", folder)

    assert Exit.FAILED == told.exit_code
    assert "fault     damaged: " in told.stdout


def test_a_torn_tail_is_none_and_stays_where_it_is(tmp_path: Path) -> None:
    folder = laid_out("one_trade", tmp_path)
    write_as_newer(folder, b"", b"")
    path = folder / JOURNAL / "segment-000001.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    before = content(folder)

    assert Exit.OK == invoke("upgrade", "--check", folder).exit_code
    assert before == content(folder)


def test_a_pinned_log_is_looked_at_like_any_other(tmp_path: Path) -> None:
    folder = changed_copy(tmp_path, pinned, names="*.manifest.json")

    assert Exit.OK == invoke("upgrade", "--check", folder).exit_code


def test_without_the_check_there_is_nothing_to_do(tmp_path: Path) -> None:
    told = invoke("upgrade", laid_out("one_trade", tmp_path))

    assert Exit.USAGE == told.exit_code
    assert "an upgrade has no step of its own" in told.stderr


def test_a_folder_without_a_journal_is_told_as_everywhere(tmp_path: Path) -> None:
    told = invoke("upgrade", "--check", tmp_path)

    assert Exit.CONFIGURATION == told.exit_code
    assert "holds no journal" in told.stderr
