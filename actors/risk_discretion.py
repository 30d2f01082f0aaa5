"""Risk discretion: what a program's wishes take from cooldown and quota, and what may wait.

RiskGate's tools, bound to one message. The limits are for discretion: protection, breakers and
people never wait (C-30). Days are UTC days of engine time; the first entry of a new one lets it be
seen that the quota is whole again (C-52).
"""

from attrs import frozen

from ..messages.orders import ApprovedOrder, RequestExit
from .policies.execution_book import DAY_NS
from .policies.exit_rules import discretion_fault, is_counted
from .policies.parent_order import parent_intent
from .policies.refusal import Refusal
from .policies.risk_policy import PolicyError, changed
from .risk_facts import DayTurned, ExitCharged, GateState
from .risk_view import executed_at_ns, executions_today, exit_charge
from .runtime.actor import Context
from .settings import RiskSettings


@frozen
class Discretion:
    """The gate's state, the settings of its start and the context of the message at hand."""

    state: GateState
    settings: RiskSettings
    ctx: Context

    def turn_day(self) -> None:
        """Let it be seen when the day's quota is whole again."""
        book, day = self.state.executions, self.ctx.now // DAY_NS
        if book.executions and day > book.day:
            self.ctx.record(DayTurned(day))
            self.ctx.log("daily_quota_reset", executions=book.executions, day=day)

    def refusal(self, message: RequestExit) -> Refusal | None:
        """Say why a wish has to wait, or charge it; one that is asked for again is charged once."""
        state, now_ns = self.state, self.ctx.now
        if message.wish is None or _is_charged(state, message.intent_id):
            return None
        settings = self._settings_in_force()
        refusal = discretion_fault(
            message,
            settings,
            executed_at_ns=executed_at_ns(state, message.symbol),
            executions_today=executions_today(state, now_ns),
            now_ns=now_ns,
        )
        if refusal is None and is_counted(message, settings):
            charge = exit_charge(state, message, now_ns)
            self.ctx.record(ExitCharged(message.intent_id, charge))
        return refusal

    def _settings_in_force(self) -> RiskSettings:
        """Return the settings under the policy; a policy that does not fit refuses no exit."""
        try:
            return changed(self.settings, self.state.policy)
        except PolicyError:
            return self.settings


def _is_charged(state: GateState, intent_id: str) -> bool:
    """True for a wish that was charged already, and for the slices of one that was."""
    if intent_id in state.exits:
        return True
    parent = parent_intent(intent_id)
    return bool(parent) and any(parent_intent(each) == parent for each in state.exits)


def log_adjusted(approved: ApprovedOrder, ctx: Context) -> None:
    """Say what the signal gave beside what was approved (C-34); the approval keeps both."""
    ctx.log(
        "prices_adjusted",
        signal_id=approved.signal_id,
        stop_loss=approved.stop_loss,
        stop_loss_given=approved.stop_loss_given,
        take_profit=approved.take_profit,
        take_profit_given=approved.take_profit_given,
    )
