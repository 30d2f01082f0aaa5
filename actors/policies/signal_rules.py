"""Signal rules: what makes a signal impossible before anybody looks at the market.

Pure. Only what contradicts itself, or cannot be a figure of any market, is refused here; whether a
possible order is wanted is the risk gate's question. Figures are bounded so that no product of two
of them leaves the engine's decimals.
"""

from decimal import Decimal

from ...messages.intake import SubmitSignal
from ...messages.values import OrderType, PositionSide, Side, SignalType, TimeInForce
from .refusal import Refusal
from .rounding import ZERO

CALLBACK_MIN, CALLBACK_MAX, CALLBACK_STEP = Decimal("0.1"), Decimal(10), Decimal("0.1")
"""Percent that a trailing stop of the venue may be away (New Algo Order page, read 2026-08)."""
ORDER_TYPES = (OrderType.MARKET, OrderType.LIMIT)
FIGURE_MIN, FIGURE_MAX = Decimal("1e-18"), Decimal("1e18")
CONTRADICTIONS = (
    (SignalType.LONG_ENTRY, PositionSide.SHORT),
    (SignalType.SHORT_ENTRY, PositionSide.LONG),
    (SignalType.CLOSE_LONG, PositionSide.SHORT),
    (SignalType.CLOSE_SHORT, PositionSide.LONG),
)
TAKES_BACK = {
    SignalType.CLOSE_LONG: SignalType.LONG_ENTRY,
    SignalType.CLOSE_SHORT: SignalType.SHORT_ENTRY,
}


def fault_of(signal: SubmitSignal) -> Refusal | None:
    """Return the first impossible field, with its figure and limit, None for a possible signal."""
    return (
        _figure_fault(signal)
        or _score_fault(signal)
        or _form_fault(signal)
        or _trailing_fault(signal)
    )


def is_taken_back(entry: SubmitSignal, exit_: SubmitSignal) -> bool:
    """Say whether an exit wants closed what an entry that still waits would open."""
    return entry.symbol == exit_.symbol and TAKES_BACK.get(exit_.signal) is entry.signal


def side_taken_back(exit_: SubmitSignal) -> Side | None:
    """Return the side of the entries that an exit takes back, None where it takes none back."""
    entry = TAKES_BACK.get(exit_.signal)
    if entry is None:
        return None
    return Side.BUY if entry is SignalType.LONG_ENTRY else Side.SELL


def _figure_fault(signal: SubmitSignal) -> Refusal | None:
    trailing = signal.trailing
    figures = (
        ("quantity", signal.quantity),
        ("price", signal.price),
        ("stop_loss", signal.stop_loss),
        ("take_profit", signal.take_profit),
        ("trailing", None if trailing is None else trailing.callback_pct),
        ("trailing", None if trailing is None else trailing.activate_price),
    )
    for name, figure in figures:
        if figure is None:
            continue
        if not figure.is_finite():
            return Refusal(f"signal_{name}", str(figure), "a figure")
        if figure <= ZERO:
            return Refusal(f"signal_{name}", str(figure), "above 0")
        if not FIGURE_MIN <= figure <= FIGURE_MAX:
            return Refusal(f"signal_{name}", str(figure), f"{FIGURE_MIN} to {FIGURE_MAX}")
    return None


def _score_fault(signal: SubmitSignal) -> Refusal | None:
    scores = (
        ("confidence", signal.confidence),
        ("confluence_score", signal.confluence_score),
        ("signal_strength", signal.signal_strength),
    )
    for name, score in scores:
        if score is not None and not (score.is_finite() and abs(score) <= FIGURE_MAX):
            return Refusal(f"signal_{name}", str(score), "a figure")
    return None


def _form_fault(signal: SubmitSignal) -> Refusal | None:
    if signal.order_type not in ORDER_TYPES:
        return Refusal("signal_order_type", signal.order_type.value, "MARKET or LIMIT")
    if signal.order_type is OrderType.LIMIT and signal.price is None:
        return Refusal("signal_price", "none", "a limit order needs one")
    if signal.price_match is not None and not _rests_as_entry(signal):
        return Refusal("signal_order_type", signal.order_type.value, "a LIMIT entry for a match")
    if signal.time_in_force is TimeInForce.GTD and signal.expires_at_ms is None:
        return Refusal("signal_time_in_force", "GTD", "GTD with expires_at_ms")
    side = signal.position_side
    if side is not None and (signal.signal, side) in CONTRADICTIONS:
        return Refusal("signal_position_side", side.value, _position_of(signal.signal))
    return None


def _rests_as_entry(signal: SubmitSignal) -> bool:
    """Say whether a signal is carried out at a limit price: what reduces goes at the market."""
    return signal.signal.is_entry and signal.order_type is OrderType.LIMIT


def _trailing_fault(signal: SubmitSignal) -> Refusal | None:
    if signal.trailing is None:
        return None
    if not signal.signal.is_entry:
        return Refusal("signal_trailing", signal.signal.value, "an entry")
    percent = signal.trailing.callback_pct
    if CALLBACK_MIN <= percent <= CALLBACK_MAX and percent % CALLBACK_STEP == ZERO:
        return None
    limit = f"{CALLBACK_MIN} to {CALLBACK_MAX} by {CALLBACK_STEP}"
    return Refusal("signal_trailing", str(percent), limit)


def _position_of(signal: SignalType) -> str:
    """Return which position a signal speaks about."""
    return "LONG" if signal in (SignalType.LONG_ENTRY, SignalType.CLOSE_LONG) else "SHORT"
