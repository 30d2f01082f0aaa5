"""Reconciler bench: a Reconciler on the step runner, with builders for whole passes."""

from decimal import Decimal

from callboard.actors.exchange_settings import ReconcilerSettings
from callboard.actors.reconciler import Reconciler
from callboard.messages.market import ClockChanged
from callboard.messages.reconciliation import (
    OrdersCompared,
    PositionsCompared,
)
from callboard.messages.values import PositionSide
from callboard.messages.venue import (
    OrdersListed,
    PositionEvidence,
    PositionsListed,
    Result,
    TradesListed,
)
from support.order_bench import SYMBOL, evidence, stop_evidence, trade
from support.steps import MS, START_NS, Step, StepRunner
from support.venue_samples import read_ended

HELD = PositionEvidence(SYMBOL, PositionSide.BOTH, Decimal(1), Decimal(2000))
NEW, STOP = evidence("NEW"), stop_evidence("NEW")
START_MS = START_NS // MS


class ReconcilerBench:
    """One reconciler, with the clock trusted unless a test says otherwise."""

    def __init__(self, *, trusted: bool = True) -> None:
        settings = ReconcilerSettings(interval_ms=10_000, passes_to_mismatch=2)
        self.steps = StepRunner(Reconciler(settings), name="reconciler")
        self.steps.start()
        if trusted:
            self.tell(ClockChanged(0, 0, trusted=True))

    @property
    def number(self) -> int:
        """Number of the pass under way."""
        number = self.steps.actor.state.number
        assert isinstance(number, int)
        return number

    def tell(self, message: object, *, after_ns: int = 0) -> Step:
        """Tell the reconciler something."""
        return self.steps.tell(message, after_ns=after_ns)

    def begin(self) -> Step:
        """Let the next pass begin."""
        return self.steps.fire("pass")

    def answer(self, token: str, result: Result | None, *, sent_at_ns: int = 5) -> Step:
        """Let a lane answer the request of a token."""
        return self.tell(read_ended(token, result, sent_at_ns=sent_at_ns))

    def list_all(self) -> Step:
        """Answer the three listings of the pass under way."""
        number = self.number
        self.answer(f"{number}.1:", OrdersListed(conditional=False, orders=(NEW,)))
        self.answer(f"{number}.2:", OrdersListed(conditional=True, orders=(STOP,)))
        return self.answer(f"{number}.3:", PositionsListed((HELD,)))

    def run(
        self,
        *mismatched: str,
        unsettled: int = 0,
        foreign: tuple[str, ...] = (),
        strangers: tuple[str, ...] = (),
        unclear: tuple[str, ...] = (),
    ) -> Step:
        """Run a pass from its beginning to its end; return the end's step."""
        self.begin()
        self.list_all()
        self.tell(OrdersCompared(self.number, strangers, unsettled, unclear))
        return self.tell(PositionsCompared(self.number, mismatched, foreign))

    def list_trades(self, symbol: str = SYMBOL) -> Step:
        """Answer the listing of fills that the last pass asked for."""
        return self.answer(f"{self.number}.4:{symbol}", TradesListed(symbol, (trade(),)))


def wait_ms(bench: ReconcilerBench) -> int:
    """How long until the next pass."""
    return (bench.steps.timers["pass"].due_ns - bench.steps.now_ns) // MS
