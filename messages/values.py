"""Values: the words that every conversation shares, spelled once.

Owns the enumerations of the trade (side, order type, states, priorities) and nothing else.
Strings are the canonical spelling on disk; the exchange's own spelling is translated at its
adapter, even where both happen to agree.
"""

from enum import StrEnum


class Side(StrEnum):
    """Direction of an order."""

    BUY = "BUY"
    SELL = "SELL"


class PositionSide(StrEnum):
    """Which position an order speaks about: BOTH in one-way mode, else LONG or SHORT."""

    BOTH = "BOTH"
    LONG = "LONG"
    SHORT = "SHORT"


class SignalType(StrEnum):
    """What a strategy wishes."""

    LONG_ENTRY = "LONG_ENTRY"
    SHORT_ENTRY = "SHORT_ENTRY"
    CLOSE_LONG = "CLOSE_LONG"
    CLOSE_SHORT = "CLOSE_SHORT"
    REDUCE_50 = "REDUCE_50"

    @property
    def is_entry(self) -> bool:
        """True for the two wishes that open risk."""
        return self in (SignalType.LONG_ENTRY, SignalType.SHORT_ENTRY)


class SignalSource(StrEnum):
    """Who wishes: a program by its scores, or a person."""

    AUTOMATED = "automated"
    MANUAL = "manual"


class OrderType(StrEnum):
    """Order types; the last five are conditional and live in the algo store."""

    MARKET = "MARKET"
    LIMIT = "LIMIT"
    STOP_MARKET = "STOP_MARKET"
    TAKE_PROFIT_MARKET = "TAKE_PROFIT_MARKET"
    STOP = "STOP"
    TAKE_PROFIT = "TAKE_PROFIT"
    TRAILING_STOP_MARKET = "TRAILING_STOP_MARKET"

    @property
    def is_conditional(self) -> bool:
        """True when the venue keeps the order in its algo store until it triggers."""
        return self not in (OrderType.MARKET, OrderType.LIMIT)


class TimeInForce(StrEnum):
    """How long an order rests."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"
    GTX = "GTX"
    GTD = "GTD"


class PriceMatch(StrEnum):
    """Whose price an order takes from the book instead of naming one.

    OPPONENT is the other side's best, QUEUE its own side's; a number is so many levels deeper.
    """

    OPPONENT = "OPPONENT"
    OPPONENT_5 = "OPPONENT_5"
    OPPONENT_10 = "OPPONENT_10"
    OPPONENT_20 = "OPPONENT_20"
    QUEUE = "QUEUE"
    QUEUE_5 = "QUEUE_5"
    QUEUE_10 = "QUEUE_10"
    QUEUE_20 = "QUEUE_20"


class SelfTradePrevention(StrEnum):
    """Which of two orders of one account ends where they would trade with each other."""

    NONE = "NONE"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"


class WorkingType(StrEnum):
    """Which price triggers a conditional order."""

    MARK_PRICE = "MARK_PRICE"
    CONTRACT_PRICE = "CONTRACT_PRICE"


class Leg(StrEnum):
    """The part that an order plays for its intent; its value is a part of the client order id."""

    ENTRY = "e"
    STOP = "s"
    TARGET = "t"
    TRAIL = "r"
    """A trailing stop, which the venue moves behind the price."""
    EXIT = "x"

    @property
    def is_protective(self) -> bool:
        """True for the conditional orders that guard an open position."""
        return self in (Leg.STOP, Leg.TARGET, Leg.TRAIL)


class Priority(StrEnum):
    """One of the queue's two classes."""

    REDUCING = "REDUCING"
    OPENING = "OPENING"


class OrderState(StrEnum):
    """Where an order is in its life; the legal moves are in `policies/order_life.py`."""

    PENDING = "PENDING"
    SUBMITTED = "SUBMITTED"
    UNKNOWN = "UNKNOWN"
    ACTIVE = "ACTIVE"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    CANCELLING = "CANCELLING"
    AMENDING = "AMENDING"
    TRIGGERING = "TRIGGERING"
    PARKED = "PARKED"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    EXPIRED = "EXPIRED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


TERMINAL_STATES = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.EXPIRED,
        OrderState.REJECTED,
        OrderState.FAILED,
    }
)


class TradingState(StrEnum):
    """What the circuit breaker allows, from all to only verified reducing orders."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


class HookPhase(StrEnum):
    """When the host's hooks of a trip run: before the breaker acts, or afterwards."""

    BEFORE = "BEFORE"
    AFTER = "AFTER"


class Phase(StrEnum):
    """How far a request got; the exchange port names it, nobody guesses it."""

    NOT_CONNECTED = "NOT_CONNECTED"
    NOT_SENT = "NOT_SENT"
    MAYBE_SENT = "MAYBE_SENT"
    ANSWERED = "ANSWERED"


