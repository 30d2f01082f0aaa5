"""Fault run: the engine trades over real sockets while every kind of fault fires.

Run as `./dev run python tests/process/fault_run.py [--minutes 10] [--kills 0] [--seed N]`. The
venue is a process on a port; python-binance and websockets carry everything. Each kind of fault is
aimed through the control port until it has fired, beside a mix of all, drawn by the seed. With
`--kills` the engine is killed with SIGKILL so often, and started again. Afterwards the venue's
ledger, the trade store and the journal must agree, and by the venue's own looks no position was
without a stop for too long: exit 0, else 1 with every fault in a sentence; the folder stays then.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.port_runs import Plan, Told, run
from support.port_strikes import KINDS, PAUSING, is_incident

BACKGROUND = 0.001
"""Of each kind that is drawn: about one request in fifteen meets something."""
SIZES = {
    "http_418_ms": 10_000,
    "http_418_bare_ms": 10_000,
    "maintenance_ms": 8_000,
    "symbol_halted_ms": 10_000,
    "symbol_settled_ms": 10_000,
    "mode_changed_ms": 10_000,
}
"""Bans and closures as long as Binance's would be most of the run."""


def main() -> int:
    """Run, judge and say what was seen; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="callboard-faults-"))
    plan = Plan(
        options.seed,
        options.minutes * 60,
        kills=options.kills,
        background={
            fault.value: BACKGROUND
            for fault in KINDS
            if not is_incident(fault) and fault not in PAUSING
        },
        sizes=SIZES,
    )
    began = time.monotonic()
    told = run(plan, folder / "data")
    report(told, time.monotonic() - began)
    if told.wrong or told.owed:
        say(f"all of it is in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def report(told: Told, seconds: float) -> None:
    """Say what happened."""
    ledger = told.ledger
    say(f"{told.lives} lives in {seconds:.0f} s, {told.entries} entries intended")
    say(f"{ledger.orders_accepted} orders accepted, {ledger.fills_made} fills")
    say(f"realised {ledger.realized}, fees {ledger.fees}")
    say(f"{len(told.fired)} kinds of fault fired {sum(told.fired.values())} times")
    say(
        f"most used: weight {ledger.weight_1m_used_max} in a minute, orders"
        f" {ledger.orders_10s_used_max} in 10 s and {ledger.orders_1m_used_max} in a minute"
    )
    watch = told.watch
    say(
        f"longest without a stop: {told.believed['longest_unprotected_ms']} ms as the engine says;"
        f" {watch.counted_ms_max} ms by the venue, {watch.lasted_ms_max} ms with its bans, outages"
        f" and halts ({watch.looks} looks, {watch.gap_ms_max} ms apart at most)"
    )
    for name in told.owed:
        say(f"never fired: {name}")
    for fault in told.wrong:
        say(f"fault: {fault}")
    say(f"{len(told.wrong)} faults")


def say(text: str) -> None:
    """Write a line for people."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
