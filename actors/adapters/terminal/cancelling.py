"""Cancelling: what rests of one order is cancelled, and what came of that is told.

Owns how the order is found, by any of its ids or its signal's, and when the cancel is over: the
order has ended, or the engine has refused the command.
"""

import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from ....messages.events import CommandRefused
from ....messages.queries import GetOrder, GetOrders, OrdersView, OrderView
from ....messages.values import TERMINAL_STATES, Leg
from ...errors import Refused
from ..order_lines import order_json
from .folder import Folder

MAIN = (Leg.ENTRY, Leg.EXIT)

Json = dict[str, Any]


def cancelled(data_dir: Path, name: str, wait_seconds: float, timeout_seconds: float) -> Json:
    """Cancel an order and return it as it is then; `ok` says whether it has ended.

    Raises:
        Refused: There is no such order, or it has ended already.
    """
    with Folder.opened(data_dir, timeout_seconds) as folder:
        order = _found(folder, name)
        if order.state in TERMINAL_STATES:
            raise Refused(f"{order.client_order_id} has ended: {order.state.value}")
        command_id = f"cli-cancel-{uuid4().hex[:12]}"
        events = folder.listening()
        folder.cancel(command_id, order.signal_id)
        until = time.monotonic() + wait_seconds
        while (left := until - time.monotonic()) > 0:
            told = events.get(left)
            event = None if told is None else told.event
            if isinstance(event, CommandRefused) and event.command_id == command_id:
                raise Refused(event.reason)
            if getattr(event, "client_order_id", "") == order.client_order_id:
                order = _found(folder, order.client_order_id)
                if order.state in TERMINAL_STATES:
                    break
        return {"ok": order.state in TERMINAL_STATES, **order_json(order)}


def _found(folder: Folder, name: str) -> OrderView:
    view: OrdersView = folder.ask(GetOrder(name))
    if view.orders:
        return view.orders[0]
    of_signal: OrdersView = folder.ask(GetOrders(open_only=False, signal_id=name))
    main = [each for each in of_signal.orders if each.leg in MAIN]
    if not main:
        raise Refused(f"no order {name}")
    return main[-1]
