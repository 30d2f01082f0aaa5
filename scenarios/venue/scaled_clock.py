"""ScaledClock: real time at N times its pace, the same in every process of this machine.

Owns the way from the machine's monotonic clock to engine time. Two processes that hold the same
three figures read the same time to the microsecond, since the monotonic clock starts with the
machine (clock_gettime(2), CLOCK_MONOTONIC); a step of the wall clock moves neither.
"""

import time

from attrs import field, frozen, validators

SECOND_NS = 1_000_000_000


@frozen
class ScaledClock:
    """Engine time as UTC nanoseconds; `speed` engine seconds pass in one second."""

    origin_ns: int
    """Engine time at `origin_monotonic_ns`."""
    origin_monotonic_ns: int
    speed: float = field(default=1.0, validator=validators.gt(0))

    @classmethod
    def begin(cls, *, speed: float = 1.0, at_ns: int | None = None) -> "ScaledClock":
        """Start a clock now, at the wall's time unless another one is given."""
        start_ns = time.time_ns() if at_ns is None else at_ns
        return cls(start_ns, time.monotonic_ns(), speed)

    def now_ns(self) -> int:
        """Return engine time."""
        elapsed_ns = time.monotonic_ns() - self.origin_monotonic_ns
        # A whole speed multiplies exactly; others are good to a microsecond for centuries.
        return self.origin_ns + int(elapsed_ns * self.speed)

    def wall_seconds(self, duration_ns: int) -> float:
        """Return how many seconds of the wall `duration_ns` of engine time take."""
        return duration_ns / SECOND_NS / self.speed
