"""Surroundings: what a workload says of market, venue, network and disk, made real.

Owns the two symbols, how their markets walk, and the settings of an engine that trades often.
"""

from decimal import Decimal
from random import Random

from attrs import evolve

from ..actors.exchange_settings import AccountSettings, MarketSettings
from ..actors.record_settings import JournalSettings
from ..actors.settings import RiskSettings, Settings
from .disk import SimulatedDisk
from .running.moved_market import MovedMarket
from .schedules import chooser_of
from .simulated_engine import SimulatedEngine
from .simulation import Simulation
from .venue.faults import FaultScript
from .venue.market import Market
from .venue.seeded_market import SeededMarket, SeededMarketSettings, Walk
from .venue.settings import (
    BTCUSDT,
    ETHUSDT,
    PAPER_LEVERAGE,
    AlgoTiming,
    Delay,
    Latency,
    RateLimits,
    VenueSettings,
)
from .venue.venue import Venue
from .workload import PRICES, START_NS, SYMBOLS, Network, Workload


def make_engine(
    workload: Workload, script: FaultScript | None = None, settings: Settings | None = None
) -> SimulatedEngine:
    """Return an engine in the surroundings of a workload; it is not started.

    `script` adds planned faults to those of the workload; `settings` replace those that suit it.
    """
    seed = workload.seed
    chooser = chooser_of(seed, workload.schedule, workload.priority_changes, workload.deferrals)
    simulation = Simulation(seed, START_NS, workload.delivery, chooser)
    timing = AlgoTiming(child_to_triggered_frame_ms=workload.child_frame_late_ms)
    venue = Venue(
        VenueSettings(
            symbols=(ETHUSDT, BTCUSDT),
            leverage=PAPER_LEVERAGE,
            faults=workload.faults,
            script=_script(workload, script),
            hedge_mode=workload.is_hedged,
            trade_lite=workload.trade_lite,
            algo_timing=timing,
            latency=_latency(workload.network),
            rate_limits=_limits(workload.orders_pct),
        ),
        _market(workload),
        seed=seed,
        start_ns=START_NS,
    )
    disk = SimulatedDisk(Random(f"{seed}/disk"), workload.disk)
    return SimulatedEngine(simulation, venue, settings or _settings(workload), disk)


def _latency(network: Network) -> Latency:
    ways = (network.request_ms, network.answer_ms, network.stream_ms)
    return Latency(*(Delay(way_ms, network.jitter_ms) for way_ms in ways))


def _limits(orders_pct: int) -> RateLimits:
    usual = RateLimits()
    return evolve(
        usual,
        orders_10s_max=usual.orders_10s_max * orders_pct // 100,
        orders_1m_max=usual.orders_1m_max * orders_pct // 100,
    )


def _script(workload: Workload, script: FaultScript | None) -> FaultScript:
    planned = () if script is None else script.planned
    from_start = (each for each in workload.planned_faults if not each.at_ms)
    return FaultScript((*planned, *(fault for each in from_start for fault in each.scripted())))


def _market(workload: Workload) -> Market:
    drawn = SeededMarket(_walks(workload), seed=workload.seed, start_ns=START_NS)
    if not workload.price_moves:
        return drawn
    ticks = {rules.symbol: rules.tick for rules in (ETHUSDT, BTCUSDT)}
    return MovedMarket(drawn, workload.price_moves, START_NS, PRICES, ticks=ticks)


def _walks(workload: Workload) -> SeededMarketSettings:
    ticks = float(workload.turbulence_ticks)
    touch = Decimal("0.030") if workload.is_thin else Decimal(5)
    levels = 2 if workload.is_thin else 20
    deep = Decimal("0.020") if workload.is_thin else Decimal(10)
    eth = Walk(
        "ETHUSDT",
        PRICES["ETHUSDT"],
        Decimal("0.01"),
        volatility_ticks=ticks,
        touch_quantity=touch,
        levels=levels,
        level_quantity=deep,
    )
    btc = Walk("BTCUSDT", PRICES["BTCUSDT"], Decimal("0.10"), volatility_ticks=2 * ticks)
    return SeededMarketSettings(walks=(eth, btc), tick_every_ms=400, tick_jitter_ms=200)


def _settings(workload: Workload) -> Settings:
    return Settings(
        seed=workload.seed,
        accounts=AccountSettings(hedge_mode=workload.is_hedged),
        risk=RiskSettings(
            symbols=SYMBOLS,
            cooldown_ms=0,
            executions_per_day_max=10_000,
            stop_loss_pct_default=Decimal("0.5"),
        ),
        market=MarketSettings(interval_ms=1_000, move_bps=Decimal(20)),
        journal=JournalSettings(snapshot_every=2_000, segment_bytes_max=4 * 1024 * 1024),
    )
