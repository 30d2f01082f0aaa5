"""Watched: a paper engine that trades and has trouble, and its service, for browsers.

The engine runs on threads of this process at the wall's pace, the service beside it as in a process
of its own. What is asked for ends in every state that a page shows: orders that rest, fill, are
refused, are tried again; positions with stops and targets; trades that have ended.
"""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from pathlib import Path

import pykka
from attrs import frozen

from callboard import Settings, SubmitSignal, Subscribe
from callboard.actors.adapters.http.server import HttpApi
from callboard.actors.adapters.service.service import Service
from callboard.actors.runtime.front import Front
from callboard.actors.service_settings import ApiSettings, MetricsSettings
from callboard.actors.settings import RiskSettings
from callboard.messages.events import (
    OrderFilled,
    OrderRefused,
    OrderUnknown,
    PositionClosed,
    PositionProtected,
)
from callboard.messages.values import OrderType, SignalType
from callboard.messages.vitals import GetStreams, StreamsView
from callboard.scenarios import paper
from callboard.scenarios.running.market import seeded
from callboard.scenarios.venue.faults import Faults
from support.engines import Collector
from support.waiting import until

SYMBOLS = ("BTCUSDT", "ETHUSDT", "SOLUSDT")
SEED = 7
START_NS = 1_790_000_000_000_000_000
FAULTS = Faults(connection_refused=0.06, http_503_internal=0.05)
ASK_SECONDS = 20.0
ROUNDS_MAX = 40
ROUND_MS = 1_500
"""Between two rounds, by the engine's clock."""
COLOURS: Mapping[type, int] = {
    OrderFilled: 3,
    OrderRefused: 1,
    OrderUnknown: 1,
    PositionProtected: 1,
    PositionClosed: 1,
}
"""What every panel has something of, and how many of it."""
SETTINGS = Settings(
    seed=SEED,
    risk=RiskSettings(
        symbols=SYMBOLS,
        cooldown_ms=0,
        executions_per_day_max=10_000,
        positions_max=6,
        position_size_pct_max=Decimal(25),
    ),
    api=ApiSettings(port=0),
    metrics=MetricsSettings(port=0),
)


@frozen(eq=False)
class Watched:
    """A running engine, its events and its service."""

    ref: pykka.ActorRef[Front]
    collector: Collector
    service: Service
    url: str

    def tell(self, signal: SubmitSignal) -> None:
        """Hand a signal to the engine; it is taken when this returns."""
        assert self.ref.ask(signal, timeout=ASK_SECONDS) is None

    def count(self, kind: type) -> int:
        """Return how many events of a class there were."""
        return sum(isinstance(event, kind) for event in list(self.collector.events))

    def trade(self) -> None:
        """Tell rounds of the story until every panel has something to show."""
        for number in range(ROUNDS_MAX):
            for signal in story(number):
                self.tell(signal)
            until(partial(self._is_later, self.now_ms() + ROUND_MS))
            if all(self.count(kind) >= least for kind, least in COLOURS.items()):
                return
        raise AssertionError(f"{ROUNDS_MAX} rounds did not bring everything about")

    def now_ms(self) -> int:
        """Return the engine's time."""
        return streams(self.ref).at_ms

    def _is_later(self, at_ms: int) -> bool:
        return self.now_ms() >= at_ms


@contextmanager
def watched(data_dir: Path, *, faults: Faults = FAULTS, speed: float = 1.0) -> Generator[Watched]:
    """Start engine and service, and end both."""
    market = seeded(SYMBOLS, seed=SEED, start_ns=START_NS)
    ref = paper.start(SETTINGS, market=market, data_dir=data_dir, speed=speed, faults=faults)
    try:
        collector = Collector()
        ref.ask(Subscribe(collector), timeout=ASK_SECONDS)
        service = Service.start(data_dir, SETTINGS, log=_unheard)
        try:
            until(lambda: streams(ref).ready)
            yield Watched(ref, collector, service, _address(service))
        finally:
            service.stop()
    finally:
        ref.stop()


def story(number: int) -> Iterator[SubmitSignal]:
    """Yield the signals of one round: entries of every kind, exits, and wishes that are refused."""
    for symbol, (kind, target) in ENTRIES.items():
        yield wish(f"{symbol[:3].lower()}-{number}", kind, symbol, target=target)
    yield wish(f"doubt-{number}", SignalType.LONG_ENTRY, "BTCUSDT", confidence=Decimal("0.41"))
    if number % RESTS_EVERY == 0:
        yield wish(f"far-{number}", SignalType.LONG_ENTRY, "BTCUSDT", price=Decimal(47_500))
    symbol, kind = EXITS[number % len(EXITS)]
    yield wish(f"out-{number}", kind, symbol)


ENTRIES = {
    "BTCUSDT": (SignalType.LONG_ENTRY, Decimal(51_700)),
    "ETHUSDT": (SignalType.SHORT_ENTRY, Decimal(2_500)),
    "SOLUSDT": (SignalType.LONG_ENTRY, Decimal(156)),
}
"""What is entered, and where its target lies."""
EXITS = (
    ("SOLUSDT", SignalType.CLOSE_LONG),
    ("ETHUSDT", SignalType.CLOSE_SHORT),
    ("BTCUSDT", SignalType.CLOSE_LONG),
)
"""What is closed, one a round; a wish to close what is not open is refused."""
RESTS_EVERY = 4


def wish(
    name: str,
    kind: SignalType,
    symbol: str,
    *,
    price: Decimal | None = None,
    target: Decimal | None = None,
    confidence: Decimal = Decimal("0.91"),
) -> SubmitSignal:
    """Return a confident signal; with a price, one that rests there."""
    return SubmitSignal(
        name,
        0,
        kind,
        symbol,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=price,
        take_profit=target,
        confidence=confidence,
        confluence_score=Decimal(4),
        signal_strength=Decimal("0.8"),
        strategy="momentum" if kind.is_entry else "reversal",
    )


def streams(ref: pykka.ActorRef[Front]) -> StreamsView:
    """Return by what the engine's gate judges entries."""
    view = ref.ask(GetStreams(), timeout=ASK_SECONDS)
    assert isinstance(view, StreamsView)
    return view


def _address(service: Service) -> str:
    """Wait until the API answers, and return where."""
    until(lambda: service.faces()["api"].is_ok)
    face = service.context.board.face("api")
    assert isinstance(face, HttpApi)
    return face.address


def _unheard(*_: object) -> None:
    """Keep no log."""
