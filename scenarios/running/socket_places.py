"""Socket places: a run over real sockets, at a venue elsewhere or at one that it starts.

Owns the opening and the closing of both. A server of this process serves one run, on a free port of
this machine, with the run's market, faults and clock; its truth is read when it has ended. A venue
elsewhere is asked for its time first: one that nobody answers for ends the run before it begins.
"""

import queue
from collections.abc import Mapping
from contextlib import ExitStack

from attrs import evolve

from ...actors.adapters.binance.opening import Opened, open_exchange
from ...actors.adapters.binance_requests import build_request
from ...actors.adapters.clock import WallClock
from ...actors.ports import VenueAnswer
from ...actors.settings import Settings
from ...messages.values import Phase
from ...messages.venue import ReadTime
from ..paper import PaperOptions
from ..venue.control import VenueGoneError
from ..venue.ledger import VenueLedger
from ..venue.scaled_clock import ScaledClock
from ..venue.server.floor import Floor
from ..venue.server.serving import VenueServer
from ..venue.settings import AT_ONCE
from .live import Place

PROBES = 3


def place_at_venue(settings: Settings, environ: Mapping[str, str]) -> Place:
    """Return a place at the venue of the settings' mode, or at the URL that paper names.

    Raises as `open_exchange`, and `VenueGoneError` where no venue answers.
    """
    clock = WallClock()
    opened = open_exchange(settings, clock, environ)
    with ExitStack() as undo:
        undo.callback(opened.exchange.close)
        _check_reached(opened)
        undo.pop_all()
    return Place(
        opened.exchange,
        clock,
        lambda: None,
        opened.exchange.close,
        account=opened.account,
        tells_ledger=False,
    )


def place_on_server(options: PaperOptions, environ: Mapping[str, str]) -> Place:
    """Return a place whose venue is a server that this run starts, and ends."""
    start_ns, live = options.market.start_ns, options.market.live
    clock = ScaledClock.begin(at_ns=start_ns) if live is None else live.clock
    venue = evolve(options.venue_settings(), latency=AT_ONCE, trade_lite=True)
    server = VenueServer(
        venue,
        options.market.market,
        clock,
        seed=options.settings.seed,
    )
    with ExitStack() as undo:
        undo.callback(options.market.close)
        server.start()
        undo.callback(server.stop)
        options.market.hear(server.wake)
        opened = open_exchange(_at(options.settings, server.rest_url), clock, environ)
        undo.callback(opened.exchange.close)
        closing = undo.pop_all()
    return Place(
        opened.exchange,
        clock,
        lambda: server.call(_ledger),
        closing.close,
        lambda: server.call(_fault_counts),
    )


def _ledger(floor: Floor) -> VenueLedger:
    """Return the truth of the one account that a run has; of nobody's before it was opened."""
    return next((venue.ledger() for _, venue in floor.venues), floor.venues.public.ledger())


def _fault_counts(floor: Floor) -> dict[str, int]:
    return {fault.value: count for fault, count in floor.venues.fault_counts().items()}


def _at(settings: Settings, url: str) -> Settings:
    return evolve(settings, exchange=evolve(settings.exchange, rest_url=url))


def _check_reached(opened: Opened) -> None:
    why = ""
    for _ in range(PROBES):
        came: queue.SimpleQueue[VenueAnswer] = queue.SimpleQueue()
        opened.exchange.request(build_request(ReadTime(), "probe"), came.put)
        answer = came.get()
        if answer.phase is Phase.ANSWERED:
            return
        why = answer.text
    raise VenueGoneError(f"{opened.address.rest}: {why}")
