"""Filters: a symbol's rules for price, quantity and notional, with the venue's exact codes.

Owns no state. Order of checks follows the venue as far as it is known: range, precision, step,
band, notional. Raises VenueRefusal with the code of the first rule that a value breaks.
"""

from decimal import ROUND_DOWN, ROUND_UP, Decimal

from .refusal import VenueRefusal
from .settings import SymbolRules

ZERO = Decimal(0)


def check_quantity(rules: SymbolRules, quantity: Decimal, *, is_market: bool) -> None:
    """Refuse a quantity outside LOT_SIZE or MARKET_LOT_SIZE."""
    if quantity <= 0:
        raise VenueRefusal(-4003)
    if quantity % rules.step:
        too_fine = _decimals(quantity) > rules.quantity_precision
        raise VenueRefusal(-1111 if too_fine else -4023)
    if quantity < rules.quantity_min:
        raise VenueRefusal(-4004)
    if quantity > (rules.market_quantity_max if is_market else rules.quantity_max):
        raise VenueRefusal(-4005)


def check_price(rules: SymbolRules, price: Decimal) -> None:
    """Refuse a price outside PRICE_FILTER."""
    if price <= 0:
        raise VenueRefusal(-4001)
    if price > rules.price_max:
        raise VenueRefusal(-4002)
    if price < rules.price_min:
        raise VenueRefusal(-4013)
    _check_tick(rules, price)


def check_trigger_price(rules: SymbolRules, price: Decimal) -> None:
    """Refuse a trigger price that is no price of the symbol."""
    if price <= 0:
        raise VenueRefusal(-4006)
    if price > rules.price_max:
        raise VenueRefusal(-4007)
    _check_tick(rules, price)


def check_band(rules: SymbolRules, price: Decimal, mark: Decimal, *, is_buy: bool) -> None:
    """Refuse a limit price beyond PERCENT_PRICE, which binds one side only."""
    if not mark:
        return
    if is_buy and price > mark * rules.multiplier_up:
        raise VenueRefusal(-4016, _to_tick(rules, mark * rules.multiplier_up, ROUND_DOWN))
    if not is_buy and price < mark * rules.multiplier_down:
        raise VenueRefusal(-4024, _to_tick(rules, mark * rules.multiplier_down, ROUND_UP))


def check_market_band(rules: SymbolRules, touch: Decimal, mark: Decimal, *, is_buy: bool) -> None:
    """Refuse a market order whose best counterpart is outside PERCENT_PRICE."""
    if not mark or not touch:
        return
    is_outside = (
        touch > mark * rules.multiplier_up if is_buy else touch < mark * rules.multiplier_down
    )
    if is_outside:
        raise VenueRefusal(-4131)


def check_notional(
    rules: SymbolRules, quantity: Decimal, price: Decimal, *, is_amend: bool = False
) -> None:
    """Refuse an order that is worth less than MIN_NOTIONAL at `price`."""
    if quantity * price < rules.notional_min:
        raise VenueRefusal(-5029 if is_amend else -4164, rules.notional_min)


def _check_tick(rules: SymbolRules, price: Decimal) -> None:
    if (price - rules.price_min) % rules.tick:
        too_fine = _decimals(price) > rules.price_precision
        raise VenueRefusal(-1111 if too_fine else -4014)


def _to_tick(rules: SymbolRules, price: Decimal, rounding: str) -> Decimal:
    return (price / rules.tick).quantize(Decimal(1), rounding) * rules.tick


def _decimals(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    assert isinstance(exponent, int), "a parsed number is finite"
    return max(0, -exponent)
