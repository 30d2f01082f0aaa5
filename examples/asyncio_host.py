"""Asyncio host: a program on a loop hosts the engine and trades a moving-average cross.

Usage: python asyncio_host.py [--tape FILE] [--seconds 20] [--speed 10] [--data-dir D]

Without a tape the market is drawn from a seed. Nothing here blocks the loop: a heartbeat beside
the trading measures it. What would block (start, stop) runs in a thread; questions and events come
through `callboard.aio`, since awaiting a Pykka future holds up the whole loop. Nothing here can
reach a real exchange.
"""

import argparse
import asyncio
import sys
from collections import Counter, deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pykka
from attrs import define, field

from callboard import (
    EngineReady,
    ExecutionSystem,
    FlattenPositions,
    GetPositions,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
    OrderType,
    PositionClosed,
    PositionOpened,
    PositionsView,
    Refused,
    RiskSettings,
    Settings,
    SignalType,
    SubmitSignal,
    TimeInForce,
    aio,
)
from callboard.scenarios.running.host import PaperVenue, open_venue

SYMBOL = "ETHUSDT"
FAST, SLOW = 5, 20
"""Prices in the two averages, one a second of the venue's time."""
PRICE_EVERY_MS = 1_000
BEAT_SECONDS = 0.02
PRICES_WAITING_MAX = 1_000

System = pykka.ActorRef[Any]


@define
class Account:
    """What the engine's events have said so far."""

    ready: asyncio.Event = field(factory=asyncio.Event)
    changed: asyncio.Event = field(factory=asyncio.Event)
    position: int = 0
    waits_for: str = ""
    """The one signal that is under way."""
    ends: Counter[str] = field(factory=Counter[str])
    reasons: list[str] = field(factory=list[str])
    net: Decimal = Decimal(0)

    def take(self, event: Any) -> None:
        """Take one event."""
        self.changed.set()
        match event:
            case EngineReady():
                self.ready.set()
            case PositionOpened():
                self.position = 1 if event.quantity > 0 else -1
            case PositionClosed():
                self.position = 0
                self.net += event.realised_pnl - event.fees
            case _:
                self._take_end(event)

    async def idle(self) -> None:
        """Wait until nothing is open and nothing under way."""
        while self.position or self.waits_for:
            self.changed.clear()
            await self.changed.wait()

    def _take_end(self, event: Any) -> None:
        if not event.signal_id:
            return  # an order that the engine placed by itself, as a stop
        self.ends[type(event).__name__] += 1
        if not isinstance(event, OrderFilled):
            self.reasons.append(f"{event.signal_id}: {getattr(event, 'reason', '')}")
        if event.signal_id == self.waits_for:
            self.waits_for = ""


class Prices:
    """Hears the venue's market stream on its thread, and hands one price a second to the loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._queue = asyncio.Queue[Decimal](PRICES_WAITING_MAX)
        self._told_ms = 0

    async def next(self) -> Decimal:
        """Wait for a price."""
        return await self._queue.get()

    def on_open(self, stream: str) -> None:
        """Nothing to do: prices follow."""

    def on_unreadable(self, stream: str, text: str, reason: str) -> None:
        """Nothing to do: the next price replaces it."""

    def on_key_wanted(self, stream: str, reason: str) -> None:
        """Nothing to do: prices need no key."""

    def on_close(self, stream: str, reason: str) -> None:
        """Nothing to do: the program ends by its time."""

    def on_frame(self, stream: str, frame: Mapping[str, Any]) -> None:  # noqa: ARG002 - a port
        """Hand over the middle of the best bid and ask, but not more often than once a second."""
        if frame.get("e") != "bookTicker" or frame["T"] - self._told_ms < PRICE_EVERY_MS:
            return
        self._told_ms = frame["T"]
        price = (Decimal(frame["b"]) + Decimal(frame["a"])) / 2
        self._loop.call_soon_threadsafe(self._put, price)

    def _put(self, price: Decimal) -> None:
        if not self._queue.full():
            self._queue.put_nowait(price)


@define
class Heartbeat:
    """Ticks beside everything else, and remembers its longest delay."""

    beats: int = 0
    latest_seconds: float = 0.0

    async def run(self) -> None:
        """Tick until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + BEAT_SECONDS
            await asyncio.sleep(BEAT_SECONDS)
            self.beats += 1
            self.latest_seconds = max(self.latest_seconds, loop.time() - due)


