"""Settings: every figure of the engine, in one frozen record with a section per owner.

Built once at the composition root (`adapters/config.py` reads files and the environment); each
actor is given its section. Durations carry their unit in the name; percentages are positive
numbers of percent; money is in the margin asset. Defaults are those of the requirements register,
whose numbers (C-01 and so on) stand beside them.
"""

from decimal import Decimal

from attrs import field, frozen

from .exchange_settings import (
    AccountSettings,
    ClockSettings,
    ExchangeSettings,
    InstrumentSettings,
    MarketSettings,
    ReconcilerSettings,
    StreamSettings,
)
from .policies.rate_budgets import LimiterSettings
from .record_settings import JournalSettings, RecordsSettings
from .service_settings import (
    AlertSettings,
    ApiSettings,
    BusSettings,
    EmergencySettings,
    MetricsSettings,
    ServiceSettings,
)

SECOND_MS = 1_000
MINUTE_MS = 60_000
HOUR_MS = 3_600_000


@frozen
class StrategyLimits:
    """Limits of one strategy, each at most the account's; what is absent is the account's."""

    name: str
    """As in the `strategy` of its signals."""
    symbols: tuple[str, ...] | None = None
    positions_max: int | None = None
    position_size_pct_max: Decimal | None = None
    gross_exposure_pct_max: Decimal | None = None
    executions_per_day_max: int | None = None
    cooldown_ms: int | None = None
    """At least the account's."""


@frozen
class RiskSettings:
    """What the risk gate allows."""

    symbols: tuple[str, ...] = ()
    """Whitelist; empty allows nothing."""
    actions: tuple[str, ...] = (
        "LONG_ENTRY",
        "SHORT_ENTRY",
        "CLOSE_LONG",
        "CLOSE_SHORT",
        "REDUCE_50",
    )
    """Signals that are carried out."""
    confidence_min: Decimal = Decimal("0.70")
    """Least `confidence` of an automated entry, where it has one."""
    confluence_score_min: Decimal = Decimal("3.0")
    """Least `confluence_score`, where the signal has one."""
    signal_strength_min: Decimal = Decimal("0.0")
    """Least `signal_strength`, where the signal has one."""
    cooldown_ms: int = 15 * MINUTE_MS
    """Between two discretionary executions of one symbol (C-30)."""
    cooldown_exempt: tuple[str, ...] = ("CLOSE_LONG", "CLOSE_SHORT")
    """Exits by signal that scores, cooldown and quota neither refuse nor count (C-30)."""
    executions_per_day_max: int = 6
    """Discretionary executions of the account in one UTC day (C-30, C-52)."""
    position_size_pct_default: Decimal = Decimal("2.0")
    """Notional of an unsized entry, percent of equity (C-11)."""
    position_size_pct_max: Decimal = Decimal("5.0")
    """Notional of one position, percent of equity (C-11)."""
    gross_exposure_pct_max: Decimal = Decimal("50.0")
    """Notional of all positions and open entries, percent of equity (C-11)."""
    size_basis: str = "notional"
    """What the percentages of one position measure: `notional` or `margin` (C-11)."""
    sizing: str = "percent"
    """Size of an unsized entry: `percent` of equity, or by the `risk` to its stop."""
    risk_per_entry_pct: Decimal = Decimal("0.1")
    """With `risk`: what is lost between entry and stop, percent of equity."""
    size_scaled_by_correlation: bool = False
    """Whether the policy makes an entry smaller beside positions that move alike."""
    correlations: tuple[str, ...] = ()
    """How alike symbols move, -1 to 1, as in `BTCUSDT/ETHUSDT=0.8`; 0 for what is not listed."""
    correlated_exposure_pct_max: Decimal = Decimal("10.0")
    """Notional of a position and what would lose with it, percent of equity."""
    order_notional_max: Decimal = Decimal(100_000)
    """Notional of one order, in the margin asset."""
    strategies: tuple[StrategyLimits, ...] = ()
    """Tables of their own, `[[callboard.risk.strategies]]`, one for each strategy with limits."""
    conditional_orders_max: int = 200
    """Stops and targets of the account at the venue, with those of the entry itself."""
    positions_max: int = 3
    """Positions and open entries at once."""
    stop_loss_pct_default: Decimal = Decimal("2.0")
    """Distance of the stop of an entry that names none."""
    stop_loss_pct_max: Decimal = Decimal("2.0")
    """Distance of the stop from the entry, inclusive (C-10)."""
    risk_reward_ratio_min: Decimal = Decimal("1.5")
    """Distance of a given target over that of the stop, inclusive."""
    protection_distance_pct_min: Decimal = Decimal("0.1")
    """Least distance of stop and target from the entry, percent of it."""
    protection_distance_ticks_min: int = 2
    """The same in ticks of the symbol; the larger of the two counts."""
    drawdown_pct_max: Decimal = Decimal("15.0")
    """Of equity from its peak, counted as if the stop of the entry at hand were hit."""
    price_slippage_pct_max: Decimal = Decimal("1.0")
    """Of a market order: before it from its reference, after it of its fills (C-33)."""
    mark_distance_pct_max: Decimal = Decimal("10.0")
    """Of a limit price from the mark."""
    scale_in: bool = False
    """Whether an entry may add to an open position."""
    send_within_ms: int = 3 * SECOND_MS
    """Age at which an approval is not sent any more."""
    order_deadline_ms: int = HOUR_MS
    """Age at which a resting entry is cancelled."""
    mark_age_ms_max: int = 5 * SECOND_MS
    """Age of a symbol's mark above which its entries are refused."""
    account_age_ms_max: int = 5 * MINUTE_MS
    """Since the balances were last read."""
    position_age_ms_max: int = 5 * MINUTE_MS
    """Since the last whole listing of the venue's orders and positions."""
    filters_age_ms_max: int = 24 * HOUR_MS
    """Since the symbol's filters were last read."""
    policy_age_ms_max: int = 0
    """Age of the policy source's last word, which may repeat a value; 0 without a source."""
    leverage: int = 10
    """Leverage assumed until the venue's is known; set there only by `accounts.set_leverage`."""
    leverage_max: int = 10
    """The most that a symbol's leverage may be at the venue."""
    margin_type: str = "any"
    """How a symbol must be set for its entries: `crossed`, `isolated` or `any`."""


