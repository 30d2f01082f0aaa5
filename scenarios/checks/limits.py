"""Limits: S5 and S6, about how much and when the engine asks the venue.

S5 counts with the venue's own windows and with sliding windows of everything that left, over all
lives of the engine; S6 knows every pause that the venue demanded in an answer that reached it.
"""

from collections import deque
from collections.abc import Mapping
from typing import ClassVar

from attrs import define, evolve, field

from ...actors import names
from ...actors.limiter_facts import Paused
from ...actors.policies.rate_budgets import Budget, LimiterSettings
from ...actors.policies.token_bucket import design_bucket
from ...actors.ports import VenueAnswer, VenueRequest
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ..venue.api import ROUTES
from ..venue.params import Params
from .ground import Ground, Hooks, code_of

MS = 1_000_000
SECOND_NS = 1_000_000_000
PAUSING_STATUSES = (418, 429)
TOO_MANY_ORDERS = -1015
COUNTED: Mapping[Budget, str] = {
    Budget.WEIGHT_1M: "weight in a minute",
    Budget.ORDERS_10S: "orders in ten seconds",
    Budget.ORDERS_1M: "orders in a minute",
    Budget.REQUESTS_1M: "requests in a minute",
}


@define(eq=False)
class Window:
    """What was used in a window that slides, with the record behind each use."""

    name: str
    length_ns: int
    limit: int
    used: int = field(init=False, default=0)
    _entries: deque[tuple[int, int, int]] = field(init=False, factory=deque[tuple[int, int, int]])

    def add(self, amount: int, now_ns: int, sequence: int) -> bool:
        """Count; return True when the limit is broken."""
        entries = self._entries
        while entries and entries[0][0] <= now_ns - self.length_ns:
            self.used -= entries.popleft()[1]
        if amount:
            entries.append((now_ns, amount, sequence))
            self.used += amount
        return self.used > self.limit

    def forget_after(self, sequence: int) -> None:
        """Forget what no record up to this one tells."""
        self._entries = deque(each for each in self._entries if each[2] <= sequence)
        self.used = sum(amount for _, amount, _ in self._entries)


@define(eq=False)
class LimitsHold:
    """S5: no window uses more than its limit, retries, queries and cancels included.

    What leaves is held to what the limiter's bucket may admit, which is less than the limit: a
    start that forgets what was used goes beyond that first. What a start cannot know of, since its
    record was lost with the process, does not count.
    """

    ground: Ground
    _windows: tuple[Window, ...] = field(init=False)
    _used_max: tuple[int, ...] = field(init=False, default=(0, 0, 0))
    name: ClassVar[str] = "S5"

    def __attrs_post_init__(self) -> None:
        ours = self.ground.engine.settings.limits
        theirs = self.ground.engine.venue.core.limits.limits
        limits = evolve(
            ours,
            weight_1m_max=min(ours.weight_1m_max, theirs.weight_1m_max),
            orders_10s_max=min(ours.orders_10s_max, theirs.orders_10s_max),
            orders_1m_max=min(ours.orders_1m_max, theirs.orders_1m_max),
        )
        self._windows = tuple(
            Window(name, budget.window_ms * MS, leaving_max(limits, budget))
            for budget, name in COUNTED.items()
        )

    def hooks(self) -> Hooks:
        """Count every request; compare with the venue's counts at its answer."""
        return Hooks(request=self.on_request, answer=self.on_answer, life=self.on_life)

    def on_life(self) -> None:
        """Forget what no record tells."""
        life = self.ground.engine.life
        recovered = None if life is None else life.recovered
        known_to = 0 if recovered is None else recovered.start.sequence
        for window in self._windows:
            window.forget_after(known_to)

    def on_request(self, request: VenueRequest) -> None:
        """Count what a request costs."""
        route = ROUTES[request.method, request.path]
        weight = route.weight_of(Params(request.params))
        costs = (weight, route.orders, route.orders, 1)
        for window, cost in zip(self._windows, costs, strict=True):
            if window.add(cost, self.ground.now_ns, record_of(request)):
                text = f"{window.used} {window.name}, {window.limit} are allowed"
                self.ground.report(self.name, text)

    def on_answer(self, _request: VenueRequest, _answer: VenueAnswer) -> None:
        """Compare the venue's highest use of any window with its limits, once per new height."""
        limits = self.ground.engine.venue.core.limits
        used = (
            limits.address.weight_1m.used_max,
            limits.orders_10s.used_max,
            limits.orders_1m.used_max,
        )
        if used == self._used_max:
            return
        self._used_max = used
        figures = limits.limits
        allowed = (figures.weight_1m_max, figures.orders_10s_max, figures.orders_1m_max)
        for figure, limit in zip(used, allowed, strict=True):
            if figure > limit:
                self.ground.report(self.name, f"the venue counted {figure} of {limit}")


