"""Hands: what a person or the venue does to the account, beside the engine that runs it.

Owns one record for such an act and how it is done at once, without delay, weight or limit: any
request as a person at the venue's own page would make it (orders, leverage, margin type, modes),
a margin call, a deleveraging, a liquidation, a settlement. The engine meets what came of it in its
streams.
"""

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal
from enum import StrEnum

from attrs import field, frozen

from . import api, outside
from .core import Core
from .params import Params
from .refusal import VenueRefusal

HAND_NOTIONALS = 2
"""A trade by hand is so many times the smallest order."""


class ActKind(StrEnum):
    """What is done."""

    REQUEST = "request"
    DELEVERAGE = "deleverage"
    LIQUIDATE = "liquidate"
    WARN = "warn"
    """A margin call, whatever the margin is."""
    SETTLE = "settle"


@frozen
class Act:
    """One act; a request has method, path and parameters, the others a symbol and side or none."""

    kind: ActKind
    symbol: str = ""
    position_side: str = ""
    method: str = ""
    path: str = ""
    params: Mapping[str, str] = field(factory=dict[str, str])


def by_hand(method: str, path: str, **params: str) -> Act:
    """Return a person's request."""
    return Act(ActKind.REQUEST, method=method, path=path, params=params)


def perform(core: Core, act: Act) -> int:
    """Do it now; return 0, or the code with which the venue refuses it."""
    try:
        match act.kind:
            case ActKind.REQUEST:
                api.route_of(act.method, act.path).handle(core, Params(act.params))
            case ActKind.DELEVERAGE:
                outside.deleverage(core, act.symbol, act.position_side)
            case ActKind.LIQUIDATE:
                core.liquidation.strike()
            case ActKind.WARN:
                core.liquidation.warn()
            case ActKind.SETTLE:
                core.rules(act.symbol)
                outside.settle(core, act.symbol)
    except VenueRefusal as refusal:
        return refusal.code
    return 0


def small_trade(core: Core, symbol: str, *, is_buy: bool) -> Act:
    """Return a person's small market order."""
    rules, price = core.rules(symbol), core.books[symbol].mark_price
    least = rules.notional_min * HAND_NOTIONALS / price if price else rules.quantity_min
    steps = (max(least, rules.quantity_min) / rules.step).quantize(Decimal(1), ROUND_UP)
    sided = {"positionSide": "LONG" if is_buy else "SHORT"} if core.account.is_hedged else {}
    return by_hand(
        "POST",
        "/fapi/v1/order",
        symbol=symbol,
        side="BUY" if is_buy else "SELL",
        type="MARKET",
        quantity=str(steps * rules.step),
        **sided,
    )
