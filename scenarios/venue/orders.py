"""Orders: the regular order store, with the open orders and the latest ended ones.

Owns orders by id, the open ones by client order id, by symbol and by reducing side, and the
resting ones by price, so that a market tick costs the same with one resting order or ten thousand.
A client order id is unique among open orders only, as at the venue. Ended orders are kept up to
`history_max`; older ones are forgotten, as the venue forgets them after a time, and only counted.
"""

from collections import deque
from decimal import Decimal

from attrs import define, field, frozen

from .price_index import PriceIndex

ZERO = Decimal(0)
OPEN_STATUSES = ("NEW", "PARTIALLY_FILLED")
PositionKey = tuple[str, str]
"""Symbol and position side."""


@frozen
class OrderRequest:
    """A regular order as its client wants it, parsed; `price` 0 for MARKET."""

    symbol: str
    side: str
    position_side: str
    type: str
    time_in_force: str
    quantity: Decimal
    price: Decimal
    reduce_only: bool
    client_order_id: str
    close_position: bool = False
    original_type: str = ""
    stop_price: Decimal = ZERO
    working_type: str = "CONTRACT_PRICE"
    algo_id: int = 0
    good_till_ms: int = 0
    is_forced: bool = False
    """The venue's own: a liquidation, deleveraging or settlement."""
    price_match: str = "NONE"
    """How the venue chooses the price; `price` is then 0 until it has."""
    self_trade_mode: str = "EXPIRE_MAKER"

    @property
    def is_buy(self) -> bool:
        """True for BUY."""
        return self.side == "BUY"

    @property
    def key(self) -> PositionKey:
        """The position that it speaks about."""
        return self.symbol, self.position_side


@define(eq=False)
class Order:
    """An accepted order; `request.quantity` is what was asked, `quantity` what stands now."""

    order_id: int
    request: OrderRequest
    quantity: Decimal
    price: Decimal
    created_ns: int
    created_ms: int
    updated_ms: int
    ends_ms: int
    """When it ends by itself if it rests until then, on the venue's clock."""
    status: str = "NEW"
    executed: Decimal = ZERO
    quote_executed: Decimal = ZERO
    priority: int = 0
    """Order of arrival at its price while it rests, else 0."""
    amendments: int = 0
    margin_rate: Decimal = ZERO
    """Margin held per open unit, in quote currency."""
    symbol: str = field(init=False)
    client_order_id: str = field(init=False)
    is_buy: bool = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.symbol = self.request.symbol
        self.client_order_id = self.request.client_order_id
        self.is_buy = self.request.is_buy

    @property
    def remaining(self) -> Decimal:
        """What is not yet executed."""
        return self.quantity - self.executed

    @property
    def is_open(self) -> bool:
        """True while it can still fill."""
        return self.status in OPEN_STATUSES

    @property
    def average_price(self) -> Decimal:
        """Mean fill price, 0 without fills."""
        return self.quote_executed / self.executed if self.executed else ZERO


def slack_of(history_max: int) -> int:
    """Return how many a history may hold beyond its bound, so that it is seldom made anew."""
    return 64 + history_max // 16


class _SymbolOrders:
    """What the store keeps per symbol."""

    def __init__(self) -> None:
        self.history: list[Order] = []
        self.forgotten = 0
        """Orders in the history that are only there until it is made anew."""
        self.open: dict[int, Order] = {}
        self.buys = PriceIndex[Order](highest_first=True)
        self.sells = PriceIndex[Order](highest_first=False)

    def resting(self, *, is_buy: bool) -> PriceIndex[Order]:
        """Return one direction's resting orders."""
        return self.buys if is_buy else self.sells


