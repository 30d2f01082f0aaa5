"""System: the composition root. Which actors there are, in which order, on what host.

The only place that knows concrete adapters. `populate` puts every actor into a kernel, whatever
host carries it; `start` runs them on Pykka's threads and gives the host one `ActorRef`, the front.
"""

import platform
import time
from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

from attrs import define, evolve, field

from ..messages.codec import Codec
from ..messages.control import EngineStarted
from ..messages.queries import (
    GetAlgorithms,
    GetCancellation,
    GetFlattening,
    GetOrder,
    GetOrders,
    GetPositions,
    GetStatistics,
    GetStatus,
    GetSummary,
)
from ..messages.values import LastRun
from ..messages.vitals import (
    GetAccount,
    GetLimits,
    GetQueue,
    GetStreams,
    GetUserStream,
    GetVitals,
)
from . import names
from .account import Account
from .account_setup import SetupWishes
from .adapters.binance_replies import ReplyOptions
from .adapters.command_spool import CommandSpool
from .adapters.event_bus import EventBus
from .adapters.gateway_lane import GatewayLane, LaneSettings
from .adapters.market_socket import MarketSocket, MarketSocketSettings, Tape
from .adapters.spool import Spool
from .adapters.trip_hooks import Hooks, Start, TripHooks, on_a_thread
from .adapters.user_socket import UserSocket
from .circuit_breaker import CircuitBreaker
from .error_classifier import ErrorClassifier
from .execution_system import ExecutionSystem
from .instruments import Instruments
from .market_data import MarketData
from .order_manager import OrderManager
from .order_queue import OrderQueue
from .policies.emergency import EmergencyTerms
from .policies.host_rules import NamedRule
from .ports import Clock, Exchange
from .position_monitor import PositionMonitor
from .rate_limiter import RateLimiter
from .reconciler import Reconciler
from .risk_gate import RiskGate
from .runtime.actor import Actor, private_tag
from .runtime.kernel import Kernel
from .runtime.recovery import Recovered
from .runtime.segment import RunFacts
from .settings import RiskSettings, Settings
from .supervisor import Supervisor
from .user_stream import UserStream
from .venue_clock import VenueClock

VERSION = "0.1.0"

ROUTES: Mapping[type, str] = {
    GetStatus: names.CIRCUIT_BREAKER,
    GetOrders: names.ORDER_MANAGER,
    GetOrder: names.ORDER_MANAGER,
    GetStatistics: names.ORDER_MANAGER,
    GetCancellation: names.ORDER_MANAGER,
    GetPositions: names.POSITION_MONITOR,
    GetFlattening: names.POSITION_MONITOR,
    GetSummary: names.EXECUTION_SYSTEM,
    GetAlgorithms: names.EXECUTION_SYSTEM,
    GetLimits: names.RATE_LIMITER,
    GetQueue: names.ORDER_QUEUE,
    GetStreams: names.RISK_GATE,
    GetUserStream: names.USER_STREAM,
    GetAccount: names.ACCOUNT,
    GetVitals: names.VITALS,
}
"""Query -> the actor that owns the answer."""

CLASSES: Mapping[str, type[Actor]] = {
    names.SUPERVISOR: Supervisor,
    names.VENUE_CLOCK: VenueClock,
    names.INSTRUMENTS: Instruments,
    names.ACCOUNT: Account,
    names.MARKET_DATA: MarketData,
    names.USER_STREAM: UserStream,
    names.RECONCILER: Reconciler,
    names.POSITION_MONITOR: PositionMonitor,
    names.CIRCUIT_BREAKER: CircuitBreaker,
    names.RISK_GATE: RiskGate,
    names.RATE_LIMITER: RateLimiter,
    names.ORDER_QUEUE: OrderQueue,
    names.ORDER_MANAGER: OrderManager,
    names.ERROR_CLASSIFIER: ErrorClassifier,
    names.EXECUTION_SYSTEM: ExecutionSystem,
}

Maker = Callable[[], Actor]


def all_private() -> list[tuple[str, type]]:
    """Return the tag and class of every actor's own ticks and facts."""
    return [
        (private_tag(name, cls), cls) for name, actor in CLASSES.items() for cls in actor.private
    ]


