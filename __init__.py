"""Callboard: an order-execution engine for Binance USDM futures, built of Pykka actors.

Owns the list of public names and nothing else. Each is imported from its own module at first
use, so that `import callboard` stays cheap and one part never drags in another. Everything that
is not in `__all__` is private. An unknown name is an `AttributeError`, as in any module.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .actors import aio
    from .actors.ports import Clock, Exchange, StreamListener, VenueAnswer, VenueRequest
    from .messages.values import (
        OrderType,
        PositionSide,
        Severity,
        Side,
        SignalType,
        TimeInForce,
        TradingState,
        WorkingType,
    )

__all__ = (
    # For a host on asyncio.
    "aio",
    # What a host fills in.
    "Clock",
    "Exchange",
    "StreamListener",
    "VenueAnswer",
    "VenueRequest",
    # The words of every conversation.
    "OrderType",
    "PositionSide",
    "Severity",
    "Side",
    "SignalType",
    "TimeInForce",
    "TradingState",
    "WorkingType",
)

_PUBLIC: dict[str, str] = {
    "aio": "actors",
    "Clock": "actors.ports",
    "Exchange": "actors.ports",
    "StreamListener": "actors.ports",
    "VenueAnswer": "actors.ports",
    "VenueRequest": "actors.ports",
    "OrderType": "messages.values",
    "PositionSide": "messages.values",
    "Severity": "messages.values",
    "Side": "messages.values",
    "SignalType": "messages.values",
    "TimeInForce": "messages.values",
    "TradingState": "messages.values",
    "WorkingType": "messages.values",
}
"""Public name -> module below this package that defines it; a test keeps the three lists equal."""


if not TYPE_CHECKING:  # hidden from type checkers, which else would accept any name

    def __getattr__(name: str) -> object:
        """Import a public name from its module at first use.

        Raises:
            AttributeError: The name is not public.
        """
        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__!r} has no public name {name!r}")
        home = import_module(f".{_PUBLIC[name]}", __name__)
        if not hasattr(home, name):  # the name of a module, as `aio` is
            import_module(f"{home.__name__}.{name}")
        value = getattr(home, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List what the module holds and what it can import."""
    return sorted({*globals(), *__all__})