@frozen
class QueueSettings:
    """Waiting orders (C-25)."""

    opening_max: int = 50
    """Entries that wait at once; the next one is refused."""
    reducing_expected: int = 200
    """More waiting reducing orders raise an alert; none is ever refused."""


@frozen
class OrderSettings:
    """The life of an order (C-05, C-06, C-07)."""

    id_prefix: str = "cb"
    """Beginning of every client order id, by which ours are known at the venue."""
    recv_window_ms: int = 2_500
    """How late the venue may receive a request and still take it."""
    request_timeout_ms: int = 5 * SECOND_MS
    """How long a request may be without an answer before its outcome is unknown."""
    unknown_margin_ms: int = 10 * SECOND_MS
    """Silence beyond the last moment of acceptance before absence counts."""
    query_first_ms: int = 250
    """Before the first question about an order whose outcome is unknown is repeated."""
    query_cap_ms: int = 5 * SECOND_MS
    """Longest wait between two such questions."""
    history_max: int = 1_000
    """Ended orders kept in memory for late reports and queries."""
    times_max: int = 64
    """Moves from state to state kept of one order: the first and the latest."""
    errors_max: int = 16
    """Failed requests kept of one order: the latest."""
    intent_age_ms_max: int = 3 * 24 * HOUR_MS
    """Age at which an unresolved intent is parked: absence proves nothing then."""
    deadline_ms_default: int = HOUR_MS
    """Total time of an order that is given none, so of an exit (C-06)."""
    batch_max: int = 1
    """Independent orders, or cancels, that leave in one request; 1 sends each alone."""
    fill_poll_ms: int = 500
    """A market order is asked for so often while the user stream is not healthy (C-24, C-47)."""
    fill_check_ms: int = 10 * SECOND_MS
    """A market order without a report for so long is asked for (C-06)."""
    jitter: bool = True
    """Whether waits between repetitions are drawn, by `retry.jitter_pct`."""
    self_trade_prevention: str = "venue"
    """Which of two orders of the account ends where they would meet; `venue` leaves it to it."""
    retries_in_30s_max: int = 20
    """Retry budget of the account: tokens, refilled evenly over 30 s."""


