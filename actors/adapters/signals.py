"""Signals: JSON Lines of wishes and commands, read one by one into commands of the engine.

Owns the form of a line: a signal, with or without an `algorithm`, or an object with `command`.
Fields are checked strictly, and unknown ones refused; `signal_words` owns their other names.
Numbers, in text or bare, are taken by their text, so that no price ever was a float. A bad line
becomes a fault (file, line, field, reason) and is left out; the first hundred faults are kept, all
are counted. Bound: one line of at most `LINE_BYTES_MAX`.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import blake2b
from types import MappingProxyType
from typing import IO, Any, cast

from attrs import define, field, frozen

from ...messages.intake import (
    AmendOrder,
    CancelOrder,
    CancelOrders,
    ExecuteAlgorithm,
    FlattenPositions,
    HaltTrading,
    HostCommand,
    ResumeTrading,
    SubmitSignal,
)
from ...messages.plans import TrailingStop
from ...messages.values import (
    OrderType,
    PositionSide,
    PriceMatch,
    SignalSource,
    SignalType,
    TimeInForce,
    WorkingType,
)
from .plan_lines import Reading, plan_of
from .signal_words import BadField, in_our_words

FAULTS_KEPT_MAX = 100
LINE_BYTES_MAX = 64 * 1024
TEXT_MAX = 256
DIGITS_MAX = 40
"""Digits of one number, exponent included; a longer one is no price."""
SHOWN_MAX = 80
SHARE_MAX = 1
SECONDS_FROM, MS_FROM, MS_TO = 10**9, 10**12, 10**13
"""A time from the first to the second is in seconds, one beyond the third in microseconds."""
ALGORITHM = "algorithm"
"""Field of a signal that is carried out in slices: its plan."""
STANDARD_INPUT = "<stdin>"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""A number in text: `Decimal` alone would also take spaces, underscores and foreign digits."""

Json = Mapping[str, Any]


@frozen
class LineFault:
    """One bad line; `line` counts from 1."""

    source: str
    line: int
    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {self.field}: {self.reason}"


@frozen
class TimedCommand:
    """A command and the venue time at which it is told; 0 for at once."""

    at_ms: int
    line: int
    command: HostCommand


@define
class SignalLines:
    """Reads lines once, in order; what could not be read stays on it."""

    lines: Iterable[bytes]
    source: str
    faults: list[LineFault] = field(init=False, factory=list[LineFault])
    fault_count: int = field(init=False, default=0)
    read: int = field(init=False, default=0)
    """Lines read so far, blank ones included."""

    def __iter__(self) -> Iterator[TimedCommand]:
        for line in self._readable():
            self.read += 1
            if line.isspace():
                continue
            try:
                yield parse_line(line, self.read)
            except BadField as bad:
                self._note(bad)

    def _readable(self) -> Iterator[bytes]:
        """Yield lines up to the end, or to where the source fails."""
        try:
            yield from self.lines
        except OSError as error:
            self.read += 1
            self._note(BadField("file", f"cannot be read from here on: {error.strerror}"))

    def _note(self, bad: BadField) -> None:
        self.fault_count += 1
        if len(self.faults) < FAULTS_KEPT_MAX:
            self.faults.append(LineFault(self.source, self.read, bad.name, bad.reason))


@frozen
class _Number:
    """A bare JSON number, as it was written."""

    text: str

    def __repr__(self) -> str:
        return self.text


def parse_line(line: bytes, number: int) -> TimedCommand:
    """Return what one line says; raises `BadField`."""
    if len(line) > LINE_BYTES_MAX:
        raise BadField("line", f"is longer than {LINE_BYTES_MAX} bytes")
    data = _object(line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line)
    name = data.get("command")
    if "command" not in data:
        return _signal(data, number)
    if not isinstance(name, str) or name not in _COMMANDS:
        raise BadField("command", f"must be one of {', '.join(_COMMANDS)}, not {_shown(name)}")
    allowed, make = _COMMANDS[name]
    _refuse_unknown(data, ("command", "command_id", "at_ms", *allowed))
    command_id = _text(data, "command_id") if "command_id" in data else _own_id(line, number)
    at_ms = _time_ms(data, "at_ms") if "at_ms" in data else 0
    return TimedCommand(at_ms, number, make(data, command_id))


