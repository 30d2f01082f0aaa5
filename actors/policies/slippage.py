"""Slippage: how much worse a price is than the one that was expected, in percent.

Pure. Used twice under one setting (C-33): before an entry against the mark, after it against the
average of its fills. Better is negative.
"""

from decimal import Decimal

from ...messages.values import Side

PERCENT = Decimal(100)


def slippage_pct(side: Side, expected: Decimal, price: Decimal) -> Decimal:
    """Return by how many percent of the expected price the other one is worse for that side."""
    assert expected > 0, "a price that was expected is above 0"
    worse = price - expected if side is Side.BUY else expected - price
    return worse / expected * PERCENT
