"""SeededMarket: prices drawn from a seed, on exact ticks, as long as one likes.

Owns one random walk per symbol: Gaussian steps, rare jumps, a spread and a depth shape. Integer
ticks inside, Decimal outside. Bounded by `duration_ms`, else endless; holds one pending tick per
symbol. The same seed and symbols give the same events.
"""

from collections.abc import Iterator
from decimal import Decimal
from heapq import heapify, heapreplace
from random import Random

from attrs import field, frozen

from .market import DepthShape, Mark, MarketEvent, Quote, Trade


@frozen
class Walk:
    """How one symbol moves; distances in ticks of `tick`."""

    symbol: str
    start: Decimal
    tick: Decimal
    volatility_ticks: float = 3.0
    """Standard deviation of one step."""
    jump_probability: float = 0.0005
    jump_bps: int = 40
    spread_ticks: int = 1
    touch_quantity: Decimal = Decimal(5)
    """Mean quantity at the touch; a draw lies between a fifth and nine fifths of it."""
    levels: int = 20
    level_spacing_ticks: int = 1
    level_quantity: Decimal = Decimal(10)
    trade_probability: float = 0.3
    price_floor: Decimal = Decimal(0)
    """The walk turns here; 0 means a tenth of the start."""
    pull: float = 0.0
    """Share of the distance from the start that each step takes back; 0 lets it wander off."""


BTC_WALK = Walk(
    "BTCUSDT",
    Decimal("49750.00"),
    Decimal("0.10"),
    volatility_ticks=12.0,
    jump_bps=30,
    pull=0.005,
)
"""Stays between 49,500 and 50,000 for days, so that an order that is written down somewhere with a
price of 50,000 and a stop at 49,000 keeps the slippage and the stop rule."""
ETH_WALK = Walk("ETHUSDT", Decimal("2600.00"), Decimal("0.01"), touch_quantity=Decimal(40))


@frozen
class SeededMarketSettings:
    """Pace of a seeded market; `duration_ms` 0 means endless."""

    walks: tuple[Walk, ...] = (BTC_WALK, ETH_WALK)
    tick_every_ms: int = 100
    tick_jitter_ms: int = 50
    mark_every_ms: int = 1000
    duration_ms: int = 0
    quantity_step: Decimal = field(default=Decimal("0.001"))


class SeededMarket:
    """A market of random walks that starts at `start_ns`."""

    def __init__(
        self,
        settings: SeededMarketSettings | None = None,
        *,
        seed: int,
        start_ns: int,
    ) -> None:
        self._settings = settings or SeededMarketSettings()
        self._end_ns = start_ns + self._settings.duration_ms * 1_000_000
        self._walkers = [
            _Walker(walk, self._settings, Random(f"{seed}:market:{walk.symbol}"), start_ns)
            for walk in self._settings.walks
        ]
        self._due = [(walker.next_at_ns, index) for index, walker in enumerate(self._walkers)]
        heapify(self._due)
        self._pending: list[MarketEvent] = []
        self.last_at_ns = start_ns

    def next_at_ns(self) -> int | None:
        """When the next event is due; None after the duration."""
        if self._pending:
            return self._pending[-1].at_ns
        if not self._due:
            return None
        at_ns = self._due[0][0]
        return None if self._settings.duration_ms and at_ns > self._end_ns else at_ns

    def advance(self, now_ns: int) -> Iterator[MarketEvent]:
        """Yield every event due at or before `now_ns`."""
        while True:
            at_ns = self.next_at_ns()
            if at_ns is None or at_ns > now_ns:
                return
            if not self._pending:
                self._draw()
            self.last_at_ns = at_ns
            yield self._pending.pop()

    def _draw(self) -> None:
        _, index = self._due[0]
        walker = self._walkers[index]
        self._pending = walker.draw()
        heapreplace(self._due, (walker.next_at_ns, index))


class _Walker:
    """One symbol's walk."""

    def __init__(
        self, walk: Walk, settings: SeededMarketSettings, random: Random, start_ns: int
    ) -> None:
        self._walk = walk
        self._settings = settings
        self._random = random
        self._home_ticks = self._ticks = int(walk.start / walk.tick)
        floor = walk.price_floor or walk.start / 10
        self._floor_ticks = max(int(floor / walk.tick), walk.levels * walk.level_spacing_ticks + 1)
        self._shape = DepthShape(
            walk.levels, walk.tick * walk.level_spacing_ticks, walk.level_quantity
        )
        self._touch_steps = int(walk.touch_quantity / settings.quantity_step)
        self._mark_at_ns = start_ns
        self.next_at_ns = start_ns

    def draw(self) -> list[MarketEvent]:
        """Return this tick's events, last first, and plan the next tick."""
        at_ns = self.next_at_ns
        self._move()
        quote = self._quote(at_ns)
        events: list[MarketEvent] = []
        if at_ns >= self._mark_at_ns:
            self._mark_at_ns = at_ns + self._settings.mark_every_ms * 1_000_000
            events.append(Mark(quote.symbol, at_ns, quote.bid))
        if self._random.random() < self._walk.trade_probability:
            events.append(self._trade(quote))
        events.append(quote)
        jitter_ms = int(self._random.random() * self._settings.tick_jitter_ms)
        self.next_at_ns = at_ns + (self._settings.tick_every_ms + jitter_ms) * 1_000_000
        return events

    def _move(self) -> None:
        random, walk = self._random, self._walk
        drift = walk.pull * (self._home_ticks - self._ticks)
        step = round(random.gauss(0.0, walk.volatility_ticks) + drift)
        if random.random() < walk.jump_probability:
            size = self._ticks * walk.jump_bps // 10_000
            step += size if random.random() < 0.5 else -size
        # Reflect at the floor, so that a long walk never reaches prices that no filter admits.
        self._ticks = self._floor_ticks + abs(self._ticks + step - self._floor_ticks)

    def _quote(self, at_ns: int) -> Quote:
        walk = self._walk
        return Quote(
            walk.symbol,
            at_ns,
            walk.tick * self._ticks,
            self._touch_quantity(),
            walk.tick * (self._ticks + walk.spread_ticks),
            self._touch_quantity(),
            self._shape,
        )

    def _touch_quantity(self) -> Decimal:
        share = 0.2 + 1.6 * self._random.random()
        return self._settings.quantity_step * max(1, int(self._touch_steps * share))

    def _trade(self, quote: Quote) -> Trade:
        is_sell = self._random.random() < 0.5
        price, displayed = (
            (quote.bid, quote.bid_quantity) if is_sell else (quote.ask, quote.ask_quantity)
        )
        steps = int(displayed / self._settings.quantity_step * 3 // 10)
        quantity = self._settings.quantity_step * max(1, steps)
        return Trade(quote.symbol, quote.at_ns, price, quantity, is_sell)
