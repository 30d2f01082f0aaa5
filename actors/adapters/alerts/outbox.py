"""Outbox: one channel's notices on a thread of their own: a slow one delays nothing.

Owns the queue of the channel and its patience: a notice that was not taken is tried again, after a
second at first and up to a minute, in its order, until it is older than `within_ms`. Bound:
`queue_max`; beyond it the oldest is dropped and counted. What waits at the end is handed back, for
the next life.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from ..service.face import FaceHealth
from .channels import Channel, DeliveryFailed
from .notices import Notice

WAITS = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0, 60.0)
"""Seconds before the second attempt, the third, and all behind the last."""
JOIN_SECONDS = 0.5


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000


class Outbox:
    """Delivers by one channel; `close` ends its thread."""

    def __init__(
        self,
        channel: Channel,
        *,
        queue_max: int,
        within_ms: int,
        waits: tuple[float, ...] = WAITS,
        now_ms: Callable[[], int] = _wall_ms,
    ) -> None:
        self.channel = channel
        self.delivered = 0
        self.lost = 0
        self._queue_max = queue_max
        self._within_ms = within_ms
        self._waits = waits
        self._now_ms = now_ms
        self._queue: deque[Notice] = deque()
        self._fault = ""
        self._is_closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="callboard-alerts", daemon=True)
        self._thread.start()

    def put(self, notices: Iterable[Notice]) -> None:
        """Queue notices; never waits."""
        with self._changed:
            for notice in notices:
                self._queue.append(notice)
                if len(self._queue) > self._queue_max:
                    self._queue.popleft()
                    self.lost += 1
            self._changed.notify_all()

    def waiting(self) -> tuple[Notice, ...]:
        """Return what was not delivered yet, oldest first."""
        with self._changed:
            return tuple(self._queue)

    def wait_until(self, condition: Callable[["Outbox"], bool], seconds: float) -> bool:
        """Wait until it is so; False if it was not in time."""
        with self._changed:
            return self._changed.wait_for(lambda: condition(self), seconds)

    def health(self) -> FaceHealth:
        """Say how the channel is."""
        with self._changed:
            waiting, fault = len(self._queue), self._fault
        words = [f"{self.channel.name} to {self.channel.address}: {self.delivered} delivered"]
        words += [f"{waiting} wait"] if waiting else []
        words += [f"{self.lost} lost"] if self.lost else []
        words += [fault] if fault else []
        return FaceHealth(is_ok=not fault, text=", ".join(words))

    def close(self) -> None:
        """End the thread; a delivery that is under way is left behind."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        attempt = 0
        while (notice := self._next()) is not None:
            try:
                self.channel.deliver(notice)
            except DeliveryFailed as error:
                attempt = self._fail(notice, attempt, str(error), is_final=error.is_final)
            except Exception as error:  # noqa: BLE001 - a library's fault must not end the thread
                attempt = self._fail(notice, attempt, type(error).__name__, is_final=False)
            else:
                attempt = 0
                self._end(notice, "")

    def _next(self) -> Notice | None:
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._is_closed)
            return None if self._is_closed else self._queue[0]

    def _fail(self, notice: Notice, attempt: int, fault: str, *, is_final: bool) -> int:
        """Note a failure and wait before the next attempt; return its number."""
        if is_final or self._now_ms() - notice.at_ms >= self._within_ms:
            self.lost += 1
            self._end(notice, f"given up: {fault}")
            return 0
        with self._changed:
            self._fault = fault
            self._changed.notify_all()
            seconds = self._waits[min(attempt, len(self._waits) - 1)]
            self._changed.wait_for(lambda: self._is_closed, seconds)
        return attempt + 1

    def _end(self, notice: Notice, fault: str) -> None:
        with self._changed:
            # The oldest may have been dropped for want of room while it was on its way.
            if self._queue and self._queue[0] is notice:
                self._queue.popleft()
            self.delivered += not fault
            self._fault = fault
            self._changed.notify_all()