def make_codec() -> Codec:
    """Return the codec of the catalogue and of every actor's own messages."""
    return Codec(all_private())


def core_makers(settings: Settings, rules: tuple[NamedRule, ...] = ()) -> dict[str, Maker]:
    """Return how each core actor is made under these settings, in start order.

    `rules` are the host's own; only what judges entries anew, an engine or a replay, needs them.
    """
    makers: dict[str, Maker] = {
        names.SUPERVISOR: lambda: Supervisor(settings.orders, settings.retry),
        names.VENUE_CLOCK: lambda: VenueClock(settings.clock),
        names.INSTRUMENTS: lambda: Instruments(
            settings.instruments, settings.risk.filters_age_ms_max, settings.risk.symbols
        ),
        names.ACCOUNT: lambda: Account(settings.accounts, setup_wishes(settings)),
        names.MARKET_DATA: MarketData,
        names.USER_STREAM: lambda: UserStream(settings.stream),
        names.RECONCILER: lambda: Reconciler(settings.reconciler),
        names.POSITION_MONITOR: lambda: PositionMonitor(settings.protection),
        names.CIRCUIT_BREAKER: lambda: CircuitBreaker(settings.breaker),
        names.RISK_GATE: lambda: RiskGate(
            gate_settings(settings),
            settings.orders.id_prefix,
            rules,
            settings.accounts.margin_asset,
            emergency_terms(settings),
        ),
        names.RATE_LIMITER: lambda: RateLimiter(settings.limits, settings.permits_waiting_max),
        names.ORDER_QUEUE: lambda: OrderQueue(
            settings.queue, has_batches=settings.orders.batch_max > 1
        ),
        names.ORDER_MANAGER: lambda: OrderManager(settings.orders),
        names.ERROR_CLASSIFIER: ErrorClassifier,
        names.EXECUTION_SYSTEM: lambda: ExecutionSystem(
            settings.signal_timeout_ms, settings.signals_kept
        ),
    }
    assert tuple(makers) == names.CORE
    return makers


def gate_settings(settings: Settings) -> RiskSettings:
    """Return the gate's figures; a policy source that is asked must not be silent for long."""
    risk, source = settings.risk, settings.emergency
    if source.url and source.policy_keys and risk.policy_age_ms_max == 0:
        return evolve(risk, policy_age_ms_max=source.ttl_ms)
    return risk


def emergency_terms(settings: Settings) -> EmergencyTerms:
    """Return what is asked of the emergency-stop source; nothing where none is configured."""
    source = settings.emergency
    if not source.url:
        return EmergencyTerms()
    return EmergencyTerms(source.ttl_ms, fails_open=source.fail_mode == "open")


def setup_wishes(settings: Settings) -> SetupWishes:
    """Return what the settings want set at the venue."""
    accounts, risk = settings.accounts, settings.risk
    has_price = accounts.fee_asset not in ("", accounts.margin_asset)
    is_typed = accounts.set_margin_type and risk.margin_type != "any"
    return SetupWishes(
        risk.symbols,
        risk.leverage if accounts.set_leverage else None,
        risk.margin_type == "isolated" if is_typed else None,
        accounts.countdown_ms,
        accounts.fee_asset,
        f"{accounts.fee_asset}{accounts.margin_asset}" if has_price else "",
    )


@define
class Wiring:
    """What the outside gives to a system."""

    exchange: Exchange
    clock: Clock
    tape: Tape | None = None
    event_bus: Callable[[], EventBus] = field(default=EventBus)
    hooks: Hooks = field(factory=Hooks)
    """What the host wants done when trading is tripped."""
    start_hook: Start = on_a_thread
    spool: Spool | None = None
    """How people reach the engine through its data directory."""
    rules: tuple[NamedRule, ...] = ()


