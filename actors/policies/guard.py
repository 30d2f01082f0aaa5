"""Guard: what the position monitor knows of one position and of the orders that protect it.

Pure. A position is protected while one of its stops rests at the venue; a stop that is triggering,
or whose child works, has left the open listing and still protects. Legs are kept by client order
id until they have ended, also those of an earlier life of the position.
"""

from decimal import Decimal
from typing import assert_never

from attrs import define, field, frozen

from ...messages.instruments import Filters
from ...messages.orders import FillBooked, LegChanged, RequestExit
from ...messages.plans import TrailingStop
from ...messages.positions import StrangerFilled
from ...messages.values import (
    TERMINAL_STATES,
    CloseReason,
    Leg,
    OrderState,
    Side,
    SignalSource,
    WorkingType,
)
from ...messages.venue import TradeEvidence
from .ledger import Position, reduces
from .rounding import split_market_quantity
from .strangers import trade_order
from .trade_book import TradeBook

RESTING = (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED, OrderState.TRIGGERING)


@define
class LegRecord:
    """One order of a guard as OrderManager last told it."""

    leg: Leg
    intent_id: str
    state: OrderState
    trigger_price: Decimal | None
    is_doubted: bool = False
    """Unknown, and one query did not find it: another may go out beside it."""
    quantity: Decimal | None = None
    """Base units ordered; None for the whole position, whatever it will be."""

    @property
    def is_live(self) -> bool:
        """True while the order may still do something that we wait for; no person is waited for."""
        is_over = self.state in TERMINAL_STATES or self.state is OrderState.PARKED
        return not (is_over or self.is_doubted)


@frozen
class BareFill:
    """A fill whose fee and profit are still to come: the life it fell in, our own profit figure."""

    number: int
    strategy: str
    realised_pnl: Decimal


@frozen
class VenueView:
    """What the venue showed of a position in the last comparison, where that differed."""

    pass_number: int
    quantity: Decimal
    entry_price: Decimal
    departed_at_ns: int


@define
class Guard:
    """One position, in the life that `number` counts, and its legs."""

    position: Position
    number: int = 0
    strategy: str = ""
    signal_id: str = ""
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    trailing: TrailingStop | None = None
    """How the venue's trailing stop follows; its activation is gone once that price was passed."""
    working_type: WorkingType = WorkingType.MARK_PRICE
    legs: dict[str, LegRecord] = field(factory=dict[str, LegRecord])
    attempts: dict[str, int] = field(factory=dict[str, int])
    """Requests by leg, in this life."""
    pending: dict[str, RequestExit] = field(factory=dict[str, RequestExit])
    """By leg, the request that nobody has answered yet."""
    failures: dict[str, int] = field(factory=dict[str, int])
    """Requests of a leg in a row that came to nothing."""
    whole_refused: dict[str, bool] = field(factory=dict[str, bool])
    """Legs of which the venue has a closePosition order already, that is not this life's."""
    unprotected_since_ns: int = 0
    """0 while protected or flat."""
    unlisted_since_ns: int = 0
    """Since when a new life of the monitor waits for the venue's listing before it closes for want
    of a stop; 0 where it does not."""
    is_alarmed: bool = False
    is_foreign: bool = False
    """Somebody else's position that is protected by setting; the engine never closes it itself."""
    closing: str = ""
    """Why it is being closed whole; empty where it is not."""
    closing_by: CloseReason = CloseReason.SIGNAL
    """Whose wish that is."""
    book: TradeBook = field(factory=TradeBook)
    """This life as a trade."""
    source: SignalSource = SignalSource.AUTOMATED
    model_version: str | None = None
    opened_at_ms: int = 0
    last_at_ms: int = 0
    """Venue times of the first and the last fill of this life."""
    opened_by: str = ""
    """Trade id of the fill that began this life; empty where none did."""
    realised_before: Decimal = Decimal(0)
    fees_before: Decimal = Decimal(0)
    last_fill_ns: int = 0
    last_price: Decimal = Decimal(0)
    bare_fills: dict[str, BareFill] = field(factory=dict[str, BareFill])
    """By trade id."""
    venue: VenueView | None = None
    booked: dict[str, bool] = field(factory=dict[str, bool])
    """The newest fills by trade id; True for one of an order that was not ours then."""
    strangers: dict[str, TradeEvidence] = field(factory=dict[str, TradeEvidence])
    """By trade id, this life's fills of orders that are not ours; they may explain a difference."""

    @property
    def intent_id(self) -> str:
        """Intent of the monitor's own orders in this life, which names the life, too."""
        return life_id(self.number)

    @property
    def is_closable(self) -> bool:
        """True while the engine may decide to close it, and has not."""
        return not (self.closing or self.is_foreign)

    @property
    def exit_side(self) -> Side:
        """Side of an order that reduces the position."""
        return Side.SELL if self.position.quantity > 0 else Side.BUY

    @property
    def is_protected(self) -> bool:
        """True while stops of this life rest at the venue for all that is open."""
        return self.is_protected_beside("")

    def is_protected_beside(self, client_order_id: str) -> bool:
        """True while they do without the one named."""
        stops = [record.quantity for record in self.resting_stops(client_order_id)]
        by_quantity = [quantity for quantity in stops if quantity is not None]
        is_whole = len(by_quantity) < len(stops)
        enough = sum(by_quantity) >= abs(self.position.quantity)
        return is_whole or (bool(by_quantity) and enough)

    def resting_stops(self, but: str = "") -> list[LegRecord]:
        """Return the stops of this life that rest at the venue, without the one named."""
        return [
            record
            for cid, record in self.own_legs()
            if record.leg is Leg.STOP and record.state in RESTING and cid != but
        ]

    @property
    def has_quantity_legs(self) -> bool:
        """True while a protective order of this life is for a quantity, which may change."""
        return any(
            record.quantity is not None
            and record.state not in TERMINAL_STATES
            and record.intent_id == self.intent_id
            and record.leg.is_protective
            for record in self.legs.values()
        )

    def has_live(self, leg: Leg) -> bool:
        """True when an order of the leg is on its way or works, or is asked for and unheard of."""
        if leg.value in self.pending:
            return True
        return any(record.leg is leg and record.is_live for _, record in self.own_legs())

    @property
    def awaits_leave(self) -> bool:
        """True while the exit that a signal wants is not approved yet: the gate may refuse it."""
        request = self.pending.get(Leg.EXIT.value)
        return request is not None and request.wish is not None

    def answers(self, change: LegChanged) -> bool:
        """True when this is the first word of the order that the pending request asked for."""
        request = self.pending.get(change.leg.value)
        is_meant = request is not None and request.intent_id == change.intent_id
        return is_meant and change.client_order_id not in self.legs

    def may_concern(self, trade: TradeEvidence) -> bool:
        """True when a stranger's fill fell in this life, and is not booked."""
        is_known = trade.trade_id in self.booked
        if self.opened_by:
            is_earlier = trade_order(trade.trade_id) < trade_order(self.opened_by)
        else:
            is_earlier = trade.at_ms < self.opened_at_ms
        return not (self.position.is_flat or is_known or is_earlier)

    def reduces(self, trade: TradeEvidence) -> bool:
        """True when the fill makes the position smaller and does not turn it over."""
        return reduces(self.position, trade.side, trade.quantity)

    def left_ids(self) -> list[str]:
        """Return the orders that have not ended, which a flat position has no use for."""
        return [
            client_order_id
            for client_order_id, record in self.legs.items()
            if record.state not in TERMINAL_STATES
        ]

    def competing_ids(self, client_order_id: str) -> list[str]:
        """Return the orders that may reduce before the exit named: other exits, and targets."""
        return [
            cid
            for cid, record in self.own_legs()
            if cid != client_order_id
            and record.leg is not Leg.STOP
            and (record.leg is Leg.EXIT or record.quantity is not None)
            and record.state not in TERMINAL_STATES
        ]

    def own_legs(self) -> list[tuple[str, LegRecord]]:
        """Legs of this life; a discretionary exit carries its signal's intent."""
        intent_id = self.intent_id
        return [
            (client_order_id, record)
            for client_order_id, record in self.legs.items()
            if record.intent_id == intent_id or record.leg is Leg.EXIT
        ]


