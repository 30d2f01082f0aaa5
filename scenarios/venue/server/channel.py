"""Channel: one websocket of the venue, with the rules of every Binance websocket.

Owns what has not been sent yet, the pings, the day after which a connection ends, and the count of
what comes in (binance-futures notes §4.1, read 2026-11); its times are of the venue. Bounds:
`OUTGOING_BYTES_MAX` of what the other side has not read, beyond which it is cut, for a reader so
slow must cost nobody else; `MESSAGES_PER_SECOND_MAX` messages in, beyond which it is closed.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial

from aiohttp import WSCloseCode, WSMsgType, web

from ..moment import NS_PER_MS
from .floor import Floor

OUTGOING_BYTES_MAX = 4 << 20
INCOMING_BYTES_MAX = 1 << 16
MESSAGES_PER_SECOND_MAX = 10
PING_EVERY_MS = 3 * 60 * 1000
PONG_WITHIN_MS = 10 * 60 * 1000
LIFE_MS = 24 * 60 * 60 * 1000
PONG_SECONDS_MIN = 5.0
"""However fast the venue's time is, a pong may take so long, in seconds of the wall."""
FAREWELL_SECONDS = 1.0
"""How long the other side may take to answer a close, in seconds of the wall."""
SECOND_NS = 1000 * NS_PER_MS


class Channel:
    """One accepted websocket; `run` returns when it has ended."""

    def __init__(self, floor: Floor, *, messages_per_second_max: int | None) -> None:
        self._floor = floor
        self._messages_per_second_max = messages_per_second_max
        self._loop = asyncio.get_running_loop()
        self._socket = web.WebSocketResponse(
            autoping=False,
            compress=False,
            max_msg_size=INCOMING_BYTES_MAX,
            timeout=FAREWELL_SECONDS,
        )
        self._transport: asyncio.Transport | None = None
        self._outgoing: deque[tuple[WSMsgType, bytes]] = deque()
        self._outgoing_bytes = 0
        self._wake = asyncio.Event()
        self._close_code: int | None = None
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._second, self._messages = -1, 0
        self._ping = b""
        """The payload of the oldest ping that is not answered; empty when there is none."""

    async def run(self, request: web.Request, hear: Callable[[str], None]) -> web.WebSocketResponse:
        """Accept the websocket and hand what it says to `hear`, until it ends."""
        await self._socket.prepare(request)
        assert isinstance(request.transport, asyncio.Transport), "an open connection has one"
        self._transport = request.transport
        writer = self._loop.create_task(self._write())
        self._later("ping", PING_EVERY_MS, self._send_ping)
        self._later("end", LIFE_MS, partial(self.close, WSCloseCode.GOING_AWAY))
        try:
            await self._read(hear)
        finally:
            for timer in self._timers.values():
                timer.cancel()
            writer.cancel()
        return self._socket

    def send(self, text: bytes) -> None:
        """Send a text, after what waits already."""
        self._put(WSMsgType.TEXT, text)

    def close(self, code: int = WSCloseCode.OK) -> None:
        """End the websocket once what waits has been sent."""
        self._close_code = code
        self._wake.set()

    def cut(self) -> None:
        """End the connection without a word."""
        if self._transport is not None:
            self._transport.abort()

    def _put(self, kind: WSMsgType, data: bytes) -> None:
        if self._close_code is not None:
            return
        self._outgoing.append((kind, data))
        self._outgoing_bytes += len(data)
        if self._outgoing_bytes > OUTGOING_BYTES_MAX:
            self.cut()
        self._wake.set()

    async def _write(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._outgoing:
                kind, data = self._outgoing[0]
                try:
                    await self._socket.send_frame(data, kind)
                except ConnectionError:
                    return  # the reader notices, too
                self._outgoing.popleft()
                self._outgoing_bytes -= len(data)
            if self._close_code is not None:
                await self._socket.close(code=self._close_code)
                return

    async def _read(self, hear: Callable[[str], None]) -> None:
        async for message in self._socket:
            if not self._may_say():
                self.close(WSCloseCode.POLICY_VIOLATION)
            elif message.type is WSMsgType.TEXT:
                hear(message.data)
            elif message.type is WSMsgType.PING:
                self._put(WSMsgType.PONG, message.data)
            elif message.type is WSMsgType.PONG and message.data == self._ping:
                self._answered()

    def _may_say(self) -> bool:
        if self._messages_per_second_max is None:
            return True
        second = self._floor.clock.now_ns() // SECOND_NS
        if second != self._second:
            self._second, self._messages = second, 0
        self._messages += 1
        return self._messages <= self._messages_per_second_max

    def _send_ping(self) -> None:
        self._later("ping", PING_EVERY_MS, self._send_ping)
        if not self._ping:
            self._ping = str(self._floor.venues.now_ms).encode()
            self._later("pong", PONG_WITHIN_MS, self.cut, seconds_min=PONG_SECONDS_MIN)
        self._put(WSMsgType.PING, self._ping)

    def _answered(self) -> None:
        self._ping = b""
        timer = self._timers.pop("pong", None)
        if timer is not None:
            timer.cancel()

    def _later(
        self, name: str, delay_ms: int, action: Callable[[], None], *, seconds_min: float = 0.0
    ) -> None:
        seconds = max(seconds_min, self._floor.clock.wall_seconds(delay_ms * NS_PER_MS))
        self._timers[name] = self._loop.call_later(seconds, action)
