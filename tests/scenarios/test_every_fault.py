"""Every fault: the whole engine under each fault of the venue, one kind at a high rate.

No invariant breaks, and once the fault is over everything is settled: what is in doubt is found
out, positions are the venue's, and each has its stop.
"""

import pytest

from callboard.scenarios.chaos import run_workload
from callboard.scenarios.drawn import SETTLED
from callboard.scenarios.venue.faults import Fault
from support.fault_runs import busy

SEEDS = (1, 3)


@pytest.mark.parametrize("fault", SETTLED)
def test_the_engine_survives_a_fault_that_hits_again_and_again(fault: Fault) -> None:
    fired = 0

    for seed in SEEDS:
        report = run_workload(busy(fault, seed), is_thorough=seed == SEEDS[0])
        assert report.is_clean, str(report)
        fired += report.engine.venue.fault_counts[fault]

    assert fired > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_no_invariant_breaks_while_a_person_trades_beside_the_engine(seed: int) -> None:
    report = run_workload(busy(Fault.TRADED_BY_HAND, seed), is_thorough=False)

    assert [] == report.violations
    assert report.engine.venue.fault_counts[Fault.TRADED_BY_HAND] > 0
    assert not [text for text in report.unconverged if text.startswith(("L3", "L4"))]
