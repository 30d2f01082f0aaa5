"""Calm: since when nothing keeps an engine from acting, by what its own actors know.

Looked at once between two instants, for every check that gives the engine time. Any trouble of its
machinery, its stream, its clock or its limits begins the time anew.
"""

from attrs import define, field

from ...actors import names
from ...actors.risk_facts import GateState
from ...actors.runtime.cell import Status
from ..simulated_engine import SimulatedEngine

MS = 1_000_000


@define(eq=False)
class Calm:
    """Since when the engine runs, hears the venue, and may ask it."""

    engine: SimulatedEngine
    since_ns: int = field(init=False, default=0)
    """0 while something is in the way."""

    def look(self, now_ns: int) -> None:
        """Look once more."""
        if not self._is_calm(now_ns):
            self.since_ns = 0
        elif not self.since_ns:
            self.since_ns = now_ns

    def _is_calm(self, now_ns: int) -> bool:
        engine = self.engine
        if engine.life is None:
            return False
        if any(cell.status is not Status.RUNNING for cell in engine.kernel.cells.values()):
            return False
        gate: GateState = engine.state(names.RISK_GATE)
        return gate.ready and gate.stream_healthy and self.may_ask(now_ns)

    def may_ask(self, now_ns: int) -> bool:
        """Say whether the engine knows of nothing that keeps it from asking the venue."""
        gate: GateState = self.engine.state(names.RISK_GATE)
        if gate.clock is None or not gate.clock.trusted:
            return False
        is_open = gate.trading is not None and gate.trading.venue_open
        return is_open and not self._is_paused(now_ns)

    def _is_paused(self, now_ns: int) -> bool:
        limiter = self.engine.state(names.RATE_LIMITER).budgets
        ends_ms = (
            limiter.paused_until_ms,
            limiter.banned_until_ms,
            limiter.orders_paused_until_ms,
        )
        return bool(max(ends_ms) * MS > now_ns)
