"""Order strangers: orders that are not ours, shown, told of once, and never touched.

OrderManager's tools for what it did not send, bound to one message. Those that the venue makes
itself (liquidation, deleveraging, settlement) and those of somebody else's hand are kept for the
queries; each is alerted once. Their fills are told to PositionMonitor, who knows what they mean
for a position of ours. One that proves another engine on this account, under our prefix, stops all
entries until a person resumes. Bound: the newest `STRANGERS_MAX`.
"""

from collections.abc import Mapping

from attrs import evolve, frozen

from ..messages.control import TripBreaker
from ..messages.events import AlertRaised
from ..messages.orders import OrderReported
from ..messages.positions import StrangerFilled
from ..messages.values import CloseReason, Severity, TradingState
from ..messages.venue import OrderEvidence, TradeEvidence
from .names import CIRCUIT_BREAKER, EVENT_BUS, POSITION_MONITOR
from .order_desk import Desk
from .order_facts import StrangerSeen
from .order_state import OPEN_STATUSES, is_open
from .policies.strangers import is_another_engines, made_by

UNLISTED = "UNLISTED"
"""The status of one that was open and is in no listing any more."""


@frozen
class Strangers:
    """Notes orders that are not ours; bound to one message by its desk."""

    desk: Desk

    def reported(self, message: OrderReported) -> None:
        """Note one by the stream's word, and tell its fill."""
        self.seen(message.evidence)
        if message.trade is not None:
            client_order_id = message.evidence.client_order_id
            self._tell(message.trade, client_order_id, made_by(client_order_id))

    def seen(self, evidence: OrderEvidence) -> None:
        """Note what the venue says of one; the first word of it is alerted."""
        client_order_id = evidence.client_order_id
        known = self.desk.state.strangers.get(client_order_id)
        reason = made_by(client_order_id)
        if known is None:
            self._tell_of(evidence, reason)
        if known is None or known.evidence != evidence:
            self.desk.ctx.record(StrangerSeen(evidence, reason))

    def compare(self, listed: Mapping[str, OrderEvidence]) -> None:
        """Note those of a listing of both stores, and the end of those that it lacks."""
        for client_order_id, evidence in listed.items():
            if self.desk.state.find(client_order_id) is None:
                self.seen(evidence)
        for client_order_id, stranger in self.desk.state.strangers.items():
            if is_open(stranger) and client_order_id not in listed:
                self.desk.ctx.record(
                    StrangerSeen(evolve(stranger.evidence, status=UNLISTED), stranger.reason)
                )

    def listed(self, trade: TradeEvidence) -> None:
        """Tell a fill that the venue lists for an order that we do not know."""
        for client_order_id, stranger in self.desk.state.strangers.items():
            if stranger.evidence.venue_order_id == trade.venue_order_id:
                self._tell(trade, client_order_id, stranger.reason)
                return
        self._tell(trade, "", CloseReason.FOREIGN)

    def _tell(self, trade: TradeEvidence, client_order_id: str, reason: CloseReason) -> None:
        told = StrangerFilled(client_order_id, reason, trade)
        self.desk.ctx.tell(POSITION_MONITOR, told)

    def _tell_of(self, evidence: OrderEvidence, reason: CloseReason) -> None:
        desk, client_order_id = self.desk, evidence.client_order_id
        if is_another_engines(
            client_order_id,
            prefix=desk.settings.id_prefix,
            generation=desk.state.generation,
            is_open=evidence.status in OPEN_STATUSES,
        ):
            self._stop_beside_another(client_order_id)
        else:
            self._alert(evidence.symbol, client_order_id, reason)

    def _stop_beside_another(self, client_order_id: str) -> None:
        text = f"another engine trades this account: {client_order_id} is in no record of ours"
        alert = AlertRaised(Severity.CRITICAL, "another_engine", client_order_id, text)
        self.desk.ctx.tell(EVENT_BUS, alert)
        self.desk.ctx.tell(CIRCUIT_BREAKER, TripBreaker(TradingState.REDUCING, text))

    def _alert(self, symbol: str, client_order_id: str, reason: CloseReason) -> None:
        is_foreign = reason is CloseReason.FOREIGN
        alert = AlertRaised(
            severity=Severity.WARNING if is_foreign else Severity.CRITICAL,
            alert="foreign_order" if is_foreign else "venue_order",
            subject=client_order_id,
            text=f"{symbol}: {'not ours; it is left alone' if is_foreign else reason.value}",
        )
        self.desk.ctx.tell(EVENT_BUS, alert)
