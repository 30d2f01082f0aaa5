"""Narrator: what the engine does, in sentences for a person who sees it for the first time.

Owns the words. It reads events, requests and failures, never an actor's state; what it has no word
for is not worth a line. Prices and quantities stand without trailing zeros.
"""

from decimal import Decimal
from enum import Enum

from attrs import frozen

from ...actors.policies.rounding import plain
from ...messages.events import (
    AlertRaised,
    EngineReady,
    OrderCancelled,
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
    OrderResolved,
    OrderUnknown,
    PositionClosed,
    PositionProtected,
    TradingStateReported,
)
from ...messages.lifecycle import ActorFailed
from ...messages.values import OrderState, Severity
from .wire import Sent

HTTP_TOO_MANY = 429
_QUIET_ALERTS = ("market_stream_opened", "rate_limit", "actor_failed")
"""Told in other words, or not worth a line."""


class Tone(Enum):
    """How a line is meant."""

    STORY = "story"
    PLAIN = "plain"
    BAD = "bad"
    GOOD = "good"


@frozen
class Line:
    """One sentence of the story, `at_ms` from the start."""

    at_ms: int
    tone: Tone
    text: str


Words = tuple[Tone, str] | None
"""A line to be, or None where there is nothing to say."""


def words_of_event(event: object) -> Words:  # noqa: C901, PLR0911 - one arm an event
    """Return what an event says."""
    match event:
        case EngineReady():
            return Tone.GOOD, "the engine agrees with the venue and is ready"
        case OrderPlaced():
            return _placed(event)
        case OrderFilled():
            text = f"{event.client_order_id} filled: {event.side} {plain(event.quantity)}"
            return Tone.PLAIN, f"{text} {event.symbol} at {price(event.average_price)}"
        case OrderRefused():
            text = f"the gate refuses {event.signal_id}: {event.guard} {event.figure}"
            return Tone.PLAIN, f"{text}, limit {event.limit}"
        case OrderUnknown():
            text = f"{event.client_order_id} is UNKNOWN: neither failed nor done, held for evidence"
            return Tone.BAD, text
        case OrderResolved():
            return Tone.GOOD, _resolved(event)
        case OrderFailed() | OrderCancelled():
            return Tone.PLAIN, f"{event.client_order_id} ended, {plain(event.filled)} filled"
        case PositionProtected():
            text = f"{event.symbol} is protected: stop at {price(event.trigger_price)}"
            return Tone.GOOD, f"{text}, {event.after_ms} ms after the fill"
        case PositionClosed():
            text = f"{event.symbol} closed at {price(event.exit_price)}"
            return Tone.PLAIN, f"{text}, profit {signed(event.realised_pnl)}"
        case TradingStateReported():
            return Tone.PLAIN, f"trading is {event.state}"
        case AlertRaised():
            return _alert(event)
        case _:
            return None


def words_of_answer(sent: Sent) -> Words:
    """Return what an answer says that is not one of every day."""
    if sent.status != HTTP_TOO_MANY:
        return None
    text = f"429 for {sent.client_order_id}: the limiter stops every request"
    return Tone.BAD, f"{text} for {sent.retry_after_s} s"


def words_of_query(sent: Sent) -> Words:
    """Return what the engine does about an order that it knows nothing of."""
    return Tone.STORY, f"the engine asks the venue for {sent.client_order_id} instead of guessing"


def words_of_failure(failed: ActorFailed) -> Words:
    """Return what a crash says."""
    return Tone.BAD, f"{failed.actor} crashed at {failed.message}; nothing of that step happened"


def words_of_rebuild(actor: str, generation: int, facts: int) -> Words:
    """Return what a rebuild says."""
    return Tone.GOOD, f"{actor} is rebuilt by folding {facts} facts (life {generation})"


def price(value: Decimal) -> str:
    """Return a price in at most seven digits."""
    text = f"{value:.7g}"
    return plain(Decimal(text))


def signed(value: Decimal) -> str:
    """Return an amount of money with its sign, to the cent."""
    cents = round(value, 2)
    return f"{cents or abs(cents):+.2f}"


def _placed(event: OrderPlaced) -> Words:
    if not event.quantity:
        return Tone.PLAIN, f"{event.client_order_id} rests for all of {event.symbol}"
    text = f"{event.client_order_id} accepted: {event.side} {plain(event.quantity)}"
    return Tone.PLAIN, f"{text} {event.symbol}"


def _resolved(event: OrderResolved) -> str:
    if event.state is OrderState.PENDING:
        return f"{event.client_order_id}: proven absent in both stores, so it may be sent"
    return f"the venue's evidence settles {event.client_order_id}: {event.state}"


def _alert(alert: AlertRaised) -> Words:
    if alert.alert in _QUIET_ALERTS:
        return None
    tone = Tone.GOOD if alert.severity is Severity.INFO else Tone.BAD
    return tone, f"{alert.alert.replace('_', ' ')}: {alert.text}"
