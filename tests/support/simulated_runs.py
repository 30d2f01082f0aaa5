"""SimulatedRuns: one call that runs a program in a simulation and hands back the run.

For tests that expect an error, whose block should hold one statement.
"""

from collections.abc import Callable
from typing import Any

from callboard.scenarios.programs.simulation import simulated


def simulate(program: Callable[[], object], *, seed: int = 1, **options: Any) -> simulated:
    """Run a program in a simulation and return the run."""
    with simulated(seed, **options) as run:
        program()
    return run
