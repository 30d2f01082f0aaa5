"""Document: the OpenAPI document as it is committed, served where it may be seen.

In live mode it is shown only where `api.document_in_live` says so.
"""

from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from .api import Api
from .errors import JSON_TYPE, ApiError
from .params import Params

FILE = "openapi.json"
LIVE = "live"


async def show_document(api: Api, request: Request, _who: str) -> Response:
    """Show what the surface is."""
    Params.of(request, ()).check()
    settings = api.context.settings
    if settings.mode == LIVE and not settings.api.document_in_live:
        raise ApiError(404, "not_shown", "the document is not shown in live mode")
    headers = {"cache-control": "no-cache", "x-content-type-options": "nosniff"}
    return Response(document(), 200, headers, media_type=JSON_TYPE)


@cache
def document() -> bytes:
    """Return the committed document."""
    return files(__name__.rpartition(".")[0]).joinpath(FILE).read_bytes()
