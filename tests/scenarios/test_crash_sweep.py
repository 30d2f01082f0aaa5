"""Test of crash sweep: one workload, killed at one boundary after the other."""

from collections import Counter
from pathlib import Path

import pytest
from attrs import evolve

from callboard.messages.values import SignalType
from callboard.scenarios.crash_points import Boundary, CrashPoint
from callboard.scenarios.drawn import STANDARD, drawn
from callboard.scenarios.search.crash_sweep import crash_points_of, every_crash_point
from callboard.scenarios.venue.faults import Faults
from callboard.scenarios.workload import Signal, Workload
from support.command_line import invoke

EVERY = 60
ROUND_TRIP = Workload(
    3,
    duration_ms=15_000,
    signals=(
        Signal(4_000, SignalType.LONG_ENTRY),
        Signal(4_010, SignalType.SHORT_ENTRY, "BTCUSDT"),
        Signal(8_000, SignalType.CLOSE_LONG),
    ),
    faults=Faults(connection_reset=0.1, stream_duplicate=0.1),
)

ALWAYS_WRONG = """
from unittest.mock import patch

from callboard.scenarios.checks.limits import LimitsHold


def change():
    def wrong(self, _request):
        self.ground.report("S5", "never right")

    return patch.object(LimitsHold, "on_request", wrong)
"""


def test_boundaries_that_leave_the_same_behind_are_taken_once() -> None:
    points = crash_points_of(ROUND_TRIP)

    found = Counter(point.kind for point in points)
    assert found[Boundary.BEFORE_SEND] == found[Boundary.AFTER_SEND] > 0
    assert 0 < found[Boundary.BEFORE_COMMIT] < max(point.nth for point in points)
    assert len(points) == len(set(points))
    assert {0, 500, 5_000} == {point.down_ms for point in points}
    assert {True, False} == {point.torn for point in points}


def test_a_workload_with_crash_points_is_swept_without_them() -> None:
    crashing = evolve(ROUND_TRIP, crash_points=(CrashPoint(Boundary.BEFORE_SEND, 3),))

    assert crash_points_of(ROUND_TRIP) == crash_points_of(crashing)


@pytest.mark.parametrize("workload", [ROUND_TRIP, drawn(0, STANDARD)], ids=["small", "standard"])
def test_a_thin_sweep_finds_nothing_lost_doubled_or_unprotected(workload: Workload) -> None:
    points = crash_points_of(workload)[::EVERY]

    swept = list(every_crash_point(workload, points))

    assert [] == [(point, trial.violations) for point, trial in swept if not trial.is_clean]
    assert points == tuple(point for point, _ in swept)


def test_a_sweep_ends_when_it_is_stopped() -> None:
    points = crash_points_of(ROUND_TRIP)
    left = iter((False, True))

    swept = list(every_crash_point(ROUND_TRIP, points, is_stopped=lambda: next(left)))

    assert 1 == len(swept)


def test_the_command_sweeps_a_seed_and_one_point_alone() -> None:
    thin = invoke("scenario", "crashes", "--seed", 1, "--every", 200)
    alone = invoke("scenario", "crashes", "--seed", 1, "--at", "before_send:4")

    assert (0, 0) == (thin.exit_code, alone.exit_code)
    assert "crash points of seed 1: 0 violated\n" in thin.stdout
    assert "1 of 1 crash points of seed 1: 0 violated\n" == alone.stdout


def test_a_change_is_open_during_a_sweep_and_named_by_the_command_of_a_finding(
    tmp_path: Path,
) -> None:
    path = tmp_path / "always_wrong.py"
    path.write_text(ALWAYS_WRONG)

    done = invoke("scenario", "crashes", "--seed", 1, "--at", "before_send:4", "--change", path)

    assert 1 == done.exit_code
    assert "before_send:4: S5: never right" in done.stdout
    again = f"  callboard scenario crashes --seed 1 --at before_send:4 --change {path}\n"
    assert again in done.stdout


def test_workers_of_a_sweep_open_the_change_themselves(tmp_path: Path) -> None:
    path = tmp_path / "always_wrong.py"
    path.write_text(ALWAYS_WRONG)
    point = CrashPoint(Boundary.BEFORE_SEND, 1)

    swept = list(every_crash_point(ROUND_TRIP, (point,), jobs=2, change=path))

    assert [("S5",)] == [trial.invariants for _, trial in swept]


@pytest.mark.parametrize(
    ("at", "named"), [("send:1", "before_send"), ("before_send:0", "a whole one from 1")]
)
def test_a_crash_point_that_is_none_is_told_with_what_there_is(at: str, named: str) -> None:
    refused = invoke("scenario", "crashes", "--at", at)

    assert 2 == refused.exit_code
    assert f"--at {at}" in refused.stderr
    assert named in refused.stderr
