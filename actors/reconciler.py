"""Reconciler: our view against the venue's, pass by pass.

Owns the passes and how often a symbol has differed. A pass lists both order stores and the
positions; OrderManager and PositionMonitor compare, since only they know what moved since the
question left. A difference that survives `passes_to_mismatch` passes refuses the symbol's entries
until it is gone; missing fills are asked for, never invented. One that also survives the listing of
its fills, while no order is unclear, is told to PositionMonitor to take over. A start and a gap of
the user stream ask for final passes before entries. A pass whose listing fails goes on with that
listing. Bound: one pass at a time; passes that settle nothing come less and less often, up to the
usual interval, until one finds a new difference.
"""

from typing import assert_never

from ..messages.control import EngineStarted, RecoveryDone
from ..messages.events import AlertRaised
from ..messages.market import ClockChanged
from ..messages.positions import CheckPositions
from ..messages.reconciliation import (
    AdoptPosition,
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
    ListTrades,
    MakeCall,
    OrdersListed,
    PermitGranted,
    PermitRefused,
    PositionsListed,
    RequestPermit,
    TradesListed,
)
from . import names
from .exchange_settings import ReconcilerSettings
from .reconciler_facts import (
    COMPARING,
    PRIVATE,
    BackfillOwed,
    BackfillPaid,
    CheckWanted,
    Fact,
    ListingKept,
    OffsetNoted,
    OrdersSettled,
    PassDue,
    PassEnded,
    PassFailed,
    PassStarted,
    ReconcilerState,
    TradesSeen,
    apply_fact,
    lasting_of,
)
from .reconciler_listings import STAGES, parse, token_of, venue_listed
from .runtime.actor import Actor, Context

MS = 1_000_000
ORDERS_PATIENCE_NS = 10_000_000
RETRY_NS = 500_000_000
FAILED_MAX = 3
"""Doublings of that while listings fail: what the stream lost meanwhile is seen nowhere else."""
LOOK_BACK_MS = 600_000
"""How far back missing fills are looked for before the gap that may hide them, or before the last
pass that agreed with the venue: an engine that was down for hours asks for those hours."""
LISTED_MS_MAX = 6 * 24 * 3_600_000
"""The venue lists the fills of less than seven days (userTrades, 2026-11-20)."""


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
    | CheckPositions
    | PassDue
)


