"""Fate: what has become of a signal, from the events about it.

Pure. `SETTLED` are the states at which whoever gave the order need not wait any longer; `UNKNOWN`
is one that nobody may take for a failure.
"""

from decimal import Decimal
from typing import Any

from attrs import define, field

from ....messages.events import (
    Event,
    OrderCancelled,
    OrderCorrected,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderQueued,
    OrderRefused,
    OrderResolved,
    OrderSent,
    OrderUnknown,
    OrderUnresolved,
)
from ....messages.values import OrderState, OrderType
from ...policies.rounding import plain

REFUSED, TAKEN = "REFUSED", "TAKEN"
ENDED = ("FILLED", "CANCELLED", "EXPIRED", "REJECTED", "FAILED", REFUSED)
RESTS = ("ACTIVE", "PARTIALLY_FILLED")
GOOD = ("FILLED", *RESTS)

Json = dict[str, Any]


@define
class Fate:
    """One signal from the moment at which it was given."""

    signal_id: str
    order_type: OrderType
    state: str = TAKEN
    client_order_id: str = ""
    symbol: str = ""
    filled: Decimal = Decimal(0)
    average_price: Decimal | None = None
    attempts: int = 0
    reason: str = ""
    refusal: Json = field(factory=dict[str, Any])

    @property
    def is_settled(self) -> bool:
        """Whether it has ended, or rests at the venue as it was meant to."""
        is_resting = self.order_type is not OrderType.MARKET and self.state in RESTS
        return self.state in ENDED or is_resting

    @property
    def is_good(self) -> bool:
        """Whether it is, or may become, what was wished."""
        return self.state in GOOD or (self.state in ENDED and self.filled > 0)

    def hear(self, event: Event) -> bool:
        """Take an event; False for one that is about something else."""
        if getattr(event, "signal_id", None) != self.signal_id:
            return False
        self.client_order_id = getattr(event, "client_order_id", "") or self.client_order_id
        self.symbol = getattr(event, "symbol", "") or self.symbol
        self._take(event)
        return True

    def plain(self) -> Json:
        """Return it as JSON values."""
        price = self.average_price
        return {
            "ok": self.is_good,
            "signal_id": self.signal_id,
            "client_order_id": self.client_order_id,
            "symbol": self.symbol,
            "state": self.state,
            "filled": plain(self.filled),
            "average_price": None if price is None else plain(price),
            "attempts": self.attempts,
            "reason": self.reason,
            **self.refusal,
        }

    def _take(self, event: Event) -> None:
        match event:
            case OrderQueued():
                self.state = OrderState.PENDING.value
            case OrderSent():
                self.state, self.attempts = OrderState.SUBMITTED.value, event.attempt
            case OrderPlaced():
                self.state = OrderState.ACTIVE.value
            case OrderUnknown():
                self.state, self.reason = OrderState.UNKNOWN.value, event.reason
            case OrderResolved():
                self.state, self.reason = event.state.value, ""
            case OrderUnresolved():
                self.reason = event.reason or f"no outcome after {event.waiting_ms} ms"
            case OrderPartiallyFilled():
                self.state = OrderState.PARTIALLY_FILLED.value
                self.filled, self.average_price = event.filled, event.average_price
            case _:
                self._end(event)

    def _end(self, event: Event) -> None:
        """Take a terminal event, or what is told after it."""
        self.reason = getattr(event, "reason", "")
        match event:
            case OrderRefused():
                self.state = REFUSED
                names = ("guard", "figure", "limit")
                self.refusal = {name: getattr(event, name) for name in names}
            case OrderFilled():
                self.state, self.average_price = OrderState.FILLED.value, event.average_price
                self.filled = event.quantity
            case OrderFailed():
                self.state, self.filled = event.state.value, event.filled
            case OrderCancelled():
                self.state, self.filled = OrderState.CANCELLED.value, event.filled
            case OrderExpired():
                self.state, self.filled = OrderState.EXPIRED.value, event.filled
            case OrderCorrected():
                self.filled = event.filled
            case _:
                pass
