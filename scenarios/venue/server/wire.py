"""Wire: answers of the venue as HTTP, with JSON as Binance writes it.

Owns the bodies and headers. The core keeps every number that is no integer as text; the few that
Binance sends as JSON numbers become such here, by the names of their fields.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from ....actors.ports import VenueAnswer

NUMBERS = frozenset({"maintMarginRatio", "cum", "notionalCoef", "amount"})
"""Fields of leverageBracket and positionMargin that are JSON numbers with a fraction."""
BARE_NUMBER_PATHS = frozenset({"/fapi/v1/leverageBracket", "/fapi/v1/positionMargin"})
JSON = "application/json"


def response(answer: VenueAnswer, path: str = "") -> web.Response:
    """Return the HTTP form of an answer that came back in full."""
    if answer.body is None:
        return web.Response(
            status=answer.status, headers=answer.headers, text=answer.text, content_type="text/html"
        )
    return web.Response(
        status=answer.status,
        headers=answer.headers,
        body=body_bytes(answer.body, path),
        content_type=JSON,
    )


def body_bytes(body: Any, path: str = "") -> bytes:
    """Return a body as the bytes of its JSON."""
    return orjson.dumps(_bare(body) if path in BARE_NUMBER_PATHS else body)


def _bare(value: Any) -> Any:
    if isinstance(value, list):
        rows: list[Any] = value  # pyright: ignore[reportUnknownVariableType] - the wire is untyped
        return [_bare(each) for each in rows]
    if isinstance(value, Mapping):
        fields: Mapping[str, Any] = value  # pyright: ignore[reportUnknownVariableType]
        return {
            name: float(each) if name in NUMBERS else _bare(each) for name, each in fields.items()
        }
    return value
