"""Position life: how a position begins, changes and ends, and what that sets going.

PositionMonitor's tools, bound to one message. A first fill asks for protection; the end cancels
what still protects. An entry that turns a position over ends one life and begins the next; the
venue's word that less is left than our fills say ends or shortens it without a fill.
"""

from decimal import Decimal

from attrs import evolve, frozen

from ..messages.events import (
    PositionClosed,
    PositionCorrected,
    PositionOpened,
    PositionUpdated,
    StrategyResult,
)
from ..messages.orders import CancelLeg, FillBooked
from ..messages.positions import PositionAdopted, StrangerFilled, TakeStranger
from ..messages.values import CloseReason, Leg, Severity
from ..messages.venue import TradeEvidence
from . import names
from .policies.guard import Guard, VenueView, close_reason, new_life, stranger_fill
from .policies.held_fills import held_for, held_key
from .policies.ledger import Position, reduces, signed, unrealised_pnl
from .policies.stop_plan import tighter
from .policies.strangers import explain
from .policies.trade_book import TradeBook, book_funding, resize_trade
from .position_facts import FillApplied, FillHeld, ForeignAdopted, VenueAdopted, VenueDiffered
from .position_state import MS, ZERO, adopted_position, booked_fill, foreign_guard, key_of
from .protection import Protection


@frozen
class End:
    """How a life ends: its whole book, why, the last price, and the venue time."""

    book: TradeBook
    reason: CloseReason
    price: Decimal
    at_ms: int


