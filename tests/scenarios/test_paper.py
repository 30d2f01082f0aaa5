"""Paper: a run in virtual time from signals to a summary, the same every time."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.config import load
from callboard.actors.adapters.disk import Disk, FolderInUse
from callboard.actors.adapters.journal_commands import makers_of, open_journal
from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.replay import replay
from callboard.actors.system import make_codec
from callboard.messages.values import TradingState
from callboard.scenarios.paper import JOURNAL, PaperOptions, Progress, run
from callboard.scenarios.running.market import seeded, tape
from callboard.scenarios.sabotage import PlannedCrashes
from callboard.scenarios.venue.faults import Faults
from support.paper_runs import EASY, START_MS, START_NS, SYMBOL, options, segments, troubled_run
from support.signals import mixed_signals
from support.tapes import write_tape

SECOND_NS = 1_000_000_000
KEYS = (
    "signals",
    "orders",
    "refusals",
    "fills",
    "open_positions",
    "longest_unprotected_ms",
    "realised_pnl",
    "fees",
    "weight_used",
    "journal",
    "venue",
    "violations",
    "bad_lines",
    "mark_is_mid",
    "mode",
    "seed",
    "virtual_seconds",
)


def wish(signal_id: str, after_ms: int, signal: str = "LONG_ENTRY", **more: Any) -> dict[str, Any]:
    return {
        "signal_id": signal_id,
        "at_ms": START_MS + after_ms,
        "signal": signal,
        "symbol": SYMBOL,
        "confidence": "0.9",
        "confluence_score": 4,
        "signal_strength": 1,
        **more,
    }


def test_an_entry_and_its_close_are_told_in_every_figure(tmp_path: Path) -> None:
    lines = [
        wish("in", 5_000, quantity="0.05"),
        wish("in", 8_000, quantity="0.05"),
        wish("other", 9_000, symbol="DOGEUSDT"),
        wish("out", 20_000, "CLOSE_LONG"),
    ]

    result = run(options(tmp_path, lines))

    summary = result.summary
    assert set(KEYS) <= set(summary)
    assert summary == json.loads(json.dumps(summary))
    # A repeated id executes once.
    assert (3, {"FILLED": 2, "REFUSED": 1}) == (summary["signals"], summary["outcomes"])
    assert {"symbol_whitelist": 1} == summary["refusals"]
    assert {"CANCELLED": 1, "FILLED": 2} == summary["orders"]
    assert (2, [], 0) == (summary["fills"], summary["open_positions"], summary["violations"])
    assert 3 == summary["venue"]["accepted_orders"]
    assert [] == summary["venue"]["positions"]
    assert Decimal(summary["realised_pnl"]) == Decimal(summary["venue"]["realised_pnl"])
    assert Decimal(summary["fees"]) == Decimal(summary["venue"]["fees"]) > 0
    assert 0 < summary["longest_unprotected_ms"] < 10_000
    assert 0 < summary["weight_used"] <= 2400
    assert verify(open_journal(tmp_path)).head == summary["journal"]["head"]
    assert verify(open_journal(tmp_path)).records == summary["journal"]["records"]
    assert ("", "", "", TradingState.ACTIVE) == (
        result.bad_line,
        result.fatal,
        result.stopped,
        result.state,
    )


def test_an_open_position_stands_in_the_summary_with_its_stop(tmp_path: Path) -> None:
    result = run(options(tmp_path, [wish("in", 5_000, "SHORT_ENTRY", quantity="0.05")]))

    (position,) = result.summary["open_positions"]
    (at_venue,) = result.summary["venue"]["positions"]
    assert ("ETHUSDT", "-0.05", True) == (
        position["symbol"],
        position["quantity"],
        position["protected"],
    )
    assert ("-0.05", position["entry_price"]) == (at_venue["quantity"], at_venue["entry_price"])
    assert Decimal(position["stop_price"]) > Decimal(position["entry_price"])
    assert 1 == result.summary["orders"]["ACTIVE"]


def test_one_seed_gives_the_same_bytes_and_the_same_summary(tmp_path: Path) -> None:
    first, again = (troubled_run(tmp_path / name, signals=10) for name in ("a", "b"))

    assert first.summary == again.summary
    assert segments(tmp_path / "a") == segments(tmp_path / "b")


def test_another_seed_gives_another_run(tmp_path: Path) -> None:
    lines = list(mixed_signals(4, start_ms=START_MS))

    for seed in (1, 2):
        settings = evolve(EASY, seed=seed)
        run(options(tmp_path / str(seed), lines, settings=settings))

    assert segments(tmp_path / "1") != segments(tmp_path / "2")


def test_commands_of_the_file_halt_and_resume(tmp_path: Path) -> None:
    lines = [
        {"command": "halt", "at_ms": START_MS + 4_000, "reason": "news"},
        wish("refused", 5_000),
        {"command": "resume", "at_ms": START_MS + 6_000, "reason": "over"},
        wish("taken", 7_000),
        {"command": "flatten", "at_ms": START_MS + 15_000},
        {"command": "cancel", "at_ms": START_MS + 16_000, "signal_id": "nobody"},
    ]

    result = run(options(tmp_path, lines))

    assert {"FILLED": 1, "REFUSED": 1} == result.summary["outcomes"]
    assert {"trading_state": 1} == result.summary["refusals"]
    assert [] == result.summary["open_positions"]
    assert 1 == result.summary["commands_refused"]
    assert TradingState.ACTIVE is result.state


def test_a_run_that_ends_halted_says_so(tmp_path: Path) -> None:
    result = run(options(tmp_path, [{"command": "halt", "at_ms": START_MS + 4_000}]))

    assert TradingState.HALTED is result.state
    assert "HALTED" == result.summary["trading_state"]


def test_bad_lines_are_counted_and_the_run_goes_on(tmp_path: Path) -> None:
    lines = [wish("a", 5_000, prise="1"), wish("b", 6_000)]

    result = run(options(tmp_path, lines))

    assert 1 == result.summary["bad_lines"]
    assert {"told": 1, "not_told": 0, "bad_signals": 1, "bad_tape": 0} == {
        key: value for key, value in result.summary["lines"].items() if key != "first_bad"
    }
    assert ["signals:1: prise: unknown field"] == result.summary["lines"]["first_bad"]
    assert "" == result.bad_line


def test_a_strict_run_stops_at_a_bad_line(tmp_path: Path) -> None:
    lines = [wish("a", 5_000, prise="1"), wish("b", 60_000)]

    result = run(options(tmp_path, lines, strict=True))

    assert "signals:1: prise: unknown field" == result.bad_line
    assert 0 == result.summary["signals"]
    assert 1 == result.summary["lines"]["not_told"]


def on_tape(folder: Path, path: Path, *, strict: bool = False) -> PaperOptions:
    return PaperOptions(EASY, tape(path, strict=strict), folder / "D", strict=strict)


def test_a_bad_line_of_a_tape_is_counted_and_named(tmp_path: Path) -> None:
    path = write_tape(tmp_path / "ethusdt.txt", start_ms=START_MS, seconds=20, bad_line=3)

    result = run(on_tape(tmp_path, path))

    assert (1, 1) == (result.summary["bad_lines"], result.summary["lines"]["bad_tape"])
    (text,) = result.summary["lines"]["first_bad"]
    assert text.startswith(f"{path}:3: ")
    assert result.summary["mark_is_mid"]
    assert 18 <= result.summary["virtual_seconds"] <= 20


def test_a_strict_run_stops_at_a_bad_line_of_the_tape(tmp_path: Path) -> None:
    path = write_tape(tmp_path / "ethusdt.txt", start_ms=START_MS, seconds=20, bad_line=3)

    result = run(on_tape(tmp_path, path, strict=True))

    assert result.bad_line.startswith(f"{path}:3: ")
    assert result.summary["virtual_seconds"] < 5
    assert verify(open_journal(tmp_path / "D")).ok


@pytest.mark.parametrize("strict", [False, True])
def test_a_tape_that_breaks_off_is_one_bad_line_and_the_end(tmp_path: Path, strict: bool) -> None:
    path = write_tape(tmp_path / "ethusdt.gz", start_ms=START_MS, seconds=800)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    result = run(on_tape(tmp_path, path, strict=strict))

    where = "Compressed file ended before the end-of-stream marker was reached"
    words = result.bad_line if strict else result.summary["lines"]["first_bad"][0]
    assert f"file: cannot be read from here on: {where}" in words
    assert result.summary["virtual_seconds"] > 100
    assert verify(open_journal(tmp_path / "D")).ok


def test_a_run_ends_when_it_is_told_to(tmp_path: Path) -> None:
    result = run(options(tmp_path, [wish("late", 60_000)], for_ns=10 * SECOND_NS))

    assert 10 == result.summary["virtual_seconds"]
    assert 1 == result.summary["lines"]["not_told"]


def test_a_run_without_signals_or_a_limit_ends_after_a_minute(tmp_path: Path) -> None:
    market = seeded((SYMBOL,), seed=1, start_ns=START_NS)

    result = run(PaperOptions(EASY, market, tmp_path))

    assert 60 == result.summary["virtual_seconds"]


def test_an_operator_stops_a_run_and_its_journal_is_sealed(tmp_path: Path) -> None:
    seen: list[Progress] = []

    result = run(
        options(tmp_path, [wish("late", 10_000_000)]),
        on_progress=seen.append,
        operator=lambda _: "enough",
    )

    assert "enough" == result.stopped
    assert seen[-1].done
    assert verify(open_journal(tmp_path)).ok


def test_faults_and_crashes_stand_in_the_summary_and_the_run_replays(tmp_path: Path) -> None:
    crashes = PlannedCrashes({"order_manager": (10, 25), "risk_gate": (30,)})
    lines = mixed_signals(12, start_ms=START_MS + 3_000)
    faults = Faults(answer_lost_after_execution=0.2)

    result = run(options(tmp_path, lines, faults=faults, crashes=crashes))

    replayed = replay(open_journal(tmp_path), make_codec(), makers_of)
    assert 3 == crashes.done == result.summary["crashes"]
    assert result.summary["faults"]["answer_lost_after_execution"] > 0
    assert 0 == result.summary["violations"], result.summary["first_violations"]
    assert () == replayed.divergences


def test_a_run_whose_venue_never_answers_ends_after_its_signals(tmp_path: Path) -> None:
    faults = Faults(answer_lost_after_execution=1.0)

    result = run(options(tmp_path, [wish("a", 5_000, quantity="0.05")], faults=faults))

    assert 1 == result.summary["lines"]["told"]
    assert 120 <= result.summary["virtual_seconds"] < 140


def test_a_second_run_on_a_journal_goes_on_where_the_first_one_ended(tmp_path: Path) -> None:
    first = run(options(tmp_path, [wish("a", 5_000, quantity="0.05")], for_ns=20 * SECOND_NS))
    later = evolve(
        options(tmp_path, []),
        market=seeded((SYMBOL,), seed=7, start_ns=START_NS + 3_600 * SECOND_NS),
        for_ns=20 * SECOND_NS,
    )

    second = run(later)

    report = verify(open_journal(tmp_path))
    replayed = replay(open_journal(tmp_path), make_codec(), makers_of)
    assert report.ok
    assert report.records == second.summary["journal"]["records"]
    assert report.records > first.summary["journal"]["records"]
    assert () == replayed.divergences


def test_one_folder_has_one_run_at_a_time(tmp_path: Path) -> None:
    disk = Disk(tmp_path / JOURNAL)
    disk.lock()

    with pytest.raises(FolderInUse):
        run(options(tmp_path, []))

    disk.close()


def test_a_run_may_go_unchecked(tmp_path: Path) -> None:
    result = run(options(tmp_path, [wish("a", 5_000)], is_checked=False))

    assert result.summary["violations"] is None
    assert 1 == result.summary["signals"]


def test_hedge_mode_reaches_the_venue(tmp_path: Path) -> None:
    flags = {
        "accounts.hedge_mode": "true",
        "risk.symbols": SYMBOL,
        "risk.cooldown_ms": "0",
        "journal.durability": "off",
    }
    settings = load(flags=flags).settings
    lines = [
        wish("long", 5_000, position_side="LONG", quantity="0.05"),
        wish("short", 15_000, "SHORT_ENTRY", position_side="SHORT", quantity="0.05"),
    ]

    result = run(options(tmp_path, lines, settings=settings))

    sides = [position["position_side"] for position in result.summary["venue"]["positions"]]
    assert {"FILLED": 2} == result.summary["outcomes"], result.summary["refusals"]
    assert ["LONG", "SHORT"] == sorted(sides)
    assert 0 == result.summary["violations"], result.summary["first_violations"]
