"""Troubles: whether each one happened, and what shows that it was overcome.

Owns the evidence: the venue's own books, the requests on the line and the record of the core. A
trouble that did not happen counts as missed, as one that was not overcome does: the demo promises
both.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from attrs import frozen

from ...messages.events import (
    OrderFilled,
    OrderResolved,
    OrderUnknown,
    PositionClosed,
    PositionProtected,
)
from ...messages.values import OrderState
from ..venue.ledger import OrderTruth, VenueLedger
from .narrator import HTTP_TOO_MANY
from .story import ALGO_ORDER, ORDER, Trouble
from .watch import Seen, Watch
from .wire import MS_NS, Sent

UNPROTECTED_MS_MAX = 10_000
NOT_REACHED = "not reached"


@frozen
class Outcome:
    """How a trouble went."""

    trouble: Trouble
    is_overcome: bool
    text: str
    """What happened in figures, or what is missing."""


class MissedError(Exception):
    """Something that should have happened did not; the text says what."""


@frozen
class Evidence:
    """Where to look."""

    watch: Watch
    ledger: VenueLedger
    begun_ns: int

    def hit(self, path: str) -> Sent:
        """Return the placement that the trouble was aimed at."""
        hit = next(self.watch.wire.since(self.begun_ns, "POST", path), None)
        if hit is None:
            raise MissedError("no order was sent")
        return hit

    def event(self, kind: type, about: str) -> Seen:
        """Return the first event of a class about an order or a symbol."""
        for seen in self.watch.events_of(kind, self.begun_ns):
            named = (getattr(seen.event, "client_order_id", ""), getattr(seen.event, "symbol", ""))
            if about in named:
                return seen
        raise MissedError(f"no {kind.__name__} of {about}")

    def order(self, client_order_id: str) -> OrderTruth:
        """Return the one order that the venue accepted under an id."""
        orders = [each for each in self.ledger.orders if each.client_order_id == client_order_id]
        # A triggered conditional's child has its parent's id.
        own = [each for each in orders if each.parent_algo_id is None]
        if len(own) != 1:
            raise MissedError(f"the venue accepted {len(own)} orders as {client_order_id}")
        return own[0]


def outcome_of(trouble: Trouble, watch: Watch, ledger: VenueLedger) -> Outcome:
    """Judge one trouble by what was seen of it until now."""
    begun_ns = watch.begun.get(trouble)
    if begun_ns is None:
        return Outcome(trouble, False, NOT_REACHED)
    try:
        return Outcome(trouble, True, _JUDGES[trouble](Evidence(watch, ledger, begun_ns)))
    except MissedError as missed:
        return Outcome(trouble, False, str(missed))


def _answer_lost(evidence: Evidence) -> str:
    hit = evidence.hit(ORDER)
    name = hit.client_order_id
    if hit.answered_at_ns:
        raise MissedError(f"the answer to {name} was not lost")
    unknown = evidence.event(OrderUnknown, name)
    settled = evidence.event(OrderResolved, name)
    wire = evidence.watch.wire
    sent, asked = len(wire.about(name, "POST")), len(wire.about(name, "GET"))
    if sent != 1 or not asked:
        raise MissedError(f"{name} was sent {sent} times and asked for {asked} times")
    order = evidence.order(name)
    if order.status != OrderState.FILLED:
        raise MissedError(f"{name} is {order.status} at the venue")
    after_ms = _protected_after_ms(evidence, order)
    unknown_ms = (settled.at_ns - unknown.at_ns) // MS_NS
    text = f"{name} UNKNOWN for {unknown_ms} ms, found by {_times(asked, 'question')}, sent once"
    return f"{text}; its stop rests {after_ms} ms after the execution"


def _stop_lost(evidence: Evidence) -> str:
    hit = evidence.hit(ALGO_ORDER)
    if hit.answered_at_ns:
        raise MissedError(f"the stop {hit.client_order_id} was not lost")
    symbol = hit.request.params["symbol"]
    fills = (each for each in evidence.ledger.fills if each.at_ns >= evidence.begun_ns)
    first = next((each for each in fills if each.symbol == symbol), None)
    if first is None:
        raise MissedError(f"no entry of {symbol}")
    entry = evidence.order(first.client_order_id)
    try:
        after_ms = _protected_after_ms(evidence, entry)
    except MissedError:
        return _closed_instead(evidence, symbol, first.at_ns)
    return f"{symbol} without a stop for {after_ms} ms, then a new one rests: nothing waited"


def _crash(evidence: Evidence) -> str:
    watch = evidence.watch
    if not watch.failed:
        raise MissedError("no actor crashed")
    failed = watch.failed[0]
    again = [
        each
        for each in watch.redelivered
        if (each.actor, each.message_id) == (failed.actor, failed.message_id)
    ]
    if len(again) != 1:
        raise MissedError(f"message {failed.message_id} was delivered {len(again)} times again")
    booked, executed = watch.tally.fills, len(evidence.ledger.fills)
    if booked != executed:
        raise MissedError(f"{booked} fills booked, {executed} executed at the venue")
    text = f"{failed.actor} rebuilt from {again[0].facts} facts, message {failed.message_id} again"
    return f"{text}; {booked} of {executed} fills booked, each once"


def _rate_limited(evidence: Evidence) -> str:
    hit = evidence.hit(ORDER)
    name = hit.client_order_id
    if hit.status != HTTP_TOO_MANY:
        raise MissedError(f"{name} was answered {hit.status}")
    wire = evidence.watch.wire
    since_ns, until_ns = hit.answered_at_ns, hit.paused_until_ns
    during = [each for each in wire.sent if since_ns < each.at_ns < until_ns]
    if during:
        raise MissedError(f"{len(during)} requests left during the pause")
    resumed = next((each for each in wire.sent if each.at_ns >= until_ns), None)
    if resumed is None:
        raise MissedError("no request left after the pause")
    evidence.event(OrderFilled, name)
    evidence.order(name)
    paused_ms = (resumed.at_ns - since_ns) // MS_NS
    return f"no request for {paused_ms} ms as the venue asked, then {name} sent again and filled"


def _closed_instead(evidence: Evidence, symbol: str, since_ns: int) -> str:
    closed = evidence.event(PositionClosed, symbol)
    after_ms = (closed.at_ns - since_ns) // MS_NS
    return f"{symbol} could not be protected and was closed after {after_ms} ms"


def _protected_after_ms(evidence: Evidence, entry: OrderTruth) -> int:
    """Return how long after an entry's first fill its stop was at the venue."""
    filled = [each for each in evidence.ledger.fills if each.order_id == entry.order_id]
    stops = [
        each.accepted_at_ns
        for each in evidence.ledger.orders
        if each.symbol == entry.symbol
        and each.is_algo
        and each.type == "STOP_MARKET"
        and each.accepted_at_ns >= entry.accepted_at_ns
    ]
    evidence.event(PositionProtected, entry.symbol)
    if not filled or not stops:
        raise MissedError(f"no stop for {entry.client_order_id}")
    after_ms = (stops[0] - filled[0].at_ns) // MS_NS
    if after_ms > UNPROTECTED_MS_MAX:
        raise MissedError(f"no stop for {entry.client_order_id} for {after_ms} ms")
    return after_ms


def _times(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


_JUDGES: Mapping[Trouble, Callable[[Evidence], str]] = MappingProxyType(
    {
        Trouble.ANSWER_LOST: _answer_lost,
        Trouble.STOP_LOST: _stop_lost,
        Trouble.ACTOR_CRASH: _crash,
        Trouble.RATE_LIMITED: _rate_limited,
    }
)
