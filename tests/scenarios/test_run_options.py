"""Run options: what is typed becomes the parts of a run."""

import gzip
import io
import json
import time
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.modes import ModeRefused
from callboard.actors.errors import ConfigurationError
from callboard.scenarios.fault_help import listed
from callboard.scenarios.fault_options import SIZES, faults_of
from callboard.scenarios.paper import run
from callboard.scenarios.running.feeder import Feeder
from callboard.scenarios.running.live_feeder import LiveFeeder
from callboard.scenarios.running.market import seeded
from callboard.scenarios.running.options import (
    LEAD_NS,
    SEEDED_START_NS,
    Prepared,
    RunOptions,
    Where,
    prepare,
    read_duration_ns,
    read_speed,
)
from callboard.scenarios.sabotage import planned_crashes
from callboard.scenarios.venue.control import VenueGoneError
from callboard.scenarios.venue.faults import Fault, Faults
from support.paper_runs import START_MS, START_NS, options, troubled_run

SECOND_NS = 1_000_000_000
DEMO = {"mode": "demo"}
SHADOW = {"mode": "shadow", "use_testnet": "false", "risk.symbols": "ETHUSDT"}
NOBODY = "http://127.0.0.1:1"
HERE = {"exchange.rest_url": NOBODY}
WISH = {"signal_id": "a", "at_ms": START_MS, "signal": "LONG_ENTRY", "symbol": "ETHUSDT"}


def prepared(typed: RunOptions, stdin: bytes = b"") -> Prepared:
    return prepare(typed, standard_input=io.BytesIO(stdin), environ={})


def signals_in(folder: Path, *lines: dict[str, Any]) -> str:
    path = folder / "signals.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [("90", 90), ("90s", 90), ("5m", 300), ("0.5h", 1_800), ("1d", 86_400), ("250ms", 0.25)],
)
def test_a_duration_is_a_number_and_a_unit(text: str, duration_ns: float) -> None:
    assert int(duration_ns * SECOND_NS) == read_duration_ns(text)


@pytest.mark.parametrize("text", ["", "s", "five", "-5s", "0", "5w", "1000d", "nan", "inf"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=text or "no duration"):
        read_duration_ns(text)


def test_a_speed_is_max_or_a_number() -> None:
    assert [0.0, 1.0, 2.5, 10_000.0] == [read_speed(each) for each in ("max", "1", "2.5", "10000")]


@pytest.mark.parametrize("text", ["", "fast", "0", "-1", "10001", "nan", "inf"])
def test_what_is_no_speed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no speed"):
        read_speed(text)


def test_faults_are_read_by_name() -> None:
    faults = faults_of(f"http_429=0.5, answer_lost_after_execution=1,{SIZES[0]}=20")

    assert Faults(http_429=0.5, answer_lost_after_execution=1.0, **{SIZES[0]: 20}) == faults  # type: ignore[arg-type]
    assert Faults() == faults_of("")


def test_all_wrong_faults_are_told_at_once() -> None:
    with pytest.raises(ConfigurationError) as raised:
        faults_of("http_429=2,nonsense=1,http_429=0.1,answer_late=x,answer_late_ms=-1,streams=x")

    text = str(raised.value)
    assert "http_429: is a share from 0 to 1, not '2'" in text
    assert "nonsense: is no fault; `--faults help` lists them" in text
    assert "http_429: is given twice" in text
    assert "answer_late: is a share from 0 to 1, not 'x'" in text
    assert "answer_late_ms: is a whole number of ms, not '-1'" in text
    assert "streams: is user, market or user+market, not 'x'" in text


def test_a_misspelt_fault_is_told_with_what_is_near() -> None:
    with pytest.raises(ConfigurationError, match=r"http_42: is no fault; near: http_42"):
        faults_of("http_42=0.1")


def test_the_list_of_faults_says_what_each_of_them_does() -> None:
    lines = {line.split()[0]: line for line in listed().splitlines() if line.startswith("  ")}

    assert [] == [fault for fault in Fault if len(lines[fault.value].split()) < 4]
    assert [] == [name for name in (*SIZES, "streams") if name not in lines]


def test_a_fault_of_each_name_can_be_chosen_and_befalls_both_streams() -> None:
    chosen = faults_of(",".join(f"{fault.value}=0.25" for fault in Fault) + ",streams=user+market")

    assert {0.25} == {chosen.chance(fault) for fault in Fault}
    assert ("user", "market") == chosen.streams


def test_crashes_are_planned_by_actor_and_message() -> None:
    plan = planned_crashes(("risk_gate@3", "risk_gate@5", "order_manager@1"))

    assert plan is not None
    assert {"risk_gate": (3, 5), "order_manager": (1,)} == plan.plan
    assert planned_crashes(()) is None


@pytest.mark.parametrize("text", ["nobody@3", "risk_gate", "risk_gate@0", "risk_gate@x"])
def test_a_crash_that_cannot_be_planned_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=f"--crash {text}: "):
        planned_crashes((text,))


