"""Health: how each part is, and one word and one status code for all of them.

`down` is 503: no engine answers, so nothing is traded and nothing known. `degraded` is 200: trading
is stopped, a stream is down, an order's outcome is open, the journal does not write, or a face is
broken, yet the engine lives and protects its positions; a watcher that restarts what answers 503
must not restart an engine for that. `/ready` is 200 only while entries would be accepted.
"""

from collections.abc import Iterable
from typing import Any

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response

from ....messages.queries import EngineStatus, GetOrders, GetStatus, OrdersView
from ....messages.values import OrderState, TradingState
from ....messages.vitals import GetStreams, GetVitals, StreamsView, VitalsView
from ..service.context import ServiceContext
from .api import Api, now_ms
from .auth import Role
from .errors import ApiError, json_response
from .params import Params

FRESH_MS = 500
OPEN_OUTCOMES = (OrderState.UNKNOWN, OrderState.PARKED)
NAMED_MAX = 5
LOCAL_GATE = "local gate only"
NOT_TOLD = "not told"


@frozen
class Part:
    """How one part is."""

    ok: bool
    text: str = ""


@frozen
class Look:
    """What the engine said of itself; None where it did not answer."""

    status: EngineStatus | None
    streams: StreamsView | None
    vitals: VitalsView | None
    orders: OrdersView | None


async def show_health(api: Api, request: Request, _who: str) -> Response:
    """Show the state of every part; without the right to read only the word for all."""
    Params.of(request, ()).check()
    look = await _look(api)
    parts = {**_engine_parts(look), **_own_parts(api)}
    word = (
        "down" if look.status is None else "ok" if all(p.ok for p in parts.values()) else "degraded"
    )
    data: dict[str, Any] = {
        "status": word,
        "mode": api.context.settings.mode,
        "version": None if look.vitals is None else look.vitals.version,
        "at_ms": now_ms(),
    }
    if _may_read(api, request):
        data["components"] = {
            name: {"ok": part.ok, "text": part.text} for name, part in parts.items()
        }
    return json_response(data, 503 if look.status is None else 200)


async def show_ready(api: Api, request: Request, _who: str) -> Response:
    """Say whether an entry would be accepted now, and if not, why."""
    Params.of(request, ()).check()
    look = await _look(api)
    reasons = [*_against_entries(look), *silences(api.context)]
    data = {"ready": not reasons, "reasons": reasons if _may_read(api, request) else []}
    return json_response(data, 503 if reasons else 200)


async def _look(api: Api) -> Look:
    status = await api.desk.ask_or_none(GetStatus(), fresh_ms=FRESH_MS)
    if status is None:
        return Look(None, None, None, None)
    return Look(
        status,
        await api.desk.ask_or_none(GetStreams(), fresh_ms=FRESH_MS),
        await api.desk.ask_or_none(GetVitals(), fresh_ms=FRESH_MS),
        await api.desk.ask_or_none(GetOrders(), fresh_ms=FRESH_MS),
    )


def _may_read(api: Api, request: Request) -> bool:
    try:
        api.guard.allow(request, Role.READ)
    except ApiError:
        return False
    return True


def _engine_parts(look: Look) -> dict[str, Part]:
    if look.status is None:
        return {"engine": Part(ok=False, text="no engine answers")}
    parts = {"engine": Part(ok=True), "trading": _trading(look.status)}
    parts["venue"] = Part(look.status.venue_open, "" if look.status.venue_open else "breaker open")
    if look.streams is not None:
        parts |= _stream_parts(look.streams)
    if look.orders is not None:
        parts["orders"] = _outcomes(look.orders)
    if look.vitals is not None:
        parts["journal"] = _journal(look.vitals)
    return parts


def _trading(status: EngineStatus) -> Part:
    state = status.trading_state
    reason = f": {status.reason}" if status.reason else ""
    return Part(state is TradingState.ACTIVE, f"{state.value}{reason}")


def _stream_parts(streams: StreamsView) -> dict[str, Part]:
    healthy = streams.user_stream_healthy
    bare = ", ".join(streams.unprotected[:NAMED_MAX])
    differing = ", ".join(streams.mismatched[:NAMED_MAX])
    return {
        "user_stream": Part(healthy, "" if healthy else "not connected, or something is missing"),
        "clock": Part(
            streams.clock_trusted,
            f"{streams.clock_offset_ms} ms from the venue's, within {streams.clock_error_ms} ms",
        ),
        "protection": Part(not bare, f"no stop for {bare}" if bare else ""),
        "reconciliation": Part(
            streams.ready and not differing,
            f"differs from the venue: {differing}" if differing else _first_pass(streams),
        ),
    }


def _first_pass(streams: StreamsView) -> str:
    return "" if streams.ready else "the first comparison with the venue is not through"


def _outcomes(orders: OrdersView) -> Part:
    doubtful = [each.client_order_id for each in orders.orders if each.state in OPEN_OUTCOMES]
    if not doubtful:
        return Part(ok=True, text=f"{len(orders.orders)} open")
    named = ", ".join(doubtful[:NAMED_MAX])
    return Part(ok=False, text=f"{len(doubtful)} without a known outcome: {named}")


def _journal(vitals: VitalsView) -> Part:
    if vitals.journal is None:
        return Part(ok=True, text="none is kept")
    failed = vitals.journal.failed
    return Part(not failed, failed or f"record {vitals.journal.sequence}")


def _own_parts(api: Api) -> dict[str, Part]:
    fault = api.context.hub.fault
    source = api.context.settings.emergency.url
    parts = {
        "events": Part(not fault, fault),
        "emergency": Part(ok=True, text="a risk service is asked" if source else LOCAL_GATE),
    }
    for name, health in api.context.board.faces().items():
        parts[f"face_{name}"] = Part(health.is_ok, health.text)
    return parts


def silences(context: ServiceContext) -> Iterable[str]:
    """Yield that a risk service does not answer, whose silence refuses entries after its time."""
    face = context.board.faces().get("risk_service")
    if face is not None and not face.is_ok and context.settings.emergency.fail_mode == "closed":
        yield f"the risk service is silent: {face.text}"


def _against_entries(look: Look) -> Iterable[str]:
    """Yield why an entry would be refused, as far as the engine tells."""
    if look.status is None:
        yield "no engine answers"
        return
    if look.status.trading_state is not TradingState.ACTIVE:
        yield f"trading is {look.status.trading_state.value}: {look.status.reason}"
    if look.streams is None:
        yield "the engine does not say how its streams are"
        return
    is_so = {
        "the venue breaker is open": not look.status.venue_open,
        _first_pass(look.streams): not look.streams.ready,
        "the user stream is not healthy": not look.streams.user_stream_healthy,
        "the venue's clock is not known well enough": not look.streams.clock_trusted,
        "the venue's filters are not known": look.streams.filters_age_ms is None,
        "no price has come": not look.streams.marks,
        "the journal cannot write": look.vitals is not None and not _journal(look.vitals).ok,
    }
    yield from (reason for reason, holds in is_so.items() if holds)
