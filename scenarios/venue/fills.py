"""Fills: one execution, as the venue's books keep it.

Owns the record and the list per symbol. The list grows with the run; ids rise by one per fill.
"""

from decimal import Decimal

from attrs import frozen


@frozen
class Fill:
    """One trade of ours; money in quote currency, `realized` before the fee."""

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


class FillStore:
    """Every fill, by symbol."""

    def __init__(self, symbols: tuple[str, ...]) -> None:
        self._by_symbol: dict[str, list[Fill]] = {symbol: [] for symbol in symbols}
        self._next_id = 1_000_000

    def next_id(self) -> int:
        """Return a fresh trade id."""
        self._next_id += 1
        return self._next_id

    def add(self, fill: Fill) -> None:
        """Keep a fill."""
        self._by_symbol[fill.symbol].append(fill)

    def of(self, symbol: str) -> list[Fill]:
        """Return a symbol's fills, oldest first; not to be changed."""
        return self._by_symbol[symbol]

    def all(self) -> tuple[Fill, ...]:
        """Return every fill in the order of trade ids."""
        fills = [fill for several in self._by_symbol.values() for fill in several]
        return tuple(sorted(fills, key=lambda fill: fill.trade_id))
