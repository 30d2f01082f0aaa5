"""Rest: the REST face of the venues, from a request's bytes to the bytes of its answer.

Owns the reading of parameters (query string and form body together; the query wins where both
name one), the finding of the account by `X-MBX-APIKEY`, and the writing of answers as Binance
writes them. What a path does and costs is the core's.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

import orjson
from aiohttp import web

from ....actors.ports import VenueAnswer, VenueRequest
from ....messages.values import Phase
from ..api import ROUTES
from ..venue import Venue
from .floor import Floor

KEY_HEADER = "X-MBX-APIKEY"
FLOOR: web.AppKey[Floor] = web.AppKey("floor", Floor)


def add_routes(app: web.Application) -> None:
    """Let an app answer every path of the REST interface, and refuse unknown ones."""
    app.router.add_route("*", "/fapi/{path:.*}", handle)


async def handle(request: web.Request) -> web.StreamResponse:
    """Answer one REST request."""
    floor = request.app[FLOOR]
    params = _params(request.query_string, await request.text())
    key = request.headers.get(KEY_HEADER, "")
    asked = VenueRequest(floor.next_id(), request.method, request.path, params, signed=bool(key))
    return _response(request, await floor.ask(_venue(floor, asked, key), asked))


def _venue(floor: Floor, asked: VenueRequest, key: str) -> Venue:
    route = ROUTES.get((asked.method, asked.path))
    if route is None or not route.is_signed or not key:
        return floor.venues.public
    return floor.venues.of(key)


def _params(query: str, body: str) -> Mapping[str, str]:
    return dict(parse_qsl(body, keep_blank_values=True)) | dict(
        parse_qsl(query, keep_blank_values=True)
    )


def _response(request: web.Request, answer: VenueAnswer) -> web.StreamResponse:
    if answer.phase is not Phase.ANSWERED:
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    body: Any = answer.body
    if body is None:
        return web.Response(
            status=answer.status, headers=answer.headers, text=answer.text, content_type="text/html"
        )
    return web.Response(
        status=answer.status,
        headers=answer.headers,
        body=orjson.dumps(body),
        content_type="application/json",
    )
