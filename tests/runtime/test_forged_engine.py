"""Forged engine: verify and replay name what was changed in journal or code."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any, cast

import pytest
from attrs import evolve

from callboard.actors.adapters.journal_commands import makers_of, open_journal
from callboard.actors.ports import FileSystem
from callboard.actors.runtime.journal_reader import Flaw, verify
from callboard.actors.runtime.recovery import recover
from callboard.actors.runtime.replay import Divergence, replay
from callboard.actors.runtime.segment import segment_name
from callboard.actors.system import make_codec
from callboard.messages.codec import dumps
from callboard.scenarios.disk import SimulatedDisk
from support.code_changes import CHANGES, CodeChange
from support.paper_runs import bodies, forged, run_facts_of, segments, troubled_run

CODEC = make_codec()
LEAVES = 40
BYTES_FLIPPED = 60


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of one troubled run."""
    folder = tmp_path_factory.mktemp("run")
    troubled_run(folder)
    return folder


def first_divergence(filesystem: FileSystem) -> Divergence | None:
    divergences = replay(filesystem, CODEC, makers_of, divergences_max=1).divergences
    return divergences[0] if divergences else None


def copy_of(data_dir: Path) -> SimulatedDisk:
    source, copy = open_journal(data_dir), SimulatedDisk()
    for name in source.names():
        copy.replace(name, source.read(name))
    return copy


