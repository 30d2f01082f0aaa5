"""Position state: what PositionMonitor knows, as the fold of its facts.

The state is every position that was ever open in this run with its guard, what the strategies made
of those that are closed, and the marks and filters that its decisions need.
"""

from decimal import Decimal
from typing import TypeVar, assert_never

from attrs import define, evolve, field

from ..messages.account import FeePriceChanged
from ..messages.instruments import Filters, InstrumentsChanged
from ..messages.market import MarkChanged
from ..messages.orders import FillBooked
from ..messages.values import TERMINAL_STATES, Leg, PositionSide
from ..messages.venue import TradeEvidence
from .policies.fill_booking import Booked, book_of_fill
from .policies.flattening import Flattening
from .policies.guard import BareFill, Guard, VenueView
from .policies.guard_legs import note_leg
from .policies.held_fills import HeldFill, held_key, hold
from .policies.ledger import Position, adopted
from .policies.liquidation import Liquidation
from .policies.stop_plan import tighter
from .policies.trade_book import (
    Amounts,
    Share,
    TradeBook,
    add_amount,
    book_funding,
    book_other_fee,
    correct_trade,
    resize_trade,
    sum_of,
)
from .position_facts import (
    AlarmSet,
    ClosingSet,
    Fact,
    FeePriceNoted,
    FillApplied,
    FillCorrected,
    FillHeld,
    FillKnown,
    FlattenBegun,
    FlattenEnded,
    FlattenLooked,
    ForeignAdopted,
    ForeignSeen,
    FundingBooked,
    InstrumentsNoted,
    LegDenied,
    LegNoted,
    LegRequested,
    LiquidationNoted,
    ListingAwaited,
    MarkNoted,
    ProtectionSet,
    StrangerNoted,
    VenueAdopted,
    VenueDiffered,
    WholeFreed,
    note_flattening,
    note_liquidation,
)

Kept = TypeVar("Kept")

MS = 1_000_000
BOOKED_MAX = 1_024
"""Fills that a position remembers, so that none is booked twice: listings look back minutes."""
FOREIGN_STRATEGY = "foreign"
"""The strategy of somebody else's position that is protected."""
STRANGERS_MAX = 64
"""Fills of strangers that a position remembers."""
ZERO = Decimal(0)


@define
class PositionsState:
    """Every position that was ever open in this run, by `symbol/position side`."""

    guards: dict[str, Guard] = field(factory=dict[str, Guard])
    foreign: dict[str, VenueView] = field(factory=dict[str, VenueView])
    """Positions at the venue that nothing of ours ever was in."""
    lives: int = 0
    held: dict[str, HeldFill] = field(factory=dict[str, HeldFill])
    """By key and trade id, fills that wait for earlier ones which nobody has told yet."""
    marks: dict[str, MarkChanged] = field(factory=dict[str, MarkChanged])
    filters: dict[str, Filters] = field(factory=dict[str, Filters])
    longest_unprotected_ms: int = 0
    realised_pnl: Decimal = ZERO
    fees: Decimal = ZERO
    funding: Decimal = ZERO
    other_fees: Amounts = ()
    ended: dict[str, Share] = field(factory=dict[str, Share])
    """By strategy, what the lives that are over made."""
    flattenings: dict[str, Flattening] = field(factory=dict[str, Flattening])
    """By command, those under way and the latest that are over."""
    fee_price: FeePriceChanged | None = None
    liquidations: dict[str, Liquidation] = field(factory=dict[str, Liquidation])
    booked: Booked | None = field(init=False, default=None, eq=False, repr=False)
    """The last answer of `booked_fill`, for whoever asks it next; no part of what is known."""

    def open_guards(self) -> list[tuple[str, Guard]]:
        """Return the open positions with their keys."""
        return [(key, each) for key, each in self.guards.items() if not each.position.is_flat]

    def life(self, key: str, number: int) -> Guard | None:
        """Return the guard of a position while it is open in the life of that number."""
        guard = self.guards.get(key)
        is_over = guard is None or guard.number != number or guard.position.is_flat
        return None if is_over else guard


