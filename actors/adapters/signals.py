"""Signals: JSON Lines of wishes and commands, read one by one into commands of the engine.

Owns the form of a line: a signal, with or without an `algorithm`, or an object with `command`.
`signal_fields` reads a wish, `signal_words` owns its other names; unknown fields are refused. A
bad line becomes a fault (file, line, field, reason) and is left out; the first hundred faults are
kept, all are counted. Bound: one line of at most `LINE_BYTES_MAX`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from hashlib import blake2b
from types import MappingProxyType
from typing import IO

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
)
from .json_text import Json, json_object
from .signal_fields import (
    BadFields,
    read_positive,
    read_text,
    read_time_ms,
    refuse_unknown,
    shown,
    wish_of,
)
from .signal_words import BadField

FAULTS_KEPT_MAX = 100
LINE_BYTES_MAX = 64 * 1024
STANDARD_INPUT = "<stdin>"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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


def parse_line(line: bytes, number: int) -> TimedCommand:
    """Return what one line says; raises `BadField`."""
    if len(line) > LINE_BYTES_MAX:
        raise BadField("line", f"is longer than {LINE_BYTES_MAX} bytes")
    data = json_object(line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line)
    name = data.get("command")
    if "command" not in data:
        return _signal(data, number)
    if not isinstance(name, str) or name not in _COMMANDS:
        raise BadField("command", f"must be one of {', '.join(_COMMANDS)}, not {shown(name)}")
    allowed, make = _COMMANDS[name]
    refuse_unknown(data, ("command", "command_id", "at_ms", *allowed))
    command_id = read_text(data, "command_id") if "command_id" in data else _own_id(line, number)
    at_ms = read_time_ms(data, "at_ms") if "at_ms" in data else 0
    return TimedCommand(at_ms, number, make(data, command_id))


def lines_of(stream: IO[bytes]) -> Iterator[bytes]:
    """Yield the lines of a stream; of one that is too long only its beginning, still too long."""
    while line := stream.readline(LINE_BYTES_MAX + 1):
        yield line
        while len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
            line = stream.readline(LINE_BYTES_MAX + 1)


def _signal(line: Json, number: int) -> TimedCommand:
    try:
        wish = wish_of(line)
    except BadFields as bad:
        raise bad.faults[0] from None
    signal = wish.signal if isinstance(wish, ExecuteAlgorithm) else wish
    return TimedCommand(signal.at_ms, number, wish)


def _own_id(line: bytes, number: int) -> str:
    """Return an id that the same line has at the next start, and a line of another file has not."""
    return f"line-{number}-{blake2b(line.strip(), digest_size=4).hexdigest()}"


def _cancel(data: Json, command_id: str) -> HostCommand:
    return CancelOrder(command_id, read_text(data, "signal_id"))


def _amend(data: Json, command_id: str) -> HostCommand:
    if "price" not in data and "quantity" not in data:
        raise BadField("price", "an amend needs a price or a quantity")
    price = read_positive(data, "price") if "price" in data else None
    quantity = read_positive(data, "quantity") if "quantity" in data else None
    return AmendOrder(command_id, read_text(data, "signal_id"), price, quantity)


def _flatten(data: Json, command_id: str) -> HostCommand:
    symbol = read_text(data, "symbol") if "symbol" in data else ""
    return FlattenPositions(command_id, symbol, _reason(data))


def _cancel_all(data: Json, command_id: str) -> HostCommand:
    symbol = read_text(data, "symbol") if "symbol" in data else ""
    return CancelOrders(command_id, symbol, reason=_reason(data))


def _halt(data: Json, command_id: str) -> HostCommand:
    return HaltTrading(command_id, _reason(data) or "halted by a line of the signals")


def _resume(data: Json, command_id: str) -> HostCommand:
    return ResumeTrading(command_id, _reason(data) or "resumed by a line of the signals")


def _reason(data: Json) -> str:
    return read_text(data, "reason") if "reason" in data else ""


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
