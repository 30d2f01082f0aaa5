"""Risk facts: what RiskGate writes down, and its state as the fold of that.

A reservation is made in the step that approves. It ends, or gives back what it took, by
`ExposureMoved` alone, in the same fact that books the fill into its position.
"""

from decimal import Decimal
from typing import assert_never

from attrs import define, evolve, field, frozen

from ..messages.account import AccountChanged, LeverageChanged, SymbolLeverage
from ..messages.control import TradingStateChanged
from ..messages.instruments import Filters, InstrumentsChanged
from ..messages.intake import PolicyChanged
from ..messages.market import ClockChanged, MarkChanged
from ..messages.orders import ExposureChanged
from ..messages.positions import PositionAdopted, ProtectionFailing
from ..messages.reconciliation import SymbolsMismatched
from ..messages.stream import StreamHealthChanged
from ..messages.values import PositionSide, Side

ZERO = Decimal(0)
DAY_NS = 86_400_000_000_000


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
    deadline_ms: int
    """Venue time after which it is not sent any more."""
    approved_at_ns: int


@frozen
class Reserved:
    """Fact: an entry was approved, and everything it may need is taken."""

    reservation: Reservation


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
    | LeverageChanged
    | TradingStateChanged
    | ClockChanged
    | StreamHealthChanged
    | SymbolsMismatched
    | ProtectionFailing
    | PositionAdopted
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
    leverage: dict[str, SymbolLeverage] = field(factory=dict[str, SymbolLeverage])
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
    """When the last entry of a symbol was approved that certainly or possibly left."""
    day: int = 0
    executions_of_day: int = 0
    """Such entries in that UTC day; those still reserved are counted beside them."""
    policy: dict[str, str] = field(factory=dict[str, str])


def position_key(symbol: str, position_side: PositionSide) -> str:
    """Return the key of a position in the gate's books."""
    return f"{symbol}/{position_side.value}"


def apply_fact(state: GateState, fact: Fact) -> None:
    """Change the state by one fact."""
    match fact:
        case Reserved():
            state.reservations[fact.reservation.intent_id] = evolve(fact.reservation)
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


def _move_exposure(state: GateState, fact: ExposureMoved) -> None:
    change = fact.change
    _add(state, position_key(change.symbol, change.position_side), change.fill)
    reservation = state.reservations.get(change.intent_id)
    if reservation is None or reservation.client_order_id != change.client_order_id:
        return
    reservation.remaining = change.remaining
    if fact.reservation_ended:
        del state.reservations[change.intent_id]
        if not fact.given_back:
            _charge(state, reservation)


def _charge(state: GateState, reservation: Reservation) -> None:
    """Count an execution for good; while it is reserved, the reservation itself counts."""
    symbol, at_ns = reservation.symbol, reservation.approved_at_ns
    state.executed_at_ns[symbol] = max(state.executed_at_ns.get(symbol, 0), at_ns)
    day = at_ns // DAY_NS
    if day > state.day:
        state.day, state.executions_of_day = day, 0
    if day == state.day:
        state.executions_of_day += 1


def _add(state: GateState, key: str, change: Decimal) -> None:
    quantity = state.positions.get(key, ZERO) + change
    if quantity == ZERO:
        state.positions.pop(key, None)
    else:
        state.positions[key] = quantity


def _note(state: GateState, news: News) -> None:  # noqa: C901 - one arm a message
    match news:
        case MarkChanged():
            state.marks[news.symbol] = news
        case AccountChanged():
            state.account = news
        case LeverageChanged():
            state.leverage = {each.config.symbol: each for each in news.symbols}
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
        case PositionAdopted():
            _add(state, position_key(news.symbol, news.position_side), news.change)
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
