"""FaceChaos: an engine whose every face is stopped, flooded and killed while its orders run.

Owns the processes: `callboard run` with its service, a Redis server where one is installed, a
webhook that never answers, and the clients that flood. Signals go in by the standard input, one
after the other; each trouble lasts while some of them are carried out. What the engine did is read
from its journal afterwards.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from attrs import define, field, frozen

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.service.addresses import read_addresses
from callboard.actors.adapters.service.feed import (
    START,
    EventFeed,
    FeedHub,
    FeedQueue,
    Published,
)
from callboard.actors.adapters.service.link import SocketLink
from callboard.actors.system import make_codec
from callboard.messages.events import OrderFilled, OrderQueued, OrderRefused, OrderSent
from callboard.messages.vitals import GetVitals
from support.processes import children_of
from support.waiting import until

SECONDS = 60.0
SYMBOLS = ("BTCUSDT", "ETHUSDT")
FLOOD, STUCK = 16, 40
"""Clients of a flood, and streams that nobody reads."""
LIMITS = {
    "risk.cooldown_ms": "0",
    "risk.executions_per_day_max": "1000000",
    "service.enabled": "true",
    "api.port": "0",
    "metrics.port": "0",
}


@frozen
class Fate:
    """What became of one signal, in engine time."""

    signal_id: str
    queued_ms: int | None
    sent_ms: int | None
    filled_ms: int | None
    refused: str


@define
class Chaos:
    """A run and what is done to its faces."""

    folder: Path
    run: "subprocess.Popen[bytes]"
    link: SocketLink
    hub: FeedHub
    told: list[str] = field(factory=list[str])
    done: list[str] = field(factory=list[str])
    """The troubles that were made."""

    def trade(self, rounds: int) -> None:
        """Open and close a position of every symbol, so many times, each when the last is done."""
        filled = self.hub.subscribe(topics=("order.filled", "order.refused", "order.failed"))
        for _ in range(rounds):
            for kind in ("LONG_ENTRY", "CLOSE_LONG"):
                waited = {self._tell(kind, symbol) for symbol in SYMBOLS}
                until(partial(self._have_ended, waited, filled), SECONDS)
        filled.close()

    def during(
        self, name: str, rounds: int, trouble: Callable[[], AbstractContextManager[object]]
    ) -> None:
        """Trade while a trouble lasts."""
        with trouble():
            self.trade(rounds)
        self.done.append(name)

    def service(self) -> int:
        """Return the process of the service, 0 while there is none."""
        return next(children_of(self.run.pid), 0)

    def address(self, name: str) -> tuple[str, int]:
        """Return where a face answers, waiting until it does."""
        until(lambda: name in read_addresses(self.folder), SECONDS)
        parts = urlsplit(read_addresses(self.folder)[name])
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    def _have_ended(self, waited: set[str], queue: FeedQueue) -> bool:
        """Take what has come; true when none of the signals is waited for any more."""
        event = queue.get(0.05)
        if isinstance(event, Published):
            waited.discard(event.correlation)
        return not waited

    def _tell(self, kind: str, symbol: str) -> str:
        signal_id = f"s{len(self.told)}"
        line = {
            "signal_id": signal_id,
            "at_ms": time.time_ns() // 1_000_000,
            "signal": kind,
            "symbol": symbol,
            "confidence": "0.9",
        }
        self.told.append(signal_id)
        assert self.run.stdin is not None
        self.run.stdin.write(json.dumps(line).encode() + b"\n")
        self.run.stdin.flush()
        return signal_id


@contextmanager
def chaos(folder: Path, settings: Mapping[str, str]) -> Generator[Chaos]:
    """Run an engine with its service until the context ends, then let it end its signals."""
    pairs = [f"{key}={value}" for key, value in (LIMITS | dict(settings)).items()]
    command = [sys.executable, "-m", "callboard", "run", "--data-dir", str(folder)]
    command += ["--signals", "-", "--speed", "1"]
    for pair in pairs:
        command += ["--set", pair]
    with ExitStack() as undo:
        log = undo.enter_context((folder.parent / "log").open("wb"))
        run = undo.enter_context(
            subprocess.Popen(
                command,
                env={name: os.environ[name] for name in os.environ if "CALLBOARD__" not in name},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
            )
        )
        undo.callback(_ended, run)
        link = SocketLink(folder, make_codec())
        undo.callback(link.close)
        assert link.wait(SECONDS)
        until(lambda: link.ask(GetVitals(), SECONDS).ready, SECONDS)
        hub = FeedHub(folder, make_codec())
        undo.callback(hub.close)
        yield Chaos(folder, run, link, hub)
        assert run.stdin is not None
        run.stdin.close()
        run.wait(SECONDS)


def fates(folder: Path) -> dict[str, Fate]:
    """Return what the journal says of every signal."""
    events: dict[str, list[Published]] = {}
    feed = EventFeed(Disk(folder / "journal"), make_codec(), START)
    while (chunk := feed.read()) is not None:
        for each in chunk:
            events.setdefault(each.correlation, []).append(each)
    return {name: _fate(name, mine) for name, mine in events.items()}


def _fate(signal_id: str, events: list[Published]) -> Fate:
    def first(kind: type) -> int | None:
        return next((each.at_ms for each in events if isinstance(each.event, kind)), None)

    refused = next((each.event for each in events if isinstance(each.event, OrderRefused)), None)
    guard = refused.guard if isinstance(refused, OrderRefused) else ""
    return Fate(signal_id, first(OrderQueued), first(OrderSent), first(OrderFilled), guard)


@contextmanager
def flooded(address: tuple[str, int], request: bytes, clients: int = FLOOD) -> Generator[None]:
    """Ask again and again, from many connections at once, as fast as answers come."""
    is_over = threading.Event()
    threads = [
        threading.Thread(target=_flood, args=(address, request, is_over)) for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join(SECONDS)


@contextmanager
def stuck(address: tuple[str, int], beginning: bytes, clients: int = STUCK) -> Generator[None]:
    """Begin requests that are never ended, or never read."""
    with ExitStack() as undo:
        for _ in range(clients):
            client = undo.enter_context(socket.socket())
            client.settimeout(SECONDS)
            # What is not read stays in a small buffer, so that the other end soon notices.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            with suppress(OSError):
                client.connect(address)
                client.sendall(beginning)
        yield


@contextmanager
def stopped(process: int) -> Generator[None]:
    """Let a process stand still."""
    os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(process, signal.SIGCONT)


@contextmanager
def killed(process: int) -> Generator[None]:
    """Kill a process at the beginning."""
    os.kill(process, signal.SIGKILL)
    yield


def _flood(address: tuple[str, int], request: bytes, is_over: threading.Event) -> None:
    while not is_over.is_set():
        with suppress(OSError), socket.create_connection(address, timeout=2.0) as client:
            while not is_over.is_set():
                client.sendall(request)
                if not client.recv(65_536):
                    break


def _ended(run: "subprocess.Popen[bytes]") -> None:
    if run.poll() is None:
        run.kill()
    run.wait(SECONDS)
