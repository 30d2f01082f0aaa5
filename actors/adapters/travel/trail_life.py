"""Trail life: what facts, requests and answers do to the life of an order.

Pure. Each function takes one decoded fact or message and the sequence and time of its step; what
it does not expect, in a log of other code, leaves the life as it is.
"""

from contextlib import suppress

from ....messages.events import (
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderRefused,
)
from ....messages.values import Operation, OrderState, Outcome, Phase
from ....messages.venue import AttemptEnded, Fenced, MakeCall, PlaceOrder
from ...order_calls import NO_SUCH_ORDER
from ...order_facts import AttemptStarted, ErrorNoted, OrderMoved, OrderSeen, TradeBooked
from ...policies.error_table import classify
from ...policies.order_life import Event, IllegalTransition, next_state
from ...policies.order_record import Order
from ...policies.rounding import plain
from .trail import ZERO, Fault, Move, Trail, Verdict, Wire

Terminal = OrderRefused | OrderFilled | OrderFailed | OrderCancelled | OrderExpired
OrderFact = AttemptStarted | OrderMoved | OrderSeen | TradeBooked | ErrorNoted

HTTP_OK = 200
MS_NS = 1_000_000
VERDICTS = {
    Outcome.DONE: Verdict.DONE,
    Outcome.EXISTS: Verdict.DONE,
    Outcome.NOT_EXECUTED: Verdict.NOT_EXECUTED,
    Outcome.REJECTED: Verdict.REFUSED,
    Outcome.UNKNOWN: Verdict.UNKNOWN,
}


def resumed(order: Order, sequence: int) -> Trail:
    """Return the life so far of an order that a snapshot holds, its steps unknown."""
    approved = order.approved
    trail = Trail(approved.client_order_id, approved, approved.signal_id)
    trail.filled, trail.cost = order.filled, order.cost
    trail.venue_ids = dict.fromkeys(filter(None, (order.algo_id, order.venue_order_id)))
    trail.moves = [Move(sequence, each.at_ms * MS_NS, each.state) for each in order.times]
    return trail


def happened(trail: Trail, sequence: int, fact: OrderFact) -> None:
    """Take one fact of the order manager."""
    match fact:
        case AttemptStarted():
            _move(trail, sequence, fact.at_ns, (Event.SENT,), "")
        case OrderMoved():
            _move(trail, sequence, fact.at_ns, fact.events, fact.reason)
        case OrderSeen():
            ids = (fact.venue_order_id, fact.algo_id)
            trail.venue_ids.update(dict.fromkeys(filter(None, ids)))
        case TradeBooked():
            trail.filled += fact.trade.quantity
            trail.cost += fact.trade.quantity * fact.trade.price
        case ErrorNoted():
            _judge(trail, sequence, fact)


def asked(trail: Trail, sequence: int, now_ns: int, lane: str, call: MakeCall) -> None:
    """A request was handed to a lane."""
    what = type(call.call).__name__
    number = sum(wire.what == what for wire in trail.wires.values()) + 1
    trail.wires.setdefault(call.call_id, Wire(call.call_id, what, number, lane, sequence, now_ns))


def answered(trail: Trail, sequence: int, now_ns: int, answer: AttemptEnded | Fenced) -> None:
    """A lane told what came of a request; the first word counts."""
    wire = trail.wires.get(answer.call_id)
    if wire is None or wire.back_sequence:
        return
    wire.back_sequence, wire.back_ns = sequence, now_ns
    if isinstance(answer, Fenced):
        wire.verdict, wire.answer = Verdict.NOT_SENT, answer.reason
        return
    wire.sent_ns = answer.sent_at_ns if _was_sent(answer) else 0
    wire.verdict, wire.answer = _verdict(answer), _words(answer)


def told(trail: Trail, event: Terminal) -> None:
    """The host was told how its signal ended."""
    name = type(event).__name__
    match event:
        case OrderRefused():
            trail.told = f"{name} {event.guard} {event.figure} (limit {event.limit})"
        case OrderFailed():
            trail.told = f"{name} {event.reason}".rstrip()
        case OrderFilled():
            trail.told = f"{name} {plain(event.quantity)} at {plain(event.average_price)}"
        case OrderCancelled() | OrderExpired():
            trail.told = f"{name} filled {plain(event.filled)}"


def _move(trail: Trail, sequence: int, at_ns: int, events: tuple[Event, ...], reason: str) -> None:
    for event in events:
        state = trail.state or OrderState.PENDING
        with suppress(IllegalTransition):
            following = next_state(state, event, is_partly_filled=trail.filled > ZERO)
            if following is not state or reason:
                trail.moves.append(Move(sequence, at_ns, following, reason))


def _judge(trail: Trail, sequence: int, fact: ErrorNoted) -> None:
    """Keep how a failed request was judged, also at the request itself."""
    error = fact.error
    code = f" {error.code}" if error.code else f" {error.status}" if error.status else ""
    text = (
        f"{error.operation} {error.attempt} of {error.attempts_max}: {error.error_type},"
        f" {error.kind}, {error.outcome}{code} {error.text}"
    ).rstrip()
    trail.faults.append(Fault(sequence, error.at_ms * MS_NS, text))
    answered_wires = [wire for wire in trail.wires.values() if wire.back_sequence]
    if answered_wires:
        wire = max(answered_wires, key=lambda each: each.back_sequence)
        if (error.operation is Operation.PLACE) == (wire.what == PlaceOrder.__name__):
            wire.verdict = VERDICTS[error.outcome]


def _was_sent(answer: AttemptEnded) -> bool:
    return answer.phase in (Phase.MAYBE_SENT, Phase.ANSWERED)


def _verdict(answer: AttemptEnded) -> Verdict:
    """What an answer shows by itself, until it is judged; one that others overtook never is."""
    if not _was_sent(answer):
        return Verdict.NOT_SENT
    if answer.phase is Phase.ANSWERED and answer.status == HTTP_OK and not answer.code:
        return Verdict.DONE
    if answer.operation is Operation.READ:
        return Verdict.ABSENT if answer.code == NO_SUCH_ORDER else Verdict.FAILED
    code = answer.code or None
    judged = classify(answer.operation, answer.phase, answer.status, code, answer.text)
    return VERDICTS[judged.outcome]


def _words(answer: AttemptEnded) -> str:
    words = [] if answer.phase is Phase.ANSWERED else [answer.phase.value]
    words += [str(number) for number in (answer.status, answer.code) if number]
    return " ".join([*words, answer.text]).strip()
