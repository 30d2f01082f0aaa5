"""Exit rules: what makes an order a verified reducing one.

Pure. A reducing order is on the opposite side of the position that it names and not larger than
it. Nothing else refuses an exit: no halt, no limit, no missing data.
"""

from ...messages.orders import RequestExit
from ...messages.values import Side
from .refusal import Refusal
from .rounding import ZERO, plain


def verify_exit(request: RequestExit) -> Refusal | None:
    """Return why the order does not reduce, None when it does."""
    held = request.position_quantity
    if held == ZERO:
        return Refusal("no_position", "0", "an open position")
    reduces = (held > ZERO) == (request.side is Side.SELL)
    if not reduces:
        return Refusal("not_reducing", request.side.value, plain(held))
    if request.quantity is not None and not ZERO < request.quantity <= abs(held):
        return Refusal("not_reducing", plain(request.quantity), plain(abs(held)))
    return None