@frozen
class Life:
    """Tells of positions; bound to one message by its protection."""

    protection: Protection

    def filled(self, key: str, fill: FillBooked) -> None:
        """Book a fill; a first one asks for protection, a last one sweeps it away."""
        legs, trade = self.protection.legs, fill.trade
        guard = legs.state.guards.get(key)
        before = Position(trade.symbol, trade.position_side) if guard is None else guard.position
        if fill.leg is not Leg.ENTRY and not reduces(before, trade.side, trade.quantity):
            self._hold(key, fill)
            return
        booked = booked_fill(legs.state, key, fill, legs.ctx.now)
        after = booked.after
        legs.ctx.record(FillApplied(key, fill, legs.ctx.now))
        if not before.is_flat and (after.is_flat or after.epoch != before.epoch):
            assert guard is not None
            end = End(booked.charged, close_reason(fill, guard), trade.price, trade.at_ms)
            self.closed(key, guard, after, end)
            self.sweep(guard, but=fill.client_order_id)
        if after.epoch != before.epoch:
            self.opened(key, after, fill)
        elif not after.is_flat:
            assert guard is not None
            grew = abs(after.quantity) > abs(before.quantity)
            reason = None if grew else close_reason(fill, guard)
            self.updated(guard, after, booked.book, price=trade.price, reason=reason)
            stop_loss = tighter(guard, fill.stop_loss) if grew else guard.stop_loss
            if grew or guard.has_quantity_legs:
                self.protection.resized(key, guard, after, stop_loss)
        if abs(after.quantity) > abs(before.quantity):
            for waiting in held_for(legs.state.held, key, trade):
                legs.ctx.tell(legs.ctx.me, waiting)

    def _hold(self, key: str, fill: FillBooked) -> None:
        """Keep a fill until those before it are told; the venue is asked for them."""
        legs, trade_id = self.protection.legs, fill.trade.trade_id
        known = legs.state.held.get(held_key(key, trade_id))
        if known is None or known.fill != fill:
            legs.ctx.record(FillHeld(key, fill))
            legs.check(key, f"fill {trade_id} takes more than is known to be held")

    def taken(self, key: str, guard: Guard, found: StrangerFilled) -> None:
        """Somebody else's fill is a part of our position's story: book it as what it was."""
        self.filled(key, stranger_fill(guard, found))
        self.tell_adopted(found.trade)
        text = f"{found.trade.quantity} at {found.trade.price}: {found.reason.value}"
        self.protection.legs.alert("stranger_closed", key, text)

    def tell_adopted(self, trade: TradeEvidence, *, is_undone: bool = False) -> None:
        """Tell the gate of a change that no order of ours made, or that one did after all."""
        change = signed(trade.side, trade.quantity)
        adopted = PositionAdopted(
            trade.symbol, trade.position_side, -change if is_undone else change
        )
        self.protection.legs.ctx.tell(names.RISK_GATE, adopted)

    def opened(self, key: str, after: Position, fill: FillBooked) -> None:
        """A fill of an entry began a life: protect it."""
        legs = self.protection.legs
        life = new_life(after, fill, legs.state.lives + 1)
        self._tell_opened(life, after, at_ms=fill.trade.at_ms, fees=fill.trade.fee)
        self.protection.begin_wait(key, life.number)
        self.protection.request(key, life)

    def _tell_opened(
        self, life: Guard, after: Position, *, at_ms: int, fees: Decimal = ZERO
    ) -> None:
        self.protection.legs.ctx.tell(
            names.EVENT_BUS,
            PositionOpened(
                after.symbol,
                after.position_side,
                after.quantity,
                after.entry_price,
                life.strategy,
                position_id=life.intent_id,
                signal_id=life.signal_id,
                source=life.source,
                model_version=life.model_version,
                stop_loss=life.stop_loss,
                take_profit=life.take_profit,
                fees=fees,
                at_ms=at_ms,
            ),
        )

    def updated(
        self,
        guard: Guard,
        after: Position,
        book: TradeBook,
        *,
        price: Decimal,
        reason: CloseReason | None,
    ) -> None:
        """A position is larger or smaller than before; the guard is as it was."""
        legs = self.protection.legs
        mark = legs.state.marks.get(after.symbol)
        liquidation = legs.state.liquidations.get(key_of(after.symbol, after.position_side))
        legs.ctx.tell(
            names.EVENT_BUS,
            PositionUpdated(
                after.symbol,
                after.position_side,
                after.quantity,
                after.entry_price,
                after.realised_pnl - guard.realised_before,
                position_id=guard.intent_id,
                change=after.quantity - guard.position.quantity,
                price=price,
                reason=reason,
                fees=after.fees - guard.fees_before,
                funding=book.funding,
                unrealised_pnl=ZERO if mark is None else unrealised_pnl(after, mark.mark),
                strategy=guard.strategy,
                liquidation_price=None if liquidation is None else liquidation.price,
            ),
        )

    def funded(self, guard: Guard, amount: Decimal) -> None:
        """Funding came for an open position, or late for one that was told closed."""
        position = guard.position
        if not position.is_flat:
            book = book_funding(guard.book, amount)
            self.updated(guard, position, book, price=guard.last_price, reason=None)
            return
        self.protection.legs.ctx.tell(
            names.EVENT_BUS,
            PositionCorrected(
                symbol=position.symbol,
                position_side=position.position_side,
                realised_pnl=ZERO,
                fees=ZERO,
                strategy=guard.strategy,
                position_id=guard.intent_id,
                funding=amount,
            ),
        )

    def closed(self, key: str, guard: Guard, after: Position, end: End) -> None:
        """A life is over; the guard is as it was before."""
        ctx, book = self.protection.legs.ctx, end.book
        is_long = guard.position.quantity > ZERO
        ctx.tell(
            names.EVENT_BUS,
            PositionClosed(
                symbol=after.symbol,
                position_side=after.position_side,
                exit_price=book.exit_price or end.price,
                realised_pnl=after.realised_pnl - guard.realised_before,
                fees=after.fees - guard.fees_before,
                strategy=guard.strategy,
                position_id=guard.intent_id,
                reason=end.reason,
                quantity=book.opened_quantity if is_long else -book.opened_quantity,
                entry_price=book.entry_price,
                funding=book.funding,
                other_fees=book.other_fees,
                results=tuple(
                    StrategyResult(each.strategy, each.realised_pnl, each.fees, each.funding)
                    for each in book.shares
                ),
                signal_id=guard.signal_id,
                source=guard.source,
                model_version=guard.model_version,
                opened_at_ms=guard.opened_at_ms,
                closed_at_ms=end.at_ms,
            ),
        )
        ctx.log("position_closed", key=key, was=guard.position.quantity)
        self.protection.end_wait(key, guard)
        for leg in guard.pending:
            self.protection.legs.heard(key, Leg(leg))

    def sweep(self, guard: Guard, *, but: str = "") -> None:
        """Cancel the orders that are left, exits too, but the one whose fill it was."""
        for client_order_id in guard.left_ids():
            if client_order_id != but:
                self.protection.legs.ctx.tell(names.ORDER_MANAGER, CancelLeg(client_order_id))

    def protect_foreign(self, key: str, view: VenueView) -> None:
        """Somebody else's position gets a stop as far away as any may be, and nothing else."""
        legs, quantity = self.protection.legs, view.quantity
        distance = view.entry_price * legs.settings.stop_loss_pct_max / 100
        stop_loss = view.entry_price - (distance if quantity > ZERO else -distance)
        fact = ForeignAdopted(key, view, stop_loss, legs.ctx.now)
        legs.ctx.record(fact)
        guard = foreign_guard(legs.state, fact)
        position = guard.position
        self._tell_opened(guard, position, at_ms=guard.opened_at_ms)
        legs.ctx.tell(
            names.RISK_GATE,
            PositionAdopted(position.symbol, position.position_side, quantity),
        )
        text = f"{quantity} at {view.entry_price} gets a stop"
        legs.alert("foreign_protected", key, text, Severity.WARNING)
        self.protection.begin_wait(key, guard.number)
        self.protection.request(key, guard)

    def follow(self, key: str, view: VenueView) -> None:
        """Its owner changed somebody else's position: what protects it goes along."""
        legs = self.protection.legs
        before = legs.state.guards[key]
        legs.ctx.record(VenueDiffered(key, view))
        shown = evolve(before, venue=view)
        self._take_over(key, before, adopted_position(shown, legs.ctx.now))

    def adopted(self, key: str, guard: Guard) -> None:
        """The venue holds less than our fills say: that is what there is.

        Fills of strangers that lead there are booked, one a step; without them it is only a view.
        """
        legs, ours = self.protection.legs, guard.position
        assert guard.venue is not None
        strangers = explain(guard.strangers.values(), ours.quantity, guard.venue.quantity)
        if strangers:
            for trade in strangers:
                legs.ctx.tell(legs.ctx.me, TakeStranger(trade))
            return
        after = adopted_position(guard, legs.ctx.now)
        text = f"the venue holds {after.quantity}, our fills say {ours.quantity}"
        legs.alert("position_adopted", key, text)
        self._take_over(key, guard, after)

    def _take_over(self, key: str, guard: Guard, after: Position) -> None:
        """The position is what the venue last showed of it, without a fill."""
        legs, ours = self.protection.legs, guard.position
        legs.ctx.record(VenueAdopted(key, legs.ctx.now))
        change = after.quantity - ours.quantity
        legs.ctx.tell(names.RISK_GATE, PositionAdopted(ours.symbol, ours.position_side, change))
        book = resize_trade(guard.book, after)
        if after.is_flat:
            at_ms = legs.ctx.now // MS
            self.closed(key, guard, after, End(book, CloseReason.FOREIGN, guard.last_price, at_ms))
            self.sweep(guard)
            return
        price = guard.last_price
        self.updated(guard, after, book, price=price, reason=CloseReason.FOREIGN)
        self.protection.resized(key, guard, after, guard.stop_loss)
