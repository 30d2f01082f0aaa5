"""Close rules: what a CLOSE or REDUCE signal may close, and how much of it.

Pure. A signal closes the position of its symbol that it means: CLOSE_LONG only a long one. Half of
a position, and any other part, is rounded down to the symbol's lot; what is too small is refused
with the figure, and of a part above the largest market order that much is closed. A position that
is being closed whole takes no other exit.
"""

from collections.abc import Iterable
from decimal import Decimal

from attrs import frozen

from ...messages.instruments import Filters
from ...messages.intake import SubmitSignal
from ...messages.values import SignalType
from .guard import Guard, close_quantity
from .refusal import Refusal
from .rounding import halve, plain, split_market_quantity


@frozen
class Close:
    """A position, how much of it one order closes now, and whether all of it shall be closed."""

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
    held = abs(guard.position.quantity)
    wanted = held if signal.quantity is None else min(held, signal.quantity)
    if signal.signal is SignalType.REDUCE_50:
        half = None if filters is None else halve(held, filters)
        if half is None:
            return Refusal("too_small_to_halve", plain(held), "twice the smallest lot")
        wanted = min(wanted, half)
    if wanted == held:
        return Close(key, guard, close_quantity(guard, filters), whole=True)
    parts = (wanted,) if filters is None else split_market_quantity(wanted, filters)
    if not parts:
        return Refusal("too_small_to_close", plain(wanted), "the smallest lot")
    return Close(key, guard, parts[0], whole=False)