def lines_of(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a stream; of one that is too long only its beginning, still too long."""
    while line := stream.readline(LINE_BYTES_MAX + 1):
        yield line
        while len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
            line = stream.readline(LINE_BYTES_MAX + 1)


def _own_id(line: bytes, number: int) -> str:
    """Return an id that the same line has at the next start, and a line of another file has not."""
    return f"line-{number}-{blake2b(line.strip(), digest_size=4).hexdigest()}"


def _object(line: bytes) -> Json:
    try:
        data = json.loads(
            # As text: of bytes the parser would guess at UTF-16.
            line.decode().strip(),
            parse_float=_Number,
            parse_int=_Number,
            parse_constant=_Number,
            object_pairs_hook=_without_repeats,
        )
    except BadField:
        raise
    except json.JSONDecodeError as error:
        raise BadField("json", f"{error.msg} at column {error.colno}") from None
    except UnicodeDecodeError as error:
        raise BadField("json", f"is not UTF-8 at byte {error.start + 1}") from None
    except RecursionError:
        raise BadField("json", "is nested too deeply") from None
    except ValueError as error:
        raise BadField("json", str(error)) from None
    if not isinstance(data, dict):
        raise BadField("json", "is no object")
    return data  # pyright: ignore[reportUnknownVariableType]


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        repeated = next(name for name in names if names.count(name) > 1)
        raise BadField(repeated, "stands in the line twice")
    return data


def _signal(line: Json, number: int) -> TimedCommand:
    data = in_our_words({name: value for name, value in line.items() if name != ALGORITHM})
    _refuse_unknown(data, tuple(_SIGNAL_FIELDS))
    for name in ("signal_id", "at_ms", "signal", "symbol"):
        if name not in data:
            raise BadField(name, "is missing")
    values = {name: _SIGNAL_FIELDS[name](data, name) for name in data}
    signal = SubmitSignal(**values)
    if ALGORITHM not in line:
        return TimedCommand(signal.at_ms, number, signal)
    plan = plan_of(line[ALGORITHM], Reading(_whole, _decimal))
    return TimedCommand(signal.at_ms, number, ExecuteAlgorithm(signal, plan))


def _refuse_unknown(data: Json, known: tuple[str, ...]) -> None:
    for name in data:
        if name not in known:
            raise BadField(name[:TEXT_MAX], "unknown field")


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str) or not value:
        raise BadField(name, f"must be text, not {_shown(value)}")
    if len(value) > TEXT_MAX:
        raise BadField(name, f"is longer than {TEXT_MAX} characters")
    if not value.isprintable():
        raise BadField(name, "holds characters that cannot be printed")
    return value


def _whole(data: Json, name: str) -> int:
    value = data.get(name)
    text = value.text if isinstance(value, _Number) else ""
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(2**63)) - 1:
        raise BadField(name, f"must be a whole number, not {_shown(value)}")
    return int(text)


def _time_ms(data: Json, name: str) -> int:
    at_ms = _whole(data, name)
    if SECONDS_FROM <= at_ms < MS_FROM or at_ms >= MS_TO:
        raise BadField(name, f"must be in milliseconds since 1970, not {at_ms}")
    return at_ms


def _decimal(data: Json, name: str) -> Decimal:
    value = data.get(name)
    text = value.text if isinstance(value, _Number) else value
    if not isinstance(text, str) or len(text) > DIGITS_MAX or not _NUMBER.fullmatch(text):
        raise BadField(name, f"must be a number, not {_shown(value)}")
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise BadField(name, f"must be a number, not {_shown(value)}") from None
    # A few bytes like 1e999999 would cost whoever writes them out in full a megabyte.
    if abs(number.adjusted()) > DIGITS_MAX:
        raise BadField(name, f"must be a number within reason, not {_shown(value)}")
    return number


def _positive(data: Json, name: str) -> Decimal:
    number = _decimal(data, name)
    if number <= 0:
        raise BadField(name, f"must be above 0, not {_shown(data[name])}")
    return number


def _share(data: Json, name: str) -> Decimal:
    number = _decimal(data, name)
    if not 0 <= number <= SHARE_MAX:
        raise BadField(name, f"must be 0 to {SHARE_MAX}, not {_shown(data[name])}")
    return number


def _word(kind: type[StrEnum], *words: StrEnum) -> Callable[[Json, str], Any]:
    allowed = words or tuple(kind)

    def read(data: Json, name: str) -> StrEnum:
        value = data.get(name)
        found = next((each for each in allowed if each.value == value), None)
        if found is None:
            listed = ", ".join(each.value for each in allowed)
            raise BadField(name, f"must be one of {listed}, not {_shown(value)}")
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
        price = _positive(told, "activate_price") if "activate_price" in told else None
        return TrailingStop(_positive(told, "callback_pct"), price)
    except BadField as bad:
        raise BadField(f"{name}.{bad.name}", bad.reason) from None


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return repr(value)[:SHOWN_MAX]


_SIGNAL_FIELDS: Mapping[str, Callable[[Json, str], Any]] = MappingProxyType(
    {
        "signal_id": _text,
        "at_ms": _time_ms,
        "signal": _word(SignalType),
        "symbol": _text,
        "quantity": _positive,
        "order_type": _word(OrderType, OrderType.MARKET, OrderType.LIMIT),
        "price": _positive,
        "stop_loss": _positive,
        "take_profit": _positive,
        "confidence": _share,
        "confluence_score": _decimal,
        "signal_strength": _decimal,
        "strategy": _text,
        "expires_at_ms": _time_ms,
        "time_in_force": _word(TimeInForce),
        "position_side": _word(PositionSide),
        "working_type": _word(WorkingType),
        "leverage_max": _whole,
        "client_tag": _text,
        "source": _word(SignalSource),
        "model_version": _text,
        "price_match": _word(PriceMatch),
        "trailing": _trailing,
    }
)
"""Field of a signal -> how it is read; the first four are required."""


def _cancel(data: Json, command_id: str) -> HostCommand:
    return CancelOrder(command_id, _text(data, "signal_id"))


def _amend(data: Json, command_id: str) -> HostCommand:
    if "price" not in data and "quantity" not in data:
        raise BadField("price", "an amend needs a price or a quantity")
    price = _positive(data, "price") if "price" in data else None
    quantity = _positive(data, "quantity") if "quantity" in data else None
    return AmendOrder(command_id, _text(data, "signal_id"), price, quantity)


def _flatten(data: Json, command_id: str) -> HostCommand:
    symbol = _text(data, "symbol") if "symbol" in data else ""
    return FlattenPositions(command_id, symbol, _reason(data))


def _cancel_all(data: Json, command_id: str) -> HostCommand:
    symbol = _text(data, "symbol") if "symbol" in data else ""
    return CancelOrders(command_id, symbol, reason=_reason(data))


def _halt(data: Json, command_id: str) -> HostCommand:
    return HaltTrading(command_id, _reason(data) or "halted by a line of the signals")


def _resume(data: Json, command_id: str) -> HostCommand:
    return ResumeTrading(command_id, _reason(data) or "resumed by a line of the signals")


def _reason(data: Json) -> str:
    return _text(data, "reason") if "reason" in data else ""


_COMMANDS: Mapping[str, tuple[tuple[str, ...], Callable[[Json, str], HostCommand]]] = (
    MappingProxyType(
        {
            "cancel": (("signal_id",), _cancel),
            "amend": (("signal_id", "price", "quantity"), _amend),
            "cancel_all": (("symbol", "reason"), _cancel_all),
            "flatten": (("symbol", "reason"), _flatten),
            "halt": (("reason",), _halt),
            "resume": (("reason",), _resume),
        }
    )
)
"""Command -> its own fields, and how it is made."""
