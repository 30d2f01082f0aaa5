"""RateLimiter: every REST call of every actor needs its permit.

Owns the budgets of weight, orders and requests, pauses and bans; the arithmetic is in
`policies/rate_limit.py`. Requests that must wait are served reducing first, then in order of
arrival; what cannot be granted before the asker's own limit is refused. Bound:
`permits_waiting_max` waiting requests, one beyond is refused at once.
"""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.events import AlertRaised
from ..messages.market import ClockChanged
from ..messages.values import Priority, Severity
from ..messages.venue import (
    AmendOne,
    CancelOne,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    Permit,
    PermitGranted,
    PermitRefused,
    PlaceOrder,
    QueryOne,
    ReadAccount,
    ReadAccountMode,
    ReadInstruments,
    ReadTime,
    RequestPermit,
    UsageObserved,
)
from .names import EVENT_BUS
from .policies.error_table import pause_until_ms
from .policies.rate_budgets import LimiterSettings, LimiterState, new_limiter
from .policies.rate_limit import (
    Granted,
    PauseScope,
    TooLarge,
    Wait,
    admit,
    charge,
    observe,
    pause,
    set_venue_offset,
)
from .policies.weights import Cost
from .runtime.actor import Actor, Context

MS = 1_000_000
TOO_MANY_ORDERS = -1015
PAUSING_STATUSES = (403, 418, 429)

COSTS: dict[str, Cost] = {
    PlaceOrder.__name__: Cost(0, 1, 1),
    AmendOne.__name__: Cost(0, 1, 1),
    CancelOne.__name__: Cost(1),
    QueryOne.__name__: Cost(1),
    ListOpenOrders.__name__: Cost(40),
    ListPositions.__name__: Cost(5),
    ListTrades.__name__: Cost(5),
    ReadAccount.__name__: Cost(5),
    ReadAccountMode.__name__: Cost(5),
    ReadInstruments.__name__: Cost(1),
    ReadTime.__name__: Cost(1),
}
"""What each call costs; a test compares it with `policies/weights.py`."""


@frozen
class _Tick:
    """Something that waits may be due."""


@frozen
class LimiterStarted:
    """Fact: the budgets count from this engine time on."""

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
class Paused:
    """Fact: requests stop until this engine time."""

    scope: PauseScope
    until_ms: int


@frozen
class OffsetNoted:
    """Fact: the venue's clock is this far ahead."""

    offset_ms: int


@define
class Waiting:
    """One request that waits for its permit."""

    request: RequestPermit
    asker: str


@define
class RateLimiterState:
    """Budgets, and who waits, in order of arrival."""

    limiter: LimiterState | None = None
    waiting: dict[str, Waiting] = field(factory=dict[str, Waiting])
    grants: int = 0
    pauses: int = 0
    """Pauses in a row without an answer that worked."""


Inbox = RequestPermit | UsageObserved | ClockChanged | _Tick
Fact = LimiterStarted | Charged | PermitWaited | PermitLeft | UsageNoted | Paused | OffsetNoted


