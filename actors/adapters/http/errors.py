"""Errors: what the API says when it does not do what was asked, in one form.

Owns the form `{"error": {"code", "message", "details": [{"field", "message"}]}}`, where `details`
names every fault of a request at once, and the translation of the link's faults: an engine that is
gone is 503, one that does not answer 504. A fault of our own is 500 with its class in the log and
nothing of it in the answer.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from attrs import field, frozen
from starlette.responses import Response

from ....messages.codec import dumps
from ...errors import EngineError, Refused
from ..service.link import EngineGone, EngineSlow
from ..signal_words import BadField

JSON_TYPE = "application/json"
RETRY_SECONDS = 1
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@frozen
class Detail:
    """One field that is at fault, and why."""

    field: str
    message: str


@frozen
class ApiError(Exception):
    """A request that is answered with an error."""

    status: int
    code: str
    """Stable, for programs."""
    message: str
    details: tuple[Detail, ...] = ()
    headers: Mapping[str, str] = field(default=NO_HEADERS)
    more: Mapping[str, Any] = field(factory=dict[str, Any])
    """Further members beside `error`."""

    def body(self) -> dict[str, Any]:
        """Return the answer's JSON."""
        details = [{"field": each.field, "message": each.message} for each in self.details]
        error = {"code": self.code, "message": self.message, "details": details}
        return {"error": error, **self.more}


def json_response(
    data: Any, status: int = 200, headers: Mapping[str, str] = NO_HEADERS
) -> Response:
    """Return JSON that no cache keeps."""
    return Response(
        dumps(data), status, {"cache-control": "no-store", **headers}, media_type=JSON_TYPE
    )


def error_response(error: ApiError) -> Response:
    """Return an error in the one form."""
    return json_response(error.body(), error.status, error.headers)


def of_link(error: EngineError) -> ApiError:
    """Return what a fault of the link is to a client."""
    if isinstance(error, EngineSlow):
        return ApiError(504, "engine_slow", "the engine did not answer in time")
    if isinstance(error, EngineGone):
        message = "no engine answers on this data directory"
        return ApiError(503, "engine_gone", message, headers=retry_after(RETRY_SECONDS))
    if isinstance(error, Refused) and error.reason == "queue_full":
        return ApiError(
            503, "queue_full", "the engine's inbox is full", headers=retry_after(RETRY_SECONDS)
        )
    return ApiError(422, "refused", str(error))


def of_fields(faults: Iterable[BadField]) -> ApiError:
    """Return an answer that names every field at fault."""
    details = tuple(Detail(fault.name, fault.reason) for fault in faults)
    words = "; ".join(f"{each.field}: {each.message}" for each in details)
    return ApiError(422, "invalid", words, details)


def retry_after(seconds: float) -> Mapping[str, str]:
    """Return the header that says when to come again: whole seconds, at least one."""
    return {"retry-after": str(max(1, round(seconds + 0.499)))}