class OrderStore:
    """Accepted regular orders, open and past."""

    def __init__(self, symbols: tuple[str, ...], *, first_order_id: int, history_max: int) -> None:
        self.accepted = 0
        """How many clients sent and the venue took; what the venue makes itself is not counted."""
        self._next_id = first_order_id
        self._history_max = history_max
        self._ended: deque[Order] = deque()
        self._next_priority = 0
        self._by_id: dict[int, Order] = {}
        self._last_by_client_id: dict[str, Order] = {}
        self._open_by_client_id: dict[str, Order] = {}
        self._by_symbol = {symbol: _SymbolOrders() for symbol in symbols}
        self._reducing: dict[PositionKey, dict[int, Order]] = {}

    def next_id(self) -> int:
        """Return a fresh order id."""
        self._next_id += 1
        return self._next_id

    def skip_ids(self, last: int) -> None:
        """Give out no id up to this one: others have it."""
        self._next_id = max(self._next_id, last)

    def add(self, order: Order) -> None:
        """Keep a new order; its client id must be free among the open ones."""
        assert order.client_order_id not in self._open_by_client_id, "client id is in use"
        self.accepted += not (order.request.algo_id or order.request.is_forced)
        self._by_id[order.order_id] = order
        self._open_by_client_id[order.client_order_id] = order
        self._last_by_client_id[order.client_order_id] = order
        entry = self._by_symbol[order.symbol]
        entry.history.append(order)
        entry.open[order.order_id] = order
        if order.request.reduce_only:
            self._reducing.setdefault(order.request.key, {})[order.order_id] = order

    def rest(self, order: Order) -> None:
        """Put an open order in line at its price."""
        self._next_priority += 1
        order.priority = self._next_priority
        self.resting(order.symbol, is_buy=order.is_buy).add(order.price, order.priority, order)

    def leave_line(self, order: Order) -> None:
        """Take an order out of its line, if it rests; it stays open."""
        if order.priority:
            line = self.resting(order.symbol, is_buy=order.is_buy)
            line.remove(order.price, order.priority)
            order.priority = 0

    def close(self, order: Order) -> None:
        """Take a finished order from the open ones."""
        assert not order.is_open, "only a finished order leaves the open ones"
        entry = self._by_symbol[order.symbol]
        del entry.open[order.order_id]
        del self._open_by_client_id[order.client_order_id]
        if order.request.reduce_only:
            del self._reducing[order.request.key][order.order_id]
        self.leave_line(order)
        self._ended.append(order)
        if len(self._ended) > self._history_max:
            self._forget(self._ended.popleft())

    def _forget(self, order: Order) -> None:
        del self._by_id[order.order_id]
        if self._last_by_client_id.get(order.client_order_id) is order:
            del self._last_by_client_id[order.client_order_id]
        entry = self._by_symbol[order.symbol]
        entry.forgotten += 1
        if entry.forgotten > slack_of(self._history_max):
            entry.history = [kept for kept in entry.history if kept.order_id in self._by_id]
            entry.forgotten = 0

    def resting(self, symbol: str, *, is_buy: bool) -> PriceIndex[Order]:
        """Return the line of one symbol and direction."""
        return self._by_symbol[symbol].resting(is_buy=is_buy)

    def open_with(self, client_order_id: str) -> Order | None:
        """Return the open order of that client id."""
        return self._open_by_client_id.get(client_order_id)

    def find(self, symbol: str, *, order_id: int | None, client_order_id: str) -> Order | None:
        """Return an order of the symbol; the order id wins, then the newest of the client id."""
        if order_id is not None:
            order = self._by_id.get(order_id)
        else:
            order = self._last_by_client_id.get(client_order_id)
        return order if order is not None and order.symbol == symbol else None

    def open_of(self, symbol: str) -> tuple[Order, ...]:
        """Return the open orders of a symbol, oldest first."""
        return tuple(self._by_symbol[symbol].open.values())

    def open_count(self, symbol: str) -> int:
        """Return how many orders of a symbol are open."""
        return len(self._by_symbol[symbol].open)

    def history_of(self, symbol: str) -> list[Order]:
        """Return the orders of a symbol, oldest first; not to be changed."""
        return self._by_symbol[symbol].history

    def reducing_of(self, key: PositionKey) -> tuple[Order, ...]:
        """Return the open orders that may only reduce this position, oldest first."""
        found = self._reducing.get(key)
        return tuple(found.values()) if found else ()

    def all(self) -> tuple[Order, ...]:
        """Return every order that is kept, oldest first."""
        return tuple(self._by_id.values())
