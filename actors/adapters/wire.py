"""Wire: typed reading of one JSON object of the venue, with an error that names the field.

Owns the strictness: a number is decimal text or a whole number, never a float; text is text; what
is missing or of another shape raises `ReplyUnreadable`. A default is given only where the venue
documents that a field may be absent, null or empty.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from ...messages.values import OrderType
from ..errors import EngineError

ZERO = Decimal(0)

Row = Mapping[str, Any]
Word = TypeVar("Word", bound=StrEnum)

# Looked up for every field: a union would be made anew each time, a class of an enumeration is
# slow to look into.
_EXACT = (str, int)
_TEXTS = (str, bytes)
_ORDER_TYPES = {each.value: each for each in OrderType}


class ReplyUnreadable(EngineError):
    """What the venue sent is not what its documents promise: which field, and why."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        return f"unreadable: {self.field} {self.reason}"


def mapping(value: Any, field: str) -> Row:
    """Return a JSON object."""
    if not isinstance(value, dict):
        raise ReplyUnreadable(field, f"is no object but {_shape(value)}")
    return value  # pyright: ignore[reportUnknownVariableType] - the wire has no types


def rows(value: Any, field: str) -> tuple[Row, ...]:
    """Return a JSON array of objects."""
    if not isinstance(value, Sequence) or isinstance(value, _TEXTS):
        raise ReplyUnreadable(field, f"is no array but {_shape(value)}")
    members: Sequence[Any] = value  # pyright: ignore[reportUnknownVariableType] - as above
    return tuple(mapping(row, f"{field}[{index}]") for index, row in enumerate(members))


def text(row: Row, key: str, default: str | None = None) -> str:
    """Return a text field; null counts as missing."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise ReplyUnreadable(key, f"is no text but {_shape(value)}")
    return value


def identifier(row: Row, key: str, default: str | None = None) -> str:
    """Return an id as text, whether the venue sends it as a number or as text."""
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return text(row, key, default)


def integer(row: Row, key: str, default: int | None = None) -> int:
    """Return a whole number."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, int) or isinstance(value, bool):
        raise ReplyUnreadable(key, f"is no whole number but {_shape(value)}")
    return value


def flag(row: Row, key: str, default: bool | None = None) -> bool:
    """Return true or false."""
    value = row.get(key)
    if value is None and default is not None:
        return default
    if not isinstance(value, bool):
        raise ReplyUnreadable(key, f"is neither true nor false but {_shape(value)}")
    return value


def decimal(row: Row, key: str, default: Decimal | None = None) -> Decimal:
    """Return an exact number from decimal text or a whole number; empty text counts as missing."""
    value = row.get(key)
    if value in (None, "") and default is not None:
        return default
    if isinstance(value, bool) or not isinstance(value, _EXACT):
        raise ReplyUnreadable(key, f"is no exact number but {_shape(value)}")
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ReplyUnreadable(key, f"is no number but {value!r}") from error
    if not number.is_finite():
        raise ReplyUnreadable(key, f"is not finite: {value!r}")
    return number


def word(row: Row, key: str, kind: type[Word]) -> Word:
    """Return a member of one of our enumerations whose spelling is the venue's too."""
    value = text(row, key)
    try:
        found: Word = _member(kind, value)
    except ValueError as error:
        raise ReplyUnreadable(key, f"is the unknown word {value!r}") from error
    return found


def order_type(row: Row, key: str, price: Decimal) -> OrderType:
    """Return the type of an order; one that we never send is told by whether it has a price.

    The venue's own orders (LIQUIDATION) have types that nobody can place; they are evidence all
    the same and must not make a whole listing unreadable.
    """
    known = _ORDER_TYPES.get(text(row, key))
    return known or (OrderType.LIMIT if price > ZERO else OrderType.MARKET)


@cache
def _member(kind: type[Word], value: str) -> Word:
    """Return the member of a value; what is none raises `ValueError` and is not kept."""
    return kind(value)


def _shape(value: Any) -> str:
    return "missing" if value is None else type(value).__name__
