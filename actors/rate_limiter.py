"""RateLimiter: every REST call of every actor needs its permit.

Owns the budgets of weight, orders and requests, pauses and bans. Requests that must wait are served
reducing first, then in order of arrival; placements that wait hold up no query and no cancel. What
is not granted before the asker's own limit, or never could be, is refused. Bound:
`permits_waiting_max` waiting requests; beyond it the youngest opening one is refused, a reducing
one only when all others are reducing too.
"""

from typing import assert_never

from attrs import frozen

from ..messages.events import AlertRaised
from ..messages.instruments import LimitsPublished
from ..messages.market import ClockChanged
from ..messages.values import Priority, Severity
from ..messages.venue import (
    Permit,
    PermitGranted,
    PermitRefused,
    PlaceOrder,
    RequestPermit,
    RequestsPaused,
    UsageObserved,
)
from ..messages.vitals import GetLimits
from .limiter_facts import (
    COSTS,
    IN_A_BATCH,
    PRIVATE,
    TOO_MANY_ORDERS,
    Charged,
    Fact,
    LimitsSet,
    OffsetNoted,
    Paused,
    PermitLeft,
    PermitWaited,
    PressureNoted,
    RateLimiterState,
    UsageNoted,
    Waiting,
    apply_fact,
    in_force,
    is_optional,
    places,
    wants_pause,
)
from .names import EVENT_BUS, LANES
from .policies.error_table import pause_until_ms
from .policies.rate_budgets import LimiterSettings, limits_fault
from .policies.rate_limit import (
    Admission,
    Granted,
    PauseScope,
    Pressure,
    TooLarge,
    Wait,
    admit,
    usage,
)
from .runtime.actor import Actor, Context
from .vital_views import limits_view

MS = 1_000_000

# Looked up for every answer, and a class of an enumeration is slow to look into.
_NORMAL = Pressure.NORMAL


@frozen
class _Tick:
    """Something that waits may be due."""


Inbox = RequestPermit | UsageObserved | ClockChanged | LimitsPublished | GetLimits | _Tick


