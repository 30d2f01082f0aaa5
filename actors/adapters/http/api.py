"""Api: what every handler of the surface shares, made once for each start of the port."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from attrs import define, field
from starlette.requests import Request
from starlette.responses import Response

from ..service.context import ServiceContext
from .auth import Guard
from .desk import Desk
from .encoder import Encoder
from .idempotency import KeyBook
from .outcomes import Outcomes
from .page_read import PageFile

MS_NS = 1_000_000


@define(eq=False)
class Api:
    """The surroundings of a handler."""

    context: ServiceContext
    guard: Guard
    desk: Desk
    outcomes: Outcomes
    keys: KeyBook
    encoder: Encoder
    page: Mapping[str, PageFile]
    """The dashboard's files by their path."""
    closing: asyncio.Event
    """Set when the port is about to close: who streams ends."""
    streams: int = 0
    """Event streams that are open."""
    approvals: dict[str, float] = field(factory=dict[str, float])
    """Who has approved of a resume that waits for another, and until when by the wall."""


Handler = Callable[[Api, Request, str], Awaitable[Response]]
"""Answers a request of somebody by that name; raises `ApiError`."""


def now_ms() -> int:
    """Return the wall's time."""
    return time.time_ns() // MS_NS


def path_text(request: Request, name: str) -> str:
    """Return a part of the path."""
    values: Mapping[str, Any] = request.path_params
    return str(values[name])
