"""Script: a story in Python: given a market and its trouble, when signals come, then this.

Owns the words of the script form, the same as those of a scenario file; times are texts with a
unit, as in "8s". What they make is a `Story`: plain values that run, are saved and are shrunk like
any drawn workload. A word that is none is a `ValueError` with the nearest ones.
"""

from functools import partial
from typing import Any

from attrs import evolve, field, fields_dict, frozen

from ..actors.names import CORE
from ..messages.values import SignalType
from .drawn import COMMANDS
from .expectations import (
    EVENTS,
    LEGS,
    RESTABLE,
    SENDABLE,
    SIDES,
    Expectation,
    Filled,
    InOrder,
    Position,
    Protected,
    Resting,
    Sent,
    Then,
    Told,
)
from .files.values import duration_ms, near
from .planned import KINDS, STRIKING, Incident, ManualRequest, PlannedFault, PriceMove
from .simulation import Delivery
from .story import Story
from .venue.faults import Fault, Faults
from .workload import SYMBOLS, ActorCrash, Command, EngineCrash, Signal, Workload

__all__ = (
    "ETH",
    "BTC",
    "Faults",
    "Delivery",
    "scenario",
    # Given, and when.
    "long_entry",
    "short_entry",
    "close_long",
    "close_short",
    "reduce_50",
    "command",
    "planned_fault",
    "price_move",
    "incident",
    "manual_request",
    "actor_crash",
    "engine_crash",
    # Then.
    "told",
    "in_order",
    "sent",
    "filled",
    "position",
    "resting",
    "protected",
)

ETH, BTC = SYMBOLS
QUIET_TICKS = 5
"""So quiet is the market of a story, which is about something else."""
AFTERWARDS_MS = 15_000
"""So long a story goes on after its last planned moment, when it does not say how long."""

Trouble = PlannedFault | PriceMove | Incident | ManualRequest | ActorCrash | EngineCrash | Faults
Deed = Signal | Command | Trouble
PLACES: dict[type, str] = {
    Signal: "signals",
    Command: "commands",
    PlannedFault: "planned_faults",
    PriceMove: "price_moves",
    Incident: "incidents",
    ManualRequest: "manual_requests",
    ActorCrash: "crashes",
    EngineCrash: "engine_crashes",
    Told: "told",
    InOrder: "in_order",
    Sent: "sent",
    Filled: "filled",
    Position: "positions",
    Resting: "resting",
    Protected: "protected",
}
"""Class -> the field of the workload, or of `Then`, in which such records stand."""


@frozen
class Telling:
    """A story that is being told; every word returns a longer one."""

    title: str
    workload: Workload = field(factory=lambda: Workload(1, turbulence_ticks=QUIET_TICKS))
    lasts_ms: int = 0

    def given(
        self,
        *deeds: Deed,
        lasts: str = "",
        seed: int = 1,
        delivery: Delivery = Delivery.FIFO,
        turbulence_ticks: int = QUIET_TICKS,
        is_thin: bool = False,
        is_hedged: bool = False,
        trade_lite: bool = False,
        child_frame_late: str = "0ms",
    ) -> "Telling":
        """Say how the world is, what was done before, and which trouble waits."""
        workload = evolve(
            self.workload,
            seed=seed,
            delivery=delivery,
            turbulence_ticks=turbulence_ticks,
            is_thin=is_thin,
            is_hedged=is_hedged,
            trade_lite=trade_lite,
            child_frame_late_ms=duration_ms(child_frame_late),
        )
        lasts_ms = duration_ms(lasts) if lasts else self.lasts_ms
        return evolve(self, workload=workload, lasts_ms=lasts_ms).when(*deeds)

    def when(self, *deeds: Deed) -> "Telling":
        """Say what happens; signals are counted from 0 in the order in which they are said."""
        workload = self.workload
        for deed in deeds:
            if isinstance(deed, Faults):
                workload = evolve(workload, faults=deed)
            else:
                workload = _with(workload, deed)
        return evolve(self, workload=workload)

    def then(self, *expected: Expectation) -> Story:
        """Say what must have come of it, beside every invariant."""
        then = Then()
        for expectation in expected:
            then = _with(then, expectation)
        duration_ms = self.lasts_ms or _last_ms(self.workload) + AFTERWARDS_MS
        return Story(self.title, evolve(self.workload, duration_ms=duration_ms), then)


def scenario(title: str) -> Telling:
    """Begin to tell a story."""
    return Telling(title)


def signal(
    kind: SignalType,
    at: str,
    symbol: str = ETH,
    *,
    limit_bps: int | None = None,
    stop_bps: int | None = None,
    target_bps: int | None = None,
    repeats: int = 0,
) -> Signal:
    """Let a strategy send a signal; offsets in basis points of where the market began."""
    known = _one_of(symbol, SYMBOLS)
    return Signal(duration_ms(at), kind, known, limit_bps, stop_bps, target_bps, repeats)


