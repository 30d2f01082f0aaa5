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
from ..messages.reconciliation import SymbolsMismatched, VenueListed
from ..messages.stream import StreamHealthChanged
from ..messages.values import PositionSide, Side
from .policies.execution_book import DAY_NS, ExecutionBook, share_out
from .policies.parent_order import parent_intent

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
    deadline_ms: int
    """Venue time after which it is not sent any more."""
    approved_at_ns: int
    strategy: str = "default"
    goes_on: bool = False
    """True for a slice that goes on with what an earlier one of its algorithm was charged for."""


@define
class Admitted:
    """An algorithm whose slices may be asked for."""

    symbol: str
    follows_prices: bool = False
    is_charged: bool = False
    """True once a slice has taken from cooldown and quota, for all of them."""


@frozen
class AlgorithmNoted:
    """Fact: the slices of an algorithm may be asked for."""

    intent_id: str
    symbol: str
    follows_prices: bool


@frozen
class AlgorithmReleased:
    """Fact: an algorithm has ended."""

    intent_id: str


@frozen
class ExitCharge:
    """What is given back where the order certainly never left; times before it, 0 for never."""

    symbol: str
    strategy: str
    at_ns: int
    before_ns: int
    strategy_before_ns: int


@frozen
class Reserved:
    """Fact: an entry was approved, and everything it may need is taken."""

    reservation: Reservation


@frozen
class ExitCharged:
    """Fact: the wish of a program to reduce was approved, and takes from cooldown and quota."""

    intent_id: str
    charge: "ExitCharge"


@frozen
class DayTurned:
    """Fact: a UTC day with executions is over, and the account's quota is whole again (C-52)."""

    day: int


@frozen
class ExposureMoved:
    """Fact: a fill moved from a reservation to its position, or the order ended."""

    change: ExposureChanged
    reservation_ended: bool
    given_back: bool
    at_ns: int


@frozen
class WorldNoted:
    """Fact: something that the rules look at changed; the message itself is kept."""

    news: "News"


@frozen
class PolicyBound:
    """Fact: new orders are judged by another value of a setting."""

    news: PolicyChanged
    before: str


@frozen
class EmergencyHeard:
    """Fact: the emergency-stop source has spoken, by the venue's time; what it says is another's.

    Its own clock may make the word older, never younger than its arrival.
    """

    at_ms: int


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
    | VenueListed
    | ProtectionFailing
    | PositionAdopted
    | InstrumentsChanged
    | PolicyChanged
)
PRIVATE = (
    Reserved,
    ExitCharged,
    DayTurned,
    ExposureMoved,
    WorldNoted,
    PolicyBound,
    EmergencyHeard,
    Prefixed,
    ReadinessTold,
    AlgorithmNoted,
    AlgorithmReleased,
)
Fact = (
    Reserved
    | ExitCharged
    | DayTurned
    | ExposureMoved
    | WorldNoted
    | PolicyBound
    | EmergencyHeard
    | Prefixed
    | ReadinessTold
    | AlgorithmNoted
    | AlgorithmReleased
)


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
    listed: VenueListed | None = None
    """What the last whole pass found at the venue."""
    ended_at_ns: dict[str, int] = field(factory=dict[str, int])
    """Entries that ended since that pass left, by intent: it lists none of their protection."""
    mismatched: tuple[str, ...] = ()
    unprotected: tuple[str, ...] = ()
    positions: dict[str, Decimal] = field(factory=dict[str, Decimal])
    """Signed quantity by `symbol/position side`, from our own fills."""
    reservations: dict[str, Reservation] = field(factory=dict[str, Reservation])
    admitted: dict[str, Admitted] = field(factory=dict[str, Admitted])
    """Algorithms that run, by intent."""
    shares: dict[str, dict[str, Decimal]] = field(factory=dict[str, dict[str, Decimal]])
    """What of each position is whose, by strategy."""
    exits: dict[str, ExitCharge] = field(factory=dict[str, ExitCharge])
    """Charged exits of the last day, by intent."""
    executions: ExecutionBook = field(factory=ExecutionBook)
    """The account's; entries still reserved are counted beside it."""
    executions_by: dict[str, ExecutionBook] = field(factory=dict[str, ExecutionBook])
    """By strategy."""
    policy: dict[str, str] = field(factory=dict[str, str])
    policy_at_ms: int = 0
    """When its source last spoke, by the source's time."""
    emergency_at_ms: int = 0
    """When the emergency-stop source last spoke, venue time; 0 for never."""


def position_key(symbol: str, position_side: PositionSide) -> str:
    """Return the key of a position in the gate's books."""
    return f"{symbol}/{position_side.value}"


