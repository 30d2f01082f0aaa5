"""Order state: what OrderManager knows, as the fold of its facts.

The state is the open orders, the last ended ones for late reports, and what the manager must know
of the venue's clock.
"""

from typing import assert_never

from attrs import define, field

from ..messages.orders import ApprovedOrder
from ..messages.queries import StateTime
from ..messages.values import Leg, OrderState
from .order_facts import (
    AmendWanted,
    AttemptStarted,
    CancelAsked,
    CancelWanted,
    ErrorNoted,
    Fact,
    FixTried,
    FlattenWanted,
    ListingNoted,
    OrderFact,
    OrderIntended,
    OrderMoved,
    OrderSeen,
    QueryAnswered,
    Renewed,
    StartNoted,
    StatusQuarantined,
    StrangerSeen,
    StreamNoted,
    SweepBegun,
    SweepEnded,
    SweepMissed,
    TradeBooked,
    TradeSettled,
    VenueNoted,
)
from .policies.order_counts import OrderCounts, recount
from .policies.order_life import Event, next_state
from .policies.order_record import HELD, ZERO, Order, stays_sent
from .settings import OrderSettings

MS = 1_000_000


OPEN_STATUSES = ("NEW", "PARTIALLY_FILLED", "TRIGGERING", "TRIGGERED")
STRANGERS_MAX = 200
"""Orders that are not ours which are kept for queries."""


SWEEPS_MAX = 16
"""Commands to cancel many orders that are remembered."""


@define
class Sweep:
    """A command to cancel many orders, and what has become of them."""

    orders: tuple[str, ...]
    """By client order id, ours and others'."""
    began_ns: int
    missed: dict[str, str] = field(factory=dict[str, str])
    """Orders that are not ours and that the venue did not cancel, with its reason."""
    is_over: bool = False
    done: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()


@define
class OrdersState:
    """Every order that matters, by client order id, oldest first."""

    orders: dict[str, Order] = field(factory=dict[str, Order])
    history: dict[str, Order] = field(factory=dict[str, Order])
    offset_ns: int = 0
    silent_at_ns: int = 0
    """When the venue last failed to answer; 0 for never."""
    is_stream_healthy: bool = True
    """False while the user stream has said that it may miss something."""
    strangers: dict[str, StrangerSeen] = field(factory=dict[str, StrangerSeen])
    """Orders that are not ours, by client order id."""
    legs: dict[str, str] = field(factory=dict[str, str])
    """What asked for an exit or a protective order -> its id, whichever start made that."""
    counts: OrderCounts = field(factory=OrderCounts)
    generation: int = 0
    """Of this start; 0 before the first."""
    sweeps: dict[str, Sweep] = field(factory=dict[str, Sweep])
    """By command, those under way and the latest that are over."""

    def find(self, client_order_id: str) -> Order | None:
        """Return an order, open or ended."""
        return self.orders.get(client_order_id) or self.history.get(client_order_id)

    def find_same(self, approved: ApprovedOrder) -> Order | None:
        """Return the order that was asked for by the same request, of this start or an earlier."""
        client_order_id = approved.client_order_id
        return self.find(self.legs.get(origin_of(client_order_id), client_order_id))


def is_open(stranger: StrangerSeen) -> bool:
    """True while an order that is not ours rests at the venue, as far as we have heard."""
    return stranger.evidence.status in OPEN_STATUSES


def origin_of(client_order_id: str) -> str:
    """Return intent, leg and number of an id, without the prefix and the start that made it."""
    return "-".join(client_order_id.rsplit("-", 2)[1:])


def apply_fact(state: OrdersState, fact: Fact, settings: OrderSettings) -> None:
    """Change the state by one fact; the settings bound what is kept."""
    match fact:
        case OrderIntended():
            _intend(state, fact)
        case VenueNoted():
            state.offset_ns, state.silent_at_ns = fact.offset_ns, fact.silent_at_ns
        case StreamNoted():
            state.is_stream_healthy = fact.healthy
        case StrangerSeen():
            _see_stranger(state, fact)
        case StartNoted():
            state.generation = fact.generation
        case SweepBegun() | SweepMissed() | SweepEnded():
            _sweep(state, fact)
        case _:
            order = state.find(fact.client_order_id)
            assert order is not None, fact
            _apply_to_order(order, fact, settings)
            if isinstance(fact, _COUNTED):
                recount(state.counts, order)
                if isinstance(fact, OrderMoved):
                    _file(state, order, settings.history_max)


def _see_stranger(state: OrdersState, fact: StrangerSeen) -> None:
    """Keep the newest word of each, and the newest of all."""
    state.strangers.pop(fact.evidence.client_order_id, None)
    state.strangers[fact.evidence.client_order_id] = fact
    while len(state.strangers) > STRANGERS_MAX:
        del state.strangers[next(iter(state.strangers))]


def _sweep(state: OrdersState, fact: SweepBegun | SweepMissed | SweepEnded) -> None:
    match fact:
        case SweepBegun():
            state.sweeps[fact.command_id] = Sweep(fact.orders, fact.at_ns)
            while len(state.sweeps) > SWEEPS_MAX:
                del state.sweeps[next(iter(state.sweeps))]
        case SweepMissed():
            for sweep in state.sweeps.values():
                if fact.client_order_id in sweep.orders and not sweep.is_over:
                    sweep.missed[fact.client_order_id] = fact.why
        case SweepEnded():
            sweep = state.sweeps[fact.command_id]
            sweep.is_over, sweep.done, sweep.failed = True, fact.done, fact.failed


