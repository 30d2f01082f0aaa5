"""QueuePlaces: how much of the market's quantity stands ahead of each resting order.

An order joins behind what its price shows, or, where that is unknown, behind whatever it shows
first. Prints at the price consume the queue from its front. A displayed decrease that no print
explains is a cancellation; a set share of it is taken from the front, the rest from behind, and
nobody has more ahead than is displayed. Places are kept as marks on the quantity that has ever left
the front, so that a print moves all of them at once, and only orders whose turn comes are touched.
(The model is that of Rigtorp and of hftbacktest.) Its size is that of the resting orders.
"""

from bisect import bisect_left
from collections import OrderedDict
from decimal import Decimal

from .book import Book
from .market import Depth
from .orders import Order
from .price_index import PriceIndex

ZERO, UNKNOWN = Decimal(0), Decimal("Infinity")
Levels = dict[Decimal, "QueueLevel"]


class QueueLevel:
    """The market's queue at one price, and the places of own orders in it, oldest first."""

    def __init__(self, shown: Decimal | None, *, cancels_ahead: Decimal) -> None:
        self._shown = shown
        self._cancels_ahead = cancels_ahead
        self._gone = ZERO
        """Market quantity that has left the front."""
        self._printed = ZERO
        """What was printed here since the market last showed its quantity."""
        self._places: OrderedDict[int, tuple[Decimal, int]] = OrderedDict()
        # A cap moves everyone forward who joined before it: numbered, and higher the newer.
        self._caps: list[tuple[int, Decimal]] = []
        self._next_cap = 0

    def __len__(self) -> int:
        return len(self._places)

    def join(self, number: int) -> None:
        """Take a place behind all that is displayed."""
        place = UNKNOWN if self._shown is None else self._gone + self._shown
        self._places[number] = (place, self._next_cap)

    def leave(self, number: int) -> None:
        """Give a place up; those behind it are no nearer to the market's front."""
        del self._places[number]
        if self._places:
            _, oldest = next(iter(self._places.values()))
            del self._caps[: bisect_left(self._caps, (oldest,))]

    def ahead_of(self, number: int) -> Decimal:
        """Return the market quantity that trades before this place does."""
        return max(ZERO, self._place(number) - self._gone)

    def consume(self, quantity: Decimal) -> None:
        """Let a quantity leave the front."""
        self._gone += quantity

    def print(self, quantity: Decimal) -> None:
        """Note a print, which explains as much of the next decrease."""
        self._printed += quantity

    def show(self, quantity: Decimal) -> None:
        """Take what the market now displays here."""
        if self._shown is not None:
            cancelled = self._shown - quantity - self._printed
            if cancelled > 0:
                self._gone += cancelled * self._cancels_ahead
        self._shown, self._printed = quantity, ZERO
        self._cap(self._gone + quantity)

    def _cap(self, place: Decimal) -> None:
        if place >= self._place(next(reversed(self._places))):
            return
        while self._caps and self._caps[-1][1] >= place:
            self._caps.pop()
        self._caps.append((self._next_cap, place))
        self._next_cap += 1

    def _place(self, number: int) -> Decimal:
        place, joined = self._places[number]
        nearest = bisect_left(self._caps, (joined,))
        return min(place, self._caps[nearest][1]) if nearest < len(self._caps) else place


class QueuePlaces:
    """The queues of all symbols; `cancels_ahead` is a share, 0 to 1."""

    def __init__(self, symbols: tuple[str, ...], *, cancels_ahead: Decimal) -> None:
        assert 0 <= cancels_ahead <= 1, "a share of what is cancelled"
        self._cancels_ahead = cancels_ahead
        self._levels: dict[tuple[str, bool], Levels] = {
            (symbol, is_buy): {} for symbol in symbols for is_buy in (True, False)
        }

    def join(self, order: Order, book: Book) -> None:
        """Give an order that begins to rest its place."""
        levels = self._levels[order.symbol, order.is_buy]
        level = levels.get(order.price)
        if level is None:
            shown = book.shown_at(order.price, is_buy=order.is_buy)
            level = levels[order.price] = QueueLevel(shown, cancels_ahead=self._cancels_ahead)
        level.join(order.order_id)

    def leave(self, order: Order) -> None:
        """Give up the place of an order that rests no more."""
        levels = self._levels[order.symbol, order.is_buy]
        level = levels[order.price]
        level.leave(order.order_id)
        if not level:
            del levels[order.price]

    def ahead_of(self, order: Order) -> Decimal:
        """Return the market quantity ahead of a resting order, infinite while unknown."""
        return self._levels[order.symbol, order.is_buy][order.price].ahead_of(order.order_id)

    def consume(self, symbol: str, price: Decimal, quantity: Decimal, *, is_buy: bool) -> None:
        """Let market quantity leave the front of one side's queue, if anyone waits there."""
        level = self._levels[symbol, is_buy].get(price)
        if level is not None:
            level.consume(quantity)

    def print(self, symbol: str, price: Decimal, quantity: Decimal, *, is_buy: bool) -> None:
        """Note a print that met one side at a price."""
        level = self._levels[symbol, is_buy].get(price)
        if level is not None:
            level.print(quantity)

    def on_touch(self, book: Book, line: PriceIndex[Order], *, is_buy: bool) -> None:
        """Take what a new best price shows of one side: its quantity, and nothing before it."""
        levels = self._levels[book.symbol, is_buy]
        touch, quantity = (book.bid, book.bid_quantity) if is_buy else (book.ask, book.ask_quantity)
        if levels and touch:
            for price in line.prices(touch):
                levels[price].show(quantity if price == touch else ZERO)

    def on_depth(self, book: Book, depth: Depth) -> None:
        """Take what changed levels show; a quoted best price is told by its quote."""
        for is_buy, changed in ((True, depth.bids), (False, depth.asks)):
            levels = self._levels[book.symbol, is_buy]
            if not levels:
                continue
            prices = levels if depth.is_snapshot else [price for price, _ in changed]
            for price in prices:
                level, shown = levels.get(price), book.shown_at(price, is_buy=is_buy)
                if level is not None and shown is not None and not book.is_touch(price):
                    level.show(shown)