@frozen
class RetryFigures:
    """How long and how often a failed request is repeated, by the type of its error (C-04, C-05).

    `…_retries_max` are repetitions after the first call; 3 are at most 4 calls.
    """

    api_base_ms: int = SECOND_MS
    """First wait after an error of the API."""
    api_cap_ms: int = 8 * SECOND_MS
    """Longest wait after an error of the API."""
    api_retries_max: int = 3
    """Repetitions after an error of the API."""
    network_base_ms: int = 2 * SECOND_MS
    """First wait when the request did not reach the venue."""
    network_cap_ms: int = 16 * SECOND_MS
    """Longest wait when it did not."""
    network_retries_max: int = 5
    """Repetitions when it did not."""
    timeout_base_ms: int = SECOND_MS
    """First wait after a timeout."""
    timeout_cap_ms: int = 4 * SECOND_MS
    """Longest wait after a timeout."""
    timeout_retries_max: int = 3
    """Repetitions after a timeout."""
    rate_limit_base_ms: int = MINUTE_MS
    """First wait after a limit, where the venue names none."""
    rate_limit_cap_ms: int = 5 * MINUTE_MS
    """Longest wait after a limit, where the venue names none."""
    rate_limit_retries_max: int = 3
    """Repetitions after a limit."""
    unknown_base_ms: int = 2 * SECOND_MS
    """First wait after an error that nobody knows."""
    unknown_cap_ms: int = 8 * SECOND_MS
    """Longest wait after one."""
    unknown_retries_max: int = 2
    """Repetitions after one."""
    factor: Decimal = Decimal(2)
    """Of each wait to the one before."""
    jitter_pct: int = 25
    """By how much a wait is longer or shorter at most, percent of it."""
    pace_window_ms: int = MINUTE_MS
    """How long a failure counts for the pace of its kind."""
    pace_failures: int = 10
    """So many failures of one kind in the window double its first wait, within its cap."""
    pace_doublings_max: int = 3
    """How often the first wait is doubled at most."""


@frozen
class ProtectionSettings:
    """Stops, targets and exits (C-10, C-12, C-13)."""

    unprotected_ms_max: int = 10 * SECOND_MS
    """No open quantity stays longer without a resting stop; then it is closed."""
    exit_retry_base_ms: int = SECOND_MS
    """First wait before an exit is tried again."""
    exit_retry_cap_ms: int = 30 * SECOND_MS
    """Longest wait before it is; there is no last try."""
    stop_failed_pct: Decimal = Decimal("3.1")
    """Loss from entry at which the stop evidently failed: close at market (C-10)."""
    stop_loss_pct_max: Decimal = Decimal("3.0")
    """Loss from the average entry at or inside which every stop rests (C-10)."""
    liquidation_alert_pct: Decimal = Decimal(0)
    """Distance of the mark from the liquidation price, percent of the mark, below which a person is
    told; 0 reads no liquidation prices."""
    adopt_foreign: str = "reported"
    """A position that is not ours is `reported` and left, or also `protected` by a stop."""
    quantity_stops: bool = False
    """Whether stops and targets are for the position's quantity, resized with it, and not for the
    whole position whatever it is."""


