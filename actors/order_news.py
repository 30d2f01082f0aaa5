"""Order news: what the others are told of an order's fills, its state and its end.

OrderManager's words, bound to one message. RiskGate hears of every change of exposure, cumulative
filled and remaining together; PositionMonitor of every fill and of its legs; ExecutionSystem of
the end of what a signal asked for, and of a fill that comes after it.
"""

from decimal import Decimal

from attrs import frozen

from ..messages.events import (
    AlertRaised,
    OrderCorrected,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderResolved,
    OrderSent,
    OrderUnresolved,
    SlippageExceeded,
)
from ..messages.orders import ApprovedOrder, ExposureChanged, FillBooked, LegChanged, OrderEnded
from ..messages.positions import FlattenAll
from ..messages.stream import BackfillNeeded
from ..messages.values import Leg, OrderState, Severity
from ..messages.venue import TradeEvidence
from .names import EVENT_BUS, EXECUTION_SYSTEM, POSITION_MONITOR, RECONCILER, RISK_GATE
from .policies.ledger import signed
from .policies.order_record import HELD, ZERO, Order
from .runtime.actor import Context

MS = 1_000_000


@frozen
class News:
    """Tells; bound to one message by its context."""

    ctx: Context

    def fill(self, order: Order, trade: TradeEvidence, *, late: bool) -> None:
        """A fill counts: tell it, and whether it comes too late or is too much."""
        approved = order.approved
        self.ctx.tell(POSITION_MONITOR, _booked(approved, trade, late=late))
        filled = order.filled + trade.quantity
        self._exposure(order, filled, trade=trade, ended=late)
        if order.flattens:
            cid, symbol = approved.client_order_id, approved.symbol
            self.ctx.tell(POSITION_MONITOR, FlattenAll(cid, symbol, "filled after a flatten"))
        if late and approved.signal_id:
            self._correction(order, filled)
        if order.ordered is not None and filled > order.ordered:
            text = f"{filled} filled of {order.ordered}"
            alert = AlertRaised(Severity.CRITICAL, "overfill", approved.client_order_id, text)
            self.ctx.tell(EVENT_BUS, alert)
            self.ctx.tell(RECONCILER, BackfillNeeded(trade.at_ms, f"overfill of {text}"))

    def sent(self, approved: ApprovedOrder, attempt: int) -> None:
        """A request for the order is handed to a lane."""
        cid, symbol = approved.client_order_id, approved.symbol
        self.ctx.tell(EVENT_BUS, OrderSent(approved.signal_id, cid, symbol, attempt))

    def fill_again(self, order: Order, trade: TradeEvidence) -> None:
        """Tell the monitor a fill that counts already; it knows whether it has heard of it."""
        self.ctx.tell(POSITION_MONITOR, _booked(order.approved, trade, late=False))

    def placed(self, order: Order) -> None:
        """The venue has taken the order, as far as we know for the first time."""
        approved = order.approved
        cid, symbol = approved.client_order_id, approved.symbol
        event = OrderPlaced(approved.signal_id, cid, symbol, approved.side, order.quantity)
        self.ctx.tell(EVENT_BUS, event)

    def doubt(self, order: Order, before: OrderState, after: OrderState, reason: str) -> None:
        """The order has left the unknown, or waits for a person from now on."""
        approved = order.approved
        cid, symbol = approved.client_order_id, approved.symbol
        if before in HELD and after not in HELD:
            self.ctx.tell(EVENT_BUS, OrderResolved(approved.signal_id, cid, symbol, after))
        if after is OrderState.PARKED:
            self.unresolved(order, reason)

    def unresolved(self, order: Order, reason: str) -> None:
        """Nobody knows what became of the order: that is no failure, and somebody should look."""
        approved, waiting_ms = order.approved, (self.ctx.now - order.created_at_ns) // MS
        cid, symbol = approved.client_order_id, approved.symbol
        event = OrderUnresolved(approved.signal_id, symbol, waiting_ms, cid, reason)
        self.ctx.tell(EVENT_BUS, event)

    def partial(self, order: Order, filled: Decimal, average_price: Decimal) -> None:
        """A part is filled and the rest may come."""
        approved = order.approved
        self.ctx.tell(
            EVENT_BUS,
            OrderPartiallyFilled(
                signal_id=approved.signal_id,
                client_order_id=approved.client_order_id,
                symbol=approved.symbol,
                filled=filled,
                remaining=(order.ordered or filled) - filled,
                average_price=average_price,
            ),
        )

    def ended(
        self,
        order: Order,
        state: OrderState,
        filled: Decimal,
        reason: str,
        average_price: Decimal,
        *,
        sent: bool,
    ) -> None:
        """The order's life is over."""
        approved = order.approved
        # Of an exit the gate counts only what it charged, and that only if it never left.
        if approved.leg is Leg.ENTRY or (approved.signal_id and not sent):
            self._exposure(order, filled, ended=True, sent=sent)
        if approved.signal_id:
            self.ctx.tell(
                EXECUTION_SYSTEM,
                OrderEnded(
                    intent_id=approved.intent_id,
                    client_order_id=approved.client_order_id,
                    symbol=approved.symbol,
                    side=approved.side,
                    state=state,
                    reason=reason or order.reason,
                    filled=filled,
                    average_price=average_price,
                ),
            )

    def slippage(
        self, approved: ApprovedOrder, average: Decimal, slippage: Decimal, limit: Decimal
    ) -> None:
        """The order was filled worse than allowed: an event for programs, an alert for people."""
        expected = approved.reference_price
        assert expected is not None
        event = SlippageExceeded(
            signal_id=approved.signal_id,
            client_order_id=approved.client_order_id,
            symbol=approved.symbol,
            reference_price=expected,
            average_price=average,
            slippage_pct=slippage,
            limit_pct=limit,
        )
        self.ctx.tell(EVENT_BUS, event)
        text = f"filled at {average} against {expected}: {slippage:.2f} % worse, limit {limit} %"
        alert = AlertRaised(Severity.WARNING, "slippage", approved.client_order_id, text)
        self.ctx.tell(EVENT_BUS, alert)

    def leg(self, order: Order, state: OrderState, filled: Decimal, reason: str, kind: str) -> None:
        """An exit or a protective order is in another state; of an entry nobody is told here."""
        approved = order.approved
        if approved.leg is Leg.ENTRY:
            return
        if order.cancel_reason and state is OrderState.ACTIVE:
            # It was found after all, and is cancelled at once: nobody may count on it.
            state = OrderState.CANCELLING
        self.ctx.tell(
            POSITION_MONITOR,
            LegChanged(
                client_order_id=approved.client_order_id,
                intent_id=approved.intent_id,
                leg=approved.leg,
                symbol=approved.symbol,
                position_side=approved.position_side,
                state=state,
                trigger_price=approved.trigger_price,
                filled=filled,
                kind=kind,
                reason=reason,
            ),
        )

    def _correction(self, order: Order, filled: Decimal) -> None:
        approved = order.approved
        self.ctx.tell(
            EXECUTION_SYSTEM,
            OrderCorrected(
                signal_id=approved.signal_id,
                client_order_id=approved.client_order_id,
                symbol=approved.symbol,
                corrects=order.state.value,
                filled=filled,
            ),
        )

    def _exposure(
        self,
        order: Order,
        filled: Decimal,
        *,
        trade: TradeEvidence | None = None,
        ended: bool = False,
        sent: bool = True,
    ) -> None:
        approved = order.approved
        remaining = ZERO if ended else max(ZERO, (order.ordered or filled) - filled)
        self.ctx.tell(
            RISK_GATE,
            ExposureChanged(
                client_order_id=approved.client_order_id,
                intent_id=approved.intent_id,
                leg=approved.leg,
                symbol=approved.symbol,
                position_side=approved.position_side,
                filled=filled,
                remaining=remaining,
                fill=ZERO if trade is None else signed(trade.side, trade.quantity),
                fill_price=ZERO if trade is None else trade.price,
                sent=sent,
                ended=ended,
                strategy=approved.strategy,
            ),
        )


def _booked(approved: ApprovedOrder, trade: TradeEvidence, *, late: bool) -> FillBooked:
    return FillBooked(
        client_order_id=approved.client_order_id,
        intent_id=approved.intent_id,
        leg=approved.leg,
        signal_id=approved.signal_id,
        strategy=approved.strategy,
        stop_loss=approved.stop_loss,
        take_profit=approved.take_profit,
        working_type=approved.working_type,
        trade=trade,
        late=late,
        source=approved.source,
        model_version=approved.model_version,
        trailing=approved.trailing,
    )
