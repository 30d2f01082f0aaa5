"""Signal rules: what makes a signal impossible before anybody looks at the market.

Pure. Only figures that contradict themselves are refused here; whether a possible order is wanted
is the risk gate's question.
"""

from decimal import Decimal

from ...messages.intake import SubmitSignal
from ...messages.values import OrderType
from .rounding import plain

ZERO = Decimal(0)
ORDER_TYPES = (OrderType.MARKET, OrderType.LIMIT)


def fault_of(signal: SubmitSignal) -> tuple[str, str, str] | None:
    """Return (field, figure, limit) of the first impossible field, None for a possible signal."""
    figures = (
        ("quantity", signal.quantity),
        ("price", signal.price),
        ("stop_loss", signal.stop_loss),
        ("take_profit", signal.take_profit),
    )
    for name, figure in figures:
        if figure is not None and not figure.is_finite():
            return (f"signal_{name}", str(figure), "a figure")
        if figure is not None and figure <= ZERO:
            return (f"signal_{name}", plain(figure), "above 0")
    if signal.order_type not in ORDER_TYPES:
        return ("signal_order_type", signal.order_type.value, "MARKET or LIMIT")
    if signal.order_type is OrderType.LIMIT and signal.price is None:
        return ("signal_price", "none", "a limit order needs one")
    return None
