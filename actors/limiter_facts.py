"""Limiter facts: what RateLimiter writes down, and its state as the fold of that.

Holds what each call costs and which answers of the venue ask for a pause; the arithmetic of the
budgets is in `policies/rate_limit.py`.
"""

from typing import assert_never

from attrs import define, evolve, field, frozen

from ..messages.account import (
    ArmCountdown,
    ReadBrackets,
    ReadFeePrice,
    ReadSymbolConfigs,
    SetLeverage,
    SetMarginType,
)
from ..messages.instruments import LimitsPublished
from ..messages.listen_key import RenewListenKey
from ..messages.values import Priority
from ..messages.venue import (
    AmendOne,
    CancelOne,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    PlaceOrder,
    QueryOne,
    ReadAccount,
    ReadAccountMode,
    ReadInstruments,
    ReadTime,
    RequestPermit,
    UsageObserved,
)
from .policies.rate_budgets import Budget, LimiterSettings, LimiterState, new_limiter, redesign
from .policies.rate_limit import (
    PauseScope,
    Pressure,
    charge,
    observe,
    pause,
    set_venue_offset,
)
from .policies.weights import Cost

TOO_MANY_REQUESTS = -1003
TOO_MANY_ORDERS = -1015
PAUSING_STATUSES = (403, 418, 429)

IN_A_BATCH = "BatchedOrder"
"""A placement that may leave with others. A batch costs what five orders do, however few they are,
and two make one."""
COSTS: dict[str, Cost] = {
    PlaceOrder.__name__: Cost(0, 1, 1),
    IN_A_BATCH: Cost(3, 3, 1),
    AmendOne.__name__: Cost(0, 1, 1),
    CancelOne.__name__: Cost(1),
    QueryOne.__name__: Cost(1),
    ListOpenOrders.__name__: Cost(40),
    ListPositions.__name__: Cost(5),
    ListTrades.__name__: Cost(5),
    ReadAccount.__name__: Cost(5),
    ReadAccountMode.__name__: Cost(5),
    ReadSymbolConfigs.__name__: Cost(5),
    ReadBrackets.__name__: Cost(1),
    ReadFeePrice.__name__: Cost(1),
    ReadInstruments.__name__: Cost(1),
    ReadTime.__name__: Cost(1),
    RenewListenKey.__name__: Cost(1),
    SetLeverage.__name__: Cost(1),
    SetMarginType.__name__: Cost(1),
    ArmCountdown.__name__: Cost(10),
}
"""What each call costs; a test compares it with `policies/weights.py`."""


@frozen
class LimitsSet:
    """Fact: the limits from this engine time on; the counts of before are kept.

    The limits stand in the fact, since a start with others must not judge what was granted before.
    """

    settings: LimiterSettings
    published: LimitsPublished | None
    """What the venue has published of them, as far as it has been read."""
    at_ms: int


@frozen
class Charged:
    """Fact: a permit was granted."""

    token: str
    call: str
    at_ms: int


@frozen
class PermitWaited:
    """Fact: a request waits."""

    request: RequestPermit
    asker: str


@frozen
class PermitLeft:
    """Fact: a waiting request was refused."""

    token: str


@frozen
class UsageNoted:
    """Fact: the venue's own counts."""

    usage: UsageObserved
    granted_at_ms: int
    at_ms: int


@frozen
class PressureNoted:
    """Fact: a window of the venue is fuller, or emptier, than people were last told."""

    budget: Budget
    pressure: Pressure


@frozen
class Paused:
    """Fact: requests stop until this engine time, and are slower for long afterwards."""

    scope: PauseScope
    until_ms: int
    at_ms: int
    text: str = ""
    """The venue's words."""


@frozen
class OffsetNoted:
    """Fact: the venue's clock is this far ahead."""

    offset_ms: int


PRIVATE = (
    LimitsSet,
    Charged,
    PermitWaited,
    PermitLeft,
    UsageNoted,
    PressureNoted,
    Paused,
    OffsetNoted,
)
Fact = (
    LimitsSet
    | Charged
    | PermitWaited
    | PermitLeft
    | UsageNoted
    | PressureNoted
    | Paused
    | OffsetNoted
)


