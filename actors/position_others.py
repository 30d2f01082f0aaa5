"""Position others: fills and money that no order of ours brought, and what they mean for us.

PositionMonitor's tools, bound to one message. What the venue closes by itself (liquidation,
deleveraging, settlement) is booked at once, with that reason. What a hand does is kept until the
positions differ, and booked only where its fills explain the difference. Funding is booked to the
positions that it was paid for, or to the one that has just closed.
"""

from decimal import Decimal

from attrs import frozen

from ..messages.positions import StrangerFilled, TakeStranger
from ..messages.stream import FundingPaid
from ..messages.values import CloseReason
from .policies.trade_book import split_funding
from .position_facts import FundingBooked, StrangerNoted
from .position_life import Life
from .position_state import PositionsState, key_of


@frozen
class Others:
    """Weighs what others did; bound to one message by a position's life."""

    life: Life

    def filled(self, message: StrangerFilled) -> None:
        """Book what the venue closed by itself; keep what a hand did until positions differ."""
        trade, legs = message.trade, self.life.protection.legs
        key = key_of(trade.symbol, trade.position_side)
        guard = legs.state.guards.get(key)
        if guard is None or not guard.may_concern(trade):
            legs.ctx.log("stranger_filled", id=message.client_order_id, trade_id=trade.trade_id)
        elif message.reason is not CloseReason.FOREIGN and guard.reduces(trade):
            self.life.taken(key, guard, message)
        elif trade.trade_id not in guard.strangers:
            legs.ctx.record(StrangerNoted(key, trade))

    def take(self, message: TakeStranger) -> None:
        """Book one of the fills that together explain a difference."""
        trade = message.trade
        key = key_of(trade.symbol, trade.position_side)
        guard = self.life.protection.legs.state.guards.get(key)
        if guard is not None and trade.trade_id in guard.strangers:
            self.life.taken(key, guard, StrangerFilled("", CloseReason.FOREIGN, trade))

    def funding(self, message: FundingPaid) -> None:
        """Book funding to the symbol's positions by their size, or to the one that just closed."""
        legs = self.life.protection.legs
        for key, amount in funding_parts(legs.state, message):
            legs.ctx.record(FundingBooked(key, amount))
            if key:
                self.life.funded(legs.state.guards[key], amount)


def funding_parts(state: PositionsState, paid: FundingPaid) -> list[tuple[str, Decimal]]:
    """Return (key, amount) for the symbol's open positions, else its last one, else no key."""
    known = [(key, each) for key, each in state.guards.items() if key.startswith(f"{paid.symbol}/")]
    opened = [(key, each) for key, each in known if not each.position.is_flat]
    if not opened:
        return [(known[-1][0] if known else "", paid.amount)]
    parts = split_funding(paid.amount, [each.position.quantity for _, each in opened])
    return [(key, part) for (key, _), part in zip(opened, parts, strict=True)]
