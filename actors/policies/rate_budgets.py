"""Rate budgets: the four budgets of the limiter, their settings and their plain state.

Owns how much of each limit is ours and where warning and reserve begin. Limits (binance-futures,
limits, read 2026-11-20): 2400 weight a minute per IP, 300 orders in 10 s and 1200 orders a minute
per account; 1200 requests a minute are a cap of our own. `rate_limit_share` divides what belongs
to the IP (weight, requests) among systems that share it; order counts belong to the account.

Bound: one bucket and one window count per budget, always these four, in this order.
Failure: figures that cannot work raise `ValueError` when the state is made, at start.
"""

from decimal import Decimal
from enum import StrEnum

from attrs import define, field, frozen
from attrs.validators import and_, ge, gt, le, lt

from .token_bucket import Bucket, BucketDesign, design_bucket, full_bucket, redesigned

MINUTE_MS = 60_000
TEN_SECONDS_MS = 10_000
PERCENT = 100


class Budget(StrEnum):
    """What is counted."""

    WEIGHT_1M = "weight_1m"
    ORDERS_10S = "orders_10s"
    ORDERS_1M = "orders_1m"
    REQUESTS_1M = "requests_1m"

    @property
    def window_ms(self) -> int:
        """Length of the venue's fixed window."""
        return _WINDOWS_MS[self]

    @property
    def is_per_ip(self) -> bool:
        """True when systems on one IP divide it; else it belongs to the account alone."""
        return self in (Budget.WEIGHT_1M, Budget.REQUESTS_1M)

    @property
    def counts_orders(self) -> bool:
        """True for the budgets that only placing and amending uses."""
        return self in (Budget.ORDERS_10S, Budget.ORDERS_1M)


_WINDOWS_MS = dict.fromkeys(Budget, MINUTE_MS) | {Budget.ORDERS_10S: TEN_SECONDS_MS}

_COUNT = and_(ge(1), le(1_000_000))
_SHARE = and_(gt(Decimal(0)), le(Decimal(1)))
_INNER_SHARE = and_(gt(Decimal(0)), lt(Decimal(1)))
_PERCENTAGE = and_(gt(0), lt(PERCENT))
_DURATION = and_(ge(0), le(MINUTE_MS))


@frozen
class LimiterSettings:
    """Limits of the venue and how we use them; the limits are re-read from the venue at start."""

    weight_1m_max: int = field(default=2400, validator=_COUNT)
    """Weight of requests in a minute, of the IP."""
    orders_10s_max: int = field(default=300, validator=_COUNT)
    """Orders in ten seconds, of the account."""
    orders_1m_max: int = field(default=1200, validator=_COUNT)
    """Orders in a minute, of the account."""
    requests_1m_max: int = field(default=1200, validator=_COUNT)
    """Requests in a minute, a cap of our own."""
    rate_limit_share: Decimal = field(default=Decimal(1), validator=_SHARE)
    """Our part of what belongs to the IP."""
    burst_share: Decimal = field(default=Decimal("0.25"), validator=_INNER_SHARE)
    """Part of a limit that may leave at once; the rest is spread over the window."""
    permit_ttl_ms: int = field(default=1_000, validator=and_(gt(0), le(MINUTE_MS)))
    """Age at which a permit is not used any more."""
    request_timeout_ms: int = field(default=10_000, validator=_DURATION)
    """Longest way of a request to the venue; with the permit's life it makes L."""
    warn_percent: int = field(default=80, validator=_PERCENTAGE)
    """Share of the venue's window at which a person is told."""
    reserve_percent: int = field(default=90, validator=_PERCENTAGE)
    """Above this share of a window only reducing orders, cancels and settling queries pass."""
    window_margin_ms: int = field(default=100, validator=_DURATION)
    """How far the turn of the venue's window may be from where we believe it to be."""
    projection_floor_percent: int = field(default=25, validator=_PERCENTAGE)
    """Part of a window before which its use so far says nothing of its end."""
    slow_down_percent: int = field(default=50, validator=_PERCENTAGE)
    """What is left of the pace of entries and optional reads after a "too many requests"."""
    pace_percent_min: int = field(default=10, validator=_PERCENTAGE)
    """The least that is left of it."""
    recovery_percent_1m: int = field(default=10, validator=and_(ge(1), le(PERCENT)))
    """How much of the pace comes back in a minute."""

    def limit(self, budget: Budget) -> int:
        """Return the whole limit of a budget, whoever uses it."""
        limits = {
            Budget.WEIGHT_1M: self.weight_1m_max,
            Budget.ORDERS_10S: self.orders_10s_max,
            Budget.ORDERS_1M: self.orders_1m_max,
            Budget.REQUESTS_1M: self.requests_1m_max,
        }
        return limits[budget]

    def limit_of_ours(self, budget: Budget) -> int:
        """Return the part of the limit that this system may use, rounded down."""
        share = self.rate_limit_share if budget.is_per_ip else Decimal(1)
        return int(self.limit(budget) * share)


