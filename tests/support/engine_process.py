"""Engine process: a real engine on a venue process, for tests that kill it.

Run as a script: VENUE FOLDER [options]. VENUE is the path of a Unix socket, or the URL of a venue
on a port, which python-binance and websockets reach. The script hosts an engine and tells it a
signal every `--period-ms` of venue time since `--origin-ns`, drawn from its number; what was due
shortly before the start is told again, as a host does that does not know what arrived. With
`--kill-at-step` it is killed right after the N-th step of its core. From `--until-ns` on, at once
with `--quiet`, it tells no signal, waits until nothing has moved for `--calm-ms`, prints what the
engine believes as JSON and stops in order. With `--disk-seed` its disk has the trouble of that
seed. With `--resumes` the host resumes trading again and again; with `--amends` it amends and
cancels, too.
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
from typing import Any, Literal

import pykka
from attrs import evolve

sys.path.insert(0, str(Path(__file__).parents[1]))

from callboard.actors.adapters.binance.opening import open_exchange
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import Surroundings, launch
from callboard.actors.exchange_settings import ExchangeSettings, ReconcilerSettings
from callboard.actors.ports import Clock
from callboard.actors.record_settings import JournalSettings
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.front import Front
from callboard.actors.settings import BreakerSettings, OrderSettings, RiskSettings, Settings
from callboard.messages.intake import AmendOrder, CancelOrder, ResumeTrading, SubmitSignal
from callboard.messages.queries import GetOrders, GetPositions, OrdersView, PositionsView
from callboard.messages.values import OrderState, OrderType, SignalType
from callboard.scenarios.running.live import Place, place_at_socket
from callboard.scenarios.running.market import WALKS
from callboard.scenarios.venue.control import clock_of
from support.faulty_disk import install

MS, SECOND_NS = 1_000_000, 1_000_000_000
PERIOD_MS = 500
RESUMED_EVERY = 4
TOLD_AGAIN_NS = 10 * SECOND_NS
SETTLED_MS = 15_000
"""How long nothing may move, so that a reconciler's pass has seen it."""
RESTING = (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED)
KINDS = {
    "BTCUSDT": (SignalType.LONG_ENTRY, SignalType.CLOSE_LONG),
    "ETHUSDT": (SignalType.SHORT_ENTRY, SignalType.CLOSE_SHORT),
}
SYMBOLS = tuple(KINDS)
TARGETS = {SignalType.LONG_ENTRY: Decimal("1.5"), SignalType.SHORT_ENTRY: Decimal("0.5")}
"""Take-profits that rest for the whole run, as shares of the price at the start."""
WAIT_SECONDS = 300.0
"""For the engine to settle; a ban that began at the end takes two minutes of it."""
ASK_SECONDS = 60.0

