"""Entry rules: every reason for which the gate refuses an opening order, in their order.

A rule is a pure function that returns a `Refusal` (guard, figure, limit) or None. They stand by
idea: the world, the wish, the portfolio, the prices, the size. A new rule is one function and one
line in its list; its guard has a line in `guard_table.py`. Exits do not come here.
"""

from collections.abc import Callable, Iterable

from .entry_shape import ShapedEntry, price_entry, size_entry
from .entry_view import EntryView
from .portfolio_rules import (
    conditional_room,
    cooldown,
    daily_quota,
    one_direction,
    position_slots,
)
from .price_rules import PRICE_RULES
from .refusal import Refusal
from .size_rules import SIZE_RULES, WHOLE_SIZE_RULES, SizeRule
from .strategy_rules import strategy_open
from .wish_rules import (
    action_whitelist,
    expiry,
    good_till_date,
    leverage,
    margin_type,
    scores,
    symbol_whitelist,
)
from .world_rules import (
    account_known,
    contract,
    emergency_known,
    mark_known,
    policy_known,
    positions_known,
    readiness,
    symbol_hold,
    trading_state,
)

Rule = Callable[[EntryView], Refusal | None]

RULES: tuple[Rule, ...] = (
    trading_state,
    readiness,
    policy_known,
    emergency_known,
    symbol_whitelist,
    action_whitelist,
    symbol_hold,
    expiry,
    good_till_date,
    scores,
    contract,
    mark_known,
    account_known,
    positions_known,
    one_direction,
    position_slots,
    conditional_room,
    cooldown,
    daily_quota,
    strategy_open,
    leverage,
    margin_type,
)
RENEWAL_RULES: tuple[Rule, ...] = (
    trading_state,
    readiness,
    emergency_known,
    symbol_whitelist,
    action_whitelist,
    symbol_hold,
    expiry,
    contract,
    mark_known,
    account_known,
    positions_known,
)
"""What is asked again of an approval that aged; its size, cooldown and quota are charged (C-49)."""


def judge(view: EntryView) -> ShapedEntry | Refusal:
    """Return the entry as it may be sent, or the first refusal."""
    return _judge(view, SIZE_RULES)


def judge_whole(view: EntryView) -> Refusal | None:
    """Return why an algorithm may not begin, judged as if it were one order.

    What bounds a single order is left to its slices.
    """
    verdict = _judge(view, WHOLE_SIZE_RULES)
    return verdict if isinstance(verdict, Refusal) else None


def first_refusal(view: EntryView) -> Refusal | None:
    """Return why an approved entry may not be sent any more (for renewals)."""
    return _first(RENEWAL_RULES, view)


def _judge(view: EntryView, size_rules: Iterable[SizeRule]) -> ShapedEntry | Refusal:
    refusal = _first(RULES, view)
    if refusal is not None:
        return refusal
    prices = price_entry(view)
    if isinstance(prices, Refusal):
        return prices
    refusal = _first(PRICE_RULES, view, prices)
    if refusal is not None:
        return refusal
    shaped = size_entry(view, prices)
    if isinstance(shaped, Refusal):
        return shaped
    return _first(size_rules, view, shaped) or shaped


def _first(rules: Iterable[Callable[..., Refusal | None]], *seen: object) -> Refusal | None:
    for rule in rules:
        refusal = rule(*seen)
        if refusal is not None:
            return refusal
    return None
