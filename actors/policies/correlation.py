"""Correlation: how alike symbols move, and what that makes of several positions together.

Pure. Pairs and their figures are settings, from -1 to 1; a pair that is not listed has 0, a symbol
with itself 1. Two positions count together as far as they would lose together: short against long
turns the sign, and what would balance a loss is counted as nothing, never as less.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal

ZERO, ONE = Decimal(0), Decimal(1)

Pairs = Mapping[tuple[str, str], Decimal]


def pairs_of(texts: Iterable[str]) -> Pairs:
    """Return the figures of pairs that are written as in `BTCUSDT/ETHUSDT=0.8`.

    Raises:
        ValueError: A text is written otherwise; `ArithmeticError` where its figure is none.
    """
    pairs: dict[tuple[str, str], Decimal] = {}
    for text in texts:
        names, _, figure = text.partition("=")
        symbols = names.split("/")
        if len(symbols) != 2 or not all(symbols) or not -ONE <= Decimal(figure) <= ONE:
            raise ValueError(text)
        first, second = symbols
        pairs[first, second] = pairs[second, first] = Decimal(figure)
    return pairs


def correlation(pairs: Pairs, first: str, second: str) -> Decimal:
    """Return how alike two symbols move, 0 for a pair that is not listed."""
    return ONE if first == second else pairs.get((first, second), ZERO)


def weight_together(
    pairs: Pairs, symbol: str, sign: int, others: Iterable[tuple[str, Decimal]]
) -> Decimal:
    """Return the notional of other positions that would lose together with an entry.

    `others` are (symbol, signed notional).
    """
    together = ZERO
    for other, notional in others:
        together += max(ZERO, correlation(pairs, symbol, other) * notional * sign)
    return together


def scale_of(
    pairs: Pairs, symbol: str, sign: int, others: Iterable[tuple[str, Decimal]]
) -> Decimal:
    """Return by what an entry is made smaller beside others: 1, a half beside one exactly alike."""
    # The sign of a zero too: a position whose mark is not known yet still has its side.
    sides = ((other, ONE.copy_sign(notional)) for other, notional in others)
    return ONE / (ONE + weight_together(pairs, symbol, sign, sides))
