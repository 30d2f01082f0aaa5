"""Book: the present value of every figure; one writer at a time, any number of readers.

Bound: `SETS_MAX` label sets a figure; what comes beyond is counted under the label `other`, and
how often is a figure itself. Of a histogram's values the latest `KEPT_MAX` are kept for
percentiles, all of them are counted in its buckets.
"""

import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping
from decimal import Decimal

from attrs import define, field, frozen

from .catalogue import CATALOGUE, Kind, Metric, Worst

SETS_MAX = 100
KEPT_MAX = 2_048
OTHER = "other"
LABEL_MAX = 80
"""Characters of a label's value."""

Number = int | float | Decimal
Labels = tuple[str, ...]


@define(eq=False)
class Histogram:
    """Counts by bucket, and the latest values."""

    bounds: tuple[float, ...]
    counts: list[int] = field(init=False)
    """One for each bound, and one for what lies above them all."""
    total: float = field(init=False, default=0.0)
    count: int = field(init=False, default=0)
    latest: deque[float] = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.counts = [0] * (len(self.bounds) + 1)
        self.latest = deque(maxlen=KEPT_MAX)

    def note(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value
        self.count += 1
        self.latest.append(value)

    def percentiles(self, *wanted: int) -> tuple[float | None, ...]:
        """Return percentiles of the latest values; None of none."""
        kept = sorted(self.latest)
        if not kept:
            return tuple(None for _ in wanted)
        return tuple(kept[min(len(kept) - 1, len(kept) * each // 100)] for each in wanted)


@frozen
class Bucketed:
    """A histogram as it stood at one moment."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    total: float
    count: int
    p50: float | None
    p95: float | None
    p99: float | None


Sample = Number | Bucketed
Family = dict[Labels, Sample]


class Book:
    """Figures by name and labels; every method from any thread."""

    def __init__(self, catalogue: Mapping[str, Metric] = CATALOGUE) -> None:
        self.catalogue = catalogue
        self._lock = threading.Lock()
        self._plain: dict[str, dict[Labels, Number]] = {}
        self._histograms: dict[str, dict[Labels, Histogram]] = {}
        for metric in catalogue.values():
            self._begin(metric)

    def add(self, name: str, *labels: str, amount: Number = 1) -> None:
        """Let a counter grow."""
        self._metric(name, Kind.COUNTER, labels)
        with self._lock:
            self._grow(name, labels, amount)

    def set(self, name: str, value: Number | None, *labels: str) -> None:
        """Write a figure as it is now; None takes it out. A counter that somebody else counts too.

        Values that are not whole stay exact: money is a Decimal all the way.
        """
        metric = self.catalogue[name]
        assert metric.kind is not Kind.HISTOGRAM, name
        assert len(labels) == len(metric.labels), name
        with self._lock:
            series = self._plain.setdefault(name, {})
            if value is None:
                series.pop(labels, None)
            else:
                series[self._room(name, series, labels)] = value

    def replace(self, name: str, values: Mapping[str, Number]) -> None:
        """Write a figure of one label whole: a value that is not there any more is gone."""
        assert len(self.catalogue[name].labels) == 1, name
        with self._lock:
            series: dict[Labels, Number] = {}
            self._plain[name] = series
            for label, value in values.items():
                series[self._room(name, series, (label,))] = value

    def observe(self, name: str, value: float, *labels: str) -> None:
        """Count a value of a histogram."""
        metric = self._metric(name, Kind.HISTOGRAM, labels)
        with self._lock:
            series = self._histograms.setdefault(name, {})
            key = self._room(name, series, labels)
            histogram = series.get(key)
            if histogram is None:
                histogram = series[key] = Histogram(metric.bounds)
            histogram.note(value)

    def clear(self, names: Iterable[str]) -> None:
        """Take figures out: nobody knows them now."""
        with self._lock:
            for name in names:
                self._plain.pop(name, None)

    def family(self, name: str) -> Family:
        """Return every value of a figure by its labels."""
        with self._lock:
            if self.catalogue[name].kind is not Kind.HISTOGRAM:
                return dict(self._plain.get(name, {}))
            series = self._histograms.get(name, {})
            return {labels: _bucketed(each) for labels, each in series.items()}

    def value(self, name: str) -> Decimal | None:
        """Return one number: the only value, or what the catalogue says of several.

        Of a histogram the 95th percentile of the latest values. None while there is none.

        Raises:
            KeyError: There is no such figure.
        """
        metric, family = self.catalogue[name], self.family(name)
        found = [each.p95 if isinstance(each, Bucketed) else each for each in family.values()]
        numbers = [Decimal(str(each)) for each in found if each is not None]
        if not numbers:
            return None
        match metric.worst:
            case Worst.SUM:
                return sum(numbers, Decimal(0))
            case Worst.MIN:
                return min(numbers)
            case Worst.MAX:
                return max(numbers)

    def _begin(self, metric: Metric) -> None:
        """Let what is counted here begin at 0, so that its first growth is seen as one."""
        if metric.labels or metric.is_told:
            return
        if metric.kind is Kind.COUNTER:
            self._plain[metric.name] = {(): 0}
        elif metric.kind is Kind.HISTOGRAM:
            self._histograms[metric.name] = {(): Histogram(metric.bounds)}

    def _metric(self, name: str, kind: Kind, labels: Labels) -> Metric:
        metric = self.catalogue[name]
        assert metric.kind is kind, name
        assert len(metric.labels) == len(labels), name
        return metric

    def _grow(self, name: str, labels: Labels, amount: Number) -> None:
        series = self._plain.setdefault(name, {})
        key = self._room(name, series, labels)
        series[key] = _sum(series.get(key, 0), amount)

    def _room(self, name: str, series: Mapping[Labels, object], labels: Labels) -> Labels:
        """Return the labels, or `other` for each where there is no room for one more set."""
        cut = tuple(each[:LABEL_MAX] for each in labels)
        if cut in series or not cut or len(series) < SETS_MAX:
            return cut
        if name != "labels_folded_total":
            self._grow("labels_folded_total", (), 1)
        return tuple(OTHER for _ in cut)


def _sum(first: Number, second: Number) -> Number:
    if isinstance(first, Decimal) or isinstance(second, Decimal):
        return Decimal(str(first)) + Decimal(str(second))
    return first + second


def _bucketed(histogram: Histogram) -> Bucketed:
    p50, p95, p99 = histogram.percentiles(50, 95, 99)
    return Bucketed(
        histogram.bounds,
        tuple(histogram.counts),
        histogram.total,
        histogram.count,
        p50,
        p95,
        p99,
    )