def leaving_max(limits: LimiterSettings, budget: Budget) -> int:
    """Return how much of a budget may leave in any window of its length, over all lives.

    That is a full bucket and its refill, for as long as the permits of one window live. Where no
    bucket fits into a limit, the engine cannot take it over: the limit itself.
    """
    limit, window_ms = limits.limit_of_ours(budget), budget.window_ms
    late_ms = limits.permit_ttl_ms + limits.request_timeout_ms
    share = limits.burst_share
    try:
        design = design_bucket(limit=limit, window_ms=window_ms, late_ms=late_ms, burst_share=share)
    except ValueError:
        return limit
    return design.capacity + design.refill * (window_ms + limits.permit_ttl_ms) // window_ms


def record_of(request: VenueRequest) -> int:
    """Return the sequence of the record that asked for a request, 0 for a stranger's."""
    sequence = request.request_id.partition(".")[0]
    return int(sequence) if sequence.isdecimal() else 0


@define(eq=False)
class PausesAreKept:
    """S6: no request leaves before the time that an answer named in a 429 or a ban.

    A start may not know of a pause whose record was lost with the process that heard of it.
    """

    ground: Ground
    _until_ns: int = field(init=False, default=0)
    _told_at_ns: int = field(init=False, default=0)
    _recorded: int = field(init=False, default=0)
    """Sequence of the record that says so; 0 until there is one."""
    name: ClassVar[str] = "S6"

    def hooks(self) -> Hooks:
        """Look at every answer and every request."""
        return Hooks(
            steps=((names.RATE_LIMITER, self.on_limiter),),
            request=self.on_request,
            answer=self.on_answer,
            life=self.on_life,
        )

    def on_limiter(self, cell: Cell, _envelope: Envelope) -> None:
        """Note in which record the pause stands."""
        if any(isinstance(fact, Paused) for fact in cell.context.facts):
            self._recorded = self.ground.engine.kernel.sequence

    def on_life(self) -> None:
        """Forget a pause that no record tells."""
        life = self.ground.engine.life
        recovered = None if life is None else life.recovered
        known_to = 0 if recovered is None else recovered.start.sequence
        if not 0 < self._recorded <= known_to:
            self._until_ns = 0

    def on_answer(self, _request: VenueRequest, answer: VenueAnswer) -> None:
        """Keep the latest time that the venue named."""
        seconds = answer.headers.get("Retry-After")
        if answer.status not in PAUSING_STATUSES or seconds is None:
            return
        # Clocks tick in whole milliseconds; the venue counted from before the answer left.
        until_ns = self.ground.now_ns // MS * MS + int(seconds) * SECOND_NS
        if code_of(answer) != TOO_MANY_ORDERS and until_ns > self._until_ns:
            self._until_ns, self._told_at_ns, self._recorded = until_ns, self.ground.now_ns, 0

    def on_request(self, request: VenueRequest) -> None:
        """Compare the time of leaving with the venue's word."""
        if self._told_at_ns < self.ground.now_ns < self._until_ns:
            left_ms = (self._until_ns - self.ground.now_ns) // MS
            text = f"{request.method} {request.path} left {left_ms} ms before the pause is over"
            self.ground.report(self.name, text)
