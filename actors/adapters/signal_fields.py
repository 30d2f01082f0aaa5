"""Signal fields: a wish in anybody's words becomes a `SubmitSignal`, all its faults told.

Owns the fields of a signal, which of them must be there, and how each is read; `signal_words` owns
their other names. Whoever reads wishes reads them here: lines of a file, an HTTP body, an event.
Numbers, in text or bare, are taken by their text. Pure.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import MappingProxyType
from typing import Any, cast

from ...messages.intake import ExecuteAlgorithm, SubmitSignal
from ...messages.plans import Plan, TrailingStop
from ...messages.values import (
    OrderType,
    PositionSide,
    PriceMatch,
    SignalSource,
    SignalType,
    TimeInForce,
    WorkingType,
)
from .json_text import Json, Number
from .plan_lines import Reading, plan_of
from .signal_words import NAMES, BadField, in_our_words

TEXT_MAX = 256
DIGITS_MAX = 40
"""Digits of one number, exponent included; a longer one is no price."""
SHOWN_MAX = 80
SHARE_MAX = 1
SECONDS_FROM, MS_FROM, MS_TO = 10**9, 10**12, 10**13
"""A time from the first to the second is in seconds, one beyond the third in microseconds."""
ALGORITHM = "algorithm"
"""Field of a signal that is carried out in slices: its plan."""
REQUIRED = ("signal_id", "at_ms", "signal", "symbol")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""A number in text: `Decimal` alone would also take spaces, underscores and foreign digits."""


class BadFields(ValueError):
    """A wish that says nothing usable: every field that is at fault."""

    def __init__(self, *faults: BadField) -> None:
        super().__init__(*faults)
        self.faults = faults

    def __str__(self) -> str:
        return "; ".join(map(str, self.faults))


def wish_of(line: Json) -> SubmitSignal | ExecuteAlgorithm:
    """Return what a JSON object wishes for; numbers in it are `Number` or text.

    Raises:
        BadFields: Something of it cannot be used; tells all of that.
    """
    faults: list[BadField] = []
    data = in_our_words({name: line[name] for name in line if name != ALGORITHM}, faults)
    faults += [
        BadField(name[:TEXT_MAX], "unknown field") for name in data if name not in _SIGNAL_FIELDS
    ]
    told = {fault.name for fault in faults}
    missing = [name for name in REQUIRED if name not in data]
    # Whoever misspells the side has not forgotten the wish.
    faults += [BadField(each, "is missing") for each in missing if each != "signal" or not told]
    readers = {name: _SIGNAL_FIELDS[name] for name in data if name in _SIGNAL_FIELDS}
    values = {name: _read(reader, data, name, faults) for name, reader in readers.items()}
    plan = _read(_plan, line, ALGORITHM, faults) if ALGORITHM in line else None
    if faults:
        said = {NAMES.get(name, name): name for name in line}
        raise BadFields(*(BadField(said.get(each.name, each.name), each.reason) for each in faults))
    signal = SubmitSignal(**values)
    return signal if plan is None else ExecuteAlgorithm(signal, plan)


def _plan(line: Json, name: str) -> Plan:
    return plan_of(line[name], Reading(read_whole, read_decimal))


def _read(reader: Callable[[Any, str], Any], data: Any, name: str, faults: list[BadField]) -> Any:
    try:
        return reader(data, name)
    except BadField as bad:
        faults.append(bad)
        return None


def refuse_unknown(data: Json, known: tuple[str, ...]) -> None:
    """Raise `BadField` for the first field that is none of those."""
    for name in data:
        if name not in known:
            raise BadField(name[:TEXT_MAX], "unknown field")


def read_text(data: Json, name: str) -> str:
    """Return a text of some printable characters; raises `BadField`."""
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise BadField(name, f"must be text, not {shown(value)}")
    if len(value) > TEXT_MAX:
        raise BadField(name, f"is longer than {TEXT_MAX} characters")
    if not value.isprintable():
        raise BadField(name, "holds characters that cannot be printed")
    return value


