"""Entry rules: every reason for which the gate refuses an opening order, in one list.

A rule is a pure function of an `EntryView` that returns a `Refusal` (guard, figure, limit) or
None; `RULES` is the order in which they are asked, `ORDER_RULES` the same for the shaped order. A
new rule is one function and one line in its list. What is unknown or too old refuses: an entry
that is not made costs an opportunity, a wrong one costs capital. Exits do not come here.
"""

from collections.abc import Callable

from ...messages.instruments import ContractStatus
from ...messages.values import PositionSide, Side, TradingState
from .entry_shape import (
    PERCENT,
    EntryView,
    ShapedEntry,
    funds_of,
    limits_of,
    shape,
    size_refusal,
)
from .filter_check import OrderShape, check_order
from .refusal import Refusal
from .rounding import ZERO, plain
from .sizing import check_size

MS = 1_000_000

Rule = Callable[[EntryView], Refusal | None]
OrderRule = Callable[[EntryView, ShapedEntry], Refusal | None]


def judge(view: EntryView) -> ShapedEntry | Refusal:
    """Return the entry as it may be sent, or the first refusal."""
    for rule in RULES:
        refusal = rule(view)
        if refusal is not None:
            return refusal
    shaped = shape(view)
    if isinstance(shaped, Refusal):
        return shaped
    for order_rule in ORDER_RULES:
        refusal = order_rule(view, shaped)
        if refusal is not None:
            return refusal
    return shaped


def first_refusal(view: EntryView) -> Refusal | None:
    """Return why an approved entry may not be sent any more (for renewals)."""
    for rule in RENEWAL_RULES:
        refusal = rule(view)
        if refusal is not None:
            return refusal
    return None


def trading_state(view: EntryView) -> Refusal | None:
    """Entries need ACTIVE."""
    if view.trading_state is TradingState.ACTIVE:
        return None
    return Refusal("trading_state", view.trading_state.value, view.trading_reason)


def readiness(view: EntryView) -> Refusal | None:
    """Recovery done, venue usable, clock trusted, stream backfilled."""
    if not view.is_ready:
        return Refusal("not_ready", "recovering", "recovered")
    if not view.venue_open:
        return Refusal("venue_open", "failing", "working")
    if not view.clock_trusted:
        return Refusal("clock", "untrusted", "trusted")
    if not view.stream_healthy:
        return Refusal("user_stream", "gap", "backfilled")
    return None


def symbol_hold(view: EntryView) -> Refusal | None:
    """A symbol in doubt takes no entries."""
    return Refusal("symbol_hold", view.symbol_hold, "none") if view.symbol_hold else None


def symbol_whitelist(view: EntryView) -> Refusal | None:
    """Only listed symbols; an empty list allows nothing."""
    if view.signal.symbol in view.settings.symbols:
        return None
    return Refusal("symbol_whitelist", view.signal.symbol, ",".join(view.settings.symbols))


def action_whitelist(view: EntryView) -> Refusal | None:
    """Only listed actions."""
    if view.signal.signal.value in view.settings.actions:
        return None
    return Refusal("action_whitelist", view.signal.signal.value, ",".join(view.settings.actions))


def expiry(view: EntryView) -> Refusal | None:
    """A signal that expired is not carried out."""
    expires_at_ms = view.signal.expires_at_ms
    if expires_at_ms is None or view.venue_ms < expires_at_ms:
        return None
    return Refusal("expired", str(view.venue_ms), str(expires_at_ms))


def confidence(view: EntryView) -> Refusal | None:
    """Each threshold applies to its own field where the source gives it (C-29)."""
    signal, settings = view.signal, view.settings
    figures = (
        ("confidence", signal.confidence, settings.confidence_min),
        ("confluence_score", signal.confluence_score, settings.confluence_score_min),
        ("signal_strength", signal.signal_strength, settings.signal_strength_min),
    )
    given = [(name, figure, least) for name, figure, least in figures if figure is not None]
    if not given:
        return Refusal("confidence", "none", f"{settings.confidence_min}")
    for name, figure, least in given:
        if figure < least:
            return Refusal(name, plain(figure), plain(least))
    return None


