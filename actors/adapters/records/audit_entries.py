"""Audit entries: what each message, fact and event of the core says in the audit log.

Pure: one function a class, chosen by the class. What an order was is not known here but to the
projection, which adds it where a message only names the order.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, get_args

from attrs import evolve

from ....messages.codec import Json
from ....messages.control import EngineStarted
from ....messages.events import (
    AlertRaised,
    Event,
    OrderFailed,
    OrderFilled,
    OrderPartiallyFilled,
    OrderQueued,
    OrderRefused,
    TradingStateReported,
)
from ....messages.failure import RetryDirective
from ....messages.intake import (
    EmergencyStateChanged,
    ExecuteAlgorithm,
    HostCommand,
    ModelPromoted,
    PolicyChanged,
    SubmitSignal,
)
from ....messages.values import Action, LastRun, OrderState
from ....messages.venue import AttemptEnded
from ...algorithms.facts import SliceAsked
from ...breaker_facts import EmergencyNoted, StateSet, SymbolReduced
from ...intake_facts import ModelNoted
from ...limiter_facts import Paused, PressureNoted
from ...order_facts import ErrorNoted, OrderIntended, TradeBooked
from ...position_facts import FundingBooked
from ...risk_facts import PolicyBound
from .audit_lines import OPERATIONS, SIDES, Entry, class_of, fields_of, order_data, snake, value_of
from .stamps import figure

IDS = ("symbol", "client_order_id")
"""Fields that every line has a place for."""
RETRIED = (Action.REDELIVER, Action.FIX_AND_REDELIVER, Action.REAPPROVE)

EVENTS: tuple[type[Any], ...] = tuple(
    each for each in get_args(Event) if each not in (OrderQueued, TradingStateReported)
)
"""All but those that say nothing new: the order's intent and the breaker's fact stand there."""
SOURCES = (EmergencyStateChanged, PolicyChanged, ModelPromoted)
"""Words that a source repeats; what they change is a fact of the one they are for."""
COMMANDS: tuple[type[Any], ...] = tuple(
    each for each in get_args(HostCommand) if each not in (SubmitSignal, *SOURCES)
)


def of_signal(signal: SubmitSignal) -> Entry:
    """A wish of a strategy."""
    but = ("symbol", "quantity", "order_type", "at_ms")
    return Entry(
        "signal",
        operation="submit_signal",
        symbol=signal.symbol,
        order_data=order_data(
            SIDES.get(signal.signal, ""), signal.order_type.value, signal.quantity
        ),
        details={"action": signal.signal.value, **fields_of(signal, but=(*but, "signal"))},
    )


def of_algorithm(command: ExecuteAlgorithm) -> Entry:
    """A wish that is carried out in slices: the signal, and its plan."""
    entry, plan = of_signal(command.signal), command.plan
    details: Json = {**entry.details, "algorithm": type(plan).__name__, **fields_of(plan)}
    return evolve(entry, operation="execute_algorithm", details=details)


def of_slice(fact: SliceAsked) -> Entry:
    """A slice of an algorithm: a signal of its own."""
    return evolve(of_signal(fact.signal), operation="ask_for_slice")


def of_command(command: Any) -> Entry:
    """A person's command."""
    name = snake(type(command).__name__)
    symbol = getattr(command, "symbol", "")
    return Entry("operator_command", name, symbol=symbol, details=fields_of(command, but=IDS))


def of_policy(fact: PolicyBound) -> Entry:
    """A setting of the gate that a policy source changed, for new orders."""
    details = {**fields_of(fact.news), "was": fact.before}
    return Entry("config_change", operation="change_policy", details=details)


def of_model(fact: ModelNoted) -> Entry:
    """The model that marks signals from now on."""
    details: Json = {"key": "model_version", "value": fact.model_version}
    details |= {"source": fact.source, "was": fact.before}
    return Entry("config_change", operation="promote_model", details=details)


def of_emergency(fact: EmergencyNoted) -> Entry:
    """What an emergency-stop source reports now, where that is news."""
    details: Json = {"source": fact.source, "word": fact.word or "calm"}
    return Entry("emergency", "hear_emergency", details=details)


def of_start(start: EngineStarted) -> Entry:
    """A start of the engine; how the run before it ended stands there where it is known."""
    details: Json = {
        "generation": start.generation,
        "recovered": start.last_run is not LastRun.NONE,
    }
    if start.last_run in (LastRun.STOPPED, LastRun.BROKEN_OFF):
        details["last_run"] = start.last_run.value.lower()
    return Entry("engine_started", "start", details=details)


def of_failed_read(answer: AttemptEnded) -> Entry:
    """A request that no order waits for, and that failed."""
    but = ("operation", "result", "sent_at_ns")
    return Entry("api_error", OPERATIONS[answer.operation], details=fields_of(answer, but=but))


def of_answer(answer: AttemptEnded, client_order_id: str = "") -> Entry:
    """A request that was answered."""
    result = "" if answer.result is None else type(answer.result).__name__
    return Entry(
        "api_call",
        OPERATIONS[answer.operation],
        client_order_id=client_order_id,
        details={"result": result, "status": answer.status, "call_id": answer.call_id},
    )


