"""Risk hearing: what the gate hears of the world, and when it knows enough to begin.

RiskGate's tools, bound to one message. Commands run once the gate itself has heard all that it
judges by.
"""

from attrs import frozen

from ..messages.account import AccountChanged, LeverageChanged
from ..messages.control import RecoveryDone, TradingStateChanged
from ..messages.events import AlertRaised
from ..messages.instruments import InstrumentsChanged
from ..messages.intake import EmergencyStateChanged, PolicyChanged
from ..messages.market import ClockChanged
from ..messages.stream import StreamHealthChanged
from ..messages.values import Severity
from .names import EVENT_BUS, EXECUTION_SYSTEM
from .policies.emergency import EmergencyTerms
from .policies.risk_policy import PolicyError, changed, value_text
from .risk_facts import (
    EmergencyHeard,
    GateState,
    News,
    PolicyBound,
    Prefixed,
    ReadinessTold,
    WorldNoted,
)
from .risk_view import venue_ms
from .runtime.actor import Context
from .settings import RiskSettings


@frozen
class Hearing:
    """The gate's state, the settings of its start and the context of the message at hand."""

    state: GateState
    settings: RiskSettings
    ctx: Context

    def recovery_done(self, message: RecoveryDone) -> None:
        """Entries may be judged; the word of an earlier start comes too late."""
        if message.generation < self.state.generation:
            return
        self.ctx.record(Prefixed(message.generation, ready=True))
        self.tell_readiness(message)

    def policy_changed(self, message: PolicyChanged) -> None:
        """Take over one setting for new orders, or say why not."""
        try:
            after = changed(self.settings, {**self.state.policy, message.key: message.value})
        except PolicyError as error:
            alert = AlertRaised(Severity.WARNING, "policy_refused", message.key, str(error))
            self.ctx.tell(EVENT_BUS, alert)
            return
        before = self.state.policy.get(message.key, value_text(self.settings, message.key))
        if before in (message.value, value_text(after, message.key)):
            # Its source only says that it is there.
            self.ctx.record(WorldNoted(message))
            return
        self.ctx.record(PolicyBound(message, before))
        self.ctx.log("policy_changed", key=message.key, value=message.value, source=message.source)

    def emergency(self, message: EmergencyStateChanged, terms: EmergencyTerms) -> None:
        """Note when the emergency-stop source spoke, where its silence counts."""
        if terms.age_ms_max > 0:
            now_ms = venue_ms(self.state, self.ctx.now)
            self.ctx.record(EmergencyHeard(min(message.at_ms, now_ms)))

    def tell_readiness(self, news: News | RecoveryDone) -> None:
        """Let the commands run once this gate itself has heard all that it judges by.

        The one who reconciles cannot know that: its word may overtake the others' on their way.
        """
        state = self.state
        if state.readiness_told:
            return
        stream = news.healthy if isinstance(news, StreamHealthChanged) else state.stream_healthy
        clock = news if isinstance(news, ClockChanged) else state.clock
        knows = (
            state.ready or isinstance(news, RecoveryDone),
            stream,
            clock is not None and clock.trusted,
            state.account is not None or isinstance(news, AccountChanged),
            bool(state.leverage) or isinstance(news, LeverageChanged),
            state.filters_read_at_ns > 0 or isinstance(news, InstrumentsChanged),
            state.trading is not None or isinstance(news, TradingStateChanged),
        )
        if all(knows):
            self.ctx.record(ReadinessTold())
            self.ctx.tell(EXECUTION_SYSTEM, RecoveryDone(state.generation))


def tell_open(terms: EmergencyTerms, ctx: Context) -> None:
    """Say at the start that entries pass without the word of the emergency-stop source."""
    if terms.fails_open and terms.age_ms_max > 0:
        text = f"entries pass when the emergency-stop source is silent for {terms.age_ms_max} ms"
        alert = AlertRaised(Severity.WARNING, "emergency_fails_open", "account", text)
        ctx.tell(EVENT_BUS, alert)
