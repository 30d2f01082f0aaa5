"""Store trades: the rows of trades, a trade being one life of a position, from its events.

The figures are those of PositionMonitor's book: prices are averages of real fills, profit is the
venue's own where it gives one, commissions are kept by asset, and of a position that two strategies
share each has its own part. Pure but for the connection.
"""

import sqlite3
from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from ....messages.events import (
    PositionClosed,
    PositionCorrected,
    PositionOpened,
    PositionUpdated,
)
from .stamps import figure, stamp, stamp_of_ms

ZERO = Decimal(0)


@frozen
class TradeRows:
    """Writes the rows of one run's trades."""

    connection: sqlite3.Connection
    mode: str

    def opened(self, event: PositionOpened, at_ns: int) -> None:
        """Begin a trade with its first fill."""
        self.connection.execute(
            "INSERT INTO trades (trade_id, symbol, position_side, direction, quantity,"
            " open_quantity, entry_price, commission, net_pnl, stop_loss, take_profit, signal_id,"
            " strategy, source, model_version, mode, opened_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (trade_id) DO NOTHING",
            (
                event.position_id,
                event.symbol,
                event.position_side.value,
                "LONG" if event.quantity > ZERO else "SHORT",
                figure(abs(event.quantity)),
                figure(event.quantity),
                figure(event.entry_price),
                figure(event.fees),
                figure(-event.fees),
                figure(event.stop_loss),
                figure(event.take_profit),
                event.signal_id,
                event.strategy,
                event.source or "",
                event.model_version or "",
                self.mode,
                stamp_of_ms(event.at_ms) if event.at_ms else stamp(at_ns),
            ),
        )

    def updated(self, event: PositionUpdated) -> None:
        """Keep what a trade holds and has earned so far."""
        opened = self._opened(event.position_id)
        if opened is None:
            return
        grew = event.change if event.change * event.quantity > ZERO else ZERO
        self.connection.execute(
            "UPDATE trades SET quantity = ?, open_quantity = ?, entry_price = ? WHERE trade_id = ?",
            (
                figure(opened + abs(grew)),
                figure(event.quantity),
                figure(event.entry_price),
                event.position_id,
            ),
        )
        self._earned(event.position_id, event.realised_pnl, event.fees, event.funding)

    def closed(self, event: PositionClosed, at_ns: int) -> None:
        """End a trade, with the part of each strategy."""
        trade_id = event.position_id
        self.connection.execute(
            "UPDATE trades SET status = 'closed', quantity = ?, open_quantity = '0',"
            " entry_price = ?, exit_price = ?, reason = ?, closed_at = ? WHERE trade_id = ?",
            (
                figure(abs(event.quantity)),
                figure(event.entry_price),
                figure(event.exit_price),
                event.reason.value,
                stamp_of_ms(event.closed_at_ms) if event.closed_at_ms else stamp(at_ns),
                trade_id,
            ),
        )
        self._earned(trade_id, event.realised_pnl, event.fees, event.funding)
        if self._opened(trade_id) is None:
            return
        self._pay(trade_id, event.other_fees)
        for result in event.results:
            self._result(
                trade_id, result.strategy, result.realised_pnl, result.fees, result.funding
            )

    def corrected(self, event: PositionCorrected) -> None:
        """Add money of a trade that came after its end."""
        trade_id, strategy = event.position_id, event.strategy
        row = self.connection.execute(
            "SELECT realised_pnl, commission, funding FROM trades WHERE trade_id = ?", (trade_id,)
        ).fetchone()
        if row is None:
            return
        self._earned(trade_id, *_added(row, event))
        self._pay(trade_id, event.other_fees)
        part = self.connection.execute(
            "SELECT realised_pnl, commission, funding FROM trade_results"
            " WHERE trade_id = ? AND strategy = ?",
            (trade_id, strategy),
        ).fetchone()
        self._result(trade_id, strategy, *_added(part or ("0", "0", "0"), event))

    def _opened(self, trade_id: str) -> Decimal | None:
        """Return how much a trade has opened so far, None of one that the store does not know."""
        row = self.connection.execute(
            "SELECT quantity FROM trades WHERE trade_id = ?", (trade_id,)
        ).fetchone()
        return None if row is None else Decimal(row[0])

    def _earned(self, trade_id: str, realised: Decimal, fees: Decimal, funding: Decimal) -> None:
        self.connection.execute(
            "UPDATE trades SET realised_pnl = ?, commission = ?, funding = ?, net_pnl = ?"
            " WHERE trade_id = ?",
            (
                figure(realised),
                figure(fees),
                figure(funding),
                figure(realised + funding - fees),
                trade_id,
            ),
        )

    def _result(
        self, trade_id: str, strategy: str, realised: Decimal, fees: Decimal, funding: Decimal
    ) -> None:
        self.connection.execute(
            "INSERT OR REPLACE INTO trade_results VALUES (?, ?, ?, ?, ?, ?)",
            (
                trade_id,
                strategy,
                figure(realised),
                figure(fees),
                figure(funding),
                figure(realised + funding - fees),
            ),
        )

    def _pay(self, trade_id: str, amounts: Iterable[tuple[str, Decimal]]) -> None:
        """Add commissions that were paid in other assets than the margin's."""
        for asset, amount in amounts:
            paid = self.connection.execute(
                "SELECT amount FROM trade_commissions WHERE trade_id = ? AND asset = ?",
                (trade_id, asset),
            ).fetchone()
            total = amount if paid is None else amount + Decimal(paid[0])
            self.connection.execute(
                "INSERT OR REPLACE INTO trade_commissions VALUES (?, ?, ?)",
                (trade_id, asset, figure(total)),
            )


def _added(row: tuple[str, str, str], event: PositionCorrected) -> tuple[Decimal, Decimal, Decimal]:
    realised, fees, funding = map(Decimal, row)
    return realised + event.realised_pnl, fees + event.fees, funding + event.funding
