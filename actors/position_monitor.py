"""PositionMonitor: positions, their protection, and their end.

Owns positions as the fold of our fills, one stop per position at the first fill, and every exit
until the venue shows flat: no refusal ends an exit, it is tried again with backoff. A position
without a resting stop for `unprotected_ms_max` is alarmed, its symbol takes no entries, and it is
closed; after a start only when the venue was listed and shows none. Bound: one guard per symbol
and position side. A life's beginning and end are told in `position_life.py`, orders asked for in
`position_legs.py`, flattens watched in `position_flatten.py`, stops in `protection.py`, and the
venue's view weighed in `position_comparison.py`; the facts are in `position_facts.py`.
"""

from typing import TypeVar, assert_never

from attrs import evolve

from ..messages.account import FeePriceChanged, PositionsValued
from ..messages.events import (
    PositionCorrected,
)
from ..messages.instruments import InstrumentsChanged
from ..messages.market import ClockChanged, MarkChanged
from ..messages.orders import (
    ApprovalRefused,
    CancelLeg,
    FillBooked,
    FillSettled,
    LegChanged,
)
from ..messages.positions import (
    CloseRefused,
    FlattenAll,
    OpenReported,
    ReportOpen,
    RequestClose,
    StrangerFilled,
    TakeStranger,
)
from ..messages.queries import GetFlattening, GetPositions
from ..messages.reconciliation import AdoptPosition, ComparePositions
from ..messages.stream import FundingPaid, PositionReported
from ..messages.values import CloseReason, Leg
from . import names
from .policies.close_rules import size_close
from .policies.exit_rules import is_for_discretion
from .policies.fee_conversion import in_margin
from .policies.guard import RESTING, life_id, loss_percent
from .policies.guard_legs import noted
from .policies.held_fills import held_key
from .policies.refusal import Refusal
from .policies.stop_plan import AT_WORK
from .policies.trade_book import add_amount
from .position_comparison import adoptable, compare, followed, foreign_of, left_over, legs_freed
from .position_facts import (
    PRIVATE,
    AgainDue,
    Fact,
    FeePriceNoted,
    FillCorrected,
    FillHeld,
    FillKnown,
    FiredDue,
    FlatDue,
    InstrumentsNoted,
    LegDenied,
    LegNoted,
    MarkNoted,
    UnprotectedDue,
    WholeFreed,
)
from .position_flatten import Flatten
from .position_legs import Legs
from .position_life import Life
from .position_liquidation import Liquidations
from .position_others import Others
from .position_state import (
    PositionsState,
    apply_fact,
    correction_of,
    key_of,
)
from .position_views import positions_view, valued
from .protection import PROTECTIVE, Protection, is_failed
from .runtime.actor import Actor, Context
from .settings import ProtectionSettings

Inbox = (
    FillBooked
    | FillSettled
    | LegChanged
    | RequestClose
    | FlattenAll
    | ReportOpen
    | ApprovalRefused
    | MarkChanged
    | InstrumentsChanged
    | ClockChanged
    | ComparePositions
    | AdoptPosition
    | StrangerFilled
    | TakeStranger
    | FundingPaid
    | PositionReported
    | FeePriceChanged
    | GetPositions
    | GetFlattening
    | FlatDue
    | UnprotectedDue
    | FiredDue
    | AgainDue
)

Paid = TypeVar("Paid", FillBooked, FillSettled, StrangerFilled)

PROTECTED = "protected"
"""The setting by which somebody else's position gets a stop."""