class Reconciler(Actor):
    """Compares, asks, and opens the gate when all is settled."""

    State = ReconcilerState
    private = PRIVATE
    state: ReconcilerState

    def __init__(self, settings: ReconcilerSettings) -> None:
        super().__init__()
        self._settings = settings

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901 - one arm a message
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
            case PermitRefused():
                self.on_unanswered(message.token, ctx)
            case Fenced():
                self.on_unanswered(message.call_id, ctx)
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case OrdersCompared():
                self.on_orders_compared(message, ctx)
            case PositionsCompared():
                self.on_positions_compared(message, ctx)
            case CheckPositions():
                self.on_check_positions(message, ctx)
            case PassDue():
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

    def on_check_positions(self, message: CheckPositions, ctx: Context) -> None:
        """Somebody doubts what we know: begin a pass, after the one under way has had its time."""
        ctx.log("check_wanted", reason=message.reason)
        ctx.record(CheckWanted())
        self._try_later(RETRY_NS if self.state.stage else 0, ctx)

    def on_clock_changed(self, message: ClockChanged, ctx: Context) -> None:
        """Nothing can be asked before the clock is trusted."""
        was_trusted = self.state.trusted
        ctx.record(OffsetNoted(message.offset_ns, message.trusted))
        if message.trusted and not was_trusted:
            self._try_later(0, ctx)

    def on_pass(self, ctx: Context) -> None:
        """Begin a pass, or go on with one whose listing failed; one that hangs is left behind."""
        ctx.after(self._settings.interval_ms * MS, PassDue(), key="pass")
        if not self.state.trusted:
            return
        if self.state.is_broken_off(ctx.now, self._settings.interval_ms * MS):
            self._ask(self.state.number, self.state.stage, ctx)
            return
        number = self.state.number + 1
        ctx.record(PassStarted(number, ctx.now))
        self._ask(number, 1, ctx)

    def on_permit_granted(self, message: PermitGranted, ctx: Context) -> None:
        """Make the listing that the permit was asked for."""
        number, stage, symbol = parse(message.token)
        if number != self.state.number:
            return
        call: Call = STAGES[stage - 1] if stage <= len(STAGES) else self._trades(symbol)
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

    def on_unanswered(self, token: str, ctx: Context) -> None:
        """A listing of the pass under way did not leave."""
        number, stage, _ = parse(token)
        if number == self.state.number and stage <= len(STAGES):
            self._fail(ctx)

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Keep a listing and ask for the next, or hand all to the owners."""
        number, stage, _ = parse(message.call_id)
        if isinstance(message.result, TradesListed):
            symbol = message.result.symbol
            differs = symbol in self.state.differed
            ctx.tell(names.ORDER_MANAGER, TradesFound(symbol, message.result.trades, differs))
            if differs:
                ctx.record(TradesSeen(symbol))
            return
        if number != self.state.number or stage > len(STAGES):
            return
        match message.result:
            case OrdersListed():
                self._keep_orders(message.result, ctx)
            case PositionsListed():
                self._compare(message, message.result, ctx)
            case _:
                self._fail(ctx)

    def on_orders_compared(self, message: OrdersCompared, ctx: Context) -> None:
        """Note how many orders are still unclear."""
        if message.pass_number != self.state.number:
            return
        ctx.record(OrdersSettled(message.unsettled, message.mismatched, message.unclear))
        text = "orders with our prefix that this journal does not know"
        _alert_news("unknown_order", message.mismatched, self.state.strangers, text, ctx)

    def on_positions_compared(self, message: PositionsCompared, ctx: Context) -> None:
        """End the pass: tell what differs, and pay what is owed when nothing does."""
        if message.pass_number != self.state.number:
            return
        if self.state.stage != COMPARING:
            # Its orders are compared by another actor, who may be slower; a pass has both.
            ctx.after(ORDERS_PATIENCE_NS, message, key="compared")
            return
        # What an entry of ours may have filled is nobody else's before that entry is clear.
        foreign = tuple(each for each in message.foreign if each not in self.state.unclear)
        clean = not message.mismatched and self.state.unsettled == 0
        # At a start or a gap entries are off, and what is unclear explains what differs.
        is_explained = self.state.owed and self.state.unsettled > 0
        counted = foreign
        if not is_explained:
            counted = tuple(dict.fromkeys([*message.mismatched, *message.foreign]))
        departed_ms = (self.state.departed_at_ns + self.state.offset_ns) // MS
        agreed_at_ms = departed_ms if clean and not counted else 0
        ctx.record(PassEnded(counted, clean, foreign, ctx.now, agreed_at_ms))
        self._tell_mismatches(counted, foreign, ctx)
        text = "a position that none of our orders opened; it is left alone"
        _alert_news("foreign_position", foreign, self.state.foreign, text, ctx)
        for symbol in message.mismatched:
            self._explain(symbol, ctx)
        for symbol in foreign:
            if self._may_be_taken_over(symbol, ctx):
                ctx.tell(names.POSITION_MONITOR, AdoptPosition(self.state.number, symbol))
        news = [symbol for symbol in foreign if symbol not in self.state.listed]
        for symbol in news:
            self._list_trades(symbol, ctx)
        if self.state.owed and clean:
            self._pay(ctx)
        elif self.state.owed or message.mismatched or len(foreign) < len(message.foreign) or news:
            self._try_later(self._patience_ns(counted), ctx)

    def resume(self, ctx: Context) -> None:
        """Begin with a pass as soon as the clock is trusted."""
        self._try_later(0, ctx)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact, self._settings.passes_to_mismatch)

    def _explain(self, symbol: str, ctx: Context) -> None:
        """Ask for the fills of a symbol that differs; what they leave open is taken over."""
        if self._may_be_taken_over(symbol, ctx):
            ctx.tell(names.POSITION_MONITOR, AdoptPosition(self.state.number, symbol))
        else:
            self._list_trades(symbol, ctx)

    def _may_be_taken_over(self, symbol: str, ctx: Context) -> bool:
        """True when a difference has lasted, its fills are listed, and no order is unclear."""
        state, settings = self.state, self._settings
        is_lasting = state.differed.get(symbol, 0) + 1 > settings.passes_to_mismatch
        lasted_ms = (ctx.now - state.since_ns.get(symbol, ctx.now)) // MS
        is_clear = state.stage == COMPARING and state.unsettled == 0
        is_old = is_lasting and lasted_ms >= settings.adopt_after_ms
        return symbol in state.listed and is_clear and is_old

    def _list_trades(self, symbol: str, ctx: Context) -> None:
        self._ask(self.state.number, len(STAGES) + 1, ctx, symbol=symbol)

    def _fail(self, ctx: Context) -> None:
        """Ask again for a listing that got no answer, later with each one in a row."""
        ctx.record(PassFailed())
        wait_ns = RETRY_NS << min(self.state.failed, FAILED_MAX)
        self._try_later(min(wait_ns, self._settings.interval_ms * MS), ctx)

    def _patience_ns(self, differing: tuple[str, ...] = ()) -> int:
        """Return how long until the next pass; what differs anew is looked at again soon."""
        if any(symbol not in self.state.differed for symbol in differing):
            return RETRY_NS
        interval_ns = self._settings.interval_ms * MS
        return min(RETRY_NS << min(self.state.unclean, 16), interval_ns)

    def _keep_orders(self, listed: OrdersListed, ctx: Context) -> None:
        stage = 3 if listed.conditional else 2
        ctx.record(ListingKept(listed.orders, stage))
        self._ask(self.state.number, stage, ctx)

    def _compare(self, message: AttemptEnded, listed: PositionsListed, ctx: Context) -> None:
        state = self.state
        ctx.tell(names.RISK_GATE, venue_listed(state.departed_at_ns, state.orders))
        ctx.tell(
            names.ORDER_MANAGER,
            CompareOrders(state.number, state.departed_at_ns, state.orders, state.owed),
        )
        ctx.tell(
            names.POSITION_MONITOR,
            ComparePositions(
                state.number,
                message.sent_at_ns,
                listed.positions,
                state.owed,
                tuple(order for order in state.orders if order.conditional),
            ),
        )

    def _tell_mismatches(
        self, mismatched: tuple[str, ...], foreign: tuple[str, ...], ctx: Context
    ) -> None:
        """Refuse the entries of what differs for long; a foreign position has its own alert."""
        differed = {symbol: self.state.differed.get(symbol, 0) + 1 for symbol in mismatched}
        lasting = lasting_of(differed, self._settings.passes_to_mismatch)
        if lasting == self.state.told:
            return
        ctx.tell(names.RISK_GATE, SymbolsMismatched(lasting))
        for symbol in lasting:
            if symbol in foreign:
                continue
            text = "our position differs from the venue's"
            ctx.tell(names.EVENT_BUS, AlertRaised(Severity.CRITICAL, "mismatch", symbol, text))

    def _pay(self, ctx: Context) -> None:
        ctx.record(BackfillPaid())
        done_since = BackfillDone(self.state.owed_since_ms)
        ctx.tell(names.USER_STREAM, done_since)
        ctx.tell(names.CIRCUIT_BREAKER, done_since)
        done = RecoveryDone(self.state.owed_generation)
        ctx.tell(names.RISK_GATE, done)

    def _trades(self, symbol: str) -> ListTrades:
        return ListTrades(symbol, max(0, self._since_ms()))

    def _since_ms(self) -> int:
        state = self.state
        now_ms = (state.departed_at_ns + state.offset_ns) // MS
        since_ms = min(now_ms, state.agreed_at_ms or now_ms) - LOOK_BACK_MS
        since_ms = min(state.owed_since_ms, since_ms) if state.owed else since_ms
        return max(since_ms, now_ms - LISTED_MS_MAX)

    def _ask(self, number: int, stage: int, ctx: Context, *, symbol: str = "") -> None:
        name = type(STAGES[stage - 1]).__name__ if stage <= len(STAGES) else ListTrades.__name__
        ctx.tell(
            names.RATE_LIMITER,
            RequestPermit(
                token=token_of(number, stage, symbol),
                call=name,
                by_symbol=bool(symbol),
                priority=Priority.REDUCING if self.state.owed else Priority.OPENING,
                expires_at_ns=ctx.now + self._settings.interval_ms * MS,
            ),
        )

    def _try_later(self, delay_ns: int, ctx: Context) -> None:
        """Begin a new pass soon; the one under way is left behind."""
        ctx.after(delay_ns, PassDue(), key="pass")


def _alert_news(
    name: str, symbols: tuple[str, ...], told: tuple[str, ...], text: str, ctx: Context
) -> None:
    """Say once of each symbol what is odd about it."""
    for symbol in symbols:
        if symbol not in told:
            ctx.tell(names.EVENT_BUS, AlertRaised(Severity.CRITICAL, name, symbol, text))
