"""Outcomes: what became of each signal and each order, read from the records of one side.

Owns one `Fate` for each order, and for each signal that was refused, under a name that both sides
share: client ids do not, since a position that is not opened moves the numbers of all later ones.
A signal's own orders are named by the signal, protection and exits of a position by the signal
that opened it. Orders of before the first record are not known.
"""

from decimal import Decimal
from typing import Any

from attrs import define, field

from ...actors import names
from ...actors.order_facts import AttemptStarted, OrderIntended, OrderMoved, OrderSeen, TradeBooked
from ...actors.order_state import OrdersState, apply_fact
from ...actors.policies.order_record import Order
from ...actors.policies.rounding import plain
from ...actors.runtime.actor import private_tag
from ...actors.settings import OrderSettings
from ...messages.codec import Codec, Json
from ...messages.events import OrderRefused, PositionClosed, PositionOpened, TradingStateReported
from ...messages.orders import ApprovedOrder
from ...messages.values import TERMINAL_STATES, OrderState

ZERO = Decimal(0)
PRICE_SHOWN = Decimal("0.00000001")
KEPT = OrderSettings(history_max=1 << 62)
FACTS = (OrderIntended, AttemptStarted, OrderMoved, OrderSeen, TradeBooked)
FATEFUL = (AttemptStarted, OrderMoved, TradeBooked)
EVENTS = (OrderRefused, PositionOpened, PositionClosed, TradingStateReported)

FateKey = tuple[str, str, int]
"""(signal, empty or the leg of a position, number among those)."""


@define
class Fate:
    """What became of one order, or of a signal that never was one."""

    key: FateKey
    symbol: str
    decided_at: int
    """Sequence of the record that decided whether, and how, it is ordered."""
    decided_ns: int
    changed_at: int
    """Sequence of the last record that moved it."""
    refusal: OrderRefused | None = None
    order: Order | None = None

    @property
    def client_order_id(self) -> str:
        """The order's id, empty for what was refused."""
        return "" if self.order is None else self.order.approved.client_order_id

    @property
    def decision(self) -> str:
        """What was decided, in words that two sides compare."""
        if self.refusal is not None:
            return f"refused by {self.refusal.guard}"
        assert self.order is not None
        return _ordered(self.order.approved)

    @property
    def outcome(self) -> str:
        """What came of it, in words that two sides compare; empty for what was refused."""
        return "" if self.order is None else _became(self.order)

    @property
    def why(self) -> str:
        """The guard with figure and limit, or why the order ended without being filled."""
        if self.refusal is not None:
            refusal = self.refusal
            return f"{refusal.guard}: {refusal.figure} of {refusal.limit}"
        order = self.order
        is_told = order is not None and order.state not in (OrderState.FILLED, OrderState.ACTIVE)
        return order.reason if order is not None and is_told else ""


@define(eq=False)
class Outcomes:
    """The fates of one side, in the order in which they were decided."""

    codec: Codec
    fates: dict[FateKey, Fate] = field(init=False, factory=dict[FateKey, Fate])
    states: list[tuple[int, TradingStateReported]] = field(
        init=False, factory=list[tuple[int, TradingStateReported]]
    )
    """Each change of the trading state, with its record."""
    profit: Decimal = field(init=False, default=ZERO)
    """Realised by positions that were closed, less fees, plus funding; in the margin asset."""
    closed: int = field(init=False, default=0)
    _orders: OrdersState = field(init=False, factory=OrdersState)
    _by_client_id: dict[str, Fate] = field(init=False, factory=dict[str, Fate])
    _signals: dict[str, str] = field(init=False, factory=dict[str, str])
    """Position id -> the signal that opened it."""
    _counts: dict[tuple[str, str], int] = field(init=False, factory=dict[tuple[str, str], int])

    def add(self, record: Json) -> None:
        """Take one record, in order."""
        if record.get("kind") or "error" in record:
            return
        if record["actor"] == names.ORDER_MANAGER:
            for fact in record.get("facts", ()):
                if fact["t"].partition(".v")[0] in _TAGS:
                    self._note(record, self.codec.decode(fact))
        for tell in record.get("tells", ()):
            if isinstance(tell, str) or tell["to"] != names.EVENT_BUS:
                continue
            if tell["msg"]["t"].partition(".v")[0] in _EVENTS:
                self._hear(record, self.codec.decode(tell["msg"]))

    def _note(self, record: Json, fact: Any) -> None:
        if isinstance(fact, OrderIntended):
            apply_fact(self._orders, fact, KEPT)
            approved = fact.approved
            fate = self._new(record, *self._owner(approved), approved.symbol)
            fate.order = self._orders.orders[approved.client_order_id]
            self._by_client_id[approved.client_order_id] = fate
            return
        fate_or_none = self._by_client_id.get(fact.client_order_id)
        if fate_or_none is not None:
            apply_fact(self._orders, fact, KEPT)
            if isinstance(fact, FATEFUL):
                fate_or_none.changed_at = record["seq"]

    def _owner(self, approved: ApprovedOrder) -> tuple[str, str]:
        if approved.signal_id:
            return approved.signal_id, ""
        signal_id = self._signals.get(approved.intent_id, approved.client_order_id)
        return signal_id, approved.leg.name.lower()

    def _new(self, record: Json, owner: str, leg: str, symbol: str) -> Fate:
        number = self._counts[owner, leg] = self._counts.get((owner, leg), 0) + 1
        sequence = record["seq"]
        fate = Fate((owner, leg, number), symbol, sequence, record["now"], sequence)
        self.fates[fate.key] = fate
        return fate

    def _hear(self, record: Json, event: Any) -> None:
        match event:
            case OrderRefused():
                self._new(record, event.signal_id, "", event.symbol).refusal = event
            case PositionOpened():
                self._signals[event.position_id] = event.signal_id
            case PositionClosed():
                self.closed += 1
                self.profit += event.realised_pnl - event.fees + event.funding
            case TradingStateReported():
                self.states.append((record["seq"], event))
            case _:
                raise AssertionError(event)


_TAGS = frozenset(private_tag(names.ORDER_MANAGER, cls) for cls in FACTS)
_EVENTS = frozenset(cls.__name__ for cls in EVENTS)


def _ordered(approved: ApprovedOrder) -> str:
    size = "all" if approved.quantity is None else plain(approved.quantity)
    words = [approved.side.value, size, approved.symbol, approved.order_type.value]
    for word, price in (("at", approved.price), ("beyond", approved.trigger_price)):
        if price is not None:
            words += [word, plain(price)]
    return " ".join(words)


def _became(order: Order) -> str:
    word = "open" if order.state not in TERMINAL_STATES else order.state.value.lower()
    if not order.filled:
        return word
    average = (order.cost / order.filled).quantize(PRICE_SHOWN)
    return f"{word}, {plain(order.filled)} at {plain(average)}"
