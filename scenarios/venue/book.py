"""Book: the depth of one symbol, and what our orders already took of it.

Owns best bid and ask, the levels behind them (an L2 book, or an even shape when the source knows
none), last trade and mark price. What we took stays taken until the market restates that price,
so two orders never fill on the same displayed quantity. Levels better than a fresher best quote
are stale and skipped. Its size is that of the source's book.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice

from .market import Depth, DepthShape, Level, Mark, MarketEvent, Quote, Trade

ZERO = Decimal(0)


class _Levels:
    """One side of an L2 book: prices sorted upwards, quantities by price."""

    def __init__(self) -> None:
        self.prices: list[Decimal] = []
        self.quantities: dict[Decimal, Decimal] = {}

    def change(self, levels: tuple[Level, ...]) -> None:
        quantities, prices = self.quantities, self.prices
        for price, quantity in levels:
            if quantity:
                if price not in quantities:
                    insort(prices, price)
                quantities[price] = quantity
            elif quantities.pop(price, None) is not None:
                del prices[bisect_left(prices, price)]

    def replace(self, levels: tuple[Level, ...]) -> None:
        self.quantities = {price: quantity for price, quantity in levels if quantity}
        self.prices = sorted(self.quantities)


class Book:
    """What the market shows for one symbol; prices are 0 while unknown."""

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.bid: Decimal = ZERO
        self.bid_quantity: Decimal = ZERO
        self.ask: Decimal = ZERO
        self.ask_quantity: Decimal = ZERO
        self.last: Decimal = ZERO
        self.mark: Decimal = ZERO
        self._shape: DepthShape | None = None
        self._bids, self._asks = _Levels(), _Levels()
        self._taken_bids: dict[Decimal, Decimal] = {}
        self._taken_asks: dict[Decimal, Decimal] = {}
        self._is_quoted = False
        self.updates = 0
        """How often the market has told something of it."""

    @property
    def quoted_by_depth(self) -> bool:
        """True while the levels alone say what is best, for want of quotes."""
        return not self._is_quoted and bool(self.bid and self.ask)

    @property
    def mid(self) -> Decimal:
        """Half way between bid and ask, or 0 without both."""
        return (self.bid + self.ask) / 2 if self.bid and self.ask else ZERO

    @property
    def mark_price(self) -> Decimal:
        """The mark price, or the middle until the source tells one."""
        return self.mark or self.mid

    @property
    def contract_price(self) -> Decimal:
        """The last trade's price, or the middle until there was a trade."""
        return self.last or self.mid

    def touch(self, *, is_buy: bool) -> Decimal:
        """Return the best price that an order of this direction would meet, 0 when none."""
        return self.ask if is_buy else self.bid

    def is_touch(self, price: Decimal) -> bool:
        """Return True for a best price that quotes tell."""
        return self._is_quoted and price in (self.bid, self.ask)

    def shown_at(self, price: Decimal, *, is_buy: bool) -> Decimal | None:
        """Return what one side displays at a price, None where the source does not tell."""
        touch, quantity = (self.bid, self.bid_quantity) if is_buy else (self.ask, self.ask_quantity)
        if not touch:
            return None
        if price == touch:
            return quantity
        if price > touch if is_buy else price < touch:
            return ZERO
        if self._shape is not None:
            return _shown_by(self._shape, abs(price - touch))
        levels = self._bids if is_buy else self._asks
        if price in levels.quantities:
            return levels.quantities[price]
        is_known = levels.prices and (
            price > levels.prices[0] if is_buy else price < levels.prices[-1]
        )
        return ZERO if is_known else None

    def level_price(self, nth: int, *, is_buy: bool) -> Decimal | None:
        """Return the n-th best price that an order of this direction would meet, from 1."""
        level = next(islice(self.levels(is_buy=is_buy), nth - 1, None), None)
        return level[0] if level is not None else None

    def best(self, at_ns: int) -> Quote:
        """Return the best bid and ask as a quote of a moment."""
        return Quote(
            self.symbol,
            at_ns,
            self.bid,
            self.bid_quantity,
            self.ask,
            self.ask_quantity,
            self._shape,
        )

    def restated(self, at_ns: int) -> tuple[MarketEvent, ...]:
        """Return events that make an empty book show what this one shows."""
        bids, asks = (tuple(side.quantities.items()) for side in (self._bids, self._asks))
        events: list[MarketEvent] = [Depth(self.symbol, at_ns, bids, asks, is_snapshot=True)]
        if self._is_quoted:
            events.append(self.best(at_ns))
        if self.last:
            events.append(Trade(self.symbol, at_ns, self.last, ZERO, is_buyer_maker=False))
        if self.mark:
            events.append(Mark(self.symbol, at_ns, self.mark))
        return tuple(events)

    def quote(self, quote: Quote) -> None:
        """Take a new best bid and ask."""
        self.updates += 1
        if self._taken_bids and (quote.bid != self.bid or quote.bid_quantity != self.bid_quantity):
            self._taken_bids.clear()
        if self._taken_asks and (quote.ask != self.ask or quote.ask_quantity != self.ask_quantity):
            self._taken_asks.clear()
        self.bid, self.bid_quantity = quote.bid, quote.bid_quantity
        self.ask, self.ask_quantity = quote.ask, quote.ask_quantity
        self._shape = quote.shape
        self._is_quoted = True

    def depth(self, depth: Depth) -> None:
        """Take changed levels, or a whole book."""
        self.updates += 1
        if depth.is_snapshot:
            self._bids.replace(depth.bids)
            self._asks.replace(depth.asks)
        else:
            self._bids.change(depth.bids)
            self._asks.change(depth.asks)
        _forget(self._taken_bids, depth.bids)
        _forget(self._taken_asks, depth.asks)
        if not self._is_quoted:
            self._quote_from_levels()

    def _quote_from_levels(self) -> None:
        bids, asks = self._bids, self._asks
        self.bid = bids.prices[-1] if bids.prices else ZERO
        self.ask = asks.prices[0] if asks.prices else ZERO
        self.bid_quantity = bids.quantities.get(self.bid, ZERO)
        self.ask_quantity = asks.quantities.get(self.ask, ZERO)

    def walk(self, *, is_buy: bool) -> Iterator[Level]:
        """Yield what an order of this direction can take, best price first."""
        taken = self._taken_asks if is_buy else self._taken_bids
        for price, quantity in self.levels(is_buy=is_buy):
            left = quantity - taken[price] if price in taken else quantity
            if left > 0:
                yield price, left

    def take(self, price: Decimal, quantity: Decimal, *, is_buy: bool) -> None:
        """Remember that an order of this direction took `quantity` at `price`."""
        taken = self._taken_asks if is_buy else self._taken_bids
        taken[price] = taken.get(price, ZERO) + quantity

    def levels(self, *, is_buy: bool) -> Iterator[Level]:
        """Yield what the market shows to an order of this direction, best price first."""
        touch, quantity = (self.ask, self.ask_quantity) if is_buy else (self.bid, self.bid_quantity)
        if touch and quantity:
            yield touch, quantity
        if self._shape is not None:
            yield from _shaped(self._shape, touch, is_buy=is_buy)
            return
        levels = self._asks if is_buy else self._bids
        for price in levels.prices if is_buy else reversed(levels.prices):
            if price > touch if is_buy else price < touch:
                yield price, levels.quantities[price]


def _shown_by(shape: DepthShape, distance: Decimal) -> Decimal | None:
    levels, rest = divmod(distance, shape.spacing)
    if levels > shape.levels - 1:
        return None
    return ZERO if rest else shape.quantity


def _shaped(shape: DepthShape, touch: Decimal, *, is_buy: bool) -> Iterator[Level]:
    spacing = shape.spacing if is_buy else -shape.spacing
    price = touch
    for _ in range(shape.levels - 1):
        price += spacing
        if price <= 0:
            return
        yield price, shape.quantity


def _forget(taken: dict[Decimal, Decimal], levels: tuple[Level, ...]) -> None:
    if taken:
        for price, _ in levels:
            taken.pop(price, None)
