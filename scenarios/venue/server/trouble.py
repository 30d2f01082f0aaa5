"""Trouble: which connection, request or answer of the server suffers what, and how often.

Owns the planned faults, counted down request by request, and the drawn ones, from a generator of
their own. A planned fault of the venue's core is handed to the account that asks; one of the wire
is done by the face. Bound: `PLANNED_MAX` plans at a time.
"""

from random import Random

from attrs import define, frozen

from ....actors.ports import VenueRequest
from ..fault_targets import befalls
from ..faults import Fault, ScriptedFault
from ..venue import Venue
from .wire_faults import WireFault, WireFaults

PLANNED_MAX = 1_000


@frozen
class Struck:
    """A fault of the wire that fires now."""

    fault: WireFault
    is_executed: bool
    size_ms: int


@define
class Plan:
    """One fault for the `nth` request of a method, path and symbol from now.

    An empty one fits any. With no method and no path a fault of the venue waits for a request that
    it can befall.
    """

    fault: WireFault | Fault
    method: str = ""
    path: str = ""
    nth: int = 1
    is_executed: bool = True
    size_ms: int | None = None
    symbol: str = ""

    def fits(self, request: VenueRequest) -> bool:
        """Say whether a request is one of those that count."""
        if self.symbol not in ("", request.params.get("symbol")):
            return False
        if isinstance(self.fault, Fault) and not (self.method or self.path):
            return befalls(self.fault, request)
        return self.method in ("", request.method) and self.path in ("", request.path)


class Trouble:
    """Plans, draws and counts."""

    def __init__(self, faults: WireFaults, random: Random) -> None:
        self.faults = faults
        self.counts: dict[WireFault, int] = dict.fromkeys(WireFault, 0)
        self._random = random
        self._plans: list[Plan] = []

    def plan(self, plan: Plan) -> None:
        """Let a fault fire once; raises `ValueError` past the bound."""
        if len(self._plans) >= PLANNED_MAX:
            raise ValueError(f"{PLANNED_MAX} faults are planned already")
        self._plans.append(plan)

    def forget_planned(self) -> None:
        """Let no planned fault fire any more."""
        self._plans.clear()

    def closes_connection(self) -> bool:
        """Say whether a connection that has just come is closed at once."""
        close = WireFault.ACCEPT_THEN_CLOSE
        for plan in self._plans:
            if plan.fault is close:
                plan.nth -= 1
                if not plan.nth:
                    self._plans.remove(plan)
                    return self._count(close)
        chance = self.faults.chances.get(close, 0.0)
        return bool(chance) and self._random.random() < chance and self._count(close)

    def strike(self, request: VenueRequest, venue: Venue) -> Struck | None:
        """Return what befalls a request on the wire; what befalls it at the venue is planned there.

        One that is planned goes before one that is drawn.
        """
        plan = self._next_plan(request) if self._plans else None
        if plan is not None:
            return self._planned(plan, request, venue)
        for fault, chance in self.faults.chances.items():
            if fault is not WireFault.ACCEPT_THEN_CLOSE and self._random.random() < chance:
                return self._struck(fault, self._random.random() < self.faults.executed_share)
        return None

    def _next_plan(self, request: VenueRequest) -> Plan | None:
        due: Plan | None = None
        for plan in self._plans:
            if plan.fault is WireFault.ACCEPT_THEN_CLOSE or not plan.fits(request):
                continue
            plan.nth -= 1
            if plan.nth <= 0 and due is None:
                due = plan
        if due is not None:
            self._plans.remove(due)
        return due

    def _planned(self, plan: Plan, request: VenueRequest, venue: Venue) -> Struck | None:
        if isinstance(plan.fault, WireFault):
            return self._struck(plan.fault, plan.is_executed, plan.size_ms)
        venue.plan_fault(
            ScriptedFault(
                request.method, request.path, 1, plan.fault, plan.is_executed, plan.size_ms
            )
        )
        return None

    def _struck(self, fault: WireFault, is_drawn: bool, size_ms: int | None = None) -> Struck:
        self._count(fault)
        executed = {
            WireFault.RESET_BEFORE_EXECUTION: False,
            WireFault.PAGE_502: is_drawn,
            WireFault.TIMEOUT_1007: is_drawn,
        }.get(fault, True)
        return Struck(fault, executed, self.faults.answer_slow_ms if size_ms is None else size_ms)

    def _count(self, fault: WireFault) -> bool:
        self.counts[fault] += 1
        return True
