"""The engine over real sockets: python-binance, websockets and the venue's server.

An order is placed, filled and stopped, with trouble on the wire too; afterwards the venue's own
books are asked what happened.
"""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pykka
import pytest
from attrs import define, evolve

from callboard import (
    EngineReady,
    OrderFilled,
    OrderRefused,
    PositionClosed,
    PositionProtected,
    SignalType,
    Subscribe,
)
from callboard.actors.adapters.binance.client import OrderEntry
from callboard.actors.adapters.binance.exchange import BinanceExchange
from callboard.actors.adapters.binance.streams import BinanceStreams
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.engine import Surroundings, launch
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.runtime.front import Front
from callboard.messages.market import MarkChanged
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.wire_faults import WireFault
from callboard.scenarios.venue.settings import PAPER_LEVERAGE
from support.binance_clients import options_for
from support.engines import Collector
from support.eth_stage import signal
from support.stages import WAIT_SECONDS, stage_settings
from support.venue_servers import control, served

ORDER = "/fapi/v1/order"


@define(eq=False)
class Trading:
    """An engine that trades at a server."""

    ref: pykka.ActorRef[Front]
    heard: Collector
    server: VenueServer

    def signal(self, signal_id: str, kind: SignalType) -> None:
        """Give a signal."""
        self.ref.ask(signal(signal_id, kind), timeout=WAIT_SECONDS)

    def enter(self, number: int) -> None:
        """Open a position, the one of this number; asked again until a first mark has come."""
        for attempt in count(1):
            ends = number + len(self.of(OrderRefused))
            self.signal(f"in-{number}-{attempt}", SignalType.LONG_ENTRY)
            self.heard.wait_for(partial(self._has_ended, ends))
            if len(self.of(PositionProtected)) >= number:
                return
            assert "mark_age" == self.of(OrderRefused)[-1].guard

    def _has_ended(self, times: int) -> bool:
        return len(self.of(PositionProtected)) + len(self.of(OrderRefused)) >= times

    def of(self, kind: type) -> list[Any]:
        """Return the events of a class."""
        return [event for event in list(self.heard.events) if isinstance(event, kind)]

    def wait_for(self, kind: type, times: int = 1) -> Any:
        """Return an event of a class, once so many have come."""
        self.heard.wait_for(lambda: len(self.of(kind)) >= times)
        return self.of(kind)[times - 1]

    def ledger(self) -> VenueLedger:
        """Return the books of the account."""
        ((_, ledger),) = self.server.call(
            lambda floor: [(name, venue.ledger()) for name, venue in floor.venues]
        )
        return ledger


@contextmanager
def trading(
    server: VenueServer, folder: Path, *, entry: OrderEntry = OrderEntry.REST
) -> Generator[Trading]:
    """Run an engine at a server that is entered and left with it."""
    with server:
        clock = WallClock()
        options = evolve(options_for(server.rest_url), order_entry=entry)
        exchange = BinanceExchange(options, BinanceStreams(options.address, clock))
        marked, heard = threading.Event(), Collector()

        def look(_cell: Cell, envelope: Envelope) -> None:
            if isinstance(envelope.message, MarkChanged):
                marked.set()

        around = Surroundings(exchange, clock, folder, shares=Shares(), on_step=look)
        ref = launch(stage_settings(), around)
        try:
            ref.ask(Subscribe(heard), timeout=WAIT_SECONDS)
            # An engine may be ready before its first price, and refuses entries until then.
            assert marked.wait(WAIT_SECONDS)
            yield Trading(ref, heard, server)
        finally:
            ref.stop(block=True, timeout=WAIT_SECONDS)
            exchange.close()


@pytest.mark.parametrize("by", OrderEntry)
def test_an_order_is_placed_filled_stopped_and_closed(by: OrderEntry, tmp_path: Path) -> None:
    with trading(served(leverage=PAPER_LEVERAGE), tmp_path, entry=by) as engine:
        engine.enter(1)
        filled = engine.wait_for(OrderFilled)
        protected = engine.wait_for(PositionProtected)
        opened = engine.ledger()
        engine.signal("s2", SignalType.CLOSE_LONG)
        engine.wait_for(PositionClosed)
        closed = engine.ledger()

    entry, stop = opened.orders
    assert (filled.client_order_id, "FILLED", filled.quantity) == (
        entry.client_order_id,
        entry.status,
        entry.executed,
    )
    assert ("STOP_MARKET", True, True) == (stop.type, stop.close_position, stop.is_open)
    assert protected.trigger_price < filled.average_price
    assert ((), 2) == (closed.positions, len(closed.fills))


def test_an_answer_that_is_lost_opens_nothing_twice(tmp_path: Path) -> None:
    """Each time the order was executed and its answer was none: the venue is asked, and knows."""
    troubles: list[tuple[str, dict[str, object]]] = [
        (WireFault.RESET_AFTER_EXECUTION, {}),
        (WireFault.ANSWER_HALF, {}),
        (WireFault.PAGE_502, {"executed": True}),
    ]
    with trading(served(leverage=PAPER_LEVERAGE), tmp_path) as engine:
        engine.wait_for(EngineReady)
        for number, (fault, values) in enumerate(troubles, start=1):
            plan = {"fault": fault, "method": "POST", "path": ORDER, **values}
            assert (200, {}) == control(engine.server, "POST", "/faults/once", **plan)
            engine.enter(number)
            engine.signal(f"out-{number}", SignalType.CLOSE_LONG)
            engine.wait_for(PositionClosed, number)
        ledger = engine.ledger()

    entries = [order for order in ledger.orders if order.side == "BUY"]
    assert ["FILLED"] * len(troubles) == [order.status for order in entries]
    assert ((), 2 * len(troubles)) == (ledger.positions, len(ledger.fills))
