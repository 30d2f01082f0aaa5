"""SearchRate: the whole engine in virtual time under every invariant, in seeds a minute.

Owns three rows. Steps of the simulated engine are measured against a bare scheduler with actors
that do nothing, both under a random walk over channels. Seeds a minute are those of a soak of the
standard mix in two processes, by the wall's clock, against a thousand. A failure that is known is
shrunk, against its own first run: what a smaller one costs in runs.
"""

import time
from collections.abc import Generator
from contextlib import contextmanager
from random import Random

from callboard.actors.runtime.envelope import Envelope
from callboard.scenarios.checks.sending import OneOrderPerIntent
from callboard.scenarios.drawn import MIXES, drawn
from callboard.scenarios.mailboxes import PairMailboxes
from callboard.scenarios.schedules import RandomWalk
from callboard.scenarios.search.hunt import Hunt
from callboard.scenarios.search.soak import Task, soak
from callboard.scenarios.search.trial import Trial, seed_trial, trial_of
from callboard.scenarios.venue.orders import Order
from measure import Row, Target, compare
from stage import BenchmarkFailed

MIX = "standard"
STEPS = Target("whole engine with invariants / bare scheduler", "steps/s", 0.015)
SEEDS = Target("seeds a minute of the standard mix, two jobs / 1,000", "seeds/min", 1.0)
SHRINKING = Target("a known failure shrunk / run once", "s", 50, at_least=False)
RING = 14
SECOND_NS = 1_000_000_000
GOAL = 1_000.0
KNOWN_SEED = 0


def simulated(seeds: range) -> tuple[float, float]:
    """Return steps and virtual seconds a second of CPU time."""
    trials = [_clean(seed_trial(seed, MIX)) for seed in seeds]
    cpu_s = sum(trial.cpu_ns for trial in trials) / SECOND_NS
    virtual_s = sum(trial.virtual_ns for trial in trials) / SECOND_NS
    return sum(trial.steps for trial in trials) / cpu_s, virtual_s / cpu_s


def bare(steps: int) -> float:
    """Return the steps a second of actors that only tell the next one."""
    mailboxes = PairMailboxes(RandomWalk(Random(0)))
    names = [f"actor {number}" for number in range(RING)]
    following = dict(zip(names, [*names[1:], names[0]], strict=True))
    for name in names[::2]:
        mailboxes.put(Envelope(name, None, "", "", 0, ""))
    begin = time.process_time()
    for _ in range(steps):
        envelope = mailboxes.take()
        assert envelope is not None
        mailboxes.put(Envelope(following[envelope.to], None, envelope.to, "", 0, ""))
    return steps / (time.process_time() - begin)


def rows(*, seeds: int, steps: int, rounds: int) -> Generator[Row]:
    """Measure the rows."""
    some = range(max(2, seeds // 10))
    pace = simulated(some)[1]
    row = compare(STEPS, lambda: simulated(some)[0], lambda: bare(steps), rounds=rounds)
    yield _noted(row, f"{pace:,.0f} virtual s a second")
    yield compare(SEEDS, lambda: soaked(seeds), lambda: GOAL, rounds=1)
    yield compare(SHRINKING, shrunk, run_once, rounds=1)


def soaked(seeds: int) -> float:
    """Return the seeds a minute of a soak in two processes."""
    begin = time.monotonic()
    trials = list(soak(Task(MIX), range(seeds), 2, lambda: False))
    if len(trials) != seeds:
        raise BenchmarkFailed(f"{len(trials)} seeds of {seeds} were run")
    return 60 * seeds / (time.monotonic() - begin)


def run_once() -> float:
    """Return the seconds of the run that fails."""
    with failing():
        return trial_of(drawn(KNOWN_SEED, MIXES[MIX])).cpu_ns / SECOND_NS


def shrunk() -> float:
    """Return the seconds until the failure is small."""
    begin = time.process_time()
    with failing():
        hunt = Hunt(drawn(KNOWN_SEED, MIXES[MIX]))
        hunt.smallest()
    if hunt.choices > 2:
        raise BenchmarkFailed(f"{hunt.choices} choices are left of a failure that needs two")
    return time.process_time() - begin


@contextmanager
def failing() -> Generator[None]:
    """Let every accepted exit count as a violation: it takes an entry and its end."""
    sound = OneOrderPerIntent.on_accepted

    def broken(check: OneOrderPerIntent, order: Order) -> None:
        if "-x" in order.client_order_id:
            check.ground.report("S1", f"{order.client_order_id} is there")

    OneOrderPerIntent.on_accepted = broken  # type: ignore[method-assign, assignment] # on purpose
    try:
        yield
    finally:
        OneOrderPerIntent.on_accepted = sound  # type: ignore[method-assign]


def _clean(trial: Trial) -> Trial:
    if not trial.is_clean:
        raise BenchmarkFailed(f"seed {trial.seed}: {trial.violations[0]}")
    return trial


def _noted(row: Row, note: str) -> Row:
    return Row(row.name, row.unit, row.ours, row.base, row.ratios, row.target, row.at_least, note)