def of_directive(directive: RetryDirective) -> Entry | None:
    """The supervisor's word to try again; None for another word."""
    if directive.action not in RETRIED:
        return None
    return Entry(
        "retry_attempt",
        OPERATIONS[directive.operation],
        client_order_id=directive.client_order_id,
        details=fields_of(directive, but=(*IDS, "operation")),
    )


def of_intended(fact: OrderIntended) -> Entry:
    """An order that is written down before it can be sent."""
    order = fact.approved
    return Entry(
        "intent",
        "place_order",
        symbol=order.symbol,
        client_order_id=order.client_order_id,
        order_data=order_data(
            order.side.value,
            order.order_type.value,
            order.quantity,
            price=order.price,
            trigger_price=order.trigger_price,
            leg=order.leg.name.lower(),
            reduce_only=order.reduce_only or order.close_position,
        ),
        details=fields_of(
            order,
            but=(
                *IDS,
                *("side", "order_type", "quantity", "price", "trigger_price", "leg"),
                *("reduce_only", "close_position", "priority", "epoch", "working_type"),
            ),
        ),
    )


def of_adjusted(fact: OrderIntended) -> Entry | None:
    """A stop or a target that the gate adjusted; None where it did not."""
    order = fact.approved
    if order.stop_loss_given is None and order.take_profit_given is None:
        return None
    names = ("stop_loss", "stop_loss_given", "take_profit", "take_profit_given")
    return Entry(
        "risk_adjusted",
        "adjust_prices",
        symbol=order.symbol,
        client_order_id=order.client_order_id,
        details={name: value_of(getattr(order, name)) for name in names},
    )


def of_error(fact: ErrorNoted) -> Entry:
    """A failed request for an order, with the verdict on it."""
    return Entry(
        "api_error",
        OPERATIONS[fact.error.operation],
        client_order_id=fact.client_order_id,
        details=fields_of(fact.error, but=("operation", "at_ms")),
    )


def of_trade(fact: TradeBooked) -> Entry:
    """A fill of one of our orders."""
    trade = fact.trade
    return Entry(
        "trade",
        "fill",
        symbol=trade.symbol,
        client_order_id=fact.client_order_id,
        response={
            "order_id": trade.venue_order_id,
            "status": "TRADE",
            "price": figure(trade.price),
            "quantity": figure(trade.quantity),
        },
        details=fields_of(trade, but=("symbol", "venue_order_id", "position_side")),
    )


def of_funding(fact: FundingBooked) -> Entry:
    """Funding of a position; received above zero."""
    symbol, _, side = fact.key.partition("/")
    details = {"position_side": side, "amount": figure(fact.amount)}
    return Entry("funding", "book_funding", symbol=symbol, details=details)


def of_breaker(fact: StateSet | SymbolReduced) -> Entry:
    """The trading state, of the account or of a symbol."""
    symbol = fact.symbol if isinstance(fact, SymbolReduced) else ""
    return Entry(
        "breaker", "set_state", symbol=symbol, details=fields_of(fact, but=("symbol", "at_ns"))
    )


def of_limit(fact: Paused | PressureNoted) -> Entry:
    """A pause that the venue wants, or how full one of its windows is."""
    operation = "pause" if isinstance(fact, Paused) else "usage"
    return Entry("rate_limit", operation, details=fields_of(fact))


def of_event(event: Any) -> Entry:
    """What subscribers were told."""
    kind = class_of(event)
    event_type = TYPES.get(kind) or snake(kind.__name__)
    if isinstance(event, OrderFailed) and event.state is OrderState.REJECTED:
        event_type = "order_rejected"
    return Entry(
        event_type,
        operation=event_type,
        symbol=getattr(event, "symbol", ""),
        client_order_id=getattr(event, "client_order_id", ""),
        response=_end_of(event),
        details=fields_of(event, but=IDS),
    )


def _end_of(event: Any) -> Json | None:
    """Return what an execution came to, as the venue would say it; its id is added later."""
    match event:
        case OrderFilled():
            status, quantity = "FILLED", event.quantity
        case OrderPartiallyFilled():
            status, quantity = "PARTIALLY_FILLED", event.filled
        case _:
            return None
    return {
        "order_id": "",
        "status": status,
        "price": figure(event.average_price),
        "quantity": figure(quantity),
    }


TYPES: Mapping[type, str] = MappingProxyType({OrderRefused: "order_rejected", AlertRaised: "alert"})
"""Events whose type in the log is not their own name."""

FACTS: Mapping[type, Callable[[Any], Entry]] = MappingProxyType(
    {
        SliceAsked: of_slice,
        OrderIntended: of_intended,
        ErrorNoted: of_error,
        TradeBooked: of_trade,
        FundingBooked: of_funding,
        StateSet: of_breaker,
        SymbolReduced: of_breaker,
        EmergencyNoted: of_emergency,
        PolicyBound: of_policy,
        ModelNoted: of_model,
        Paused: of_limit,
        PressureNoted: of_limit,
    }
)
"""Fact -> its entry."""
