"""Growth: what an engine keeps, and what an order costs, after many orders.

Owns one long run in a process of its own. Memory is the resident set after a full collection, at
a tenth of the orders and at the end. The cost of an old engine is compared with that of a young
one in turn, slice by slice, so that the machine's moods cancel out. A stall is the CPU time of the
longest single order, everything periodic included; waiting for a busy machine does not count. The
windows of what is over and remembered are a hundredth of the run, so that they are full long
before its tenth; in the full run they are the defaults. The garbage collector is spared as the
command line spares it. The journal is a real one, on disk, with retention. Prints one JSON object.
"""

import gc
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from callboard.actors.adapters.disk import Disk
from callboard.scenarios.running.commands import spare_the_collector
from measure import Row, Target
from stage import BenchmarkFailed, Stage, open_stage

MEMORY = Target("memory after all orders / after a tenth", "MiB", 1.10, at_least=False)
COST = Target("an order of an old engine / of a young one", "us CPU", 1.10, at_least=False)
STALL = Target("the longest order / 50 ms", "ms CPU", 1.0, at_least=False)
STALL_MS_MAX = 50.0
SLICES = 20
REMEMBERED_MIN = 20
MIB = 1024 * 1024


def resident_mib() -> float:
    """Return the resident set in MiB; its peak where the system does not tell the present."""
    gc.collect()
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / MIB


def send_one_by_one(stage: Stage, orders: int) -> float:
    """Send orders and return the CPU seconds of the longest."""
    longest, last = 0.0, time.thread_time()
    for _ in range(orders):
        stage.send(1)
        now = time.thread_time()
        longest, last = max(longest, now - last), now
    return longest


def cost_us(stage: Stage, orders: int) -> float:
    """Return the CPU microseconds of an order."""
    begin = time.thread_time()
    stage.send(orders)
    return (time.thread_time() - begin) / orders * 1e6


def run(orders: int) -> dict[str, object]:
    """Age an engine by so many orders and return what was seen."""
    with TemporaryDirectory() as folder, TemporaryDirectory() as other:
        remembered = max(orders // 100, REMEMBERED_MIN)
        spare_the_collector()
        old = open_stage(Disk(Path(folder)), remembered=remembered)
        longest = send_one_by_one(old, orders // 10)
        memory = [resident_mib()]
        longest = max(longest, send_one_by_one(old, orders - orders // 10))
        memory.append(resident_mib())
        old.settle()
        old.expect_filled(orders)
        young = open_stage(Disk(Path(other)), remembered=remembered)
        young.send(remembered)
        slice_of = max(orders // 10 // SLICES, 1)
        costs = [(cost_us(old, slice_of), cost_us(young, slice_of)) for _ in range(SLICES)]
    return {"memory": memory, "longest_ms": longest * 1000, "costs": costs}


def rows(*, orders: int) -> list[Row]:
    """Measure the three rows in a process of their own."""
    done = subprocess.run(
        [sys.executable, str(Path(__file__)), str(orders)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BenchmarkFailed(f"the long run failed: {done.stderr.strip()[-500:]}")
    seen = json.loads(done.stdout.strip().splitlines()[-1])
    note = f"{orders:,} orders"
    tenth, end = seen["memory"]
    old, young = zip(*seen["costs"], strict=True)
    ratios = tuple(one / other for one, other in seen["costs"])
    longest = seen["longest_ms"]
    return [
        _row(MEMORY, end, tenth, (end / tenth,), note),
        _row(COST, median(old), median(young), ratios, note),
        _row(STALL, longest, STALL_MS_MAX, (longest / STALL_MS_MAX,), note),
    ]


def _row(target: Target, ours: float, base: float, ratios: tuple[float, ...], note: str) -> Row:
    return Row(target.name, target.unit, ours, base, ratios, target.ratio, target.at_least, note)


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]))))
