"""Position views: positions and strategies as a query answers them; nothing changes."""

from decimal import Decimal

from ..messages.market import MarkChanged
from ..messages.queries import PositionsView, PositionView, StrategyView
from .policies.guard import Guard
from .policies.ledger import unrealised_pnl
from .policies.liquidation import distance_pct
from .policies.trade_book import Share, sum_of
from .position_state import ZERO, PositionsState, key_of


def positions_view(state: PositionsState) -> PositionsView:
    """Return every open position, and what all of them made."""
    return PositionsView(
        positions=tuple(position_view(state, guard) for _, guard in state.open_guards()),
        realised_pnl=state.realised_pnl,
        fees=state.fees,
        longest_unprotected_ms=state.longest_unprotected_ms,
        funding=state.funding,
        other_fees=state.other_fees,
        strategies=strategy_views(state),
    )


def position_view(state: PositionsState, guard: Guard) -> PositionView:
    """Return a position as a query answers it."""
    position = guard.position
    mark = state.marks.get(position.symbol)
    liquidation = state.liquidations.get(key_of(position.symbol, position.position_side))
    distance = None
    if mark is not None and liquidation is not None:
        distance = distance_pct(mark.mark, liquidation.price)
    return PositionView(
        symbol=position.symbol,
        position_side=position.position_side,
        quantity=position.quantity,
        entry_price=position.entry_price,
        mark_price=ZERO if mark is None else mark.mark,
        realised_pnl=position.realised_pnl,
        fees=position.fees,
        stop_price=guard.stop_loss,
        protected=guard.is_protected,
        position_id=guard.intent_id,
        strategy=guard.strategy,
        funding=guard.book.funding,
        liquidation_price=None if liquidation is None else liquidation.price,
        liquidation_distance_pct=distance,
    )


def valued(state: PositionsState, newest: MarkChanged) -> Decimal:
    """Return the unrealised profit of all open positions, one symbol at its newest mark."""
    unrealised = ZERO
    for _, guard in state.open_guards():
        symbol = guard.position.symbol
        mark = newest if symbol == newest.symbol else state.marks.get(symbol)
        if mark is not None:
            unrealised += unrealised_pnl(guard.position, mark.mark)
    return unrealised


def strategy_views(state: PositionsState) -> tuple[StrategyView, ...]:
    """Return what each strategy made, over closed and open positions, by name."""
    totals = dict(state.ended)
    for _, guard in state.open_guards():
        for share in guard.book.shares:
            before = totals.get(share.strategy, Share(share.strategy))
            totals[share.strategy] = sum_of(before, share)
    return tuple(
        StrategyView(each.strategy, each.realised_pnl, each.fees, each.funding)
        for each in sorted(totals.values(), key=_strategy)
    )


def _strategy(share: Share) -> str:
    return share.strategy
