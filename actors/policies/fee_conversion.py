"""Fee conversion: a fee that another asset paid, in the margin asset at its price then.

Pure. The price is the newest that is known, and counts for `AGE_NS_MAX`; where none is known, or it
is too old, the fee stays in its own asset, and nobody adds it up with others.
"""

from decimal import Decimal

from attrs import evolve

from ...messages.account import FeePriceChanged
from ...messages.venue import TradeEvidence

AGE_NS_MAX = 600_000_000_000
PLACES = 8
"""As many as the venue books of a fee."""


def in_margin(trade: TradeEvidence, known: FeePriceChanged | None, now_ns: int) -> TradeEvidence:
    """Return a fill with its fee in the margin asset, or as it is where its price is not known."""
    if known is None or trade.other_fee_asset != known.asset:
        return trade
    if now_ns - known.at_ns > AGE_NS_MAX:
        return trade
    fee = trade.fee + round(trade.other_fee * known.price, PLACES)
    return evolve(trade, fee=fee, other_fee=Decimal(0), other_fee_asset="")
