"""Opening: the simulated venue in the middle of a run, as the engine knew it at that moment.

Owns the way from what the actors know (filters, leverage, money, positions, resting orders) to a
venue in which all that is so. What they do not know yet at the beginning of a run is taken from
its first readings. Ids go on beyond those that the engine has seen. Orders of strangers, the
venue's faults and what is in nobody's memory are not there.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from attrs import evolve, frozen

from ...actors import names
from ...actors.account_facts import AccountState
from ...actors.order_state import OrdersState
from ...actors.policies.order_record import Order as KnownOrder
from ...actors.position_state import PositionsState
from ...actors.runtime.cell import Cell
from ...messages.account import Bracket as KnownBracket
from ...messages.account import BracketsRead, SymbolConfigsRead
from ...messages.instruments import Filters
from ...messages.values import OrderState, OrderType
from ...messages.venue import AccountModeRead, AccountRead, InstrumentsRead
from ..venue.account import ISOLATED
from ..venue.algo_orders import AlgoOrder, AlgoRequest
from ..venue.core import Core
from ..venue.moment import NS_PER_MS
from ..venue.orders import Order, OrderRequest
from ..venue.settings import Bracket, SymbolRules, VenueSettings

ZERO = Decimal(0)
READ_AT_START = (InstrumentsRead, AccountRead, AccountModeRead, SymbolConfigsRead, BracketsRead)
RESTS = (
    OrderState.ACTIVE,
    OrderState.PARTIALLY_FILLED,
    OrderState.AMENDING,
    OrderState.CANCELLING,
)


Readings = Mapping[type, Any]
"""The first answer of each class of `READ_AT_START` that a journal holds."""


@frozen
class Known:
    """What the engine knows of the venue at one moment."""

    filters: tuple[Filters, ...]
    account: AccountState
    orders: OrdersState
    positions: PositionsState

    def venue_settings(self) -> VenueSettings:
        """Return the venue's rules and the account's money."""
        mode = self.account.mode
        return VenueSettings(
            symbols=tuple(_rules(each, self.account.ladders) for each in self.filters),
            wallet_balance=self.account.wallet,
            hedge_mode=mode is not None and mode.hedge_mode,
            clock_skew_ms=self.orders.offset_ns // NS_PER_MS,
        )


def known_of(cells: Mapping[str, Cell], readings: Readings) -> Known:
    """Return what the actors know, and where they know nothing yet, what they will read first."""
    money: AccountState = cells[names.ACCOUNT].actor.state
    filters = tuple(cells[names.INSTRUMENTS].actor.state.filters.values())
    if not filters and (read := readings.get(InstrumentsRead)) is not None:
        filters = read.instruments
    if not money.known_at_ns and (read := readings.get(AccountRead)) is not None:
        money = evolve(money, wallet=read.wallet)
    if money.mode is None:
        money = evolve(money, mode=readings.get(AccountModeRead))
    if not money.configs and (read := readings.get(SymbolConfigsRead)) is not None:
        money = evolve(money, configs={each.symbol: each for each in read.configs})
    if not money.ladders and (read := readings.get(BracketsRead)) is not None:
        money = evolve(money, ladders={each.symbol: each.brackets for each in read.ladders})
    return Known(
        filters,
        money,
        cells[names.ORDER_MANAGER].actor.state,
        cells[names.POSITION_MONITOR].actor.state,
    )


def furnish(core: Core, known: Known) -> None:
    """Put the account into a venue whose books show the market of the moment already."""
    for symbol, config in known.account.configs.items():
        if symbol in core.account.rules:
            core.account.leverage[symbol] = config.leverage
            if config.isolated:
                core.account.margin_type[symbol] = ISOLATED
    orders = [*known.orders.orders.values(), *known.orders.history.values()]
    core.matching.orders.skip_ids(_highest(each.venue_order_id for each in orders))
    core.conditional.store.skip_ids(_highest(each.algo_id for each in orders))
    trades = [trade for each in orders for trade in each.trade_ids]
    trades += [trade for each in known.positions.guards.values() for trade in each.booked]
    core.matching.fills.skip_ids(_highest(trades))
    _furnish_positions(core, known.positions)
    for order in known.orders.orders.values():
        if order.approved.symbol in core.account.rules and order.state in RESTS:
            _furnish_order(core, order)


def _furnish_positions(core: Core, positions: PositionsState) -> None:
    held = {
        (each.position.symbol, each.position.position_side.value): (
            each.position.quantity,
            each.position.entry_price,
        )
        for _, each in positions.open_guards()
    }
    for key, view in positions.foreign.items():
        symbol, _, side = key.partition("/")
        held.setdefault((symbol, side), (view.quantity, view.entry_price))
    for (symbol, side), (quantity, entry_price) in held.items():
        if symbol in core.account.rules:
            position = core.account.position((symbol, side))
            position.amount, position.cost = quantity, quantity * entry_price


def _furnish_order(core: Core, order: KnownOrder) -> None:
    if order.approved.order_type.is_conditional:
        core.conditional.adopt(_algo(core, order))
    else:
        core.matching.adopt(_regular(core, order))


def _algo(core: Core, order: KnownOrder) -> AlgoOrder:
    approved, moment = order.approved, core.moment
    assert approved.trigger_price is not None, approved
    request = AlgoRequest(
        symbol=approved.symbol,
        side=approved.side.value,
        position_side=approved.position_side.value,
        type=approved.order_type.value,
        time_in_force=approved.time_in_force.value,
        quantity=approved.quantity or ZERO,
        trigger_price=approved.trigger_price,
        working_type=approved.working_type.value,
        reduce_only=approved.reduce_only,
        close_position=approved.close_position,
        price_protect=False,
        client_algo_id=approved.client_order_id,
        price=approved.price or ZERO,
        good_till_ms=approved.good_till_ms,
    )
    number = int(order.algo_id or order.venue_order_id or core.conditional.store.next_id())
    return AlgoOrder(number, request, order.created_at_ns, moment.ms, moment.ms)


def _regular(core: Core, order: KnownOrder) -> Order:
    approved, moment = order.approved, core.moment
    quantity = order.ordered or ZERO
    price = approved.price if order.amended_price is None else order.amended_price
    request = OrderRequest(
        symbol=approved.symbol,
        side=approved.side.value,
        position_side=approved.position_side.value,
        type=OrderType.LIMIT.value,
        time_in_force=approved.time_in_force.value,
        quantity=quantity,
        price=price or ZERO,
        reduce_only=approved.reduce_only,
        client_order_id=approved.client_order_id,
        good_till_ms=approved.good_till_ms,
    )
    return Order(
        order_id=int(order.venue_order_id or core.matching.orders.next_id()),
        request=request,
        quantity=quantity,
        price=request.price,
        created_ns=order.created_at_ns,
        created_ms=order.created_at_ns // NS_PER_MS,
        updated_ms=moment.ms,
        ends_ms=approved.good_till_ms or moment.ms + core.settings.order_lifetime_ms,
        status="PARTIALLY_FILLED" if order.filled else "NEW",
        executed=order.filled,
        quote_executed=order.cost,
    )


def _rules(filters: Filters, ladders: Mapping[str, tuple[KnownBracket, ...]]) -> SymbolRules:
    rules = SymbolRules(
        symbol=filters.symbol,
        base=filters.symbol.removesuffix(filters.margin_asset),
        tick=filters.tick_size,
        price_min=filters.price_min,
        price_max=filters.price_max,
        step=filters.step_size,
        quantity_min=filters.quantity_min,
        quantity_max=filters.quantity_max,
        market_quantity_max=filters.market_quantity_max,
        notional_min=filters.notional_min,
        price_precision=_digits(filters.tick_size),
        quantity_precision=_digits(filters.step_size),
        quote=filters.margin_asset,
        multiplier_up=filters.multiplier_up,
        multiplier_down=filters.multiplier_down,
        trigger_protect=filters.trigger_protect,
        market_take_bound=filters.market_take_bound,
        orders_max=filters.orders_max,
        status=filters.status.value,
    )
    ladder = ladders.get(filters.symbol, ())
    return evolve(rules, brackets=_brackets(ladder)) if ladder else rules


def _brackets(ladder: Iterable[KnownBracket]) -> tuple[Bracket, ...]:
    """Return the ladder with what makes maintenance margin continuous at each step's floor."""
    steps: list[Bracket] = []
    ratio = cum = ZERO
    for step in ladder:
        cum += step.notional_floor * (step.maintenance_ratio - ratio)
        ratio = step.maintenance_ratio
        steps.append(Bracket(step.leverage_max, step.notional_floor, step.notional_cap, ratio, cum))
    return tuple(steps)


def _digits(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _highest(ids: Iterable[str]) -> int:
    return max((int(each) for each in ids if each.isdigit()), default=0)
