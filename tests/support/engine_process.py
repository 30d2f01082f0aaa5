"""Engine process: a real engine on a venue process, for tests that kill it.

Run as a script: SOCKET FOLDER [--kill-at-step N] [--quiet] [--disk-seed N]. It hosts an engine and
tells it a signal every `PERIOD_NS` of venue time, drawn from its number; what was due shortly
before the start is told again, as a host does that does not know what arrived. With
`--kill-at-step` it is killed right after the N-th step of its core. With `--quiet` it tells no
signal, waits until everything has settled, prints what the engine believes as JSON and stops in
order. With `--disk-seed` its disk has the trouble of that seed, and the host resumes trading again
and again.
"""

import argparse
import json
import os
import signal
import sys
import threading
from decimal import Decimal
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pykka

sys.path.insert(0, str(Path(__file__).parents[1]))

from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import Surroundings, launch
from callboard.actors.ports import Clock
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.front import Front
from callboard.actors.settings import (
    BreakerSettings,
    JournalSettings,
    OrderSettings,
    ReconcilerSettings,
    RiskSettings,
    Settings,
)
from callboard.messages.intake import ResumeTrading, SubmitSignal
from callboard.messages.queries import GetOrders, GetPositions, OrdersView, PositionsView
from callboard.messages.values import OrderState, SignalType
from callboard.scenarios.running.live import account_at
from callboard.scenarios.running.market import WALKS
from callboard.scenarios.venue.control import clock_of
from callboard.scenarios.venue.socket_exchange import SocketExchange
from support.faulty_disk import install

SECOND_NS = 1_000_000_000
PERIOD_NS = SECOND_NS // 2
RESUMED_EVERY = 4
TOLD_AGAIN_NS = 10 * SECOND_NS
SETTLED_NS = 15 * SECOND_NS
"""How long nothing may move, so that a reconciler's pass has seen it."""
RESTING = (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED)
KINDS = {
    "BTCUSDT": (SignalType.LONG_ENTRY, SignalType.CLOSE_LONG),
    "ETHUSDT": (SignalType.SHORT_ENTRY, SignalType.CLOSE_SHORT),
}
SYMBOLS = tuple(KINDS)
TARGETS = {SignalType.LONG_ENTRY: Decimal("1.5"), SignalType.SHORT_ENTRY: Decimal("0.5")}
"""Take-profits that rest for the whole run, as shares of the price at the start."""
WAIT_SECONDS = 120.0
ASK_SECONDS = 60.0

SETTINGS = Settings(
    seed=11,
    risk=RiskSettings(symbols=SYMBOLS, cooldown_ms=0, executions_per_day_max=100_000),
    # A lost answer holds its lane until it is given up: so short that the run goes on.
    orders=OrderSettings(
        recv_window_ms=5_000,
        request_timeout_ms=2_000,
        unknown_margin_ms=1_000,
        retries_in_30s_max=1_000,
    ),
    reconciler=ReconcilerSettings(interval_ms=5_000),
    # The run is about restarts: a brake that stops trading would leave nothing to kill.
    breaker=BreakerSettings(
        daily_reduce_pct=Decimal(90),
        daily_halt_pct=Decimal(95),
        drawdown_halt_pct=Decimal(95),
        venue_failures_max=500,
    ),
    journal=JournalSettings(segment_bytes_max=256 * 1024, snapshot_every=500),
)


def signal_of(number: int) -> SubmitSignal:
    """Return the signal of a number, the same in every life of the host."""
    draw = Random(f"signal/{number}")
    symbol = draw.choice(SYMBOLS)
    kind = draw.choice(KINDS[symbol])
    target = TARGETS.get(kind) if draw.random() < 0.5 else None
    return SubmitSignal(
        f"s{number}",
        0,
        kind,
        symbol,
        confidence=Decimal("0.9"),
        take_profit=None if target is None else WALKS[symbol].start * target,
    )


class Killer:
    """Kills this process, as the system would, right after a step of the core."""

    def __init__(self, step: int) -> None:
        self._steps = count(1)
        self._step = step

    def on_step(self, _cell: Cell, _envelope: Envelope) -> None:
        """Count a step; at the chosen one nothing comes after."""
        if next(self._steps) == self._step:
            os.kill(os.getpid(), signal.SIGKILL)


def note(actor: str, event: str, fields: Any) -> None:
    """Write the log to the error output, for whoever reads a failure."""
    sys.stderr.write(f"{actor} {event} {fields!r}\n")


def tell_signals(
    ref: pykka.ActorRef[Front], clock: Clock, origin_ns: int, *, resumes: bool
) -> None:
    """Tell a signal whenever one is due, for ever; on a bad disk let trading go on, too."""
    pause = threading.Event()
    for number in count(max(1, (clock.now_ns() - TOLD_AGAIN_NS - origin_ns) // PERIOD_NS)):
        left = clock.wall_seconds(origin_ns + number * PERIOD_NS - clock.now_ns())
        pause.wait(max(0.0, left))
        if resumes and number % RESUMED_EVERY == 0:
            ref.tell(ResumeTrading(f"r{number}", "the drill goes on", ("host",)))
        ref.tell(signal_of(number))


def settled_view(ref: pykka.ActorRef[Front], clock: Clock) -> dict[str, Any]:
    """Wait until nothing has moved for a while and every position is protected."""
    pause, last, since_ns = threading.Event(), None, clock.now_ns()
    for _ in range(int(WAIT_SECONDS / 0.1)):
        orders: Any = ref.ask(GetOrders(), timeout=ASK_SECONDS)
        positions: Any = ref.ask(GetPositions(), timeout=ASK_SECONDS)
        assert isinstance(orders, OrdersView)
        assert isinstance(positions, PositionsView)
        held = [(each.symbol, str(each.quantity)) for each in positions.positions]
        view = (sorted(held), [order.client_order_id for order in orders.orders])
        is_settled = all(order.state in RESTING for order in orders.orders) and all(
            position.protected for position in positions.positions
        )
        if not is_settled or view != last:
            last, since_ns = view, clock.now_ns()
        elif clock.now_ns() - since_ns > SETTLED_NS:
            return {"positions": dict(held), "orders": view[1]}
        pause.wait(0.1)
    raise SystemExit(f"not settled: {last}")


def main() -> None:
    """Host an engine until somebody kills it, or until it has settled."""
    parser = argparse.ArgumentParser()
    parser.add_argument("socket", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kill-at-step", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--disk-seed", type=int)
    options = parser.parse_args()
    if options.disk_seed is not None:
        install(options.disk_seed)
    clock = clock_of(options.socket)
    exchange = SocketExchange(options.socket)
    around = Surroundings(
        exchange,
        clock,
        options.folder,
        note,
        account=account_at(options.socket),
        shares=Shares(),
        on_stopped=exchange.close,
        on_step=Killer(options.kill_at_step).on_step if options.kill_at_step else None,
    )
    ref = launch(SETTINGS, around)
    if not options.quiet:
        tell_signals(ref, clock, clock.origin_ns, resumes=options.disk_seed is not None)
    view = settled_view(ref, clock)
    ref.stop()
    print(json.dumps(view))  # noqa: T201 - the answer of this script


if __name__ == "__main__":
    main()
