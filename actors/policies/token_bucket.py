"""Token bucket: bursts and refill sized so that no window at the venue passes its limit.

The venue counts arrivals in fixed windows. A bucket of capacity C refilled at r admits up to
`C + r * W` in a window W, so one with C = limit lets nearly twice the limit through; and a grant
used L later arrives in a later window. Therefore `C + r * (W + L) <= limit`, with L the longest
way from grant to arrival. Arithmetic is in integers: a level is tokens times `window_ms`, so that
one millisecond refills exactly `refill` of it and nothing is ever rounded.

Bound: level is never above capacity. Time that steps back refills nothing.
Failure: taking more than is there is our bug and stops the actor; whoever takes looks first.
"""

from decimal import Decimal

from attrs import define, frozen


@frozen
class BucketDesign:
    """The figures of a bucket: `capacity` at once and `refill` per `window_ms`."""

    limit: int
    capacity: int
    refill: int
    window_ms: int
    late_ms: int

    @property
    def admitted_max(self) -> int:
        """The most that can arrive in one window, rounded up; at most `limit`."""
        scaled = self.capacity * self.window_ms + self.refill * (self.window_ms + self.late_ms)
        return -(-scaled // self.window_ms)


@define
class Bucket:
    """A bucket's state; `level_scaled` is tokens times the design's `window_ms`."""

    design: BucketDesign
    level_scaled: int
    updated_ms: int


def design_bucket(
    *, limit: int, window_ms: int, late_ms: int, burst_share: Decimal
) -> BucketDesign:
    """Return the design that gives `burst_share` of `limit` to the burst, the rest to refill.

    `late_ms` is L: the permit's life plus the request's timeout. Raises `ValueError` when the
    limit is too small to leave both a burst and a refill of at least one.
    """
    if window_ms <= 0 or late_ms < 0:
        raise ValueError(f"window_ms {window_ms} and late_ms {late_ms} cannot be a window")
    if not 0 < burst_share < 1:
        raise ValueError(f"burst_share must be between 0 and 1, not {burst_share}")
    capacity = int(limit * burst_share)
    refill = (limit - capacity) * window_ms // (window_ms + late_ms)
    if capacity < 1 or refill < 1:
        raise ValueError(f"limit {limit} in {window_ms} ms is too small for a burst and a refill")
    design = BucketDesign(limit, capacity, refill, window_ms, late_ms)
    assert design.admitted_max <= limit
    return design


def full_bucket(design: BucketDesign, now_ms: int) -> Bucket:
    """Return a bucket of that design that holds its capacity."""
    return Bucket(design, design.capacity * design.window_ms, now_ms)


def level_at(bucket: Bucket, now_ms: int) -> int:
    """Return the whole tokens that the bucket holds at `now_ms`."""
    return _scaled_at(bucket, now_ms) // bucket.design.window_ms


def earliest_ms(bucket: Bucket, amount: int, now_ms: int) -> int | None:
    """Return when the bucket holds `amount`, `now_ms` at the earliest; None if it never can."""
    if amount > bucket.design.capacity:
        return None
    missing = amount * bucket.design.window_ms - _scaled_at(bucket, now_ms)
    if missing <= 0:
        return now_ms
    # A level set back before a pause's end refills only from `updated_ms` on.
    return max(now_ms, bucket.updated_ms) + -(-missing // bucket.design.refill)


def take(bucket: Bucket, amount: int, now_ms: int) -> None:
    """Take `amount` tokens at `now_ms`."""
    level_scaled = _scaled_at(bucket, now_ms) - amount * bucket.design.window_ms
    assert amount >= 0, "a bucket is not filled by taking"
    assert level_scaled >= 0, "a bucket never lends"
    _set_level(bucket, level_scaled, now_ms)


def lower_to(bucket: Bucket, level: int, now_ms: int) -> None:
    """Lower the level to at most `level` tokens (and at least none) at `now_ms`; never raise it.

    A `now_ms` in the future keeps the bucket at that level until then.
    """
    wanted_scaled = max(level, 0) * bucket.design.window_ms
    _set_level(bucket, min(_scaled_at(bucket, now_ms), wanted_scaled), now_ms)


def redesigned(bucket: Bucket, design: BucketDesign, now_ms: int) -> Bucket:
    """Return a bucket of another design that holds what this one does, at most its capacity.

    It refills from `now_ms` on, even where this one was frozen until a later time: so a bucket
    that a wrong clock left in the future lives again.
    """
    level = min(level_at(bucket, now_ms), design.capacity)
    return Bucket(design, level * design.window_ms, now_ms)


def _scaled_at(bucket: Bucket, now_ms: int) -> int:
    elapsed_ms = max(now_ms - bucket.updated_ms, 0)
    capacity_scaled = bucket.design.capacity * bucket.design.window_ms
    return min(bucket.level_scaled + elapsed_ms * bucket.design.refill, capacity_scaled)


def _set_level(bucket: Bucket, level_scaled: int, now_ms: int) -> None:
    bucket.level_scaled = level_scaled
    bucket.updated_ms = max(now_ms, bucket.updated_ms)
