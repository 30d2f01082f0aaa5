"""Outcomes: orders whose answers go wrong at a venue's port, and all that was known of them.

Owns one run for a whole table: the cases of a round go at once, each on a symbol of its own and
with its own trouble. Engine and venue share a clock that is faster than the wall, so that the time
in which a lost request could still be accepted is whole, and short for a test.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from callboard import (
    OrderFailed,
    OrderRefused,
    PositionClosed,
    PositionProtected,
    Settings,
    SignalType,
)
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.travel.timeline_command import found
from callboard.actors.adapters.travel.trail import Trail
from callboard.actors.adapters.travel.trail_collector import collected
from callboard.actors.engine import JOURNAL_FOLDER
from callboard.actors.settings import BreakerSettings, OrderSettings, RetryFigures, RiskSettings
from callboard.actors.system import make_codec
from callboard.messages.values import Leg
from callboard.scenarios.venue.faults import Fault
from callboard.scenarios.venue.ledger import OrderTruth, VenueLedger
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.server.wire_faults import WireFault
from callboard.scenarios.venue.settings import PAPER_LEVERAGE
from callboard.scenarios.venue.streams import USER
from support.loopback import Trader, trading
from support.venue_servers import control, served

SPEED = 5.0
SYMBOLS = tuple(f"{letter}USDT" for letter in "ABCDEFGHIJKLM")
ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
SETTINGS = Settings(
    risk=RiskSettings(
        symbols=SYMBOLS,
        cooldown_ms=0,
        executions_per_day_max=1_000,
        positions_max=len(SYMBOLS),
        # A second of the wall: what waits for longer on a busy machine is not sent any more.
        send_within_ms=5_000,
        mark_age_ms_max=60_000,
    ),
    orders=OrderSettings(unknown_margin_ms=500),
    retry=RetryFigures(api_base_ms=250),
    # The failures of many orders at once are no outage here.
    breaker=BreakerSettings(venue_failures_max=500, venue_requests_min=500),
)


@frozen
class Case:
    """An entry, and what befalls the first requests of a path that are about its symbol."""

    name: str
    """Also its signal's id."""
    fault: Fault | WireFault | None
    path: str = ORDER
    is_executed: bool = True
    times: int = 1


@frozen
class Silence:
    """What befalls the user stream at the `nth` of its next frames."""

    fault: Fault
    nth: int = 1
    size_ms: int = 0


@frozen
class Round:
    """Cases that go at once."""

    cases: Sequence[Case]
    silence: Silence | None = None


@frozen
class Known:
    """What is known of a case once it has come to its end, before its position is closed."""

    entry: Trail
    """As the journal tells it."""
    stops: Sequence[Trail]
    orders: Sequence[OrderTruth]
    """Those that the venue took; its own truth, as is what follows."""
    fills: int
    """Of the entry."""
    has_position: bool


def outcomes(rounds: Sequence[Round], data_dir: Path) -> dict[str, Known]:
    """Play all rounds with one engine; return what is known of each case by its name."""
    clock = ScaledClock.begin(speed=SPEED)
    server = served(clock=clock, symbols=SYMBOLS, pace_ms=500, leverage=PAPER_LEVERAGE)
    with server, trading(server, SETTINGS, clock=clock, data_dir=data_dir) as trader:
        ledgers = [_play(trader, each) for each in rounds]
    trails = collected(Disk(data_dir / JOURNAL_FOLDER), make_codec())
    return {
        case.name: _known(case, symbol, trails, ledger)
        for each, ledger in zip(rounds, ledgers, strict=True)
        for case, symbol in _placed(each)
    }


def _placed(played: Round) -> Iterator[tuple[Case, str]]:
    return zip(played.cases, SYMBOLS, strict=False)


def _play(trader: Trader, played: Round) -> VenueLedger:
    """Let the cases of a round come to their ends; return the venue's truth then."""
    ends = _count(trader, PositionProtected, OrderFailed)
    closed = _count(trader, PositionClosed)
    for case, symbol in _placed(played):
        _plan(trader, case, symbol)
    silence = played.silence
    if silence is not None:
        words = {"method": "STREAM", "path": USER, "nth": silence.nth}
        _ask(trader, fault=silence.fault, size_ms=silence.size_ms, **words)
    for case, symbol in _placed(played):
        trader.signal(case.name, symbol=symbol)
    wanted = ends + len(played.cases)
    trader.told.wait_for(
        lambda: _count(trader, PositionProtected, OrderFailed, OrderRefused) >= wanted
    )
    refused = trader.all_told(OrderRefused)
    assert not refused, refused
    ledger = trader.ledger()
    for position in ledger.positions:
        trader.signal(f"out-{position.symbol}-{closed}", SignalType.CLOSE_LONG, position.symbol)
    flat = closed + len(ledger.positions)
    trader.told.wait_for(lambda: _count(trader, PositionClosed) >= flat)
    return ledger


def _plan(trader: Trader, case: Case, symbol: str) -> None:
    if case.fault is None:
        return
    about = {"method": "POST", "path": case.path, "symbol": symbol}
    for nth in range(1, case.times + 1):
        _ask(trader, fault=case.fault, nth=nth, executed=case.is_executed, **about)


def _ask(trader: Trader, **values: object) -> None:
    assert (200, {}) == control(trader.server, "POST", "/faults/once", **values)


def _count(trader: Trader, *kinds: type) -> int:
    return sum(isinstance(event, kinds) for event in list(trader.told.events))


def _known(case: Case, symbol: str, trails: Sequence[Trail], ledger: VenueLedger) -> Known:
    (entry,) = found(trails, case.name)
    since_ns = entry.begin_ns
    return Known(
        entry,
        [
            each
            for each in trails
            if each.approved is not None
            and (each.approved.leg, each.approved.symbol) == (Leg.STOP, symbol)
            and since_ns <= each.begin_ns <= ledger.at_ns
        ],
        [
            each
            for each in ledger.orders
            if (each.symbol, each.accepted_at_ns > since_ns) == (symbol, True)
        ],
        sum(fill.client_order_id == entry.name for fill in ledger.fills),
        any(position.symbol == symbol for position in ledger.positions),
    )
