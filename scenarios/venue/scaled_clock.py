"""ScaledClock: real time at N times its pace, the same in every process of this machine.

Owns the way from the machine's own counter to engine time. Processes that hold the same three
figures read the same time, since the counter starts with the machine (clock_gettime(2)) and nobody
sets it; a step of the wall clock moves none of them. An engine of its own takes `WallClock`.
"""

import time

from attrs import field, frozen, validators

_COUNTER: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
SECOND_NS = 1_000_000_000


@frozen
class ScaledClock:
    """Engine time as UTC nanoseconds; `speed` engine seconds pass in one second."""

    origin_ns: int
    """Engine time when the machine's counter stood at `origin_counter_ns`."""
    origin_counter_ns: int
    speed: float = field(default=1.0, validator=validators.gt(0))

    @classmethod
    def begin(cls, *, speed: float = 1.0, at_ns: int | None = None) -> "ScaledClock":
        """Start a clock now, at the wall's time unless another one is given."""
        start_ns = time.time_ns() if at_ns is None else at_ns
        return cls(start_ns, time.clock_gettime_ns(_COUNTER), speed)

    def now_ns(self) -> int:
        """Return engine time; it never goes backwards."""
        passed_ns = time.clock_gettime_ns(_COUNTER) - self.origin_counter_ns
        # As a fraction, since a float loses nanoseconds after a hundred days.
        numerator, denominator = self.speed.as_integer_ratio()
        return self.origin_ns + passed_ns * numerator // denominator

    def wall_seconds(self, duration_ns: int) -> float:
        """Return how many seconds of the wall `duration_ns` of engine time take."""
        return duration_ns / SECOND_NS / self.speed
