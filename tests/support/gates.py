"""Gates: a RiskGate by hand that was told a calm world, and orders that it approved."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.actors.policies.emergency import UNASKED, EmergencyTerms
from callboard.actors.risk_gate import RiskGate
from callboard.actors.settings import RiskSettings
from callboard.messages.account import LeverageChanged
from callboard.messages.control import EngineStarted, RecoveryDone
from callboard.messages.intake import SubmitSignal
from callboard.messages.orders import (
    ApprovalRefused,
    ApprovedOrder,
    ExposureChanged,
    RequestEntry,
)
from callboard.messages.reconciliation import VenueListed
from callboard.messages.values import LastRun, Side
from support.entries import (
    ACCOUNT,
    ACTIVE,
    CLOCK,
    HEALTHY,
    LISTED,
    SETTINGS,
    SYMBOL,
    entry,
    instruments,
    leverage,
    mark,
)
from support.steps import START_NS, Step, StepRunner

D = Decimal
OTHERS = ("BTCUSDT", "SOLUSDT", "XRPUSDT")
NO_COOLDOWN = evolve(SETTINGS, cooldown_ms=0, scale_in=True)
NEWS = (
    ACTIVE,
    CLOCK,
    HEALTHY,
    ACCOUNT,
    LeverageChanged(tuple(leverage(symbol) for symbol in (SYMBOL, *OTHERS)), START_NS),
    LISTED,
    instruments(SYMBOL, *OTHERS),
    *(mark(symbol) for symbol in (SYMBOL, *OTHERS)),
)


class GateBench:
    """A gate that was told a calm world and is ready."""

    def __init__(
        self,
        settings: RiskSettings = SETTINGS,
        *,
        ready: bool = True,
        margin_asset: str = "",
        emergency: EmergencyTerms = UNASKED.terms,
    ) -> None:
        gate = RiskGate(settings, "cb", (), margin_asset, emergency)
        self.steps = StepRunner(gate, name="risk_gate")
        self.steps.start()
        self.steps.tell(EngineStarted(3, LastRun.NONE))
        self.intents = 0
        if ready:
            for news in NEWS:
                self.steps.tell(news)
            self.steps.tell(RecoveryDone(3))

    def wait(self, after_ns: int) -> None:
        """Let time pass, with marks and balances as young as before."""
        self.steps.now_ns += after_ns
        now_ns = self.steps.now_ns
        for symbol in (SYMBOL, *OTHERS):
            self.steps.tell(mark(symbol, at_ns=now_ns))
        self.steps.tell(evolve(ACCOUNT, at_ns=now_ns))
        self.steps.tell(VenueListed(now_ns, (), 0))
        self.steps.tell(instruments(SYMBOL, *OTHERS, at_ns=now_ns))

    def ask(self, signal: SubmitSignal | None = None) -> Step:
        self.intents += 1
        return self.steps.tell(RequestEntry(str(self.intents), signal or entry()))

    def approve(self, signal: SubmitSignal | None = None) -> ApprovedOrder:
        (approved,) = self.ask(signal).to("order_manager")
        assert isinstance(approved, ApprovedOrder)
        return approved

    def guard(self, signal: SubmitSignal | None = None) -> str:
        """Ask for an entry; return the guard that refused it, empty when it was approved."""
        step = self.ask(signal)
        refused = step.told(ApprovalRefused)
        assert 1 == len(refused) + len(step.told(ApprovedOrder))
        return refused[0].guard if refused else ""

    def move(self, order: ApprovedOrder, **changes: Any) -> Step:
        plain = ExposureChanged(
            client_order_id=order.client_order_id,
            intent_id=order.intent_id,
            leg=order.leg,
            symbol=order.symbol,
            position_side=order.position_side,
            filled=D(0),
            remaining=order.quantity or D(0),
            fill=D(0),
            fill_price=D(0),
            sent=True,
            ended=False,
            strategy=order.strategy,
        )
        return self.steps.tell(evolve(plain, **changes))

    def fill(self, order: ApprovedOrder) -> Step:
        quantity = order.quantity or D(0)
        signed = quantity if order.side is Side.BUY else -quantity
        return self.move(order, filled=quantity, remaining=D(0), fill=signed, ended=True)

    def never_sent(self, order: ApprovedOrder) -> Step:
        return self.move(order, remaining=D(0), sent=False, ended=True)
