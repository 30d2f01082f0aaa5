"""Schema lock: a message changes by a new version only, and old journals stay readable."""

import shutil
from pathlib import Path

import orjson
import pytest

from callboard.messages.codec import UPCASTERS, VERSIONS, Codec, dumps
from support import refresh_lock, schema

HOW = "run ./dev run python tests/support/refresh_lock.py; a changed class needs a new version"

GOLDEN_FILES = sorted(schema.GOLDEN.glob("*.json"))


def test_every_message_class_is_as_the_lock_says() -> None:
    locked, current = schema.read_lock()["messages"], schema.current_lock()["messages"]

    changed = {
        label: (locked.get(label), fields)
        for label, fields in current.items()
        if locked.get(label) != fields
    }

    assert {} == changed, HOW


def test_every_locked_label_has_a_way_up_to_the_version_of_today() -> None:
    codec = schema.whole_codec()
    known = codec.fingerprints()

    stranded = [
        label
        for label in schema.read_lock()["messages"]
        if label not in known and not has_way_up(codec, label)
    ]

    assert [] == stranded, HOW


def has_way_up(codec: Codec, label: str) -> bool:
    tag, _, version = label.rpartition(".v")
    today = VERSIONS.get(tag, 1)
    steps = range(int(version), today)
    return tag in codec.classes and all((tag, step) in UPCASTERS for step in steps)


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
        assert data == orjson.loads(dumps(codec.encode(message)))


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

    assert "HaltTrading.v1" in capsys.readouterr().err
    assert before == (sandbox / "lock.json").read_bytes()


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


def test_a_rewrite_starts_over(sandbox: Path) -> None:
    (sandbox / "lock.json").unlink()
    (sandbox / "golden" / "Old.v1.json").write_bytes(b"{}")

    assert 0 == refresh_lock.main(["--rewrite"])

    assert schema.current_lock() == schema.read_lock()
    assert not (sandbox / "golden" / "Old.v1.json").exists()
