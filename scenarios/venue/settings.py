"""Settings: what a simulated venue is told once, before it opens.

Owns the records for symbols, fees, limits, delays and the account's first balance. They are
frozen; a running venue changes leverage and position mode in its own account, never here.
Limits and delays carry their unit in the name. Presets follow Binance's USDM exchangeInfo as
read in 2026-11; a tape of another time may need other minima.
"""

from decimal import Decimal
from enum import Enum

from attrs import evolve, field, frozen

from .account_settings import FeeAsset, FundingRules, HistoryAges, LiquidationRules
from .faults import Faults, FaultScript

THREE_DAYS_MS = 3 * 24 * 60 * 60 * 1000


@frozen
class Bracket:
    """One step of a symbol's leverage ladder; notional bounds in quote currency."""

    leverage_max: int
    notional_floor: Decimal
    notional_cap: Decimal
    maintenance_ratio: Decimal
    cum: Decimal
    """What makes maintenance margin continuous at the step's floor, in quote currency."""


PAPER_LEVERAGE = 10
"""What a paper account is set to, as the gate's limits allow; a new account has 20."""


def _default_brackets() -> tuple[Bracket, ...]:
    rows = (
        (125, "0", "300000", "0.0040", "0"),
        (100, "300000", "800000", "0.0050", "300"),
        (50, "800000", "3000000", "0.0100", "4300"),
        (20, "3000000", "12000000", "0.0250", "49300"),
        (10, "12000000", "70000000", "0.0500", "349300"),
        (5, "70000000", "200000000", "0.1000", "3849300"),
        (1, "200000000", "1000000000", "0.5000", "83849300"),
    )
    return tuple(
        Bracket(leverage, Decimal(floor), Decimal(cap), Decimal(ratio), Decimal(cum))
        for leverage, floor, cap, ratio, cum in rows
    )


@frozen
class SymbolRules:
    """Filters of one contract; prices in quote currency, quantities in base currency."""

    symbol: str
    base: str
    tick: Decimal
    price_min: Decimal
    price_max: Decimal
    step: Decimal
    quantity_min: Decimal
    quantity_max: Decimal
    market_quantity_max: Decimal
    notional_min: Decimal
    price_precision: int
    quantity_precision: int
    quote: str = "USDT"
    multiplier_up: Decimal = Decimal("1.1500")
    multiplier_down: Decimal = Decimal("0.8500")
    trigger_protect: Decimal = Decimal("0.0500")
    market_take_bound: Decimal = Decimal("0.05")
    """How far from the mark a market order takes, as a share of it; 0 for any distance."""
    orders_max: int = 200
    status: str = "TRADING"
    brackets: tuple[Bracket, ...] = field(factory=_default_brackets)


def _rules(symbol: str, *values: str, digits: tuple[int, int]) -> SymbolRules:
    tick, low, high, step, most, market, notional = (Decimal(value) for value in values)
    return SymbolRules(
        symbol=symbol,
        base=symbol.removesuffix("USDT"),
        tick=tick,
        price_min=low,
        price_max=high,
        step=step,
        quantity_min=step,
        quantity_max=most,
        market_quantity_max=market,
        notional_min=notional,
        price_precision=digits[0],
        quantity_precision=digits[1],
    )


BTCUSDT = _rules(
    "BTCUSDT", "0.10", "556.80", "4529764", "0.001", "1000", "120", "100", digits=(2, 3)
)
ETHUSDT = _rules(
    "ETHUSDT", "0.01", "39.86", "306177", "0.001", "10000", "2000", "20", digits=(2, 3)
)
SOLUSDT = _rules("SOLUSDT", "0.0100", "0.42", "6857", "0.01", "100000", "5000", "5", digits=(4, 2))
XRPUSDT = _rules(
    "XRPUSDT", "0.0001", "0.0143", "100000", "0.1", "10000000", "2000000", "5", digits=(4, 1)
)


@frozen
class Delay:
    """A delay of `base_ms` plus an even draw from 0 to `jitter_ms`."""

    base_ms: int = 0
    jitter_ms: int = 0


@frozen
class Latency:
    """How long each way takes: client to venue, venue to client, and a stream's frame."""

    request: Delay = Delay(10, 5)
    answer: Delay = Delay(10, 5)
    stream: Delay = Delay(15, 5)


