"""ApiBatch: several orders in one request, each with an answer of its own.

Owns the reading of the lists and the joining of the answers, in the order of the request. An item
that is refused says so in its place and stops no other; one that is no order at all refuses the
batch. Orders are worked off in turn, where the venue promises no order.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import api_orders
from .core import Core
from .params import Params
from .refusal import VenueRefusal

ORDERS_MAX, CANCELS_MAX = 5, 10
LOWER_NAMES = {
    "orderidlist": "orderIdList",
    "origclientorderidlist": "origClientOrderIdList",
}
"""The venue takes these in small letters too, which is how python-binance gets them through."""
Handle = Callable[[Core, Params], Any]


def place(core: Core, params: Params) -> Any:
    """POST /fapi/v1/batchOrders."""
    return _each(core, api_orders.place, _orders(params))


def amend(core: Core, params: Params) -> Any:
    """PUT /fapi/v1/batchOrders."""
    return _each(core, api_orders.amend, _orders(params))


def cancel(core: Core, params: Params) -> Any:
    """DELETE /fapi/v1/batchOrders; ids of the venue win over ids of the client."""
    symbol = params.text("symbol")
    core.rules(symbol)
    params = params.renamed(LOWER_NAMES)
    listed, single = "orderIdList", "orderId"
    if not params.optional(listed):
        listed, single = "origClientOrderIdList", "origClientOrderId"
    ids = _listed(params, listed)
    if not 1 <= len(ids) <= CANCELS_MAX:
        raise VenueRefusal(-4032)
    return _each(core, api_orders.cancel, ({"symbol": symbol, single: str(one)} for one in ids))


def _orders(params: Params) -> list[dict[str, str]]:
    found = _listed(params, "batchOrders")
    if not 1 <= len(found) <= ORDERS_MAX:
        raise VenueRefusal(-4082)
    return [_texts(item) for item in found]


def _texts(item: Any) -> dict[str, str]:
    """Return an item's parameters as a request of its own would carry them."""
    if not _is(dict, item):
        raise VenueRefusal(-1130, "batchOrders")
    named: dict[str, Any] = item
    return {name: _text(value) for name, value in named.items() if value is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _listed(params: Params, name: str) -> list[Any]:
    try:
        # A number keeps the digits that it was sent with.
        found: Any = json.loads(params.text(name), parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise VenueRefusal(-1130, name) from None
    if not _is(list, found):
        raise VenueRefusal(-1130, name)
    items: list[Any] = found
    return items


def _is(kind: type, value: object) -> bool:
    return isinstance(value, kind)


def _each(core: Core, handle: Handle, items: Iterable[Mapping[str, str]]) -> list[Any]:
    return [_answer(core, handle, Params(item)) for item in items]


def _answer(core: Core, handle: Handle, params: Params) -> Any:
    try:
        return handle(core, params)
    except VenueRefusal as refusal:
        return {"code": refusal.code, "msg": refusal.message}
