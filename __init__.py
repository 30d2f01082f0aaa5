"""Callboard: an order-execution engine for Binance USDM futures, built of Pykka actors.

Owns the list of public names and nothing else. Each is imported from its own module at first
use, so that `import callboard` stays cheap and one part never drags in another. Everything that
is not in `__all__` is private. An unknown name is an `AttributeError`, as in any module.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .actors import aio
    from .actors.adapters.bus.incoming import event_reader
    from .actors.adapters.claim import AccountInUse
    from .actors.adapters.disk import FolderInUse
    from .actors.adapters.metrics.strategy_metrics import (
        StrategyMetrics,
        get_metrics_exporter,
        initialize_metrics_exporter,
    )
    from .actors.adapters.modes import ModeRefused
    from .actors.adapters.service.service import Service
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
    from .actors.exchange_settings import (
        AccountSettings,
        ClockSettings,
        ExchangeSettings,
        InstrumentSettings,
        MarketSettings,
        ReconcilerSettings,
        StreamSettings,
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
    from .actors.record_settings import JournalSettings, RecordsSettings
    from .actors.runtime.front import (
        EventsDropped,
        Subscribe,
        SubscriptionEnded,
        Unsubscribe,
    )
    from .actors.runtime.journal_reader import JournalDamaged
    from .actors.runtime.recovery import RecoveryFailed
    from .actors.runtime.replay import Divergence
    from .actors.service_settings import (
        AlertSettings,
        ApiSettings,
        BusSettings,
        EmergencySettings,
        MetricsSettings,
        ServiceSettings,
    )
    from .actors.settings import (
        BreakerSettings,
        OrderSettings,
        ProtectionSettings,
        QueueSettings,
        RetryFigures,
        RiskSettings,
        Settings,
    )
    from .messages import plans, vitals
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
        CancelOrders,
        EmergencyStateChanged,
        EndOrder,
        ExecuteAlgorithm,
        FlattenPositions,
        HaltTrading,
        LookForOrder,
        ModelPromoted,
        PolicyChanged,
        ReconcileNow,
        ResumeTrading,
        SubmitSignal,
    )
    from .messages.outcomes import OrdersCancelled, PositionsFlattened
    from .messages.queries import (
        AlgorithmsView,
        CancellationView,
        EngineStatus,
        FlatteningView,
        GetAlgorithms,
        GetCancellation,
        GetFlattening,
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
    # The engine, for a host on asyncio too, and its settings.
    "aio",
    "ExecutionSystem",
    "AccountSettings",
    "BreakerSettings",
    "ClockSettings",
    "ExchangeSettings",
    "InstrumentSettings",
    "JournalSettings",
    "AlertSettings",
    "ApiSettings",
    "BusSettings",
    "EmergencySettings",
    "MetricsSettings",
    "Service",
    "ServiceSettings",
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
    "CancelOrders",
    "EmergencyStateChanged",
    "EndOrder",
    "ExecuteAlgorithm",
    "FlattenPositions",
    "HaltTrading",
    "LookForOrder",
    "ModelPromoted",
    "PolicyChanged",
    "ReconcileNow",
    "ResumeTrading",
    "SubmitSignal",
    "plans",
    "GetAlgorithms",
    "GetCancellation",
    "GetFlattening",
    "GetOrder",
    "GetOrders",
    "GetPositions",
    "GetStatistics",
    "GetStatus",
    "GetSummary",
    "vitals",
    "event_reader",
    "Subscribe",
    "Unsubscribe",
    # What it hears: answers and events.
    "AlgorithmsView",
    "CancellationView",
    "EngineStatus",
    "FlatteningView",
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
    "OrdersCancelled",
    "PositionClosed",
    "PositionCorrected",
    "PositionOpened",
    "PositionProtected",
    "PositionsFlattened",
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
    # Figures of a strategy's own program.
    "StrategyMetrics",
    "get_metrics_exporter",
    "initialize_metrics_exporter",
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

_HOMES: dict[str, str] = {
    "actors": "aio",
    "messages": "plans vitals",
    "actors.adapters.bus.incoming": "event_reader",
    "actors.engine": "ExecutionSystem",
    "actors.adapters.service.service": "Service",
    "actors.settings": """
        BreakerSettings OrderSettings ProtectionSettings QueueSettings RetryFigures RiskSettings
        Settings
    """,
    "actors.exchange_settings": """
        AccountSettings ClockSettings ExchangeSettings InstrumentSettings MarketSettings
        ReconcilerSettings StreamSettings
    """,
    "actors.record_settings": "JournalSettings RecordsSettings",
    "actors.service_settings": """
        AlertSettings ApiSettings BusSettings EmergencySettings MetricsSettings ServiceSettings
    """,
    "actors.policies.rate_budgets": "LimiterSettings",
    "actors.ports": "Clock Exchange StreamListener VenueAnswer VenueRequest",
    "actors.policies.host_rules": "ProposedEntry",
    "actors.policies.refusal": "Refusal",
    "messages.intake": """
        AmendOrder CancelOrder EmergencyStateChanged EndOrder FlattenPositions HaltTrading
        LookForOrder ModelPromoted PolicyChanged ReconcileNow ResumeTrading SubmitSignal
        ExecuteAlgorithm CancelOrders
    """,
    "messages.queries": """
        GetAlgorithms AlgorithmsView GetOrder GetOrders GetPositions GetStatistics GetStatus
        GetSummary EngineStatus OrderError OrdersView OrderView PositionsView PositionView
        StateTime StatisticsView SummaryView GetCancellation CancellationView GetFlattening
        FlatteningView
    """,
    "messages.events": """
        AlgorithmProgressed AlertRaised CommandRefused EngineReady OrderCancelled
        OrderCorrected OrderExpired OrderFailed OrderFilled OrderPartiallyFilled OrderPlaced
        OrderQueued OrderRefused OrderResolved OrderSent OrderUnknown OrderUnresolved
        PositionClosed PositionCorrected PositionOpened PositionProtected PositionUpdated
        SlippageExceeded SystemFailed TradingStateReported
    """,
    "messages.outcomes": "OrdersCancelled PositionsFlattened",
    "actors.runtime.front": "Subscribe Unsubscribe EventsDropped SubscriptionEnded",
    "messages.values": """
        HookPhase OrderType PositionSide Severity Side SignalSource SignalType TimeInForce
        TradingState WorkingType
    """,
    "actors.adapters.trip_hooks": "Hooks",
    "messages.control": "RunTripHooks",
    "actors.adapters.travel.time_travel": "replay ReplayedRecord Effect EffectKind",
    "actors.runtime.replay": "Divergence",
    "actors.runtime.journal_reader": "JournalDamaged",
    "actors.adapters.travel.survey": "TravelRefused",
    "actors.adapters.claim": "AccountInUse",
    "actors.errors": """
        ConfigurationError EngineError Halted InvariantBroken OutcomeUnknown Refused
        Transient
    """,
    "actors.adapters.disk": "FolderInUse",
    "actors.adapters.metrics.strategy_metrics": """
        StrategyMetrics get_metrics_exporter initialize_metrics_exporter
    """,
    "actors.adapters.modes": "ModeRefused",
    "actors.runtime.recovery": "RecoveryFailed",
}
"""Module below this package -> the public names that it defines, in any order."""
_PUBLIC = {name: module for module, names in _HOMES.items() for name in names.split()}
"""Public name -> its module; a test keeps the three lists equal."""


if not TYPE_CHECKING:  # hidden from type checkers, which else would accept any name

    def __getattr__(name: str) -> object:
        """Import a public name from its module at first use; another is an `AttributeError`."""
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
