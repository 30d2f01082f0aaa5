"""ServiceLoad: the clients that load a service while its engine is measured.

A program of its own, on one loop. `dashboards`: ten pages, each an event stream that is read and
the questions of the page every two seconds, and a scrape of the metrics every second. `streams`: a
hundred event streams, of which ten are never read. Says `ready` when all are connected, goes on
until its standard input ends, and prints how many answers and events came.
"""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

PAGES, STREAMS, STUCK = 10, 100, 10
PAGE_SECONDS, SCRAPE_SECONDS = 2.0, 1.0
QUESTIONS = ("status", "orders", "positions", "limits", "queue", "actors", "alerts", "metrics")
EVENTS = "/api/execution/events"


class Clients:
    """Everybody who asks, and what they got."""

    def __init__(self, api: str, metrics: str) -> None:
        self.api, self.metrics = _address(api), _address(metrics)
        self.got = 0
        self.tasks: list[asyncio.Task[None]] = []
        self.open: list[asyncio.StreamWriter] = []

    async def dashboards(self) -> None:
        """Connect the pages, and who scrapes."""
        for number in range(PAGES):
            await self.stream(is_read=True)
            begin = number * PAGE_SECONDS / PAGES
            paths = [f"/api/execution/{each}" for each in QUESTIONS]
            self.spawn(self.ask(self.api, paths, begin, PAGE_SECONDS))
        self.spawn(self.scrape())

    async def streams(self) -> None:
        """Connect the event streams."""
        for number in range(STREAMS):
            await self.stream(is_read=number >= STUCK)

    async def stream(self, *, is_read: bool) -> None:
        """Connect one event stream, and read it or never do."""
        reader, writer = await asyncio.open_connection(*self.api, limit=1_024)
        self.open.append(writer)
        writer.write(_request(EVENTS))
        await writer.drain()
        if is_read:
            self.spawn(self.read(reader))

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Let a client work until the end."""
        self.tasks.append(asyncio.ensure_future(work))

    async def read(self, reader: asyncio.StreamReader) -> None:
        """Read events as they come."""
        while await reader.read(4_096):
            self.got += 1

    async def ask(
        self, address: tuple[str, int], paths: list[str], begin: float, every: float
    ) -> None:
        """Ask for some paths again and again, over one connection."""
        await asyncio.sleep(begin)
        reader, writer = await asyncio.open_connection(*address)
        self.open.append(writer)
        while True:
            for path in paths:
                writer.write(_request(path))
                await _answer(reader)
                self.got += 1
            await asyncio.sleep(every)

    async def scrape(self) -> None:
        """Read the metrics again and again, over a connection of their own each time."""
        while True:
            reader, writer = await asyncio.open_connection(*self.metrics)
            writer.write(b"GET /metrics HTTP/1.0\r\n\r\n")
            while await reader.read(65_536):
                self.got += 1
            writer.close()
            await asyncio.sleep(SCRAPE_SECONDS)


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"content-length:" in head:
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        await reader.readexactly(length)


async def main(kind: str, api: str, metrics: str) -> None:
    """Load until the standard input ends."""
    clients = Clients(api, metrics)
    await {"dashboards": clients.dashboards, "streams": clients.streams}[kind]()
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    for task in clients.tasks:
        task.cancel()
    for writer in clients.open:
        writer.close()
    print(clients.got)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:4]))
