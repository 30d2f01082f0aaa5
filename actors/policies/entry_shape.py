"""Entry shape: what the gate knows of one entry, and the entry on its symbol's grid.

Pure. `EntryView` is all that the rules may look at; `shape` gives the entry its price, size, stop
and target. A size that the signal names is rounded down to the lot and never shrunk to a cap; one
that it leaves open is sized by percent. A stop that it leaves open is at the default distance.
"""

from decimal import Decimal

from attrs import frozen

from ...messages.account import AccountChanged
from ...messages.instruments import Filters
from ...messages.intake import SubmitSignal
from ...messages.market import MarkChanged
from ...messages.values import OrderType, PositionSide, Side, SignalType, TradingState
from ..settings import RiskSettings
from .refusal import Refusal
from .rounding import ZERO, plain, round_limit_price, round_quantity, round_trigger_price
from .sizing import Funds, SizeLimits, SizeRefusal, size_by_percent

PERCENT = Decimal(100)


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

    @property
    def side(self) -> Side:
        """Side of the entry."""
        return Side.BUY if self.signal.signal is SignalType.LONG_ENTRY else Side.SELL

    @property
    def position_side(self) -> PositionSide:
        """Which position the entry opens."""
        account = self.account
        if account is None or not account.hedge_mode:
            return PositionSide.BOTH
        return PositionSide.LONG if self.side is Side.BUY else PositionSide.SHORT


@frozen(kw_only=True)
class ShapedEntry:
    """The entry on the symbol's grid, with its stop."""

    quantity: Decimal
    price: Decimal | None
    """Limit price, None for a market order."""
    reference_price: Decimal
    """What sizes and distances are measured from."""
    stop_loss: Decimal
    take_profit: Decimal | None


def shape(view: EntryView) -> ShapedEntry | Refusal:
    """Put the entry on the symbol's grid: price, size, stop and target."""
    signal, filters, mark = view.signal, view.filters, view.mark
    assert filters is not None
    assert mark is not None
    limit: Decimal | None = None
    if signal.order_type is OrderType.LIMIT:
        if signal.price is None:
            return Refusal("price", "none", "a limit order needs one")
        limit = round_limit_price(signal.price, view.side, filters)
    reference = limit if limit is not None else mark.mark
    quantity = _quantity(view, reference)
    if isinstance(quantity, Refusal):
        return quantity
    stop = round_trigger_price(_stop_price(view, reference), reference, filters)
    target = signal.take_profit
    if target is not None:
        target = round_trigger_price(target, reference, filters)
    return ShapedEntry(
        quantity=quantity,
        price=limit,
        reference_price=reference,
        stop_loss=stop,
        take_profit=target,
    )


def funds_of(view: EntryView) -> Funds:
    """Return the money that an entry may use, without what is promised to others."""
    assert view.account is not None
    return Funds(
        equity=view.account.equity,
        available=view.account.available - view.reserved_notional / view.leverage,
        leverage=view.leverage,
        position_notional=view.position_notional,
        gross_notional=view.gross_notional,
    )


def limits_of(view: EntryView) -> SizeLimits:
    """Return the size limits in force."""
    return SizeLimits(
        position_percent=view.settings.position_size_pct_default,
        position_percent_max=view.settings.position_size_pct_max,
        gross_percent_max=view.settings.gross_exposure_pct_max,
    )


def size_refusal(refusal: SizeRefusal) -> Refusal:
    """Return a refusal of the size as the gate tells it."""
    return Refusal(refusal.rule, plain(refusal.figure), plain(refusal.limit))


def _quantity(view: EntryView, reference: Decimal) -> Decimal | Refusal:
    assert view.filters is not None
    wished = view.signal.quantity
    order_type = view.signal.order_type
    if wished is not None:
        rounded = round_quantity(wished, order_type, view.filters)
        return rounded if rounded > ZERO else Refusal("quantity_min", plain(wished), "1 step")
    sized = size_by_percent(funds_of(view), reference, limits_of(view), order_type, view.filters)
    return size_refusal(sized) if isinstance(sized, SizeRefusal) else sized


def _stop_price(view: EntryView, reference: Decimal) -> Decimal:
    """Return the stop that the signal gives, else the default distance (C-10)."""
    if view.signal.stop_loss is not None:
        return view.signal.stop_loss
    share = view.settings.stop_loss_pct_default / PERCENT
    return reference * (1 - share if view.side is Side.BUY else 1 + share)
