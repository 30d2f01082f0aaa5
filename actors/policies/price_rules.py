"""Price rules: whether the prices of an entry make sense, and beside the market.

Pure. Each is a function of the view and of the prices on the grid that returns a `Refusal` or None.
Stop and target are judged as adjusted; what an adjustment would make riskier is refused instead
(C-34). Slippage is judged here before the order, and after it by its fills (C-33).
"""

from collections.abc import Callable
from decimal import ROUND_FLOOR, Decimal

from .entry_shape import PricedEntry, distance_min
from .entry_view import PERCENT, EntryView
from .refusal import Refusal
from .rounding import ZERO, plain

SHOWN = Decimal("0.0001")

PriceRule = Callable[[EntryView, PricedEntry], Refusal | None]


def stop_side(view: EntryView, prices: PricedEntry) -> Refusal | None:
    """The stop on the losing side of the entry, the target on the other."""
    entry, target = prices.reference_price, prices.take_profit
    if (entry - prices.stop_loss) * view.sign <= ZERO:
        return Refusal("stop_side", plain(prices.stop_loss), plain(entry))
    if target is not None and (target - entry) * view.sign <= ZERO:
        return Refusal("target_side", plain(target), plain(entry))
    return None


def stop_adjusted(view: EntryView, prices: PricedEntry) -> Refusal | None:
    """The grid never makes the loss larger than the signal's own stop does."""
    given = view.signal.stop_loss
    if given is None or (given - prices.stop_loss) * view.sign <= ZERO:
        return None
    return Refusal("stop_adjusted", plain(prices.stop_loss), plain(given))


def stop_distance(view: EntryView, prices: PricedEntry) -> Refusal | None:
    """The stop neither farther than allowed, inclusive, nor nearer; percent and quote units."""
    entry = prices.reference_price
    distance, least = abs(entry - prices.stop_loss), distance_min(view, entry)
    if distance < least:
        return Refusal("stop_distance_min", plain(distance), plain(least))
    share = distance / entry * PERCENT
    if share <= view.settings.stop_loss_pct_max:
        return None
    return Refusal("stop_distance", f"{share:.4f}", plain(view.settings.stop_loss_pct_max))


def risk_reward(view: EntryView, prices: PricedEntry) -> Refusal | None:
    """What a given target may win is so many times what the stop may lose, inclusive."""
    if prices.take_profit is None:
        return None
    reward = abs(prices.take_profit - prices.reference_price)
    risk = abs(prices.reference_price - prices.stop_loss)
    least = view.settings.risk_reward_ratio_min
    if reward >= risk * least:
        return None
    shown = (reward / risk).quantize(SHOWN, ROUND_FLOOR)
    return Refusal("risk_reward_ratio", plain(shown), plain(least))


def reference_slippage(view: EntryView, _prices: PricedEntry) -> Refusal | None:
    """The mark not away from the price that the signal of a market order was made at."""
    reference = view.signal.price
    assert view.mark is not None
    if not view.is_market or reference is None:
        return None
    away = abs(view.mark.mark - reference)
    return _beyond("slippage_reference", away, reference, view.settings.price_slippage_pct_max)


def estimated_slippage(view: EntryView, prices: PricedEntry) -> Refusal | None:
    """The best price of the book not worse than the reference by more than the same share."""
    assert view.mark is not None
    if not view.is_market:
        return None
    reference = view.signal.price or prices.reference_price
    best = view.mark.ask if view.sign > 0 else view.mark.bid
    worse = (best - reference) * view.sign
    return _beyond("slippage_estimate", worse, reference, view.settings.price_slippage_pct_max)


def mark_distance(view: EntryView, prices: PricedEntry) -> Refusal | None:
    """A limit price not absurdly far from the mark."""
    assert view.mark is not None
    if prices.price is None:
        return None
    away = abs(prices.price - view.mark.mark)
    return _beyond("mark_distance", away, view.mark.mark, view.settings.mark_distance_pct_max)


def _beyond(guard: str, away: Decimal, base: Decimal, most: Decimal) -> Refusal | None:
    """Refuse what is farther than so many percent of a price, inclusive."""
    share = away / base * PERCENT
    return None if share <= most else Refusal(guard, f"{share:.4f}", plain(most))


PRICE_RULES: tuple[PriceRule, ...] = (
    stop_side,
    stop_adjusted,
    stop_distance,
    risk_reward,
    mark_distance,
    reference_slippage,
    estimated_slippage,
)
