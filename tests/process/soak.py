"""Soak of kills: a paper run, killed again and again on disks with trouble.

Run as `./dev run python tests/process/soak.py [--kills 100] [--seed N] [--speed X]`. Every life of
the engine draws its moment of death and what its disk does: it is slow, an append or a sync fails,
it is full; after each death the power is cut too, and what was not durable is lost or torn. The
venue has its own faults on. Its ledger judges at the end: exit 0 when nothing is lost, doubled or
unprotected, else 1 with every fault in a sentence; the folder stays then.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from callboard.scenarios.venue.control import VenueControl
from callboard.scenarios.venue.faults import Faults
from support.faces import venue_process
from support.kill_verdict import faults_of
from support.kills import VENUE_FAULTS, Campaign, drawn_kills, remembered

LIVES_SHOWN = 10


def main() -> int:
    """Kill, settle, judge; return the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=5)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="callboard-kills-"))
    began = time.monotonic()
    faults = soak(folder, options.kills, options.seed, options.speed)
    for fault in faults:
        say(f"fault: {fault}")
    say(f"{len(faults)} faults after {options.kills} kills in {time.monotonic() - began:.0f} s")
    if faults:
        say(f"all of it is in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


def soak(folder: Path, kills: int, seed: int, speed: float) -> list[str]:
    """Kill an engine so often; return what it owes."""
    socket = folder / "venue.sock"
    options = (f"--speed={speed}", f"--seed={seed}", f"--faults={VENUE_FAULTS}")
    with venue_process(socket, *options), VenueControl(socket) as control:
        campaign = Campaign(socket, folder / "data", control, disk_seed=1_000 * seed)
        for number, kill in enumerate(drawn_kills(seed, kills), 1):
            campaign.live_until(kill)
            if number % LIVES_SHOWN == 0:
                activity = control.activity()
                say(f"{number} kills, {activity.mutations} mutations, {activity.entries} entries")
        control.set_faults(Faults())
        believed = campaign.settle()
        ledger = control.ledger()
    memory = remembered(folder / "data")
    legs = Counter(order.client_order_id.rpartition("-")[2][:1] for order in ledger.orders)
    unwritten = {order.client_order_id for order in ledger.orders} - memory.intended
    say(f"lives by disk: {dict(campaign.troubles)}, {campaign.torn_bytes} bytes torn off")
    say(f"{len(ledger.orders)} orders ({dict(legs)}), {len(ledger.fills)} fills")
    say(f"sent while the disk failed and forgotten: {sorted(unwritten)}")
    return list(faults_of(ledger, memory, believed))


def say(text: str) -> None:
    """Write a line for people."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
