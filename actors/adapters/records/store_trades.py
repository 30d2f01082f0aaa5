"""Store trades: the rows of trades and their commissions, from the facts of PositionMonitor.

What a fill does to a trade is in `trade_book.py`; here a trade is read from its row and put back.
Of a life whose beginning the store does not know, only what it has seen is counted.
"""

import sqlite3
from decimal import Decimal

from attrs import frozen

from ....messages.orders import FillBooked
from ....messages.values import PositionSide
from ...policies.ledger import Position
from ...position_facts import ClosingSet, FillApplied, FillCorrected, VenueAdopted, VenueDiffered
from .stamps import figure, stamp
from .store_fills import FillRows
from .trade_book import Trade, as_shown, average, turned_over, with_fill, with_full_word

ZERO = Decimal(0)
COLUMNS = (
    "trade_id, symbol, position_side, open_quantity, open_cost, realised_pnl, commission,"
    " quantity, entry_cost, exit_quantity, exit_cost, funding, reason"
)


@frozen
class TradeRows:
    """Writes the rows of one run's trades."""

    connection: sqlite3.Connection
    mode: str
    margin_asset: str
    fills: FillRows

    def applied(self, fact: FillApplied) -> None:
        """Book a fill into the trade of its position; the first one opens it."""
        fill, evidence = fact.fill, fact.fill.trade
        trade = self._open(evidence.symbol, evidence.position_side)
        if trade is None:
            trade = self._next(Position(evidence.symbol, evidence.position_side))
        booked, turned = with_fill(trade, fill, fact.at_ns)
        self._keep(booked, fill, fact.at_ns)
        profit = booked.position.realised_pnl - trade.position.realised_pnl
        self._pay(trade.trade_id, evidence.fee)
        self.fills.traded(fill, trade.trade_id, profit)
        if turned is not None:
            opened = turned_over(self._next(turned).trade_id, turned, evidence.price)
            self._keep(opened, fill, fact.at_ns)

    def corrected(self, fact: FillCorrected) -> None:
        """Book the fee and the profit of a fill that was booked without them."""
        bare = self.fills.bare(fact.trade)
        if bare is None:
            return
        trade = self._read("trade_id = ?", bare.trade_id)
        assert trade is not None, bare
        self.fills.settle(bare.fill_id, fact.trade)
        self._pay(trade.trade_id, fact.trade.fee)
        self._save(with_full_word(trade, fact.trade, bare.booked))

    def differed(self, fact: VenueDiffered) -> None:
        """Remember what the venue shows of a position where it differs from ours."""
        self.connection.execute("DELETE FROM venue_positions WHERE position = ?", (fact.key,))
        if fact.view is not None:
            self.connection.execute(
                "INSERT INTO venue_positions VALUES (?, ?, ?)",
                (fact.key, figure(fact.view.quantity), figure(fact.view.entry_price)),
            )

    def adopted(self, fact: VenueAdopted) -> None:
        """Let the trade be as the venue last showed its position."""
        row = self.connection.execute(
            "SELECT quantity, entry_price FROM venue_positions WHERE position = ?", (fact.key,)
        ).fetchone()
        trade = self._open(*_position_of(fact.key))
        if row is None or trade is None:
            return
        shown = as_shown(trade, Decimal(row[0]), Decimal(row[1]), fact.at_ns)
        self.differed(VenueDiffered(fact.key, None))
        self._save(shown)
        self._close(shown, fact.at_ns)

    def closing(self, fact: ClosingSet) -> None:
        """Remember why a position is being closed."""
        if fact.reason:
            self.connection.execute(
                "UPDATE trades SET reason = ? WHERE symbol = ? AND position_side = ?"
                " AND status = 'open'",
                (fact.reason, *_position_of(fact.key)),
            )

    def _next(self, position: Position) -> Trade:
        found = self.connection.execute("SELECT count(*) + 1 FROM trades").fetchone()
        return Trade(int(found[0]), position)

    def _open(self, symbol: str, position_side: PositionSide) -> Trade | None:
        return self._read(
            "symbol = ? AND position_side = ? AND status = 'open'", symbol, position_side.value
        )

    def _read(self, condition: str, *values: object) -> Trade | None:
        row = self.connection.execute(
            f"SELECT {COLUMNS} FROM trades WHERE {condition}",  # noqa: S608 - our own words
            values,
        ).fetchone()
        if row is None:
            return None
        open_quantity, open_cost, realised_pnl, fees = map(Decimal, row[3:7])
        quantity, entry_cost, exit_quantity, exit_cost, funding = map(Decimal, row[7:12])
        position = Position(
            row[1],
            PositionSide(row[2]),
            quantity=open_quantity,
            cost=open_cost,
            realised_pnl=realised_pnl,
            fees=fees,
        )
        return Trade(
            row[0],
            position,
            quantity=quantity,
            entry_cost=entry_cost,
            exit_quantity=exit_quantity,
            exit_cost=exit_cost,
            funding=funding,
            reason=row[12],
        )

    def _keep(self, trade: Trade, fill: FillBooked, at_ns: int) -> None:
        """Save a trade after a fill, which may be its first and its last."""
        position = trade.position
        self.connection.execute(
            "INSERT OR IGNORE INTO trades (trade_id, symbol, position_side, direction, signal_id,"
            " strategy, source, model_version, mode, opened_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                trade.trade_id,
                position.symbol,
                position.position_side.value,
                "LONG" if position.quantity > ZERO else "SHORT",
                fill.signal_id,
                fill.strategy,
                fill.source,
                fill.model_version,
                self.mode,
                stamp(at_ns),
            ),
        )
        self._save(trade)
        self._close(trade, at_ns)

    def _save(self, trade: Trade) -> None:
        position = trade.position
        self.connection.execute(
            "UPDATE trades SET open_quantity = ?, open_cost = ?, realised_pnl = ?, commission = ?,"
            " quantity = ?, entry_cost = ?, exit_quantity = ?, exit_cost = ?, funding = ?,"
            " reason = ?, entry_price = ?, exit_price = ?, net_pnl = ? WHERE trade_id = ?",
            (
                figure(position.quantity),
                figure(position.cost),
                figure(position.realised_pnl),
                figure(position.fees),
                figure(trade.quantity),
                figure(trade.entry_cost),
                figure(trade.exit_quantity),
                figure(trade.exit_cost),
                figure(trade.funding),
                trade.reason,
                figure(average(trade.entry_cost, trade.quantity)),
                figure(average(trade.exit_cost, trade.exit_quantity)),
                figure(trade.net_pnl),
                trade.trade_id,
            ),
        )

    def _close(self, trade: Trade, at_ns: int) -> None:
        if not trade.is_open:
            self.connection.execute(
                "UPDATE trades SET status = 'closed', closed_at = ? WHERE trade_id = ?",
                (stamp(at_ns), trade.trade_id),
            )

    def _pay(self, trade_id: int, fee: Decimal) -> None:
        """Add a commission to a trade's, by asset."""
        paid = self.connection.execute(
            "SELECT amount FROM trade_commissions WHERE trade_id = ? AND asset = ?",
            (trade_id, self.margin_asset),
        ).fetchone()
        amount = fee if paid is None else fee + Decimal(paid[0])
        self.connection.execute(
            "INSERT OR REPLACE INTO trade_commissions VALUES (?, ?, ?)",
            (trade_id, self.margin_asset, figure(amount)),
        )


def _position_of(key: str) -> tuple[str, PositionSide]:
    symbol, _, side = key.partition("/")
    return symbol, PositionSide(side)