AT_ONCE = Latency(Delay(), Delay(), Delay())
"""For a face whose ways take their own time."""


@frozen
class RateLimits:
    """Fixed windows that turn at full minutes and full ten seconds (general info, 2026-11)."""

    weight_1m_max: int = 2400
    orders_10s_max: int = 300
    orders_1m_max: int = 1200
    refusals_before_ban: int = 10
    """A client that is refused this often in one minute is banned at the next request."""
    ban_first_ms: int = 120_000
    ban_longest_ms: int = THREE_DAYS_MS
    retry_after_header: bool = True

    def times(self, factor: int) -> "RateLimits":
        """Return these with so many times the weight and the orders."""
        return evolve(
            self,
            weight_1m_max=self.weight_1m_max * factor,
            orders_10s_max=self.orders_10s_max * factor,
            orders_1m_max=self.orders_1m_max * factor,
        )


@frozen
class AlgoTiming:
    """The life of a conditional order at the venue, in ms after the step before."""

    trigger_to_child_ms: int = 11
    child_to_triggered_frame_ms: int = 0
    """More than 0 lets the child's fills arrive before the TRIGGERED frame."""
    end_to_finished_frame_ms: int = 0


class QueueModel(Enum):
    """What a trade print at a resting order's own price does."""

    TOUCH = "touch"
    """It fills the order, as if nobody stood ahead."""
    QUEUE = "queue"
    """It fills the order after what stood ahead at its price."""
    BEYOND = "beyond"
    """It fills nothing; only a print beyond the price does."""


@frozen
class VenueSettings:
    """Everything a venue is opened with."""

    symbols: tuple[SymbolRules, ...] = (BTCUSDT, ETHUSDT)
    wallet_balance: Decimal = Decimal(10000)
    taker_fee: Decimal = Decimal("0.0005")
    maker_fee: Decimal = Decimal("0.0002")
    leverage: int = 20
    hedge_mode: bool = False
    permissions: frozenset[str] = frozenset(("read", "trade"))
    """What the account's key may do: read, trade, withdraw."""
    latency: Latency = Latency()
    rate_limits: RateLimits = RateLimits()
    algo_timing: AlgoTiming = AlgoTiming()
    conditional_orders_max: int = 200
    funding: FundingRules = field(factory=FundingRules)
    liquidation: LiquidationRules = field(factory=LiquidationRules)
    fee_asset: FeeAsset | None = None
    """None for fees in quote currency only."""
    ages: HistoryAges = field(factory=HistoryAges)
    countdown_reaches_algo: bool = False
    """A countdown that runs out cancels conditional orders, too; undocumented, so a switch."""
    order_lifetime_ms: int = 365 * 24 * 60 * 60 * 1000
    """A resting order without a date of its own is cancelled after this time."""
    price_matches_withdrawn: tuple[str, ...] = ("OPPONENT_10", "OPPONENT_20")
    """Refused (-5037), as Binance does since 2025-10-23."""
    history_max: int = 50_000
    """Ended orders, ended conditionals and fills kept of each kind; the oldest are forgotten."""
    checks_time: bool = True
    """Refuse requests whose timestamp is not of now (-1021)."""
    clock_skew_ms: int = 0
    """How far the venue's clock runs ahead of the given time."""
    trade_lite: bool = False
    """Send TRADE_LITE ahead of a fill's ORDER_TRADE_UPDATE."""
    queue_model: QueueModel = QueueModel.TOUCH
    queue_cancels_ahead: Decimal = Decimal(0)
    """Share of what others cancel at a price that stood ahead of us (model `queue`), 0 to 1."""
    unfit_orders_expire: bool = False
    """A FOK that finds too little and a post-only that would take are accepted and expire (reasons
    10 and 11), instead of -5021 and -5022."""
    amendment_keeps_place: bool = False
    """A smaller quantity at the same price keeps its place in line; Binance documents no such."""
    resting_reducers_refuse: bool = False
    """A market order that reduces is refused (-2022) while resting reducers cover the position."""
    algo_query_by_id_fails: bool = False
    """GET algoOrder by algoId answers -2013 even for a live order, as seen in 2026-09."""
    faults: Faults = field(factory=Faults)
    script: FaultScript = field(factory=FaultScript)
