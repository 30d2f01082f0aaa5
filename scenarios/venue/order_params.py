"""OrderParams: the parameters of a regular order, read as the venue reads them.

Owns which parameters go together: time in force with its date, price or price match, position side
with reduce-only. Conditional types belong to the algo service (-4120). GTD keeps whole seconds, and
its date must lie more than 600 s ahead (new-order page and error table, read 2026-11).
"""

from decimal import Decimal

from .core import Core
from .orders import OrderRequest
from .params import Params
from .price_match import MODES as PRICE_MATCHES
from .price_match import NO_MATCH
from .refusal import VenueRefusal

ZERO = Decimal(0)
SIDES = ("BUY", "SELL")
POSITION_SIDES = ("BOTH", "LONG", "SHORT")
TIMES_IN_FORCE = ("GTC", "IOC", "FOK", "GTX", "GTD")
CONDITIONAL_TYPES = (
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
)
SELF_TRADE_MODES = ("NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH")
GOOD_TILL_AHEAD_MS = 600_000
GOOD_TILL_END_MS = 253_402_300_799_000
"""The last second of the year 9999."""


def read_order(core: Core, params: Params) -> OrderRequest:
    """Read a regular order from its parameters."""
    symbol = params.text("symbol")
    if core.rules(symbol).status != "TRADING":
        raise VenueRefusal(-1122)
    side = params.choice("side", SIDES, code=-1117)
    order_type = params.text("type")
    if order_type in CONDITIONAL_TYPES:
        raise VenueRefusal(-4120)
    if order_type not in ("MARKET", "LIMIT"):
        raise VenueRefusal(-1116)
    is_limit = order_type == "LIMIT"
    price_match = read_price_match(core, params, takes_price=is_limit)
    time_in_force = _time_in_force(params, is_limit=is_limit)
    position_side, reduces = read_position_side(core, params, side)
    return OrderRequest(
        symbol=symbol,
        side=side,
        position_side=position_side,
        type=order_type,
        time_in_force=time_in_force,
        quantity=params.number("quantity"),
        price=params.number("price") if is_limit and price_match == NO_MATCH else ZERO,
        reduce_only=reduces,
        client_order_id=params.client_id("newClientOrderId") or _generated_id(core),
        good_till_ms=read_good_till(core, params, time_in_force),
        price_match=price_match,
        self_trade_mode=read_self_trade_mode(params),
    )


def read_position_side(core: Core, params: Params, side: str) -> tuple[str, bool]:
    """Return the position side and whether the order may only reduce."""
    position_side = params.choice("positionSide", POSITION_SIDES, code=-4060, default="BOTH")
    if core.account.is_hedged != (position_side != "BOTH"):
        raise VenueRefusal(-4061)
    if not core.account.is_hedged:
        return position_side, params.flag("reduceOnly")
    if params.optional("reduceOnly"):
        raise VenueRefusal(-1106, "reduceonly")
    # In hedge mode the side that does not open a position can only close it.
    return position_side, (side == "SELL") == (position_side == "LONG")


def read_price_match(core: Core, params: Params, *, takes_price: bool) -> str:
    """Return how the price follows the book, "NONE" for a price of the order's own."""
    mode = params.optional("priceMatch", NO_MATCH)
    if mode not in PRICE_MATCHES or mode in core.settings.price_matches_withdrawn:
        raise VenueRefusal(-5037)
    is_matched = mode != NO_MATCH
    if is_matched and not takes_price:
        raise VenueRefusal(-5038)
    if (is_matched or not takes_price) and params.optional("price"):
        raise VenueRefusal(-1106, "price")
    return mode


def read_self_trade_mode(params: Params) -> str:
    """Return what happens when an order would meet one of its own account."""
    return params.choice(
        "selfTradePreventionMode", SELF_TRADE_MODES, code=-5039, default="EXPIRE_MAKER"
    )


def read_good_till(core: Core, params: Params, time_in_force: str) -> int:
    """Return when a GTD order ends, in ms at a whole second; 0 for the others."""
    if time_in_force != "GTD":
        if params.optional("goodTillDate"):
            raise VenueRefusal(-1106, "goodTillDate")
        return 0
    end_ms = params.integer("goodTillDate") // 1000 * 1000
    if not core.moment.ms + GOOD_TILL_AHEAD_MS < end_ms < GOOD_TILL_END_MS:
        raise VenueRefusal(-5040)
    return end_ms


def _time_in_force(params: Params, *, is_limit: bool) -> str:
    if is_limit:
        return params.choice("timeInForce", TIMES_IN_FORCE, code=-1115)
    if params.optional("timeInForce"):
        raise VenueRefusal(-1106, "timeInForce")
    return "GTC"


def _generated_id(core: Core) -> str:
    return f"web_{core.matching.orders.next_id()}"