def life_id(number: int) -> str:
    """Return the name of a position's life, unique in one journal."""
    return f"p{number}"


def close_reason(fill: FillBooked, guard: Guard) -> CloseReason:
    """Return why a fill closed what it closed of a position."""
    match fill.leg:
        case _ if fill.closed_by is not None:
            return fill.closed_by
        case Leg.STOP:
            return CloseReason.STOP_LOSS
        case Leg.TARGET:
            return CloseReason.TAKE_PROFIT
        case Leg.TRAIL:
            return CloseReason.TRAILING_STOP
        case Leg.EXIT if not fill.signal_id and guard.closing:
            return guard.closing_by
        case Leg.EXIT | Leg.ENTRY:
            return CloseReason.SIGNAL
        case _:
            assert_never(fill.leg)


def stranger_fill(guard: Guard, found: StrangerFilled) -> FillBooked:
    """Return somebody else's fill as one of the position that it closed."""
    return FillBooked(
        client_order_id=found.client_order_id,
        intent_id="",
        leg=Leg.EXIT,
        signal_id="",
        strategy=guard.strategy,
        stop_loss=None,
        take_profit=None,
        working_type=guard.working_type,
        trade=found.trade,
        late=False,
        closed_by=found.reason,
    )


def new_life(position: Position, fill: FillBooked, number: int) -> Guard:
    """Return the guard of a position that this fill opened, as far as its first orders need it."""
    return Guard(
        position,
        number=number,
        strategy=fill.strategy,
        signal_id=fill.signal_id,
        stop_loss=fill.stop_loss,
        take_profit=fill.take_profit,
        trailing=fill.trailing,
        working_type=fill.working_type,
        source=fill.source,
        model_version=fill.model_version,
        opened_at_ms=fill.trade.at_ms,
    )


def close_quantity(guard: Guard, filters: Filters | None) -> Decimal:
    """Return how much one market order may close now: all, or the first part of a split."""
    whole = abs(guard.position.quantity)
    if filters is None:
        return whole
    parts = split_market_quantity(whole, filters)
    return parts[0] if parts else whole


def loss_percent(guard: Guard, mark: Decimal) -> Decimal:
    """Return the loss from entry at a mark, percent of the entry price; negative for a gain."""
    entry = guard.position.entry_price
    if entry <= 0:
        return Decimal(0)
    loss = entry - mark if guard.position.quantity > 0 else mark - entry
    return loss / entry * 100
