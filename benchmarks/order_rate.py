"""OrderRate: market orders a second in virtual time, against NautilusTrader's backtest.

Ours is the shipped pipeline with venue, chain and record; its peer is `nautilus_peer.py`, the same
orders on as many quotes. Both are timed without set-up. The peer keeps no journal, no stop and no
latency; ours does, so the ratio is a floor. Absent, with its reason, where the wheel is.
"""

import json
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path

from callboard.scenarios.running.commands import spare_the_collector
from measure import Absent, Row, Target, compare
from stage import QUOTE_EVERY_MS, BenchmarkFailed, open_stage

TARGET = Target("orders a second / NautilusTrader 1.221", "orders/s", 2.0)
PEER = Path(__file__).with_name("nautilus_peer.py")
PEER_TIMEOUT_SECONDS = 600
ABSENT = "the wheel is absent: ./dev setup bench installs nautilus_trader 1.221.0 (Python 3.11)"


def ours(orders: int) -> float:
    """Return our orders a second."""
    # As `callboard run` has it: the peer's process is new, and ours still holds the last stage.
    spare_the_collector()
    stage = open_stage()
    begin = time.process_time()
    stage.send(orders)
    seconds = time.process_time() - begin
    stage.settle()
    stage.expect_filled(orders)
    return orders / seconds


def peer(orders: int) -> float:
    """Return the peer's orders a second."""
    run = subprocess.run(
        [sys.executable, str(PEER), str(orders), str(QUOTE_EVERY_MS)],
        capture_output=True,
        text=True,
        timeout=PEER_TIMEOUT_SECONDS,
        check=False,
    )
    if run.returncode != 0:
        raise BenchmarkFailed(f"the peer failed: {run.stderr.strip()[-500:]}")
    said = json.loads(run.stdout.strip().splitlines()[-1])
    if said["filled"] != orders:
        raise BenchmarkFailed(f"the peer filled {said['filled']} orders of {orders}")
    return float(orders / said["seconds"])


def row(*, orders: int, rounds: int) -> Row | Absent:
    """Measure the row."""
    if find_spec("nautilus_trader") is None:
        return Absent(TARGET.name, f"{ABSENT}; ours alone: {ours(orders):,.0f} orders/s")
    return compare(TARGET, lambda: ours(orders), lambda: peer(orders), rounds=rounds)
