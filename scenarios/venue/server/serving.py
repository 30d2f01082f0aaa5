"""VenueServer: the venue's HTTP and websocket server, on a thread of its own.

Owns the thread, its asyncio loop and the listening sockets; everything of the venue happens on that
thread, and `call` is the way in for others. Port 0 takes a free one. `stop` ends the thread and
every connection; a client's orders are gone with the venue. On failure: `start` raises what kept
the server from listening, `wait` what ended it.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Self, TypeVar

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ..ledger import VenueLedger
from ..market import Market
from ..scaled_clock import ScaledClock
from ..settings import VenueSettings
from .app import build_app
from .control import Control
from .door import Door, OpenDoor
from .floor import Floor
from .listening import HOST, close_all, listen
from .venues import Venues
from .wire_faults import WireFaults

SHUTDOWN_SECONDS = 0.5
"""How long requests in work may take at the end; silent ones have no end of their own."""
CALL_SECONDS_MAX = 60.0
"""How long a caller waits for the server's thread, which may have ended meanwhile."""

LOGGER = logging.getLogger(__name__)

Result = TypeVar("Result")


def _is_ours(record: logging.LogRecord) -> bool:
    """Say whether a record tells a fault of the server, and not of what a client sent."""
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError)


class VenueServer:
    """A venue's server; a context that listens from entry to exit."""

    def __init__(
        self,
        settings: VenueSettings,
        market: Market,
        clock: ScaledClock,
        *,
        seed: int = 0,
        port: int = 0,
        control_port: int | None = None,
        door: Door | None = None,
        wire_faults: WireFaults | None = None,
    ) -> None:
        self._settings = settings
        self._market = market
        self._clock = clock
        self._seed = seed
        self._door: Door = OpenDoor() if door is None else door
        self._wire_faults = WireFaults() if wire_faults is None else wire_faults
        self.port = port
        self.control_port = control_port
        """None for a server without a control endpoint."""
        self._started: Future[None] = Future()
        self._thread = threading.Thread(target=self._run, name="callboard-venue-server")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Future[None] | None = None
        self._failure: BaseException | None = None
        self._floor: Floor | None = None

    @property
    def rest_url(self) -> str:
        """Base of REST, without a path."""
        return f"http://{HOST}:{self.port}"

    @property
    def ws_url(self) -> str:
        """Base of the websockets, without a path."""
        return f"ws://{HOST}:{self.port}"

    @property
    def control_url(self) -> str:
        """Base of the control endpoint; of a server that has one."""
        assert self.control_port is not None, "this server was made without a control endpoint"
        return f"http://{HOST}:{self.control_port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self.wait()

    def start(self) -> None:
        """Listen; raises `PortInUseError` or another `OSError`."""
        self._thread.start()
        self._started.result()

    def stop(self) -> None:
        """End the server and wait for its thread; once more does nothing."""
        self.end()
        self._thread.join()

    def end(self) -> None:
        """Let the server end soon; any thread, and a signal handler too."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._finish)

    def wake(self) -> None:
        """Do what is due soon; any thread, for a market whose events no time tells of before."""
        loop, floor = self._loop, self._floor
        if loop is not None and floor is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(floor.run)

    def wait(self) -> None:
        """Wait until somebody ends the server; raises what made the venue fail."""
        self._thread.join()
        if self._failure is not None:
            raise self._failure

    def ledgers(self) -> dict[str, VenueLedger]:
        """Return the truth of each account, of a server that has ended."""
        assert self._floor is not None, "a server that never listened has no accounts"
        return {name: venue.ledger() for name, venue in self._floor.venues}

    def call(self, action: Callable[[Floor], Result]) -> Result:
        """Do something on the server's thread and return its result."""
        assert self._loop is not None, "a server is started before it is asked"
        assert self._floor is not None, "a server is started before it is asked"
        floor, done = self._floor, Future[Result]()

        def act() -> None:
            try:
                done.set_result(action(floor))
            except Exception as error:  # noqa: BLE001 - it belongs to who asked
                done.set_exception(error)

        self._loop.call_soon_threadsafe(act)
        return done.result(CALL_SECONDS_MAX)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        over = self._over = self._loop.create_future()
        floor = self._floor = self._open_floor()
        venue = _runner(build_app(floor))
        control = _runner(Control(floor, self._finish).app())
        listeners: list[asyncio.Server] = []
        try:
            await self._listen(floor, venue, control, listeners)
        except OSError as error:
            self._started.set_exception(error)
        else:
            self._started.set_result(None)
            await over
        finally:
            floor.close()
            await close_all(listeners)
            await venue.cleanup()
            await control.cleanup()

    def _open_floor(self) -> Floor:
        start_ns = self._clock.origin_ns
        venues = Venues(self._settings, self._market, seed=self._seed, start_ns=start_ns)
        return Floor(venues, self._clock, self._door, self._wire_faults, self._finish)

    async def _listen(
        self,
        floor: Floor,
        venue: web.AppRunner,
        control: web.AppRunner,
        listeners: list[asyncio.Server],
    ) -> None:
        """Listen on both ports; each listener is noted as it opens."""
        closes = floor.trouble.closes_connection
        listener, self.port = await listen(venue, self.port, closes)
        listeners.append(listener)
        if self.control_port is not None:
            listener, self.control_port = await listen(control, self.control_port, lambda: False)
            listeners.append(listener)

    def _finish(self, failure: BaseException | None = None) -> None:
        if self._over is not None and not self._over.done():
            self._failure = failure
            self._over.set_result(None)


def _runner(app: web.Application) -> web.AppRunner:
    LOGGER.addFilter(_is_ours)
    # A client that goes cancels its handler: a lost answer would else wait for ever.
    return web.AppRunner(
        app,
        access_log=None,
        logger=LOGGER,
        handler_cancellation=True,
        shutdown_timeout=SHUTDOWN_SECONDS,
    )
