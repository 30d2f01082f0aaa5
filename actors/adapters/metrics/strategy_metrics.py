"""StrategyMetrics: figures of a strategy's own program, for the same Prometheus.

For the process that thinks, not for the engine: its profit, its trades and how long its functions
take. What it says goes into a queue and is counted on a thread of its own, so that saying it never
waits. Bound: `QUEUE_MAX` of them; beyond it the oldest is dropped, and the drop is counted. Labels
are bounded as in `book.py`. Each has a registry of its own, so any number live in one process.
`get_metrics_exporter` gives the one that was initialised for the whole process, and before that one
that takes everything and keeps nothing.
"""

import functools
import inspect
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from decimal import Decimal
from types import MappingProxyType
from typing import Any, TypeVar, cast

from .book import Book, Number
from .catalogue import Kind, Metric, Worst
from .families import registry_of
from .push import push
from .scrape_server import ScrapeServer

QUEUE_MAX = 10_000
PUSH_SECONDS = 15.0
PUSH_TIMEOUT_SECONDS = 5.0
JOIN_SECONDS = 2.0
OPERATION_BOUNDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000)

_FIGURES = (
    Metric("pnl_realized", Kind.GAUGE, "quote", "Realised profit as the strategy says."),
    Metric("pnl_unrealized", Kind.GAUGE, "quote", "Unrealised profit as the strategy says."),
    Metric(
        "strategy_trades_total",
        Kind.COUNTER,
        "",
        "Trades as the strategy says.",
        ("outcome", "strategy"),
        Worst.SUM,
    ),
    Metric(
        "strategy_notional_total",
        Kind.COUNTER,
        "",
        "Notional of those trades.",
        ("outcome", "strategy"),
        Worst.SUM,
    ),
    Metric(
        "operation_ms",
        Kind.HISTOGRAM,
        "ms",
        "How long an operation took.",
        ("operation",),
        bounds=OPERATION_BOUNDS,
    ),
    Metric("said_dropped_total", Kind.COUNTER, "", "Figures dropped, the oldest first."),
    Metric("labels_folded_total", Kind.COUNTER, "", "Values counted under `other`."),
)
FIGURES: Mapping[str, Metric] = MappingProxyType({each.name: each for each in _FIGURES})

Called = TypeVar("Called", bound=Callable[..., Any])
Entry = tuple[str, Number, tuple[str, ...]]


class StrategyMetrics:
    """Takes figures from any thread; without a queue it keeps none."""

    def __init__(self, prefix: str = "callboard", *, queue_max: int = QUEUE_MAX) -> None:
        self.book = Book(FIGURES)
        self.registry = registry_of(self.book, prefix)
        self._said: deque[Entry] = deque()
        self._queue_max = queue_max
        self._changed = threading.Condition()
        self._is_closed = False
        self._server: ScrapeServer | None = None
        self._threads: list[threading.Thread] = []
        if queue_max:
            self._begin(self._count, "callboard-strategy-metrics")

    def update_pnl(self, realized: Number, unrealized: Number) -> None:
        """Say what was made and what is open, in quote units."""
        self._say("pnl_realized", realized)
        self._say("pnl_unrealized", unrealized)

    def record_trade(self, outcome: str, strategy: str, notional: Number) -> None:
        """Say how a trade ended, such as `win` or `loss`, and its notional in quote units."""
        self._say("strategy_trades_total", 1, outcome, strategy)
        self._say("strategy_notional_total", notional, outcome, strategy)

    def time_operation(self, operation: str) -> Callable[[Called], Called]:
        """Return a decorator that times a function or a coroutine function, however it ends."""

        def decorate(called: Called) -> Called:
            if inspect.iscoroutinefunction(called):

                @functools.wraps(called)
                async def awaited(*args: Any, **options: Any) -> Any:
                    with self._timed(operation):
                        return await called(*args, **options)

                return cast("Called", awaited)

            @functools.wraps(called)
            def plain(*args: Any, **options: Any) -> Any:
                with self._timed(operation):
                    return called(*args, **options)

            return cast("Called", plain)

        return decorate

    def serve(self, port: int = 8000, host: str = "127.0.0.1") -> int:
        """Let Prometheus scrape; returns the port. Raises `OSError` where it is taken."""
        self._server = ScrapeServer(self.registry, host, port)
        return self._server.port

    def push_to(self, address: str, seconds: float = PUSH_SECONDS) -> None:
        """Push to a gateway every so often, on a thread of its own; a failure is passed over."""

        def run() -> None:
            while not self._rest(seconds):
                push(address, self.registry, {}, PUSH_TIMEOUT_SECONDS)

        self._begin(run, "callboard-strategy-push")

    def close(self) -> None:
        """Count what was said, then stop; harmless twice."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(JOIN_SECONDS)
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _say(self, name: str, value: Number, *labels: str) -> None:
        if not self._queue_max:
            return
        with self._changed:
            self._said.append((name, value, labels))
            if len(self._said) > self._queue_max:
                self._said.popleft()
                self.book.add("said_dropped_total")
            self._changed.notify_all()

    @contextmanager
    def _timed(self, operation: str) -> Any:
        began = time.perf_counter()
        try:
            yield
        finally:
            self._say("operation_ms", (time.perf_counter() - began) * 1_000, operation)

    def _begin(self, run: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _rest(self, seconds: float) -> bool:
        """Wait for a while; True when there is no more to do."""
        end = time.monotonic() + seconds
        with self._changed:
            while not self._is_closed and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
            return self._is_closed

    def _count(self) -> None:
        """Count what was said, one after the other; the thread's whole life."""
        while True:
            with self._changed:
                while not self._said and not self._is_closed:
                    self._changed.wait()
                if not self._said:
                    return
                name, value, labels = self._said.popleft()
            self._write(name, value, labels)

    def _write(self, name: str, value: Number, labels: tuple[str, ...]) -> None:
        match FIGURES[name].kind:
            case Kind.HISTOGRAM:
                self.book.observe(name, float(value), *labels)
            case Kind.COUNTER:
                self.book.add(name, *labels, amount=_exact(value))
            case Kind.GAUGE:
                self.book.set(name, value, *labels)


def _exact(value: Number) -> Number:
    """Return money as it is written: a float's own digits, not those behind them."""
    return Decimal(str(value)) if isinstance(value, float) else value


class Process:
    """What belongs to the whole process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.silent: StrategyMetrics | None = None
        self.initialised: StrategyMetrics | None = None


PROCESS = Process()


def initialize_metrics_exporter(
    port: int = 8000,
    *,
    host: str = "127.0.0.1",
    prefix: str = "callboard",
    enable_pushgateway: bool = False,
    pushgateway_url: str = "localhost:9091",
) -> StrategyMetrics:
    """Make and return the metrics of this process, in place of those before; they are served.

    Raises `OSError` where the port is taken; those before are then still there.
    """
    made = StrategyMetrics(prefix)
    try:
        made.serve(port, host)
    except OSError:
        made.close()
        raise
    if enable_pushgateway:
        made.push_to(pushgateway_url)
    with PROCESS.lock:
        before, PROCESS.initialised = PROCESS.initialised, made
    if before is not None:
        before.close()
    return made


def get_metrics_exporter() -> StrategyMetrics:
    """Return the metrics of this process; before they are initialised, ones that keep nothing."""
    with PROCESS.lock:
        if PROCESS.initialised is not None:
            return PROCESS.initialised
        if PROCESS.silent is None:
            PROCESS.silent = StrategyMetrics(queue_max=0)
        return PROCESS.silent
