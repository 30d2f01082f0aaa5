"""App: the routes of the surface, who may use each, and one form for whatever goes wrong.

Owns the table of routes, from which the OpenAPI document is made, too. An exception that no handler
names is told to the log by its class and place, and to the client as nothing but `internal`.
"""

import asyncio
import traceback

from attrs import frozen
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from . import controls, health, history, order_book, orders, page_files, timeline, views
from .api import Api, Handler
from .auth import Role
from .document import show_document
from .errors import ApiError, error_response
from .events import stream_events
from .limits import RateLimit, Rates
from .order_answers import PATH

GET, HEAD, POST, DELETE = "GET", "HEAD", "POST", "DELETE"


@frozen
class Way:
    """One route."""

    method: str
    path: str
    handler: Handler
    role: Role | None = Role.READ
    """Who may use it; None lets everybody."""


WAYS = (
    Way(GET, "/health", health.show_health, None),
    Way(GET, "/ready", health.show_ready, None),
    Way(POST, f"{PATH}/order", orders.place, Role.TRADE),
    Way(GET, f"{PATH}/orders", order_book.list_orders),
    Way(GET, f"{PATH}/orders/{{order_id}}", order_book.show_order),
    Way(DELETE, f"{PATH}/orders/{{order_id}}", order_book.cancel_order, Role.TRADE),
    Way(GET, f"{PATH}/positions", views.show_positions),
    Way(GET, f"{PATH}/trades", history.list_trades),
    Way(GET, f"{PATH}/trades/{{trade_id}}", history.show_trade),
    Way(GET, f"{PATH}/status", views.show_status),
    Way(GET, f"{PATH}/metrics", views.show_metrics),
    Way(GET, f"{PATH}/queue", views.show_queue),
    Way(GET, f"{PATH}/limits", views.show_limits),
    Way(GET, f"{PATH}/actors", views.show_actors),
    Way(GET, f"{PATH}/alerts", views.show_alerts),
    Way(GET, f"{PATH}/events", stream_events),
    Way(GET, f"{PATH}/timeline/{{order_id}}", timeline.show_timeline),
    Way(POST, f"{PATH}/halt", controls.halt, Role.TRADE),
    Way(POST, f"{PATH}/resume", controls.resume, Role.TRADE),
    Way(POST, f"{PATH}/flatten", controls.flatten, Role.TRADE),
    Way(GET, f"{PATH}/flatten/{{command_id}}", controls.show_flattening),
    Way(POST, f"{PATH}/reconcile", controls.reconcile, Role.TRADE),
    Way(GET, "/openapi.json", show_document),
    Way(GET, "/", page_files.show_index, None),
    Way(GET, "/static/{path:path}", page_files.show_file, None),
)
"""Every route; the first that fits answers."""
STATUS_CODES = {404: "not_found", 405: "method_not_allowed"}


def make_app(api: Api, rates: Rates) -> Starlette:
    """Return the application of a port."""

    async def on_http_error(_request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        code = STATUS_CODES.get(error.status_code, "refused")
        fault = ApiError(error.status_code, code, error.detail, headers=error.headers or {})
        return error_response(fault)

    return Starlette(
        routes=[_route(api, path, ways) for path, ways in _by_path().items()],
        middleware=[Middleware(RateLimit, rates=rates)],
        exception_handlers={HTTPException: on_http_error},
    )


def _by_path() -> dict[str, dict[str, Way]]:
    found: dict[str, dict[str, Way]] = {}
    for way in WAYS:
        found.setdefault(way.path, {})[way.method] = way
    return found


def _route(api: Api, path: str, ways: dict[str, Way]) -> Route:
    """Return the route of a path with all its methods, so that a wrong one is told of them all."""

    async def answer(request: Request) -> Response:
        way = ways[GET if request.method == HEAD else request.method]
        try:
            who = "" if way.role is None else api.guard.allow(request, way.role)
            return await way.handler(api, request, who)
        except ApiError as error:
            return error_response(error)
        except (asyncio.CancelledError, GeneratorExit):
            raise
        except Exception as error:  # noqa: BLE001 - a fault of ours must not be the client's
            _note(api, way, error)
            return error_response(ApiError(500, "internal", "a fault of the service; see its log"))

    return Route(path, answer, methods=list(ways))


def _note(api: Api, way: Way, error: Exception) -> None:
    place = traceback.extract_tb(error.__traceback__)[-1]
    fields = {
        "route": f"{way.method} {way.path}",
        "error": type(error).__name__,
        "at": f"{place.filename.rpartition('/')[2]}:{place.lineno}",
    }
    api.context.log("api", "request_failed", fields)
