"""RestingBook: what a market tick costs with few resting orders, and with thousands.

Ours is the built-in venue with its queue model on, fed by a seeded market that never comes near the
orders, half of them buys and half sells, each at a price of its own. Its peer is NautilusTrader's
backtest (`nautilus_resting.py`), whose matching looks at every order at every tick; growth is
compared with growth, so that nothing else of the two engines counts. The peer runs once: it takes
forty seconds to accept five thousand orders. Absent, with its reason, where the wheel is.
"""

import json
import subprocess
import sys
import time
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

from attrs import evolve

from callboard.actors.ports import VenueAnswer, VenueRequest
from callboard.scenarios.venue.seeded_market import ETH_WALK, SeededMarket, SeededMarketSettings
from callboard.scenarios.venue.settings import (
    ETHUSDT,
    QueueModel,
    RateLimits,
    VenueSettings,
)
from callboard.scenarios.venue.venue import Venue
from measure import Absent, Row, Target, compare
from order_rate import ABSENT, PEER_TIMEOUT_SECONDS
from stage import BenchmarkFailed

FEW = 50
COST = Target("a venue's tick over many resting orders / over few", "us CPU", 1.10, at_least=False)
GROWTH = Target("that growth / NautilusTrader 1.221's", "times", 0.10, at_least=False)
PEER = Path(__file__).with_name("nautilus_resting.py")
START_NS = 1_700_000_040_000_000_000
TICK_EVERY_MS = 100
PEER_TICKS_MAX = 5_000
NEVER = 10**9
"""A limit that nothing here reaches."""


def open_venue(resting: int) -> Venue:
    """Return a venue where so many orders rest, far from the market on both sides."""
    walk = evolve(ETH_WALK, volatility_ticks=1.0, jump_probability=0.0, trade_probability=1.0)
    pace = SeededMarketSettings(walks=(walk,), tick_every_ms=TICK_EVERY_MS, tick_jitter_ms=0)
    limits = RateLimits(weight_1m_max=NEVER, orders_10s_max=NEVER, orders_1m_max=NEVER)
    rules = VenueSettings(
        symbols=(evolve(ETHUSDT, orders_max=NEVER),),
        wallet_balance=Decimal(NEVER),
        rate_limits=limits,
        queue_model=QueueModel.QUEUE,
    )
    market = SeededMarket(pace, seed=1, start_ns=START_NS)
    venue = Venue(rules, market, seed=1, start_ns=START_NS)
    now_ns = START_NS + 1_000_000_000
    venue.step(now_ns)
    for number in range(resting):
        venue.submit(_order(number, now_ns), now_ns=now_ns)
    answers = [delivery.payload for delivery in venue.step(now_ns + 1_000_000_000)]
    accepted = sum(isinstance(each, VenueAnswer) and each.status == 200 for each in answers)
    if accepted != resting:
        raise BenchmarkFailed(f"{accepted} orders of {resting} rest")
    return venue


def _order(number: int, now_ns: int) -> VenueRequest:
    """Return a limit order: even numbers buy below the market, odd ones sell above it."""
    away = Decimal(number // 2) / 100
    price = Decimal("2700.00") + away if number % 2 else Decimal("2500.00") - away
    params = {
        "symbol": ETHUSDT.symbol,
        "side": "SELL" if number % 2 else "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.1",
        "price": str(price),
        "timestamp": str(now_ns // 1_000_000),
    }
    return VenueRequest(f"r{number}", "POST", "/fapi/v1/order", params)


def ours(resting: int, ticks: int) -> float:
    """Return the CPU microseconds of one of our ticks."""
    venue = open_venue(resting)
    begin_ns = START_NS + 2_000_000_000
    begin = time.process_time()
    venue.step(begin_ns + ticks * TICK_EVERY_MS * 1_000_000)
    seconds = time.process_time() - begin
    still = sum(order.is_open for order in venue.ledger().orders)
    if still != resting:
        raise BenchmarkFailed(f"{still} orders of {resting} still rest")
    return seconds / ticks * 1e6


def peer(resting: int, ticks: int) -> float:
    """Return the CPU microseconds of one of the peer's ticks."""
    run = subprocess.run(
        [sys.executable, str(PEER), str(resting), str(ticks)],
        capture_output=True,
        text=True,
        timeout=PEER_TIMEOUT_SECONDS,
        check=False,
    )
    if run.returncode != 0:
        raise BenchmarkFailed(f"the peer failed: {run.stderr.strip()[-500:]}")
    said = json.loads(run.stdout.strip().splitlines()[-1])
    if said["resting"] != resting or said["ticks"] != ticks:
        raise BenchmarkFailed(f"the peer held {said['resting']} orders of {resting}")
    return float(said["seconds"] / ticks * 1e6)


def rows(*, many: int, ticks: int, rounds: int) -> list[Row | Absent]:
    """Measure both rows."""
    target = evolve(COST, note=f"{many:,} orders against {FEW}")
    cost = compare(target, lambda: ours(many, ticks), lambda: ours(FEW, ticks), rounds=rounds)
    if find_spec("nautilus_trader") is None:
        return [cost, Absent(GROWTH.name, ABSENT)]
    few = min(ticks, PEER_TICKS_MAX)
    peers = compare(GROWTH, lambda: peer(many, few), lambda: peer(FEW, few), rounds=1)
    return [cost, _against(cost, peers)]


def _against(cost: Row, peers: Row) -> Row:
    """Return our growth in each round over the peer's."""
    return Row(
        name=GROWTH.name,
        unit=GROWTH.unit,
        ours=cost.ratio,
        base=peers.ratio,
        ratios=tuple(ratio / peers.ratio for ratio in cost.ratios),
        target=GROWTH.ratio,
        at_least=GROWTH.at_least,
        note=f"a tick of the peer: {peers.base:,.1f} and {peers.ours:,.0f} us",
    )
