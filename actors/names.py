"""Names: the address of every actor of a system, in start order.

The order is that of supervision too: what stands later may need what stands earlier.
"""

VENUE_CLOCK = "venue_clock"
INSTRUMENTS = "instruments"
ACCOUNT = "account"
MARKET_DATA = "market_data"
USER_STREAM = "user_stream"
RECONCILER = "reconciler"
POSITION_MONITOR = "position_monitor"
CIRCUIT_BREAKER = "circuit_breaker"
RISK_GATE = "risk_gate"
RATE_LIMITER = "rate_limiter"
ORDER_QUEUE = "order_queue"
ORDER_MANAGER = "order_manager"
ERROR_CLASSIFIER = "error_classifier"
EXECUTION_SYSTEM = "execution_system"
SUPERVISOR = "supervisor"

CORE = (
    SUPERVISOR,
    VENUE_CLOCK,
    INSTRUMENTS,
    ACCOUNT,
    MARKET_DATA,
    USER_STREAM,
    RECONCILER,
    POSITION_MONITOR,
    CIRCUIT_BREAKER,
    RISK_GATE,
    RATE_LIMITER,
    ORDER_QUEUE,
    ORDER_MANAGER,
    ERROR_CLASSIFIER,
    EXECUTION_SYSTEM,
)

JOURNAL = "journal"
JOURNAL_WATCH = "journal_watch"
"""Only where there is a journal on a disk."""
EVENT_BUS = "event_bus"
LANE_OPENING = "lane_opening"
LANE_REDUCING = "lane_reducing"
USER_SOCKET = "user_socket"
MARKET_SOCKET = "market_socket"
TRIP_HOOKS = "trip_hooks"
COMMAND_SPOOL = "command_spool"
"""Only where there is a data directory."""
VITALS = "vitals"
"""Only where there are threads."""
TRADE_STORE = "trade_store"
AUDIT_LOG = "audit_log"
"""Both only where there is a data directory, and the settings want them."""

LANES = (LANE_OPENING, LANE_REDUCING)
EDGES = (
    JOURNAL,
    EVENT_BUS,
    TRIP_HOOKS,
    LANE_OPENING,
    LANE_REDUCING,
    USER_SOCKET,
    MARKET_SOCKET,
)
