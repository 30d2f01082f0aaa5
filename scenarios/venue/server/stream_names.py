"""StreamNames: which market streams there are, and below which path each of them lives.

Owns the split of 2026-03: /public has what the book says, /market what is derived from trades and
prices; the legacy paths carry /public alone (binance-futures notes §4.1, read 2026-11). Names are
in lower case as the venue asks for them; a name that it does not know is no error, just silent.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from ..api_prints import INTERVALS_MS, MONTH

PUBLIC, MARKET, PRIVATE = "public", "market", "private"
ALL = ""
"""The symbol of a stream of the whole market."""
_OF_SYMBOL = re.compile(
    r"([a-z0-9_]+)@([a-zA-Z]+)([0-9]{0,4})(?:_([0-9]+[a-zA-Z]))?(?:@([0-9]{1,6}m?s))?"
)
_OF_ALL = re.compile(r"!([a-zA-Z]+)(?:@arr)?(?:@([0-9]{1,6}m?s))?")
_CATEGORIES: Mapping[str, str] = MappingProxyType(
    {
        "bookTicker": PUBLIC,
        "depth": PUBLIC,
        "trade": PUBLIC,
        "aggTrade": MARKET,
        "markPrice": MARKET,
        "kline": MARKET,
        "ticker": MARKET,
        "miniTicker": MARKET,
        "forceOrder": MARKET,
    }
)
_OF_THE_MARKET = ("bookTicker", "markPrice", "ticker", "miniTicker", "forceOrder")
"""Kinds that there are of all symbols together, too."""
INTERVALS = (*INTERVALS_MS, MONTH)
LEVELS = (0, 5, 10, 20)
"""Levels of a depth stream; 0 for changes only."""


@frozen
class StreamName:
    """A market stream: of which kind and symbol, how deep, of which interval, how often."""

    category: str
    kind: str
    symbol: str
    levels: int = 0
    interval: str = ""
    pace: str = ""
    """As it is written, for example "100ms"; empty for the kind's own."""


def parse(name: str) -> StreamName | None:
    """Return what a name stands for, None for one that the venue does not serve."""
    of_all = _OF_ALL.fullmatch(name)
    if of_all is not None:
        if of_all[1] not in _OF_THE_MARKET:
            return None
        return _named(of_all[1], ALL, "", "", of_all[2])
    of_symbol = _OF_SYMBOL.fullmatch(name)
    if of_symbol is None:
        return None
    symbol, kind, levels, interval, pace = of_symbol.groups()
    return _named(kind, symbol.upper(), levels, interval, pace)


def _named(
    kind: str, symbol: str, levels: str, interval: str | None, pace: str | None
) -> StreamName | None:
    category = _CATEGORIES.get(kind)
    depth = int(levels or 0)
    is_whole = interval in INTERVALS if kind == "kline" else not interval
    is_deep = not depth or (kind == "depth" and depth in LEVELS)
    if category is None or not is_whole or not is_deep:
        return None
    return StreamName(category, kind, symbol, depth, interval or "", pace or "")
