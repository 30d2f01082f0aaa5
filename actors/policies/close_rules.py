"""Close rules: what a CLOSE or REDUCE signal may close, and how much of it.

Pure. A signal closes the position of its symbol that it means: CLOSE_LONG only a long one. Half of
a position is rounded down to the symbol's step; what is too small to halve is refused with the
figure. A position that is being closed whole takes no other exit.
"""

from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from ...messages.instruments import Filters
from ...messages.intake import SubmitSignal
from ...messages.values import SignalType
from .guard import Guard, close_quantity
from .refusal import Refusal
from .rounding import halve, plain


@frozen
class Close:
    """A position, how much of it is closed, and whether that is all that one order can close."""

    key: str
    guard: Guard
    quantity: Decimal
    whole: bool


def size_close(
    signal: SubmitSignal, open_guards: Iterable[tuple[str, Guard]], filters: Filters | None
) -> Close | Refusal:
    """Return what a signal may close of the open positions, given by their keys, or why nothing."""
    for key, guard in open_guards:
        if guard.position.symbol == signal.symbol and _is_meant(signal.signal, guard):
            return _size(signal, key, guard, filters)
    return Refusal("no_position", "0", signal.signal.value)


def _is_meant(signal: SignalType, guard: Guard) -> bool:
    is_long = guard.position.quantity > 0
    wanted = {SignalType.CLOSE_LONG: is_long, SignalType.CLOSE_SHORT: not is_long}
    return wanted.get(signal, True)


def _size(signal: SubmitSignal, key: str, guard: Guard, filters: Filters | None) -> Close | Refusal:
    if guard.closing:
        return Refusal("closing", guard.closing, "no exit under way")
    whole = close_quantity(guard, filters)
    quantity = whole
    if signal.signal is SignalType.REDUCE_50:
        half = None if filters is None else halve(guard.position.quantity, filters)
        if half is None:
            held = plain(abs(guard.position.quantity))
            return Refusal("too_small_to_halve", held, "twice the smallest lot")
        quantity = half
    if signal.quantity is not None:
        quantity = min(quantity, signal.quantity)
    return Close(key, guard, quantity, quantity == whole)