def key_of(symbol: str, position_side: PositionSide) -> str:
    """Return the key of a position."""
    return f"{symbol}/{position_side.value}"


def booked_fill(state: PositionsState, key: str, fill: FillBooked, at_ns: int) -> Booked:
    """Return what a fill makes of a position, whoever asks before or while it is booked."""
    trade = fill.trade
    guard = state.guards.get(key)
    before = Position(trade.symbol, trade.position_side) if guard is None else guard.position
    was = TradeBook() if guard is None else guard.book
    known = state.booked
    if known is None or not known.is_of(before, was, fill, at_ns):
        known = state.booked = book_of_fill(before, was, fill, at_ns)
    return known


def correction_of(guard: Guard, trade: TradeEvidence) -> Decimal:
    """Return what the venue's profit of a fill adds to the figure that we booked for it."""
    return trade.realised_pnl - guard.bare_fills[trade.trade_id].realised_pnl


def adopted_position(guard: Guard, at_ns: int) -> Position:
    """Return the position as the venue last showed it; one that was turned over is flat."""
    assert guard.venue is not None
    is_turned = guard.venue.quantity * guard.position.quantity < ZERO
    return adopted(
        guard.position,
        quantity=ZERO if is_turned else guard.venue.quantity,
        entry_price=guard.venue.entry_price,
        at_ns=at_ns,
    )


def apply_fact(  # noqa: C901, PLR0912, PLR0915 - one arm a fact
    state: PositionsState, fact: Fact
) -> None:
    """Change the state by one fact."""
    match fact:
        case FillApplied():
            _apply_fill(state, fact)
        case FillCorrected():
            _correct_fill(state, fact)
        case FillKnown():
            state.guards[fact.key].booked[fact.trade_id] = False
        case FillHeld():
            guard = state.guards.get(fact.key)
            hold(state.held, fact.key, fact.fill, () if guard is None else guard.booked)
        case FundingBooked():
            _book_funding(state, fact)
        case FlattenBegun() | FlattenLooked() | FlattenEnded():
            note_flattening(state.flattenings, fact)
        case FeePriceNoted():
            state.fee_price = fact.change
        case LiquidationNoted():
            note_liquidation(state.liquidations, fact)
        case StrangerNoted():
            _note(state.guards[fact.key].strangers, fact.trade.trade_id, fact.trade, STRANGERS_MAX)
        case VenueDiffered():
            state.guards[fact.key].venue = fact.view
        case ForeignSeen():
            _see_foreign(state, fact)
        case ForeignAdopted():
            _adopt_foreign(state, fact)
        case VenueAdopted():
            _adopt(state, state.guards[fact.key], fact.at_ns)
        case LegRequested():
            _request_leg(state.guards[fact.key], fact)
        case LegDenied():
            _deny_leg(state.guards[fact.key], fact)
        case LegNoted():
            note_leg(state.guards[fact.key], fact.change, failed=fact.failed)
        case WholeFreed():
            state.guards[fact.key].whole_refused.pop(fact.leg.value, None)
        case ClosingSet():
            guard = state.guards[fact.key]
            guard.closing, guard.closing_by = fact.reason, fact.by
        case ProtectionSet():
            _set_protection(state.guards[fact.key], fact.since_ns)
            state.longest_unprotected_ms = max(state.longest_unprotected_ms, fact.was_without_ms)
        case ListingAwaited():
            state.guards[fact.key].unlisted_since_ns = fact.since_ns
        case AlarmSet():
            state.guards[fact.key].is_alarmed = fact.alarm
        case MarkNoted():
            state.marks[fact.mark.symbol] = fact.mark
        case InstrumentsNoted():
            _note_instruments(state, fact.change)
        case _:
            assert_never(fact)


