"""Params: what stands behind a path's question mark, and the bodies of small commands.

Reads each parameter strictly and collects every fault, unknown names included, so that an answer
tells all of them at once. Pure.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from attrs import define, field
from starlette.requests import Request

from ..json_text import Json, json_object
from ..records.stamps import stamp, stamp_of_ms
from ..signal_fields import TEXT_MAX, shown
from ..signal_words import BadField
from .errors import ApiError, of_fields

WHOLE_MAX = 2**53
MS_DIGITS = 13
"""Of a time in milliseconds between 2001 and 2286."""
SECONDS_MAX = 4_102_444_800
"""The end of 2099."""


@define
class Params:
    """The parameters of one request."""

    given: Mapping[str, str]
    faults: list[BadField] = field(factory=list[BadField])

    @staticmethod
    def of(request: Request, known: Iterable[str]) -> "Params":
        """Return the query's parameters; those that are unknown or come twice are faults."""
        params = Params(dict(request.query_params))
        allowed = tuple(known)
        for name in params.given:
            if name not in allowed:
                reason = f"unknown parameter; there are {', '.join(allowed) or 'none'}"
                params.faults.append(BadField(name[:TEXT_MAX], reason))
            elif len(request.query_params.getlist(name)) > 1:
                params.faults.append(BadField(name, "stands there twice"))
        return params

    def text(self, name: str, default: str = "") -> str:
        """Return a text of some printable characters."""
        value = self.given.get(name, default)
        if len(value) > TEXT_MAX or not value.isprintable():
            self.faults.append(
                BadField(name, f"must be at most {TEXT_MAX} characters that can be printed")
            )
            return default
        return value

    def word(self, name: str, words: Iterable[str], default: str = "") -> str:
        """Return one of some words."""
        value = self.given.get(name)
        allowed = tuple(words)
        if value is None:
            return default
        if value not in allowed:
            reason = f"must be one of {', '.join(allowed)}, not {shown(value)}"
            self.faults.append(BadField(name, reason))
            return default
        return value

    def whole(self, name: str, default: int, *, least: int = 0, most: int = WHOLE_MAX) -> int:
        """Return a whole number within bounds."""
        value = self.given.get(name)
        if value is None:
            return default
        is_number = value.isascii() and value.isdigit() and len(value) <= len(str(WHOLE_MAX))
        if not (is_number and least <= int(value) <= most):
            reason = f"must be a whole number from {least} to {most}, not {shown(value)}"
            self.faults.append(BadField(name, reason))
            return default
        return int(value)

    def moment(self, name: str) -> str:
        """Return a time as the records spell it, of RFC 3339 or milliseconds; empty for none."""
        value = self.given.get(name)
        if value is None:
            return ""
        is_ms = value.isascii() and value.isdigit() and len(value) == MS_DIGITS
        if is_ms and int(value) < SECONDS_MAX * 1_000:
            return stamp_of_ms(int(value))
        try:
            # A plus in a query is a space.
            moment = datetime.fromisoformat(value.replace(" ", "+"))
        except ValueError:
            moment = None
        if moment is not None:
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            seconds = moment.timestamp()
            if 0 <= seconds < SECONDS_MAX:
                return stamp(round(seconds * 1_000_000) * 1_000)
        reason = f"must be RFC 3339 or milliseconds since 1970, not {shown(value)}"
        self.faults.append(BadField(name, reason))
        return ""

    def check(self) -> None:
        """Raise `ApiError` if anything was wrong."""
        if self.faults:
            raise of_fields(self.faults)


def parse_body(body: bytes) -> Json:
    """Return the JSON object of a body; raises `ApiError`."""
    try:
        return json_object(body)
    except BadField as bad:
        if bad.name != "json":
            raise of_fields([bad]) from None
        raise ApiError(400, "malformed", f"the body's JSON {bad.reason}") from None


def ms_of_stamp(text: str | None) -> int | None:
    """Return a time of the records in milliseconds, None for none."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    return round(moment.timestamp() * 1_000_000) // 1_000


def demand_json(request: Request, body: bytes) -> None:
    """Raise `ApiError` for a body that does not say that it is JSON.

    A form of another host's page can post no JSON without asking first.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and kind != "application/json":
        message = "send a JSON body with `Content-Type: application/json`"
        raise ApiError(415, "not_json", message)