@frozen
class Pacing:
    """How what is not urgent is slowed, percent; the fields of `LimiterSettings` say what."""

    slow_down_percent: int
    percent_min: int
    recovery_percent: int
    floor_percent: int


@define
class BudgetState:
    """One budget: our bucket, and the venue's fixed window as far as we know it."""

    budget: Budget
    bucket: Bucket
    limit: int
    """The venue's whole window; its header counts everybody against it."""
    warn_at: int
    reserve_at: int
    bucket_reserve: int
    """Tokens of the bucket that opening requests leave; at least one."""
    window_index: int = 0
    used: int = 0
    """In that window: the larger of our count and the venue's, plus ours since."""
    pace_percent: int = PERCENT
    """Share of its limit that the opening class may use, as of `pace_from_ms`."""
    pace_from_ms: int = 0
    reported: int | None = None
    """What the venue said last, whatever window it spoke of; for people, nothing decides by it."""
    reported_at_ms: int = 0


@define
class LimiterState:
    """Everything that the limiter knows; plain values, so that it can be kept in a snapshot.

    Times are engine time in milliseconds; the venue's clock is `venue_offset_ms` ahead of it.
    """

    budgets: tuple[BudgetState, ...]
    permit_ttl_ms: int
    window_margin_ms: int
    pacing: Pacing
    venue_offset_ms: int = 0
    paused_until_ms: int = 0
    banned_until_ms: int = 0
    orders_paused_until_ms: int = 0


def new_limiter(settings: LimiterSettings, now_ms: int) -> LimiterState:
    """Return the state of a limiter that has used nothing yet.

    Raises `ValueError` when warning lies above reserve or a share leaves a budget unusable.
    """
    if settings.warn_percent > settings.reserve_percent:
        raise ValueError(
            f"warn_percent {settings.warn_percent} is above "
            f"reserve_percent {settings.reserve_percent}"
        )
    budgets = tuple(_new_budget(settings, budget, now_ms) for budget in Budget)
    return LimiterState(
        budgets, settings.permit_ttl_ms, settings.window_margin_ms, _pacing(settings)
    )


def limits_fault(settings: LimiterSettings) -> str:
    """Return why a limiter cannot work with these figures, empty when it can."""
    try:
        new_limiter(settings, 0)
    except ValueError as error:
        return str(error)
    return ""


def redesign(state: LimiterState, settings: LimiterSettings, now_ms: int) -> None:
    """Take over other limits at `now_ms`, keeping counts, pauses, paces and levels.

    A level is kept up to the new capacity.
    """
    fresh = new_limiter(settings, now_ms)
    for new, old in zip(fresh.budgets, state.budgets, strict=True):
        new.bucket = redesigned(old.bucket, new.bucket.design, now_ms)
        new.window_index, new.used = old.window_index, old.used
        new.pace_percent, new.pace_from_ms = old.pace_percent, old.pace_from_ms
        new.reported, new.reported_at_ms = old.reported, old.reported_at_ms
    state.budgets = fresh.budgets
    state.permit_ttl_ms = fresh.permit_ttl_ms
    state.window_margin_ms = fresh.window_margin_ms
    state.pacing = fresh.pacing


def _pacing(settings: LimiterSettings) -> Pacing:
    return Pacing(
        slow_down_percent=settings.slow_down_percent,
        percent_min=settings.pace_percent_min,
        recovery_percent=settings.recovery_percent_1m,
        floor_percent=settings.projection_floor_percent,
    )


def _new_budget(settings: LimiterSettings, budget: Budget, now_ms: int) -> BudgetState:
    design = _design(settings, budget)
    limit = settings.limit(budget)
    reserve = -(-design.capacity * (PERCENT - settings.reserve_percent) // PERCENT)
    if reserve >= design.capacity:
        raise ValueError(f"{budget}: a burst of {design.capacity} leaves none beside the reserve")
    return BudgetState(
        budget=budget,
        bucket=full_bucket(design, now_ms),
        limit=limit,
        warn_at=limit * settings.warn_percent // PERCENT,
        reserve_at=limit * settings.reserve_percent // PERCENT,
        bucket_reserve=reserve,
    )


def _design(settings: LimiterSettings, budget: Budget) -> BucketDesign:
    return design_bucket(
        limit=settings.limit_of_ours(budget),
        window_ms=budget.window_ms,
        late_ms=settings.permit_ttl_ms + settings.request_timeout_ms,
        burst_share=settings.burst_share,
    )