class PositionMonitor(Actor):
    """Every open quantity has a stop, or is being closed."""

    State = PositionsState
    private = PRIVATE
    state: PositionsState

    def __init__(self, settings: ProtectionSettings) -> None:
        super().__init__()
        self._settings = settings

    def receive(self, message: Inbox, ctx: Context) -> None:  # noqa: C901, PLR0912
        """Handle one message."""
        match message:
            case FillBooked():
                self.on_fill_booked(self._paid(message, ctx), ctx)
            case FillSettled():
                self.on_fill_settled(self._paid(message, ctx), ctx)
            case LegChanged():
                self.on_leg_changed(message, ctx)
            case RequestClose():
                self.on_request_close(message, ctx)
            case FlattenAll():
                self.on_flatten_all(message, ctx)
            case ReportOpen():
                ctx.tell(ctx.sender, OpenReported(tuple(k for k, _ in self.state.open_guards())))
            case ApprovalRefused():
                self.on_approval_refused(message, ctx)
            case MarkChanged():
                self.on_mark_changed(message, ctx)
            case InstrumentsChanged():
                ctx.record(InstrumentsNoted(message))
            case ClockChanged():
                ctx.log("clock_changed", trusted=message.trusted)
            case ComparePositions():
                self.on_compare_positions(message, ctx)
            case AdoptPosition():
                self.on_adopt_position(message, ctx)
            case StrangerFilled():
                Others(self._life(ctx)).filled(self._paid(message, ctx))
            case TakeStranger():
                Others(self._life(ctx)).take(message)
            case FundingPaid():
                Others(self._life(ctx)).funding(message)
            case FeePriceChanged():
                ctx.record(FeePriceNoted(message))
            case PositionReported():
                ctx.log("position_reported", symbol=message.symbol, quantity=message.quantity)
            case GetPositions():
                ctx.reply(positions_view(self.state))
            case GetFlattening():
                self._flatten(ctx).answer(message)
            case FlatDue():
                self._flatten(ctx).due(message)
            case UnprotectedDue():
                self.on_unprotected(message, ctx)
            case FiredDue():
                self.on_fired(message, ctx)
            case AgainDue():
                self.on_again(message, ctx)
            case _:
                assert_never(message)

    def on_fill_booked(self, message: FillBooked, ctx: Context) -> None:
        """Book a fill, unless it is one that was told again."""
        trade = message.trade
        key = key_of(trade.symbol, trade.position_side)
        guard = self.state.guards.get(key)
        if guard is None or trade.trade_id not in guard.booked:
            self._life(ctx).filled(key, message)
            return
        ctx.log("fill_booked_already", id=message.client_order_id, trade_id=trade.trade_id)
        if guard.booked[trade.trade_id]:
            # The gate has heard of it twice: as a stranger's from here, as ours from the orders.
            ctx.record(FillKnown(key, trade.trade_id))
            self._life(ctx).tell_adopted(trade, is_undone=True)

    def on_fill_settled(self, message: FillSettled, ctx: Context) -> None:
        """Put right what a fill was booked with, and what was told of a position closed since."""
        trade = message.trade
        key = key_of(trade.symbol, trade.position_side)
        guard = self.state.guards.get(key)
        held = self.state.held.get(held_key(key, trade.trade_id))
        if held is not None:
            ctx.record(FillHeld(key, evolve(held.fill, trade=trade)))
            return
        if guard is None or trade.trade_id not in guard.bare_fills:
            ctx.log("fill_settled_already", id=message.client_order_id, trade_id=trade.trade_id)
            return
        ctx.record(FillCorrected(key, trade))
        is_over = guard.bare_fills[trade.trade_id].number != guard.number
        if is_over or guard.position.is_flat:
            correction = PositionCorrected(
                symbol=trade.symbol,
                position_side=trade.position_side,
                realised_pnl=correction_of(guard, trade),
                fees=trade.fee,
                strategy=guard.bare_fills[trade.trade_id].strategy,
                position_id=life_id(guard.bare_fills[trade.trade_id].number),
                other_fees=add_amount((), trade.other_fee_asset, trade.other_fee),
            )
            ctx.tell(names.EVENT_BUS, correction)

    def on_leg_changed(self, message: LegChanged, ctx: Context) -> None:
        """Note what became of an order of ours, and see to what is missing now."""
        key = key_of(message.symbol, message.position_side)
        guard = self.state.guards.get(key)
        if guard is None:
            ctx.log("leg_without_position", id=message.client_order_id, state=message.state)
            return
        fact = LegNoted(key, message, failed=is_failed(message))
        ctx.record(fact)
        if guard.answers(message):
            self._legs(ctx).heard(key, message.leg)
        if guard.position.is_flat:
            if message.state in RESTING:
                ctx.tell(names.ORDER_MANAGER, CancelLeg(message.client_order_id))
            return
        if message.leg is Leg.EXIT:
            self._legs(ctx).exit_changed(key, guard, message, failed=fact.failed)
            return
        after = noted(guard, message, failed=fact.failed)
        if len(after.whole_refused) < len(guard.whole_refused):
            self._legs(ctx).again_later(key, guard, message.leg, at_once=True)
        match message.leg:
            case Leg.STOP:
                self._protection(ctx).stop_changed(key, guard, after, message)
            case Leg.TARGET | Leg.TRAIL:
                self._protection(ctx).target_changed(key, guard, after, message)
            case Leg.ENTRY:
                ctx.log("entry_is_no_leg", id=message.client_order_id)
            case _:
                assert_never(message.leg)

    def on_request_close(self, message: RequestClose, ctx: Context) -> None:
        """Turn a close wish into a reducing order of the right size."""
        state, signal = self.state, message.signal
        filters = state.filters.get(signal.symbol)
        found = size_close(signal, state.open_guards(), filters)
        if isinstance(found, Refusal):
            refused = CloseRefused(
                intent_id=message.intent_id,
                signal_id=signal.signal_id,
                symbol=signal.symbol,
                guard=found.guard,
                figure=found.figure,
                limit=found.limit,
            )
            ctx.tell(names.EXECUTION_SYSTEM, refused)
            return
        self._legs(ctx).exit_by_signal(message, found)

    def on_flatten_all(self, message: FlattenAll, ctx: Context) -> None:
        """Close our positions, of a symbol or all."""
        self._flatten(ctx).begin(message)

    def on_approval_refused(self, message: ApprovalRefused, ctx: Context) -> None:
        """The gate refused: a strategy's wish ends by that, all else is tried again."""
        for key, guard in self.state.guards.items():
            request = guard.pending.get(message.leg.value)
            if request is not None and request.intent_id == message.intent_id:
                given_up = is_for_discretion(message) and guard.closing_by is CloseReason.SIGNAL
                ctx.record(LegDenied(key, message.leg, given_up))
                if given_up:
                    self._legs(ctx).heard(key, message.leg)
                elif not guard.position.is_flat:
                    self._legs(ctx).again_later(key, guard, message.leg)
        if message.signal_id:
            ctx.tell(names.EXECUTION_SYSTEM, message)

    def on_mark_changed(self, message: MarkChanged, ctx: Context) -> None:
        """Value the positions; a loss beyond the stop means that the stop failed."""
        open_guards = self.state.open_guards()
        if not any(guard.position.symbol == message.symbol for _, guard in open_guards):
            if message.symbol not in self.state.marks:
                ctx.record(MarkNoted(message))
            return
        ctx.record(MarkNoted(message))
        for key, guard in open_guards:
            if guard.position.symbol == message.symbol and guard.is_closable:
                loss = loss_percent(guard, message.mark)
                if loss >= self._settings.stop_failed_pct:
                    legs = self._legs(ctx)
                    legs.alert("stop_failed", key, f"loss {loss:.2f} % from entry")
                    legs.close(key, guard, "stop failed")
        self._liquidations(ctx).marked(message)
        ctx.tell(names.ACCOUNT, PositionsValued(valued(self.state, message), ctx.now))

    def on_compare_positions(self, message: ComparePositions, ctx: Context) -> None:
        """Say which symbols differ; what moved since the question left does not count."""
        ctx.tell(ctx.sender, compare(self.state, message, ctx))
        for key, view in followed(self.state, message):
            self._life(ctx).follow(key, view)
        for client_order_id in left_over(self.state, message):
            ctx.tell(names.ORDER_MANAGER, CancelLeg(client_order_id))
        for key, guard in self.state.guards.items():
            if guard.position.is_flat:
                self._life(ctx).sweep(guard)
            self._protection(ctx).compared(key, guard, message)
            for leg in legs_freed(guard, message):
                ctx.record(WholeFreed(key, leg))
                self._legs(ctx).again_later(key, guard, leg, at_once=True)
        self._flatten(ctx).compared(message)
        self._liquidations(ctx).compared(message)

    def on_adopt_position(self, message: AdoptPosition, ctx: Context) -> None:
        """Take over what the venue shows where that is less than our fills say, no other way.

        Somebody else reduced it: a liquidation, a deleveraging, a hand. More than ours is foreign.
        """
        for key, guard in adoptable(self.state, message):
            self._life(ctx).adopted(key, guard)
        if self._settings.adopt_foreign == PROTECTED:
            for key, view in foreign_of(self.state, message):
                self._life(ctx).protect_foreign(key, view)

    def on_unprotected(self, message: UnprotectedDue, ctx: Context) -> None:
        """The time without a stop is up: alarm, and close."""
        guard = self.state.life(message.key, message.number)
        if guard is not None and guard.unprotected_since_ns and not guard.is_protected:
            self._protection(ctx).overdue(message.key, guard)

    def on_fired(self, message: FiredDue, ctx: Context) -> None:
        """A stop that has fired and not filled leaves the position where its price is passed."""
        guard = self.state.life(message.key, message.number)
        record = None if guard is None else guard.legs.get(message.client_order_id)
        if guard is not None and record is not None and record.state in AT_WORK:
            self._legs(ctx).alert("stop_failed", message.key, "it fired and did not fill")
            self._legs(ctx).close(message.key, guard, "the stop fired and did not fill")

    def on_again(self, message: AgainDue, ctx: Context) -> None:
        """Ask once more for a leg that is still missing."""
        guard = self.state.life(message.key, message.number)
        if guard is not None:
            self._legs(ctx).ensure(message.key, guard, message.leg)

    def resume(self, ctx: Context) -> None:
        """See to every open position: its stop, its target, its exit."""
        for key, guard in self.state.open_guards():
            for leg in (*PROTECTIVE, Leg.EXIT):
                self._legs(ctx).ensure(key, guard, leg)
            if guard.unprotected_since_ns:
                self._protection(ctx).take_up(key, guard)
            for client_order_id, record in guard.own_legs():
                if record.leg is Leg.STOP and record.state in AT_WORK:
                    self._protection(ctx).watch_fired(key, guard.number, client_order_id)
        for guard in self.state.guards.values():
            if guard.position.is_flat:
                self._life(ctx).sweep(guard)
        self._flatten(ctx).take_up()

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        apply_fact(self.state, fact)

    def _paid(self, message: Paid, ctx: Context) -> Paid:
        """Return a fill with its fee in the margin asset, where the price of that is known."""
        known = self.state.fee_price
        if known is None:
            return message
        return evolve(message, trade=in_margin(message.trade, known, ctx.now))

    def _legs(self, ctx: Context) -> Legs:
        return Legs(self.state, self._settings, ctx)

    def _flatten(self, ctx: Context) -> Flatten:
        return Flatten(self._legs(ctx))

    def _liquidations(self, ctx: Context) -> Liquidations:
        return Liquidations(self.state, self._settings.liquidation_alert_pct, ctx)

    def _protection(self, ctx: Context) -> Protection:
        return Protection(self._legs(ctx))

    def _life(self, ctx: Context) -> Life:
        return Life(self._protection(ctx))
