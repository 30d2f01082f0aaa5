"""Listening: a port that is closed leaves no connection behind, whenever that was made."""

import asyncio
import socket

import pytest
from aiohttp import web

from callboard.scenarios.venue.server.listening import HOST, close_all, listen

TIMEOUT_SECONDS = 30.0


@pytest.mark.parametrize("turns", range(6))
def test_who_connects_just_before_the_end_is_disconnected_by_it(turns: int) -> None:
    async def connect_and_end() -> socket.socket:
        runner = web.AppRunner(web.Application())
        listener, port = await listen(runner, 0, lambda: False)
        connection = socket.create_connection((HOST, port), TIMEOUT_SECONDS)
        for _ in range(turns):
            await asyncio.sleep(0)
        await close_all([listener])
        await runner.cleanup()
        return connection

    with asyncio.run(connect_and_end()) as connection:
        try:
            told = connection.recv(1)
        except ConnectionResetError:
            told = b""

    assert b"" == told
