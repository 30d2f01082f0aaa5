"""Ageing: for how long queries and listings know what is over.

Owns the rule that a cancelled or expired order without a fill is known for three days after its
creation, and anything for ninety (query-order page, read 2026-11). So "no such order" (-2013) is no
proof that an old order never was. What is open is always known. Owns no state.
"""

from bisect import bisect_left
from collections.abc import Sequence

from .account_settings import HistoryAges
from .algo_orders import AlgoOrder
from .fills import Fill
from .orders import Order

ENDED_BARE = ("CANCELED", "EXPIRED", "EXPIRED_IN_MATCH", "REJECTED")


def knows_order(ages: HistoryAges, order: Order, now_ms: int) -> bool:
    """Say whether a regular order can still be asked for."""
    is_bare = order.status in ENDED_BARE and not order.executed
    return order.is_open or _is_young(ages, now_ms - order.created_ms, is_bare=is_bare)


def knows_algo(ages: HistoryAges, algo: AlgoOrder, now_ms: int) -> bool:
    """Say whether a conditional order can still be asked for."""
    is_bare = algo.status in ENDED_BARE and (algo.child is None or not algo.child.executed)
    return algo.is_open or _is_young(ages, now_ms - algo.created_ms, is_bare=is_bare)


def known_fills(ages: HistoryAges, fills: Sequence[Fill], now_ms: int) -> Sequence[Fill]:
    """Return the fills that can still be asked for; they stand oldest first."""
    first = bisect_left(fills, now_ms - ages.trade_ms, key=lambda fill: fill.at_ms)
    return fills[first:] if first else fills


def _is_young(ages: HistoryAges, age_ms: int, *, is_bare: bool) -> bool:
    return age_ms <= (ages.unfilled_order_ms if is_bare else ages.order_ms)
