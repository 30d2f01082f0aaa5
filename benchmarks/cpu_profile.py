"""CpuProfile: where the engine's time goes, by part.

Owns a sampling profiler: a timer of the process's CPU time looks at the stack of the main thread,
so that small functions cost no more than they do (a tracing profiler triples them). A sample
counts for the innermost function of ours; what C, attrs, cattrs and the standard library do for a
part is the part's. Its resolution is the kernel's clock tick, 1 to 4 ms of CPU.
"""

import signal
from collections import Counter
from types import FrameType
from typing import Any, Self

from attrs import define, field

from stage import open_stage

EVERY_SECONDS = 0.001
PACKAGE = ("/messages/", "/actors/", "/scenarios/")
PARTS = (
    ("codec and chain", ("/messages/codec.py", "/actors/runtime/record.py")),
    (
        "journal",
        (
            "/actors/runtime/journal_writer.py",
            "/actors/runtime/segment_writer.py",
            "/actors/runtime/segment.py",
            "/scenarios/disk.py",
        ),
    ),
    ("kernel", ("/actors/runtime/",)),
    ("policies", ("/actors/policies/",)),
    ("edges", ("/actors/adapters/",)),
    ("core actors", ("/actors/",)),
    ("messages", ("/messages/",)),
    ("venue", ("/scenarios/venue/",)),
    ("simulation", ("/scenarios/",)),
)
"""A part and the files it is made of; the first that fits counts."""
OTHER = "interpreter and benchmark"


@define
class Sampler:
    """Counts samples by part while it is entered; for the main thread alone."""

    samples: Counter[str] = field(factory=Counter[str])
    _before: Any = None

    def __enter__(self) -> Self:
        self._before = signal.signal(signal.SIGPROF, self._take)
        signal.setitimer(signal.ITIMER_PROF, EVERY_SECONDS, EVERY_SECONDS)
        return self

    def __exit__(self, *exc_info: object) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0.0, 0.0)
        signal.signal(signal.SIGPROF, self._before)

    def _take(self, _signal: int, frame: FrameType | None) -> None:
        while frame is not None and not _is_ours(frame.f_code.co_filename):
            frame = frame.f_back
        self.samples[OTHER if frame is None else part_of(frame.f_code.co_filename)] += 1


def part_of(filename: str) -> str:
    """Return the part that a source file belongs to."""
    for part, files in PARTS:
        if any(name in filename for name in files):
            return part
    return OTHER


def profile(orders: int) -> dict[str, float]:
    """Return each part's share of the CPU time of sending orders, largest first."""
    stage = open_stage()
    with Sampler() as sampler:
        stage.send(orders)
    total = max(sampler.samples.total(), 1)
    return {part: count / total for part, count in sampler.samples.most_common()}


def _is_ours(filename: str) -> bool:
    return any(name in filename for name in PACKAGE) and "site-packages" not in filename
