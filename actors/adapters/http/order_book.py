"""Order book: the orders that are there, looked at and cancelled over HTTP.

Open orders are the engine's own word; those of the past come from the trade store. An order is
named by its client id, by the venue's, or by its signal.
"""

from functools import partial
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from ....messages.events import CommandRefused, Event
from ....messages.intake import CancelOrder
from ....messages.queries import GetOrder, GetOrders, OrdersView, OrderView
from ....messages.values import TERMINAL_STATES
from ..order_lines import order_json
from ..records.store_report import PAGE, PAGE_MAX
from .answers import whole
from .api import Api, path_text
from .desk import FRESH_MS
from .errors import ApiError, json_response
from .history import orders_page
from .order_answers import ENDS, MAIN_LEGS, main_order
from .orders import MS, WAIT_MS_DEFAULT, WAIT_MS_MAX
from .params import Params

STATES = ("open", "closed", "all")
ID_MAX = 256


async def list_orders(api: Api, request: Request, _who: str) -> Response:
    """List orders: the open ones as the engine has them, others from the store, newest first."""
    params = Params.of(request, ("status", "symbol", "signal_id", "since", "limit", "cursor"))
    status = params.word("status", STATES, "")
    symbol, signal_id = params.text("symbol"), params.text("signal_id")
    since = params.moment("since")
    limit = params.whole("limit", PAGE, least=1, most=PAGE_MAX)
    cursor = params.whole("cursor", 0)
    params.check()
    is_past = status in ("closed", "all") or since or cursor
    if is_past:
        page = await api.desk.read(
            lambda: orders_page(
                api.context.data_dir,
                status=status,
                symbol=symbol,
                signal_id=signal_id,
                since=since,
                limit=limit,
                cursor=cursor,
            )
        )
        return json_response(page)
    # Of a signal its orders are wanted, whether they are open or not.
    query = GetOrders(symbol, open_only=not signal_id, signal_id=signal_id)
    view: OrdersView = await api.desk.ask(query, fresh_ms=FRESH_MS)
    orders = [told(each) for each in view.orders]
    strangers = [whole(each) for each in view.strangers]
    return json_response(
        {"orders": orders[:limit], "strangers": strangers[:limit], "next_cursor": None}
    )


async def show_order(api: Api, request: Request, _who: str) -> Response:
    """Show one order by any of its ids, or the order of a signal."""
    order = await _find(api, path_text(request, "order_id"))
    if order is None:
        raise _unknown(path_text(request, "order_id"))
    return json_response(told(order))


async def cancel_order(api: Api, request: Request, _who: str) -> Response:
    """Cancel what still rests of a signal's entry, and wait for its end."""
    params = Params.of(request, ("wait_ms",))
    wait_ms = params.whole("wait_ms", WAIT_MS_DEFAULT, most=WAIT_MS_MAX)
    params.check()
    name = path_text(request, "order_id")
    order = await _find(api, name)
    if order is not None and order.leg not in MAIN_LEGS:
        message = f"{name} protects a position; it goes with that, or by `flatten`"
        raise ApiError(409, "order_protects", message)
    if order is not None and order.state in TERMINAL_STATES:
        message = f"{name} has ended: {order.state.value}"
        raise ApiError(409, "order_ended", message, more={"order": told(order)})
    signal_id = name if order is None else order.signal_id
    command = CancelOrder(f"http-{uuid4().hex}", signal_id)
    with api.outcomes.watch(signal_id, command.command_id) as watcher:
        await api.desk.tell(command)
        await watcher.until(partial(_is_over, command), wait_ms / MS)
    refusal = next((each for each in watcher.events if _refuses(command, each)), None)
    if isinstance(refusal, CommandRefused):
        raise _unknown(name) if order is None else ApiError(409, "refused", refusal.reason)
    ended = next((each for each in watcher.events if isinstance(each, ENDS)), None)
    order = await _find(api, name)
    data = {
        "signal_id": signal_id,
        "command_id": command.command_id,
        "state": _state(order, ended),
        "order": None if order is None else told(order),
    }
    return json_response(data, 202 if ended is None else 200)


def told(order: OrderView) -> dict[str, Any]:
    """Return an order as the API tells it."""
    return {
        **order_json(order),
        "leg": order.leg.name.lower(),
        "intent_id": order.intent_id,
        "reduce_only": order.reduce_only,
        "close_position": order.close_position,
    }


def _is_over(command: CancelOrder, event: Event) -> bool:
    return isinstance(event, ENDS) or _refuses(command, event)


def _refuses(command: CancelOrder, event: Event) -> bool:
    return isinstance(event, CommandRefused) and event.command_id == command.command_id


def _state(order: OrderView | None, ended: Event | None) -> str:
    if order is not None:
        return order.state.value
    return "ACCEPTED" if ended is None else "REFUSED"


async def _find(api: Api, name: str) -> OrderView | None:
    """Return an order by any of its ids, or the one that carries out a signal."""
    if len(name) > ID_MAX or not name.isprintable():
        raise _unknown(name[:ID_MAX])
    view: OrdersView = await api.desk.ask(GetOrder(name))
    if view.orders:
        return view.orders[0]
    view = await api.desk.ask(GetOrders(open_only=False, signal_id=name))
    return main_order(view.orders)


def _unknown(name: str) -> ApiError:
    return ApiError(404, "order_unknown", f"{name} is no order or signal that the engine knows")