@frozen
class BreakerSettings:
    """When trading stops by itself (C-10, C-27, C-28)."""

    daily_reduce_pct: Decimal = Decimal("3.1")
    """Loss of the day's first equity at which nothing is opened any more."""
    daily_halt_pct: Decimal = Decimal("5.0")
    """Loss of it at which positions are closed, too."""
    drawdown_halt_pct: Decimal = Decimal("15.0")
    """Loss of the peak of equity at which positions are closed, too."""
    cooldown_ms: int = HOUR_MS
    """A loss or an emergency is not resumed from earlier."""
    hook_ms_max: int = 200
    """How long a trip waits for the host's hooks before it closes positions (C-53)."""
    flat_check_ms: int = 250
    """Between two looks whether all is closed after a trip."""
    flat_ms_max: int = MINUTE_MS
    """Our positions are not closed by then: a person is told, and the last hooks run."""
    venue_failures_max: int = 5
    """Failed requests in a row that count as an outage of the venue."""
    venue_failed_pct_max: Decimal = Decimal(50)
    """Share of failed requests of a window that counts as an outage."""
    venue_requests_min: int = 10
    """Below so many requests in a window their share says nothing."""
    venue_window_ms: int = MINUTE_MS
    """How long a request counts for that share."""
    venue_open_ms: int = 30 * SECOND_MS
    """How long entries are refused before the venue is tried again."""


@frozen
class Settings:
    """The whole engine."""

    mode: str = "paper"
    """`paper`, `shadow`, `demo`, `testnet` or `live`: where orders go, and whose keys are read."""
    use_testnet: bool = True
    """For every mode but paper: the venue's test hosts, or the ones with money (C-17)."""
    live_confirm: str = ""
    """For `live`: the name of the account, given at the start beside the settings file."""
    seed: int = 0
    """Of every draw in the engine, and of the built-in market."""
    placement: str = "shared"
    """`shared` has one thread for all that decides, `pinned` one for each actor."""
    signal_timeout_ms: int = 2 * HOUR_MS
    """Time T of a command: without a terminal event by then it is reported unresolved."""
    signals_kept: int = 10_000
    """Finished signals remembered against repetition."""
    inbox_max: int = 10_000
    """Waiting messages of the core above which signals are refused as `queue_full`."""
    high_water: int = 50_000
    """Waiting messages of the core at which entries stop for all; 0 watches none."""
    risk: RiskSettings = field(factory=RiskSettings)
    limits: LimiterSettings = field(factory=LimiterSettings)
    permits_waiting_max: int = 1_000
    """Requests that wait for a permit; beyond it the youngest opening one is refused."""
    queue: QueueSettings = field(factory=QueueSettings)
    orders: OrderSettings = field(factory=OrderSettings)
    retry: RetryFigures = field(factory=RetryFigures)
    protection: ProtectionSettings = field(factory=ProtectionSettings)
    market: MarketSettings = field(factory=MarketSettings)
    clock: ClockSettings = field(factory=ClockSettings)
    exchange: ExchangeSettings = field(factory=ExchangeSettings)
    accounts: AccountSettings = field(factory=AccountSettings)
    instruments: InstrumentSettings = field(factory=InstrumentSettings)
    stream: StreamSettings = field(factory=StreamSettings)
    reconciler: ReconcilerSettings = field(factory=ReconcilerSettings)
    breaker: BreakerSettings = field(factory=BreakerSettings)
    journal: JournalSettings = field(factory=JournalSettings)
    records: RecordsSettings = field(factory=RecordsSettings)
    service: ServiceSettings = field(factory=ServiceSettings)
    api: ApiSettings = field(factory=ApiSettings)
    metrics: MetricsSettings = field(factory=MetricsSettings)
    alerts: AlertSettings = field(factory=AlertSettings)
    bus: BusSettings = field(factory=BusSettings)
    emergency: EmergencySettings = field(factory=EmergencySettings)
