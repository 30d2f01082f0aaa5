"""Events: what happens, to whoever keeps listening, as server-sent events.

A stream begins now, or behind the event that `Last-Event-ID` or `?after=` names. Each has a bounded
queue of the hub; one that reads too slowly gets a `gap` marker in place of the oldest, and one that
takes nothing is cut by its connection. Bound: `api.streams_max` streams, one more is 503. Lines
come at least every `HEARTBEAT_SECONDS`, so that both ends notice a dead line.
"""

import asyncio
from collections.abc import Iterable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..service.feed import BadEventId, FeedQueue, Gap, Published
from ..signal_words import BadField
from .api import Api
from .errors import ApiError, of_fields, retry_after
from .params import Params

HEARTBEAT_SECONDS = 15.0
HEARTBEAT = b": here\n\n"
LOOK_SECONDS = 1.0
RETRY_MS = 2_000
BATCH_MAX = 256
"""Events in one write."""
RESUME_SECONDS = 5
EVENT_ID_MAX = 32
HEADERS = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
)


async def stream_events(api: Api, request: Request, _who: str) -> Response:
    """Stream events until either end closes."""
    params = Params.of(request, ("after", "topics"))
    after = request.headers.get("last-event-id") or params.text("after")
    topics = tuple(each for each in params.text("topics").split(",") if each)
    params.check()
    if api.streams >= api.context.settings.api.streams_max:
        message = f"more than {api.context.settings.api.streams_max} event streams"
        raise ApiError(503, "too_many_streams", message, headers=retry_after(RESUME_SECONDS))
    api.streams += 1
    try:
        hub = api.context.hub
        queue = await api.desk.read(lambda: hub.subscribe(after or None, topics=topics))
    except BaseException as error:
        api.streams -= 1
        if isinstance(error, BadEventId):
            raise of_fields([BadField("Last-Event-ID", str(error))]) from None
        raise
    return EventStream(api, queue)


class EventStream(Response):
    """The answer that does not end by itself."""

    def __init__(self, api: Api, queue: FeedQueue) -> None:
        super().__init__()
        self._api = api
        self._queue = queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Stream until the client goes or the port closes."""
        try:
            head = {"type": "http.response.start", "status": 200, "headers": list(HEADERS)}
            await send(head)
            if scope["method"] == "HEAD":
                await send({"type": "http.response.body"})
                return
            await self._until_either_ends(receive, send)
        finally:
            self._api.streams -= 1
            self._queue.close()

    async def _until_either_ends(self, receive: Receive, send: Send) -> None:
        ends = [asyncio.ensure_future(each) for each in (self._stream(send), _gone(receive))]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def _stream(self, send: Send) -> None:
        loop = asyncio.get_running_loop()
        await _write(send, f"retry: {RETRY_MS}\n\n".encode())
        said_at = loop.time()
        while not self._api.closing.is_set():
            batch = b"".join(map(self._api.encoder.lines, _waiting(self._queue)))
            if batch:
                await _write(send, batch)
                said_at = loop.time()
            elif loop.time() - said_at >= HEARTBEAT_SECONDS:
                await _write(send, HEARTBEAT)
                said_at = loop.time()
            else:
                await self._api.outcomes.news(LOOK_SECONDS)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _waiting(queue: FeedQueue) -> Iterable[Published | Gap]:
    for _ in range(BATCH_MAX):
        told = queue.get(0.0)
        if told is None:
            return
        yield told


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        continue


async def _write(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})
