"""Income: what moved the wallet, row by row, as the venue's statement lists it.

Owns the rows that no fill made (funding, clearances, transfers). Profit and commission are read
from the fills when somebody asks, so that a fill costs nothing here. Bounded by `history_max`.
"""

from collections import deque
from decimal import Decimal

from attrs import frozen

from .fills import QUOTE_ASSET, FillStore
from .moment import Moment

FUNDING_FEE, INSURANCE_CLEAR, TRANSFER = "FUNDING_FEE", "INSURANCE_CLEAR", "TRANSFER"
REALIZED_PNL, COMMISSION = "REALIZED_PNL", "COMMISSION"
FIRST_TRANSACTION = 9_000_000_000


@frozen
class Income:
    """One change of a balance; negative when it was paid."""

    kind: str
    amount: Decimal
    at_ms: int
    transaction_id: int
    symbol: str = ""
    asset: str = QUOTE_ASSET
    trade_id: int | None = None


class IncomeStore:
    """The rows of one account."""

    def __init__(self, moment: Moment, fills: FillStore, *, history_max: int) -> None:
        self.totals: dict[str, Decimal] = {}
        """What each kind came to in all, kept or forgotten; fills are not among them."""
        self._moment = moment
        self._fills = fills
        self._rows: deque[Income] = deque(maxlen=history_max)
        self._next_id = FIRST_TRANSACTION

    def add(self, kind: str, amount: Decimal, *, symbol: str = "") -> None:
        """Keep a change that no fill made."""
        self._next_id += 1
        self.totals[kind] = self.totals.get(kind, Decimal(0)) + amount
        self._rows.append(Income(kind, amount, self._moment.ms, self._next_id, symbol))

    def all(self) -> list[Income]:
        """Return every row that is kept, oldest first."""
        rows = [*self._rows, *self._of_fills()]
        return sorted(rows, key=lambda row: (row.at_ms, row.transaction_id))

    def _of_fills(self) -> list[Income]:
        rows: list[Income] = []
        for fill in self._fills.all():
            at_ms, trade_id, symbol = fill.at_ms, fill.trade_id, fill.symbol
            if fill.realized:
                rows.append(
                    Income(REALIZED_PNL, fill.realized, at_ms, trade_id, symbol, trade_id=trade_id)
                )
            if fill.fee:
                rows.append(
                    Income(COMMISSION, -fill.fee, at_ms, trade_id, symbol, fill.fee_asset, trade_id)
                )
        return rows
