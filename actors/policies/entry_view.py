"""Entry view: what the gate knows when it judges one entry, and all that a rule may see.

Pure. The gate's books and the world as it was told stand here side by side; what the gate has not
heard yet stands as the value that refuses.
"""

from decimal import Decimal

from attrs import frozen

from ...messages.account import AccountChanged, SymbolLeverage
from ...messages.instruments import Filters
from ...messages.intake import SubmitSignal
from ...messages.market import MarkChanged
from ...messages.values import OrderType, PositionSide, Side, SignalType, TradingState
from ..settings import RiskSettings, StrategyLimits
from .emergency import UNASKED, EmergencyWord

PERCENT = Decimal(100)


@frozen(kw_only=True)
class StrategyView:
    """What one strategy has open, promised and done."""

    limits: StrategyLimits
    position_notional: Decimal
    """In the position of the entry."""
    gross_notional: Decimal
    slots_used: int
    has_slot: bool
    executed_at_ns: int
    executions_today: int


@frozen(kw_only=True)
class EntryView:
    """What the gate knows when it judges one entry."""

    signal: SubmitSignal
    settings: RiskSettings
    now_ns: int
    venue_ms: int
    trading_state: TradingState
    trading_reason: str
    venue_open: bool
    is_ready: bool
    clock_trusted: bool
    stream_healthy: bool
    symbol_hold: str
    """Why this symbol takes no entries, or empty."""
    account: AccountChanged | None
    filters: Filters | None
    filters_read_at_ns: int
    mark: MarkChanged | None
    position_quantity: Decimal
    position_notional: Decimal
    """Open or reserved in this position."""
    gross_notional: Decimal
    reserved_notional: Decimal
    """What open entries may still need, which the account's balance does not show yet."""
    slots_used: int
    """Positions and open entries, this symbol's own included."""
    has_slot: bool
    """True when this position has its slot already."""
    executed_at_ns: int
    """Last discretionary execution of the symbol; 0 for none."""
    executions_today: int
    leverage: int
    """As it is set at the venue, else as the settings assume."""
    bracket: SymbolLeverage | None
    """The symbol's leverage at the venue and its ladder, None while unknown."""
    listed_at_ns: int
    """When the last whole listing of the venue's orders and positions left; 0 for never."""
    open_orders: int
    """Regular orders of the symbol, listed or approved since."""
    conditional_orders: int
    """Of the account, listed or still to come of open entries."""
    policy_at_ms: int = 0
    """When the policy source last spoke, its time; 0 for never."""
    others: tuple[tuple[str, Decimal], ...] = ()
    """Positions of other symbols, open or reserved: symbol and signed notional."""
    goes_on: bool = False
    """True for a slice of an algorithm that an earlier slice was charged for."""
    own: StrategyView | None = None
    """Of the signal's strategy, where that has limits of its own."""
    margin_asset: str = ""
    """The asset that the account's money is counted in; empty where nobody has said."""
    emergency: EmergencyWord = UNASKED
    """Of the emergency-stop source."""

    @property
    def side(self) -> Side:
        """Side of the entry."""
        return Side.BUY if self.signal.signal is SignalType.LONG_ENTRY else Side.SELL

    @property
    def sign(self) -> int:
        """1 for an entry that buys, -1 for one that sells."""
        return 1 if self.side is Side.BUY else -1

    @property
    def is_market(self) -> bool:
        """True for an entry at whatever the book gives."""
        return self.signal.order_type is OrderType.MARKET

    @property
    def position_side(self) -> PositionSide:
        """Which position the entry opens."""
        return opened_side(self.account, self.signal.signal)


def opened_side(account: AccountChanged | None, signal: SignalType) -> PositionSide:
    """Return which position an entry opens in the account's mode."""
    if account is None or not account.hedge_mode:
        return PositionSide.BOTH
    return PositionSide.LONG if signal is SignalType.LONG_ENTRY else PositionSide.SHORT
