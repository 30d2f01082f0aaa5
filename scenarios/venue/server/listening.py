"""Listening: a port of loopback, and who meets those that connect.

Owns the choice, connection by connection, between the server and a door that falls shut.
"""

import asyncio
from collections.abc import Callable, Iterable

from aiohttp import web

HOST = "127.0.0.1"
ACCEPT_TURNS = 3
"""Turns of the loop in which a connection that was accepted comes to stand."""


class PortInUseError(ConnectionError):
    """Another program listens at this port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use on {HOST}")
        self.port = port


class _Shut(asyncio.Protocol):
    """Closes a connection as soon as it stands."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


async def listen(
    runner: web.AppRunner, port: int, closes: Callable[[], bool]
) -> tuple[asyncio.Server, int]:
    """Let a runner's app answer at a port, 0 for a free one; return what listens, and where.

    Raises:
        PortInUseError: The port cannot be had.
    """
    await runner.setup()
    server = runner.server
    assert server is not None, "a runner that is set up has its server"

    def meet() -> asyncio.BaseProtocol:
        return _Shut() if closes() else server()

    try:
        listener = await asyncio.get_running_loop().create_server(meet, HOST, port)
    except OSError as error:
        raise PortInUseError(port) from error
    where: int = listener.sockets[0].getsockname()[1]
    return listener, where


async def close_all(listeners: Iterable[asyncio.Server]) -> None:
    """Close listeners; a connection that was accepted before stands then, for the runner to close.

    A listener that is closed at once loses what it has just accepted: nobody would end that.
    """
    loop = asyncio.get_running_loop()
    listening = tuple(listeners)
    for listener in listening:
        for each in listener.sockets:
            loop.remove_reader(each.fileno())
    for _ in range(ACCEPT_TURNS):
        await asyncio.sleep(0)
    for listener in listening:
        listener.close()