def apply_fact(state: GateState, fact: Fact) -> None:  # noqa: C901 - one arm a fact
    """Change the state by one fact."""
    match fact:
        case Reserved():
            _reserve(state, fact.reservation)
        case ExitCharged():
            _charge_exit(state, fact)
        case DayTurned():
            state.executions.turn(fact.day)
        case ExposureMoved():
            _move_exposure(state, fact)
        case WorldNoted():
            _note(state, fact.news)
        case PolicyBound():
            _note(state, fact.news)
        case EmergencyHeard():
            state.emergency_at_ms = max(state.emergency_at_ms, fact.at_ms)
        case Prefixed():
            state.generation, state.ready = fact.generation, fact.ready
            state.readiness_told = state.readiness_told and fact.ready
        case ReadinessTold():
            state.readiness_told = True
        case AlgorithmNoted():
            state.admitted[fact.intent_id] = Admitted(fact.symbol, fact.follows_prices)
        case AlgorithmReleased():
            state.admitted.pop(fact.intent_id, None)
        case _:
            assert_never(fact)


def _reserve(state: GateState, reservation: Reservation) -> None:
    state.reservations[reservation.intent_id] = evolve(reservation)
    algorithm = state.admitted.get(parent_intent(reservation.intent_id))
    if algorithm is not None:
        algorithm.is_charged = True


def _move_exposure(state: GateState, fact: ExposureMoved) -> None:
    change = fact.change
    key = position_key(change.symbol, change.position_side)
    _add(state, key, change.strategy, change.fill)
    charge = state.exits.get(change.intent_id)
    if charge is not None and change.ended and not change.sent and change.filled == ZERO:
        _give_back(state, change.intent_id, charge)
    reservation = state.reservations.get(change.intent_id)
    if reservation is None or reservation.client_order_id != change.client_order_id:
        return
    reservation.remaining = change.remaining
    if fact.reservation_ended:
        del state.reservations[change.intent_id]
        if fact.given_back:
            _give_back_algorithm(state, reservation)
            return
        state.ended_at_ns[change.intent_id] = fact.at_ns
        if not reservation.goes_on:
            _charge(state, reservation.strategy, reservation.symbol, reservation.approved_at_ns)


def _give_back_algorithm(state: GateState, reservation: Reservation) -> None:
    """The slice that was charged for all of them certainly never left: the next one is."""
    algorithm = state.admitted.get(parent_intent(reservation.intent_id))
    if algorithm is not None and not reservation.goes_on:
        algorithm.is_charged = False


def _charge(state: GateState, strategy: str, symbol: str, at_ns: int) -> None:
    """Count an execution for good; while it is reserved, the reservation itself counts."""
    state.executions.charge(symbol, at_ns)
    state.executions_by.setdefault(strategy, ExecutionBook()).charge(symbol, at_ns)


def _charge_exit(state: GateState, fact: ExitCharged) -> None:
    charge = fact.charge
    old = [each for each, past in state.exits.items() if past.at_ns <= charge.at_ns - DAY_NS]
    for intent_id in old:
        del state.exits[intent_id]
    state.exits[fact.intent_id] = charge
    _charge(state, charge.strategy, charge.symbol, charge.at_ns)


def _give_back(state: GateState, intent_id: str, charge: ExitCharge) -> None:
    del state.exits[intent_id]
    state.executions.give_back(charge.symbol, charge.at_ns, charge.before_ns)
    own = state.executions_by[charge.strategy]
    own.give_back(charge.symbol, charge.at_ns, charge.strategy_before_ns)


def _add(state: GateState, key: str, strategy: str, change: Decimal) -> None:
    if change == ZERO:
        return
    quantity = state.positions.get(key, ZERO) + change
    if quantity == ZERO:
        state.positions.pop(key, None)
        state.shares.pop(key, None)
    else:
        state.positions[key] = quantity
        state.shares[key] = share_out(state.shares.get(key, {}), strategy, change)


def _note(state: GateState, news: News) -> None:  # noqa: C901, PLR0912 - one arm a message
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
        case VenueListed():
            _note_listing(state, news)
        case ProtectionFailing():
            others = tuple(each for each in state.unprotected if each != news.symbol)
            state.unprotected = (*others, news.symbol) if news.alarm else others
        case PositionAdopted():
            _add(state, position_key(news.symbol, news.position_side), "", news.change)
        case InstrumentsChanged():
            _note_instruments(state, news)
        case PolicyChanged():
            state.policy[news.key] = news.value
            state.policy_at_ms = max(state.policy_at_ms, news.at_ms)
        case _:
            assert_never(news)


def _note_listing(state: GateState, listed: VenueListed) -> None:
    state.listed = listed
    for intent_id, at_ns in list(state.ended_at_ns.items()):
        if at_ns < listed.departed_at_ns:
            del state.ended_at_ns[intent_id]


def _note_instruments(state: GateState, news: InstrumentsChanged) -> None:
    for filters in news.filters:
        state.filters[filters.symbol] = filters
    for symbol in news.gone:
        state.filters.pop(symbol, None)
    state.filters_read_at_ns = news.read_at_ns
