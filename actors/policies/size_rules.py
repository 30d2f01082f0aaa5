"""Size rules: whether an entry of this size fits the account, the settings and the symbol.

Pure. A size above a limit is refused, never shrunk: a strategy that asked for more must know that
it did not get it (C-11).
"""

from collections.abc import Callable
from decimal import Decimal

from .correlation import pairs_of, weight_together
from .entry_shape import ShapedEntry, funds_of, limits_of, size_refusal
from .entry_view import PERCENT, EntryView
from .filter_check import OrderShape, check_order
from .refusal import Refusal
from .rounding import ZERO, plain
from .sizing import check_size
from .strategy_rules import strategy_size

SizeRule = Callable[[EntryView, ShapedEntry], Refusal | None]


def order_notional(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """One order not larger than its own cap, quote units."""
    most = view.settings.order_notional_max
    if shaped.notional <= most:
        return None
    return Refusal("order_notional_max", plain(shaped.notional), plain(most))


def drawdown(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """The account not past its largest drawdown even where the stop of this entry is hit."""
    account, most = view.account, view.settings.drawdown_pct_max
    assert account is not None
    risk = abs(shaped.prices.reference_price - shaped.prices.stop_loss) * shaped.quantity
    worst = account.equity - risk
    if account.peak_equity - worst <= account.peak_equity * most / PERCENT:
        return None
    return Refusal("drawdown", f"{fall_percent(account.peak_equity, worst):.4f}", plain(most))


def fall_percent(peak: Decimal, equity: Decimal) -> Decimal:
    """Return how far an equity is below its peak, percent; 0 without a peak."""
    return (peak - equity) / peak * PERCENT if peak > ZERO else ZERO


def bracket(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """The position not larger than the symbol's ladder admits at the leverage that is set."""
    if view.bracket is None:
        return Refusal("leverage_bracket", "unknown", "known")
    caps = [
        step.notional_cap
        for step in view.bracket.brackets
        if step.leverage_max >= view.bracket.config.leverage
    ]
    notional, most = view.position_notional + shaped.notional, max(caps, default=ZERO)
    if notional <= most:
        return None
    return Refusal("leverage_bracket", plain(notional), plain(most))


def correlated(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """This position and what would lose together with it, percent of equity (S3-129)."""
    assert view.account is not None
    pairs = pairs_of(view.settings.correlations)
    together = weight_together(pairs, view.signal.symbol, view.sign, view.others)
    total = together + view.position_notional + shaped.notional
    most = view.account.equity * view.settings.correlated_exposure_pct_max / PERCENT
    if together == ZERO or total <= most:
        return None
    return Refusal("correlated_percent_max", plain(total), plain(most))


def size(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """Position, gross exposure and affordability."""
    reference = shaped.prices.reference_price
    refusal = check_size(shaped.quantity, reference, funds_of(view), limits_of(view))
    return None if refusal is None else size_refusal(refusal)


def filters(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """Every filter of the symbol, in exact decimals."""
    assert view.filters is not None
    assert view.mark is not None
    order = OrderShape(
        side=view.side,
        order_type=view.signal.order_type,
        quantity=shaped.quantity,
        price=shaped.prices.price,
    )
    faults = check_order(
        view.filters, order, mark_price=view.mark.mark, open_orders=view.open_orders
    )
    if not faults:
        return None
    return Refusal(f"filter_{faults[0].rule}", faults[0].figure, faults[0].limit)


SIZE_RULES: tuple[SizeRule, ...] = (
    order_notional,
    bracket,
    size,
    correlated,
    strategy_size,
    filters,
    drawdown,
)
WHOLE_SIZE_RULES: tuple[SizeRule, ...] = (bracket, size, correlated, strategy_size, drawdown)
"""What is asked of an algorithm as a whole; the others bound one order."""
