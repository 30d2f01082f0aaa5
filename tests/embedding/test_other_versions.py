"""Other versions: an engine that starts on what another version of it wrote."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from callboard import EngineStatus, ExecutionSystem, GetStatus, TradingState
from callboard.actors.adapters.spool import JOURNAL
from callboard.actors.runtime.recovery import RecoveryFailed
from support.golden_logs import laid_out, write_as_newer
from support.hosts import ask, venue_thread
from support.stages import WAIT_SECONDS, stage_settings

Noted = list[tuple[str, Mapping[str, object]]]


def start_and_stop(folder: Path) -> tuple[EngineStatus, Noted]:
    """Start an engine on a folder; returns its status and what it noted of itself."""
    noted: Noted = []

    def log(actor: str, event: str, fields: Mapping[str, object]) -> None:
        if actor == "engine":
            noted.append((event, fields))

    with venue_thread() as (exchange, clock):
        ref = ExecutionSystem.start(
            stage_settings(), exchange=exchange, clock=clock, data_dir=folder, log=log
        )
        status: EngineStatus = ask(ref, GetStatus())
        ref.stop(block=True, timeout=WAIT_SECONDS)
    return status, noted


def test_a_start_on_an_older_schema_goes_on_and_notes_it(tmp_path: Path) -> None:
    folder = laid_out("version_1", tmp_path)
    for manifest in (folder / JOURNAL).glob("*.manifest.json"):
        manifest.write_text(manifest.read_text().replace("EngineStarted.v2", "EngineStarted.v1"))

    status, noted = start_and_stop(folder)

    [fields] = [fields for event, fields in noted if event == "journal_of_other_version"]
    assert TradingState.ACTIVE is status.trading_state
    assert 1 == fields["changed"]
    assert "callboard upgrade --check says what is other" == fields["hint"]


def test_a_start_on_the_schema_of_today_notes_nothing(tmp_path: Path) -> None:
    _, noted = start_and_stop(laid_out("two_starts", tmp_path))

    assert "journal_of_other_version" not in [event for event, _ in noted]


def test_a_start_on_a_newer_log_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    folder = laid_out("one_trade", tmp_path)
    write_as_newer(folder, b'"t":"risk_gate/Reserved.v1"', b'"t":"risk_gate/Reserved.v2"')
    before = {path.name: path.read_bytes() for path in (folder / JOURNAL).glob("segment*")}

    with pytest.raises(RecoveryFailed, match=r"risk_gate/Reserved\.v2: is newer than") as raised:
        start_and_stop(folder)
    with pytest.raises(RecoveryFailed):  # and not FolderInUse
        start_and_stop(folder)

    assert (103, "risk_gate") == (raised.value.sequence, raised.value.actor)
    assert "`callboard upgrade --check` says what else is other" in str(raised.value)
    assert before == {path.name: path.read_bytes() for path in (folder / JOURNAL).glob("segment*")}
