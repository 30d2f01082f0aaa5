"""Controls: halt, resume, flatten and reconcile over HTTP, each with its reason.

Owns how long a request waits for the effect, and the rule of two: where `api.approvals_min` is 2, a
resume waits until a second token has asked for it, too, for at most `APPROVAL_SECONDS`, and the
engine is told both names. A command may be asked for twice with one `Idempotency-Key` and is told
once: its id derives from the key.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable
from difflib import get_close_matches
from functools import partial
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import Response

from ....messages.events import CommandRefused, Event, TradingStateReported
from ....messages.intake import FlattenPositions, HaltTrading, ReconcileNow, ResumeTrading
from ....messages.queries import EngineStatus, FlatteningView, GetFlattening, GetStatus
from ....messages.values import TradingState
from ..json_text import Json
from ..signal_fields import read_text
from ..signal_words import BadField
from .answers import whole
from .api import Api, now_ms, path_text
from .errors import ApiError, json_response, of_fields
from .idempotency import HEADER, id_of, read_key
from .limits import read_body
from .order_answers import PATH
from .params import Params, demand_json, parse_body

WAIT_MS_DEFAULT, WAIT_MS_MAX = 2_000, 10_000
MS = 1_000
LOOK_SECONDS = 0.05
APPROVAL_SECONDS = 300
COMMAND_ID = re.compile(r"[A-Za-z0-9_-]{1,256}")
HALT_REASON = "halted over HTTP"


class Order:
    """What was asked: by whom, why, and how long the answer may take."""

    def __init__(self, who: str, command_id: str, data: dict[str, str], wait_ms: int) -> None:
        self.who = who
        self.command_id = command_id
        self.reason = data.get("reason", "")
        self.symbol = data.get("symbol", "")
        self.seconds = wait_ms / MS


async def halt(api: Api, request: Request, who: str) -> Response:
    """Stop opening risk; a halt needs no reason, so that nobody has to think of one first."""
    order = await _order(api, request, who, needs_reason=False)
    command = HaltTrading(order.command_id, order.reason or HALT_REASON, by=who)
    with api.outcomes.watch(order.command_id) as watcher:
        await api.desk.tell(command)
        await watcher.until(_is_state, order.seconds)
    return await _state(api, order, lambda status: status.trading_state is TradingState.HALTED)


async def resume(api: Api, request: Request, who: str) -> Response:
    """Allow trading again, once enough people want it."""
    order = await _order(api, request, who)
    approvals = _approvals(api, who)
    if len(approvals) < api.context.settings.api.approvals_min:
        data = {
            "command_id": order.command_id,
            "state": "WAITING_FOR_APPROVAL",
            "approvals": list(approvals),
            "approvals_min": api.context.settings.api.approvals_min,
            "until_ms": now_ms() + APPROVAL_SECONDS * MS,
        }
        return json_response(data, 202)
    command = ResumeTrading(order.command_id, order.reason, approvals)
    with api.outcomes.watch(order.command_id) as watcher:
        await api.desk.tell(command)
        await watcher.until(lambda each: _is_state(each) or _refuses(order, each), order.seconds)
    _demand_taken(order, watcher.events)
    api.approvals.clear()
    return await _state(api, order, lambda status: status.trading_state is TradingState.ACTIVE)


async def flatten(api: Api, request: Request, who: str) -> Response:
    """Cancel our entries and close our positions, and look at the venue until it shows none."""
    order = await _order(api, request, who, fields=("reason", "symbol"))
    known = api.context.settings.risk.symbols
    if order.symbol and known and order.symbol not in known:
        near = get_close_matches(order.symbol, known, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        reason = f"{order.symbol} is not in risk.symbols{hint}"
        raise of_fields([BadField("symbol", reason)])
    command = FlattenPositions(order.command_id, order.symbol, order.reason, verified=True)
    await api.desk.tell(command)
    view = await _flattening(api, order.command_id, order.seconds)
    return json_response(_flattened(view), 200 if view.is_over else 202)


async def show_flattening(api: Api, request: Request, _who: str) -> Response:
    """Show how far a flatten has come."""
    Params.of(request, ()).check()
    command_id = path_text(request, "command_id")
    if not COMMAND_ID.fullmatch(command_id):
        raise ApiError(404, "command_unknown", "this is no command's id")
    view: FlatteningView = await api.desk.ask(GetFlattening(command_id))
    return json_response(_flattened(view))


async def reconcile(api: Api, request: Request, who: str) -> Response:
    """Begin a comparison with the venue now."""
    order = await _order(api, request, who)
    await api.desk.tell(ReconcileNow(order.command_id, order.reason, by=who))
    return json_response({"command_id": order.command_id, "state": "ACCEPTED"}, 202)


async def _order(
    api: Api,
    request: Request,
    who: str,
    *,
    fields: tuple[str, ...] = ("reason",),
    needs_reason: bool = True,
) -> Order:
    params = Params.of(request, ("wait_ms",))
    wait_ms = params.whole("wait_ms", WAIT_MS_DEFAULT, most=WAIT_MS_MAX)
    body = await read_body(request, api.context.settings.api.body_bytes_max)
    demand_json(request, body)
    said: Json = parse_body(body) if body.strip() else {}
    key = read_key(request.headers.get(HEADER), who)
    data: dict[str, str] = {}
    for name in said:
        if name in fields:
            _read(said, name, data, params.faults)
        else:
            params.faults.append(BadField(name[:64], f"unknown field; there is {fields[0]}"))
    if needs_reason and "reason" not in said:
        params.faults.append(BadField("reason", "is missing"))
    params.check()
    if key:
        # Remembered so that another body with this key is refused; the engine takes an id once.
        api.keys.entry(f"{request.url.path} {key}", body)
    command_id = id_of(f"{request.url.path} {key}") if key else f"http-{uuid4().hex}"
    return Order(who, command_id, data, wait_ms)


def _read(said: Json, name: str, data: dict[str, str], faults: list[BadField]) -> None:
    try:
        data[name] = read_text(said, name)
    except BadField as bad:
        faults.append(bad)


def _approvals(api: Api, who: str) -> tuple[str, ...]:
    """Note that somebody wants to resume; returns who does, in the order of their asking."""
    now = asyncio.get_running_loop().time()
    for name, until in list(api.approvals.items()):
        if until <= now:
            del api.approvals[name]
    api.approvals.setdefault(who, now + APPROVAL_SECONDS)
    return tuple(api.approvals)


def _is_state(event: Event) -> bool:
    return isinstance(event, TradingStateReported)


def _refuses(order: Order, event: Event) -> bool:
    return isinstance(event, CommandRefused) and event.command_id == order.command_id


def _demand_taken(order: Order, events: list[Event]) -> None:
    for event in events:
        if isinstance(event, CommandRefused) and event.command_id == order.command_id:
            raise ApiError(409, "refused", event.reason)


async def _state(api: Api, order: Order, is_done: Callable[[EngineStatus], bool]) -> Response:
    status: EngineStatus = await api.desk.ask(GetStatus())
    data = {"command_id": order.command_id, **whole(status)}
    return json_response(data, 200 if is_done(status) else 202)


async def _flattening(api: Api, command_id: str, seconds: float) -> FlatteningView:
    """Ask how far it is until it is over, or the time is."""
    ask = partial(api.desk.ask, GetFlattening(command_id))
    return await _asked_until_over(ask, seconds)


async def _asked_until_over(
    ask: Callable[[], Awaitable[FlatteningView]], seconds: float
) -> FlatteningView:
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    view = await ask()
    while not view.is_over and loop.time() < until:
        await asyncio.sleep(LOOK_SECONDS)
        view = await ask()
    return view


def _flattened(view: FlatteningView) -> dict[str, Any]:
    link = f"{PATH}/flatten/{view.command_id}"
    return {**whole(view), "links": {"flatten": link}}