SETTINGS = Settings(
    seed=11,
    risk=RiskSettings(
        symbols=SYMBOLS,
        cooldown_ms=0,
        executions_per_day_max=100_000,
        # The venue's filters may change to twice the least notional.
        position_size_pct_default=Decimal(4),
    ),
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
    return wish(number, kind, symbol, has_target=draw.random() < 0.5)


def wish(number: int, kind: SignalType, symbol: str, *, has_target: bool = True) -> SubmitSignal:
    """Return a confident signal, an entry with a target far away if it is to have one."""
    target = TARGETS.get(kind) if has_target else None
    return SubmitSignal(
        f"s{number}",
        0,
        kind,
        symbol,
        confidence=Decimal("0.9"),
        take_profit=None if target is None else WALKS[symbol].start * target,
    )


RESTS_AT, AMENDED_BY = Decimal("0.996"), Decimal("0.0002")
"""Price of an entry that is to rest, and how much lower each amendment is, as shares of the price
at the start."""
RESTING_SYMBOL, OTHER_SYMBOL = SYMBOLS
ROUND: tuple[tuple[SignalType, str] | Literal["rest", "amend", "cancel"], ...] = (
    (SignalType.LONG_ENTRY, RESTING_SYMBOL),
    (SignalType.CLOSE_SHORT, OTHER_SYMBOL),
    (SignalType.CLOSE_LONG, RESTING_SYMBOL),
    (SignalType.SHORT_ENTRY, OTHER_SYMBOL),
    "rest",
    (SignalType.CLOSE_SHORT, OTHER_SYMBOL),
    "amend",
    (SignalType.SHORT_ENTRY, OTHER_SYMBOL),
    "amend",
    "cancel",
)
"""One symbol is opened, closed, rested at, amended and cancelled, the other one in between."""


def amending_wish_of(number: int) -> SubmitSignal | AmendOrder | CancelOrder:
    """Return the wish of a number, of a host that makes every kind of request in each round."""
    start, place = WALKS[RESTING_SYMBOL].start, number % len(ROUND)
    rested = f"s{number - place + ROUND.index('rest')}"
    match ROUND[place]:
        case "rest":
            rests = wish(number, SignalType.LONG_ENTRY, RESTING_SYMBOL, has_target=False)
            return evolve(rests, order_type=OrderType.LIMIT, price=start * RESTS_AT)
        case "amend":
            return AmendOrder(f"a{number}", rested, price=start * (RESTS_AT - place * AMENDED_BY))
        case "cancel":
            return CancelOrder(f"c{number}", rested)
        case (kind, symbol):
            return wish(number, kind, symbol)


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


def tell_wishes(ref: pykka.ActorRef[Front], clock: Clock, options: argparse.Namespace) -> None:
    """Tell a wish whenever one is due, until the time of the options, if they name one."""
    wish_of = amending_wish_of if options.amends else signal_of
    resumes = options.resumes or options.disk_seed is not None
    pause, origin_ns, period_ns = threading.Event(), options.origin_ns, options.period_ms * MS
    for number in count(max(1, (clock.now_ns() - TOLD_AGAIN_NS - origin_ns) // period_ns)):
        due_ns = origin_ns + number * period_ns
        if options.until_ns is not None and due_ns > options.until_ns:
            return
        pause.wait(max(0.0, clock.wall_seconds(due_ns - clock.now_ns())))
        if resumes and number % RESUMED_EVERY == 0:
            ref.tell(ResumeTrading(f"r{number}", "the drill goes on", ("host",)))
        ref.tell(wish_of(number))


def settled_view(ref: pykka.ActorRef[Front], clock: Clock, calm_ms: int) -> dict[str, Any]:
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
        elif clock.now_ns() - since_ns > calm_ms * MS:
            return {
                "positions": dict(held),
                "orders": view[1],
                "realised_pnl": str(positions.realised_pnl),
                "fees": str(positions.fees),
                "longest_unprotected_ms": positions.longest_unprotected_ms,
            }
        pause.wait(0.1)
    raise SystemExit(f"not settled: {last}")


def place_of(venue: str) -> tuple[Place, int]:
    """Return the venue of a path or of a URL, with its clock or this machine's, and its begin."""
    if not venue.startswith("http"):
        scaled = clock_of(Path(venue))
        return place_at_socket(Path(venue), scaled), scaled.origin_ns
    clock = WallClock()
    settings = evolve(SETTINGS, exchange=ExchangeSettings(rest_url=venue))
    opened = open_exchange(settings, clock, {})
    exchange = opened.exchange
    place = Place(exchange, clock, lambda: None, exchange.close, account=opened.account)
    return place, clock.now_ns()


def read_options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("venue")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kill-at-step", type=int, default=0)
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--disk-seed", type=int)
    parser.add_argument("--origin-ns", type=int)
    parser.add_argument("--until-ns", type=int)
    parser.add_argument("--period-ms", type=int, default=PERIOD_MS)
    parser.add_argument("--calm-ms", type=int, default=SETTLED_MS)
    parser.add_argument("--resumes", action="store_true")
    parser.add_argument("--amends", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Host an engine until somebody kills it, or until it has settled."""
    options = read_options()
    if options.disk_seed is not None:
        install(options.disk_seed)
    place, began_ns = place_of(options.venue)
    if options.origin_ns is None:
        options.origin_ns = began_ns
    around = Surroundings(
        place.exchange,
        place.clock,
        options.folder,
        note,
        account=place.account,
        shares=Shares(),
        on_stopped=place.close,
        on_step=Killer(options.kill_at_step).on_step if options.kill_at_step else None,
    )
    ref = launch(SETTINGS, around)
    if not options.quiet:
        tell_wishes(ref, place.clock, options)
    view = settled_view(ref, place.clock, options.calm_ms)
    ref.stop()
    print(json.dumps(view))  # noqa: T201 - the answer of this script


if __name__ == "__main__":
    main()