def _intend(state: OrdersState, fact: OrderIntended) -> None:
    approved = fact.approved
    if approved.leg is not Leg.ENTRY:
        state.legs[origin_of(approved.client_order_id)] = approved.client_order_id
    state.orders[approved.client_order_id] = Order(
        approved,
        created_at_ns=fact.at_ns,
        changed_at_ns=fact.at_ns,
        send_by_ms=approved.send_by_ms,
        deadline_ms=fact.deadline_ms,
        epoch=approved.epoch,
        times=[StateTime(OrderState.PENDING, fact.at_ns // MS)],
    )
    state.counts.total += not approved.leg.is_protective


def _apply_to_order(  # noqa: C901, PLR0912 - one arm a fact
    order: Order,
    fact: OrderFact,
    settings: OrderSettings,
) -> None:
    match fact:
        case AttemptStarted():
            _start_attempt(order, fact, settings.times_max)
        case OrderMoved():
            _move(order, fact, settings.times_max)
        case OrderSeen():
            _see(order, fact)
        case TradeBooked():
            _book(order, fact)
        case TradeSettled():
            order.bare_trades.remove(fact.trade_id)
        case QueryAnswered():
            order.queries += 1
            order.absent = order.absent + 1 if fact.absent else 0
        case ListingNoted():
            order.unlisted = fact.unlisted
        case ErrorNoted():
            order.errors = [*order.errors, fact.error][-settings.errors_max :]
        case StatusQuarantined():
            order.strange_status = fact.status
        case FixTried():
            order.fixes.append(fact.fix)
        case CancelWanted():
            order.cancel_reason = fact.reason
        case FlattenWanted():
            order.flattens = True
        case AmendWanted():
            order.amend = fact.wish
            order.amends += 1
        case CancelAsked():
            order.cancels += 1
        case Renewed():
            order.epoch, order.send_by_ms = fact.epoch, fact.send_by_ms
        case _:
            assert_never(fact)


def _start_attempt(order: Order, fact: AttemptStarted, times_max: int) -> None:
    _enter(order, next_state(order.state, Event.SENT), fact.at_ns, times_max)
    order.attempt = fact.attempt
    order.horizon_ms = fact.horizon_ms
    order.changed_at_ns = fact.at_ns
    order.was_sent = True
    order.queries = order.absent = order.unlisted = 0


def _enter(order: Order, state: OrderState, at_ns: int, times_max: int) -> None:
    """Change the state and note when; of too many times the second oldest is forgotten."""
    if state is order.state:
        return
    order.state = state
    order.times.append(StateTime(state, at_ns // MS))
    if len(order.times) > times_max:
        del order.times[1]


def _move(order: Order, fact: OrderMoved, times_max: int) -> None:
    partly = order.filled > ZERO
    order.was_sent = stays_sent(order, fact.events)
    for event in fact.events:
        state = next_state(order.state, event, is_partly_filled=partly)
        _enter(order, state, fact.at_ns, times_max)
    order.reason = fact.reason or order.reason
    order.changed_at_ns = fact.at_ns
    order.unlisted = 0
    order.is_held = order.state in HELD
    order.is_placed = order.is_placed or order.state in _PLACED


_COUNTED = (OrderMoved, TradeBooked)
_PLACED = (
    OrderState.ACTIVE,
    OrderState.PARTIALLY_FILLED,
    OrderState.TRIGGERING,
    OrderState.FILLED,
    OrderState.CANCELLED,
    OrderState.EXPIRED,
)


def _see(order: Order, fact: OrderSeen) -> None:
    order.venue_order_id, order.algo_id = fact.venue_order_id, fact.algo_id
    order.reported = max(order.reported, fact.reported)
    if fact.final and not order.final:
        order.queries = 0
    order.final = fact.final
    order.amended_quantity, order.amended_price = fact.quantity, fact.price
    order.updated_at_ms = max(order.updated_at_ms, fact.updated_at_ms)
    order.changed_at_ns = fact.at_ns


def _book(order: Order, fact: TradeBooked) -> None:
    trade = fact.trade
    order.trade_ids.append(trade.trade_id)
    if not trade.settled:
        order.bare_trades.append(trade.trade_id)
    order.filled += trade.quantity
    order.cost += trade.quantity * trade.price
    order.reported = max(order.reported, order.filled)
    order.changed_at_ns = fact.at_ns


def _file(state: OrdersState, order: Order, history_max: int) -> None:
    """Move an ended order to the history, and one that lives after all back."""
    client_order_id = order.approved.client_order_id
    if order.is_open:
        if state.history.pop(client_order_id, None) is not None:
            state.orders[client_order_id] = order
        return
    state.orders.pop(client_order_id, None)
    state.history[client_order_id] = order
    while len(state.history) > history_max:
        oldest = next(iter(state.history))
        del state.history[oldest]
        state.legs.pop(origin_of(oldest), None)
