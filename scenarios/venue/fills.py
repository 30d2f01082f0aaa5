"""Fills: one execution, as the venue's books keep it.

Owns the record and the list per symbol, which is bounded; ids rise by one per fill.
"""

from decimal import Decimal

from attrs import frozen

from .orders import ZERO, slack_of

QUOTE_ASSET = "USDT"


@frozen
class Fill:
    """One trade of ours; money in quote currency but for the fee, `realized` before the fee."""

    trade_id: int
    order_id: int
    client_order_id: str
    symbol: str
    side: str
    position_side: str
    price: Decimal
    quantity: Decimal
    fee: Decimal
    realized: Decimal
    is_maker: bool
    at_ns: int
    at_ms: int
    fee_asset: str = QUOTE_ASSET

    @property
    def quote_fee(self) -> Decimal:
        """What the fee took from the wallet; 0 when another asset paid it."""
        return self.fee if self.fee_asset == QUOTE_ASSET else ZERO


class FillStore:
    """Fills by symbol; the latest `history_max` of each, or some more."""

    def __init__(self, symbols: tuple[str, ...], *, history_max: int) -> None:
        self.made = 0
        """How many there were in all."""
        self._history_max = history_max
        self._by_symbol: dict[str, list[Fill]] = {symbol: [] for symbol in symbols}
        self._next_id = 1_000_000

    def next_id(self) -> int:
        """Return a fresh trade id."""
        self._next_id += 1
        return self._next_id

    def skip_ids(self, last: int) -> None:
        """Give out no id up to this one: others have it."""
        self._next_id = max(self._next_id, last)

    def add(self, fill: Fill) -> None:
        """Keep a fill."""
        self.made += 1
        kept = self._by_symbol[fill.symbol]
        kept.append(fill)
        if len(kept) > self._history_max + slack_of(self._history_max):
            del kept[: -self._history_max]

    def of(self, symbol: str) -> list[Fill]:
        """Return a symbol's fills, oldest first; not to be changed."""
        return self._by_symbol[symbol]

    def all(self) -> tuple[Fill, ...]:
        """Return every fill that is kept, in the order of trade ids."""
        fills = [fill for several in self._by_symbol.values() for fill in several]
        return tuple(sorted(fills, key=lambda fill: fill.trade_id))
