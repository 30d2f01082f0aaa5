"""Fork: a recorded run under other settings, exact first and simulated then, order by order."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.exits import Exit
from callboard.actors.ports import FileSystem
from callboard.actors.runtime.segment import RunFacts, remove_segments
from callboard.actors.settings import Settings
from callboard.actors.system import make_codec
from callboard.scenarios.chaos import Run
from callboard.scenarios.drawn import drawn
from callboard.scenarios.fork.report import EXACT, SIMULATED, Report, changes_of, report_of
from callboard.scenarios.fork.run import fork
from callboard.scenarios.paper import PaperOptions, run
from callboard.scenarios.running.market import tape as tape_market
from support import code_changes
from support.command_line import invoke
from support.golden_logs import laid_out, load, settings_of
from support.paper_runs import EASY, START_MS, feeder
from support.runs import changed_copy, pinned
from support.signals import mixed_signals
from support.tapes import write_tape

TAPE_START_MS = 1_723_161_256_303
CODEC = make_codec()
TIGHT = "[callboard.risk]\ndrawdown_pct_max = 0.05\n"
"""Percent of the peak: a second entry within its stop's reach is too much."""


def under(folder: FileSystem, *, tape: Path | None = None, **risk: Any) -> Report:
    """Fork a journal under other limits of the gate."""
    made: list[tuple[Settings, Settings]] = []

    def settings(run_facts: RunFacts) -> Settings:
        recorded = settings_of(run_facts)
        made.append((recorded, evolve(recorded, risk=evolve(recorded.risk, **risk))))
        return made[-1][1]

    forked = fork(folder, CODEC, settings, tape=tape)
    return report_of(forked, changes_of(*made[-1]))


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


@pytest.mark.parametrize("name", ["one_trade", "two_starts", "version_1"])
def test_under_its_own_settings_a_run_is_followed_to_its_end(name: str) -> None:
    report = under(load(name))

    assert report.forked.first is None
    assert ((), 3) == (report.rows, report.same[EXACT])
    assert "nothing is decided otherwise" in "".join(report.lines())


@pytest.mark.parametrize("seed", [1, 5, 22, 36])
def test_kills_crashes_and_faults_of_a_drawn_run_are_followed_to_its_end(seed: int) -> None:
    lived = Run(drawn(seed), is_thorough=False)
    lived.run()
    assert lived.engine.disk is not None

    forked = fork(lived.engine.disk, CODEC, settings_of)

    assert forked.first is None, forked.first
    assert forked.records > 100


@pytest.mark.parametrize("seed", [8, 17, 18, 21])
def test_a_fork_of_a_drawn_run_goes_on_without_a_failing_actor(seed: int) -> None:
    lived = Run(drawn(seed), is_thorough=False)
    lived.run()
    assert lived.engine.disk is not None

    report = under(lived.engine.disk, position_size_pct_default=Decimal(1), positions_max=1)

    reasons = [state.reason for _, state in report.forked.forked.states]
    assert report.forked.left is not None
    assert report.of(EXACT)
    assert "" == report.forked.fatal_reason
    assert [] == [reason for reason in reasons if "cannot handle" in reason]


def test_a_run_whose_first_segments_are_gone_is_followed_from_its_snapshot() -> None:
    disk = load("two_starts")
    remove_segments(disk, (1, 2))

    forked = fork(disk, CODEC, settings_of)

    assert forked.first is None, forked.first


def test_a_refusal_is_the_first_difference_and_what_follows_from_it_is_told_apart() -> None:
    report = under(load("one_trade"), confidence_min=Decimal("0.95"))
    entry, stop, close = report.rows
    first = report.forked.first

    assert first is not None
    assert ("risk_gate", "RequestEntry") == (first.actor, first.message)
    assert ("g1", "cb1-1-e1", EXACT) == (entry.name, entry.client_order_id, entry.kind)
    assert entry.recorded.startswith("BUY 0.076 ETHUSDT MARKET: filled, 0.076 at ")
    assert ("refused by confidence", "confidence: 0.9 of 0.95") == (entry.forked, entry.why)
    assert ("g1 stop", "no such order", "follows from g1") == (stop.name, stop.forked, stop.why)
    assert ("g2", "refused by no_position") == (close.name, close.forked)
    assert ["risk.confidence_min"] == [each.key for each in report.changes]