@define
class Trader:
    """Follows the cross of two moving averages with one position at a time."""

    system: System
    venue: PaperVenue
    account: Account
    prices: Prices
    sent: int = 0
    _recent: deque[Decimal] = field(factory=lambda: deque[Decimal](maxlen=SLOW))

    async def run(self) -> None:
        """Trade until cancelled."""
        await self.account.ready.wait()
        await self.send_an_order_that_fails(await self.prices.next())
        entered = 0
        while True:
            direction = self.direction(await self.prices.next())
            position = self.account.position
            if self.account.waits_for:
                continue
            if position not in (0, direction):
                await self.send(SignalType.CLOSE_LONG if position > 0 else SignalType.CLOSE_SHORT)
            elif position == 0 and direction not in (0, entered):
                entered = direction
                kind = SignalType.LONG_ENTRY if direction > 0 else SignalType.SHORT_ENTRY
                await self.send(kind)

    def direction(self, price: Decimal) -> int:
        """Take a price; return 1 while the fast average is above the slow one, -1 below it."""
        self._recent.append(price)
        if len(self._recent) < SLOW:
            return 0
        fast = sum(list(self._recent)[-FAST:]) / FAST
        slow = sum(self._recent) / SLOW
        return (fast > slow) - (fast < slow)

    async def send_an_order_that_fails(self, price: Decimal) -> None:
        """Buy above the market, but never as a taker: the venue rejects that."""
        above = (price * Decimal("1.001")).quantize(Decimal("0.01"))
        await self.send(
            SignalType.LONG_ENTRY,
            order_type=OrderType.LIMIT,
            price=above,
            time_in_force=TimeInForce.GTX,
        )

    async def send(self, kind: SignalType, **terms: Any) -> None:
        """Send one signal; the engine says at once whether it takes it, and later how it ended."""
        self.sent += 1
        signal_id = f"{kind.value.lower()}-{self.sent}"
        at_ms = self.venue.clock.now_ns() // 1_000_000
        signal = SubmitSignal(signal_id, at_ms, kind, SYMBOL, confidence=Decimal("0.9"), **terms)
        self.account.waits_for = signal_id
        try:
            await aio.ask(self.system, signal)
        except Refused as refused:
            self.account.waits_for = ""
            self.account.reasons.append(f"{signal_id}: {refused.reason}")


async def follow(system: System, account: Account) -> None:
    """Hand every event of interest to the account until the engine stops."""
    kinds = (EngineReady, PositionOpened, PositionClosed, OrderFilled)
    ends = (OrderRefused, OrderFailed, OrderExpired, OrderCancelled)
    async with aio.events(system, *kinds, *ends) as events:
        async for event in events:
            account.take(event)


@asynccontextmanager
async def hosted(options: argparse.Namespace) -> AsyncGenerator[tuple[System, PaperVenue]]:
    """Run an engine on a paper venue; starting and stopping happen in a thread."""
    risk = RiskSettings(symbols=(SYMBOL,), cooldown_ms=0, executions_per_day_max=1_000)
    settings = Settings(seed=options.seed, risk=risk)

    def start() -> tuple[System, PaperVenue]:
        venue = open_venue(settings, market=options.tape, speed=options.speed)
        system = ExecutionSystem.start(
            settings, exchange=venue.exchange, clock=venue.clock, data_dir=options.data_dir
        )
        return system, venue

    def stop() -> None:
        system.stop(block=True, timeout=30)
        venue.close()

    system, venue = await asyncio.to_thread(start)
    try:
        yield system, venue
    finally:
        await asyncio.to_thread(stop)


async def trade(options: argparse.Namespace, heartbeat: Heartbeat) -> tuple[Trader, PositionsView]:
    """Trade for a while, close what is open and return what happened."""
    async with hosted(options) as (system, venue):
        trader = Trader(system, venue, Account(), Prices())
        following = asyncio.create_task(follow(system, trader.account))
        venue.connect("prices").open_stream("market", (SYMBOL,), trader.prices)
        beating = asyncio.create_task(heartbeat.run())
        try:
            async with asyncio.timeout(options.seconds):
                await trader.run()
        except TimeoutError:
            beating.cancel()
        await flatten(trader)
        positions: PositionsView = await aio.ask(system, GetPositions())
    await following  # it ends with the engine
    return trader, positions


async def flatten(trader: Trader) -> None:
    """Ask the engine to close what is open, and wait for it."""
    account = trader.account
    if account.position or account.waits_for:
        await aio.ask(trader.system, FlattenPositions("finish", reason="the program ends"))
        async with asyncio.timeout(10):
            await account.idle()


def print_report(trader: Trader, positions: PositionsView, heartbeat: Heartbeat) -> None:
    """Print how it went."""
    account = trader.account
    print(f"signals sent        {trader.sent}")
    for kind, count in account.ends.items():
        print(f"  {kind:<17} {count}")
    for reason in account.reasons:
        print(f"  ended without fill  {reason}")
    print(f"net                 {account.net:.4f} USDT")
    print(f"longest unprotected {positions.longest_unprotected_ms} ms")
    print(f"open positions      {len(positions.positions)}")
    late_ms = heartbeat.latest_seconds * 1_000
    print(f"heartbeat           {heartbeat.beats} beats, the latest {late_ms:.1f} ms late")


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--tape", type=Path, help="a recorded market; else one from a seed")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to trade")
    parser.add_argument("--speed", type=float, default=10.0, help="engine seconds in a second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data-dir", type=Path, help="keep a journal here")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Run the program; 0 when orders were filled although one of them failed."""
    heartbeat = Heartbeat()
    trader, positions = asyncio.run(trade(parse(arguments), heartbeat))
    print_report(trader, positions, heartbeat)
    return 0 if trader.account.ends["OrderFilled"] and trader.account.reasons else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