class Operation(StrEnum):
    """The kind of a venue call, as the error table and the weight table know it."""

    PLACE = "PLACE"
    AMEND = "AMEND"
    CANCEL = "CANCEL"
    CONFIGURE = "CONFIGURE"
    READ = "READ"

    @property
    def is_mutation(self) -> bool:
        """True when a lost answer may hide a change at the venue."""
        return self is not Operation.READ


class Outcome(StrEnum):
    """What a finished request did, as far as evidence goes."""

    DONE = "DONE"
    NOT_EXECUTED = "NOT_EXECUTED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"
    EXISTS = "EXISTS"


class ErrorKind(StrEnum):
    """The classifier's verdict, which names the row of the retry table."""

    NETWORK = "NETWORK"
    OVERLOAD = "OVERLOAD"
    RATE_LIMITED = "RATE_LIMITED"
    ORDER_LIMITED = "ORDER_LIMITED"
    BANNED = "BANNED"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    CLOCK = "CLOCK"
    STALE_FILTERS = "STALE_FILTERS"
    WRONG_ROUTE = "WRONG_ROUTE"
    INVALID = "INVALID"
    MARKET_REFUSAL = "MARKET_REFUSAL"
    WOULD_TRIGGER = "WOULD_TRIGGER"
    REDUCE_ONLY_REFUSED = "REDUCE_ONLY_REFUSED"
    NO_MARGIN = "NO_MARGIN"
    TOO_MANY_OPEN = "TOO_MANY_OPEN"
    DUPLICATE_ID = "DUPLICATE_ID"
    NOT_FOUND = "NOT_FOUND"
    CANCEL_REFUSED = "CANCEL_REFUSED"
    ALREADY_SO = "ALREADY_SO"
    MODE_MISMATCH = "MODE_MISMATCH"
    SYMBOL_RESTRICTED = "SYMBOL_RESTRICTED"
    ACCOUNT_RESTRICTED = "ACCOUNT_RESTRICTED"
    LIQUIDATION = "LIQUIDATION"
    STATE_CONFLICT = "STATE_CONFLICT"
    CLOSE_POSITION_EXISTS = "CLOSE_POSITION_EXISTS"
    AUTH = "AUTH"
    VENUE_DOWN = "VENUE_DOWN"
    BUG = "BUG"


class Action(StrEnum):
    """The supervisor's directive for an attempt that failed."""

    REDELIVER = "REDELIVER"
    QUERY = "QUERY"
    FIX_AND_REDELIVER = "FIX_AND_REDELIVER"
    REAPPROVE = "REAPPROVE"
    END = "END"
    PARK = "PARK"


class CloseReason(StrEnum):
    """Why a position, or a part of it, was closed."""

    STOP_LOSS = "STOP_LOSS"
    TAKE_PROFIT = "TAKE_PROFIT"
    TRAILING_STOP = "TRAILING_STOP"
    SIGNAL = "SIGNAL"
    OPERATOR = "OPERATOR"
    BREAKER = "BREAKER"
    PROTECTION = "PROTECTION"
    """The engine itself: a stop did not rest, was passed, or failed."""
    LIQUIDATION = "LIQUIDATION"
    ADL = "ADL"
    SETTLEMENT = "SETTLEMENT"
    FOREIGN = "FOREIGN"
    """Somebody else's hand, by the venue's evidence."""


class Severity(StrEnum):
    """How loud an alert is."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class ErrorType(StrEnum):
    """The seven names under which errors are reported to people; each has its retry figures."""

    API_ERROR = "api_error"
    NETWORK_ERROR = "network_error"
    TIMEOUT_ERROR = "timeout_error"
    RATE_LIMIT_ERROR = "rate_limit_error"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    INVALID_ORDER = "invalid_order"
    UNKNOWN_ERROR = "unknown_error"


class Fix(StrEnum):
    """What has to be put right before a refused request may be sent once more."""

    RESYNC_CLOCK = "RESYNC_CLOCK"
    REFRESH_FILTERS = "REFRESH_FILTERS"
    REROUTE = "REROUTE"
    REFRESH_MODE = "REFRESH_MODE"


class EscalationLevel(StrEnum):
    """Whom a failure concerns beyond its attempt, from one order to the whole venue."""

    ORDER = "ORDER"
    SYMBOL = "SYMBOL"
    ACCOUNT = "ACCOUNT"
    ENGINE = "ENGINE"
    VENUE = "VENUE"


class LastRun(StrEnum):
    """How the engine's run before this start ended, as its journal tells."""

    NONE = "NONE"
    """There was none: the journal begins here."""
    STOPPED = "STOPPED"
    """In order: its last segment was sealed."""
    BROKEN_OFF = "BROKEN_OFF"
    """Killed, without power, or with a journal that is damaged."""
    UNTOLD = "UNTOLD"
    """There was one, and a record of an older version does not say how it ended."""
