"""Gap without closed orders: after a gap of the stream only open orders are compared.

An order that ended in the gap is in no listing, and nobody asks for it: the engine believes for
ever in an order, or in a stop, that is gone.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors import order_listing
from callboard.actors.order_desk import Desk
from callboard.actors.policies.order_record import Order


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def note_unlisted(desk: Desk, order: Order, *, final: bool) -> None:
        desk.ctx.log("not_listed", id=order.approved.client_order_id, final=final)

    return patch.object(order_listing, "_note_unlisted", note_unlisted)
