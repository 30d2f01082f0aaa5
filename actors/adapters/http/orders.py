"""Orders: a wish comes in over HTTP, and its sender learns what became of it.

Owns how a body becomes a signal of a person (`signal_fields` reads it, in everybody's words), and
how long its sender waits. A manual order passes every guard but the signal's thresholds (C-29);
without a type it is a market order, and its price is what the slippage is measured from; `leverage`
is checked against the policy and sets nothing (C-42).
"""

from functools import partial
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from ....messages.queries import GetOrders, OrdersView
from ....messages.values import SignalSource
from ..json_text import Number
from ..signal_fields import BadFields, wish_of
from .api import Api, now_ms
from .errors import ApiError, json_response, of_fields
from .idempotency import HEADER, Answer, Entry, id_of, read_key
from .limits import read_body
from .order_answers import (
    Wish,
    is_final,
    is_settled,
    main_order,
    of_order,
    refusal_in,
    refused,
    signal_of,
    still_open,
)
from .outcomes import Watcher
from .params import Params, demand_json, parse_body

WAIT_MS_DEFAULT, WAIT_MS_MAX = 2_000, 10_000
MS = 1_000


async def place(api: Api, request: Request, who: str) -> Response:
    """Place an order and wait for what becomes of it, at most `wait_ms`."""
    params = Params.of(request, ("wait_ms",))
    wait_ms = params.whole("wait_ms", WAIT_MS_DEFAULT, most=WAIT_MS_MAX)
    params.check()
    body = await read_body(request, api.context.settings.api.body_bytes_max)
    demand_json(request, body)
    key = read_key(request.headers.get(HEADER), who)
    own_id = id_of(key) if key else f"http-{uuid4().hex}"
    wish = read_wish(api, body, own_id)
    signal_id = signal_of(wish).signal_id
    if not key and signal_id != own_id:
        # The engine takes a signal's id once, whoever says it: it is a key by itself.
        key = f"signal {signal_id}"
    if key:
        return await _once(api, api.keys.entry(key, body), wish, wait_ms)
    status, data = await _carry_out(api, wish, wait_ms, is_new=True)
    return json_response(data, status)


def read_wish(api: Api, body: bytes, own_id: str) -> Wish:
    """Return what a body wishes for; raises `ApiError` that names every fault."""
    given = {
        "signal_id": own_id,
        "at_ms": Number(str(now_ms())),
        "source": SignalSource.MANUAL.value,
    }
    try:
        wish = wish_of({**given, **parse_body(body)})
    except BadFields as bad:
        raise of_fields(bad.faults) from None
    _demand_leverage(api, wish)
    return wish


def _demand_leverage(api: Api, wish: Wish) -> None:
    """Refuse a leverage beyond the policy; the gate looks at the one that is set at the venue."""
    wanted, most = signal_of(wish).leverage_max, api.context.settings.risk.leverage_max
    if wanted is not None and not 1 <= wanted <= most:
        message = f"refused by the guard leverage_policy: {wanted} against {most}"
        more = {"guard": "leverage_policy", "figure": str(wanted), "limit": str(most)}
        raise ApiError(422, "refused", message, more=more)


async def _once(api: Api, entry: Entry, wish: Wish, wait_ms: int) -> Response:
    """Carry out a wish whose key may have come before; only the first one is carried out."""
    async with entry.turn:
        if entry.answer is not None:
            status, data = entry.answer
            return json_response(data, status, {"idempotency-replayed": "true"})
        is_new, entry.is_new = entry.is_new, False
        answer = await _carry_out(api, wish, wait_ms, is_new=is_new)
        if is_final(answer):
            api.keys.settle(entry, answer)
    status, data = answer
    return json_response(data, status)


async def _carry_out(api: Api, wish: Wish, wait_ms: int, *, is_new: bool) -> Answer:
    with api.outcomes.watch(signal_of(wish).signal_id) as watcher:
        await api.desk.tell(wish)
        if not is_new:
            # The engine takes a signal once, and said what became of it when nobody watched.
            found = await _look(api, wish, watcher)
            if is_final(found):
                return found
        await watcher.until(partial(is_settled, wish), wait_ms / MS)
        return await _look(api, wish, watcher)


async def _look(api: Api, wish: Wish, watcher: Watcher) -> Answer:
    """Return what is known of a wish now."""
    signal_id = signal_of(wish).signal_id
    refusal = refusal_in(watcher.events, signal_id)
    if refusal is not None:
        return refused(refusal)
    try:
        view: OrdersView = await api.desk.ask(GetOrders(open_only=False, signal_id=signal_id))
    except ApiError:
        # The engine has the order, and went or fell silent then: nobody may call that failed.
        return still_open(wish)
    order = main_order(view.orders)
    return still_open(wish) if order is None else of_order(wish, order)
