"""WallClock: the engine's time on this machine, at once or at a multiple of it.

Owns nothing but where it began. It is read from the wall once and counts from there with a clock
that nobody sets: a step of the wall clock, backwards above all, would hold up the timers that
protect a position. How far the venue's clock is from it is VenueClock's affair. Time asleep counts
where the system can tell (Linux, `CLOCK_BOOTTIME`). Never fails.
"""

import time

from ..errors import ConfigurationError

_COUNTER: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
SECOND_NS = 1_000_000_000
SPEED_MAX = 10_000.0


class WallClock:
    """UTC nanoseconds; `speed` of them pass in one nanosecond of the wall.

    With `start_ns` it begins there, else at the wall's time. Raises `ConfigurationError` for a
    speed that is no number from above 0 to 10 000.
    """

    def __init__(self, speed: float = 1.0, start_ns: int | None = None) -> None:
        if not 0 < speed <= SPEED_MAX:
            raise ConfigurationError(f"speed: must be above 0 and at most {SPEED_MAX:g}: {speed!r}")
        self.speed = speed
        # As a fraction, since a float loses nanoseconds after a hundred days.
        self._numerator, self._denominator = speed.as_integer_ratio()
        self._start_ns = time.time_ns() if start_ns is None else start_ns
        self._began_ns = time.clock_gettime_ns(_COUNTER)

    def now_ns(self) -> int:
        """Return engine time; it never goes backwards."""
        passed_ns = time.clock_gettime_ns(_COUNTER) - self._began_ns
        return self._start_ns + passed_ns * self._numerator // self._denominator

    def wall_seconds(self, duration_ns: int) -> float:
        """Return how many seconds of the wall a duration takes."""
        return duration_ns / SECOND_NS / self.speed
