"""SocketEngine: the engine's side of the rows over sockets, run in a process of its own.

The shipped pipeline as a host embeds it: every actor, gateway, streams, chain, a journal on a real
disk, trade store and audit log; limits are raised by settings alone. It holds a protected position
and sends market orders, by turns a buy that adds and a sell of what was added, with the stop of
the held position, so that no order but those counted is sent. Takes the venue's URL, the
durability, the order entry (`rest` or `ws`), and a JSON object of cases, run in their order, and
how many orders; prints one JSON object of theirs: seconds, and the CPU seconds of an order by
thread.

Cases: `sequential`, from the host's tell until its subscriber hears `OrderPlaced`, which the
venue's answer makes; `beside`, the same while a thread of the host computes, and `beside_short`
where the host has set a switch interval of 0.5 ms as well; `served` and `streams`, the same while
the service beside the engine is loaded by dashboards and scrapes, or by event streams; `flood`, 32
entries under way; `protect` a new position each time, from its `OrderFilled` until the
`PositionProtected` of its resting stop.
"""

import json
import os
import queue
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pykka
from attrs import define, field

from callboard.actors.adapters.binance.opening import open_exchange
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import Surroundings, launch
from callboard.actors.exchange_settings import ExchangeSettings
from callboard.actors.policies.rate_budgets import LimiterSettings
from callboard.actors.record_settings import JournalSettings
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.front import Front, Subscribe
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.events import (
    CommandRefused,
    EngineReady,
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
    PositionClosed,
    PositionProtected,
)
from callboard.messages.intake import SubmitSignal
from callboard.messages.market import MarkChanged
from callboard.messages.values import SignalType
from callboard.scenarios.running.commands import spare_the_collector
from computing import computing, switching_every
from serving import loaded, serving

SYMBOL = "ETHUSDT"
HELD = Decimal("0.100")
TICK = Decimal("0.01")
SHORT_SECONDS = 0.0005
QUANTITY = Decimal("0.010")
STOP_OF_MARK = Decimal("0.99")
CONFIDENCE = Decimal("0.9")
PLENTY = 1_000_000
EXECUTIONS = 10_000_000
CONDITIONAL = 1_000
PATIENCE_MS = 60_000
"""A loaded machine makes an order slow, and no order refused."""
IN_FLIGHT = 32
WARMING = 20
WAIT_SECONDS = 60.0
ENDS = (OrderFailed, OrderRefused, CommandRefused)
"""What no order of the workload comes to."""
EVENTS = (EngineReady, OrderPlaced, OrderFilled, PositionProtected, PositionClosed, *ENDS)


def settings(url: str, account: str, durability: str, entry: str) -> Settings:
    """Return the engine's settings: the defaults, but for limits and durability."""
    return Settings(
        exchange=ExchangeSettings(rest_url=url, account=account, order_entry=entry),
        risk=RiskSettings(
            symbols=(SYMBOL,),
            cooldown_ms=0,
            executions_per_day_max=EXECUTIONS,
            scale_in=True,
            conditional_orders_max=CONDITIONAL,
            mark_age_ms_max=PATIENCE_MS,
            send_within_ms=PATIENCE_MS,
            position_size_pct_max=Decimal(100),
            gross_exposure_pct_max=Decimal(100),
        ),
        limits=LimiterSettings(
            weight_1m_max=PLENTY,
            orders_10s_max=PLENTY,
            orders_1m_max=PLENTY,
            requests_1m_max=PLENTY,
        ),
        journal=JournalSettings(durability=durability),
    )


class NotDoneError(RuntimeError):
    """An order of the workload came to another end than its fill."""


