"""Ledger: the venue's own truth, frozen, for those who check an engine against it.

Owns the records and how they are taken from a core. A ledger is a copy: it stays as it was.
"""

from collections.abc import Mapping
from decimal import Decimal

from attrs import field, frozen

from .core import Core
from .fills import Fill
from .orders import Order


@frozen
class OrderTruth:
    """What the venue knows of one accepted order, regular or conditional.

    For a conditional `executed` is what its child filled, and `order_id` is the algo id.
    """

    order_id: int
    client_order_id: str
    symbol: str
    side: str
    position_side: str
    type: str
    status: str
    quantity: Decimal
    executed: Decimal
    reduce_only: bool
    close_position: bool
    is_algo: bool
    is_open: bool
    child_order_id: int | None
    parent_algo_id: int | None
    accepted_at_ns: int
    is_forced: bool = False
    """The venue's own: a liquidation, deleveraging or settlement."""


@frozen
class PositionTruth:
    """A position that is not flat; `amount` is signed."""

    symbol: str
    position_side: str
    amount: Decimal
    entry_price: Decimal


@frozen
class VenueLedger:
    """What happened at the venue until `at_ns`; orders and fills as far as they are kept."""

    at_ns: int
    orders: tuple[OrderTruth, ...]
    fills: tuple[Fill, ...]
    positions: tuple[PositionTruth, ...]
    wallet_balance: Decimal
    realized: Decimal
    fees: Decimal
    weight_1m_used_max: int
    orders_10s_used_max: int
    orders_1m_used_max: int
    bans: int
    orders_accepted: int = 0
    """All that clients sent and the venue took, kept or forgotten."""
    fills_made: int = 0
    """All fills, kept or forgotten."""
    moved: Decimal = Decimal(0)
    """Wallet changes that no fill made."""
    incomes: Mapping[str, Decimal] = field(factory=dict[str, Decimal])
    """The same by kind: funding, clearances, transfers."""
    fee_asset_paid: Decimal = Decimal(0)
    """Fees that another asset paid, in that asset; `fees` are those in quote currency."""


def take(core: Core) -> VenueLedger:
    """Copy the truth out of a core; orders stand in the order of their acceptance."""
    orders = [_regular(order) for order in core.matching.orders.all()] + _conditionals(core)
    limits = core.limits
    return VenueLedger(
        at_ns=core.moment.ns,
        orders=tuple(sorted(orders, key=lambda order: order.accepted_at_ns)),
        fills=core.matching.fills.all(),
        positions=tuple(
            PositionTruth(position.symbol, position.side, position.amount, position.entry_price)
            for position in core.account.open_positions()
        ),
        wallet_balance=core.account.wallet,
        realized=core.account.realized,
        fees=core.account.fees,
        weight_1m_used_max=limits.address.weight_1m.used_max,
        orders_10s_used_max=limits.orders_10s.used_max,
        orders_1m_used_max=limits.orders_1m.used_max,
        bans=limits.address.bans,
        orders_accepted=core.matching.orders.accepted + core.conditional.store.accepted,
        fills_made=core.matching.fills.made,
        moved=core.account.moved,
        incomes=dict(core.income.totals),
        fee_asset_paid=core.account.purse.paid,
    )


def _regular(order: Order) -> OrderTruth:
    request = order.request
    return OrderTruth(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        symbol=order.symbol,
        side=request.side,
        position_side=request.position_side,
        type=request.type,
        status=order.status,
        quantity=order.quantity,
        executed=order.executed,
        reduce_only=request.reduce_only,
        close_position=request.close_position,
        is_algo=False,
        is_open=order.is_open,
        child_order_id=None,
        parent_algo_id=request.algo_id or None,
        accepted_at_ns=order.created_ns,
        is_forced=request.is_forced,
    )


def _conditionals(core: Core) -> list[OrderTruth]:
    return [
        OrderTruth(
            order_id=algo.algo_id,
            client_order_id=algo.request.client_algo_id,
            symbol=algo.request.symbol,
            side=algo.request.side,
            position_side=algo.request.position_side,
            type=algo.request.type,
            status=algo.status,
            quantity=algo.request.quantity,
            executed=algo.child.executed if algo.child is not None else Decimal(0),
            reduce_only=algo.request.reduce_only,
            close_position=algo.request.close_position,
            is_algo=True,
            is_open=algo.is_open,
            child_order_id=algo.child.order_id if algo.child is not None else None,
            parent_algo_id=None,
            accepted_at_ns=algo.created_ns,
        )
        for algo in core.conditional.store.all()
    ]
