"""Risk refusals: what RiskGate tells of an order that it does not approve.

Pure. A refusal names the guard, its figure and its limit; that of an entry also what whoever looks
into it asks first: the mark, and how far the account is down.
"""

from ..messages.intake import SubmitSignal
from ..messages.orders import ApprovalRefused, RequestExit
from ..messages.values import Leg
from .policies.refusal import Refusal
from .risk_facts import GateState
from .risk_view import drawdown_of


def entry_refused(
    state: GateState, intent_id: str, signal: SubmitSignal, refusal: Refusal
) -> ApprovalRefused:
    """Return what is told of an entry, or of a whole algorithm."""
    mark = state.marks.get(signal.symbol)
    account = state.account
    return ApprovalRefused(
        intent_id=intent_id,
        leg=Leg.ENTRY,
        signal_id=signal.signal_id,
        symbol=signal.symbol,
        guard=refusal.guard,
        figure=refusal.figure,
        limit=refusal.limit,
        mark=None if mark is None else mark.mark,
        drawdown_pct=None if account is None else drawdown_of(account),
    )


def exit_refused(request: RequestExit, refusal: Refusal) -> ApprovalRefused:
    """Return what is told of an exit that is not verified, or has to wait."""
    return ApprovalRefused(
        intent_id=request.intent_id,
        leg=request.leg,
        signal_id=request.signal_id,
        symbol=request.symbol,
        guard=refusal.guard,
        figure=refusal.figure,
        limit=refusal.limit,
    )
