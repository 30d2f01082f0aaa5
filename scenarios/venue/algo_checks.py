"""AlgoChecks: what a conditional order must satisfy when it is placed.

Owns prices, quantities and trigger sides; pure. Margin, position and the book are looked at when
it fires (algo service notes, 2025-12): none of them is read here. Raises VenueRefusal.
"""

from decimal import Decimal

from .algo_orders import AlgoRequest
from .filters import check_notional, check_price, check_quantity, check_trigger_price
from .refusal import VenueRefusal
from .settings import SymbolRules

CALLBACK_LEAST, CALLBACK_MOST, CALLBACK_STEP = Decimal("0.1"), Decimal(10), Decimal("0.1")
"""Percent that a trailing stop may let the price come back (New Algo Order page, 2026-08)."""


def check_algo(rules: SymbolRules, request: AlgoRequest, price: Decimal) -> None:
    """Refuse what breaks a rule; `price` is the one that it looks at, 0 while unknown."""
    if request.is_trailing:
        _check_trailing(rules, request, price)
    else:
        check_trigger_price(rules, request.trigger_price)
    if request.is_limit and request.price:
        _check_limit_price(rules, request)
    if not request.close_position:
        _check_size(rules, request, price)
    if not request.is_trailing and _is_met(request, price):
        raise VenueRefusal(-2021)


def _check_trailing(rules: SymbolRules, request: AlgoRequest, price: Decimal) -> None:
    rate = request.callback_rate
    if not CALLBACK_LEAST <= rate <= CALLBACK_MOST or rate % CALLBACK_STEP:
        raise VenueRefusal(-2007)
    if not request.activate_price:
        return
    check_trigger_price(rules, request.activate_price)
    # A BUY is activated below the market, a SELL above it; else it would be active at once.
    if _is_met(request, price):
        raise VenueRefusal(-2021)


def _check_limit_price(rules: SymbolRules, request: AlgoRequest) -> None:
    """Refuse a limit price too far beyond the trigger, where the child could never rest."""
    check_price(rules, request.price)
    highest = request.trigger_price * rules.multiplier_up
    lowest = request.trigger_price * rules.multiplier_down
    if request.side == "BUY" and request.price > highest:
        raise VenueRefusal(-4183, highest)
    if request.side == "SELL" and request.price < lowest:
        raise VenueRefusal(-4184, lowest)


def _check_size(rules: SymbolRules, request: AlgoRequest, price: Decimal) -> None:
    check_quantity(rules, request.quantity, is_market=not request.is_limit)
    valued_at = request.price or request.waits_for or price
    if not request.reduce_only and valued_at:
        check_notional(rules, request.quantity, valued_at)


def _is_met(request: AlgoRequest, price: Decimal) -> bool:
    if not price:
        return False
    waits_for = request.waits_for
    return price >= waits_for if request.is_rising else price <= waits_for