def test_a_smaller_order_is_decided_exactly_and_filled_by_the_simulated_venue() -> None:
    report = under(load("one_trade"), position_size_pct_default=Decimal("1.0"))
    entry = report.rows[0]

    assert (EXACT, True) == (entry.kind, entry.outcome_is_simulated)
    assert entry.forked.startswith("BUY 0.038 ETHUSDT MARKET: filled, 0.038 at ")
    assert ["g1", "g2"] == [row.name for row in report.rows]
    assert "(simulated from here on)" in "".join(report.lines())


def test_a_fork_runs_on_where_the_recorded_engine_was_killed() -> None:
    report = under(load("two_starts"), position_size_pct_default=Decimal("1.0"))
    entry, close = report.rows

    assert ("g1", EXACT, True) == (entry.name, entry.kind, entry.outcome_is_simulated)
    assert close.forked.startswith("SELL 0.038 ETHUSDT MARKET: filled, 0.038 at ")
    assert SIMULATED == close.kind
    assert 1 == report.forked.later_starts
    assert "1 later starts of the engine are not repeated: it runs on" in list(report.lines())


def test_a_setting_that_only_moves_a_timer_leaves_every_decision_to_the_simulated_venue() -> None:
    def settings(run_facts: RunFacts) -> Settings:
        recorded = settings_of(run_facts)
        return evolve(recorded, reconciler=evolve(recorded.reconciler, interval_ms=7_000))

    forked = fork(load("one_trade"), CODEC, settings)

    assert forked.first is not None
    assert ("reconciler", 0) == (forked.first.actor, forked.later_starts)
    assert forked.simulated_from > 0
    assert [fate.decision for fate in forked.recorded.fates.values()] == [
        fate.decision for fate in forked.forked.fates.values()
    ]


def test_a_fork_gives_the_same_report_twice() -> None:
    first, second = (
        json.dumps(under(load("two_starts"), stop_loss_pct_default=Decimal("1.5")).plain())
        for _ in range(2)
    )

    assert first == second


