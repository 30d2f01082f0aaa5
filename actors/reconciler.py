"""Reconciler: our view against the venue's, pass by pass.

Owns the passes and how often a symbol has differed. A pass lists both order stores and the
positions; OrderManager and PositionMonitor compare, since only they know what moved since the
question left. A difference that survives `passes_to_mismatch` passes refuses the symbol's entries
until it is gone; missing fills are asked for, never invented. A start and a gap of the user stream
ask for final passes before entries. Bound: one pass at a time.
"""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.control import EngineStarted, RecoveryDone
from ..messages.events import AlertRaised
from ..messages.market import ClockChanged
from ..messages.reconciliation import (
    CompareOrders,
    ComparePositions,
    OrdersCompared,
    PositionsCompared,
    SymbolsMismatched,
    TradesFound,
)
from ..messages.stream import BackfillDone, BackfillNeeded
from ..messages.values import Priority, Severity
from ..messages.venue import (
    AttemptEnded,
    Call,
    Fenced,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    MakeCall,
    OrderEvidence,
    OrdersListed,
    PermitGranted,
    PermitRefused,
    PositionsListed,
    RequestPermit,
    TradesListed,
)
from . import names
from .runtime.actor import Actor, Context
from .settings import ReconcilerSettings

MS = 1_000_000
PASS_PATIENCE_NS = 60_000_000_000
RETRY_NS = 500_000_000
LOOK_BACK_MS = 600_000
"""How far back missing fills are looked for before the gap that may hide them."""


@frozen
class _Pass:
    """A pass is due."""


@frozen
class PassStarted:
    """Fact: a pass is under way."""

    number: int
    at_ns: int


@frozen
class ListingKept:
    """Fact: one of the three listings of a pass is in."""

    orders: tuple[OrderEvidence, ...]
    stage: int


@frozen
class OrdersSettled:
    """Fact: OrderManager compared, and this many orders are still unclear."""

    unsettled: int


@frozen
class PassEnded:
    """Fact: what a pass found."""

    mismatched: tuple[str, ...]
    clean: bool


@frozen
class BackfillOwed:
    """Fact: somebody waits for a comparison that is through."""

    since_ms: int
    generation: int


@frozen
class BackfillPaid:
    """Fact: the comparison was through."""


@frozen
class OffsetNoted:
    """Fact: the venue's clock."""

    offset_ns: int
    trusted: bool


@define
class ReconcilerState:
    """The pass under way, and what is owed."""

    number: int = 0
    stage: int = 0
    """0 idle; 1 orders, 2 algo orders, 3 positions listed; 4 comparing."""
    departed_at_ns: int = 0
    orders: tuple[OrderEvidence, ...] = ()
    differed: dict[str, int] = field(factory=dict[str, int])
    told: tuple[str, ...] = ()
    owed_since_ms: int = 0
    owed_generation: int = 0
    owed: bool = False
    unsettled: int = 0
    offset_ns: int = 0
    trusted: bool = False


Inbox = (
    EngineStarted
    | BackfillNeeded
    | ClockChanged
    | PermitGranted
    | PermitRefused
    | AttemptEnded
    | Fenced
    | OrdersCompared
    | PositionsCompared
    | _Pass
)
Fact = (
    PassStarted
    | ListingKept
    | OrdersSettled
    | PassEnded
    | BackfillOwed
    | BackfillPaid
    | OffsetNoted
)

STAGES: tuple[Call, ...] = (
    ListOpenOrders(conditional=False),
    ListOpenOrders(conditional=True),
    ListPositions(),
)
COMPARING = len(STAGES) + 1


