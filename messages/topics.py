"""Topics: the name of every event outside the engine, one class and one topic for a fact.

Part of the conversation of `events.py`: what subscribers, audit and bridges call an event. A name
that the documents use for a class is a name here, too.
"""

from collections.abc import Mapping
from types import MappingProxyType

from .events import (
    AlertRaised,
    AlgorithmProgressed,
    CommandRefused,
    EngineReady,
    Event,
    OrderCancelled,
    OrderCorrected,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderQueued,
    OrderRefused,
    OrderResolved,
    OrderSent,
    OrderUnknown,
    OrderUnresolved,
    PositionClosed,
    PositionCorrected,
    PositionOpened,
    PositionProtected,
    PositionUpdated,
    SlippageExceeded,
    SystemFailed,
    TradingStateReported,
)
from .outcomes import OrdersCancelled, PositionsFlattened

TOPICS: Mapping[type[Event], str] = MappingProxyType(
    {
        OrderRefused: "order.refused",
        CommandRefused: "command.refused",
        OrderQueued: "order.queued",
        OrderSent: "order.sent",
        OrderPlaced: "order.placed",
        OrderPartiallyFilled: "order.partially_filled",
        OrderFilled: "order.filled",
        OrderFailed: "order.failed",
        OrderCancelled: "order.cancelled",
        OrderExpired: "order.expired",
        OrderUnknown: "order.unknown",
        OrderResolved: "order.resolved",
        OrderUnresolved: "order.unresolved",
        OrderCorrected: "order.corrected",
        OrdersCancelled: "orders.cancelled",
        AlgorithmProgressed: "algorithm.progressed",
        SlippageExceeded: "order.slippage",
        PositionOpened: "trade.opened",
        PositionUpdated: "position.updated",
        PositionClosed: "trade.closed",
        PositionCorrected: "trade.corrected",
        PositionsFlattened: "positions.flattened",
        PositionProtected: "position.protected",
        TradingStateReported: "trading.state_changed",
        AlertRaised: "alert.raised",
        SystemFailed: "system.error",
        EngineReady: "engine.ready",
    }
)
"""Event class -> its topic: one class and one topic for a fact, never two."""

EVENT_NAMES: Mapping[str, type[Event]] = MappingProxyType(
    {
        **{topic: event for event, topic in TOPICS.items()},
        **{event.__name__: event for event in TOPICS},
        "SystemError": SystemFailed,
    }
)
"""Topic or class name -> event class; the built-in exception has the last one's name."""
