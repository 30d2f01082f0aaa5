"""Test of a fault run: over real sockets, with trouble and kills, all books agree.

The deep form is a command: `fault_run.py` beside this file.
"""

from pathlib import Path

from callboard.scenarios.venue.faults import Fault
from callboard.scenarios.venue.server.wire_faults import WireFault
from support.port_runs import Plan, run

SECONDS = 10
SECONDS_OF_LIVES = 12
CALM_MS = 6_000
FIRED_MIN = 5
KINDS = (
    Fault.HTTP_503_UNKNOWN,
    Fault.HTTP_503_SERVICE_UNAVAILABLE,
    Fault.CONNECTION_RESET,
    Fault.STREAM_DUPLICATE,
    Fault.STREAM_REORDER,
    Fault.MARGIN_2019,
    Fault.FILL_PARTIAL,
    Fault.DELEVERAGED,
    WireFault.RESET_BEFORE_EXECUTION,
    WireFault.RESET_AFTER_EXECUTION,
    WireFault.ANSWER_HALF,
    WireFault.PAGE_502,
)


def test_after_faults_on_venue_and_wire_ledger_store_and_journal_agree(tmp_path: Path) -> None:
    told = run(
        Plan(seed=1, seconds=SECONDS, kinds=KINDS, calm_ms=CALM_MS),
        tmp_path / "data",
    )

    assert () == told.wrong
    assert len(told.fired) >= FIRED_MIN, "the run was too quiet to show anything"
    assert told.ledger.fills_made > 0


def test_an_engine_killed_thrice_over_real_sockets_owes_the_venue_nothing(tmp_path: Path) -> None:
    plan = Plan(seed=3, seconds=SECONDS_OF_LIVES, kinds=KINDS, kills=3, calm_ms=CALM_MS)

    told = run(plan, tmp_path / "data")

    assert () == told.wrong
    assert plan.kills + 1 == told.lives
    assert told.ledger.fills_made > 0