long_entry = partial(signal, SignalType.LONG_ENTRY)
short_entry = partial(signal, SignalType.SHORT_ENTRY)
close_long = partial(signal, SignalType.CLOSE_LONG)
close_short = partial(signal, SignalType.CLOSE_SHORT)
reduce_50 = partial(signal, SignalType.REDUCE_50)


def command(kind: str, at: str, signal: int = 0) -> Command:
    """Give a command of the host: halt, resume, flatten, or cancel and amend of a signal."""
    return Command(duration_ms(at), _one_of(kind, COMMANDS), signal)


def planned_fault(
    fault: str,
    on: str,
    *,
    at: str = "0s",
    nth: int = 1,
    times: int = 1,
    is_executed: bool = True,
    size: str | None = None,
) -> PlannedFault:
    """Let the `nth` request of a kind from a time on meet a fault, `times` in a row."""
    kind = Fault(_one_of(fault, tuple(Fault)))
    known, at_ms = _one_of(on, tuple(KINDS)), duration_ms(at)
    return PlannedFault(kind, known, at_ms, nth, times, is_executed, _ms_or_none(size))


def price_move(bps: int, at: str, symbol: str = ETH, *, over: str = "0s") -> PriceMove:
    """Move a symbol's price by basis points of where it began."""
    return PriceMove(duration_ms(at), bps, _one_of(symbol, SYMBOLS), duration_ms(over))


def incident(fault: str, at: str, symbol: str = ETH, *, size: str | None = None) -> Incident:
    """Let something befall the exchange or the account."""
    kind = Fault(_one_of(fault, STRIKING))
    return Incident(duration_ms(at), kind, _one_of(symbol, SYMBOLS), _ms_or_none(size))


def manual_request(request: str, at: str) -> ManualRequest:
    """Let a person act at the venue's own page: "POST /fapi/v1/order symbol=ETHUSDT ..."."""
    return ManualRequest(duration_ms(at), request)


def actor_crash(actor: str, nth: int, times: int = 1) -> ActorCrash:
    """Let an actor crash at its `nth` message, `times` in a row."""
    return ActorCrash(_one_of(actor, CORE), nth, times)


def engine_crash(at: str, down: str = "500ms", *, torn: bool = False) -> EngineCrash:
    """Kill the process, and start it again after a while."""
    return EngineCrash(duration_ms(at), duration_ms(down), torn)


def told(
    event: str, signal: int | None = None, *, times: int | None = None, says: str = ""
) -> Told:
    """Expect an event: `times`, or at least once; 0 is never."""
    return Told(_one_of(event, EVENTS), signal, times, says)


def in_order(*events: str) -> InOrder:
    """Expect events one after the other, whatever comes between them."""
    return InOrder(tuple(_one_of(event, EVENTS) for event in events))


def sent(
    what: str, *, times: int | None = None, since: str = "0s", until: str | None = None
) -> Sent:
    """Expect requests of a kind, orders for a purpose, or anything."""
    return Sent(_one_of(what, SENDABLE), times, duration_ms(since), _ms_or_none(until))


def filled(what: str, *, times: int | None = None) -> Filled:
    """Expect that the venue filled orders for a purpose."""
    return Filled(_one_of(what, tuple(LEGS)), times)


def position(side: str, symbol: str = ETH, *, at: str | None = None) -> Position:
    """Expect a position at the venue, or FLAT; at a moment or in the end."""
    return Position(_one_of(side, SIDES), _one_of(symbol, SYMBOLS), _ms_or_none(at))


def resting(
    what: str, symbol: str = ETH, *, times: int | None = None, at: str | None = None
) -> Resting:
    """Expect orders that rest at the venue; at a moment or in the end."""
    return Resting(_one_of(what, RESTABLE), times, _one_of(symbol, SYMBOLS), _ms_or_none(at))


def protected(within: str, symbol: str = ETH) -> Protected:
    """Expect that a stop rested soon after every first fill."""
    return Protected(duration_ms(within), _one_of(symbol, SYMBOLS))


def _with(record: Any, entry: object) -> Any:
    """Return a record with one entry more, at its place."""
    name = PLACES[type(entry)]
    return evolve(record, **{name: (*getattr(record, name), entry)})


def _last_ms(workload: Workload) -> int:
    names = (name for kind, name in PLACES.items() if "at_ms" in fields_dict(kind))
    planned = (each for name in names for each in getattr(workload, name, ()))
    return max((each.at_ms for each in planned), default=0)


def _ms_or_none(text: str | None) -> int | None:
    return None if text is None else duration_ms(text)


def _one_of(word: str, words: tuple[str, ...]) -> str:
    if word not in words:
        raise ValueError(f"there is no {word!r}; {near(word, words)}")
    return word
