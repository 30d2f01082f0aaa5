"""Figures: all that is known of an engine in numbers, for whoever asks.

Owns a book, what the journal told it and the latest answers of the engine. It is written by one
thread and read by any. The JSON is for the API and its dashboard: money and ratios are text, times
and counts are integers, percentiles are milliseconds; what nobody knows is null.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ....messages.queries import StatisticsView
from .book import Book, Bucketed, Number
from .catalogue import CATALOGUE

LATENCIES = {
    "signal_to_sent": "signal_to_sent_ms",
    "sent_to_ack": "sent_to_ack_ms",
    "fill_to_stop": "fill_to_stop_ms",
}
PLACES = 3


class Figures:
    """What the figures are now; any thread."""

    def __init__(self, book: Book | None = None) -> None:
        self.book = book or Book()
        self.statistics: StatisticsView | None = None
        self.at_ms = 0
        """Engine time of the latest answer; 0 before one."""

    def value(self, name: str) -> Decimal | None:
        """Return one number for a figure, None while nobody knows it; `KeyError` for no figure."""
        return self.book.value(name)

    def as_json(self) -> dict[str, Any]:
        """Return everything as the API tells it."""
        return {
            "at_ms": self.at_ms,
            "statistics": self._statistics(),
            "orders": {
                "events": self._by_label("order_events_total"),
                "refusals": self._by_label("refusals_total"),
                "failures": self._by_label("order_failures_total"),
            },
            "latency": {name: self._latency(metric) for name, metric in LATENCIES.items()},
            "slippage_bps": self._spread("slippage_bps"),
            "errors": {
                "by_kind": self._by_label("errors_total"),
                "retries": int(self.value("retries_total") or 0),
                "retry_success_ratio": _text(self.value("retry_success_ratio")),
                "refused": int(self.value("refusals_total") or 0),
                "request_error_ratio_5m": _text(self.value("request_error_ratio_5m")),
            },
            "figures": {name: self._figure(name) for name in CATALOGUE},
        }

    def _statistics(self) -> dict[str, Any]:
        """Return the counts of orders; nothing is known before the engine answered."""
        told = self.statistics
        names = ("total_orders", "executed", "failed", "cancelled", "pending")
        counts = {name: None if told is None else getattr(told, name) for name in names}
        rate = None if told is None else told.success_rate
        return {**counts, "success_rate": _text(rate)}

    def _latency(self, name: str) -> dict[str, Any]:
        found = self.book.family(name).get(())
        return _percentiles(found) if isinstance(found, Bucketed) else dict(_NOTHING)

    def _spread(self, name: str) -> dict[str, Any]:
        return {
            labels[0]: _percentiles(each)
            for labels, each in self.book.family(name).items()
            if isinstance(each, Bucketed)
        }

    def _by_label(self, name: str) -> dict[str, Any]:
        return {
            labels[0]: _plain(value)
            for labels, value in sorted(self.book.family(name).items())
            if not isinstance(value, Bucketed)
        }

    def _figure(self, name: str) -> Any:
        """Return a figure's value, or its values by label, several labels joined by `/`."""
        family = self.book.family(name)
        values = {
            "/".join(labels): _percentiles(each) if isinstance(each, Bucketed) else _plain(each)
            for labels, each in sorted(family.items())
        }
        return values if CATALOGUE[name].labels else values.get("")


_NOTHING: Mapping[str, Any] = {"p50": None, "p95": None, "p99": None, "count": 0}


def _percentiles(each: Bucketed) -> dict[str, Any]:
    found = {"p50": each.p50, "p95": each.p95, "p99": each.p99}
    rounded = {
        name: None if value is None else round(value, PLACES) for name, value in found.items()
    }
    return {**rounded, "count": each.count}


def _plain(value: Number) -> Any:
    """Return a count as an integer, a measure as a number, and what is exact as text."""
    if isinstance(value, Decimal):
        return _text(value)
    return round(value, PLACES) if isinstance(value, float) else value


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
