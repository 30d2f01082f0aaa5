"""OpenApiDocument: the HTTP surface, made of its routes and of the engine's own classes.

Owns which parameters, bodies and statuses each route has. Answers that are a view of the engine
take their schema from its attrs class, by msgspec, which is a tool of tests alone; the others are
in `openapi_schemas`. `./dev docs` writes the file that the service shows; a test fails while it is
another.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from attrs import field, frozen

from callboard.actors.adapters.http.app import WAYS, Way
from callboard.actors.adapters.http.idempotency import HEADER, KEY_CHARACTERS_MAX
from callboard.actors.adapters.http.order_answers import PATH
from callboard.actors.adapters.http.orders import WAIT_MS_DEFAULT, WAIT_MS_MAX
from callboard.actors.adapters.records.store_report import PAGE, PAGE_MAX
from callboard.actors.adapters.signal_fields import TEXT_MAX
from callboard.actors.system import VERSION
from callboard.messages import queries, vitals
from support import openapi_schemas as schemas

VIEWS = (
    queries.EngineStatus,
    queries.FlatteningView,
    queries.PositionsView,
    queries.StatisticsView,
    queries.StrangerView,
    vitals.AccountView,
    vitals.LimitsView,
    vitals.QueueView,
    vitals.StreamsView,
    vitals.UserStreamView,
    vitals.VitalsView,
)
ERRORS: Mapping[int, str] = {
    400: "Malformed",
    401: "A token is missing, wrong or has expired",
    403: "Not with this token, or not from that page",
    404: "There is no such thing",
    408: "Too slow",
    409: "Not in this state",
    413: "Too large",
    415: "No JSON",
    421: "Called by a strange name",
    422: "Refused; `details` names every field at fault",
    429: "Too often; see `Retry-After`",
    500: "A fault of the service",
    503: "No engine, or too busy",
    504: "The engine did not answer in time",
}
EVERYWHERE = (400, 408, 429, 500, 503, 504)
Json = dict[str, Any]


@frozen
class Said:
    """What a route takes and answers."""

    title: str
    answers: Mapping[int, Any]
    """Status -> schema; a text is the name of a component."""
    query: Sequence[Json] = ()
    body: Json | None = None
    key: bool = False
    """Whether it knows an `Idempotency-Key`."""
    faults: tuple[int, ...] = ()
    kind: str = "application/json"
    needs_body: bool = field(default=True)


def _query(name: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema}


LIMIT = _query("limit", {"type": "integer", "minimum": 1, "maximum": PAGE_MAX, "default": PAGE})
CURSOR = _query("cursor", {"type": "integer", "minimum": 0, "maximum": 2**53})
SYMBOL = _query("symbol", {"type": "string", "maxLength": TEXT_MAX, "pattern": "^[!-~]*$"})
SIGNAL = {**SYMBOL, "name": "signal_id"}
STRATEGY = {**SYMBOL, "name": "strategy"}
SINCE = _query(
    "since",
    {
        "anyOf": [
            {"type": "integer", "minimum": schemas.MS_LEAST, "maximum": schemas.SINCE_MOST},
            {"type": "string", "pattern": "^20[0-9]{2}-0[1-9]-[012][1-8]$"},
        ],
        "description": "RFC 3339, or milliseconds since 1970.",
    },
)
WAIT = _query(
    "wait_ms",
    {"type": "integer", "minimum": 0, "maximum": WAIT_MS_MAX, "default": WAIT_MS_DEFAULT},
)


def _state(*words: str) -> Json:
    return _query("status", schemas.words(*words))


ROUTES: Mapping[tuple[str, str], Said] = {
    ("GET", "/health"): Said("How each part is", {200: schemas.HEALTH, 503: schemas.HEALTH}),
    ("GET", "/ready"): Said("Whether entries are taken", {200: schemas.READY, 503: schemas.READY}),
    ("POST", f"{PATH}/order"): Said(
        "Place an order and learn what becomes of it",
        {201: schemas.ORDER_ANSWER, 202: schemas.ORDER_ANSWER, 422: schemas.REFUSAL},
        (WAIT,),
        schemas.ORDER_BODY,
        key=True,
        faults=(413, 415),
    ),
    ("GET", f"{PATH}/orders"): Said(
        "Orders: open ones of the engine, past ones of the store",
        {200: schemas.ORDERS},
        (_state("open", "closed", "all"), SYMBOL, SIGNAL, SINCE, LIMIT, CURSOR),
        faults=(422,),
    ),
    ("GET", f"{PATH}/orders/{{order_id}}"): Said(
        "One order by any of its ids", {200: "Order"}, faults=(404,)
    ),
    ("DELETE", f"{PATH}/orders/{{order_id}}"): Said(
        "Cancel what rests of an order",
        {200: schemas.CANCELLED, 202: schemas.CANCELLED},
        (WAIT,),
        faults=(404, 409, 422),
    ),
    ("GET", f"{PATH}/positions"): Said("The open positions", {200: "PositionsView"}),
    ("GET", f"{PATH}/trades"): Said(
        "Trades, newest first",
        {200: schemas.TRADES},
        (_state("open", "closed"), SYMBOL, STRATEGY, SINCE, LIMIT, CURSOR),
        faults=(422,),
    ),
    ("GET", f"{PATH}/trades/{{trade_id}}"): Said(
        "One trade with its fills", {200: "Trade"}, faults=(404,)
    ),
    ("GET", f"{PATH}/status"): Said(
        "Trading state, mode, account, streams, statistics", {200: schemas.STATUS}
    ),
    ("GET", f"{PATH}/metrics"): Said("The figures", {200: schemas.ANYTHING}),
    ("GET", f"{PATH}/queue"): Said("Orders that wait for their turn", {200: "QueueView"}),
    ("GET", f"{PATH}/limits"): Said("What is used of the venue's limits", {200: "LimitsView"}),
    ("GET", f"{PATH}/actors"): Said("The actors and the journal", {200: "VitalsView"}),
    ("GET", f"{PATH}/alerts"): Said("The alerts", {200: schemas.ALERTS}),
    ("GET", f"{PATH}/events"): Said(
        "What happens, as server-sent events; `Last-Event-ID` resumes",
        {200: {"type": "string"}},
        ({**SYMBOL, "name": "topics"}, {**SYMBOL, "name": "after"}),
        faults=(422,),
        kind="text/event-stream",
    ),
    ("GET", f"{PATH}/timeline/{{order_id}}"): Said(
        "The life of an order across the actors", {200: schemas.TIMELINE}, faults=(404,)
    ),
    ("POST", f"{PATH}/halt"): Said(
        "Stop opening risk",
        {200: schemas.STATE, 202: schemas.STATE},
        (WAIT,),
        schemas.OPTIONAL_REASON,
        key=True,
        faults=(413, 415, 422),
        needs_body=False,
    ),
    ("POST", f"{PATH}/resume"): Said(
        "Allow trading again; two tokens where the settings want two",
        {200: schemas.STATE, 202: schemas.WAITING},
        (WAIT,),
        schemas.REASON,
        key=True,
        faults=(409, 413, 415, 422),
    ),
    ("POST", f"{PATH}/flatten"): Said(
        "Cancel our entries and close our positions",
        {200: "FlatteningView", 202: "FlatteningView"},
        (WAIT,),
        schemas.FLATTEN_BODY,
        key=True,
        faults=(413, 415, 422),
    ),
    ("GET", f"{PATH}/flatten/{{command_id}}"): Said(
        "How far a flatten has come", {200: "FlatteningView"}, faults=(404,)
    ),
    ("POST", f"{PATH}/reconcile"): Said(
        "Compare with the venue now",
        {202: schemas.WAITING},
        (WAIT,),
        schemas.REASON,
        key=True,
        faults=(413, 415, 422),
    ),
    ("GET", "/openapi.json"): Said("This document", {200: schemas.ANYTHING}, faults=(404,)),
}
"""Every route that a program uses; the dashboard's own files are none."""
PAGES = ("/", "/static/{path:path}")


