"""Batches: which calls may leave in one request, and what each of them was answered.

Pure. Only calls that do not depend on one another go together: placements of different symbols in
the order store, since the venue works a batch off in no told order, and cancels of one symbol,
which the venue wants so. What comes back is taken apart again, so that each call has its own
outcome; an answer that is no list of so many says nothing of any of them. The algo store takes no
batches, and a placement joins with a permit that has paid for a place.

Source: Binance USDS-M batchOrders (POST at most 5 orders, DELETE at most 10), read 2026-11-20.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import orjson
from attrs import evolve

from ...messages.values import Phase
from ...messages.venue import CancelOne, MakeCall, PlaceOrder
from ..ports import VenueAnswer, VenueRequest
from .binance_replies import error_of, is_success

BATCH = "/fapi/v1/batchOrders"
BATCH_MAX = 5
REFUSED_STATUS = 400
"""Of an item that the venue refused, as a request of its own would have been."""


def goes_with(first: MakeCall, others: Sequence[MakeCall], more: MakeCall) -> bool:
    """Say whether a call may leave with those that leave already."""
    if more.priority is not first.priority:
        return False
    match first.call, more.call:
        case PlaceOrder(), PlaceOrder():
            together = [each.call for each in (first, *others)]
            taken = [each.symbol for each in together if isinstance(each, PlaceOrder)]
            may_join = first.permit.may_join and more.permit.may_join
            is_apart = _is_regular(first.call, more.call) and more.call.symbol not in taken
            return may_join and is_apart
        case CancelOne(), CancelOne():
            is_alike = first.call.symbol == more.call.symbol
            return is_alike and not (first.call.conditional or more.call.conditional)
        case _:
            return False


def join(requests: Sequence[VenueRequest]) -> VenueRequest:
    """Return the one request of several, still without time and signature; one stays as it is."""
    first = requests[0]
    if len(requests) == 1:
        return first
    if first.method == "POST":
        params = {"batchOrders": _json([dict(each.params) for each in requests])}
    else:
        ids = [each.params["origClientOrderId"] for each in requests]
        params = {"symbol": first.params["symbol"], "origClientOrderIdList": _json(ids)}
    return VenueRequest(first.request_id, first.method, BATCH, params)


def split(answer: VenueAnswer, count: int) -> list[VenueAnswer]:
    """Return what each of so many calls was answered; a batch that failed whole did for each."""
    if count == 1 or answer.phase is not Phase.ANSWERED or not is_success(answer):
        return [answer] * count
    body = cast(object, answer.body)
    rows = cast(list[object], body) if isinstance(body, list) else []
    if len(rows) != count:
        said = f"a batch of {count} was answered by something else"
        return [evolve(answer, body=None, text=said)] * count
    return [_item(answer, row) for row in rows]


def _item(answer: VenueAnswer, row: object) -> VenueAnswer:
    alone = evolve(answer, body=row, text="")
    if isinstance(row, Mapping) and error_of(alone)[0] < 0:
        return evolve(alone, status=REFUSED_STATUS)
    return alone


def _is_regular(*orders: PlaceOrder) -> bool:
    return not any(each.order_type.is_conditional for each in orders)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