def test_a_run_without_a_word_has_a_seeded_market_and_its_symbols(tmp_path: Path) -> None:
    parts = prepared(RunOptions(tmp_path, for_ns=1))

    assert ("BTCUSDT", "ETHUSDT") == parts.market.symbols == parts.settings.risk.symbols
    assert SEEDED_START_NS == parts.market.start_ns
    assert "off" == parts.settings.journal.durability
    assert parts.feeder is None
    assert ("risk.symbols is not set: paper takes the market's, BTCUSDT, ETHUSDT",) == parts.notes


def test_what_is_set_is_not_changed(tmp_path: Path) -> None:
    flags = {"risk.symbols": "XRPUSDT,ADAUSDT", "journal.durability": "intent"}

    parts = prepared(RunOptions(tmp_path, flags=flags, symbols=("XRPUSDT",)))

    assert ("XRPUSDT", "ADAUSDT") == parts.settings.risk.symbols
    assert ("XRPUSDT",) == parts.market.symbols
    assert "intent" == parts.settings.journal.durability
    assert ("no market for ADAUSDT: their signals will be refused",) == parts.notes


def test_a_seeded_market_begins_before_the_first_signal(tmp_path: Path) -> None:
    parts = prepared(RunOptions(tmp_path, signals=signals_in(tmp_path, WISH)))

    assert START_NS - LEAD_NS == parts.market.start_ns
    assert isinstance(parts.feeder, Feeder)


def test_signals_come_from_the_standard_input_to_its_end_or_as_they_arrive(tmp_path: Path) -> None:
    line = json.dumps(WISH).encode()

    virtual = prepared(RunOptions(tmp_path, signals="-"), line).feeder
    live = prepared(RunOptions(tmp_path, signals="-", speed=1.0), line).feeder

    assert isinstance(virtual, Feeder)
    assert START_NS == virtual.next_at_ns()
    assert isinstance(live, LiveFeeder)
    assert live.wait_for_end(10)
    assert START_NS == live.next_at_ns()


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ({"for_ns": 1}, Where.VIRTUAL),
        ({"speed": 0.0}, Where.VIRTUAL),
        ({}, Where.THREAD),
        ({"speed": 1.0}, Where.THREAD),
        ({"sockets": True}, Where.SERVER),
        ({"flags": HERE}, Where.ELSEWHERE),
        ({"flags": {**DEMO, "risk.symbols": "ETHUSDT"}}, Where.ELSEWHERE),
    ],
)
def test_settings_and_options_say_where_a_run_takes_place(
    tmp_path: Path, typed: dict[str, Any], where: Where
) -> None:
    assert where is prepared(RunOptions(tmp_path, **typed)).where


