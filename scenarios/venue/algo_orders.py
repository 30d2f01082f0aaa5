"""AlgoOrders: the venue's store of conditional orders, apart from the regular ones.

Owns conditional orders by id and client id, and the open ones by symbol. A client algo id is
unique among open conditionals only. Open ones and history are bounded by the venue's settings.
"""

from collections import deque
from decimal import Decimal

from attrs import define, frozen

from .orders import Order, PositionKey, slack_of

WAITING, FIRING = "NEW", "TRIGGERING"
ZERO = Decimal(0)
TRAILING = "TRAILING_STOP_MARKET"
LIMIT_TYPES = ("STOP", "TAKE_PROFIT")
"""Types whose child is a LIMIT order."""


@frozen
class AlgoRequest:
    """A conditional order as its client wants it, parsed; `quantity` 0 with close_position."""

    symbol: str
    side: str
    position_side: str
    type: str
    time_in_force: str
    quantity: Decimal
    trigger_price: Decimal
    working_type: str
    reduce_only: bool
    close_position: bool
    price_protect: bool
    client_algo_id: str
    price: Decimal = ZERO
    """Limit price of the child; 0 for a market child, or with a price match."""
    activate_price: Decimal = ZERO
    """Where a trailing stop begins to follow; 0 for at once."""
    callback_rate: Decimal = ZERO
    """How far a trailing stop lets the price come back, in percent."""
    price_match: str = "NONE"
    self_trade_mode: str = "EXPIRE_MAKER"
    good_till_ms: int = 0

    @property
    def key(self) -> PositionKey:
        """The position that it speaks about."""
        return self.symbol, self.position_side

    @property
    def is_stop(self) -> bool:
        """True for a stop, False for a take profit or a trailing stop."""
        return self.type.startswith("STOP")

    @property
    def is_trailing(self) -> bool:
        """True for a stop that follows the price."""
        return self.type == TRAILING

    @property
    def is_limit(self) -> bool:
        """True when its child is a LIMIT order."""
        return self.type in LIMIT_TYPES

    @property
    def waits_for(self) -> Decimal:
        """The price that it waits for: its trigger, or a trailing stop's activation."""
        return self.activate_price if self.is_trailing else self.trigger_price

    @property
    def is_rising(self) -> bool:
        """True when it waits for a price at or above its own, False for one at or below."""
        return (self.side == "BUY") == self.is_stop


@define(eq=False)
class AlgoOrder:
    """A conditional order in its life NEW, TRIGGERING, TRIGGERED, FINISHED (or an early end)."""

    algo_id: int
    request: AlgoRequest
    created_ns: int
    created_ms: int
    updated_ms: int
    status: str = WAITING
    triggered_ms: int = 0
    reason: str = ""
    """Why it was rejected at its trigger."""
    child: Order | None = None
    is_activated: bool = False
    """A trailing stop that follows the price."""
    best_price: Decimal = ZERO
    """The highest (SELL) or lowest (BUY) price since a trailing stop became active."""

    @property
    def is_open(self) -> bool:
        """True until it fires or ends: the only time when it can be listed or cancelled."""
        return self.status == WAITING


class AlgoStore:
    """Accepted conditional orders, open and past; past ones up to `history_max`."""

    def __init__(self, symbols: tuple[str, ...], *, first_algo_id: int, history_max: int) -> None:
        self.accepted = 0
        self._next_id = first_algo_id
        self._history_max = history_max
        self._past: deque[AlgoOrder] = deque()
        self._forgotten = dict.fromkeys(symbols, 0)
        self._by_id: dict[int, AlgoOrder] = {}
        self._last_by_client_id: dict[str, AlgoOrder] = {}
        self._open_by_client_id: dict[str, AlgoOrder] = {}
        self._history: dict[str, list[AlgoOrder]] = {symbol: [] for symbol in symbols}
        self._open: dict[str, dict[int, AlgoOrder]] = {symbol: {} for symbol in symbols}

    def next_id(self) -> int:
        """Return a fresh algo id."""
        self._next_id += 1
        return self._next_id

    def skip_ids(self, last: int) -> None:
        """Give out no id up to this one: others have it."""
        self._next_id = max(self._next_id, last)

    def add(self, algo: AlgoOrder) -> None:
        """Keep a new conditional."""
        request = algo.request
        self.accepted += 1
        assert request.client_algo_id not in self._open_by_client_id, "client algo id is in use"
        self._by_id[algo.algo_id] = algo
        self._last_by_client_id[request.client_algo_id] = algo
        self._open_by_client_id[request.client_algo_id] = algo
        self._history[request.symbol].append(algo)
        self._open[request.symbol][algo.algo_id] = algo

    def leave(self, algo: AlgoOrder) -> None:
        """Take a conditional that is open no more from the open ones."""
        assert not algo.is_open, "only a conditional that left NEW leaves the open ones"
        request = algo.request
        del self._open_by_client_id[request.client_algo_id]
        del self._open[request.symbol][algo.algo_id]
        self._past.append(algo)
        if len(self._past) > self._history_max:
            self._forget(self._past.popleft())

    def _forget(self, algo: AlgoOrder) -> None:
        request = algo.request
        del self._by_id[algo.algo_id]
        if self._last_by_client_id.get(request.client_algo_id) is algo:
            del self._last_by_client_id[request.client_algo_id]
        history = self._history[request.symbol]
        self._forgotten[request.symbol] += 1
        if self._forgotten[request.symbol] > slack_of(self._history_max):
            self._history[request.symbol] = [one for one in history if one.algo_id in self._by_id]
            self._forgotten[request.symbol] = 0

    def open_with(self, client_algo_id: str) -> AlgoOrder | None:
        """Return the open conditional of that client id."""
        return self._open_by_client_id.get(client_algo_id)

    def find(self, *, algo_id: int | None, client_algo_id: str) -> AlgoOrder | None:
        """Return a conditional; the algo id wins, then the newest of the client id."""
        if algo_id is not None:
            return self._by_id.get(algo_id)
        return self._last_by_client_id.get(client_algo_id)

    def open_of(self, symbol: str) -> tuple[AlgoOrder, ...]:
        """Return the open conditionals of a symbol, oldest first."""
        return tuple(self._open[symbol].values())

    def open_count(self) -> int:
        """Return how many conditionals are open over all symbols."""
        return len(self._open_by_client_id)

    def history_of(self, symbol: str) -> list[AlgoOrder]:
        """Return the conditionals of a symbol, oldest first; not to be changed."""
        return self._history[symbol]

    def all(self) -> tuple[AlgoOrder, ...]:
        """Return every conditional that is kept, oldest first."""
        return tuple(self._by_id.values())