def read_whole(data: Json, name: str) -> int:
    """Return a whole number from 0; raises `BadField`."""
    value = data.get(name)
    text = value.text if isinstance(value, Number) else ""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(2**63)) - 1:
        raise BadField(name, f"must be a whole number, not {shown(value)}")
    return int(text)


def read_time_ms(data: Json, name: str) -> int:
    """Return a time, or raise `BadField` for one that is in other units."""
    at_ms = read_whole(data, name)
    if SECONDS_FROM <= at_ms < MS_FROM or at_ms >= MS_TO:
        raise BadField(name, f"must be in milliseconds since 1970, not {at_ms}")
    return at_ms


def read_decimal(data: Json, name: str) -> Decimal:
    """Return a number as it was written; raises `BadField`."""
    value = data.get(name)
    text = value.text if isinstance(value, Number) else value
    if not isinstance(text, str) or len(text) > DIGITS_MAX or not _NUMBER.fullmatch(text):
        raise BadField(name, f"must be a number, not {shown(value)}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadField(name, f"must be a number, not {shown(value)}") from None
    # A few bytes like 1e999999 would cost whoever writes them out in full a megabyte.
    if abs(number.adjusted()) > DIGITS_MAX:
        raise BadField(name, f"must be a number within reason, not {shown(value)}")
    return number


def read_positive(data: Json, name: str) -> Decimal:
    """Return a number above 0; raises `BadField`."""
    number = read_decimal(data, name)
    if number <= 0:
        raise BadField(name, f"must be above 0, not {shown(data[name])}")
    return number


def _share(data: Json, name: str) -> Decimal:
    number = read_decimal(data, name)
    if not 0 <= number <= SHARE_MAX:
        raise BadField(name, f"must be 0 to {SHARE_MAX}, not {shown(data[name])}")
    return number


def _word(kind: type[StrEnum], *words: StrEnum) -> Callable[[Json, str], Any]:
    allowed = words or tuple(kind)

    def read(data: Json, name: str) -> StrEnum:
        value = data.get(name)
        found = next((each for each in allowed if each.value == value), None)
        if found is None:
            listed = ", ".join(each.value for each in allowed)
            raise BadField(name, f"must be one of {listed}, not {shown(value)}")
        return found

    return read


def _trailing(data: Json, name: str) -> TrailingStop:
    line: Any = data[name]
    if not isinstance(line, dict):
        raise BadField(name, "must be an object with its callback_pct")
    told = cast(Json, line)
    for key in told:
        if key not in ("callback_pct", "activate_price"):
            raise BadField(f"{name}.{key[:64]}", "is none of callback_pct, activate_price")
    if "callback_pct" not in told:
        raise BadField(f"{name}.callback_pct", "is missing")
    try:
        price = read_positive(told, "activate_price") if "activate_price" in told else None
        return TrailingStop(read_positive(told, "callback_pct"), price)
    except BadField as bad:
        raise BadField(f"{name}.{bad.name}", bad.reason) from None


def shown(value: Any) -> str:
    """Return a value for the words of a fault, of a long one the beginning."""
    if value is None:
        return "nothing"
    return repr(value)[:SHOWN_MAX]


_SIGNAL_FIELDS: Mapping[str, Callable[[Json, str], Any]] = MappingProxyType(
    {
        "signal_id": read_text,
        "at_ms": read_time_ms,
        "signal": _word(SignalType),
        "symbol": read_text,
        "quantity": read_positive,
        "order_type": _word(OrderType, OrderType.MARKET, OrderType.LIMIT),
        "price": read_positive,
        "stop_loss": read_positive,
        "take_profit": read_positive,
        "confidence": _share,
        "confluence_score": read_decimal,
        "signal_strength": read_decimal,
        "strategy": read_text,
        "expires_at_ms": read_time_ms,
        "time_in_force": _word(TimeInForce),
        "position_side": _word(PositionSide),
        "working_type": _word(WorkingType),
        "leverage_max": read_whole,
        "client_tag": read_text,
        "source": _word(SignalSource),
        "model_version": read_text,
        "price_match": _word(PriceMatch),
        "trailing": _trailing,
    }
)
"""Field of a signal -> how it is read; the first four are required."""
