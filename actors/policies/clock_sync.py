"""Clock sync: the venue's time from few samples, with a bound of its error.

Pure. The venue stamps its answer somewhere between departure and arrival, so the offset is its
time minus the midpoint, wrong by at most half the round trip; its stamp is cut to whole ms, so
half a ms is added to the stamp and to the bound. A sample grows stale: each second of age adds
what two clocks may drift apart. The best sample is the one with the smallest bound now. One that
contradicts it means that a clock was set: the older samples then say nothing any more.
"""

from attrs import frozen

HALF_MS_NS = 500_000
DRIFT_PPM = 100
"""Twice what crystal clocks of servers usually differ by."""
MILLION = 1_000_000


@frozen
class Sample:
    """venue time = engine time + `offset_ns`, give or take `error_ns`, when it was taken."""

    offset_ns: int
    error_ns: int
    taken_at_ns: int


def take_sample(*, venue_ms: int, sent_at_ns: int, received_at_ns: int) -> Sample:
    """Return what one answer of the venue's clock says; a negative round trip counts as none."""
    round_trip_ns = max(0, received_at_ns - sent_at_ns)
    midpoint_ns = sent_at_ns + round_trip_ns // 2
    venue_ns = venue_ms * MILLION + HALF_MS_NS
    error_ns = (round_trip_ns + 1) // 2 + HALF_MS_NS
    return Sample(venue_ns - midpoint_ns, error_ns, received_at_ns)


def error_at_ns(sample: Sample, now_ns: int) -> int:
    """Return the error bound of a sample at a later time."""
    age_ns = max(0, now_ns - sample.taken_at_ns)
    return sample.error_ns + age_ns * DRIFT_PPM // MILLION


def best_of(samples: tuple[Sample, ...], now_ns: int) -> Sample | None:
    """Return the sample with the smallest error bound now, the newest among equals."""
    if not samples:
        return None
    return min(reversed(samples), key=lambda sample: error_at_ns(sample, now_ns))


def with_sample(samples: tuple[Sample, ...], new: Sample, window: int) -> tuple[Sample, ...]:
    """Return the newest `window` samples that agree with the new one."""
    agreeing = tuple(each for each in samples if _agree(each, new))
    return (*agreeing, new)[-window:]


def _agree(old: Sample, new: Sample) -> bool:
    """Two samples agree when their error bounds overlap."""
    distance_ns = abs(old.offset_ns - new.offset_ns)
    return distance_ns <= error_at_ns(old, new.taken_at_ns) + new.error_ns