def _apply_fill(state: PositionsState, fact: FillApplied) -> None:
    fill, trade = fact.fill, fact.fill.trade
    booked = booked_fill(state, fact.key, fill, fact.at_ns)
    position = booked.after
    guard = state.guards.get(fact.key)
    if guard is None:
        guard = state.guards[fact.key] = Guard(Position(trade.symbol, trade.position_side))
    _note(guard.booked, trade.trade_id, fill.closed_by is not None, BOOKED_MAX)
    guard.strangers.pop(trade.trade_id, None)
    state.held.pop(held_key(fact.key, trade.trade_id), None)
    before, guard.position = guard.position, position
    if fill.leg is Leg.ENTRY and position.epoch == before.epoch:
        guard.stop_loss = tighter(guard, fill.stop_loss)
    if not trade.settled:
        realised = position.realised_pnl - before.realised_pnl
        is_new = position.epoch != before.epoch
        number = state.lives + 1 if is_new else guard.number
        is_theirs = is_new or any(each.strategy == fill.strategy for each in guard.book.shares)
        strategy = fill.strategy if is_theirs else guard.strategy
        guard.bare_fills[trade.trade_id] = BareFill(number, strategy, realised)
    state.realised_pnl += position.realised_pnl - before.realised_pnl
    state.fees += trade.fee
    state.other_fees = add_amount(state.other_fees, trade.other_fee_asset, trade.other_fee)
    guard.last_fill_ns, guard.last_price, guard.last_at_ms = fact.at_ns, trade.price, trade.at_ms
    is_over = not before.is_flat and (position.is_flat or position.epoch != before.epoch)
    guard.book = booked.book
    if is_over:
        _end_book(state, booked.charged)
    if position.epoch != before.epoch:
        state.lives += 1
        _begin_life(guard, before, fill, state.lives)
    if position.is_flat:
        _rest(guard)


def _request_leg(guard: Guard, fact: LegRequested) -> None:
    leg = fact.request.leg.value
    guard.attempts[leg] = guard.attempts.get(leg, 0) + 1
    guard.pending[leg] = fact.request


def _deny_leg(guard: Guard, fact: LegDenied) -> None:
    leg = fact.leg.value
    guard.pending.pop(leg, None)
    guard.failures[leg] = guard.failures.get(leg, 0) + 1
    if fact.given_up:
        guard.closing = ""


def _note_instruments(state: PositionsState, change: InstrumentsChanged) -> None:
    for filters in change.filters:
        state.filters[filters.symbol] = filters
    for symbol in change.gone:
        state.filters.pop(symbol, None)


def _set_protection(guard: Guard, since_ns: int) -> None:
    guard.unprotected_since_ns = since_ns
    if not since_ns:
        guard.unlisted_since_ns = 0


def _note(kept: dict[str, Kept], key: str, value: Kept, most: int) -> None:
    """Keep a value, and the newest of all."""
    kept.pop(key, None)
    kept[key] = value
    while len(kept) > most:
        del kept[next(iter(kept))]


def _book_funding(state: PositionsState, fact: FundingBooked) -> None:
    state.funding += fact.amount
    guard = state.guards.get(fact.key)
    if guard is not None and guard.position.is_flat:
        _end_share(state, Share(guard.strategy, funding=fact.amount))
    elif guard is not None:
        guard.book = book_funding(guard.book, fact.amount)


def _correct_fill(state: PositionsState, fact: FillCorrected) -> None:
    guard, trade = state.guards[fact.key], fact.trade
    realised = correction_of(guard, trade)
    bare = guard.bare_fills.pop(trade.trade_id)
    position = guard.position
    guard.position = evolve(
        position,
        realised_pnl=position.realised_pnl + realised,
        fees=position.fees + trade.fee,
    )
    state.realised_pnl += realised
    state.fees += trade.fee
    state.other_fees = add_amount(state.other_fees, trade.other_fee_asset, trade.other_fee)
    if bare.number == guard.number and not position.is_flat:
        book = correct_trade(guard.book, bare.strategy, realised, trade.fee)
        guard.book = book_other_fee(book, trade.other_fee_asset, trade.other_fee)
        return
    _end_share(state, Share(bare.strategy, realised_pnl=realised, fees=trade.fee))
    if bare.number != guard.number:
        # It belongs to an earlier life: where this one began moves along.
        guard.realised_before += realised
        guard.fees_before += trade.fee


