"""Risk view: what the entry rules look at, read from the gate's books for one entry.

Pure. Sums the exposure that is open or may still open, and puts the world as the gate knows it
into an `EntryView`; the rules themselves are in `policies/entry_rules.py`. What the gate has not
heard yet stands in the view as the value that refuses.
"""

from decimal import Decimal

from attrs import evolve

from ..messages.account import AccountChanged
from ..messages.intake import SubmitSignal
from ..messages.orders import RequestExit
from ..messages.values import Side, SignalType, TradingState
from .policies.emergency import UNASKED, EmergencyTerms, EmergencyWord
from .policies.entry_view import EntryView, StrategyView, opened_side
from .policies.execution_book import DAY_NS, ExecutionBook
from .policies.risk_policy import changed
from .policies.size_rules import fall_percent
from .policies.strategy_rules import limits_of_strategy
from .risk_facts import ZERO, ExitCharge, GateState, Reservation, position_key
from .settings import RiskSettings, StrategyLimits

MS = 1_000_000


def entry_view(
    state: GateState,
    base: RiskSettings,
    signal: SubmitSignal,
    now_ns: int,
    margin_asset: str = "",
    emergency: EmergencyTerms = UNASKED.terms,
) -> EntryView:
    """Return what the rules look at for a new entry, under the policy in force.

    Raises `PolicyError` when the policy does not fit the settings of this start.
    """
    settings = changed(base, state.policy)
    trading, symbol = state.trading, signal.symbol
    bracket = state.leverage.get(symbol)
    slots, reserved = open_slots(state), tuple(state.reservations.values())
    key = position_key(symbol, opened_side(state.account, signal.signal))
    limits = limits_of_strategy(settings, signal)
    return EntryView(
        signal=signal,
        settings=settings,
        now_ns=now_ns,
        venue_ms=venue_ms(state, now_ns),
        trading_state=TradingState.HALTED if trading is None else trading.state,
        trading_reason="" if trading is None else trading.reason,
        venue_open=trading is not None and trading.venue_open,
        is_ready=state.ready,
        clock_trusted=state.clock is not None and state.clock.trusted,
        stream_healthy=state.stream_healthy,
        symbol_hold=_symbol_hold(state, symbol),
        account=state.account,
        filters=state.filters.get(symbol),
        filters_read_at_ns=state.filters_read_at_ns,
        mark=state.marks.get(symbol),
        position_quantity=_committed(state, key),
        position_notional=_notional(state, key),
        gross_notional=sum((_notional(state, key) for key in slots), ZERO),
        reserved_notional=sum((each.remaining * each.price for each in reserved), ZERO),
        slots_used=len(slots),
        has_slot=key in slots,
        executed_at_ns=executed_at_ns(state, symbol),
        executions_today=executions_today(state, now_ns),
        leverage=settings.leverage if bracket is None else bracket.config.leverage,
        bracket=bracket,
        listed_at_ns=0 if state.listed is None else state.listed.departed_at_ns,
        open_orders=_open_orders(state, symbol),
        conditional_orders=_conditional_orders(state),
        policy_at_ms=state.policy_at_ms,
        others=_others(state, symbol),
        own=None if limits is None else strategy_view(state, limits, key, now_ns),
        margin_asset=margin_asset,
        emergency=EmergencyWord(emergency, state.emergency_at_ms),
    )


def renewal_view(
    state: GateState,
    base: RiskSettings,
    reservation: Reservation,
    now_ns: int,
    emergency: EmergencyTerms = UNASKED.terms,
) -> EntryView:
    """Return what the rules for a renewal look at; size and quota were charged already."""
    is_long = reservation.side is Side.BUY
    signal = SubmitSignal(
        signal_id=reservation.intent_id,
        at_ms=0,
        signal=SignalType.LONG_ENTRY if is_long else SignalType.SHORT_ENTRY,
        symbol=reservation.symbol,
        strategy=reservation.strategy,
        expires_at_ms=reservation.deadline_ms,
    )
    return entry_view(state, base, signal, now_ns, emergency=emergency)


def slice_view(view: EntryView) -> EntryView:
    """Return the view of a slice whose algorithm was charged: it goes on with what that began."""
    own = view.own
    if own is not None:
        own = evolve(own, executed_at_ns=0, executions_today=0)
    return evolve(view, executed_at_ns=0, executions_today=0, own=own, goes_on=True)


def drawdown_of(account: AccountChanged) -> Decimal:
    """Return how far the equity is below its peak, percent to four places."""
    return round(fall_percent(account.peak_equity, account.equity), 4)


def venue_ms(state: GateState, now_ns: int) -> int:
    """Return the venue's time, ms; our own while its clock is not known."""
    offset_ns = 0 if state.clock is None else state.clock.offset_ns
    return (now_ns + offset_ns) // MS


def open_slots(state: GateState, strategy: str | None = None) -> dict[str, bool]:
    """Return the positions that use a slot: open ones, and those that may still open.

    Of a strategy those in which it has a share.
    """
    slots = {key: True for key in state.positions if _held(state, key, strategy) != ZERO}
    for reservation in state.reservations.values():
        if strategy in (None, reservation.strategy):
            slots[reservation.position_key] = True
    return slots


