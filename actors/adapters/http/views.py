"""Views: what the engine says of itself as JSON, and what the faces beside it keep.

An answer younger than a moment serves many readers, so that a page that is watched by a hundred
costs the engine what one does. What a face has not got yet is told as such.
"""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from ....messages.queries import (
    EngineStatus,
    GetPositions,
    GetStatistics,
    GetStatus,
    Query,
)
from ....messages.vitals import (
    GetAccount,
    GetLimits,
    GetQueue,
    GetStreams,
    GetUserStream,
    GetVitals,
    VitalsView,
)
from .answers import whole
from .api import Api, Handler, now_ms
from .desk import FRESH_MS
from .errors import ApiError, json_response
from .params import Params

ALERTS, METRICS = "alerts", "metrics"


def answered_by(query: Query) -> Handler:
    """Return the handler that shows the answer to a query as it is."""

    async def show(api: Api, request: Request, _who: str) -> Response:
        Params.of(request, ()).check()
        return json_response(whole(await api.desk.ask(query, fresh_ms=FRESH_MS)))

    return show


show_positions = answered_by(GetPositions())
show_queue = answered_by(GetQueue())
show_limits = answered_by(GetLimits())
show_actors = answered_by(GetVitals())


async def show_status(api: Api, request: Request, _who: str) -> Response:
    """Show the head of it all: trading state, mode, account, streams and statistics."""
    Params.of(request, ()).check()
    status: EngineStatus = await api.desk.ask(GetStatus(), fresh_ms=FRESH_MS)
    vitals: VitalsView | None = await api.desk.ask_or_none(GetVitals())
    more = {
        name: await _whole_or_none(api, query)
        for name, query in (
            ("account", GetAccount()),
            ("streams", GetStreams()),
            ("user_stream", GetUserStream()),
            ("statistics", GetStatistics()),
        )
    }
    head = {
        "mode": api.context.settings.mode,
        "version": None if vitals is None else vitals.version,
        "generation": None if vitals is None else vitals.generation,
        "ready": None if vitals is None else vitals.ready,
        "started_at_ms": None if vitals is None else vitals.started_at_ms,
        "uptime_ms": None if vitals is None else vitals.uptime_ms,
        "at_ms": now_ms() if vitals is None else vitals.at_ms,
    }
    return json_response({**head, **whole(status), **more})


async def _whole_or_none(api: Api, query: Query) -> dict[str, Any] | None:
    view = await api.desk.ask_or_none(query)
    return None if view is None else whole(view)


def kept_by(face_name: str, make: Callable[[Any], Any]) -> Handler:
    """Return the handler that shows what a face keeps."""

    async def show(api: Api, request: Request, _who: str) -> Response:
        Params.of(request, ()).check()
        face = api.context.board.face(face_name)
        if face is None:
            message = f"the face {face_name} is not running; see /health"
            raise ApiError(503, "face_unavailable", message)
        return json_response(await api.desk.read(lambda: make(cast("Any", face))))

    return show


show_metrics: Callable[[Api, Request, str], Awaitable[Response]] = kept_by(
    METRICS, lambda face: face.figures.as_json()
)
show_alerts = kept_by(ALERTS, lambda face: {"alerts": face.alerts()})