def market_known(view: EntryView) -> Refusal | None:
    """Filters, mark and account, none of them too old; filters end at their age (C-20)."""
    settings, now = view.settings, view.now_ns
    filters_age_ms = (now - view.filters_read_at_ns) // MS
    if view.filters is None or filters_age_ms >= settings.filters_age_ms_max:
        return Refusal("filters_age", str(filters_age_ms), str(settings.filters_age_ms_max))
    if view.filters.status is not ContractStatus.TRADING:
        return Refusal("contract_status", view.filters.status.value, "TRADING")
    mark_age_ms = (now - (view.mark.at_ns if view.mark else 0)) // MS
    if view.mark is None or mark_age_ms > settings.mark_age_ms_max:
        return Refusal("mark_age", str(mark_age_ms), str(settings.mark_age_ms_max))
    account_age_ms = (now - (view.account.at_ns if view.account else 0)) // MS
    if view.account is None or account_age_ms > settings.account_age_ms_max:
        return Refusal("account_age", str(account_age_ms), str(settings.account_age_ms_max))
    return None


def cooldown(view: EntryView) -> Refusal | None:
    """One discretionary execution of a symbol in a while."""
    if not view.executed_at_ns:
        return None
    waited_ms = (view.now_ns - view.executed_at_ns) // MS
    if waited_ms >= view.settings.cooldown_ms:
        return None
    return Refusal("cooldown", str(waited_ms), str(view.settings.cooldown_ms))


def daily_quota(view: EntryView) -> Refusal | None:
    """So many discretionary executions in one UTC day."""
    if view.executions_today < view.settings.executions_per_day_max:
        return None
    return Refusal(
        "daily_quota", str(view.executions_today), str(view.settings.executions_per_day_max)
    )


def position_slots(view: EntryView) -> Refusal | None:
    """So many positions and open entries at once."""
    if view.has_slot or view.slots_used < view.settings.positions_max:
        return None
    return Refusal("positions_max", str(view.slots_used), str(view.settings.positions_max))


def one_direction(view: EntryView) -> Refusal | None:
    """In one-way mode no entry against an open position, and onto one only with `scale_in`."""
    held = view.position_quantity
    if held == ZERO:
        return None
    is_against = (held > ZERO) != (view.side is Side.BUY)
    if is_against and view.position_side is PositionSide.BOTH:
        return Refusal("opposite_position", plain(held), "0")
    if not is_against and not view.settings.scale_in:
        return Refusal("scale_in", plain(held), "0")
    return None


def leverage(view: EntryView) -> Refusal | None:
    """The signal's own leverage limit."""
    most = view.signal.leverage_max
    if most is None or view.leverage <= most:
        return None
    return Refusal("leverage_max", str(view.leverage), str(most))


def stop_side(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """The stop on the losing side of the entry, the target on the other."""
    sign = 1 if view.side is Side.BUY else -1
    entry, target = shaped.reference_price, shaped.take_profit
    if (entry - shaped.stop_loss) * sign <= ZERO:
        return Refusal("stop_side", plain(shaped.stop_loss), plain(entry))
    if target is not None and (target - entry) * sign <= ZERO:
        return Refusal("target_side", plain(target), plain(entry))
    return None


def stop_distance(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """The stop not farther than allowed, inclusive, percent of the entry."""
    distance = abs(shaped.reference_price - shaped.stop_loss) / shaped.reference_price * PERCENT
    if distance <= view.settings.stop_loss_pct_max:
        return None
    return Refusal("stop_distance", f"{distance:.4f}", plain(view.settings.stop_loss_pct_max))


def size(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """Position, gross exposure and affordability."""
    refusal = check_size(shaped.quantity, shaped.reference_price, funds_of(view), limits_of(view))
    return None if refusal is None else size_refusal(refusal)


def filters(view: EntryView, shaped: ShapedEntry) -> Refusal | None:
    """Every filter of the symbol, in exact decimals."""
    assert view.filters is not None
    assert view.mark is not None
    order = OrderShape(
        side=view.side,
        order_type=view.signal.order_type,
        quantity=shaped.quantity,
        price=shaped.price,
    )
    faults = check_order(view.filters, order, mark_price=view.mark.mark)
    if not faults:
        return None
    return Refusal(f"filter_{faults[0].rule}", faults[0].figure, faults[0].limit)


RULES: tuple[Rule, ...] = (
    trading_state,
    readiness,
    symbol_whitelist,
    action_whitelist,
    symbol_hold,
    expiry,
    confidence,
    market_known,
    one_direction,
    position_slots,
    cooldown,
    daily_quota,
    leverage,
)
ORDER_RULES: tuple[OrderRule, ...] = (stop_side, stop_distance, size, filters)
RENEWAL_RULES: tuple[Rule, ...] = (trading_state, readiness, symbol_hold, expiry, market_known)
