"""Late answer overwrites: what a listing of positions shows replaces what is known, at once.

The listing left before a fill and came back after it. The fill is wiped out of the books, the stop
of the position is swept away as the orphan of a flat one, and the position stays.
"""

from contextlib import AbstractContextManager, ExitStack
from unittest.mock import patch

from attrs import evolve

from callboard.actors import position_comparison, position_monitor
from callboard.actors.position_state import PositionsState
from callboard.actors.reconciler import Reconciler
from callboard.actors.runtime.actor import Context
from callboard.messages.reconciliation import ComparePositions, PositionsCompared

FAR_AHEAD_NS = 1 << 62
"""Later than every fill, so that none counts as newer than the listing."""


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    compare = position_comparison.compare

    def compare_all(
        state: PositionsState, message: ComparePositions, ctx: Context
    ) -> PositionsCompared:
        return compare(state, evolve(message, departed_at_ns=FAR_AHEAD_NS), ctx)

    def may_be_taken_over(self: Reconciler, symbol: str, ctx: Context) -> bool:
        ctx.log("taken_over", symbol=symbol, number=self.state.number)
        return True

    stack = ExitStack()
    stack.enter_context(patch.object(position_monitor, "compare", compare_all))
    stack.enter_context(patch.object(Reconciler, "_may_be_taken_over", may_be_taken_over))
    return stack
