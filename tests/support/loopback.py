"""Loopback: the real engine, over real sockets, at a venue's server on this machine.

Every message that the core took and every request that left is kept. Every wait ends with a named
signal, or fails after `WAIT_SECONDS`.
"""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from attrs import define, field

from callboard import EngineReady, Subscribe
from callboard.actors.adapters.binance.client import ClientOptions
from callboard.actors.adapters.binance.credentials import Credentials
from callboard.actors.adapters.binance.environment import loopback
from callboard.actors.adapters.binance.exchange import BinanceExchange
from callboard.actors.adapters.binance.stream_connection import NetworkFigures
from callboard.actors.adapters.binance.streams import BinanceStreams, WireFigures
from callboard.actors.adapters.binance.transport import route_to
from callboard.actors.adapters.binance_replies import error_of
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.adapters.secret import Secret
from callboard.actors.engine import Surroundings, launch
from callboard.actors.ports import StreamListener, VenueAnswer, VenueRequest
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.intake import SubmitSignal
from callboard.messages.market import MarkChanged
from callboard.messages.values import SignalType
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.server.serving import VenueServer
from support.engines import Collector
from support.hosts import Ref, has
from support.worlds import WAIT_SECONDS

SYMBOL = "BTCUSDT"
API_KEY = "any"
SETTINGS = Settings(
    risk=RiskSettings(symbols=(SYMBOL,), cooldown_ms=0, executions_per_day_max=1_000)
)
NETWORK = NetworkFigures(close_seconds=0.2)

Message = TypeVar("Message")


@define
class Watched:
    """An exchange whose requests and answers are kept in their order."""

    exchange: BinanceExchange
    sent: list[VenueRequest] = field(factory=list[VenueRequest])
    codes: list[int] = field(factory=list[int])
    """The venue's error code of each answer, 0 for none."""

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Send one request."""
        self.sent.append(request)

        def note(given: VenueAnswer) -> None:
            self.codes.append(error_of(given)[0])
            answer(given)

        self.exchange.request(request, note)

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect a stream."""
        self.exchange.open_stream(stream, symbols, listener)

    def close(self) -> None:
        """Close every connection."""
        self.exchange.close()


@define
class Trader:
    """A running engine, what it said and what its core heard."""

    server: VenueServer
    ref: Ref
    exchange: Watched
    told: Collector
    heard: Collector
    """Messages of every step of the core."""
    logged: Collector
    """Lines of the log, as (event, fields), from the first on: before anybody could subscribe."""

    def signal(
        self,
        signal_id: str,
        kind: SignalType = SignalType.LONG_ENTRY,
        symbol: str = SYMBOL,
        **wish: Any,
    ) -> None:
        self.ref.tell(SubmitSignal(signal_id, 0, kind, symbol, confidence=Decimal("0.9"), **wish))

    def ledger(self) -> VenueLedger:
        """Return the truth of the venue's first account."""
        return self.server.call(lambda floor: dict(floor.now())["account-1"].ledger())

    def wait_told(self, kind: type) -> None:
        self.told.wait_for(has(self.told, kind))

    def wait_heard(self, is_it: Callable[[Any], bool]) -> None:
        self.heard.wait_for(lambda: any(is_it(each) for each in self.heard.events))

    def all_told(self, kind: type[Message]) -> list[Message]:
        return [each for each in self.told.events if isinstance(each, kind)]

    def all_heard(self, kind: type[Message]) -> list[Message]:
        return [each for each in self.heard.events if isinstance(each, kind)]


@contextmanager
def trading(
    server: VenueServer,
    settings: Settings = SETTINGS,
    *,
    clock: ScaledClock | None = None,
    data_dir: Path | None = None,
    port: int = 0,
) -> Generator[Trader]:
    """Run an engine at a server until it is ready, and for as long as the context lasts.

    With a `port` it reaches the server there.
    """
    with started(server, settings, clock=clock, data_dir=data_dir, port=port) as trader:
        trader.wait_told(EngineReady)
        wanted = set(settings.risk.symbols)
        trader.heard.wait_for(
            lambda: wanted <= {each.symbol for each in trader.all_heard(MarkChanged)}
        )
        yield trader


@contextmanager
def started(
    server: VenueServer,
    settings: Settings,
    *,
    clock: ScaledClock | None = None,
    data_dir: Path | None = None,
    port: int = 0,
) -> Generator[Trader]:
    """Run an engine at a server, ready or not."""
    clock = clock or ScaledClock.begin()
    exchange = Watched(exchange_at(port or server.port, clock))
    heard, told, logged = Collector(), Collector(), Collector()

    def keep(_cell: Cell, envelope: Envelope) -> None:
        heard(envelope.message)

    def log(_actor: str, event: str, fields: Mapping[str, object]) -> None:
        logged((event, fields))

    around = Surroundings(
        exchange, clock, data_dir, log, shares=Shares(), on_stopped=exchange.close, on_step=keep
    )
    ref = launch(settings, around)
    try:
        ref.tell(Subscribe(told))
        yield Trader(server, ref, exchange, told, heard, logged)
    finally:
        ref.stop(block=True, timeout=WAIT_SECONDS)


def exchange_at(port: int, clock: ScaledClock) -> BinanceExchange:
    """Return the gateway and the streams of an account at a port."""
    address = loopback(port)
    credentials = Credentials(Secret(API_KEY), Secret("none"))
    options = ClientOptions(address, route_to(address.rest, {}), credentials)
    return BinanceExchange(
        options, BinanceStreams(address, clock, figures=WireFigures(network=NETWORK))
    )
