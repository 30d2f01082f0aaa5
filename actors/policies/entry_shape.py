"""Entry shape: one entry on its symbol's grid, first its prices, then its size.

Pure. A stop that the signal leaves open is at the default distance. Prices are adjusted to the grid
toward the entry, and a target that is too near is moved out to the least distance; a stop never
is, since the loss would grow (C-34). A size that the signal names is rounded down to the lot and
never shrunk to a cap; one that it leaves open is the sizing policy's.
"""

from decimal import Decimal

from attrs import evolve, frozen

from ...messages.instruments import Filters
from ...messages.values import OrderType, Side
from .correlation import pairs_of, scale_of
from .entry_view import PERCENT, EntryView
from .refusal import Refusal
from .rounding import (
    ZERO,
    ceil_to_grid,
    floor_to_grid,
    plain,
    round_limit_price,
    round_quantity,
    round_trigger_price,
)
from .sizing import Funds, SizeBasis, SizeLimits, SizeRefusal, Sizing, size_by_percent, size_by_stop


@frozen(kw_only=True)
class PricedEntry:
    """The prices of an entry on the symbol's grid."""

    price: Decimal | None
    """Limit price, None for a market order."""
    reference_price: Decimal
    """What sizes and distances are measured from: the limit price, else the mark."""
    stop_loss: Decimal
    take_profit: Decimal | None


@frozen(kw_only=True)
class ShapedEntry:
    """The entry as it may be sent."""

    quantity: Decimal
    prices: PricedEntry

    @property
    def notional(self) -> Decimal:
        """Quote units at the reference price."""
        return self.quantity * self.prices.reference_price


def price_entry(view: EntryView) -> PricedEntry | Refusal:
    """Put the prices of the entry on the symbol's grid."""
    signal, filters, mark = view.signal, view.filters, view.mark
    assert filters is not None
    assert mark is not None
    limit: Decimal | None = None
    if signal.order_type is OrderType.LIMIT:
        assert signal.price is not None, "the intake takes no limit order without a price"
        limit = round_limit_price(signal.price, view.side, filters)
        if limit <= ZERO:
            return Refusal("filter_price_min", plain(signal.price), plain(filters.price_min))
    reference = limit if limit is not None else mark.mark
    return PricedEntry(
        price=limit,
        reference_price=reference,
        stop_loss=round_trigger_price(_stop_price(view, reference), reference, filters),
        take_profit=_target(view, reference, filters),
    )


def size_entry(view: EntryView, prices: PricedEntry) -> ShapedEntry | Refusal:
    """Give the entry its size: the signal's, or the policy's."""
    assert view.filters is not None
    wished, order_type = view.signal.quantity, view.signal.order_type
    if wished is None:
        sized = _sized(view, prices, view.filters)
        if isinstance(sized, SizeRefusal):
            return size_refusal(sized)
        return ShapedEntry(quantity=sized, prices=prices)
    rounded = round_quantity(wished, order_type, view.filters)
    if rounded <= ZERO:
        return Refusal("quantity_min", plain(wished), "1 step")
    return ShapedEntry(quantity=rounded, prices=prices)


def distance_min(view: EntryView, reference: Decimal) -> Decimal:
    """Return the least distance of a stop or a target from the entry, quote units."""
    assert view.filters is not None
    settings = view.settings
    in_ticks = settings.protection_distance_ticks_min * view.filters.tick_size
    return max(in_ticks, reference * settings.protection_distance_pct_min / PERCENT)


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
        basis=SizeBasis(view.settings.size_basis),
    )


def size_refusal(refusal: SizeRefusal) -> Refusal:
    """Return a refusal of the size as the gate tells it."""
    return Refusal(refusal.rule, plain(refusal.figure), plain(refusal.limit))


def _sized(view: EntryView, prices: PricedEntry, filters: Filters) -> Decimal | SizeRefusal:
    settings, order_type = view.settings, view.signal.order_type
    reference, funds, limits = prices.reference_price, funds_of(view), limits_of(view)
    if settings.size_scaled_by_correlation:
        pairs = pairs_of(settings.correlations)
        scale = scale_of(pairs, view.signal.symbol, view.sign, view.others)
        limits = evolve(limits, position_percent=limits.position_percent * scale)
        risk_percent = settings.risk_per_entry_pct * scale
    else:
        risk_percent = settings.risk_per_entry_pct
    if settings.sizing == Sizing.PERCENT:
        return size_by_percent(funds, reference, limits, order_type, filters)
    by_stop = size_by_stop(
        funds,
        entry_price=reference,
        stop_price=prices.stop_loss,
        risk_percent=risk_percent,
        order_type=order_type,
        filters=filters,
    )
    # A stop that is near asks for much; the policy itself stays inside the cap of a position.
    whole = evolve(limits, position_percent=limits.position_percent_max)
    largest = size_by_percent(funds, reference, whole, order_type, filters)
    if isinstance(by_stop, SizeRefusal) or isinstance(largest, SizeRefusal):
        return by_stop
    return min(by_stop, largest)


def _stop_price(view: EntryView, reference: Decimal) -> Decimal:
    """Return the stop that the signal gives, else the default distance (C-10)."""
    if view.signal.stop_loss is not None:
        return view.signal.stop_loss
    share = view.settings.stop_loss_pct_default / PERCENT
    return reference * (1 - view.sign * share)


def _target(view: EntryView, reference: Decimal, filters: Filters) -> Decimal | None:
    """Return the target on the grid, moved out where it is too near; never to the other side."""
    given = view.signal.take_profit
    if given is None:
        return None
    target = round_trigger_price(given, reference, filters)
    least = distance_min(view, reference)
    if not ZERO < (target - reference) * view.sign < least:
        return target
    tick, origin = filters.tick_size, filters.price_min
    if view.side is Side.BUY:
        return ceil_to_grid(reference + least, tick, origin)
    return floor_to_grid(reference - least, tick, origin)
