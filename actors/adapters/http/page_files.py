"""Page files: the dashboard's own files, with a policy that lets it ask this service alone.

Owns the browser's rules for them (no inline script or style, no request elsewhere, no frame) and
caching: a browser asks each time whether a file has changed, and is told so by its hash.
"""

from collections.abc import Mapping
from types import MappingProxyType

from starlette.requests import Request
from starlette.responses import Response

from .api import Api, path_text
from .errors import ApiError

INDEX = "index.html"
POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'"
)
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "cache-control": "no-cache",
        "content-security-policy": POLICY,
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
)


async def show_index(api: Api, request: Request, _who: str) -> Response:
    """Show the dashboard."""
    return _served(api, request, INDEX)


async def show_file(api: Api, request: Request, _who: str) -> Response:
    """Show one of the dashboard's files."""
    return _served(api, request, path_text(request, "path"))


def _served(api: Api, request: Request, path: str) -> Response:
    file = api.page.get(path)
    if file is None:
        raise ApiError(404, "no_such_file", "the dashboard has no such file")
    headers = {**HEADERS, "etag": file.tag}
    if request.headers.get("if-none-match") == file.tag:
        return Response(status_code=304, headers=headers)
    return Response(file.content, 200, headers, media_type=file.kind)