@define(eq=False)
class Trader:
    """A running engine and what its subscriber hears, each with when."""

    ref: pykka.ActorRef[Front]
    heard: queue.SimpleQueue[tuple[float, object]]
    data_dir: Path
    stop_loss: Decimal = Decimal(0)
    _numbers: Iterator[int] = field(init=False, factory=count)

    def hold(self, mark: Decimal) -> None:
        """Open the position that is held, and send the orders before the first that counts."""
        self.stop_loss = (mark * STOP_OF_MARK).quantize(TICK)
        self.tell(SignalType.LONG_ENTRY, HELD)
        self.wait(PositionProtected)
        self.sequential(WARMING)

    def tell(self, kind: SignalType, quantity: Decimal | None) -> float:
        """Send the next signal; return when."""
        stop = self.stop_loss if kind is SignalType.LONG_ENTRY else None
        signal = SubmitSignal(
            f"s{next(self._numbers)}",
            0,
            kind,
            SYMBOL,
            quantity=quantity,
            stop_loss=stop,
            confidence=CONFIDENCE,
        )
        at = time.perf_counter()
        self.ref.tell(signal)
        return at

    def tell_next(self, number: int) -> float:
        """Send the order of a number: even ones buy, odd ones sell what was bought."""
        return self.tell(SignalType.CLOSE_LONG if number % 2 else SignalType.LONG_ENTRY, QUANTITY)

    def wait(self, kind: type) -> float:
        """Return when the next event of a class was heard."""
        while True:
            at, event = self.heard.get(timeout=WAIT_SECONDS)
            if isinstance(event, ENDS):
                raise NotDoneError(f"the work was not done: {event}")
            if isinstance(event, kind):
                return at

    def sequential(self, orders: int) -> list[float]:
        """Send orders one after the other; return the seconds of each until it was placed."""
        seconds: list[float] = []
        for number in range(orders):
            begin = self.tell_next(number)
            seconds.append(self.wait(OrderPlaced) - begin)
            self.wait(OrderFilled)
        return seconds

    def flood(self, orders: int) -> list[float]:
        """Keep 32 entries under way; return the seconds of an order, from the rate of all.

        Entries alone, since an exit cancels the entries of its symbol that wait.
        """
        begin = time.perf_counter()
        for number in range(orders):
            if number >= IN_FLIGHT:
                self.wait(OrderFilled)
            self.tell(SignalType.LONG_ENTRY, QUANTITY)
        for _ in range(min(IN_FLIGHT, orders)):
            self.wait(OrderFilled)
        return [(time.perf_counter() - begin) / orders]

    def protect(self, positions: int) -> list[float]:
        """Open and close positions; return the seconds from each fill to its stop's answer."""
        self.close()
        seconds: list[float] = []
        for _ in range(positions):
            self.tell(SignalType.LONG_ENTRY, QUANTITY)
            filled = self.wait(OrderFilled)
            seconds.append(self.wait(PositionProtected) - filled)
            self.close()
        return seconds

    def beside(self, orders: int) -> list[float]:
        """Send orders one after the other while a thread of the host computes."""
        with computing():
            return self.sequential(orders)

    def beside_short(self, orders: int) -> list[float]:
        """Do the same in a host that has made the interpreter's switch interval shorter."""
        with computing(), switching_every(SHORT_SECONDS):
            return self.sequential(orders)

    def served(self, orders: int) -> list[float]:
        """Send orders one after the other while dashboards and scrapes load the service."""
        return self._loaded("dashboards", orders)

    def streams(self, orders: int) -> list[float]:
        """Do the same while a hundred event streams are open, ten of which nobody reads."""
        return self._loaded("streams", orders)

    def _loaded(self, kind: str, orders: int) -> list[float]:
        with serving(self.data_dir) as addresses, loaded(kind, addresses):
            self.sequential(WARMING)
            return self.sequential(orders)

    def close(self) -> None:
        """Close the position whole."""
        self.tell(SignalType.CLOSE_LONG, None)
        self.wait(PositionClosed)


def run(url: str, durability: str, entry: str, cases: dict[str, int]) -> dict[str, object]:
    """Start an engine, run its cases and return their figures."""
    wanted = settings(url, f"{durability}-{os.getpid()}", durability, entry)
    clock = WallClock()
    opened = open_exchange(wanted, clock, {})
    heard = queue.SimpleQueue[tuple[float, object]]()
    marks = queue.SimpleQueue[MarkChanged]()

    def see(_cell: Cell, envelope: Envelope) -> None:
        if isinstance(envelope.message, MarkChanged) and marks.empty():
            marks.put(envelope.message)

    def hear(event: object) -> None:
        heard.put((time.perf_counter(), event))

    with TemporaryDirectory() as folder:
        around = Surroundings(
            opened.exchange,
            clock,
            Path(folder),
            shares=Shares(),
            on_stopped=opened.exchange.close,
            on_step=see,
        )
        ref = launch(wanted, around)
        try:
            ref.tell(Subscribe(hear, EVENTS))
            trader = Trader(ref, heard, Path(folder))
            trader.wait(EngineReady)
            trader.hold(marks.get(timeout=WAIT_SECONDS).mark)
            return {case: measured(trader, case, orders) for case, orders in cases.items()}
        finally:
            ref.stop(block=True, timeout=WAIT_SECONDS)


def measured(trader: Trader, case: str, orders: int) -> dict[str, object]:
    """Run a case, and say what its threads used meanwhile."""
    spare_the_collector()
    before = cpu_seconds()
    seconds = CASES[case](trader, orders)
    used = {name: now - before[name] for name, now in cpu_seconds().items()}
    return {"seconds": seconds, "cpu": {name: each / orders for name, each in used.items()}}


def cpu_seconds() -> defaultdict[str, float]:
    """Return what each thread that lives has used of a CPU, by its name."""
    used = defaultdict[str, float](float)
    for thread in threading.enumerate():
        if thread.ident is not None:
            used[thread.name] += time.clock_gettime(time.pthread_getcpuclockid(thread.ident))
    return used


CASES: dict[str, Callable[[Trader, int], list[float]]] = {
    "sequential": Trader.sequential,
    "served": Trader.served,
    "streams": Trader.streams,
    "beside": Trader.beside,
    "beside_short": Trader.beside_short,
    "flood": Trader.flood,
    "protect": Trader.protect,
}


def main(url: str, durability: str, entry: str, cases: str) -> None:
    """Print what the engine's cases took."""
    print(json.dumps(run(url, durability, entry, json.loads(cases))))


if __name__ == "__main__":
    main(*sys.argv[1:5])