def leaves(value: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, container, key) of every number and text below."""
    for key, below in _members(value, path):
        if isinstance(value[key], dict | list):
            yield from leaves(value[key], below)
        elif isinstance(value[key], int | str):
            yield below, value, key


def _members(value: Any, path: str) -> list[tuple[Any, str]]:
    if isinstance(value, dict):
        names: list[str] = list(cast("dict[str, Any]", value))
        return [(name, f"{path}.{name}") for name in names if name != "t"]
    if isinstance(value, list):
        return [(index, f"{path}[{index}]") for index in range(len(cast("Sequence[Any]", value)))]
    return []


def changed(value: Any) -> Any:
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    return f"{value[:-1]}{'1' if value.endswith('2') else '2'}" if value else "2"


def test_the_run_as_it_was_verifies_and_replays(data_dir: Path) -> None:
    disk = open_journal(data_dir)

    report = verify(disk)
    replayed = replay(disk, CODEC, makers_of)

    assert report.ok
    assert report.segments > 2
    assert () == replayed.divergences
    assert report.records == replayed.records > 1_000


def test_any_changed_byte_is_named_by_segment_and_record(data_dir: Path) -> None:
    random = Random(1)
    for _ in range(BYTES_FLIPPED):
        number = random.randrange(len(segments(data_dir)))
        data = bytearray(segments(data_dir)[number])
        at = random.randrange(len(data))
        data[at] ^= 1 << random.randrange(8)
        disk = copy_of(data_dir)
        disk.replace(segment_name(number + 1), bytes(data))

        report = verify(disk)

        found = report.findings[0]
        record = segments(data_dir)[number].count(b"\n", 0, at) + 1
        assert (segment_name(number + 1), record) == (found.segment, found.record), at
        assert found.flaw is Flaw.DAMAGE
        assert not report.ok


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.apply.__name__)
def test_a_change_of_code_is_named_by_record_and_field(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch, change: CodeChange
) -> None:
    change.apply(monkeypatch)

    found = first_divergence(open_journal(data_dir))

    assert found is not None
    assert (change.actor, change.field) == (found.actor, found.field)
    assert found.recorded != found.computed
    assert found.sequence > 0


def test_the_list_of_code_changes_names_ten_and_more() -> None:
    assert len({change.apply for change in CHANGES}) >= 10
    assert all(change.apply.__doc__ for change in CHANGES)


def test_a_changed_value_of_a_record_that_was_chained_again_is_named(data_dir: Path) -> None:
    records, run = bodies(data_dir), run_facts_of(data_dir)
    random = Random(2)
    places = [
        (index, path)
        for index, body in enumerate(records)
        for key in ("facts", "tells", "timers")
        for path, _, _ in leaves(json.loads(body).get(key), key)
    ]
    for index, path in random.sample(places, LEAVES):
        record = json.loads(records[index])
        found = {each: (box, key) for each, box, key in leaves(record, "")}
        box, key = found[f".{path}"]
        box[key] = changed(box[key])

        divergence = first_divergence(
            forged([*records[:index], record, *records[index + 1 :]], run)
        )

        assert divergence is not None, (index, path)
        assert (index + 1, path) == (divergence.sequence, divergence.field), path


def whole(value: Any) -> Any:
    """Return what stands in a record with every field of its messages."""
    if isinstance(value, list):
        return [whole(each) for each in cast("Sequence[Any]", value)]
    if not isinstance(value, dict):
        return value
    record = cast("dict[str, Any]", value)
    if "t" in record:
        return {"t": record["t"], **json.loads(dumps(CODEC.whole(CODEC.decode(record))))}
    return {key: whole(each) for key, each in record.items()}


def test_a_journal_that_spells_every_default_out_is_replayed_and_recovered_alike(
    data_dir: Path,
) -> None:
    short, run = bodies(data_dir), run_facts_of(data_dir)
    full = [dumps(whole(json.loads(body))) for body in short]
    told = 1 + next(
        index for index, body in enumerate(short) if b'"msg":{"t":"ApprovedOrder.v1"' in body
    )
    makers = makers_of(run)

    found = [recover(forged(each[:told], run), CODEC, makers) for each in (short, full)]

    assert sum(map(len, short)) < 0.95 * sum(map(len, full))
    assert () == replay(forged(full, run), CODEC, makers_of).divergences
    assert [1, 1] == [len(each.waiting) for each in found]
    assert found[0].waiting == found[1].waiting


@pytest.mark.parametrize("key", ["from", "corr", "cause"])
def test_a_record_that_tells_another_origin_than_its_cause_is_named(
    data_dir: Path, key: str
) -> None:
    records, run = bodies(data_dir), run_facts_of(data_dir)
    answers = [
        index
        for index, body in enumerate(records)
        if b'"t":"AttemptEnded.v1"' in body and json.loads(body).get("cause", "h")[0].isdigit()
    ]
    for index in Random(3).sample(answers, 10):
        record = json.loads(records[index])
        # For the cause, a message that the same step never told.
        record[key] = f"{record[key].partition('.')[0]}.99"

        disk = forged([*records[:index], record, *records[index + 1 :]], run)
        found = replay(disk, CODEC, makers_of).divergences

        assert (index + 1, key) in {(each.sequence, each.field) for each in found}


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("risk", "position_size_pct_default", "3.0"),
        ("risk", "stop_loss_pct_default", "1.5"),
        ("risk", "send_within_ms", 2_000),
        ("risk", "symbols", []),
        ("orders", "id_prefix", "xx"),
        ("orders", "recv_window_ms", 5_000),
        ("reconciler", "interval_ms", 20_000),
        ("accounts", "interval_ms", 30_000),
        ("clock", "interval_ms", 20_000),
        ("limits", "weight_1m_max", 1_200),
    ],
)
def test_a_setting_that_the_run_read_is_named_by_record_and_field_when_it_is_changed(
    data_dir: Path, section: str, key: str, value: object
) -> None:
    run = run_facts_of(data_dir)
    plain = json.loads(json.dumps(run.settings))
    assert value != plain[section][key]
    plain[section][key] = value

    found = first_divergence(forged(bodies(data_dir), evolve(run, settings=plain)))

    assert found is not None
    assert found.sequence > 0
    assert found.field


def test_a_setting_of_another_version_is_a_difference_and_no_crash(data_dir: Path) -> None:
    run = run_facts_of(data_dir)
    plain = {**run.settings, "flux_capacity": 3}

    found = first_divergence(forged(bodies(data_dir), evolve(run, settings=plain)))

    assert found is not None
    assert "settings" == found.field
    assert "flux_capacity is no setting of this version" in found.computed
