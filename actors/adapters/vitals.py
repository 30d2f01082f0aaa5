"""Vitals: says how the machine is, from beside the core.

Owns nothing: it looks at kernel, host and journal from a thread of its own, so that it answers
while the core is stuck. What it reads are counts and references that other threads replace whole;
two of them may be a message apart. A look that fails is a refused query and nothing more.
"""

import os
import time
from collections.abc import Callable
from typing import Any

from attrs import define, field

from ...messages.vitals import (
    ActorView,
    DeadLetterView,
    GetVitals,
    JournalView,
    VitalsView,
)
from ..errors import Refused
from ..names import EXECUTION_SYSTEM
from ..ports import Clock
from ..runtime.actor import Context, EdgeActor
from ..runtime.cell import Cell
from ..runtime.dispatcher import HandlerTime
from ..runtime.envelope import DeadLetter
from ..runtime.journal_writer import Keeper
from ..runtime.kernel import Kernel
from ..runtime.threads import ThreadedHost
from .journal import ThreadedJournalPort

DEAD_TOLD_MAX = 20
MS_NS = 1_000_000
US_NS = 1_000


@define(eq=False)
class Machine:
    """What there is to look at, given by the composition root."""

    kernel: Kernel
    host: ThreadedHost
    clock: Clock
    version: str
    mode: str
    generation: int
    keeper: Keeper | None = None
    """Of the journal; None where none is kept."""
    started_at_ns: int = field(init=False)
    _began: float = field(init=False, factory=time.monotonic)

    def __attrs_post_init__(self) -> None:
        self.started_at_ns = self.clock.now_ns()

    def look(self) -> VitalsView:
        """Return how it all is now; any thread."""
        counts = self.kernel.counts
        return VitalsView(
            at_ms=self.clock.now_ns() // MS_NS,
            pid=os.getpid(),
            version=self.version,
            mode=self.mode,
            generation=self.generation,
            started_at_ms=self.started_at_ns // MS_NS,
            uptime_ms=int((time.monotonic() - self._began) * 1_000),
            ready=bool(self.kernel.cells[EXECUTION_SYSTEM].actor.state.ready),
            messages_sent=counts.sent,
            messages_delivered=counts.delivered,
            core_steps=counts.steps,
            failures=counts.failures,
            restarts=counts.restarts,
            dead_letters=counts.dead,
            actors=self._actors(),
            last_dead=tuple(
                map(_dead_view, list(self.kernel.dead_letters.copy())[-DEAD_TOLD_MAX:])
            ),
            journal=None if self.keeper is None else self._journal(self.keeper),
        )

    def _actors(self) -> tuple[ActorView, ...]:
        depths, times = self.host.mailboxes(), self.host.handler_times()
        cells = list(self.kernel.cells.values())
        return tuple(
            actor_view(cell, depths.get(cell.name, 0), times.get(cell.name)) for cell in cells
        )

    def _journal(self, keeper: Keeper) -> JournalView:
        kernel, port = self.kernel, self.kernel.journal
        assert isinstance(port, ThreadedJournalPort)
        writer, now_ns = keeper.writer, self.clock.now_ns()
        # What waits for the thread is younger than what it has in hand.
        oldest_ns = writer.unsafe_since_ns() or port.queued_since_ns()
        return JournalView(
            sequence=kernel.sequence,
            written=writer.sequence,
            queued=port.queued(),
            unsynced=writer.unsynced,
            lag_ms=max(0, now_ns - oldest_ns) // MS_NS if oldest_ns else 0,
            lost=writer.lost,
            failed=keeper.failed,
            snapshot_at_ms=kernel.snapshot_at_ns // MS_NS,
        )


class Vitals(EdgeActor):
    """Answers `GetVitals`."""

    def __init__(self, look: Callable[[], VitalsView]) -> None:
        self._look = look

    def receive(self, message: Any, ctx: Context) -> None:
        """Answer, or say why not: an actor that tells how others are must not be one that fails."""
        assert isinstance(message, GetVitals), message
        try:
            ctx.reply(self._look())
        except Exception as error:  # noqa: BLE001 - other threads change what is looked at
            ctx.reply(Refused(f"vitals: {type(error).__name__}: {error}"))


def actor_view(cell: Cell, mailbox: int, taken: HandlerTime | None) -> ActorView:
    """Return how an actor is; `taken` is what its handlers took, None where nobody measured."""
    last = cell.last
    return ActorView(
        name=cell.name,
        is_core=cell.is_core,
        status=cell.status.name.lower(),
        generation=cell.generation,
        mailbox=mailbox,
        steps=cell.steps,
        failures=cell.failures,
        restarts=cell.restarts,
        last_message="" if last is None else type(last.message).__name__,
        last_at_ms=cell.context.now // MS_NS,
        handler_mean_us=None if taken is None else taken.total_ns // taken.count // US_NS,
        handler_max_us=None if taken is None else taken.max_ns // US_NS,
        handler_samples=0 if taken is None else taken.count,
    )


def _dead_view(dead: DeadLetter) -> DeadLetterView:
    envelope = dead.envelope
    name = type(envelope.message).__name__
    return DeadLetterView(envelope.to, name, envelope.id, dead.reason)
