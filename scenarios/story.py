"""Story: a workload with a name, and what must come of it; run under every invariant.

Owns the verdict of one story: whatever it expects and did not come, trouble that it planned and
that never happened, every broken invariant and whatever was not settled. Two runs are the same.
"""

from collections.abc import Iterator

from attrs import field, frozen

from .chaos import Report, Run
from .evidence import Evidence
from .expectations import Then
from .workload import Workload


@frozen
class Story:
    """A story that can be run; a scenario file says the same."""

    title: str
    workload: Workload
    then: Then = field(factory=Then)


@frozen
class Played:
    """What came of a story."""

    story: Story
    report: Report
    missed: tuple[str, ...]
    """What was expected and what was seen instead, two lines each."""
    timeline: tuple[str, ...]
    """What was seen, in its order."""

    @property
    def is_as_told(self) -> bool:
        """True when everything came as the story tells, and nothing was violated."""
        return not self.missed and self.report.is_clean

    def __str__(self) -> str:
        if self.is_as_told:
            return f"{self.story.title}: as told"
        report = self.report
        return "\n".join(
            [
                f"{self.story.title}: NOT as told",
                *self.missed,
                *(f"violated: {violation}" for violation in report.violations),
                *(f"unsettled: {what}" for what in report.unconverged),
                "what was seen:",
                *(f"  {line}" for line in self.timeline),
            ]
        )


def play_story(story: Story, *, is_thorough: bool = False) -> Played:
    """Run a story from its first message to its last."""
    run = Run(story.workload, is_thorough)
    evidence = Evidence(run, story.then.moments_ms)
    report = run.run()
    return Played(story, report, missed_of(story, evidence), tuple(evidence.timeline()))


def missed_of(story: Story, evidence: Evidence) -> tuple[str, ...]:
    """Return what a story expects, or plans, and did not come."""
    return (*_missed(story.then, evidence), *_never_happened(story.workload, evidence))


def _missed(then: Then, evidence: Evidence) -> Iterator[str]:
    for expectation in then:
        seen = expectation.missed(evidence)
        if seen:
            yield f"expected: {expectation}\n  seen:   {seen}"


def _never_happened(workload: Workload, evidence: Evidence) -> Iterator[str]:
    """Yield planned trouble that never came: a story without its trouble tells nothing."""
    for planned in workload.planned_faults:
        if not evidence.fired[planned.fault]:
            yield f"expected: {planned.fault.value} befalls {planned.on}\n  seen:   it never came"
    if workload.crashes and not evidence.run.plan.done:
        yield "expected: an actor crashes\n  seen:   none did"
    for refused in evidence.run.refused_by_hand:
        yield f"expected: a person's request is taken\n  seen:   {refused}"
