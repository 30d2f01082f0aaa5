"""Schema lock: a message changes by a new version only, and old journals stay readable."""

import re
import shutil
from pathlib import Path

import orjson
import pytest

from callboard.messages.codec import dumps
from callboard.messages.upcasts import UPCASTERS, VERSIONS
from support import refresh_lock, schema

HOW = "run ./dev run python tests/support/refresh_lock.py"

GOLDEN_FILES = sorted(schema.GOLDEN.glob("*.json"))


@pytest.mark.parametrize("part", ["messages", "states"])
def test_every_class_that_journals_hold_is_as_the_lock_says(part: str) -> None:
    locked, current = schema.read_lock()[part], schema.current_lock()[part]

    assert [] == schema.changed(locked, current)
    assert [] == [label for label in current if label not in locked], HOW


def test_every_locked_label_has_a_way_up_to_the_version_of_today() -> None:
    codec = schema.whole_codec()
    known = codec.fingerprints()

    stranded = [
        label
        for label in schema.read_lock()["messages"]
        if label not in known and not (schema.is_older(label) and tag_of(label) in codec.classes)
    ]

    assert [] == stranded, "an upcaster is missing in messages/upcasts.py"


def tag_of(label: str) -> str:
    return label.rpartition(".v")[0]


def test_from_every_old_version_steps_lead_to_the_one_of_today_and_no_further() -> None:
    wanted = {(tag, step) for tag, today in VERSIONS.items() for step in range(1, today)}

    assert wanted == set(UPCASTERS)
    states = {tag_of(label) for label in schema.current_states()}
    assert set(VERSIONS) <= {*schema.whole_codec().classes, *states}


def test_whoever_holds_a_message_of_a_later_version_has_a_later_version_too() -> None:
    # Without a label of its own, what is held is read as its holder's version says.
    holders = {
        label: fields
        for label, fields in schema.read_lock()["messages"].items()
        if label in schema.current_lock()["messages"] and tag_of(label) not in VERSIONS
    }

    bare = [
        f"{label} holds {tag}: give it a new version, whose step brings {tag} up as well"
        for label, fields in holders.items()
        for tag in VERSIONS
        if re.search(rf": (tuple\[)?{re.escape(tag)}\b(?! \| [A-Z])", fields)
    ]

    assert [] == bare


def test_the_words_of_the_enumerations_are_only_added_to() -> None:
    current = schema.current_lock()["values"]

    gone = {
        name: [word for word in words if word not in current.get(name, [])]
        for name, words in schema.read_lock()["values"].items()
    }

    assert {} == {name: words for name, words in gone.items() if words}


def test_every_public_message_has_a_golden_file() -> None:
    names = {path.name for path in GOLDEN_FILES}

    missing = [
        label for label in schema.golden_messages() if schema.golden_name(label) not in names
    ]

    assert [] == missing, HOW


@pytest.mark.parametrize("path", GOLDEN_FILES, ids=lambda path: path.stem)
def test_a_golden_file_is_still_read_as_the_message_it_was(path: Path) -> None:
    codec = schema.whole_codec()
    data = orjson.loads(path.read_bytes())

    message = codec.decode(data)

    label = codec.label(message)
    assert path.name.rpartition(".v")[0] == label.rpartition(".v")[0]
    if path.name == schema.golden_name(label):
        assert data == {"t": label, **orjson.loads(dumps(codec.whole(message)))}


@pytest.fixture
def sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point lock and golden files at a copy."""
    lock = tmp_path / "lock.json"
    shutil.copy(schema.LOCK, lock)
    shutil.copytree(schema.GOLDEN, tmp_path / "golden")
    monkeypatch.setattr(schema, "LOCK", lock)
    monkeypatch.setattr(schema, "GOLDEN", tmp_path / "golden")
    return tmp_path


def test_a_refresh_without_a_change_changes_nothing(sandbox: Path) -> None:
    before = (sandbox / "lock.json").read_bytes()

    assert 0 == refresh_lock.main([])

    assert before == (sandbox / "lock.json").read_bytes()


def test_a_refresh_refuses_a_class_that_changed_without_a_version(
    sandbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = schema.read_lock()
    lock["messages"]["HaltTrading.v1"] = "command_id: str"
    before = schema.as_json(lock)
    (sandbox / "lock.json").write_bytes(before)

    assert 1 == refresh_lock.main([])

    told = capsys.readouterr().err
    assert "put 'HaltTrading' at version 2 in VERSIONS" in told
    assert "write the step from ('HaltTrading', 1) into UPCASTERS" in told
    assert before == (sandbox / "lock.json").read_bytes()


def test_a_refresh_refuses_a_state_that_changed_without_a_version(
    sandbox: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lock = schema.read_lock()
    lock["states"]["risk_gate/state.v1"] += "; more: int"
    (sandbox / "lock.json").write_bytes(schema.as_json(lock))

    assert 1 == refresh_lock.main([])

    told = capsys.readouterr().err
    assert "risk_gate/state.v1 changed, and journals hold it" in told
    assert "put 'risk_gate/state' at version 2 in VERSIONS" in told


def test_a_state_is_locked_with_every_class_in_it() -> None:
    state = schema.current_states()["order_manager/state.v1"]

    assert state.startswith("orders: dict[str, ")
    assert "; ApprovedOrder(client_order_id: str; " in state


def test_a_refresh_adds_what_is_new_and_keeps_golden_files_as_they_are(sandbox: Path) -> None:
    lock = schema.read_lock()
    del lock["messages"]["HaltTrading.v1"]
    (sandbox / "lock.json").write_bytes(schema.as_json(lock))
    (sandbox / "golden" / "HaltTrading.v1.json").unlink()
    kept = sandbox / "golden" / "ResumeTrading.v1.json"
    kept.write_bytes(b"{}")

    assert 0 == refresh_lock.main([])

    assert "HaltTrading.v1" in schema.read_lock()["messages"]
    assert (sandbox / "golden" / "HaltTrading.v1.json").exists()
    assert b"{}" == kept.read_bytes()


OLDER = "EngineStarted.v1"


def test_a_rewrite_starts_over_but_for_the_versions_before_todays(sandbox: Path) -> None:
    lock = schema.read_lock()
    lock["messages"] |= {"Old.v1": "word: str", "HaltTrading.v1": "command_id: str"}
    (sandbox / "lock.json").write_bytes(schema.as_json(lock))
    (sandbox / "golden" / "Old.v1.json").write_bytes(b"{}")

    assert 0 == refresh_lock.main(["--rewrite"])

    kept = {**schema.current_lock()["messages"], OLDER: lock["messages"][OLDER]}
    assert kept == schema.read_lock()["messages"]
    assert (sandbox / "golden" / f"{OLDER}.json").exists()
    assert not (sandbox / "golden" / "Old.v1.json").exists()
