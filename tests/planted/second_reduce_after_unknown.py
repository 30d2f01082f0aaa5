"""Second REDUCE_50 after an unknown: a part is taken off again, under a new id.

A whole close that is sent twice closes once; a part that is sent twice takes off twice as much as
the strategy wished.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.names import RISK_GATE
from callboard.actors.policies.guard import Guard
from callboard.actors.position_legs import INCONCLUSIVE, Legs
from callboard.messages.orders import LegChanged, RequestExit
from callboard.messages.values import OrderType


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""
    sound = Legs.exit_changed

    def exit_changed(
        self: Legs, key: str, guard: Guard, message: LegChanged, *, failed: bool
    ) -> None:
        sound(self, key, guard, message, failed=failed)
        record = guard.legs.get(message.client_order_id)
        if guard.closing or message.kind != INCONCLUSIVE or record is None:
            return
        again = RequestExit(
            intent_id=message.intent_id,
            leg=message.leg,
            attempt=2,
            signal_id="",
            strategy=guard.strategy,
            symbol=message.symbol,
            side=guard.exit_side,
            position_side=message.position_side,
            order_type=OrderType.MARKET,
            quantity=record.quantity,
            price=None,
            trigger_price=None,
            working_type=guard.working_type,
            position_quantity=guard.position.quantity,
        )
        self.ctx.tell(RISK_GATE, again)

    return patch.object(Legs, "exit_changed", exit_changed)
