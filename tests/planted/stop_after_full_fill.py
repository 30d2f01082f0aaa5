"""Stop after the full fill: protection is asked for when the entry is filled completely.

An entry that is filled in parts, over minutes in a thin market, holds a position without a stop
for all of that time; one whose rest is never filled holds it for ever.
"""

from contextlib import AbstractContextManager, ExitStack
from decimal import Decimal
from unittest.mock import patch

from callboard.actors.order_news import News
from callboard.actors.policies.guard import Guard
from callboard.actors.policies.order_record import Order
from callboard.actors.position_life import Life
from callboard.actors.protection import Protection
from callboard.messages.orders import FillBooked
from callboard.messages.values import Leg
from callboard.messages.venue import TradeEvidence


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    tell_fill, filled = News.fill, Life.filled
    request, begin_wait = Protection.request, Protection.begin_wait
    left: dict[str, Decimal] = {}

    def fill(self: News, order: Order, trade: TradeEvidence, *, late: bool) -> None:
        if order.approved.leg is Leg.ENTRY:
            whole = order.ordered or Decimal(0)
            left[order.approved.symbol] = whole - order.filled - trade.quantity
        tell_fill(self, order, trade, late=late)

    def request_when_full(self: Protection, key: str, guard: Guard) -> None:
        if not left.get(guard.position.symbol):
            request(self, key, guard)

    def begin_when_full(self: Protection, key: str, number: int) -> None:
        if not left.get(key.partition("/")[0]):
            begin_wait(self, key, number)

    def filled_at_last(self: Life, key: str, fill: FillBooked) -> None:
        filled(self, key, fill)
        legs = self.protection.legs
        guard = legs.state.guards.get(key)
        if guard is not None and fill.leg is Leg.ENTRY and not left.get(fill.trade.symbol):
            legs.again_later(key, guard, Leg.STOP, at_once=True)

    stack = ExitStack()
    stack.enter_context(patch.object(Life, "filled", filled_at_last))
    stack.enter_context(patch.object(News, "fill", fill))
    stack.enter_context(patch.object(Protection, "request", request_when_full))
    stack.enter_context(patch.object(Protection, "begin_wait", begin_when_full))
    return stack
