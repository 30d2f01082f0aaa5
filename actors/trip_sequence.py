"""Trip sequence: what follows the moment at which entries are off.

CircuitBreaker's tool, bound to one message. Order (requirements, C-53): entries are off before
anything else; the host's first hooks run, and are waited for `hook_ms_max` at most; our positions
are closed, all at once, if the trip wants that; their protection stays until each is flat, which is
PositionMonitor's rule; the host's last hooks run. A hook that fails, hangs or never answers changes
nothing of that. A stricter trip in between begins the sequence again and closes what the first
would have closed. A restart goes on where the facts left it and runs no hook twice.
"""

from attrs import frozen

from ..messages.control import RunTripHooks, TripHooksEnded
from ..messages.events import AlertRaised
from ..messages.orders import CancelEntries
from ..messages.positions import FlattenAll, OpenReported, ReportOpen
from ..messages.values import HookPhase, Severity, TradingState
from . import names
from .breaker_facts import BreakerState, Sequence, SequenceMoved, Stage
from .runtime.actor import Context
from .settings import BreakerSettings

MS = 1_000_000
HOOKS = "hooks"
FLAT = "flat"


@frozen
class HooksDue:
    """The first hooks of this epoch have had their time."""

    epoch: int


@frozen
class FlatDue:
    """Look whether our positions are closed."""


@frozen
class TripSequence:
    """The sequence of the trip at hand; state, settings and context of one message."""

    state: BreakerState
    settings: BreakerSettings
    ctx: Context

    def begin(self, state: TradingState, epoch: int, reason: str, *, flattens: bool) -> None:
        """Let the first hooks run; entries are off already."""
        before = self.state.sequence
        also = before is not None and before.flattens
        sequence = Sequence(
            Stage.BEFORE, state, epoch, reason, flattens or also, since_ns=self.ctx.now
        )
        self.ctx.record(SequenceMoved(sequence))
        self._run_hooks(HookPhase.BEFORE, sequence, is_flat=False)
        self.ctx.after(self.settings.hook_ms_max * MS, HooksDue(epoch), key=HOOKS)

    def hooks_ended(self, message: TripHooksEnded) -> None:
        """Say which failed, and go on if they were waited for."""
        for failed in message.failed:
            self._alert(Severity.WARNING, "trip_hook_failed", failed)
        sequence = self._waiting_for(message.epoch)
        if sequence is not None and message.phase is HookPhase.BEFORE:
            self.ctx.cancel(HOOKS)
            self._act(sequence)

    def hooks_due(self, message: HooksDue) -> None:
        """Go on without the hooks that still run."""
        sequence = self._waiting_for(message.epoch)
        if sequence is not None:
            text = f"not over after {self.settings.hook_ms_max} ms"
            self._alert(Severity.WARNING, "trip_hook_late", text)
            self._act(sequence)

    def flat_due(self) -> None:
        """Ask which of our positions are open, while that matters."""
        if self.state.sequence is not None:
            self.ctx.tell(names.POSITION_MONITOR, ReportOpen())

    def open_reported(self, message: OpenReported) -> None:
        """End the sequence when all are closed; when that takes too long, say so and end it too."""
        sequence = self.state.sequence
        if sequence is None or sequence.stage is not Stage.ACTING:
            return
        waited_ms = (self.ctx.now - sequence.since_ns) // MS
        if not message.keys:
            self._end(sequence, is_flat=True)
        elif waited_ms >= self.settings.flat_ms_max:
            text = f"after {waited_ms} ms still open: {', '.join(message.keys)}"
            self._alert(Severity.CRITICAL, "flatten_slow", text)
            self._end(sequence, is_flat=False)
        else:
            self._look_later()

    def resume(self) -> None:
        """Go on after a restart."""
        sequence = self.state.sequence
        if sequence is not None:
            self._act(sequence)

    def _act(self, sequence: Sequence) -> None:
        if not sequence.flattens:
            self._end(sequence, is_flat=False)
            return
        acting = Sequence(
            Stage.ACTING,
            sequence.state,
            sequence.epoch,
            sequence.reason,
            flattens=True,
            since_ns=self.ctx.now,
        )
        self.ctx.record(SequenceMoved(acting))
        cancel = CancelEntries("", sequence.reason, flattens=True)
        self.ctx.tell(names.ORDER_MANAGER, cancel)
        close = FlattenAll(names.CIRCUIT_BREAKER, "", sequence.reason)
        self.ctx.tell(names.POSITION_MONITOR, close)
        self._look_later()

    def _end(self, sequence: Sequence, *, is_flat: bool) -> None:
        self.ctx.record(SequenceMoved(None))
        self._run_hooks(HookPhase.AFTER, sequence, is_flat=is_flat)

    def _run_hooks(self, phase: HookPhase, sequence: Sequence, *, is_flat: bool) -> None:
        run = RunTripHooks(
            phase=phase,
            state=sequence.state,
            epoch=sequence.epoch,
            reason=sequence.reason,
            flattens=sequence.flattens,
            is_flat=is_flat,
        )
        self.ctx.tell(names.TRIP_HOOKS, run)

    def _waiting_for(self, epoch: int) -> Sequence | None:
        """Return the sequence if its first hooks, of that epoch, are being waited for."""
        sequence = self.state.sequence
        if sequence is None or sequence.stage is not Stage.BEFORE or sequence.epoch != epoch:
            return None
        return sequence

    def _look_later(self) -> None:
        self.ctx.after(self.settings.flat_check_ms * MS, FlatDue(), key=FLAT)

    def _alert(self, severity: Severity, name: str, text: str) -> None:
        self.ctx.tell(names.EVENT_BUS, AlertRaised(severity, name, "circuit_breaker", text))
