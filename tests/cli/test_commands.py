"""Commands: what people type, what they see, and how it ends."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from callboard.actors.adapters.config import template
from callboard.actors.adapters.config_fields import fields
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.exits import CODES, Exit, code_of
from callboard.actors.adapters.spool import Spool
from support.command_line import invoke
from support.paper_runs import START_MS, segments, troubled_run
from support.signals import mixed_signals, write_lines

RUN = ("run", "--mode", "paper", "--speed", "max", "--seed", "7")
EASY = ("-s", "risk.cooldown_ms=0", "-s", "risk.executions_per_day_max=1000")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Run in an empty folder, with no settings in the environment."""
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of one run."""
    folder = tmp_path_factory.mktemp("run")
    troubled_run(folder, signals=6)
    return folder


def ended(result: Result) -> Exit:
    return Exit(result.exit_code)


def last_object(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return data


def test_every_exit_code_is_the_one_that_scripts_rely_on() -> None:
    codes = {
        "OK": 0,
        "FAILED": 1,
        "USAGE": 2,
        "CONFIGURATION": 3,
        "UNREACHABLE": 4,
        "REFUSED": 5,
        "HALTED": 6,
        "INTERRUPTED": 130,
    }

    assert codes == {each.name: int(each) for each in Exit}
    assert Exit.UNREACHABLE is code_of(ConnectionRefusedError())
    assert {Exit.FAILED, Exit.CONFIGURATION, Exit.UNREACHABLE, Exit.REFUSED} == {
        code for _, code in CODES
    }


def test_settings_are_written_checked_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CALLBOARD__SERVICE__ENABLED")
    written = invoke("config", "init")
    again = invoke("config", "init")
    checked = invoke("config", "check", "-s", "seed=5")
    shown = invoke("config", "show", "--changed", environ={"CALLBOARD__RISK__LEVERAGE": "3"})
    plain = invoke("config", "show", "--json")

    assert (Exit.OK, template()) == (ended(written), Path("callboard.toml").read_text())
    assert Exit.USAGE is ended(again)
    assert "--force replaces it" in again.stderr
    assert f"ok: {len(fields())} settings, 1 of them set by you\n" == checked.stdout
    assert ["risk.leverage", "3", "CALLBOARD__RISK__LEVERAGE"] == shown.stdout.split()
    assert {"value": "0", "source": "default"} == json.loads(plain.stdout)["seed"]


def test_settings_at_fault_end_with_3_and_all_faults() -> None:
    Path("callboard.toml").write_text("[callboard]\nsed = 1\n[callboard.risk]\nleverage = 0\n")

    for words in (("config", "check"), (*RUN, "--data-dir", "D")):
        result = invoke(*words)

        assert Exit.CONFIGURATION is ended(result)
        assert "callboard.toml: sed: unknown key; did you mean seed?" in result.stderr
        assert "callboard.toml: risk.leverage: must be 1 to 125, not 0" in result.stderr
    assert not Path("D").exists()


def test_a_mode_that_reaches_a_trading_host_is_refused() -> None:
    for words in (
        ("run", "--mode", "live", "--data-dir", "D"),
        ("config", "check", "-s", "mode=live"),
    ):
        result = invoke(*words)

        assert Exit.REFUSED is ended(result)
        assert 'mode = "live": mode: is live, but use_testnet' in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("run",),
        ("run", "--data-dir", "D", "--speed", "fast"),
        ("run", "--data-dir", "D", "--for", "never"),
        ("run", "--data-dir", "D", "--mode", "margin"),
        ("run", "--data-dir", "D", "--set", "seed"),
        ("run", "--data-dir", "D", "--seed", "-1"),
        ("config", "check", "-s", "seed"),
        ("journal", "verify", "nowhere"),
        ("journal", "explode"),
    ],
)
def test_a_wrong_word_is_a_usage_error(words: tuple[str, ...]) -> None:
    assert Exit.USAGE is ended(invoke(*words))


def test_a_run_prints_one_object_last_and_everything_else_beside_it(tmp_path: Path) -> None:
    lines = mixed_signals(6, start_ms=START_MS, symbol="ETHUSDT")
    signals = write_lines(tmp_path / "s.jsonl", lines)

    result = invoke(*RUN, *EASY, "--signals", signals, "--data-dir", tmp_path / "D", "--json")

    summary = last_object(result)
    assert Exit.OK is ended(result)
    assert 1 == len(result.stdout.splitlines())
    assert (6, 7, "paper", 0) == (
        summary["signals"],
        summary["seed"],
        summary["mode"],
        summary["violations"],
    )
    assert "note: risk.symbols is not set" in result.stderr
    assert "s of market in" in result.stderr


def test_a_run_without_json_prints_a_table(tmp_path: Path) -> None:
    result = invoke(*RUN, "--data-dir", tmp_path / "D", "--for", "5s")

    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert names == [
        "market",
        "signals",
        "orders",
        "fills",
        "profit",
        "unprotected",
        "weight",
        "journal",
        "venue",
        "state",
        "violations",
    ]


def test_signals_come_from_the_standard_input(tmp_path: Path) -> None:
    lines = "".join(json.dumps(each) + "\n" for each in mixed_signals(2, start_ms=START_MS))

    result = invoke(
        *RUN, *EASY, "--signals", "-", "--data-dir", tmp_path / "D", "--json", stdin=lines
    )

    assert 2 == last_object(result)["signals"]


def test_a_bad_line_is_named_and_a_strict_run_stops_there(tmp_path: Path) -> None:
    lines = '{"signal_id":"a"}\n'

    mild, strict = (
        invoke(*RUN, "--signals", "-", "--data-dir", tmp_path / name, "--json", *more, stdin=lines)
        for name, more in (("a", ()), ("b", ("--strict",)))
    )

    assert (Exit.OK, 1) == (ended(mild), last_object(mild)["bad_lines"])
    assert "<stdin>:1: at_ms: is missing" in mild.stderr
    assert Exit.FAILED is ended(strict)
    assert "stopped: <stdin>:1: at_ms: is missing" in strict.stderr
    assert 1 == last_object(strict)["bad_lines"]


def test_a_run_that_ends_halted_ends_with_6(tmp_path: Path) -> None:
    halt = '{"command":"halt","at_ms":1700000000000,"reason":"news"}\n'

    result = invoke(
        *RUN, "--signals", "-", "--data-dir", tmp_path / "D", "--for", "30s", stdin=halt
    )

    assert Exit.HALTED is ended(result)
    assert "HALTED" in result.stdout


def test_a_halt_outlives_the_run_and_the_next_one_says_so(tmp_path: Path) -> None:
    halt = '{"command":"halt","at_ms":1700000000000,"reason":"news"}\n'
    first = invoke(*RUN, "--signals", "-", "--data-dir", tmp_path, "--for", "30s", stdin=halt)

    second = invoke(*RUN, "--data-dir", tmp_path, "--for", "9s", "--json")

    assert (Exit.HALTED, Exit.HALTED) == (ended(first), ended(second))
    assert "HALTED" == last_object(second)["trading_state"]


def test_orders_fill_on_a_tape_of_nothing_but_snapshots(tmp_path: Path) -> None:
    frames = (
        {
            "lastUpdateId": number,
            "E": START_MS + number * 500,
            "bids": [["2600.00", "50"]],
            "asks": [["2600.01", "50"]],
        }
        for number in range(1, 60)
    )
    path = tmp_path / "ETHUSDT.jsonl"
    path.write_text("junk\n" + "".join(json.dumps(frame) + "\n" for frame in frames))
    wish = {"signal_id": "a", "at_ms": START_MS + 9_000, "signal": "LONG_ENTRY"}
    line = json.dumps({**wish, "symbol": "ETHUSDT", "confidence": 0.9})

    result = invoke(
        *(*RUN, "--tape", path, "--signals", "-", "--data-dir", tmp_path / "D", "--json"),
        stdin=line,
    )

    summary = last_object(result)
    assert (1, 1, True) == (summary["fills"], summary["bad_lines"], summary["mark_is_mid"])
    assert 1 == len(summary["venue"]["positions"])


def test_a_file_named_halt_halts_a_run_that_starts_beside_it(tmp_path: Path) -> None:
    (tmp_path / "HALT").write_text("do not trade")

    result = invoke(*RUN, "--data-dir", tmp_path, "--for", "600s", "--json")

    assert Exit.HALTED is ended(result)
    assert "HALTED" == last_object(result)["trading_state"]


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    disk = Disk(tmp_path / "D" / "journal")
    disk.lock()

    result = invoke(*RUN, "--data-dir", tmp_path / "D", "--for", "1s")

    disk.close()
    assert Exit.REFUSED is ended(result)
    assert "journal is in use by " in result.stderr


@pytest.mark.parametrize("command", ["halt", "resume", "flatten", "cancel-all", "status"])
def test_where_no_engine_runs_none_can_be_reached(tmp_path: Path, command: str) -> None:
    Spool(tmp_path)

    result = invoke(command, tmp_path)

    assert Exit.UNREACHABLE is ended(result)
    assert "no engine runs on this data directory" in result.stderr
    assert [] == list((tmp_path / "commands").iterdir())


def test_a_whole_journal_verifies(data_dir: Path) -> None:
    words, plain = (
        invoke("journal", "verify", data_dir),
        invoke("journal", "verify", data_dir, "--json"),
    )

    report = json.loads(plain.stdout)
    assert (Exit.OK, True, []) == (ended(words), report["ok"], report["findings"])
    assert words.stdout.startswith(f"ok: {report['records']} records in {report['segments']} seg")
    assert report["head"] in words.stdout


def test_a_changed_byte_is_named_by_segment_and_record(data_dir: Path, tmp_path: Path) -> None:
    copy = Disk(tmp_path / "journal")
    source = Disk(data_dir / "journal")
    for name in source.names():
        copy.replace(name, source.read(name))
    data = bytearray(segments(data_dir)[0])
    at = data.index(b'"quantity":"')
    data[at + 12] ^= 1
    copy.replace("segment-000001.jsonl", bytes(data))
    record = data.count(b"\n", 0, at) + 1

    result = invoke("journal", "verify", tmp_path)
    replayed = invoke("replay", tmp_path)
    shown = invoke("journal", "show", tmp_path, "--json")

    where = f"segment-000001.jsonl, record {record}: its hash does not follow"
    assert Exit.FAILED is ended(result)
    assert f"damage  {where}" in result.stderr
    assert "DAMAGED: " in result.stdout
    assert (Exit.FAILED, Exit.FAILED) == (ended(replayed), ended(shown))
    assert where in replayed.stderr
    assert record - 1 == len(shown.stdout.splitlines())


def test_a_torn_tail_is_noted_and_no_damage(data_dir: Path, tmp_path: Path) -> None:
    copy = Disk(tmp_path / "journal")
    copy.replace("segment-000001.jsonl", segments(data_dir)[0][:-10])

    result = invoke("journal", "verify", tmp_path)

    assert "torn_tail  segment-000001.jsonl, record" in result.stderr


def test_records_are_shown_and_chosen(data_dir: Path) -> None:
    everything = invoke("journal", "show", data_dir, "--json")
    some = invoke("journal", "show", data_dir, "--since", 10, "--until", 19)
    gate = invoke("journal", "show", data_dir, "--actor", "risk_gate", "--limit", 3, "--json")
    about = invoke("journal", "show", data_dir, "--about", "s0", "--facts")
    tagged = invoke("journal", "show", data_dir, "--type", "SubmitSignal", "--json")

    records = [json.loads(line) for line in everything.stdout.splitlines()]
    assert list(range(1, len(records) + 1)) == [record["seq"] for record in records]
    assert 10 == len(some.stdout.splitlines())
    assert {"risk_gate"} == {json.loads(line)["actor"] for line in gate.stdout.splitlines()}
    assert 3 == len(gate.stdout.splitlines())
    assert "SubmitSignal  signal_id=s0" in about.stdout
    assert "OrderIntended" in about.stdout
    assert 6 == len(tagged.stdout.splitlines())


def test_an_actor_that_nobody_was_is_told_with_those_that_are_near(data_dir: Path) -> None:
    result = invoke("journal", "show", data_dir, "--actor", "risk_gat")

    assert Exit.FAILED is ended(result)
    assert "risk_gat is no actor of this journal; near: risk_gate" in result.stderr


def test_statistics_count_every_record(data_dir: Path) -> None:
    plain = json.loads(invoke("journal", "stats", data_dir, "--json").stdout)
    words = invoke("journal", "stats", data_dir)

    assert plain["records"] == sum(plain["actors"].values()) + plain["snapshots"]
    assert sum(plain["actors"].values()) == sum(plain["messages"].values())
    assert 6 == plain["messages"]["SubmitSignal"]
    assert "by actor" in words.stdout
    assert "by message" in words.stdout


def test_a_journal_replays_without_a_divergence(data_dir: Path) -> None:
    words = invoke("replay", data_dir)
    plain = json.loads(invoke("replay", data_dir, "--json").stdout)
    part = json.loads(invoke("replay", data_dir, "--json", "--until", 50).stdout)

    assert Exit.OK is ended(words)
    assert f"{plain['records']} records replayed, 0 divergences\n" == words.stdout
    assert (0, []) == (plain["divergences"], plain["first"])
    assert 50 == part["records"]


def test_a_journal_without_its_manifest_is_no_list_of_divergences(
    data_dir: Path, tmp_path: Path
) -> None:
    shutil.copytree(data_dir / "journal", tmp_path / "journal")
    (tmp_path / "journal" / "segment-000001.manifest.json").unlink()

    result = invoke("replay", tmp_path)

    assert Exit.FAILED is ended(result)
    words = "segment-000001.jsonl, record 0: has no manifest: the settings of its run are unknown"
    assert words in result.stderr
    assert "differs" not in result.stderr


def test_a_changed_setting_is_a_divergence_with_record_and_field(
    data_dir: Path, tmp_path: Path
) -> None:
    copy, source = Disk(tmp_path / "journal"), Disk(data_dir / "journal")
    for name in source.names():
        data = source.read(name)
        copy.replace(
            name, data.replace(b'"stop_loss_pct_default":"2.0"', b'"stop_loss_pct_default":"1.0"')
        )

    words = invoke("replay", tmp_path)
    plain = json.loads(invoke("replay", tmp_path, "--json").stdout)

    first = plain["first"][0]
    assert Exit.FAILED is ended(words)
    assert plain["divergences"] > 0
    assert first["field"]
    assert f"record {first['sequence']}, {first['actor']}, {first['field']}" in words.stderr
    assert "recorded" in words.stderr
    assert "computed" in words.stderr


def test_a_folder_without_a_journal_is_named(tmp_path: Path) -> None:
    for words in (("journal", "verify"), ("journal", "stats"), ("replay",)):
        result = invoke(*words, tmp_path)

        assert Exit.CONFIGURATION is ended(result)
        assert f"{tmp_path}: holds no journal" in result.stderr


def test_the_journal_folder_itself_is_accepted(data_dir: Path) -> None:
    assert Exit.OK is ended(invoke("journal", "verify", data_dir / "journal"))
