"""Vitals: how the engine itself is, asked by whoever watches it.

Host -> the actor that owns the answer, routed by the front as in `queries.py`; nothing changes.
`GetVitals` alone is answered beside the core, so that it tells of a core that is stuck. Times are
the engine's, ms UTC; the venue's only where a name says so.
"""

from decimal import Decimal

from attrs import frozen

from .values import Priority


@frozen
class GetLimits:
    """Ask how much of the venue's limits is used, and whether requests are paused."""


@frozen
class GetQueue:
    """Ask who waits for a turn to be sent."""


@frozen
class GetStreams:
    """Ask by what the gate judges entries: stream, marks, clock, venue and its own readiness."""


@frozen
class GetUserStream:
    """Ask how the account's own stream is."""


@frozen
class GetAccount:
    """Ask what the account is worth."""


@frozen
class GetVitals:
    """Ask how the machine is: actors, mailboxes, dead letters, journal."""


@frozen
class BudgetView:
    """One limit of the venue: our reckoning, and the venue's own figure beside it."""

    budget: str
    """`weight_1m`, `orders_10s`, `orders_1m` or `requests_1m`."""
    window_ms: int
    limit: int
    """The whole limit, whoever uses it."""
    limit_of_ours: int
    """Our share of it."""
    used: int
    """In the venue's current window: the larger of our count and the venue's, and ours since."""
    reported: int | None
    """What the venue last said; None before it said anything, and of `requests_1m`."""
    reported_at_ms: int
    """0 where it never said."""
    tokens: int
    """What may leave at once by our own bucket."""
    tokens_max: int
    pressure: str
    """`normal`, `warn` or `reserve`."""
    pace_percent: int
    """Share of the limit that entries may use; below 100 for a while after a refusal."""


@frozen
class LimitsView:
    """Answer to `GetLimits`; a pause is in force while its time lies after `at_ms`."""

    at_ms: int
    budgets: tuple[BudgetView, ...]
    permits: int
    """How many were ever granted."""
    waiting_opening: int
    waiting_reducing: int
    paused_until_ms: int
    orders_paused_until_ms: int
    """For placements alone."""
    banned_until_ms: int
    pause_reason: str
    """The venue's own words for the last pause; empty where there never was one."""


@frozen
class QueueClassView:
    """The waiting orders of one priority."""

    priority: Priority
    waiting: int
    oldest_age_ms: int
    """0 where none waits."""


@frozen
class HoldView:
    """A symbol whose entries wait, and for whom."""

    symbol: str
    holders: tuple[str, ...]


@frozen
class QueueView:
    """Answer to `GetQueue`."""

    at_ms: int
    classes: tuple[QueueClassView, ...]
    """Reducing first."""
    in_flight: int
    """Entries that were released and are not settled."""
    holds: tuple[HoldView, ...]
    entries_off: str
    """Why no entry may wait; empty where they may."""


@frozen
class MarkView:
    """The last price of a symbol; quote units."""

    symbol: str
    mark: Decimal
    bid: Decimal
    ask: Decimal
    age_ms: int


@frozen
class StreamsView:
    """Answer to `GetStreams`: what the gate was last told; before that the value that refuses."""

    at_ms: int
    ready: bool
    """Whether recovery and the first comparison of this start are through."""
    user_stream_healthy: bool
    venue_open: bool
    """False while the venue breaker is open."""
    clock_trusted: bool
    clock_offset_ms: int
    """How far the venue's clock is ahead."""
    clock_error_ms: int
    marks: tuple[MarkView, ...]
    """By symbol."""
    filters_age_ms: int | None
    """Of the trading rules; None where none were read."""
    mismatched: tuple[str, ...]
    """Symbols of which our view and the venue's differ."""
    unprotected: tuple[str, ...]
    """Symbols whose position has no stop in time."""


@frozen
class UserStreamView:
    """Answer to `GetUserStream`."""

    at_ms: int
    connected: bool
    healthy: bool
    """Connected, and nothing missing."""
    silent_ms: int | None
    """Since the last frame or connection; None where there never was one."""
    last_event_ms: int
    """Venue time of the newest frame; 0 for none."""
    gap_since_ms: int | None
    """Venue time since which frames may be missing; None where none are."""


@frozen
class AccountView:
    """Answer to `GetAccount`, money in the margin asset; None where nothing was read yet.

    Realised profit, fees and funding are in `PositionsView`.
    """

    at_ms: int
    known_at_ms: int
    """When the venue last told the balances; 0 for never."""
    wallet: Decimal | None
    available: Decimal | None
    unrealised_pnl: Decimal | None
    equity: Decimal | None
    day_start_equity: Decimal | None
    """At the first reading of the UTC day."""
    peak_equity: Decimal | None
    drawdown_pct: Decimal | None
    """Equity below its peak, percent."""
    hedge_mode: bool | None
    can_trade: bool | None
    mode_fault: str
    """What is wrong with the account's modes; empty for nothing."""
    key_fault: str


@frozen
class ActorView:
    """One actor of this start."""

    name: str
    is_core: bool
    status: str
    """`starting`, `running`, `suspended` or `stopped`."""
    generation: int
    """Its lives, those of earlier starts on the same journal included."""
    mailbox: int
    """Messages that wait for it."""
    steps: int
    failures: int
    restarts: int
    last_message: str
    """Class of the message that it handled last; empty for none."""
    last_at_ms: int
    handler_mean_us: int | None
    handler_max_us: int | None
    """Over the sampled messages, microseconds of the wall; both None before the first."""
    handler_samples: int


@frozen
class DeadLetterView:
    """One message that nobody handled."""

    to: str
    message: str
    message_id: str
    reason: str


@frozen
class JournalView:
    """How far the record is on the disk; sequences count from the journal's beginning."""

    sequence: int
    """Of the last step."""
    written: int
    queued: int
    """Records that wait for the journal's thread."""
    unsynced: int
    """Records written and not yet durable; 0 where the settings want no durability."""
    lag_ms: int
    """Age of the oldest record that is not as safe as the settings want; 0 for none."""
    lost: int
    """Records that a failing disk cost since it last worked."""
    failed: str
    """Why it cannot write; empty while it can."""
    snapshot_at_ms: int
    """Of the last snapshot of this start; 0 for none."""


@frozen
class VitalsView:
    """Answer to `GetVitals`."""

    at_ms: int
    pid: int
    version: str
    mode: str
    generation: int
    started_at_ms: int
    uptime_ms: int
    """Of the wall."""
    ready: bool
    """Whether entries were possible once in this start."""
    messages_sent: int
    messages_delivered: int
    core_steps: int
    failures: int
    restarts: int
    dead_letters: int
    actors: tuple[ActorView, ...]
    """In start order."""
    last_dead: tuple[DeadLetterView, ...]
    """The latest, oldest first."""
    journal: JournalView | None
    """None where none is kept."""


VitalsQuery = GetLimits | GetQueue | GetStreams | GetUserStream | GetAccount | GetVitals
VitalsAnswer = LimitsView | QueueView | StreamsView | UserStreamView | AccountView | VitalsView
