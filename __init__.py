"""Callboard: an order-execution engine for Binance USDM futures, built of Pykka actors.

Owns the list of public names and nothing else. Each is imported from its own module at first
use, so that `import callboard` stays cheap and one part never drags in another. Everything that
is not in `__all__` is private. An unknown name is an `AttributeError`, as in any module.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .actors import aio
    from .actors.adapters.claim import AccountInUse
    from .actors.adapters.disk import FolderInUse
    from .actors.adapters.modes import ModeRefused
    from .actors.adapters.travel.survey import TravelRefused
    from .actors.adapters.travel.time_travel import Effect, EffectKind, ReplayedRecord, replay
    from .actors.adapters.trip_hooks import Hooks
    from .actors.engine import ExecutionSystem
    from .actors.errors import (
        ConfigurationError,
        EngineError,
        Halted,
        InvariantBroken,
        OutcomeUnknown,
        Refused,
        Transient,
    )
    from .actors.policies.host_rules import ProposedEntry
    from .actors.policies.rate_budgets import LimiterSettings
    from .actors.policies.refusal import Refusal
    from .actors.ports import (
        Clock,
        Exchange,
        StreamListener,
        VenueAnswer,
        VenueRequest,
    )
    from .actors.runtime.front import (
        EventsDropped,
        Subscribe,
        SubscriptionEnded,
        Unsubscribe,
    )
    from .actors.runtime.journal_reader import JournalDamaged
    from .actors.runtime.recovery import RecoveryFailed
    from .actors.runtime.replay import Divergence
    from .actors.settings import (
        AccountSettings,
        BreakerSettings,
        ClockSettings,
        ExchangeSettings,
        InstrumentSettings,
        JournalSettings,
        MarketSettings,
        OrderSettings,
        ProtectionSettings,
        QueueSettings,
        ReconcilerSettings,
        RecordsSettings,
        RetryFigures,
        RiskSettings,
        Settings,
        StreamSettings,
    )
    from .messages import plans
    from .messages.control import RunTripHooks
    from .messages.events import (
        AlertRaised,
        AlgorithmProgressed,
        CommandRefused,
        EngineReady,
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
    from .messages.intake import (
        AmendOrder,
        CancelOrder,
        EmergencyStateChanged,
        EndOrder,
        ExecuteAlgorithm,
        FlattenPositions,
        HaltTrading,
        LookForOrder,
        PolicyChanged,
        ResumeTrading,
        SubmitSignal,
    )
    from .messages.queries import (
        AlgorithmsView,
        EngineStatus,
        GetAlgorithms,
        GetOrder,
        GetOrders,
        GetPositions,
        GetStatistics,
        GetStatus,
        GetSummary,
        OrderError,
        OrdersView,
        OrderView,
        PositionsView,
        PositionView,
        StateTime,
        StatisticsView,
        SummaryView,
    )
    from .messages.values import (
        HookPhase,
        OrderType,
        PositionSide,
        Severity,
        Side,
        SignalSource,
        SignalType,
        TimeInForce,
        TradingState,
        WorkingType,
    )

__all__ = (
    # For a host on asyncio.
    "aio",
    # The engine and its settings.
    "ExecutionSystem",
    "AccountSettings",
    "BreakerSettings",
    "ClockSettings",
    "ExchangeSettings",
    "InstrumentSettings",
    "JournalSettings",
    "MarketSettings",
    "OrderSettings",
    "ProtectionSettings",
    "QueueSettings",
    "ReconcilerSettings",
    "RetryFigures",
    "RecordsSettings",
    "RiskSettings",
    "Settings",
    "StreamSettings",
    "LimiterSettings",
    # What a host fills in.
    "Clock",
    "Exchange",
    "ProposedEntry",
    "Refusal",
    "StreamListener",
    "VenueAnswer",
    "VenueRequest",
    # What a host says: commands, questions and subscriptions.
    "AmendOrder",
    "CancelOrder",
    "EmergencyStateChanged",
    "EndOrder",
    "ExecuteAlgorithm",
    "FlattenPositions",
    "HaltTrading",
    "LookForOrder",
    "PolicyChanged",
    "ResumeTrading",
    "SubmitSignal",
    "plans",
    "GetAlgorithms",
    "GetOrder",
    "GetOrders",
    "GetPositions",
    "GetStatistics",
    "GetStatus",
    "GetSummary",
    "Subscribe",
    "Unsubscribe",
    # What it hears: answers and events.
    "AlgorithmsView",
    "EngineStatus",
    "OrderError",
    "OrdersView",
    "OrderView",
    "PositionsView",
    "PositionView",
    "StateTime",
    "StatisticsView",
    "SummaryView",
    "AlertRaised",
    "AlgorithmProgressed",
    "CommandRefused",
    "EngineReady",
    "OrderCancelled",
    "OrderCorrected",
    "OrderExpired",
    "OrderFailed",
    "OrderFilled",
    "OrderPartiallyFilled",
    "OrderPlaced",
    "OrderQueued",
    "OrderRefused",
    "OrderResolved",
    "OrderSent",
    "OrderUnknown",
    "OrderUnresolved",
    "PositionClosed",
    "PositionCorrected",
    "PositionOpened",
    "PositionProtected",
    "PositionUpdated",
    "SlippageExceeded",
    "SystemFailed",
    "TradingStateReported",
    "EventsDropped",
    "SubscriptionEnded",
    # What it has called when trading is tripped.
    "HookPhase",
    "Hooks",
    "RunTripHooks",
    # A recorded run, replayed record by record.
    "replay",
    "ReplayedRecord",
    "Effect",
    "EffectKind",
    "Divergence",
    "JournalDamaged",
    # What is raised, all below EngineError.
    "AccountInUse",
    "ConfigurationError",
    "EngineError",
    "FolderInUse",
    "Halted",
    "InvariantBroken",
    "ModeRefused",
    "OutcomeUnknown",
    "RecoveryFailed",
    "Refused",
    "Transient",
    "TravelRefused",
    # The words of every conversation.
    "OrderType",
    "PositionSide",
    "Severity",
    "Side",
    "SignalSource",
    "SignalType",
    "TimeInForce",
    "TradingState",
    "WorkingType",
)

_PUBLIC: dict[str, str] = {
    "aio": "actors",
    "plans": "messages",
    "ExecutionSystem": "actors.engine",
    "AccountSettings": "actors.settings",
    "BreakerSettings": "actors.settings",
    "ClockSettings": "actors.settings",
    "ExchangeSettings": "actors.settings",
    "InstrumentSettings": "actors.settings",
    "JournalSettings": "actors.settings",
    "MarketSettings": "actors.settings",
    "OrderSettings": "actors.settings",
    "ProtectionSettings": "actors.settings",
    "QueueSettings": "actors.settings",
    "ReconcilerSettings": "actors.settings",
    "RetryFigures": "actors.settings",
    "RecordsSettings": "actors.settings",
    "RiskSettings": "actors.settings",
    "Settings": "actors.settings",
    "StreamSettings": "actors.settings",
    "LimiterSettings": "actors.policies.rate_budgets",
    "Clock": "actors.ports",
    "Exchange": "actors.ports",
    "ProposedEntry": "actors.policies.host_rules",
    "Refusal": "actors.policies.refusal",
    "StreamListener": "actors.ports",
    "VenueAnswer": "actors.ports",
    "VenueRequest": "actors.ports",
    "AmendOrder": "messages.intake",
    "CancelOrder": "messages.intake",
    "EmergencyStateChanged": "messages.intake",
    "EndOrder": "messages.intake",
    "FlattenPositions": "messages.intake",
    "HaltTrading": "messages.intake",
    "LookForOrder": "messages.intake",
    "PolicyChanged": "messages.intake",
    "ResumeTrading": "messages.intake",
    "SubmitSignal": "messages.intake",
    "ExecuteAlgorithm": "messages.intake",
    "GetAlgorithms": "messages.queries",
    "AlgorithmsView": "messages.queries",
    "AlgorithmProgressed": "messages.events",
    "GetOrder": "messages.queries",
    "GetOrders": "messages.queries",
    "GetPositions": "messages.queries",
    "GetStatistics": "messages.queries",
    "GetStatus": "messages.queries",
    "GetSummary": "messages.queries",
    "Subscribe": "actors.runtime.front",
    "Unsubscribe": "actors.runtime.front",
    "EngineStatus": "messages.queries",
    "OrderError": "messages.queries",
    "OrdersView": "messages.queries",
    "OrderView": "messages.queries",
    "PositionsView": "messages.queries",
    "PositionView": "messages.queries",
    "StateTime": "messages.queries",
    "StatisticsView": "messages.queries",
    "SummaryView": "messages.queries",
    "AlertRaised": "messages.events",
    "CommandRefused": "messages.events",
    "EngineReady": "messages.events",
    "OrderCancelled": "messages.events",
    "OrderCorrected": "messages.events",
    "OrderExpired": "messages.events",
    "OrderFailed": "messages.events",
    "OrderFilled": "messages.events",
    "OrderPartiallyFilled": "messages.events",
    "OrderPlaced": "messages.events",
    "OrderQueued": "messages.events",
    "OrderRefused": "messages.events",
    "OrderResolved": "messages.events",
    "OrderSent": "messages.events",
    "OrderUnknown": "messages.events",
    "OrderUnresolved": "messages.events",
    "PositionClosed": "messages.events",
    "PositionCorrected": "messages.events",
    "PositionOpened": "messages.events",
    "PositionProtected": "messages.events",
    "PositionUpdated": "messages.events",
    "SlippageExceeded": "messages.events",
    "SystemFailed": "messages.events",
    "TradingStateReported": "messages.events",
    "EventsDropped": "actors.runtime.front",
    "SubscriptionEnded": "actors.runtime.front",
    "HookPhase": "messages.values",
    "Hooks": "actors.adapters.trip_hooks",
    "RunTripHooks": "messages.control",
    "replay": "actors.adapters.travel.time_travel",
    "ReplayedRecord": "actors.adapters.travel.time_travel",
    "Effect": "actors.adapters.travel.time_travel",
    "EffectKind": "actors.adapters.travel.time_travel",
    "Divergence": "actors.runtime.replay",
    "JournalDamaged": "actors.runtime.journal_reader",
    "TravelRefused": "actors.adapters.travel.survey",
    "AccountInUse": "actors.adapters.claim",
    "ConfigurationError": "actors.errors",
    "EngineError": "actors.errors",
    "FolderInUse": "actors.adapters.disk",
    "Halted": "actors.errors",
    "InvariantBroken": "actors.errors",
    "ModeRefused": "actors.adapters.modes",
    "OutcomeUnknown": "actors.errors",
    "RecoveryFailed": "actors.runtime.recovery",
    "Refused": "actors.errors",
    "Transient": "actors.errors",
    "OrderType": "messages.values",
    "PositionSide": "messages.values",
    "Severity": "messages.values",
    "Side": "messages.values",
    "SignalSource": "messages.values",
    "SignalType": "messages.values",
    "TimeInForce": "messages.values",
    "TradingState": "messages.values",
    "WorkingType": "messages.values",
}
"""Public name -> module below this package that defines it; a test keeps the three lists equal."""


if not TYPE_CHECKING:  # hidden from type checkers, which else would accept any name

    def __getattr__(name: str) -> object:
        """Import a public name from its module at first use.

        Raises:
            AttributeError: The name is not public.
        """
        if name not in _PUBLIC:
            raise AttributeError(f"module {__name__!r} has no public name {name!r}")
        home = import_module(f".{_PUBLIC[name]}", __name__)
        if not hasattr(home, name):  # the name of a module, as `aio` is
            import_module(f"{home.__name__}.{name}")
        value = getattr(home, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List what the module holds and what it can import."""
    return sorted({*globals(), *__all__})
