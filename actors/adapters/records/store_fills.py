"""Store fills: the rows of fills, and what an order has executed with them.

A fill of an order that the store does not know, since it is not ours or the journal's beginning is
gone, stands without one.
"""

import sqlite3
from decimal import Decimal

from attrs import frozen

from ....messages.venue import TradeEvidence
from ...order_facts import TradeBooked
from ...policies.ledger import QUANTUM
from ...position_facts import FillApplied, FillCorrected
from .stamps import figure, stamp, stamp_of_ms


@frozen
class FillRows:
    """Writes the rows of one run's fills."""

    connection: sqlite3.Connection
    margin_asset: str

    def booked(self, fact: TradeBooked) -> None:
        """Keep a fill of an order."""
        row = self.connection.execute(
            "SELECT filled, cost FROM orders WHERE client_order_id = ?", (fact.client_order_id,)
        ).fetchone()
        if row is None:
            return
        trade = fact.trade
        if not self._claimed(fact.client_order_id, trade):
            self._insert(fact.client_order_id, trade)
        filled = Decimal(row[0]) + trade.quantity
        cost = Decimal(row[1]) + trade.quantity * trade.price
        self.connection.execute(
            "UPDATE orders SET filled = ?, cost = ?, average_price = ?, changed_at = ?"
            " WHERE client_order_id = ?",
            (
                figure(filled),
                figure(cost),
                figure((cost / filled).quantize(QUANTUM)),
                stamp(fact.at_ns),
                fact.client_order_id,
            ),
        )

    def traded(self, fact: FillApplied, trade_id: str) -> None:
        """Keep which trade a fill belongs to; one that turned a position over, to the one ended.

        A fill of an order that is not ours, as a liquidation's, is kept without an order.
        """
        fill = fact.fill
        known = self.connection.execute(
            "SELECT trade_id FROM trades WHERE trade_id = ?", (trade_id,)
        ).fetchone()
        trade = None if known is None else known[0]
        changed = self.connection.execute(
            "UPDATE fills SET trade_id = ? WHERE client_order_id = ? AND venue_trade_id = ?",
            (trade, fill.client_order_id, fill.trade.trade_id),
        )
        if not changed.rowcount:
            self._insert(None, fill.trade, trade)

    def settled(self, fact: FillCorrected) -> None:
        """Keep the fee and the profit that the venue has told late."""
        trade = fact.trade
        self.connection.execute(
            "UPDATE fills SET commission = ?, commission_asset = ?, realised_pnl = ?,"
            " is_settled = 1 WHERE symbol = ? AND venue_trade_id = ? AND NOT is_settled",
            (*self._paid(trade), figure(trade.realised_pnl), trade.symbol, trade.trade_id),
        )

    def _claimed(self, client_order_id: str, trade: TradeEvidence) -> bool:
        """Say whether the fill was kept as a stranger's, and give it to its order."""
        changed = self.connection.execute(
            "UPDATE fills SET client_order_id = ? WHERE symbol = ? AND venue_trade_id = ?"
            " AND client_order_id IS NULL",
            (client_order_id, trade.symbol, trade.trade_id),
        )
        return bool(changed.rowcount)

    def _insert(
        self, client_order_id: str | None, trade: TradeEvidence, trade_id: str | None = None
    ) -> None:
        self.connection.execute(
            "INSERT INTO fills (client_order_id, venue_order_id, venue_trade_id, trade_id,"
            " symbol, side, position_side, quantity, price, commission, commission_asset,"
            " realised_pnl, is_maker, is_settled, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (symbol, venue_trade_id, client_order_id) DO NOTHING",
            (
                client_order_id,
                trade.venue_order_id,
                trade.trade_id,
                trade_id,
                trade.symbol,
                trade.side.value,
                trade.position_side.value,
                figure(trade.quantity),
                figure(trade.price),
                *self._paid(trade),
                figure(trade.realised_pnl),
                trade.is_maker,
                trade.settled,
                stamp_of_ms(trade.at_ms),
            ),
        )

    def _paid(self, trade: TradeEvidence) -> tuple[str | None, str]:
        """Return (amount, asset) of a fill's commission."""
        if trade.other_fee_asset:
            return figure(trade.other_fee), trade.other_fee_asset
        return figure(trade.fee), self.margin_asset
