"""Account: balances, modes and leverage, from their owner to those who decide by them.

Account -> RiskGate (`AccountChanged`, `LeverageChanged`), CircuitBreaker (`AccountChanged`).
Whoever was refused for the account's mode, or heard that its settings changed, tells Account
`RefreshAccount`. Its calls about leverage, margin type and countdown, and their results, stand here
too; they travel as `messages/venue.py` says. Whoever stops the engine tells Account
`DisarmCountdown`, and asks it `ReportCountdown` until all are settled.
"""

from decimal import Decimal

from attrs import frozen


@frozen
class AccountChanged:
    """Money in the margin asset; `at_ns` is the engine time when it was known."""

    wallet: Decimal
    available: Decimal
    equity: Decimal
    day_start_equity: Decimal
    peak_equity: Decimal
    hedge_mode: bool
    can_trade: bool
    at_ns: int


@frozen
class PositionsValued:
    """PositionMonitor -> Account: unrealised profit of all open positions at the marks."""

    unrealised_pnl: Decimal
    at_ns: int


@frozen
class ResetPeak:
    """CircuitBreaker -> Account: a person accepts the drawdown; the peak is equity as it is now."""

    reason: str


@frozen
class RefreshAccount:
    """The venue refused a request for the account's mode: read balances and modes now."""

    reason: str


@frozen
class Bracket:
    """One step of a symbol's leverage ladder; notional bounds in the margin asset."""

    notional_floor: Decimal
    notional_cap: Decimal
    leverage_max: int
    maintenance_ratio: Decimal


@frozen
class SymbolConfig:
    """How the account is set for one symbol at the venue."""

    symbol: str
    leverage: int
    notional_max: Decimal
    """The largest position value that this leverage admits, in the margin asset."""
    isolated: bool


@frozen
class LeverageLadder:
    """The leverage that a symbol admits, by position value, smallest first."""

    symbol: str
    brackets: tuple[Bracket, ...]


@frozen
class ReadSymbolConfigs:
    """Venue call: read leverage and margin type as they are set, of every symbol."""


@frozen
class SymbolConfigsRead:
    """Result of `ReadSymbolConfigs`."""

    configs: tuple[SymbolConfig, ...]


@frozen
class ReadBrackets:
    """Venue call: read the leverage ladder of every symbol."""


@frozen
class BracketsRead:
    """Result of `ReadBrackets`."""

    ladders: tuple[LeverageLadder, ...]


@frozen
class SetLeverage:
    """Venue call: set a symbol's leverage; what is so already is set again."""

    symbol: str
    leverage: int


@frozen
class LeverageSet:
    """Result of `SetLeverage`, as it is now."""

    symbol: str
    leverage: int
    notional_max: Decimal


@frozen
class SetMarginType:
    """Venue call: let a symbol's positions have margin of their own, or share the account's."""

    symbol: str
    isolated: bool


@frozen
class MarginTypeSet:
    """Result of `SetMarginType`."""

    symbol: str
    isolated: bool


@frozen
class ArmCountdown:
    """Venue call: cancel a symbol's open orders unless it is armed again in time; 0 disarms."""

    symbol: str
    countdown_ms: int


@frozen
class CountdownArmed:
    """Result of `ArmCountdown`."""

    symbol: str
    countdown_ms: int


@frozen
class ReadFeePrice:
    """Venue call: read the price of the asset that pays fees, by its symbol with ours."""

    symbol: str


@frozen
class FeePriceRead:
    """Result of `ReadFeePrice`: the mark price, quote units."""

    symbol: str
    price: Decimal


@frozen
class FeePriceChanged:
    """Account -> PositionMonitor: what a unit of the fee asset is worth in the margin asset."""

    asset: str
    price: Decimal
    at_ns: int


@frozen
class DisarmCountdown:
    """The engine stops in order: nobody will arm the countdown anew, so let none run."""


@frozen
class ReportCountdown:
    """Ask Account whether the countdown of every symbol is disarmed."""


@frozen
class CountdownReported:
    """Answer to `ReportCountdown`: the symbols that wait for the venue, and those that it kept."""

    pending: tuple[str, ...]
    left: tuple[tuple[str, str], ...] = ()
    """Symbol and why its countdown may still run."""


@frozen
class SymbolLeverage:
    """A symbol's leverage as it is set, and the ladder that bounds it."""

    config: SymbolConfig
    brackets: tuple[Bracket, ...]


@frozen
class LeverageChanged:
    """Leverage of every symbol, once both readings are known and after each change of them."""

    symbols: tuple[SymbolLeverage, ...]
    at_ns: int


AccountCall = (
    ReadSymbolConfigs | ReadBrackets | ReadFeePrice | SetLeverage | SetMarginType | ArmCountdown
)
AccountResult = (
    SymbolConfigsRead | BracketsRead | FeePriceRead | LeverageSet | MarginTypeSet | CountdownArmed
)