def populate(kernel: Kernel, settings: Settings, wiring: Wiring) -> None:
    """Put every actor of a system into a kernel, in start order; none of them runs yet."""
    # Actors stop in reverse: the bus must hear the core's last words.
    kernel.add(names.EVENT_BUS, wiring.event_bus)
    for name, make in core_makers(settings, wiring.rules).items():
        kernel.add(name, make)
    kernel.add(
        names.TRIP_HOOKS,
        lambda: TripHooks(
            wiring.hooks, kernel.post, name=names.TRIP_HOOKS, start=wiring.start_hook
        ),
    )
    for lane in names.LANES:
        kernel.add(
            lane,
            lambda: GatewayLane(wiring.exchange, kernel.post, lane_settings(settings)),
            held_until_durable=True,
        )
    kernel.add(
        names.USER_SOCKET,
        lambda: UserSocket(
            wiring.exchange,
            kernel.post,
            margin_asset=settings.accounts.margin_asset,
            name=names.USER_SOCKET,
        ),
    )
    kernel.add(
        names.MARKET_SOCKET,
        lambda: MarketSocket(
            wiring.exchange,
            kernel.post,
            MarketSocketSettings(
                settings.risk.symbols, settings.market.interval_ms, settings.market.move_bps
            ),
            clock=wiring.clock,
            name=names.MARKET_SOCKET,
            tape=wiring.tape,
        ),
    )
    if wiring.spool is not None:
        _add_spool(kernel, wiring.spool, wiring.clock, settings.risk.symbols)


def _add_spool(kernel: Kernel, spool: Spool, clock: Clock, symbols: tuple[str, ...]) -> None:
    kernel.add(
        names.COMMAND_SPOOL,
        lambda: CommandSpool(
            spool, kernel.post, clock=clock, name=names.COMMAND_SPOOL, symbols=symbols
        ),
    )


def lane_settings(settings: Settings) -> LaneSettings:
    """Return what the lanes sign, wait and read with."""
    return LaneSettings(
        recv_window_ms=settings.orders.recv_window_ms,
        request_timeout_ms=settings.orders.request_timeout_ms,
        batch_max=settings.orders.batch_max,
        reply=ReplyOptions(
            settings.accounts.margin_asset,
            settings.risk.symbols,
            liquidation=settings.protection.liquidation_alert_pct > 0,
        ),
    )


def restore(kernel: Kernel, recovered: Recovered) -> None:
    """Give every core actor the state that the journal says it had; before the first message."""
    for name, state in recovered.states.items():
        cell = kernel.cells[name]
        cell.restore(state, kernel.codec)
        cell.begin_generation(recovered.generations.get(name, 0) + 1)


def journal_fault(recovered: Recovered) -> str:
    """Return why the last run could not write its journal when it died; empty where it could."""
    reason: str = recovered.states.get(names.CIRCUIT_BREAKER, {}).get("journal", "")
    return reason


def announce(kernel: Kernel, generation: int, recovered: Recovered | None) -> None:
    """Tell those who need it that a start begins, and deliver what the last run left undelivered.

    Once every actor is started: the last messages of every start. An entry that the last run left
    undelivered must find a gate that knows of the start, and judges none before the comparison.
    """
    started = EngineStarted(generation, _last_run(recovered))
    for name in (
        names.EXECUTION_SYSTEM,
        names.RISK_GATE,
        names.ORDER_MANAGER,
        names.RECONCILER,
    ):
        kernel.post(name, started)
    if recovered is not None:
        kernel.route_again(recovered.waiting)


def _last_run(recovered: Recovered | None) -> LastRun:
    if recovered is None or not recovered.records:
        return LastRun.NONE
    return LastRun.STOPPED if recovered.clean else LastRun.BROKEN_OFF


def run_facts(
    settings: Settings,
    codec: Codec,
    generation: int,
    encoded: Any,
    rules: tuple[NamedRule, ...] = (),
) -> RunFacts:
    """Return what a run says of itself in the manifests of its journal."""
    return RunFacts(
        generation=generation,
        seed=str(settings.seed),
        core=names.CORE,
        edges=names.EDGES,
        placement=settings.placement,
        settings=encoded,
        started_at_ms=time.time_ns() // 1_000_000,
        host=platform.node(),
        callboard=VERSION,
        python=platform.python_version(),
        pykka=metadata.version("pykka"),
        rules=tuple(each.name for each in rules),
        fingerprints=codec.fingerprints(),
    )
