"""AlgoOrders: the venue's store of conditional orders, apart from the regular ones.

Owns conditional orders by id and client id, the open ones by symbol, and the waiting ones by
trigger price and direction, so a price tick looks at the nearest trigger only. A client algo id is
unique among open conditionals only. Open ones and history are bounded by the venue's settings.
"""

from collections import deque
from decimal import Decimal

from attrs import define, field, frozen

from .orders import Order, PositionKey, slack_of
from .price_index import PriceIndex

WAITING = "NEW"


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

    @property
    def key(self) -> PositionKey:
        """The position that it speaks about."""
        return self.symbol, self.position_side

    @property
    def is_stop(self) -> bool:
        """True for a stop, False for a take profit."""
        return self.type.startswith("STOP")

    @property
    def is_rising(self) -> bool:
        """True when it fires at or above its trigger price, False at or below."""
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

    @property
    def is_open(self) -> bool:
        """True until it fires or ends: the only time when it can be listed or cancelled."""
        return self.status == WAITING


class TriggerLine:
    """Waiting conditionals of one symbol, price kind and direction, nearest trigger first."""

    def __init__(self, *, is_rising: bool) -> None:
        self._index = PriceIndex[AlgoOrder](highest_first=not is_rising)

    def __len__(self) -> int:
        return len(self._index)

    def add(self, algo: AlgoOrder) -> None:
        """Let a conditional wait."""
        self._index.add(algo.request.trigger_price, algo.algo_id, algo)

    def remove(self, algo: AlgoOrder) -> None:
        """Let a conditional wait no more."""
        self._index.remove(algo.request.trigger_price, algo.algo_id)

    def fired(self, price: Decimal) -> AlgoOrder | None:
        """Return the next conditional that `price` fires, None when there is none."""
        return self._index.reached(price)


@define
class TriggerBook:
    """The four lines of one symbol."""

    mark_rising: TriggerLine = field(factory=lambda: TriggerLine(is_rising=True))
    mark_falling: TriggerLine = field(factory=lambda: TriggerLine(is_rising=False))
    contract_rising: TriggerLine = field(factory=lambda: TriggerLine(is_rising=True))
    contract_falling: TriggerLine = field(factory=lambda: TriggerLine(is_rising=False))

    def line(self, request: AlgoRequest) -> TriggerLine:
        """Return the line in which a conditional waits."""
        if request.working_type == "MARK_PRICE":
            return self.mark_rising if request.is_rising else self.mark_falling
        return self.contract_rising if request.is_rising else self.contract_falling


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
        self._triggers = {symbol: TriggerBook() for symbol in symbols}

    def next_id(self) -> int:
        """Return a fresh algo id."""
        self._next_id += 1
        return self._next_id

    def add(self, algo: AlgoOrder) -> None:
        """Keep a new conditional and let it wait for its trigger."""
        request = algo.request
        self.accepted += 1
        assert request.client_algo_id not in self._open_by_client_id, "client algo id is in use"
        self._by_id[algo.algo_id] = algo
        self._last_by_client_id[request.client_algo_id] = algo
        self._open_by_client_id[request.client_algo_id] = algo
        self._history[request.symbol].append(algo)
        self._open[request.symbol][algo.algo_id] = algo
        self.triggers(request.symbol).line(request).add(algo)

    def leave(self, algo: AlgoOrder) -> None:
        """Take a conditional that is open no more from the open ones."""
        assert not algo.is_open, "only a conditional that left NEW leaves the open ones"
        request = algo.request
        del self._open_by_client_id[request.client_algo_id]
        del self._open[request.symbol][algo.algo_id]
        self.triggers(request.symbol).line(request).remove(algo)
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

    def triggers(self, symbol: str) -> TriggerBook:
        """Return the waiting lines of a symbol."""
        return self._triggers[symbol]

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
