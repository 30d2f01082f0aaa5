"""Trial: one run of a search, and what of it is worth keeping.

Owns nothing: a trial is a plain value that crosses from a worker to whoever adds up. An exception
out of a run, a loop without delay among them, is a finding as a broken invariant is.
"""

import time
import traceback
from collections.abc import Callable

from attrs import evolve, field, frozen

from ..chaos import Report, Run
from ..drawn import MIXES, drawn
from ..evidence import Evidence
from ..invariants import CHECKS, MakeCheck
from ..story import Story, missed_of
from ..workload import START_NS, Workload

THOROUGH_EVERY = 8
"""One seed in so many is also looked at thoroughly: the fold after every step, denser looks."""
RAISED = "raised"


@frozen
class Trial:
    """What one run came to."""

    seed: int
    violations: tuple[str, ...] = ()
    """What did not hold, or was not settled, in sentences; an invariant's name leads."""
    violation_count: int = 0
    steps: int = 0
    virtual_ns: int = 0
    cpu_ns: int = 0
    faults: dict[str, int] = field(factory=dict[str, int])
    """Faults that happened, by kind; crashes among them."""
    sometimes: dict[str, int] = field(factory=dict[str, int])

    @property
    def is_clean(self) -> bool:
        """True when nothing was violated and all was settled."""
        return not self.violation_count

    @property
    def invariants(self) -> tuple[str, ...]:
        """Names of what did not hold, in the order of their discovery."""
        return tuple(dict.fromkeys(text.partition(":")[0] for text in self.violations))


def seed_trial(seed: int, mix: str) -> Trial:
    """Run a seed of a mix."""
    return trial_of(drawn(seed, MIXES[mix]), is_thorough=is_thorough(seed))


def is_thorough(seed: int) -> bool:
    """Say whether a seed is looked at thoroughly; the same for ever."""
    return seed % THOROUGH_EVERY == 0


def trial_of(
    workload: Workload,
    *,
    is_thorough: bool = True,
    prepare: Callable[[Run], None] | None = None,
    checks: tuple[MakeCheck, ...] = CHECKS,
) -> Trial:
    """Run a workload; `prepare` may watch the run, which it is given before its start."""
    began = time.process_time_ns()
    run = Run(workload, is_thorough, checks=checks)
    if prepare is not None:
        prepare(run)
    try:
        report = run.run()
    except Exception as error:  # noqa: BLE001 - whatever a run raises is what was searched for
        return _raised(run, error, time.process_time_ns() - began)
    return _finished(report, time.process_time_ns() - began)


def story_trial(
    story: Story, *, is_thorough: bool = True, prepare: Callable[[Run], None] | None = None
) -> Trial:
    """Run a story: what it expects and did not come is a violation as others are.

    A seed, or a file without expectations, tells no story: what was drawn may as well not happen.
    """
    if not any(True for _ in story.then):
        return trial_of(story.workload, is_thorough=is_thorough, prepare=prepare)
    seen: list[Evidence] = []

    def watch(run: Run) -> None:
        seen.append(Evidence(run, story.then.moments_ms))
        if prepare is not None:
            prepare(run)

    trial = trial_of(story.workload, is_thorough=is_thorough, prepare=watch)
    missed = () if RAISED in trial.invariants else missed_of(story, seen[0])
    return evolve(
        trial,
        violations=(*trial.violations, *missed),
        violation_count=trial.violation_count + len(missed),
    )


def _finished(report: Report, cpu_ns: int) -> Trial:
    told = [f"{each.invariant}: {each.text} ({_at(each.at_ns)})" for each in report.violations]
    return Trial(
        seed=report.workload.seed,
        violations=(*told, *report.unconverged),
        violation_count=report.violation_count + len(report.unconverged),
        steps=report.steps,
        virtual_ns=report.engine.simulation.now_ns - START_NS,
        cpu_ns=cpu_ns,
        faults=report.faults,
        sometimes=report.sometimes,
    )


def _raised(run: Run, error: Exception, cpu_ns: int) -> Trial:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
    simulation = run.engine.simulation
    text = f"{RAISED}: {type(error).__name__} at {place}: {error} ({_at(simulation.now_ns)})"
    return Trial(
        seed=run.workload.seed,
        violations=(text,),
        violation_count=1,
        steps=simulation.steps,
        virtual_ns=simulation.now_ns - START_NS,
        cpu_ns=cpu_ns,
    )


def _at(now_ns: int) -> str:
    return f"at {(now_ns - START_NS) / 1_000_000_000:.3f} s"
