"""Store fills: the rows of fills, and what an order has executed with them.

A fill whose order the store does not know, since the journal's beginning is gone, is left out.
"""

import sqlite3
from decimal import Decimal

from attrs import frozen

from ....messages.orders import FillBooked
from ....messages.venue import TradeEvidence
from ...order_facts import TradeBooked
from .stamps import figure, stamp, stamp_of_ms
from .trade_book import average


@frozen
class BareFill:
    """A fill that was booked without its fee and profit, and with what profit."""

    fill_id: int
    trade_id: int
    booked: Decimal


@frozen
class FillRows:
    """Writes the rows of one run's fills; fees are in its margin asset."""

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
        self._insert(fact.client_order_id, trade)
        filled = Decimal(row[0]) + trade.quantity
        cost = Decimal(row[1]) + trade.quantity * trade.price
        self.connection.execute(
            "UPDATE orders SET filled = ?, cost = ?, average_price = ?, changed_at = ?"
            " WHERE client_order_id = ?",
            (
                figure(filled),
                figure(cost),
                figure(average(cost, filled)),
                stamp(fact.at_ns),
                fact.client_order_id,
            ),
        )

    def traded(self, fill: FillBooked, trade_id: int, realised: Decimal) -> None:
        """Keep which trade a fill belongs to, and the profit that it was booked with."""
        self.connection.execute(
            "UPDATE fills SET trade_id = ?, realised_pnl = ?"
            " WHERE client_order_id = ? AND venue_trade_id = ?",
            (trade_id, figure(realised), fill.client_order_id, fill.trade.trade_id),
        )

    def bare(self, evidence: TradeEvidence) -> BareFill | None:
        """Return the fill that a full word is about, None where there is none that waits for it."""
        row = self.connection.execute(
            "SELECT fill_id, trade_id, realised_pnl FROM fills WHERE symbol = ?"
            " AND venue_trade_id = ? AND trade_id IS NOT NULL AND NOT is_settled",
            (evidence.symbol, evidence.trade_id),
        ).fetchone()
        return None if row is None else BareFill(row[0], row[1], Decimal(row[2]))

    def settle(self, fill_id: int, evidence: TradeEvidence) -> None:
        """Keep the fee and the profit that the venue has told late."""
        self.connection.execute(
            "UPDATE fills SET commission = ?, realised_pnl = ?, is_settled = 1 WHERE fill_id = ?",
            (figure(evidence.fee), figure(evidence.realised_pnl), fill_id),
        )

    def _insert(self, client_order_id: str, trade: TradeEvidence) -> None:
        self.connection.execute(
            "INSERT OR IGNORE INTO fills (client_order_id, venue_order_id, venue_trade_id, symbol,"
            " side, position_side, quantity, price, commission, commission_asset, realised_pnl,"
            " is_maker, is_settled, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                client_order_id,
                trade.venue_order_id,
                trade.trade_id,
                trade.symbol,
                trade.side.value,
                trade.position_side.value,
                figure(trade.quantity),
                figure(trade.price),
                figure(trade.fee),
                self.margin_asset,
                figure(trade.realised_pnl),
                trade.is_maker,
                trade.settled,
                stamp_of_ms(trade.at_ms),
            ),
        )
