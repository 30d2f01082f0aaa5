"""Sockets: the websocket endpoints of the venue's server, by path.

Owns the forms of a stream's address: names in the path (`/public/ws/a/b`), in the query
(`/market/stream?streams=a/b`), or none, for who subscribes later; `/private` takes listen keys in
the same places, and with event types as `?listenKey=K&events=A/B`. The legacy paths connect like
all others; `/ws-fapi/v1` is the websocket API. At the server's end every websocket is closed.
"""

from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

from aiohttp import WSCloseCode, web

from ..limits import BannedError
from ..refusal import VenueRefusal
from .channel import MESSAGES_PER_SECOND_MAX, Channel
from .floor import Floor
from .market_hub import MarketHub
from .stream_names import MARKET, PRIVATE, PUBLIC
from .stream_socket import LEGACY, Events, StreamSocket
from .user_lines import UserLines
from .ws_questions import RETURN_LIMITS
from .ws_session import WsSession

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
API_PATH = "/ws-fapi/v1"
HANDSHAKE_WEIGHT = 5
LISTEN_KEY, EVENTS, STREAMS = "listenKey", "events", "streams"


class Sockets:
    """All websockets of a server."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._users = UserLines(floor)
        self._market = MarketHub(floor)
        self._channels: set[Channel] = set()

    def add_routes(self, app: web.Application) -> None:
        """Let an app answer the stream endpoints."""
        for category, root in (
            (PUBLIC, "/public"),
            (MARKET, "/market"),
            (PRIVATE, "/private"),
            (LEGACY, ""),
        ):
            raw = self._handler(category, is_combined=False)
            app.router.add_get(f"{root}/ws", raw)
            app.router.add_get(f"{root}/ws/{{names:.*}}", raw)
            app.router.add_get(f"{root}/stream", self._handler(category, is_combined=True))
        app.router.add_get(API_PATH, self._handle_api)
        app.on_shutdown.append(self._close)

    async def run(
        self,
        request: web.Request,
        channel: Channel,
        hear: Callable[[str], None],
    ) -> web.StreamResponse:
        """Run a websocket until it, or the server, ends."""
        self._channels.add(channel)
        try:
            return await channel.run(request, hear)
        finally:
            self._channels.discard(channel)

    def _handler(self, category: str, *, is_combined: bool) -> Handler:
        async def handle(request: web.Request) -> web.StreamResponse:
            names, events = _asked(request)
            for name in names if category == PRIVATE else ():
                if not await self._users.is_reachable(name):
                    return web.Response(status=503, text="Service Unavailable.")
            channel = Channel(self._floor, messages_per_second_max=MESSAGES_PER_SECOND_MAX)
            socket = StreamSocket(
                channel,
                category,
                is_combined=is_combined,
                users=self._users,
                market=self._market,
                events=events,
            )
            socket.add_all(names)
            try:
                return await self.run(request, channel, socket.on_text)
            finally:
                socket.close()

        return handle

    async def _handle_api(self, request: web.Request) -> web.StreamResponse:
        """Run a connection of the websocket API."""
        refusal = self._refusal_of_handshake()
        if refusal is not None:
            return refusal
        channel = Channel(self._floor, messages_per_second_max=None)
        tells_limits = request.query.get(RETURN_LIMITS, "true") != "false"
        session = WsSession(self._floor, channel, tells_limits=tells_limits)
        try:
            return await self.run(request, channel, session.on_text)
        finally:
            session.close()

    def _refusal_of_handshake(self) -> web.Response | None:
        """Count a handshake's weight; return what refuses it, or nothing."""
        core = self._floor.now().public.core
        try:
            core.limits.check_ban(core.moment.ms)
            core.limits.charge_weight(HANDSHAKE_WEIGHT, core.moment.ms)
        except BannedError as ban:
            return web.json_response({"code": -1003, "msg": ban.message}, status=418)
        except VenueRefusal as refusal:
            body = {"code": refusal.code, "msg": refusal.message}
            return web.json_response(body, status=refusal.status)
        return None

    async def _close(self, _app: web.Application) -> None:
        for channel in tuple(self._channels):
            channel.close(WSCloseCode.GOING_AWAY)


def _asked(request: web.Request) -> tuple[list[str], dict[str, Events]]:
    """Return the streams of an address, and the event types of its listen keys."""
    names = [name for name in request.match_info.get("names", "").split("/") if name]
    events: dict[str, Events] = {}
    for field, value in parse_qsl(request.query_string):
        if field == STREAMS:
            names += [name for name in value.split("/") if name]
        elif field == LISTEN_KEY:
            names.append(value)
        elif field == EVENTS and names:
            events[names[-1]] = frozenset(value.split("/"))
    return names, events
