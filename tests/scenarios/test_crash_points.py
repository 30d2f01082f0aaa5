"""Test of crash points: a process that dies at a boundary leaves exactly what was before it."""

from functools import cache
from pathlib import Path

import pytest
from attrs import evolve

from callboard.actors.ports import VenueRequest
from callboard.actors.runtime.segment import segment_name
from callboard.messages.values import SignalType
from callboard.scenarios.chaos import Report, Run, run_workload
from callboard.scenarios.crash_points import Boundaries, Boundary, CrashPoint
from callboard.scenarios.disk import DiskFaults, SimulatedDisk
from callboard.scenarios.drawn import drawn
from callboard.scenarios.files.scenario_file import read_scenario
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.surroundings import make_engine
from callboard.scenarios.workload import Signal, Workload, submit
from support.digests import journal_digest

SIGNAL = Signal(4_000, SignalType.LONG_ENTRY)
ONE_ENTRY = Workload(5, duration_ms=10_000, signals=(SIGNAL,))


@cache
def counted(workload: Workload) -> dict[Boundary, int]:
    """Return how often a run reaches each boundary."""
    boundaries = Boundaries()
    assert Run(workload, is_thorough=False, boundaries=boundaries).run().is_clean
    return boundaries.counts


def crashed(kind: Boundary, nth: int) -> Report:
    """Run one entry, and die at a boundary."""
    return run_workload(
        evolve(ONE_ENTRY, crash_points=(CrashPoint(kind, nth, torn=True),)), is_thorough=False
    )


def disk_of(engine: SimulatedEngine) -> SimulatedDisk:
    """Return the disk of an engine."""
    assert isinstance(engine.disk, SimulatedDisk)
    return engine.disk


def dead_at(*plan: CrashPoint) -> SimulatedEngine:
    """Let an engine take one entry until it dies, and the venue do what it then does."""
    engine = make_engine(ONE_ENTRY)
    engine.boundaries = Boundaries(plan, lambda _: engine.crash())
    engine.start()
    engine.run_for(4)
    if engine.life is not None:
        engine.tell(submit(SIGNAL, 0))
    engine.run_for(5)
    assert engine.life is None
    return engine


def placing_request() -> int:
    """Return which request of the run is the first that places an order."""
    placing: list[int] = []
    boundaries = Boundaries()
    run = Run(ONE_ENTRY, is_thorough=False, boundaries=boundaries)

    def look(request: VenueRequest) -> None:
        if request.method == "POST" and request.path.endswith("rder"):
            placing.append(boundaries.counts[Boundary.BEFORE_SEND])

    run.engine.driver.on_request = look
    run.run()
    return placing[0]


def test_every_boundary_but_that_of_a_snapshot_is_reached_by_one_entry() -> None:
    counts = counted(ONE_ENTRY)

    missing = [kind for kind, count in counts.items() if not count]
    assert [Boundary.BEFORE_SNAPSHOT, Boundary.AFTER_SNAPSHOT] == missing
    assert counts[Boundary.BEFORE_SEND] == counts[Boundary.AFTER_SEND]


def test_a_run_whose_boundaries_are_counted_leaves_the_same_bytes() -> None:
    plain = run_workload(ONE_ENTRY, is_thorough=False)
    watched = Run(ONE_ENTRY, is_thorough=False, boundaries=Boundaries()).run()

    assert journal_digest(plain) == journal_digest(watched)
    assert plain.steps == watched.steps


@pytest.mark.parametrize("kind", Boundary)
def test_a_process_that_dies_at_a_boundary_of_an_entry_owes_nothing(kind: Boundary) -> None:
    nth = max(1, counted(ONE_ENTRY)[kind] // 2)

    report = crashed(kind, nth)

    orders = [order.client_order_id for order in report.engine.venue.ledger().orders]
    assert report.is_clean, str(report)
    assert 1 >= len([each for each in orders if "-e" in each])
    assert report.sometimes["crash_at_boundary"] == disk_of(report.engine).crashes


def test_a_request_has_not_left_before_its_boundary_and_has_after_it() -> None:
    nth = placing_request()

    before = dead_at(CrashPoint(Boundary.BEFORE_SEND, nth))
    after = dead_at(CrashPoint(Boundary.AFTER_SEND, nth))

    assert () == before.venue.ledger().orders
    assert 1 == len(after.venue.ledger().orders)


def test_nothing_is_written_by_a_process_that_died_at_an_append() -> None:
    nth = counted(ONE_ENTRY)[Boundary.BEFORE_APPEND] // 2

    before = dead_at(CrashPoint(Boundary.BEFORE_APPEND, nth))
    after = dead_at(CrashPoint(Boundary.AFTER_SYNC, nth))

    sizes = [disk_of(each).size(segment_name(1)) for each in (before, after)]
    assert sizes[0] < sizes[1]
    assert 1 == disk_of(before).crashes


def test_a_process_may_die_again_while_it_recovers() -> None:
    plan = (CrashPoint(Boundary.BEFORE_COMMIT, 200), CrashPoint(Boundary.BEFORE_FILE, 2))

    report = run_workload(evolve(ONE_ENTRY, crash_points=plan))

    assert report.is_clean, str(report)
    assert 2 == disk_of(report.engine).crashes


def test_a_disk_that_is_full_at_the_start_is_tried_again_until_it_is_not() -> None:
    full = evolve(ONE_ENTRY, disk=DiskFaults(capacity_bytes=10))

    report = run_workload(full)

    assert report.is_clean, str(report)
    assert () == report.engine.venue.ledger().fills
    assert report.sometimes["disk_failed"]


def test_a_seed_draws_the_same_crash_points_and_disk_again() -> None:
    first, again = drawn(7), drawn(7)

    assert (first.crash_points, first.disk) == (again.crash_points, again.disk)


def test_the_page_names_every_boundary_and_its_scenario_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "crash-points.md").read_text(encoding="utf-8")
    file = tmp_path / "crash.toml"
    file.write_text(page.split("```toml\n")[1].split("```")[0], encoding="utf-8")

    workload = read_scenario(file)

    assert [] == [kind for kind in Boundary if f"`{kind}`" not in page]
    assert (CrashPoint(Boundary.BEFORE_SEND, 12, torn=True),) == workload.crash_points
    assert 300_000 == workload.disk.capacity_bytes
