"""Position flatten: a command closes positions, and the venue itself says whether it did.

PositionMonitor's tools, bound to one message. What closes them is the exit of each position, which
no refusal ends; here it is only watched. Once ours are closed the venue is asked for its positions,
and only what it lists counts. What a listing shows that is not ours is left, and told. A flatten
that is not over after `FLAT_MS_MAX` is told as that, with an alert; its exits go on all the same.
"""

from attrs import frozen

from ..messages.events import (
    AlertRaised,
)
from ..messages.outcomes import PositionsFlattened
from ..messages.positions import CheckPositions, FlattenAll
from ..messages.queries import FlatteningView, GetFlattening
from ..messages.reconciliation import ComparePositions
from ..messages.values import CloseReason, Severity
from .names import CIRCUIT_BREAKER, EVENT_BUS, RECONCILER
from .policies.flattening import Flattening, weigh
from .position_facts import FlatDue, FlattenBegun, FlattenEnded, FlattenLooked
from .position_legs import Legs
from .position_state import MS

LOOK_MS = 250
FLAT_MS_MAX = 60_000
"""As long as the breaker waits for what it closes (`breaker.flat_ms_max`, by default)."""


@frozen
class Flatten:
    """Closes positions and watches it; bound to one message by its legs."""

    legs: Legs

    def begin(self, message: FlattenAll) -> None:
        """Close our positions, of a symbol or all; told again, it closes what is open again."""
        ctx, state = self.legs.ctx, self.legs.state
        by = CloseReason.BREAKER if ctx.sender == CIRCUIT_BREAKER else CloseReason.OPERATOR
        for key, guard in state.open_guards():
            if message.symbol in ("", guard.position.symbol) and not guard.is_foreign:
                self.legs.close(key, guard, message.reason or "flatten", by)
        if message.verified and message.command_id not in state.flattenings:
            ctx.record(FlattenBegun(message.command_id, message.symbol, ctx.now))
            self._look_later(message.command_id)

    def due(self, message: FlatDue) -> None:
        """Ask the venue once ours are closed; after too long say what is left."""
        ctx, flattening = self.legs.ctx, self.legs.state.flattenings.get(message.command_id)
        if flattening is None or flattening.is_over:
            return
        left = self._ours_open(flattening)
        if ctx.now - flattening.began_ns >= FLAT_MS_MAX * MS:
            self._end(message.command_id, flattening, left or flattening.listed, is_flat=False)
            return
        if not left and not flattening.asked_ns:
            ctx.record(FlattenLooked(message.command_id, ctx.now))
            ctx.tell(RECONCILER, CheckPositions(f"{message.command_id} closed all of ours"))
        self._look_later(message.command_id)

    def compared(self, message: ComparePositions) -> None:
        """Weigh what the venue lists."""
        state = self.legs.state
        for command_id, flattening in state.flattenings.items():
            if flattening.is_over or self._ours_open(flattening):
                continue
            ours = {
                key: each.last_fill_ns for key, each in state.guards.items() if not each.is_foreign
            }
            listed = weigh(flattening, message.positions, ours, message.departed_at_ns)
            if listed is None:
                continue
            if listed.is_over:
                self._end(command_id, flattening, listed.left, is_flat=not listed.left)
            else:
                looked = FlattenLooked(command_id, flattening.asked_ns, listed.left)
                self.legs.ctx.record(looked)

    def answer(self, message: GetFlattening) -> None:
        """Answer how far a command has come."""
        found = self.legs.state.flattenings.get(message.command_id)
        if found is None:
            view = FlatteningView(message.command_id, is_over=False)
        elif found.is_over:
            view = FlatteningView(message.command_id, True, found.is_flat, found.left)
        else:
            left = self._ours_open(found) or found.listed
            view = FlatteningView(message.command_id, is_over=False, left=left)
        self.legs.ctx.reply(view)

    def take_up(self) -> None:
        """Go on looking after a restart."""
        for command_id, flattening in self.legs.state.flattenings.items():
            if not flattening.is_over:
                self._look_later(command_id)

    def _ours_open(self, flattening: Flattening) -> tuple[str, ...]:
        opened = self.legs.state.open_guards()
        return tuple(key for key, guard in opened if flattening.means(key) and not guard.is_foreign)

    def _end(
        self, command_id: str, flattening: Flattening, left: tuple[str, ...], *, is_flat: bool
    ) -> None:
        ctx, symbol = self.legs.ctx, flattening.symbol
        after_ms = (ctx.now - flattening.began_ns) // MS
        ctx.record(FlattenEnded(command_id, is_flat, left))
        ctx.tell(EVENT_BUS, PositionsFlattened(command_id, symbol, is_flat, left, after_ms))
        if not is_flat:
            seen = ", ".join(left) or "the venue has not shown that nothing is"
            text = f"after {after_ms} ms open: {seen}"
            alert = AlertRaised(Severity.CRITICAL, "not_flat", symbol or "account", text)
            ctx.tell(EVENT_BUS, alert)

    def _look_later(self, command_id: str) -> None:
        self.legs.ctx.after(LOOK_MS * MS, FlatDue(command_id), key=f"flat/{command_id}")
