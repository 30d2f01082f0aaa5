"""Test of a strategy's own metrics: said without waiting, scraped, and never in the way."""

import asyncio
import http.client
import threading
from collections.abc import Generator
from decimal import Decimal

import pytest

from callboard.actors.adapters.metrics import strategy_metrics
from callboard.actors.adapters.metrics.book import Book, Bucketed
from callboard.actors.adapters.metrics.strategy_metrics import (
    StrategyMetrics,
    get_metrics_exporter,
    initialize_metrics_exporter,
)
from support.waiting import until


@pytest.fixture
def metrics() -> Generator[StrategyMetrics]:
    metrics = StrategyMetrics("btc_elite")
    yield metrics
    metrics.close()


def timed(metrics: StrategyMetrics, operation: str) -> int:
    """Return how often an operation was timed, once all that was said is counted."""
    metrics.close()
    found = metrics.book.family("operation_ms").get((operation,))
    return found.count if isinstance(found, Bucketed) else 0


def text_of(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def test_profit_and_trades_are_scraped_under_the_prefix(metrics: StrategyMetrics) -> None:
    port = metrics.serve(0)

    metrics.update_pnl(100.0, Decimal("10.5"))
    metrics.record_trade("win", "funding_arbitrage", 1000.0)
    metrics.record_trade("win", "funding_arbitrage", Decimal("0.1"))
    until(lambda: "strategy_notional_total{" in text_of(port) and "1000.1" in text_of(port))

    text = text_of(port)
    assert "btc_elite_pnl_realized 100.0\n" in text
    assert "btc_elite_pnl_unrealized 10.5\n" in text
    assert 'trades_total{outcome="win",strategy="funding_arbitrage"} 2.0\n' in text


def test_a_function_is_timed_also_when_it_raises(metrics: StrategyMetrics) -> None:
    @metrics.time_operation("strategy_execution")
    def think(number: int) -> int:
        """Think."""
        if number < 0:
            raise ValueError(number)
        return number + 1

    assert (2, "think", "Think.") == (think(1), think.__name__, think.__doc__)
    with pytest.raises(ValueError, match="-1"):
        think(-1)
    assert 2 == timed(metrics, "strategy_execution")


def test_a_coroutine_is_timed_to_its_end(metrics: StrategyMetrics) -> None:
    @metrics.time_operation("wait")
    async def think() -> str:
        await asyncio.sleep(0)
        return "thought"

    assert "thought" == asyncio.run(think())
    assert 1 == timed(metrics, "wait")


def test_the_oldest_is_dropped_and_counted_when_nobody_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate, entered = threading.Event(), threading.Event()

    def held(*_entry: object) -> None:
        entered.set()
        assert gate.wait(20)

    monkeypatch.setattr(Book, "set", held)
    metrics = StrategyMetrics(queue_max=3)
    metrics.update_pnl(1, 1)
    assert entered.wait(20)
    for _ in range(4):
        metrics.record_trade("loss", "b", 1)
    gate.set()
    metrics.close()

    assert Decimal(6) == metrics.book.value("said_dropped_total")
    assert Decimal(1) == metrics.book.value("strategy_trades_total")


def test_before_it_is_initialised_everything_is_taken_and_nothing_kept() -> None:
    silent = get_metrics_exporter()

    silent.update_pnl(1.0, 1.0)
    silent.record_trade("win", "a", 1)

    assert 3 == silent.time_operation("x")(lambda: 3)()
    assert None is silent.book.value("pnl_realized")
    assert silent is get_metrics_exporter()


def test_the_one_of_the_process_is_found_from_anywhere_and_can_be_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(strategy_metrics, "PROCESS", strategy_metrics.Process())
    first = initialize_metrics_exporter(0)
    found = get_metrics_exporter()
    second = initialize_metrics_exporter(0, prefix="other")

    try:
        assert (first, second) == (found, get_metrics_exporter())
        assert first.registry is not second.registry
    finally:
        second.close()


def test_a_port_that_is_taken_leaves_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy_metrics, "PROCESS", strategy_metrics.Process())
    first = initialize_metrics_exporter(0)
    port = StrategyMetrics()
    taken = port.serve(0)

    try:
        with pytest.raises(OSError, match="in use"):
            initialize_metrics_exporter(taken)
        assert first is get_metrics_exporter()
    finally:
        port.close()
        first.close()


def test_a_gateway_that_is_not_there_holds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strategy_metrics, "PROCESS", strategy_metrics.Process())
    pushed = threading.Event()

    def push(*_args: object) -> str:
        pushed.set()
        return "ConnectionRefusedError"

    monkeypatch.setattr(strategy_metrics, "push", push)
    metrics = StrategyMetrics()
    metrics.push_to("localhost:9091", seconds=0.001)

    assert pushed.wait(20)
    metrics.update_pnl(1, 2)
    metrics.close()
    assert Decimal(1) == metrics.book.value("pnl_realized")
