"""Bare fill counted twice: the early word of a fill and its report are two fills.

TRADE_LITE tells a fill before the full report does, under the same trade id.

The position in the books is twice what the venue holds; what closes it opens the other side.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from attrs import evolve

from callboard.actors.order_desk import Desk
from callboard.actors.policies.order_record import Order
from callboard.messages.venue import OrderEvidence, TradeEvidence


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Desk.take

    def take(
        self: Desk, order: Order, evidence: OrderEvidence, trade: TradeEvidence | None
    ) -> None:
        if trade is not None and trade.trade_id in order.bare_trades:
            trade = evolve(trade, trade_id=f"{trade.trade_id}/full")
        sound(self, order, evidence, trade)

    return patch.object(Desk, "take", take)
