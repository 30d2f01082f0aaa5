"""Whole engine: drawn signals, prices, faults and crashes, judged after every step.

A failing example prints the workload as the Python that makes it again; a failing seed is one
integer for `drawn`. Both become a named scenario before the mistake is put right.
"""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings

from callboard.actors.runtime.journal_reader import verify
from callboard.actors.runtime.replay import replay
from callboard.actors.system import core_makers
from callboard.scenarios.chaos import run_workload
from callboard.scenarios.drawn import drawn
from callboard.scenarios.sometimes import NAMES
from callboard.scenarios.strategies import workloads
from callboard.scenarios.workload import Workload
from support.digests import journal_digest
from support.regressions import OPEN_ROADS, REGRESSIONS

SEEDS = range(40)
SEEDS_OF_BYTES = (3, 14)
RARE = ("banned", "cancelled_in_part", "monitor_crash_with_open_position")
"""Branches that so few runs may miss."""


@settings(max_examples=settings().max_examples // 2)
@given(workloads())
def test_no_drawn_run_breaks_an_invariant_or_leaves_anything_unsettled(workload: Workload) -> None:
    report = run_workload(workload)

    assert report.is_clean, str(report)


@pytest.mark.parametrize("name", REGRESSIONS)
def test_what_once_went_wrong_does_not_again(name: str) -> None:
    report = run_workload(REGRESSIONS[name])

    assert report.is_clean, str(report)


def test_many_seeds_are_clean_and_reach_every_rare_branch() -> None:
    reached: Counter[str] = Counter()
    dirty: list[str] = []

    for workload in (*map(drawn, SEEDS), *OPEN_ROADS.values()):
        report = run_workload(workload)
        reached.update(report.sometimes)
        dirty += [] if report.is_clean else [str(report)]

    assert [] == dirty
    assert [] == [name for name in NAMES if not reached[name] and name not in RARE]


@pytest.mark.parametrize("seed", SEEDS_OF_BYTES)
def test_one_workload_leaves_the_same_bytes_whatever_the_hash_seed(seed: int) -> None:
    digests = {journal_digest(run_workload(drawn(seed)))}

    digests |= {elsewhere(seed, hash_seed) for hash_seed in ("1", "2")}

    assert 1 == len(digests)


def elsewhere(seed: int, hash_seed: str) -> str:
    """Return the digest of a seed's journal as another process finds it."""
    lines = (
        "from callboard.scenarios.chaos import run_workload",
        "from callboard.scenarios.drawn import drawn",
        "from support.digests import journal_digest",
        f"print(journal_digest(run_workload(drawn({seed}), is_thorough=False)))",
    )
    told = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        env={
            **os.environ,
            "PYTHONHASHSEED": hash_seed,
            "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
        },
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout.strip()


@pytest.mark.parametrize("seed", range(100, 106))
def test_a_run_with_trouble_verifies_and_replays_without_a_divergence(seed: int) -> None:
    world = run_workload(drawn(seed)).engine
    assert world.disk is not None

    replayed = replay(world.disk, world.codec, lambda _: core_makers(world.settings))

    assert verify(world.disk).ok
    assert () == replayed.divergences
    assert replayed.records > 0
