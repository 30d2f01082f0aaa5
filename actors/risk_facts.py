"""Risk facts: what RiskGate writes down, and its state as the fold of that.

A reservation is made in the step that approves. It ends, or gives back what it took, by
`ExposureMoved` alone, in the same fact that books the fill into its position.
"""

from decimal import Decimal
from typing import assert_never

from attrs import define, evolve, field, frozen

from ..messages.account import AccountChanged
from ..messages.control import TradingStateChanged
from ..messages.instruments import Filters, InstrumentsChanged
from ..messages.intake import PolicyChanged
from ..messages.market import ClockChanged, MarkChanged
from ..messages.orders import ExposureChanged
from ..messages.positions import ProtectionFailing
from ..messages.reconciliation import SymbolsMismatched
from ..messages.stream import StreamHealthChanged
from ..messages.values import PositionSide, Side

ZERO = Decimal(0)


@define
class Reservation:
    """What an approved entry may still become."""

    intent_id: str
    client_order_id: str
    symbol: str
    position_key: str
    side: Side
    remaining: Decimal
    price: Decimal
    expires_at_ms: int | None
    day: int


@frozen
class Reserved:
    """Fact: an entry was approved, and everything it may need is taken."""

    reservation: Reservation
    at_ns: int


@frozen
class ExposureMoved:
    """Fact: a fill moved from a reservation to its position, or the order ended."""

    change: ExposureChanged
    reservation_ended: bool
    given_back: bool


@frozen
class WorldNoted:
    """Fact: something that the rules look at changed; the message itself is kept."""

    news: "News"


@frozen
class ReadinessTold:
    """Fact: ExecutionSystem was told that commands may run."""


@frozen
class Prefixed:
    """Fact: the prefix of client order ids of this start."""

    generation: int
    ready: bool


News = (
    MarkChanged
    | AccountChanged
    | TradingStateChanged
    | ClockChanged
    | StreamHealthChanged
    | SymbolsMismatched
    | ProtectionFailing
    | InstrumentsChanged
    | PolicyChanged
)
PRIVATE = (Reserved, ExposureMoved, WorldNoted, Prefixed, ReadinessTold)
Fact = Reserved | ExposureMoved | WorldNoted | Prefixed | ReadinessTold


@define
class GateState:
    """What the gate knows of the world, and what it has promised."""

    generation: int = 0
    ready: bool = False
    readiness_told: bool = False
    trading: TradingStateChanged | None = None
    clock: ClockChanged | None = None
    account: AccountChanged | None = None
    stream_healthy: bool = False
    filters: dict[str, Filters] = field(factory=dict[str, Filters])
    filters_read_at_ns: int = 0
    marks: dict[str, MarkChanged] = field(factory=dict[str, MarkChanged])
    mismatched: tuple[str, ...] = ()
    unprotected: tuple[str, ...] = ()
    positions: dict[str, Decimal] = field(factory=dict[str, Decimal])
    """Signed quantity by `symbol/position side`, from our own fills."""
    reservations: dict[str, Reservation] = field(factory=dict[str, Reservation])
    executed_at_ns: dict[str, int] = field(factory=dict[str, int])
    executed_before_ns: dict[str, int] = field(factory=dict[str, int])
    """What `executed_at_ns` was before the open reservation, for giving it back."""
    day: int = 0
    executions_today: int = 0
    policy: dict[str, str] = field(factory=dict[str, str])


def position_key(symbol: str, position_side: PositionSide) -> str:
    """Return the key of a position in the gate's books."""
    return f"{symbol}/{position_side.value}"


def apply_fact(state: GateState, fact: Fact) -> None:
    """Change the state by one fact."""
    match fact:
        case Reserved():
            _reserve(state, fact)
        case ExposureMoved():
            _move_exposure(state, fact)
        case WorldNoted():
            _note(state, fact.news)
        case Prefixed():
            state.generation, state.ready = fact.generation, fact.ready
            state.readiness_told = state.readiness_told and fact.ready
        case ReadinessTold():
            state.readiness_told = True
        case _:
            assert_never(fact)


def _reserve(state: GateState, fact: Reserved) -> None:
    reservation = evolve(fact.reservation)
    symbol = reservation.symbol
    state.reservations[reservation.intent_id] = reservation
    state.executed_before_ns[symbol] = state.executed_at_ns.get(symbol, 0)
    state.executed_at_ns[symbol] = fact.at_ns
    if reservation.day != state.day:
        state.day, state.executions_today = reservation.day, 0
    state.executions_today += 1


def _move_exposure(state: GateState, fact: ExposureMoved) -> None:
    change = fact.change
    key = position_key(change.symbol, change.position_side)
    quantity = state.positions.get(key, ZERO) + change.fill
    if quantity == ZERO:
        state.positions.pop(key, None)
    else:
        state.positions[key] = quantity
    reservation = state.reservations.get(change.intent_id)
    if reservation is None or reservation.client_order_id != change.client_order_id:
        return
    reservation.remaining = change.remaining
    if fact.reservation_ended:
        del state.reservations[change.intent_id]
    if fact.given_back:
        state.executed_at_ns[change.symbol] = state.executed_before_ns.get(change.symbol, 0)
        if reservation.day == state.day:
            state.executions_today -= 1


def _note(state: GateState, news: News) -> None:
    match news:
        case MarkChanged():
            state.marks[news.symbol] = news
        case AccountChanged():
            state.account = news
        case TradingStateChanged():
            state.trading = news
        case ClockChanged():
            state.clock = news
        case StreamHealthChanged():
            state.stream_healthy = news.healthy
        case SymbolsMismatched():
            state.mismatched = news.symbols
        case ProtectionFailing():
            others = tuple(each for each in state.unprotected if each != news.symbol)
            state.unprotected = (*others, news.symbol) if news.alarm else others
        case InstrumentsChanged():
            _note_instruments(state, news)
        case PolicyChanged():
            state.policy[news.key] = news.value
        case _:
            assert_never(news)


def _note_instruments(state: GateState, news: InstrumentsChanged) -> None:
    for filters in news.filters:
        state.filters[filters.symbol] = filters
    for symbol in news.gone:
        state.filters.pop(symbol, None)
    state.filters_read_at_ns = news.read_at_ns