@define
class Waiting:
    """One request that waits for its permit."""

    request: RequestPermit
    asker: str

    @property
    def is_reducing(self) -> bool:
        """True for the class that is served first."""
        return self.request.priority is Priority.REDUCING


@define
class RateLimiterState:
    """Budgets, and who waits, in order of arrival."""

    settings: LimiterSettings | None = None
    published: LimitsPublished | None = None
    limiter: LimiterState | None = None
    waiting: dict[str, Waiting] = field(factory=dict[str, Waiting])
    grants: int = 0
    pauses: int = 0
    """Pauses in a row without an answer that worked."""
    pressures: dict[str, Pressure] = field(factory=dict[str, Pressure])
    """Budget -> how full people were told that it is; absent when normal."""
    pause_reason: str = ""
    """The venue's words for the last pause."""

    @property
    def budgets(self) -> LimiterState:
        """The budgets; every start has them before its first request."""
        assert self.limiter is not None
        return self.limiter

    def in_turn(self, *more: Waiting) -> list[Waiting]:
        """Return who waits, and `more` who come now, in the order in which they are served."""
        waiting = [*self.waiting.values(), *more]
        reducing = [each for each in waiting if each.is_reducing]
        return reducing + [each for each in waiting if not each.is_reducing]


def places(request: RequestPermit) -> bool:
    """Say whether a request counts as an order."""
    return COSTS[request.call].orders_1m > 0


def is_optional(request: RequestPermit) -> bool:
    """Say whether a request is a read that can wait."""
    return request.priority is Priority.OPENING and not places(request)


def in_force(settings: LimiterSettings, published: LimitsPublished | None) -> LimiterSettings:
    """Return the limits to keep: of ours and the venue's the tighter; 0 where it named none."""
    if published is None:
        return settings
    return evolve(
        settings,
        weight_1m_max=_tighter(settings.weight_1m_max, published.weight_1m_max),
        orders_10s_max=_tighter(settings.orders_10s_max, published.orders_10s_max),
        orders_1m_max=_tighter(settings.orders_1m_max, published.orders_1m_max),
    )


def _tighter(ours: int, venues: int) -> int:
    return min(ours, venues) if venues > 0 else ours


def wants_pause(usage: UsageObserved) -> bool:
    """Say whether the venue's answer asks us to stop."""
    return usage.status in PAUSING_STATUSES or usage.code in (TOO_MANY_REQUESTS, TOO_MANY_ORDERS)


def apply_fact(state: RateLimiterState, fact: Fact) -> None:
    """Change the state by one fact."""
    match fact:
        case LimitsSet():
            _set_limits(state, fact)
        case Charged():
            charge(state.budgets, COSTS[fact.call], fact.at_ms)
            state.waiting.pop(fact.token, None)
            state.grants += 1
        case PermitWaited():
            state.waiting[fact.request.token] = Waiting(fact.request, fact.asker)
        case PermitLeft():
            state.waiting.pop(fact.token, None)
        case UsageNoted():
            _observe(state, fact)
        case PressureNoted():
            _note_pressure(state, fact)
        case Paused():
            pause(state.budgets, fact.scope, fact.until_ms, fact.at_ms)
            state.pauses += 1
            state.pause_reason = fact.text
        case OffsetNoted():
            set_venue_offset(state.budgets, fact.offset_ms)
        case _:
            assert_never(fact)


def _set_limits(state: RateLimiterState, fact: LimitsSet) -> None:
    state.settings, state.published = fact.settings, fact.published
    if state.limiter is None:
        state.limiter = new_limiter(fact.settings, fact.at_ms)
    else:
        redesign(state.limiter, fact.settings, fact.at_ms)


def _observe(state: RateLimiterState, fact: UsageNoted) -> None:
    usage = fact.usage
    if not wants_pause(usage):
        state.pauses = 0
    observe(
        state.budgets,
        granted_at_ms=fact.granted_at_ms,
        now_ms=fact.at_ms,
        weight_1m=usage.weight_used_1m,
        orders_10s=usage.orders_used_10s,
        orders_1m=usage.orders_used_1m,
    )


def _note_pressure(state: RateLimiterState, fact: PressureNoted) -> None:
    if fact.pressure is Pressure.NORMAL:
        state.pressures.pop(fact.budget.value, None)
    else:
        state.pressures[fact.budget.value] = fact.pressure
