"""Position facts: what PositionMonitor writes down; `position_state.py` folds them."""

from decimal import Decimal

from attrs import frozen

from ..messages.account import FeePriceChanged
from ..messages.instruments import InstrumentsChanged
from ..messages.market import MarkChanged
from ..messages.orders import FillBooked, LegChanged, RequestExit
from ..messages.values import CloseReason, Leg
from ..messages.venue import TradeEvidence
from .policies.flattening import Flattening
from .policies.guard import VenueView
from .policies.liquidation import Liquidation


@frozen
class FillApplied:
    """Fact: a fill changed a position."""

    key: str
    fill: FillBooked
    at_ns: int


@frozen
class FillCorrected:
    """Fact: the fee and the profit of a fill that was booked without them."""

    key: str
    trade: TradeEvidence


@frozen
class FillKnown:
    """Fact: a fill that was taken for a stranger's is one of an order of ours."""

    key: str
    trade_id: str


@frozen
class FundingBooked:
    """Fact: funding of a position, or with an empty key of none that is known."""

    key: str
    amount: Decimal


@frozen
class FillHeld:
    """Fact: a fill takes off more than is known to be held, and waits for those before it."""

    key: str
    fill: FillBooked


@frozen
class FlattenBegun:
    """Fact: positions are being closed, and the venue's word is wanted that they are."""

    command_id: str
    symbol: str
    at_ns: int


@frozen
class FlattenLooked:
    """Fact: ours are closed and the venue was asked (no `left`), or shows what is left."""

    command_id: str
    at_ns: int
    left: tuple[str, ...] = ()


@frozen
class FlattenEnded:
    """Fact: it was told what the venue shows."""

    command_id: str
    is_flat: bool
    left: tuple[str, ...]


@frozen
class FlatDue:
    """Look whether what a command closes is closed."""

    command_id: str


@frozen
class LiquidationNoted:
    """Fact: where the venue would close a position, 0 for nowhere, and whether that is near."""

    key: str
    price: Decimal
    is_near: bool


@frozen
class FeePriceNoted:
    """Fact: what a unit of the asset that pays fees is worth."""

    change: FeePriceChanged


@frozen
class StrangerNoted:
    """Fact: somebody else's order was filled in a position that we hold."""

    key: str
    trade: TradeEvidence


@frozen
class VenueDiffered:
    """Fact: what the venue shows of a position where it differs from ours; None where it agrees."""

    key: str
    view: VenueView | None


@frozen
class ForeignSeen:
    """Fact: a position that was never ours, as the venue shows it; None when it is gone."""

    key: str
    view: VenueView | None


@frozen
class ForeignAdopted:
    """Fact: somebody else's position is protected from now on."""

    key: str
    view: VenueView
    stop_loss: Decimal
    at_ns: int


@frozen
class VenueAdopted:
    """Fact: the position is what the venue last showed of it."""

    key: str
    at_ns: int


@frozen
class LegRequested:
    """Fact: an order of a leg was asked for."""

    key: str
    request: RequestExit


@frozen
class LegDenied:
    """Fact: what was asked for of a leg will not be."""

    key: str
    leg: Leg
    given_up: bool = False
    """True when the close that it belonged to is not wanted any more."""


@frozen
class LegNoted:
    """Fact: the state of a leg."""

    key: str
    change: LegChanged
    failed: bool
    """True when the leg ended without doing its work."""


@frozen
class WholeFreed:
    """Fact: no closePosition order of the leg's direction rests any more, whoever's it was."""

    key: str
    leg: Leg


@frozen
class ClosingSet:
    """Fact: the position is being closed whole until it is flat."""

    key: str
    reason: str
    by: CloseReason


@frozen
class ProtectionSet:
    """Fact: since when the position is without a stop; 0 when it has one or is flat."""

    key: str
    since_ns: int
    was_without_ms: int


@frozen
class ListingAwaited:
    """Fact: since when nothing but a listing says that no stop rests; 0 when none is awaited."""

    key: str
    since_ns: int


@frozen
class AlarmSet:
    """Fact: whether the missing stop was alarmed."""

    key: str
    alarm: bool


@frozen
class MarkNoted:
    """Fact: the last mark of a symbol with an open position."""

    mark: MarkChanged


@frozen
class InstrumentsNoted:
    """Fact: filters changed."""

    change: InstrumentsChanged


@frozen
class UnprotectedDue:
    """The time without a stop is up."""

    key: str
    number: int


@frozen
class FiredDue:
    """A stop that has fired had its time to fill."""

    key: str
    number: int
    client_order_id: str


@frozen
class AgainDue:
    """A wait before the next request of a leg is over."""

    key: str
    leg: Leg
    number: int


PRIVATE = (
    FillApplied,
    FillCorrected,
    FillKnown,
    FillHeld,
    FundingBooked,
    FlattenBegun,
    FlattenLooked,
    FlattenEnded,
    FlatDue,
    LiquidationNoted,
    FeePriceNoted,
    StrangerNoted,
    VenueDiffered,
    ForeignSeen,
    ForeignAdopted,
    VenueAdopted,
    LegRequested,
    LegDenied,
    LegNoted,
    WholeFreed,
    ClosingSet,
    ProtectionSet,
    ListingAwaited,
    AlarmSet,
    MarkNoted,
    InstrumentsNoted,
    UnprotectedDue,
    FiredDue,
    AgainDue,
)
Fact = (
    FillApplied
    | FillCorrected
    | FillKnown
    | FillHeld
    | FundingBooked
    | FlattenBegun
    | FlattenLooked
    | FlattenEnded
    | LiquidationNoted
    | FeePriceNoted
    | StrangerNoted
    | VenueDiffered
    | ForeignSeen
    | ForeignAdopted
    | VenueAdopted
    | LegRequested
    | LegDenied
    | LegNoted
    | WholeFreed
    | ClosingSet
    | ProtectionSet
    | ListingAwaited
    | AlarmSet
    | MarkNoted
    | InstrumentsNoted
)


FLATTENINGS_MAX = 16
"""Commands to close positions that are remembered."""


def note_flattening(
    known: dict[str, Flattening], fact: FlattenBegun | FlattenLooked | FlattenEnded
) -> None:
    """Change what is known of the commands to close positions by one fact."""
    match fact:
        case FlattenBegun():
            known[fact.command_id] = Flattening(fact.symbol, fact.at_ns)
            while len(known) > FLATTENINGS_MAX:
                del known[next(iter(known))]
        case FlattenLooked():
            flattening = known[fact.command_id]
            flattening.asked_ns, flattening.listed = fact.at_ns, fact.left
        case FlattenEnded():
            flattening = known[fact.command_id]
            flattening.is_over, flattening.is_flat = True, fact.is_flat
            flattening.left = fact.left


def note_liquidation(known: dict[str, Liquidation], fact: LiquidationNoted) -> None:
    """Change what is known of where positions would be liquidated by one fact."""
    known.pop(fact.key, None)
    if fact.price:
        known[fact.key] = Liquidation(fact.price, fact.is_near)