class Reconciler(Actor):
    """Compares, asks, and opens the gate when all is settled."""

    State = ReconcilerState
    private = (
        _Pass,
        PassStarted,
        ListingKept,
        OrdersSettled,
        PassEnded,
        BackfillOwed,
        BackfillPaid,
        OffsetNoted,
    )
    state: ReconcilerState

    def __init__(self, settings: ReconcilerSettings) -> None:
        super().__init__()
        self._settings = settings

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case EngineStarted():
                self.on_engine_started(message, ctx)
            case BackfillNeeded():
                self.on_backfill_needed(message, ctx)
            case ClockChanged():
                self.on_clock_changed(message, ctx)
            case PermitGranted():
                self.on_permit_granted(message, ctx)
            case PermitRefused() | Fenced():
                self._try_later(RETRY_NS, ctx)
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case OrdersCompared():
                self.on_orders_compared(message, ctx)
            case PositionsCompared():
                self.on_positions_compared(message, ctx)
            case _Pass():
                self.on_pass(ctx)
            case _:
                assert_never(message)

    def on_engine_started(self, message: EngineStarted, ctx: Context) -> None:
        """A start owes everybody a comparison before the first entry."""
        since_ms = (ctx.now + self.state.offset_ns) // MS
        ctx.record(BackfillOwed(since_ms - LOOK_BACK_MS, message.generation))
        self._try_later(0, ctx)

    def on_backfill_needed(self, message: BackfillNeeded, ctx: Context) -> None:
        """A gap of the stream owes a comparison too."""
        since_ms = message.since_ms
        if self.state.owed:
            since_ms = min(since_ms, self.state.owed_since_ms)
        ctx.record(BackfillOwed(since_ms, self.state.owed_generation))
        self._try_later(0, ctx)

    def on_clock_changed(self, message: ClockChanged, ctx: Context) -> None:
        """Nothing can be asked before the clock is trusted."""
        was_trusted = self.state.trusted
        ctx.record(OffsetNoted(message.offset_ns, message.trusted))
        if message.trusted and not was_trusted:
            self._try_later(0, ctx)

    def on_pass(self, ctx: Context) -> None:
        """Begin a pass; one that hangs is left behind."""
        ctx.after(self._settings.interval_ms * MS, _Pass(), key="pass")
        if not self.state.trusted:
            return
        number = self.state.number + 1
        ctx.record(PassStarted(number, ctx.now))
        self._ask(number, 1, ctx)

    def on_permit_granted(self, message: PermitGranted, ctx: Context) -> None:
        """Make the listing that the permit was asked for."""
        number, _, stage_text = message.token.partition(".")
        if int(number) != self.state.number:
            return
        stage, _, symbol = stage_text.partition(":")
        call: Call = STAGES[int(stage) - 1] if int(stage) <= len(STAGES) else self._trades(symbol)
        ctx.tell(
            names.LANE_REDUCING,
            MakeCall(
                call_id=message.token,
                call=call,
                permit=message.permit,
                priority=Priority.REDUCING,
                epoch=0,
                send_by_ms=0,
            ),
        )

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Keep a listing and ask for the next, or hand all to the owners."""
        number, _, stage_text = message.call_id.partition(".")
        if isinstance(message.result, TradesListed):
            found = TradesFound(message.result.symbol, message.result.trades)
            ctx.tell(names.ORDER_MANAGER, found)
            return
        if int(number) != self.state.number or int(stage_text.partition(":")[0]) > len(STAGES):
            return
        match message.result:
            case OrdersListed():
                self._keep_orders(message.result, ctx)
            case PositionsListed():
                self._compare(message, message.result, ctx)
            case _:
                self._try_later(RETRY_NS, ctx)

    def on_orders_compared(self, message: OrdersCompared, ctx: Context) -> None:
        """Note how many orders are still unclear."""
        if message.pass_number != self.state.number:
            return
        ctx.record(OrdersSettled(message.unsettled))
        if message.mismatched:
            text = "orders with our prefix that this journal does not know"
            for symbol in message.mismatched:
                alert = AlertRaised(Severity.CRITICAL, "unknown_order", symbol, text)
                ctx.tell(names.EVENT_BUS, alert)

    def on_positions_compared(self, message: PositionsCompared, ctx: Context) -> None:
        """End the pass: tell what differs, and pay what is owed when nothing does."""
        if message.pass_number != self.state.number:
            return
        clean = not message.mismatched and self.state.unsettled == 0
        ctx.record(PassEnded(message.mismatched, clean))
        self._tell_mismatches(message.mismatched, ctx)
        for symbol in message.mismatched:
            self._ask(self.state.number, len(STAGES) + 1, ctx, symbol=symbol)
        if not self.state.owed:
            return
        if clean:
            self._pay(ctx)
        else:
            self._try_later(RETRY_NS, ctx)

    def resume(self, ctx: Context) -> None:
        """Begin with a pass as soon as the clock is trusted."""
        self._try_later(0, ctx)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        state = self.state
        match fact:
            case PassStarted():
                state.number, state.stage = fact.number, 1
                state.departed_at_ns, state.orders = fact.at_ns, ()
            case ListingKept():
                state.stage = fact.stage
                state.orders = (*state.orders, *fact.orders)
            case OrdersSettled():
                state.stage, state.unsettled = COMPARING, fact.unsettled
            case PassEnded():
                state.stage = 0
                state.orders = ()
                state.differed = {
                    symbol: state.differed.get(symbol, 0) + 1 for symbol in fact.mismatched
                }
                state.told = self._lasting(state.differed)
            case BackfillOwed():
                state.owed, state.owed_since_ms = True, fact.since_ms
                state.owed_generation = fact.generation
            case BackfillPaid():
                state.owed = False
            case OffsetNoted():
                state.offset_ns, state.trusted = fact.offset_ns, fact.trusted
            case _:
                assert_never(fact)

    def _keep_orders(self, listed: OrdersListed, ctx: Context) -> None:
        stage = 3 if listed.conditional else 2
        ctx.record(ListingKept(listed.orders, stage))
        self._ask(self.state.number, stage, ctx)

    def _compare(self, message: AttemptEnded, listed: PositionsListed, ctx: Context) -> None:
        state = self.state
        ctx.tell(
            names.ORDER_MANAGER,
            CompareOrders(state.number, state.departed_at_ns, state.orders, state.owed),
        )
        ctx.tell(
            names.POSITION_MONITOR,
            ComparePositions(state.number, message.sent_at_ns, listed.positions, state.owed),
        )

    def _tell_mismatches(self, mismatched: tuple[str, ...], ctx: Context) -> None:
        differed = {symbol: self.state.differed.get(symbol, 0) + 1 for symbol in mismatched}
        lasting = self._lasting(differed)
        if lasting == self.state.told:
            return
        ctx.tell(names.RISK_GATE, SymbolsMismatched(lasting))
        for symbol in lasting:
            text = "our position differs from the venue's"
            ctx.tell(names.EVENT_BUS, AlertRaised(Severity.CRITICAL, "mismatch", symbol, text))

    def _lasting(self, differed: dict[str, int]) -> tuple[str, ...]:
        limit = self._settings.passes_to_mismatch
        return tuple(symbol for symbol, passes in differed.items() if passes >= limit)

    def _pay(self, ctx: Context) -> None:
        ctx.record(BackfillPaid())
        ctx.tell(names.USER_STREAM, BackfillDone(self.state.owed_since_ms))
        done = RecoveryDone(self.state.owed_generation)
        ctx.tell(names.RISK_GATE, done)

    def _trades(self, symbol: str) -> ListTrades:
        return ListTrades(symbol, max(0, self._since_ms()))

    def _since_ms(self) -> int:
        state = self.state
        recent_ms = (state.departed_at_ns + state.offset_ns) // MS - LOOK_BACK_MS
        return min(state.owed_since_ms, recent_ms) if state.owed else recent_ms

    def _ask(self, number: int, stage: int, ctx: Context, *, symbol: str = "") -> None:
        name = type(STAGES[stage - 1]).__name__ if stage <= len(STAGES) else ListTrades.__name__
        ctx.tell(
            names.RATE_LIMITER,
            RequestPermit(
                token=f"{number}.{stage}:{symbol}",
                call=name,
                by_symbol=bool(symbol),
                priority=Priority.REDUCING if self.state.owed else Priority.OPENING,
                expires_at_ns=ctx.now + PASS_PATIENCE_NS,
            ),
        )

    def _try_later(self, delay_ns: int, ctx: Context) -> None:
        """Begin a new pass soon; the one under way is left behind."""
        ctx.after(delay_ns, _Pass(), key="pass")