def test_in_real_time_the_default_durability_stays(tmp_path: Path) -> None:
    parts = prepared(RunOptions(tmp_path, speed=1.0))

    assert "intent" == parts.settings.journal.durability
    assert parts.market.start_ns > SEEDED_START_NS


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"signals": "/nowhere.jsonl"}, "/nowhere.jsonl: cannot be read: No such file"),
        ({"tape": Path("/nowhere.gz")}, "/nowhere.gz: cannot be read: "),
        ({"symbols": ("DOGEUSDT",)}, "the seeded market: no filters for DOGEUSDT; known: BTCUSDT"),
        ({"flags": {"risk.leverage": "0"}}, "must be 1 to 125, not 0"),
        ({"faults": "x=1"}, "x: is no fault"),
        ({"crashes": ("x@1",)}, "--crash x@1: no actor 'x'"),
        ({"flags": DEMO}, "risk.symbols: is empty; name the symbols that may be traded"),
        ({"flags": DEMO, "crashes": ("account@1",)}, "--crash: is for paper alone"),
        (
            {"flags": DEMO, "speed": 2.0},
            "--speed: belongs to the built-in venue, not to one at https://demo-fapi.binance.com",
        ),
        ({"flags": HERE, "tape": Path("t.gz")}, "--tape: belongs to the built-in venue, not to"),
        ({"flags": HERE, "sockets": True}, "--sockets: belongs to the built-in venue, not to"),
        ({"sockets": True, "speed": 2.0}, "--speed: time over sockets is the wall's"),
        ({"market": "live", "tape": Path("t.gz")}, "--tape: the market is the live one"),
        ({"market": "live", "speed": 2.0}, "--speed: a live market goes as fast as the world"),
        ({"flags": HERE, "market": "live"}, "--market: belongs to the built-in venue, not to"),
        ({"flags": SHADOW, "sockets": True}, "--sockets: a shadow trades in this process"),
        ({"flags": SHADOW, "tape": Path("t.gz")}, "--tape: a shadow trades in this process"),
        ({"flags": {**SHADOW, "risk.symbols": ""}}, "risk.symbols: is empty"),
        ({"flags": SHADOW}, "BINANCE_API_KEY: is missing; set it or BINANCE_API_KEY_FILE"),
        (
            {"flags": {"exchange.market_url": "https://x.example"}, "market": "live"},
            "exchange.market_url: x.example is no venue of this machine",
        ),
    ],
)
def test_what_cannot_be_run_is_a_configuration_error(
    tmp_path: Path, typed: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigurationError) as raised:
        prepared(RunOptions(tmp_path, **typed))

    assert fault in str(raised.value)


def test_a_live_market_that_nobody_answers_for_cannot_be_reached(tmp_path: Path) -> None:
    typed = RunOptions(tmp_path, market="live", flags={"exchange.market_url": NOBODY})

    with pytest.raises(VenueGoneError, match=f"{NOBODY}: not connected"):
        prepared(typed)


def test_a_live_market_waits_for_no_journal_that_is_ahead_of_it(tmp_path: Path) -> None:
    start_ns = time.time_ns() + 3_600 * SECOND_NS
    market = seeded(("ETHUSDT",), seed=7, start_ns=start_ns)
    run(evolve(options(tmp_path, [], for_ns=5 * SECOND_NS), market=market))
    typed = RunOptions(tmp_path, market="live", flags={"exchange.market_url": NOBODY})

    with pytest.raises(ConfigurationError, match=r"its journal is .* ahead of now"):
        prepared(typed)


def test_a_mode_that_must_not_run_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(ModeRefused):
        prepared(RunOptions(tmp_path, flags={"mode": "live"}, tape=Path("/nowhere")))


def test_a_tape_that_is_none_is_refused(tmp_path: Path) -> None:
    texts = {"ETHUSDT.csv": b"a,b\n1,2\n", "empty.gz": b"", "words.csv": b"hello\n"}
    for name, text in texts.items():
        path = tmp_path / name
        path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)
        with pytest.raises(ConfigurationError, match=name):
            prepared(RunOptions(tmp_path, tape=path))


def test_a_socket_where_no_venue_listens_cannot_be_reached(tmp_path: Path) -> None:
    with pytest.raises(VenueGoneError, match="no venue answers at"):
        prepared(RunOptions(tmp_path, venue_socket=tmp_path / "s"))


def test_a_second_run_begins_after_the_first_one(tmp_path: Path) -> None:
    run(options(tmp_path, [WISH], for_ns=5 * SECOND_NS))

    parts = prepared(RunOptions(tmp_path, signals=signals_in(tmp_path, WISH)))

    assert parts.market.start_ns > START_NS
    assert isinstance(parts.feeder, Feeder)
    assert parts.feeder.shift_ms > 0
    assert parts.feeder.next_at_ns() == parts.market.start_ns + LEAD_NS
    assert "market and signals move by 0:00:" in parts.notes[0]


def test_a_torn_tail_does_not_hide_the_time_of_the_record_before_it(tmp_path: Path) -> None:
    troubled_run(tmp_path, signals=2)
    last = max((tmp_path / "journal").glob("*.jsonl"))
    last.write_bytes(last.read_bytes()[:-30])

    parts = prepared(RunOptions(tmp_path, signals=signals_in(tmp_path, WISH)))

    assert parts.market.start_ns > START_NS