def executed_at_ns(state: GateState, symbol: str, strategy: str | None = None) -> int:
    """Return when a symbol was last executed, by a strategy or by anybody; 0 for never."""
    times = [
        each.approved_at_ns
        for each in state.reservations.values()
        if each.symbol == symbol and strategy in (None, each.strategy) and not each.goes_on
    ]
    return max([book_of(state, strategy).executed_at_ns.get(symbol, 0), *times])


def executions_today(state: GateState, now_ns: int, strategy: str | None = None) -> int:
    """Return the executions of the UTC day, those that are still reserved among them."""
    day = now_ns // DAY_NS
    reserved = [
        each
        for each in state.reservations.values()
        if each.approved_at_ns // DAY_NS == day
        and strategy in (None, each.strategy)
        and not each.goes_on
    ]
    return len(reserved) + book_of(state, strategy).of_day(day)


def exit_charge(state: GateState, request: RequestExit, now_ns: int) -> ExitCharge:
    """Return what the wish to reduce takes, and what it would be put back to."""
    own = book_of(state, request.strategy)
    return ExitCharge(
        request.symbol,
        request.strategy,
        at_ns=now_ns,
        before_ns=state.executions.executed_at_ns.get(request.symbol, 0),
        strategy_before_ns=own.executed_at_ns.get(request.symbol, 0),
    )


def book_of(state: GateState, strategy: str | None) -> ExecutionBook:
    """Return the book of a strategy, or the account's."""
    if strategy is None:
        return state.executions
    return state.executions_by.get(strategy) or ExecutionBook()


def strategy_view(state: GateState, limits: StrategyLimits, key: str, now_ns: int) -> StrategyView:
    """Return what a strategy with limits of its own has open, promised and done."""
    name = limits.name
    notionals = {each: _notional(state, each, name) for each in open_slots(state, name)}
    symbol = key.partition("/")[0]
    return StrategyView(
        limits=limits,
        position_notional=notionals.get(key, ZERO),
        gross_notional=sum(notionals.values(), ZERO),
        slots_used=len(notionals),
        has_slot=key in notionals,
        executed_at_ns=executed_at_ns(state, symbol, name),
        executions_today=executions_today(state, now_ns, name),
    )


def _open_orders(state: GateState, symbol: str) -> int:
    """Return the regular orders of a symbol that the venue listed, and those approved since."""
    listed = state.listed
    if listed is None:
        return 0
    since = [
        each
        for each in state.reservations.values()
        if each.symbol == symbol and each.approved_at_ns >= listed.departed_at_ns
    ]
    return dict(listed.open_orders).get(symbol, 0) + len(since)


def _conditional_orders(state: GateState) -> int:
    """Return the listed conditional orders, and a stop and a target for each position to come.

    However many entries a position has, and however often it was opened since, one of each stands
    for it. What was listed of it already is counted again: too many rather than too few.
    """
    listed = 0 if state.listed is None else state.listed.conditional_orders
    entries = len(state.reservations) + len(state.ended_at_ns)
    return listed + 2 * min(entries, len(open_slots(state)))


def _others(state: GateState, symbol: str) -> tuple[tuple[str, Decimal], ...]:
    """Return the positions of other symbols, open or to come, with their signed notional."""
    others: list[tuple[str, Decimal]] = []
    for key in open_slots(state):
        other = key.partition("/")[0]
        if other != symbol:
            sign = 1 if _committed(state, key) > ZERO else -1
            others.append((other, sign * _notional(state, key)))
    return tuple(others)


def _symbol_hold(state: GateState, symbol: str) -> str:
    if state.trading is not None and symbol in state.trading.reducing_symbols:
        return "reducing"
    if symbol in state.mismatched:
        return "mismatch"
    return "unprotected" if symbol in state.unprotected else ""


def _committed(state: GateState, key: str) -> Decimal:
    """Return the signed quantity, open or still to come."""
    quantity = state.positions.get(key, ZERO)
    for reservation in state.reservations.values():
        if reservation.position_key == key:
            sign = 1 if reservation.side is Side.BUY else -1
            quantity += sign * reservation.remaining
    return quantity


def _notional(state: GateState, key: str, strategy: str | None = None) -> Decimal:
    """Return what is open at its mark plus what may still open at its price."""
    symbol = key.partition("/")[0]
    mark = state.marks.get(symbol)
    price = ZERO if mark is None else mark.mark
    notional = abs(_held(state, key, strategy)) * price
    for reservation in state.reservations.values():
        if reservation.position_key == key and strategy in (None, reservation.strategy):
            notional += reservation.remaining * reservation.price
    return notional


def _held(state: GateState, key: str, strategy: str | None) -> Decimal:
    """Return the signed quantity of a position, or a strategy's share of it."""
    if strategy is None:
        return state.positions.get(key, ZERO)
    return state.shares.get(key, {}).get(strategy, ZERO)
