"""Paper host: a system and a venue of its own in one line, on threads of this process.

Owns the venue's thread and closes it with the system; a host that trades or listens there itself
opens the venue first and gives it to `ExecutionSystem.start`. The venue is new at every start: of
what a journal in `data_dir` says, its positions and orders are not there any more, which the
reconciler reports; a venue that outlives the engine is a process (`callboard venue`). Its limits
are its own, so that any number of paper systems run beside each other.
"""

import decimal
import time
from collections.abc import Iterable
from pathlib import Path

import pykka
from attrs import frozen

from ...actors.adapters.clock import WallClock
from ...actors.adapters.modes import ModeRefused
from ...actors.adapters.rate_shares import Shares
from ...actors.adapters.settings_check import checked
from ...actors.adapters.trip_hooks import Hooks
from ...actors.engine import Surroundings, launch
from ...actors.policies.host_rules import HostRule
from ...actors.ports import Clock, Exchange
from ...actors.runtime.front import Front
from ...actors.runtime.hosting import LogSink
from ...actors.runtime.step import ENGINE_DECIMALS
from ...actors.settings import Settings
from ..venue.faults import Faults
from ..venue.ledger import VenueLedger
from ..venue.settings import VenueSettings
from ..venue.threaded import ThreadedExchange
from ..venue.venue import Venue
from .market import SEEDED_SYMBOLS, OpenedMarket, seeded, tape

PAPER = "paper"

Market = OpenedMarket | Path | str | None
"""An opened market, the path of a tape, or None for a market drawn from the settings' seed."""


@frozen(eq=False)
class PaperVenue:
    """A venue on a thread of this process, and the clock that it runs by."""

    market: OpenedMarket
    clock: Clock
    exchange: ThreadedExchange
    """The port of a system; a venue has one, and `connect` makes those of others."""

    def connect(self, client: str) -> Exchange:
        """Return the port of another client of the same account, as for its own market stream."""
        return self.exchange.connect(client)

    def ledger(self) -> VenueLedger:
        """Return the venue's own truth."""
        return self.exchange.ledger()

    def close(self) -> None:
        """End the venue and close its tape."""
        self.exchange.close()
        self.market.close()


def open_venue(
    settings: Settings,
    *,
    market: Market = None,
    speed: float = 1.0,
    faults: Faults | None = None,
) -> PaperVenue:
    """Open a venue that begins now; close it after the systems that trade there have stopped.

    `speed` engine seconds pass in one second of the wall, one at a live market. Raises
    `ConfigurationError`, and `ModeRefused` for any mode but paper.
    """
    settings = checked(settings)
    if settings.mode != PAPER:
        raise ModeRefused(settings.mode, ("the built-in venue is for paper alone",))
    # What a market computes while it is made must not depend on the host's context.
    with decimal.localcontext(ENGINE_DECIMALS):
        opened = _opened(market, settings)
        live = opened.live
        clock = WallClock(speed, opened.start_ns) if live is None else live.clock
        venue = _venue(settings, opened, faults or Faults())
    exchange = ThreadedExchange(venue, clock)
    opened.hear(exchange.wake)
    return PaperVenue(opened, clock, exchange)


def start(
    settings: Settings,
    *,
    market: Market = None,
    data_dir: Path | str | None = None,
    speed: float = 1.0,
    faults: Faults | None = None,
    log: LogSink | None = None,
    rules: Iterable[HostRule] = (),
    hooks: Hooks | None = None,
) -> pykka.ActorRef[Front]:
    """Start a paper system and return its ref; stopping the ref stops the venue too.

    Without a `data_dir` no journal is kept. Takes `rules`, and raises, as `ExecutionSystem.start`.
    """
    venue = open_venue(settings, market=market, speed=speed, faults=faults)
    around = Surroundings(
        venue.exchange,
        venue.clock,
        None if data_dir is None else Path(data_dir),
        log,
        hooks=hooks or Hooks(),
        shares=Shares(),
        on_stopped=venue.close,
        rules=tuple(rules),
    )
    return launch(settings, around)


def _opened(market: Market, settings: Settings) -> OpenedMarket:
    if isinstance(market, OpenedMarket):
        return market
    now_ns = time.time_ns()
    if market is not None:
        return tape(Path(market), start_ns=now_ns)
    symbols = settings.risk.symbols or SEEDED_SYMBOLS
    return seeded(symbols, seed=settings.seed, start_ns=now_ns)


def _venue(settings: Settings, opened: OpenedMarket, faults: Faults) -> Venue:
    own = VenueSettings(
        symbols=opened.rules,
        leverage=settings.risk.leverage,
        hedge_mode=settings.accounts.hedge_mode,
        faults=faults,
        clock_skew_ms=opened.skew_ms,
    )
    return Venue(own, opened.market, seed=settings.seed, start_ns=opened.start_ns)
