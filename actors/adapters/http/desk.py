"""Desk: asks and tells the engine for the handlers, on threads of its own, within limits.

Owns the threads that wait for the link, so that a slow engine never holds the event loop, those
that read files, and a few for the health alone, which has to answer when all others wait. Bounds:
`ASKERS` questions at once and `WAITING_MAX` that wait for their turn; beyond them a request is
answered with 503 at once.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypeVar

from attrs import define, field

from ....messages.intake import HostCommand
from ....messages.queries import Query
from ...errors import EngineError
from ..service.link import EngineLink
from .errors import ApiError, of_link, retry_after

ASKERS, WATCHERS, READERS, STUDENTS = 8, 2, 2, 1
WAITING_MAX, READING_MAX = 128, 32
FRESH_MS = 200
"""An answer so young serves many readers."""
ASK_SECONDS = 2.0
WATCH_SECONDS = 1.0

T = TypeVar("T")


@define(eq=False)
class Desk:
    """The way from the event loop to what blocks; for one loop."""

    link: EngineLink
    _askers: ThreadPoolExecutor = field(
        init=False, factory=lambda: ThreadPoolExecutor(ASKERS, "callboard-http-ask")
    )
    _watchers: ThreadPoolExecutor = field(
        init=False, factory=lambda: ThreadPoolExecutor(WATCHERS, "callboard-http-watch")
    )
    _readers: ThreadPoolExecutor = field(
        init=False, factory=lambda: ThreadPoolExecutor(READERS, "callboard-http-read")
    )
    _students: ThreadPoolExecutor = field(
        init=False, factory=lambda: ThreadPoolExecutor(STUDENTS, "callboard-http-study")
    )
    _asking: int = field(init=False, default=0)
    _reading: int = field(init=False, default=0)

    async def ask(self, query: Query, *, fresh_ms: int = 0) -> Any:
        """Return the engine's answer; raises `ApiError`."""
        return await self._on_link(lambda: self.link.ask(query, ASK_SECONDS, fresh_ms=fresh_ms))

    async def ask_or_none(self, query: Query, *, fresh_ms: int = FRESH_MS) -> Any:
        """Return the engine's answer, None where it gives none; waits for no other request."""
        with suppress(EngineError):
            return await asyncio.get_running_loop().run_in_executor(
                self._watchers, lambda: self.link.ask(query, WATCH_SECONDS, fresh_ms=fresh_ms)
            )
        return None

    async def tell(self, command: HostCommand) -> None:
        """Return when the engine has taken a command; raises `ApiError`."""
        await self._on_link(lambda: self.link.tell(command, ASK_SECONDS))

    async def read(self, work: Callable[[], T]) -> T:
        """Return what a short reading of files gives; raises `ApiError`."""
        return await self._on_files(self._readers, work)

    async def study(self, work: Callable[[], T]) -> T:
        """Return what a long reading gives, one at a time beside the short ones; as `read`."""
        return await self._on_files(self._students, work)

    def close(self) -> None:
        """Take nothing more; what is under way ends by its own limits."""
        for threads in (self._askers, self._watchers, self._readers, self._students):
            threads.shutdown(wait=False, cancel_futures=True)

    async def _on_files(self, threads: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        if self._reading >= READING_MAX:
            raise _busy()
        self._reading += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(threads, work)
        finally:
            self._reading -= 1

    async def _on_link(self, work: Callable[[], T]) -> T:
        if self._asking >= WAITING_MAX:
            raise _busy()
        self._asking += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._askers, work)
        except EngineError as error:
            raise of_link(error) from error
        finally:
            self._asking -= 1


def _busy() -> ApiError:
    return ApiError(503, "busy", "too many requests wait for an answer", headers=retry_after(1))
