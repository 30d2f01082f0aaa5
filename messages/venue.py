"""Venue calls: a core actor asks a lane for one request, the lane answers what came of it.

RateLimiter grants a `Permit`; the actor tells the lane `MakeCall`; the lane sends once and answers
`AttemptEnded` (or `Fenced` when it must not send), and tells RateLimiter `UsageObserved`. An answer
for an earlier attempt is evidence and is told too. A lane that begins a life tells CircuitBreaker
and VenueClock `LaneStarted`, which they answer with `TradingStateChanged` and `ClockChanged`.
"""

from decimal import Decimal

from attrs import field, frozen

from .account import AccountCall, AccountResult
from .instruments import Filters, LimitsPublished
from .listen_key import ListenKeyRenewed, RenewListenKey
from .plans import TrailingStop
from .values import (
    Operation,
    OrderType,
    Phase,
    PositionSide,
    PriceMatch,
    Priority,
    SelfTradePrevention,
    Side,
    TimeInForce,
    WorkingType,
)


@frozen
class PlaceOrder:
    """Place one order. `quantity` is None for a whole-position close."""

    client_order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    order_type: OrderType
    quantity: Decimal | None
    price: Decimal | None
    trigger_price: Decimal | None
    time_in_force: TimeInForce
    reduce_only: bool
    close_position: bool
    working_type: WorkingType
    good_till_ms: int = 0
    """When a GTD order ends, venue time; 0 for every other."""
    price_match: PriceMatch | None = None
    """Takes the price from the book; `price` is not sent then."""
    self_trade_prevention: SelfTradePrevention | None = None
    """None leaves it to the venue."""
    trailing: TrailingStop | None = None


@frozen
class CancelOne:
    """Cancel one order by its client id, in the store where it lives."""

    client_order_id: str
    symbol: str
    conditional: bool


@frozen
class AmendOne:
    """Amend one resting LIMIT order in place; it loses its queue priority."""

    client_order_id: str
    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal


@frozen
class QueryOne:
    """Ask for one order by its client id, in the store that `conditional` names."""

    client_order_id: str
    symbol: str
    conditional: bool


@frozen
class ListOpenOrders:
    """List our open orders of all symbols in one of the two stores."""

    conditional: bool


@frozen
class ListPositions:
    """List the open positions."""


@frozen
class ListTrades:
    """List the fills of a symbol since a time, or those of one order."""

    symbol: str
    since_ms: int
    """Venue time; 0 leaves it to the venue, which lists a week."""
    venue_order_id: str = ""
    """The order whose fills are wanted; empty for all of the symbol."""


@frozen
class ReadAccount:
    """Read balances."""


@frozen
class ReadAccountMode:
    """Read position mode and asset mode."""


@frozen
class ReadInstruments:
    """Read the filters of the engine's symbols."""

    also: tuple[str, ...] = ()
    """Symbols beside those."""


@frozen
class ReadTime:
    """Read the venue's clock."""


Call = (
    PlaceOrder
    | CancelOne
    | AmendOne
    | QueryOne
    | ListOpenOrders
    | ListPositions
    | ListTrades
    | ReadAccount
    | ReadAccountMode
    | ReadInstruments
    | ReadTime
    | RenewListenKey
    | AccountCall
)


@frozen
class OrderEvidence:
    """What the venue says of one order. `status` is the venue's word in capitals."""

    client_order_id: str
    venue_order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    order_type: OrderType
    status: str
    quantity: Decimal
    filled: Decimal
    average_price: Decimal
    price: Decimal
    trigger_price: Decimal
    reduce_only: bool
    close_position: bool
    conditional: bool
    updated_at_ms: int
    child_order_id: str = ""
    """Of a triggered conditional order: the id of the order that it became."""
    reason: str = ""


@frozen
class PositionEvidence:
    """What the venue says of one position; `quantity` is signed, a price of 0 is not told."""

    symbol: str
    position_side: PositionSide
    quantity: Decimal
    entry_price: Decimal
    liquidation_price: Decimal = Decimal(0)


