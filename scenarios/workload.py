"""Workload: everything that makes one run of a whole engine what it is, as plain values.

Signals and commands with their times, the faults of the venue, the crashes of actors and of the
engine, the delivery of messages and the seed: all of it is drawn before the run begins, by
`scenarios/drawn.py` from one seed or by Hypothesis. `str` writes a workload as the Python that
makes it again, without what is as usual. `scenarios/chaos.py` runs it.
"""

from decimal import Decimal
from enum import Enum
from typing import Any

from attrs import field, frozen

from ..messages.intake import (
    AmendOrder,
    CancelOrder,
    FlattenPositions,
    HaltTrading,
    HostCommand,
    ResumeTrading,
    SubmitSignal,
)
from ..messages.values import OrderType, SignalType
from .crash_points import CrashPoint
from .disk import DiskFaults
from .planned import Incident, ManualRequest, PlannedFault, PriceMove
from .schedules import Deferral, Schedule
from .simulation import Delivery
from .venue.faults import Faults

START_NS = 1_700_000_000_000_000_000
MS = 1_000_000
SYMBOLS = ("ETHUSDT", "BTCUSDT")
PRICES = {"ETHUSDT": Decimal("2600.00"), "BTCUSDT": Decimal("60000.00")}
"""Where the market begins."""
AMENDED_BPS = 30
"""An amended entry lies this far from where the market began."""


@frozen
class Signal:
    """A signal at a time; prices are offsets from the market's start in basis points."""

    at_ms: int
    kind: SignalType
    symbol: str = "ETHUSDT"
    limit_bps: int | None = None
    """None for a MARKET order; else below the start for a buy, above it for a sell."""
    stop_bps: int | None = None
    """Distance of the stop from the start; None leaves it to the gate."""
    target_bps: int | None = None
    repeats: int = 0
    """How often the host sends it again, a second apart."""


@frozen
class Command:
    """Another command at a time: cancel, amend, halt, resume or flatten."""

    at_ms: int
    kind: str
    signal: int = 0
    """Which signal, by its place, for cancel and amend."""


@frozen
class ActorCrash:
    """The `nth` message of an actor (from 1) finds it crashing, `times` in a row."""

    actor: str
    nth: int
    times: int = 1


@frozen
class EngineCrash:
    """The process is killed at a time, and started again after a while."""

    at_ms: int
    down_ms: int = 500
    torn: bool = False
    """True keeps a drawn part of what was not synced instead of nothing."""


@frozen
class Network:
    """How long each way between engine and venue takes, with up to `jitter_ms` more by chance."""

    request_ms: int = 10
    answer_ms: int = 10
    stream_ms: int = 15
    jitter_ms: int = 5


@frozen
class Workload:
    """Everything that makes one run what it is."""

    seed: int
    delivery: Delivery = Delivery.FIFO
    duration_ms: int = 120_000
    signals: tuple[Signal, ...] = ()
    commands: tuple[Command, ...] = ()
    algorithms: int = 0
    """How many algorithms are drawn from the seed, beside the signals."""
    faults: Faults = field(factory=Faults)
    crashes: tuple[ActorCrash, ...] = ()
    engine_crashes: tuple[EngineCrash, ...] = ()
    crash_points: tuple[CrashPoint, ...] = ()
    """Kills of the process at boundaries of its effects, counted from the start of the run."""
    disk: DiskFaults = field(factory=DiskFaults)
    """Until the run is healed."""
    turbulence_ticks: int = 100
    """Standard deviation of one half-second step of the market, in ticks of ETHUSDT."""
    is_thin: bool = False
    """True shows so little depth that orders are filled in parts."""
    is_hedged: bool = False
    """True for an account that holds long and short positions side by side."""
    trade_lite: bool = False
    child_frame_late_ms: int = 0
    """More than 0 tells a stop's fill before its trigger."""
    network: Network = field(factory=Network)
    orders_pct: int = 100
    """How much of its usual order limits the venue grants, percent."""
    planned_faults: tuple[PlannedFault, ...] = ()
    price_moves: tuple[PriceMove, ...] = ()
    incidents: tuple[Incident, ...] = ()
    manual_requests: tuple[ManualRequest, ...] = ()
    schedule: Schedule = Schedule.RANDOM
    """Which channel is served next, where the delivery leaves it open."""
    priority_changes: int = 0
    """How often the channel in front falls behind, in a schedule of priorities."""
    deferrals: tuple[Deferral, ...] = ()
    """Channels that are held for a while, whatever the schedule."""

    def __str__(self) -> str:
        return described(self)


def submit(signal: Signal, number: int) -> SubmitSignal:
    """Return a signal as its host sends it."""
    is_buy = signal.kind in (SignalType.LONG_ENTRY, SignalType.CLOSE_SHORT)
    start = PRICES[signal.symbol]
    limit = None if signal.limit_bps is None else _moved(start, signal.limit_bps, down=is_buy)
    return SubmitSignal(
        signal_id=f"s{number}",
        at_ms=START_NS // MS + signal.at_ms,
        signal=signal.kind,
        symbol=signal.symbol,
        order_type=OrderType.MARKET if limit is None else OrderType.LIMIT,
        price=limit,
        stop_loss=_moved_or_none(start, signal.stop_bps, down=is_buy),
        take_profit=_moved_or_none(start, signal.target_bps, down=not is_buy),
        confidence=Decimal("0.9"),
    )


def command_of(planned: Command, number: int, signals: tuple[Signal, ...]) -> HostCommand | None:
    """Return a command as its host sends it, None for a signal that is not there."""
    command_id = f"c{number}"
    place = planned.signal % max(1, len(signals))
    signal_id = f"s{place}"
    match planned.kind:
        case "halt":
            return HaltTrading(command_id, "drill")
        case "resume":
            return ResumeTrading(command_id, "drill over", ("one",))
        case "flatten":
            return FlattenPositions(command_id)
        case "cancel":
            return CancelOrder(command_id, signal_id) if signals else None
        case "amend":
            if not signals:
                return None
            is_buy = signals[place].kind is SignalType.LONG_ENTRY
            price = _moved(PRICES[signals[place].symbol], AMENDED_BPS, down=is_buy)
            return AmendOrder(command_id, signal_id, price=price)
        case _:
            raise ValueError(f"no such command: {planned.kind}")


def described(value: Any) -> str:
    """Return the Python that makes a value again, fields that are as usual left out."""
    if isinstance(value, tuple):
        items: tuple[Any, ...] = value  # pyright: ignore[reportUnknownVariableType] - any value
        inside = ", ".join(described(item) for item in items)
        return f"({inside},)" if inside else "()"
    if isinstance(value, Enum):
        return f"{type(value).__name__}.{value.name}"
    if not hasattr(value, "__attrs_attrs__"):
        return repr(value)
    told = [
        f"{each.name}={described(given)}"
        for each in value.__attrs_attrs__
        if (given := getattr(value, each.name)) != _usual(each.default)
    ]
    return f"{type(value).__name__}({', '.join(told)})"


def _usual(default: Any) -> Any:
    factory = getattr(default, "factory", None)
    return default if factory is None else factory()


def _moved(start: Decimal, bps: int, *, down: bool) -> Decimal:
    change = start * bps / 10_000
    return (start - change if down else start + change).quantize(Decimal("0.1"))


def _moved_or_none(start: Decimal, bps: int | None, *, down: bool) -> Decimal | None:
    return None if bps is None else _moved(start, bps, down=down)
