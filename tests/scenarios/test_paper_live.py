"""Paper live: a run on threads and the wall's time ends as a run in virtual time does."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.journal_commands import makers_of, open_journal
from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.replay import replay
from callboard.actors.system import make_codec
from callboard.messages.values import TradingState
from callboard.scenarios.paper import PaperOptions, PaperResult, Progress
from callboard.scenarios.running import live as paper_live
from callboard.scenarios.running.commands import exit_of
from callboard.scenarios.running.live import place_at_socket, place_in_process, run_live
from callboard.scenarios.running.market import elsewhere, tape
from callboard.scenarios.running.summary_table import rows
from callboard.scenarios.sabotage import PlannedCrashes
from callboard.scenarios.venue.control import clock_of
from callboard.scenarios.venue.faults import Faults
from support.faces import serving
from support.paper_runs import EASY, START_MS, SYMBOL, options
from support.tapes import write_tape

SECOND_NS = 1_000_000_000
SPEED = 25.0
# A machine that stands still for a second stands still for half a minute of the engine's time.
PATIENT = evolve(
    EASY,
    risk=evolve(EASY.risk, send_within_ms=60_000, mark_age_ms_max=600_000),
    orders=evolve(EASY.orders, recv_window_ms=60_000, request_timeout_ms=60_000),
    clock=evolve(EASY.clock, error_ms_max=30_000),
)


def wish(signal_id: str, after_ms: int, signal: str = "LONG_ENTRY", **more: Any) -> dict[str, Any]:
    figures = {"confidence": "0.9", "confluence_score": 4, "signal_strength": 1}
    at_ms = START_MS + after_ms
    return (
        {"signal_id": signal_id, "at_ms": at_ms, "signal": signal, "symbol": SYMBOL}
        | figures
        | more
    )


def lived(
    chosen: PaperOptions,
    *,
    is_stopped: Callable[[], bool] = lambda: False,
    on_progress: Callable[[Progress], None] = lambda _: None,
    log: list[str] | None = None,
) -> PaperResult:
    noted = [] if log is None else log
    return run_live(
        chosen,
        place_in_process(chosen, SPEED),
        log=lambda _actor, event, _fields: noted.append(event),
        on_progress=on_progress,
        is_stopped=is_stopped,
    )


def test_an_entry_and_its_close_run_in_real_time(tmp_path: Path) -> None:
    log: list[str] = []
    lines = [
        wish("in", 8_000, quantity="0.05"),
        {"command": "nonsense"},
        wish("out", 80_000, "CLOSE_LONG"),
    ]

    result = lived(options(tmp_path, lines, settings=PATIENT), log=log)

    summary = result.summary
    report = verify(open_journal(tmp_path))
    assert {"FILLED": 2} == summary["outcomes"], summary["refusals"]
    assert ([], []) == (summary["open_positions"], summary["venue"]["positions"])
    assert (1, 2) == (summary["bad_lines"], summary["fills"])
    assert summary["violations"] is None
    assert (report.records, report.head) == (
        summary["journal"]["records"],
        summary["journal"]["head"],
    )
    assert () == replay(open_journal(tmp_path), make_codec(), makers_of).divergences
    assert (TradingState.ACTIVE, "", "") == (result.state, result.stopped, result.fatal)
    assert "engine_stopped" in log
    assert "dead_letter" not in log


def test_a_run_on_a_tape_ends_with_the_tape(tmp_path: Path) -> None:
    path = write_tape(tmp_path / "ethusdt.txt", start_ms=START_MS, seconds=30)

    result = lived(PaperOptions(EASY, tape(path), tmp_path / "D"))

    assert 28 <= result.summary["virtual_seconds"]
    assert result.summary["mark_is_mid"]


def test_an_interrupted_run_ends_in_order(tmp_path: Path) -> None:
    stop = threading.Event()

    def on_progress(progress: Progress) -> None:
        if progress.virtual_ns > 5 * SECOND_NS:
            stop.set()

    result = lived(
        options(tmp_path, [wish("late", 10_000_000)]),
        is_stopped=stop.is_set,
        on_progress=on_progress,
    )

    assert "interrupted" == result.stopped
    assert 1 == result.summary["lines"]["not_told"]
    assert verify(open_journal(tmp_path)).ok


def test_a_run_whose_venue_never_answers_ends_after_its_signals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper_live, "SETTLE_SECONDS", 1.0)
    faults = Faults(answer_lost_after_execution=1.0)

    result = lived(options(tmp_path, [wish("in", 8_000, quantity="0.05")], faults=faults))

    assert ({}, "") == (result.summary["outcomes"], result.stopped)


def test_a_strict_run_stops_at_a_bad_line(tmp_path: Path) -> None:
    result = lived(options(tmp_path, [{"command": "nonsense"}], strict=True))

    assert result.bad_line.startswith("signals:1: command: must be one of")


def test_an_actor_that_crashes_is_counted_and_the_run_goes_on(tmp_path: Path) -> None:
    crashes = PlannedCrashes({"order_manager": (10,)})
    lines = [wish("in", 8_000, quantity="0.05"), wish("out", 80_000, "CLOSE_LONG")]

    result = lived(options(tmp_path, lines, settings=PATIENT, crashes=crashes))

    assert 1 == crashes.done == result.summary["crashes"]
    assert {"FILLED": 2} == result.summary["outcomes"], result.summary["refusals"]


def test_a_run_with_every_actor_on_a_thread_of_its_own_replays_too(tmp_path: Path) -> None:
    lines = [wish("in", 8_000, quantity="0.05"), wish("out", 80_000, "CLOSE_LONG")]
    pinned = evolve(PATIENT, placement="pinned")

    result = lived(options(tmp_path, lines, settings=pinned))

    assert {"FILLED": 2} == result.summary["outcomes"], result.summary["refusals"]
    assert () == replay(open_journal(tmp_path), make_codec(), makers_of).divergences


def test_a_venue_behind_a_socket_tells_its_own_ledger_and_outlives_the_run(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving(path, speed=SPEED):
        clock = clock_of(path)
        begun_ns = clock.now_ns()
        lines = [wish("in", 0, quantity="0.05")]
        for line in lines:
            line["at_ms"] = begun_ns // 1_000_000 + 8_000
        chosen = evolve(
            options(tmp_path / "D", lines, settings=PATIENT, for_ns=14 * SECOND_NS),
            market=elsewhere((SYMBOL,), start_ns=begun_ns, name="venue"),
        )

        results = [
            run_live(
                each,
                place_at_socket(path, clock),
                log=lambda _actor, _event, _fields: None,
                on_progress=lambda _: None,
                is_stopped=lambda: False,
            )
            for each in (chosen, evolve(chosen, feeder=None, for_ns=clock.now_ns() - begun_ns))
        ]

    first, second = (result.summary for result in results)
    assert {"FILLED": 1} == first["outcomes"], first["refusals"]
    assert [("ETHUSDT", "0.05")] == [
        (each["symbol"], each["quantity"]) for each in second["venue"]["positions"]
    ]
    assert first["venue"]["accepted_orders"] >= 2


def test_a_run_whose_venue_is_gone_at_the_end_knows_nothing_of_it_and_says_so(
    tmp_path: Path,
) -> None:
    chosen = options(tmp_path, (), settings=PATIENT, for_ns=5 * SECOND_NS)
    place = place_in_process(chosen, SPEED)
    place.ledger = lambda: None

    result = run_live(
        chosen, place, log=_ignore, on_progress=lambda _: None, is_stopped=lambda: False
    )

    assert (None, None) == (result.summary["venue"], result.summary["weight_used"])
    assert Exit.UNREACHABLE is exit_of(result)
    assert "its own account is not known here" == dict(rows(result.summary))["venue"]


def _ignore(_actor: str, _event: str, _fields: object) -> None:
    return


def test_a_venue_that_is_gone_at_the_end_has_no_ledger(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving(path):
        place = place_at_socket(path, clock_of(path))

    assert place.ledger() is None
    place.close()