@frozen
class TradeEvidence:
    """One fill as the venue books it; `fee` and profit in the margin asset.

    A fee that was paid in another asset is `other_fee`, in units of `other_fee_asset`. `settled` is
    False for the venue's early word, without fee, profit and side, which the full report completes.
    """

    trade_id: str
    venue_order_id: str
    symbol: str
    side: Side
    position_side: PositionSide
    quantity: Decimal
    price: Decimal
    fee: Decimal
    realised_pnl: Decimal
    is_maker: bool
    at_ms: int
    settled: bool = True
    other_fee: Decimal = Decimal(0)
    other_fee_asset: str = ""


@frozen
class CancelAccepted:
    """Result of `CancelOne` in the algo store, whose answer says no more than that."""

    client_order_id: str
    symbol: str


@frozen
class OrdersListed:
    """Result of `ListOpenOrders`."""

    conditional: bool
    orders: tuple[OrderEvidence, ...]


@frozen
class PositionsListed:
    """Result of `ListPositions`; symbols that are flat are absent."""

    positions: tuple[PositionEvidence, ...]


@frozen
class TradesListed:
    """Result of `ListTrades`, oldest first."""

    symbol: str
    trades: tuple[TradeEvidence, ...]


@frozen
class AccountRead:
    """Result of `ReadAccount`, money in the margin asset."""

    wallet: Decimal
    available: Decimal
    unrealised_pnl: Decimal


@frozen
class AccountModeRead:
    """Result of `ReadAccountMode`."""

    hedge_mode: bool
    multi_assets: bool
    can_trade: bool


@frozen
class InstrumentsRead:
    """Result of `ReadInstruments`."""

    instruments: tuple[Filters, ...]
    limits: LimitsPublished = field(factory=LimitsPublished)


@frozen
class TimeRead:
    """Result of `ReadTime`."""

    venue_ms: int


Result = (
    OrderEvidence
    | CancelAccepted
    | OrdersListed
    | PositionsListed
    | TradesListed
    | AccountRead
    | AccountModeRead
    | InstrumentsRead
    | TimeRead
    | ListenKeyRenewed
    | AccountResult
)


@frozen
class Permit:
    """Leave to make one request until `expires_at_ns`, or to join one where it `may_join`."""

    permit_id: str
    expires_at_ns: int
    may_join: bool = False


@frozen
class RequestPermit:
    """Ask the limiter for leave; `token` comes back with the grant."""

    token: str
    call: str
    """Name of the call's class; the limiter knows what it costs."""
    by_symbol: bool
    priority: Priority
    expires_at_ns: int
    """When the asker loses interest; the limiter then answers `PermitRefused`."""


@frozen
class PermitGranted:
    """Leave to make the request that `token` names."""

    token: str
    permit: Permit


@frozen
class PermitRefused:
    """No leave before the asker's own limit."""

    token: str
    reason: str


@frozen
class MakeCall:
    """Make one request. `call_id` names the attempt and comes back with the answer.

    `epoch` and `send_by_ms` (venue time) are compared right before the first byte, and only when
    `priority` is OPENING.
    """

    call_id: str
    call: Call
    permit: Permit
    priority: Priority
    epoch: int
    send_by_ms: int


@frozen
class AttemptEnded:
    """One request is over, as far as the lane can tell.

    `code` is the venue's error code or 0, `text` its words; `sent_at_ms` is the venue time that
    was signed; `retry_after_s` is the header of that name, -1 where it did not come.
    """

    call_id: str
    operation: Operation
    phase: Phase
    status: int
    code: int
    text: str
    sent_at_ms: int
    sent_at_ns: int
    result: Result | None
    retry_after_s: int = -1


@frozen
class Fenced:
    """The lane certainly sent nothing.

    `reason` is `halted` (since the approval, or not known to be otherwise), `symbol_reducing`,
    `too_late`, `permit_expired`, `paused` or `clock_untrusted`; `epoch` is the lane's own.
    """

    call_id: str
    epoch: int
    reason: str


@frozen
class RequestsPaused:
    """The venue wants no request, or no placement, before a time: permits of before are void."""

    until_ns: int
    placements_only: bool


@frozen
class LaneStarted:
    """A lane begins a life and knows neither trading state nor clock: tell it both."""

    lane: str


@frozen
class UsageObserved:
    """What the reply's headers say of the venue's own counts; -1 where a header was missing."""

    permit_id: str
    weight_used_1m: int
    orders_used_10s: int
    orders_used_1m: int
    status: int
    code: int
    text: str
    retry_after_s: int