@pytest.fixture(scope="module")
def taped(tape_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of a run on the tape's first minute and a half."""
    folder = tmp_path_factory.mktemp("tape")
    run(
        PaperOptions(
            settings=evolve(EASY, risk=evolve(EASY.risk, positions_max=3)),
            market=tape_market(tape_path),
            data_dir=folder,
            feeder=feeder(mixed_signals(60, start_ms=TAPE_START_MS)),
            for_ns=95 * 1_000_000_000,
            is_checked=False,
        )
    )
    return folder


def forked_by_command(folder: Path, *words: object) -> Mapping[str, Any]:
    told = invoke("replay", folder, *words, "--json")
    assert Exit.OK == told.exit_code, told.output
    report: Mapping[str, Any] = json.loads(told.stdout)
    return report


@pytest.fixture(scope="module")
def tightened(
    taped: Path, tape_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Any]:
    """Return the report of a fork with a tighter drawdown over the tape."""
    tight = write(tmp_path_factory.mktemp("with") / "tight.toml", TIGHT)
    return forked_by_command(taped, "--with", tight, "--tape", tape_path)


def test_a_tighter_drawdown_on_the_tape_shows_which_orders_differ_first(
    tightened: Mapping[str, Any],
) -> None:
    first, *others = tightened["first_differences"]

    assert ("refused by drawdown", EXACT) == (first["forked"], first["kind"])
    assert first["why"].startswith("drawdown: 0.05")
    assert first["why"].endswith(" of 0.05")
    departure = tightened["first"]
    assert (first["signal_id"], "risk_gate") == (departure["correlation"], departure["actor"])
    assert all(row["at_ns"] < tightened["simulated_from_ns"] for row in others)
    assert tightened["consequences"]
    change = {"key": "risk.drawdown_pct_max", "recorded": "15.0", "forked": "0.05"}
    assert change in tightened["settings"]


def test_over_the_tape_the_simulated_venue_fills_alike_what_is_ordered_alike(
    tightened: Mapping[str, Any],
) -> None:
    decisions = [
        (row["recorded"].partition(":")[0], row["forked"].partition(":")[0])
        for row in tightened["consequences"]
    ]

    assert tightened["same"]["simulated"] > 5
    assert [] == [(then, now) for then, now in decisions if then == now]


def test_without_the_tape_the_recorded_quotes_are_the_market(taped: Path, tmp_path: Path) -> None:
    tight = write(tmp_path / "tight.toml", TIGHT)

    report = forked_by_command(taped, "--with", tight)

    assert "the recorded quotes" == report["market"]
    assert "refused by drawdown" == report["first_differences"][0]["forked"]


def test_a_tape_that_does_not_cover_the_fork_is_refused_with_the_time(
    tmp_path: Path,
) -> None:
    folder = laid_out("one_trade", tmp_path)
    tape = write_tape(tmp_path / "old.txt", start_ms=START_MS - 60_000, seconds=2)
    late = write_tape(tmp_path / "late.txt", start_ms=START_MS + 60_000, seconds=2)
    other = write(tmp_path / "other.toml", "[callboard.risk]\nconfidence_min = 0.95\n")

    before = invoke("replay", folder, "--with", other, "--tape", tape)
    after = invoke("replay", folder, "--with", other, "--tape", late)

    assert (Exit.CONFIGURATION, Exit.CONFIGURATION) == (before.exit_code, after.exit_code)
    assert "old.txt: ends before the fork, 2026-09-21 14:13:20 UTC" in before.stderr
    words = "late.txt: begins at 2026-09-21 14:14:20 UTC, after the fork, 2026-09-21 14:13:20 UTC"
    assert words in after.stderr


FAULTY: Mapping[str, tuple[str, int, str]] = {
    "a key that is none": (
        "[callboard.risk]\ndrawdown_max = 5\n",
        Exit.CONFIGURATION,
        "risk.drawdown_max: unknown key; did you mean risk.drawdown_pct_max?",
    ),
    "a figure out of range": (
        "[callboard.risk]\npositions_max = -1\n",
        Exit.CONFIGURATION,
        "risk.positions_max: must be",
    ),
    "a pair that does not fit": (
        "[callboard.breaker]\ndrawdown_halt_pct = 4.0\n",
        Exit.CONFIGURATION,
        "must be at most breaker.drawdown_halt_pct (4.0)",
    ),
    "no TOML": ("drawdown", Exit.CONFIGURATION, "is no TOML"),
}


@pytest.mark.parametrize(("text", "code", "words"), FAULTY.values(), ids=FAULTY)
def test_a_settings_file_at_fault_is_told_as_everywhere(
    text: str, code: int, words: str, tmp_path: Path
) -> None:
    folder = laid_out("one_trade", tmp_path)

    told = invoke("replay", folder, "--with", write(tmp_path / "with.toml", text))

    assert code == told.exit_code
    assert words in told.stderr


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("--tape", "F"), "--tape goes with --with"),
        (("--with", "F", "--until", 3), "--with does not go with --until"),
        (("--with", "F", "--actor", "risk_gate"), "--with does not go with --actor"),
    ],
)
def test_options_that_do_not_go_together_are_a_usage_error(
    words: tuple[object, ...], fault: str, tmp_path: Path
) -> None:
    told = invoke("replay", laid_out("one_trade", tmp_path), *words)

    assert Exit.USAGE == told.exit_code
    assert fault in told.stderr


def test_a_pinned_log_is_refused_with_the_reason(tmp_path: Path) -> None:
    folder = changed_copy(tmp_path, pinned, names="*.manifest.json")

    told = invoke("replay", folder, "--with", write(tmp_path / "with.toml", TIGHT))

    assert Exit.FAILED == told.exit_code
    assert "--with: this log is pinned" in told.stderr


def test_code_that_decides_otherwise_already_is_not_taken_for_another_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = laid_out("one_trade", tmp_path)
    change: Callable[[pytest.MonkeyPatch], None] = code_changes.double_size
    change(monkeypatch)

    told = invoke("replay", folder, "--with", write(tmp_path / "with.toml", TIGHT))

    assert Exit.FAILED == told.exit_code
    assert "risk_gate, facts[0].reservation.remaining: today's code decides" in told.stderr


def test_the_report_reads_as_text(tmp_path: Path) -> None:
    folder = laid_out("one_trade", tmp_path)
    other = write(tmp_path / "other.toml", "[callboard.risk]\nconfidence_min = 0.95\n")

    told = invoke("replay", folder, "--with", other)

    assert Exit.OK == told.exit_code
    for words in (
        "risk.confidence_min: 0.70 -> 0.95",
        "first different decision: record 103, risk_gate on RequestEntry",
        "first differences (exact): ",
        "why       confidence: 0.9 of 0.95",
        "why       follows from g1",
    ):
        assert words in told.stdout
