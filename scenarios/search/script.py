"""Script: the last messages before the first thing that went wrong, as short lines.

Owns a bounded window over the deliveries of one run, and stops at the first violation. Steps from
which nothing came, and the market's, are left out: they are most of a run and tell nothing.
"""

from collections import deque
from typing import Any

from attrs import define, field

from ...actors import names
from ...actors.ports import VenueAnswer, VenueRequest
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ..chaos import Run
from ..checks.ground import code_of
from ..invariants import Violation
from ..workload import START_NS

LINES_MAX = 30
TEXT_MAX = 110
QUIET = (names.MARKET_DATA, names.VENUE_CLOCK)
TELLING = ("symbol", "client_order_id", "signal_id", "command_id", "state", "reason")
"""Fields of a message that say which one it is."""


@define(eq=False)
class Script:
    """The window; give `watch` to a trial."""

    lines: deque[str] = field(init=False, factory=lambda: deque[str](maxlen=LINES_MAX))
    _is_over: bool = field(init=False, default=False)
    _run: Run = field(init=False)

    def watch(self, run: Run) -> None:
        """Look on at a run, beside its checker."""
        self._run = run
        engine, driver = run.engine, run.engine.driver
        step, request, answer = engine.on_step, driver.on_request, driver.on_answer
        assert step is not None
        assert request is not None
        assert answer is not None

        def on_step(cell: Cell, envelope: Envelope) -> None:
            self._note_step(cell, envelope)
            step(cell, envelope)

        def on_request(sent: VenueRequest) -> None:
            self._note(f"wire -> venue: {sent.method} {sent.path} {_params(sent)}")
            request(sent)

        def on_answer(told: VenueAnswer) -> None:
            code = code_of(told)
            text = f"{told.phase.value} {told.status or ''} {code or ''}"
            self._note(f"venue -> wire: {told.request_id} {text}")
            answer(told)

        engine.on_step = on_step
        driver.on_request = on_request
        driver.on_answer = on_answer
        run.checker.on_violation = self._on_violation

    def _on_violation(self, violation: Violation) -> None:
        self._note(f"{violation.invariant} does not hold: {violation.text}")
        self._is_over = True

    def _note_step(self, cell: Cell, envelope: Envelope) -> None:
        context = cell.context
        if cell.name in QUIET or not (context.facts or context.tells or context.timers):
            return
        facts = ", ".join(dict.fromkeys(type(fact).__name__ for fact in context.facts))
        came = f" => {facts}" if facts else ""
        sender = envelope.sender or "outside"
        self._note(f"{sender} -> {cell.name}: {_short(envelope.message)}{came}")

    def _note(self, text: str) -> None:
        if not self._is_over:
            seconds = (self._run.engine.simulation.now_ns - START_NS) / 1_000_000_000
            cut = text if len(text) <= TEXT_MAX else f"{text[:TEXT_MAX]}…"
            self.lines.append(f"{seconds:9.3f} s  {cut}")


def _short(message: Any) -> str:
    told = [f"{getattr(message, name)}" for name in TELLING if getattr(message, name, "")]
    return f"{type(message).__name__}({', '.join(told)})"


def _params(request: VenueRequest) -> str:
    wanted = ("newClientOrderId", "clientAlgoId", "origClientOrderId", "symbol", "side", "type")
    return " ".join(request.params[name] for name in wanted if name in request.params)