class RateLimiter(Actor):
    """Grants permits, reducing first, never more than the venue takes."""

    State = RateLimiterState
    private = (_Tick, *PRIVATE)
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
            case LimitsPublished():
                self.on_limits_published(message, ctx)
            case _Tick():
                self.on_tick(ctx)
            case GetLimits():
                ctx.reply(limits_view(self.state, ctx.now // MS))
            case _:
                assert_never(message)

    def on_request_permit(self, message: RequestPermit, ctx: Context) -> None:
        """Grant at once where nobody is ahead, else let the request wait."""
        request = Waiting(message, ctx.sender)
        admission = self._admission(message, ctx.now)
        if isinstance(admission, TooLarge):
            self._refuse(request, f"needs {admission.amount} of {admission.budget}", ctx)
        elif isinstance(admission, Granted) and not self._is_behind_another(message):
            self._grant(request, admission, ctx)
        elif message.token in self.state.waiting or self._make_room(message, ctx):
            ctx.record(PermitWaited(message, ctx.sender))
            self._arm(self.state.in_turn(request), ctx)
        else:
            self._refuse(request, "too many requests wait", ctx)

    def on_usage_observed(self, message: UsageObserved, ctx: Context) -> None:
        """Take over the venue's counts, and stop when it says so."""
        now_ms = ctx.now // MS
        granted_at_ms = int(message.permit_id.partition("@")[2])
        self._report_pressure(now_ms, ctx)
        ctx.record(UsageNoted(message, granted_at_ms, now_ms))
        if not wants_pause(message):
            return
        scope, until_ms = self._pause(message, now_ms)
        text = f"status {message.status}: {message.text}"
        ctx.record(Paused(scope, until_ms, now_ms, text))
        for lane in LANES:
            paused = RequestsPaused(until_ms * MS, placements_only=scope is PauseScope.ORDERS)
            ctx.tell(lane, paused, urgent=True)
        ctx.tell(EVENT_BUS, AlertRaised(Severity.WARNING, "rate_limit", scope.value, text))

    def on_limits_published(self, message: LimitsPublished, ctx: Context) -> None:
        """Keep the venue's limits where they are tighter; what cannot work is told to a person."""
        fault = limits_fault(in_force(self._settings, message))
        if fault:
            alert = AlertRaised(Severity.CRITICAL, "limits_unusable", "rate_limiter", fault)
            ctx.tell(EVENT_BUS, alert)
        else:
            self._set_limits(message, ctx)

    def on_tick(self, ctx: Context) -> None:
        """Serve one that can be served or is too late; the others follow by ticks of their own."""
        if self._serve_one(ctx):
            ctx.after(0, _Tick(), key="tick")
        elif self.state.waiting:
            self._arm(self.state.in_turn(), ctx)

    def resume(self, ctx: Context) -> None:
        """Take over the limits of this start, and serve what waited before it."""
        self._set_limits(self.state.published, ctx)
        if self.state.waiting:
            ctx.after(0, _Tick(), key="tick")

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact)

    def _set_limits(self, published: LimitsPublished | None, ctx: Context) -> None:
        limits = in_force(self._settings, published)
        if limits != self.state.settings or published != self.state.published:
            ctx.record(LimitsSet(limits, published, ctx.now // MS))
            ctx.log("limits_set", weight_1m=limits.weight_1m_max, orders_1m=limits.orders_1m_max)

    def _serve_one(self, ctx: Context) -> bool:
        in_turn = self.state.in_turn()
        for waiting in in_turn:
            if waiting.request.expires_at_ns <= ctx.now:
                self._refuse(waiting, "no permit in time", ctx)
                return True
        for waiting in _heads(in_turn):
            admission = self._admission(waiting.request, ctx.now)
            if isinstance(admission, Granted):
                self._grant(waiting, admission, ctx)
                return True
            if isinstance(admission, TooLarge):
                self._refuse(waiting, f"needs {admission.amount} of {admission.budget}", ctx)
                return True
        return False

    def _is_behind_another(self, request: RequestPermit) -> bool:
        """True when one of the same or a higher class waits for what this one needs too."""
        is_opening = request.priority is Priority.OPENING
        return any(
            (is_opening or each.is_reducing) and (places(request) or not places(each.request))
            for each in self.state.waiting.values()
        )

    def _make_room(self, request: RequestPermit, ctx: Context) -> bool:
        """Say whether one more may wait; a reducing request sends the youngest opening one off."""
        if len(self.state.waiting) < self._waiting_max:
            return True
        opening = [each for each in self.state.waiting.values() if not each.is_reducing]
        if request.priority is Priority.OPENING or not opening:
            return False
        self._refuse(opening[-1], "too many requests wait", ctx)
        return True

    def _admission(self, request: RequestPermit, now_ns: int) -> Admission:
        return self._admission_of(self._call_of(request, now_ns), request, now_ns)

    def _admission_of(self, call: str, request: RequestPermit, now_ns: int) -> Admission:
        return admit(
            self.state.budgets,
            COSTS[call],
            request.priority,
            now_ns // MS,
            is_optional=is_optional(request),
        )

    def _call_of(self, request: RequestPermit, now_ns: int) -> str:
        """Return as what a request is charged: where no batch has room, an order leaves alone."""
        if request.call != IN_A_BATCH:
            return request.call
        is_too_large = isinstance(self._admission_of(IN_A_BATCH, request, now_ns), TooLarge)
        return PlaceOrder.__name__ if is_too_large else IN_A_BATCH

    def _grant(self, waiting: Waiting, granted: Granted, ctx: Context) -> None:
        request, now_ms = waiting.request, ctx.now // MS
        call = self._call_of(request, ctx.now)
        ctx.record(Charged(request.token, call, now_ms))
        permit_id, expires_at_ns = f"{self.state.grants + 1}@{now_ms}", granted.expires_at_ms * MS
        permit = Permit(permit_id, expires_at_ns, may_join=call == IN_A_BATCH)
        ctx.tell(waiting.asker, PermitGranted(request.token, permit))

    def _refuse(self, waiting: Waiting, reason: str, ctx: Context) -> None:
        token = waiting.request.token
        if token in self.state.waiting:
            ctx.record(PermitLeft(token))
        ctx.tell(waiting.asker, PermitRefused(token, reason))

    def _arm(self, in_turn: list[Waiting], ctx: Context) -> None:
        """Look again when the first of a line may pass, or anyone must be refused."""
        due_ns = min(each.request.expires_at_ns for each in in_turn)
        for waiting in _heads(in_turn):
            admission = self._admission(waiting.request, ctx.now)
            if isinstance(admission, Wait):
                due_ns = min(due_ns, admission.until_ms * MS)
            else:
                due_ns = ctx.now
        ctx.after(max(due_ns - ctx.now, MS), _Tick(), key="tick")

    def _pause(self, message: UsageObserved, now_ms: int) -> tuple[PauseScope, int]:
        """Return what the venue wants stopped, and until when of engine time."""
        offset_ms = self.state.budgets.venue_offset_ms
        headers = {"Retry-After": str(message.retry_after_s)} if message.retry_after_s >= 0 else {}
        until_ms = pause_until_ms(
            message.status,
            message.code or None,
            message.text,
            headers,
            now_ms + offset_ms,
            self.state.pauses + 1,
        )
        assert until_ms is not None, "the table knows every answer that wants a pause"
        if message.status in (403, 418):
            return PauseScope.BAN, until_ms - offset_ms
        scope = PauseScope.ORDERS if message.code == TOO_MANY_ORDERS else PauseScope.ALL
        return scope, until_ms - offset_ms

    def _report_pressure(self, now_ms: int, ctx: Context) -> None:
        """Say once when a window of the venue gets fuller than a mark, and when it is empty."""
        told = self.state.pressures
        for each in usage(self.state.budgets, now_ms):
            if each.pressure is told.get(each.budget, _NORMAL):
                continue
            ctx.record(PressureNoted(each.budget, each.pressure))
            if each.pressure is not _NORMAL:
                text = f"{each.pressure}: {each.used} of {each.limit} used"
                alert = AlertRaised(Severity.WARNING, "rate_usage", each.budget.value, text)
                ctx.tell(EVENT_BUS, alert)


def _heads(in_turn: list[Waiting]) -> list[Waiting]:
    """Return the first who places and the first who does not, in turn.

    A placement may wait for order counts alone, which cancels and queries do not use.
    """
    placing = next((each for each in in_turn if places(each.request)), None)
    asking = next((each for each in in_turn if not places(each.request)), None)
    return [each for each in in_turn if each is placing or each is asking]
