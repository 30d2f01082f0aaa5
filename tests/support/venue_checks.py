"""VenueChecks: what adds up at a venue, whatever a client and the market did.

Plain functions over a ledger, or over the frames that told of it; each asserts.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from callboard.scenarios.venue.ledger import VenueLedger

ENDED = ("FILLED", "CANCELED", "EXPIRED", "EXPIRED_IN_MATCH")


def check_conservation(ledger: VenueLedger, wallet: Decimal) -> None:
    """Check what adds up: positions, cash, each order's fills, and the wallet since `wallet`."""
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    filled: dict[int, Decimal] = defaultdict(Decimal)
    cash = Decimal(0)
    for fill in ledger.fills:
        signed = fill.quantity if fill.side == "BUY" else -fill.quantity
        amounts[fill.symbol, fill.position_side] += signed
        filled[fill.order_id] += fill.quantity
        cash -= signed * fill.price
    told = {(p.symbol, p.position_side): p.amount for p in ledger.positions}
    assert {key: amount for key, amount in amounts.items() if amount} == told
    for order in ledger.orders:
        if not order.is_algo:
            assert order.executed == filled[order.order_id]
            assert order.executed <= order.quantity
    assert ledger.fees == sum((fill.fee for fill in ledger.fills), Decimal(0))
    assert ledger.realized == sum((fill.realized for fill in ledger.fills), Decimal(0))
    earned = ledger.realized - ledger.fees + ledger.moved
    assert ledger.wallet_balance == wallet + earned
    # What flowed in cash is what was realised less what the open positions cost.
    cost = sum((p.amount * p.entry_price for p in ledger.positions), Decimal(0))
    assert abs(cash - (ledger.realized - cost)) < Decimal("0.0000001")


def check_ids(ledger: VenueLedger) -> None:
    """Check that client ids are unique among the open orders of each store."""
    opened = Counter((o.is_algo, o.client_order_id) for o in ledger.orders if o.is_open)
    assert all(count == 1 for count in opened.values())


def check_ends(frames: Iterable[Mapping[str, Any]]) -> None:
    """Check that an order is told to end once, and that nothing is told of it afterwards."""
    ended: set[int] = set()
    for frame in frames:
        order = frame["o"]
        assert order["i"] not in ended, "an order that has ended says no more"
        if order["X"] in ENDED:
            ended.add(order["i"])


def check_reducing(ledger: VenueLedger) -> None:
    """Check that no fill of a reduce-only order opened, grew or turned a position."""
    reduces = {order.order_id for order in ledger.orders if order.reduce_only}
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for fill in ledger.fills:
        key = fill.symbol, fill.position_side
        before = amounts[key]
        amounts[key] += fill.quantity if fill.side == "BUY" else -fill.quantity
        if fill.order_id in reduces:
            assert abs(amounts[key]) < abs(before)
            assert amounts[key] * before >= 0
