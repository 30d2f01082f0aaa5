"""Families: figures as Prometheus reads them, in a registry of their own.

Names are `<prefix>_<figure>`. Two engines of one process have two registries, and nothing is ever
registered with the library's global one.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from .book import Book, Bucketed, Family
from .catalogue import Kind
from .catalogue import Metric as Figure


class Families(Collector):
    """Reads a book at every scrape."""

    def __init__(self, book: Book, prefix: str) -> None:
        self._book = book
        self._prefix = prefix

    def describe(self) -> list[Metric]:
        """Tell nothing at registration: a scrape alone reads the book."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Return every figure that has a value; one without is a family without samples."""
        for name, figure in self._book.catalogue.items():
            yield _family(f"{self._prefix}_{name}", figure, self._book.family(name))


def registry_of(book: Book, prefix: str) -> CollectorRegistry:
    """Return a registry that holds one book."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Families(book, prefix))
    return registry


def _family(name: str, figure: Figure, family: Family) -> Metric:
    if figure.kind is Kind.HISTOGRAM:
        return _histogram(name, figure, family)
    make = CounterMetricFamily if figure.kind is Kind.COUNTER else GaugeMetricFamily
    made = make(name, figure.help, labels=figure.labels)
    for labels, value in sorted(family.items()):
        assert not isinstance(value, Bucketed), name
        made.add_metric(labels, float(value))
    return made


def _histogram(name: str, figure: Figure, family: Family) -> HistogramMetricFamily:
    made = HistogramMetricFamily(name, figure.help, labels=figure.labels)
    for labels, each in sorted(family.items()):
        assert isinstance(each, Bucketed), name
        seen = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip((*each.bounds, None), each.counts, strict=True):
            seen += count
            buckets.append(("+Inf" if bound is None else f"{float(bound)}", float(seen)))
        made.add_metric(labels, buckets, each.total)
    return made
