"""Audit lines: one line of the audit log, its fields, and how messages become values in it.

Owns the form: RFC 3339 UTC with microseconds, snake_case types, figures as plain text, one JSON
object a line whatever a text contains. A text that came from outside is cut and masked.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import Any

import attrs
from attrs import field, frozen

from ....messages.codec import Json
from ....messages.values import Operation, Side, SignalType
from ....messages.venue import OrderEvidence
from .stamps import figure, masked

SCHEMA = 1
OPERATIONS: Mapping[Operation, str] = {
    Operation.PLACE: "place_order",
    Operation.AMEND: "amend_order",
    Operation.CANCEL: "cancel_order",
    Operation.CONFIGURE: "configure",
    Operation.READ: "read",
}
SIDES: Mapping[SignalType, str] = {
    SignalType.LONG_ENTRY: Side.BUY.value,
    SignalType.SHORT_ENTRY: Side.SELL.value,
    SignalType.CLOSE_LONG: Side.SELL.value,
    SignalType.CLOSE_SHORT: Side.BUY.value,
}
"""Of a halving the position decides."""

NOTHING: tuple[object, ...] = ("", [])
"""Values that say nothing, beside None."""

_NAMES: dict[type[Any], tuple[str, ...]] = {}

_WORD = re.compile(r"(?<!^)(?=[A-Z])")


@frozen
class Entry:
    """What one line says, before it has its place in the log."""

    event_type: str
    operation: str = ""
    symbol: str = ""
    client_order_id: str = ""
    order_data: Json | None = None
    response: Json | None = None
    details: Json = field(factory=dict[str, Any])
    correlation_id: str = ""
    """The signal, where the record itself is not correlated."""


def snake(name: str) -> str:
    """Return a class's name as an event type: `OrderPlaced` is `order_placed`."""
    return _WORD.sub("_", name).lower()


def canonical(event_type: str) -> str:
    """Return an event type as it is written here; older logs have `API_ERROR`."""
    return event_type.lower()


def value_of(value: Any) -> Any:
    """Return a message's value as JSON: figures and words as text, never a float."""
    if isinstance(value, Decimal):
        return figure(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, str):
        return masked(value)
    kind = class_of(value)
    if kind is tuple:
        return [value_of(each) for each in value]
    return fields_of(value) if attrs.has(kind) else value


def class_of(message: Any) -> type[Any]:
    """Return the class of a message."""
    kind: type[Any] = message.__class__
    return kind


def fields_of(message: Any, *, but: tuple[str, ...] = ()) -> Json:
    """Return the fields of a message that say something."""
    found: Json = {}
    for name in _names_of(class_of(message)):
        if name not in but:
            value = value_of(getattr(message, name))
            if value is not None and value not in NOTHING:
                found[name] = value
    return found


def _names_of(kind: type[Any]) -> tuple[str, ...]:
    names = _NAMES.get(kind)
    if names is None:
        names = _NAMES[kind] = tuple(each.name for each in attrs.fields(kind))
    return names


def order_data(side: str, order_type: str, quantity: Decimal | None, **more: Any) -> Json:
    """Return what was ordered: side, type and quantity first."""
    extra = {name: value_of(value) for name, value in more.items() if value is not None}
    return {"side": side, "type": order_type, "quantity": figure(quantity), **extra}


def response_of(evidence: OrderEvidence) -> Json:
    """Return what the venue said of an order: id, status, price and quantity."""
    price = evidence.average_price or evidence.price or evidence.trigger_price
    return {
        "order_id": evidence.venue_order_id,
        "status": evidence.status,
        "price": figure(price) if price else None,
        "quantity": figure(evidence.quantity),
        "filled": figure(evidence.filled),
    }
