"""Risk algorithms: what the gate does for a wish that is carried out in slices.

RiskGate's tools, bound to one message. The whole is judged once and reserves nothing; its slices
are judged and reserved one by one. What ends an algorithm from outside, a halt or the end of its
position, is passed on while it runs.
"""

from decimal import Decimal

from attrs import frozen

from ..messages.algorithms import (
    AlgorithmAdmitted,
    PositionGone,
    ReleaseAlgorithm,
    RequestAlgorithm,
)
from ..messages.control import TradingStateChanged
from ..messages.market import MarkChanged
from ..messages.orders import RequestEntry
from ..messages.positions import PositionAdopted
from ..messages.values import PositionSide, TradingState
from .names import EXECUTION_SYSTEM
from .policies.algorithm_moves import follows_prices
from .policies.entry_rules import judge_whole
from .policies.entry_view import EntryView
from .policies.parent_order import parent_intent
from .policies.refusal import Refusal
from .risk_facts import (
    ZERO,
    AlgorithmNoted,
    AlgorithmReleased,
    GateState,
    News,
    position_key,
)
from .risk_view import slice_view
from .runtime.actor import Context


@frozen
class Algorithms:
    """The gate's state and the context of the message at hand."""

    state: GateState
    ctx: Context

    def admit(self, message: RequestAlgorithm, view: EntryView | None) -> Refusal | None:
        """Let an algorithm begin, or say why not; one that reduces has no view, and may always."""
        refusal = None if view is None else judge_whole(view)
        if refusal is not None:
            return refusal
        state, signal = self.state, message.command.signal
        self.ctx.record(
            AlgorithmNoted(message.intent_id, signal.symbol, follows_prices(message.command.plan))
        )
        admitted = AlgorithmAdmitted(
            intent_id=message.intent_id,
            filters=state.filters.get(signal.symbol),
            mark=state.marks.get(signal.symbol),
        )
        self.ctx.tell(EXECUTION_SYSTEM, admitted)
        return None

    def release(self, message: ReleaseAlgorithm) -> None:
        """It is over."""
        self.ctx.record(AlgorithmReleased(message.intent_id))

    def seen(self, message: RequestEntry, view: EntryView) -> EntryView | Refusal:
        """Return what the rules see of an entry: a slice may go on with what was charged."""
        parent = parent_intent(message.intent_id)
        if not parent:
            return view
        algorithm = self.state.admitted.get(parent)
        if algorithm is None:
            return Refusal("algorithm_over", parent, "one that runs")
        return slice_view(view) if algorithm.is_charged else view

    def goes_on(self, intent_id: str) -> bool:
        """True for a slice of an algorithm that is charged already."""
        algorithm = self.state.admitted.get(parent_intent(intent_id))
        return algorithm is not None and algorithm.is_charged

    def heard(self, news: News) -> None:
        """Pass on prices that are followed, a halt, and what a position lost beside our orders."""
        if isinstance(news, MarkChanged) and self._follows(news.symbol):
            self.ctx.tell(EXECUTION_SYSTEM, news)
        if isinstance(news, PositionAdopted):
            self.moved(news.symbol, news.position_side, news.change)
        if not isinstance(news, TradingStateChanged):
            return
        if news.state is not TradingState.ACTIVE or news.reducing_symbols:
            self.ctx.tell(EXECUTION_SYSTEM, news)

    def _follows(self, symbol: str) -> bool:
        admitted = self.state.admitted.values()
        return any(each.symbol == symbol and each.follows_prices for each in admitted)

    def moved(self, symbol: str, position_side: PositionSide, change: Decimal) -> None:
        """Pass on that a position is closed: nothing may open it again unasked."""
        held = self.state.positions.get(position_key(symbol, position_side), ZERO)
        if change == ZERO or held + change != ZERO:
            return
        if any(each.symbol == symbol for each in self.state.admitted.values()):
            self.ctx.tell(EXECUTION_SYSTEM, PositionGone(symbol, position_side))