class RateLimiter(Actor):
    """Grants permits, reducing first, never more than the venue takes."""

    State = RateLimiterState
    private = (
        _Tick,
        LimiterStarted,
        Charged,
        PermitWaited,
        PermitLeft,
        UsageNoted,
        Paused,
        OffsetNoted,
    )
    state: RateLimiterState

    def __init__(self, settings: LimiterSettings, waiting_max: int) -> None:
        super().__init__()
        self._settings = settings
        self._waiting_max = waiting_max

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case RequestPermit():
                self.on_request_permit(message, ctx)
            case UsageObserved():
                self.on_usage_observed(message, ctx)
            case ClockChanged():
                ctx.record(OffsetNoted(message.offset_ns // MS))
            case _Tick():
                self.on_tick(ctx)
            case _:
                assert_never(message)

    def on_request_permit(self, message: RequestPermit, ctx: Context) -> None:
        """Grant at once where nobody of the same class waits, else let the request wait."""
        if not self._someone_ahead(message) and self._grant(message, ctx.sender, ctx):
            return
        if len(self.state.waiting) >= self._waiting_max:
            ctx.tell(ctx.sender, PermitRefused(message.token, "too many requests wait"))
            return
        ctx.record(PermitWaited(message, ctx.sender))
        self._arm(message, ctx)

    def on_usage_observed(self, message: UsageObserved, ctx: Context) -> None:
        """Take over the venue's counts, and stop when it says so."""
        now_ms = ctx.now // MS
        granted_at_ms = int(message.permit_id.partition("@")[2])
        ctx.record(UsageNoted(message, granted_at_ms, now_ms))
        is_order_limit = message.code == TOO_MANY_ORDERS
        if message.status not in PAUSING_STATUSES and not is_order_limit:
            return
        headers = {"Retry-After": str(message.retry_after_s)} if message.retry_after_s >= 0 else {}
        limiter = self._limiter()
        until_ms = pause_until_ms(
            message.status,
            message.code or None,
            message.text,
            headers,
            now_ms + limiter.venue_offset_ms,
            self.state.pauses + 1,
        )
        if until_ms is None:
            return
        scope = PauseScope.ORDERS if is_order_limit else PauseScope.ALL
        if message.status in (403, 418):
            scope = PauseScope.BAN
        ctx.record(Paused(scope, until_ms - limiter.venue_offset_ms))
        text = f"status {message.status}: {message.text}"
        ctx.tell(EVENT_BUS, AlertRaised(Severity.WARNING, "rate_limit", scope.value, text))

    def on_tick(self, ctx: Context) -> None:
        """Serve the first that can be served; the others follow by ticks of their own."""
        for waiting in self._in_turn():
            request = waiting.request
            if request.expires_at_ns <= ctx.now:
                ctx.record(PermitLeft(request.token))
                ctx.tell(waiting.asker, PermitRefused(request.token, "no permit in time"))
            elif self._grant(request, waiting.asker, ctx):
                pass
            else:
                self._arm(request, ctx)
                return
            ctx.after(0, _Tick(), key="tick")
            return

    def resume(self, ctx: Context) -> None:
        """Start the budgets once, and serve what waited before a restart."""
        if self.state.limiter is None:
            ctx.record(LimiterStarted(ctx.now // MS))
        if self.state.waiting:
            ctx.after(0, _Tick(), key="tick")

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        state = self.state
        match fact:
            case LimiterStarted():
                state.limiter = new_limiter(self._settings, fact.at_ms)
            case Charged():
                charge(self._limiter(), COSTS[fact.call], fact.at_ms)
                state.waiting.pop(fact.token, None)
                state.grants += 1
            case PermitWaited():
                state.waiting[fact.request.token] = Waiting(fact.request, fact.asker)
            case PermitLeft():
                del state.waiting[fact.token]
            case UsageNoted():
                self._observe(fact)
            case Paused():
                pause(self._limiter(), fact.scope, fact.until_ms)
                state.pauses += 1
            case OffsetNoted():
                set_venue_offset(self._limiter(), fact.offset_ms)
            case _:
                assert_never(fact)

    def _limiter(self) -> LimiterState:
        assert self.state.limiter is not None
        return self.state.limiter

    def _observe(self, fact: UsageNoted) -> None:
        usage = fact.usage
        if usage.status not in PAUSING_STATUSES:
            self.state.pauses = 0
        observe(
            self._limiter(),
            granted_at_ms=fact.granted_at_ms,
            now_ms=fact.at_ms,
            weight_1m=usage.weight_used_1m,
            orders_10s=usage.orders_used_10s,
            orders_1m=usage.orders_used_1m,
        )

    def _someone_ahead(self, request: RequestPermit) -> bool:
        """True when a waiting request has the same or a higher class."""
        waiting = self.state.waiting.values()
        if request.priority is Priority.OPENING:
            return bool(waiting)
        return any(each.request.priority is Priority.REDUCING for each in waiting)

    def _in_turn(self) -> list[Waiting]:
        waiting = list(self.state.waiting.values())
        reducing = [each for each in waiting if each.request.priority is Priority.REDUCING]
        return reducing + [each for each in waiting if each.request.priority is Priority.OPENING]

    def _grant(self, request: RequestPermit, asker: str, ctx: Context) -> bool:
        """Grant the request if that is possible now."""
        now_ms = ctx.now // MS
        admission = admit(self._limiter(), COSTS[request.call], request.priority, now_ms)
        match admission:
            case Granted():
                ctx.record(Charged(request.token, request.call, now_ms))
                permit_id = f"{self.state.grants + 1}@{now_ms}"
                permit = Permit(permit_id, admission.expires_at_ms * MS)
                ctx.tell(asker, PermitGranted(request.token, permit))
                return True
            case Wait() | TooLarge():
                return False
            case _:
                assert_never(admission)

    def _arm(self, request: RequestPermit, ctx: Context) -> None:
        """Look again when the first in turn may pass, or must be refused."""
        now_ms = ctx.now // MS
        admission = admit(self._limiter(), COSTS[request.call], request.priority, now_ms)
        due_ns = request.expires_at_ns
        if isinstance(admission, Wait):
            due_ns = min(due_ns, admission.until_ms * MS)
        ctx.after(max(due_ns - ctx.now, MS), _Tick(), key="tick")