def _adopt(state: PositionsState, guard: Guard, at_ns: int) -> None:
    guard.position = adopted_position(guard, at_ns)
    guard.book = resize_trade(guard.book, guard.position)
    guard.venue = None
    if guard.position.is_flat:
        _end_book(state, guard.book)
        _rest(guard)


def _see_foreign(state: PositionsState, fact: ForeignSeen) -> None:
    if fact.view is None:
        state.foreign.pop(fact.key, None)
    else:
        state.foreign[fact.key] = fact.view


def foreign_guard(state: PositionsState, fact: ForeignAdopted) -> Guard:
    """Return the guard of somebody else's position, whoever asks before or while it is kept."""
    symbol, _, side = fact.key.partition("/")
    known = state.guards.get(fact.key)
    flat = Position(symbol, PositionSide(side)) if known is None else known.position
    view = fact.view
    position = adopted(flat, quantity=view.quantity, entry_price=view.entry_price, at_ns=fact.at_ns)
    share = Share(FOREIGN_STRATEGY, position.quantity, position.cost)
    size = abs(position.quantity)
    return Guard(
        position,
        number=state.lives + 1,
        strategy=FOREIGN_STRATEGY,
        stop_loss=fact.stop_loss,
        is_foreign=True,
        legs={} if known is None else known.legs,
        booked={} if known is None else known.booked,
        bare_fills={} if known is None else known.bare_fills,
        book=TradeBook(opened_quantity=size, opened_value=abs(position.cost), shares=(share,)),
        realised_before=position.realised_pnl,
        fees_before=position.fees,
        last_fill_ns=fact.at_ns,
        last_price=view.entry_price,
        opened_at_ms=fact.at_ns // MS,
    )


def _adopt_foreign(state: PositionsState, fact: ForeignAdopted) -> None:
    state.guards[fact.key] = foreign_guard(state, fact)
    state.foreign.pop(fact.key, None)
    state.lives += 1


def _rest(guard: Guard) -> None:
    """Nothing is open: nothing is being closed, and the book is closed."""
    guard.closing, guard.is_alarmed, guard.book = "", False, TradeBook()
    guard.strangers = {}


def _end_book(state: PositionsState, book: TradeBook) -> None:
    for share in book.shares:
        _end_share(state, share)


def _end_share(state: PositionsState, share: Share) -> None:
    """Add what a strategy made to what it made before."""
    before = state.ended.get(share.strategy, Share(share.strategy))
    state.ended[share.strategy] = sum_of(before, share)


def _begin_life(guard: Guard, before: Position, fill: FillBooked, number: int) -> None:
    guard.number = number
    guard.strategy, guard.signal_id = fill.strategy, fill.signal_id
    guard.stop_loss, guard.take_profit = fill.stop_loss, fill.take_profit
    guard.trailing, guard.working_type = fill.trailing, fill.working_type
    guard.source, guard.model_version = fill.source, fill.model_version
    guard.opened_at_ms, guard.opened_by = fill.trade.at_ms, fill.trade.trade_id
    guard.attempts, guard.failures, guard.pending = {}, {}, {}
    guard.whole_refused, guard.is_foreign = {}, False
    guard.closing, guard.is_alarmed, guard.unlisted_since_ns = "", False, 0
    # What turned it over closed the earlier life, and its profit and fee count there.
    base = before if before.is_flat else guard.position
    guard.realised_before, guard.fees_before = base.realised_pnl, base.fees
    guard.legs = {
        client_order_id: record
        for client_order_id, record in guard.legs.items()
        if record.state not in TERMINAL_STATES and record.leg is not Leg.EXIT
    }
