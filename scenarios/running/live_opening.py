"""Live opening: the public prices of a venue elsewhere, opened for a built-in exchange.

Owns the order: the venue's time and filters are read, then its streams are opened, and the market
is open when each symbol has told its mark. Whatever is missing ends the run before it begins, with
nothing left open. All of it by a client that has no key (`public_market.py`).
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from ...actors.adapters.binance.environment import VenueAddress
from ...actors.adapters.binance.public_market import PublicMarket, PublicRead
from ...actors.adapters.binance_replies import error_of, is_success
from ...actors.adapters.modes import market_address
from ...actors.adapters.wire import ReplyUnreadable, integer, mapping
from ...actors.errors import ConfigurationError
from ...actors.ports import Clock
from ...actors.settings import Settings
from ...messages.values import Phase
from ..venue.control import VenueGoneError
from ..venue.live_market import LiveMarket
from ..venue.live_rules import read_rules
from ..venue.moment import NS_PER_MS
from ..venue.scaled_clock import ScaledClock
from ..venue.settings import SymbolRules
from .market import Live, OpenedMarket

MARK_SECONDS = 30.0
"""A mark is told every second; a venue that is silent for so long is not there."""
PROBES = 3
SYMBOLS_MAX = 50
"""Of a symbol everything is heard, its depth ten times a second."""


def live(symbols: tuple[str, ...], settings: Settings, environ: Mapping[str, str]) -> OpenedMarket:
    """Open the live market of some symbols; close it after the run.

    Raises:
        ConfigurationError: The address must not be reached, or a symbol cannot be had there.
        VenueGoneError: The venue does not answer, or tells no prices.
    """
    if len(symbols) > SYMBOLS_MAX:
        raise ConfigurationError(f"{len(symbols)} symbols, of {SYMBOLS_MAX} that can be heard live")
    address, clock = market_address(settings), ScaledClock.begin()
    with ExitStack() as undo:
        public = PublicMarket(address, clock, environ)
        undo.callback(public.close)
        skew_ms = min(_sample(public, address, clock) for _ in range(PROBES))[1]
        rules = _rules(public, address, symbols)
        source = LiveMarket(symbols, clock, ahead_ms=skew_ms)
        public.listen(symbols, source)
        silent = source.wait_for_marks(MARK_SECONDS)
        if silent:
            why = f"{', '.join(silent)}: no price within {MARK_SECONDS:g} s"
            raise VenueGoneError(f"{address.streams}: {why}")
        undo.pop_all()
    brought = Live(rules, clock, skew_ms, source, public.close)
    name = f"live market at {address.rest}"
    return OpenedMarket(source, symbols, clock.now_ns(), name, live=brought)


def _sample(public: PublicMarket, address: VenueAddress, clock: Clock) -> tuple[int, int]:
    """Return (round trip, offset) of one look at the venue's clock, in ms."""
    left_ns = clock.now_ns()
    body = _asked(public, address, PublicRead.TIME)
    came_ns = clock.now_ns()
    try:
        venue_ms = integer(mapping(body, "body"), "serverTime")
    except ReplyUnreadable as error:
        raise VenueGoneError(f"{address.rest}{PublicRead.TIME}: {error}") from None
    return (came_ns - left_ns) // NS_PER_MS, venue_ms - (left_ns + came_ns) // 2 // NS_PER_MS


def _rules(
    public: PublicMarket, address: VenueAddress, symbols: tuple[str, ...]
) -> tuple[SymbolRules, ...]:
    body = _asked(public, address, PublicRead.EXCHANGE_INFO)
    try:
        return read_rules(body, symbols)
    except ReplyUnreadable as error:
        raise VenueGoneError(f"{address.rest}{PublicRead.EXCHANGE_INFO}: {error}") from None
    except ConfigurationError as error:
        where = f"the live market at {address.rest}"
        raise ConfigurationError(*(f"{where}: {fault}" for fault in error.faults)) from None


def _asked(public: PublicMarket, address: VenueAddress, what: PublicRead) -> Any:
    """Return the body of an answer; raises `VenueGoneError` where there is none."""
    answer = public.read(what)
    if answer.phase is not Phase.ANSWERED:
        raise VenueGoneError(f"{address.rest}: {answer.text}")
    if not is_success(answer):
        code, said = error_of(answer)
        raise VenueGoneError(f"{address.rest}{what}: refused: {answer.status} {code} {said}")
    return answer.body