def openapi() -> str:
    """Return the document as the service shows it."""
    _, views = msgspec.json.schema_components(VIEWS, ref_template="#/components/schemas/{name}")
    components = {
        **views,
        "Error": schemas.ERROR,
        "Order": schemas.ORDER,
        "Trade": schemas.TRADE,
    }
    paths: dict[str, Json] = {}
    for way in WAYS:
        if way.path not in PAGES:
            said = ROUTES[way.method, way.path]
            paths.setdefault(way.path, {})[way.method.lower()] = _operation(way, said)
    document = {
        "openapi": "3.1.0",
        "info": {
            "title": "Callboard",
            "version": VERSION,
            "description": "Execution of orders as a service. Money is text, times are"
            " milliseconds; an error names every field at fault.",
        },
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }
    return json.dumps(document, indent=1) + "\n"


def _operation(way: Way, said: Said) -> Json:
    faults = sorted({*EVERYWHERE, *said.faults, *((401, 403, 421) if way.role else ())})
    faults = [each for each in faults if each not in said.answers]
    made: Json = {
        "summary": said.title,
        "operationId": _name(way),
        "parameters": [*_path_parameters(way), *said.query, *(_key() if said.key else ())],
        "responses": {
            **{
                str(status): _response(
                    schema, said.kind, "Done" if status < 202 else "See the body"
                )
                for status, schema in said.answers.items()
            },
            **{str(status): _response("Error", said.kind, ERRORS[status]) for status in faults},
        },
    }
    if said.body is not None:
        content = {"application/json": {"schema": said.body}}
        made["requestBody"] = {"required": said.needs_body, "content": content}
    if way.role is not None:
        made["security"] = [{}, {"token": []}]
        made["description"] = f"Needs the role {way.role.value}, where a token is needed."
    return made


def _name(way: Way) -> str:
    words = [each.strip("{}") for each in way.path.split("/") if each not in ("", "api")]
    return "_".join([way.method.lower(), *words]).replace(".", "_").replace("execution_", "")


def _path_parameters(way: Way) -> list[Json]:
    names = [each.strip("{}") for each in way.path.split("/") if each.startswith("{")]
    text = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX}
    plain = {**text, "pattern": "^[A-Za-z0-9_-]+$"}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            # A signal may have any text for its name; a command's is ours, or its sender's.
            "schema": plain if name == "command_id" else text,
        }
        for name in names
    ]


def _key() -> list[Json]:
    schema = {
        "type": "string",
        "minLength": 1,
        "maxLength": KEY_CHARACTERS_MAX,
        "pattern": "^[!-~]+$",
    }
    words = "The same key with the same body gets the same answer; another body is refused."
    return [
        {"name": HEADER, "in": "header", "required": False, "schema": schema, "description": words}
    ]


def _response(schema: Any, kind: str, words: str) -> Json:
    if isinstance(schema, str):
        kind = "application/json"
        schema = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": words, "content": {kind: {"schema": schema}}}
