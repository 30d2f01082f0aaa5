"""Test of the figures folded from records: what is counted when, and what is forgotten."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard import (
    AlertRaised,
    OrderCancelled,
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
    OrderResolved,
    OrderSent,
    OrderUnknown,
    OrderUnresolved,
    PositionClosed,
    PositionProtected,
)
from callboard.actors.adapters.metrics import journal_fold
from callboard.actors.adapters.metrics.book import OTHER, SETS_MAX, Book, Bucketed, Histogram
from callboard.actors.adapters.metrics.journal_fold import JournalFold
from callboard.actors.adapters.records.recorded import Recorded
from callboard.messages.failure import RetryDirective
from callboard.messages.orders import ApprovedOrder
from callboard.messages.values import (
    Action,
    ErrorKind,
    Operation,
    OrderState,
    Phase,
    PositionSide,
    Severity,
    Side,
)
from support.entries import entry
from support.samples import sample
from support.venue_samples import read_ended

D = Decimal
SECOND = 1_000_000_000
NOW = 1_800_000_000 * SECOND
DIRECTIVE: RetryDirective = evolve(
    sample(RetryDirective),
    client_order_id="c1",
    operation=Operation.PLACE,
    action=Action.REDELIVER,
    kind=ErrorKind.NETWORK,
)
APPROVED: ApprovedOrder = evolve(
    sample(ApprovedOrder), client_order_id="c1", reference_price=D(1000), strategy="trend"
)


class Bench:
    """A fold over an empty book."""

    def __init__(self) -> None:
        self.book = Book()
        self.fold = JournalFold(self.book, retries_max=20)

    def hear(self, *told: Any, after_s: float = 0, message: Any = None) -> None:
        now_ns = NOW + int(after_s * SECOND)
        self.fold.take(Recorded(1, now_ns, "order_manager", "", "", message, (), told))

    def settle(self, after_s: float = 0) -> None:
        self.fold.settle(NOW + int(after_s * SECOND))

    def value(self, name: str, *labels: str) -> Any:
        return self.book.family(name).get(labels)

    def histogram(self, name: str, *labels: str) -> Bucketed:
        found = self.value(name, *labels)
        assert isinstance(found, Bucketed)
        return found


def test_a_signal_is_timed_to_its_first_request_and_no_further() -> None:
    bench = Bench()

    bench.hear(message=entry(signal_id="s1", strategy="trend"))
    bench.hear(OrderSent("s1", "c1", "BTCUSDT", 1), after_s=0.02)
    bench.hear(OrderSent("s1", "c1", "BTCUSDT", 2), after_s=3)

    timed = bench.histogram("signal_to_sent_ms")
    assert (1, 20.0, 20.0) == (timed.count, timed.total, timed.p50)
    assert (1, 2) == (bench.value("signals_total", "trend"), bench.value("attempts_total"))


def test_an_answer_is_timed_from_its_departure_and_a_failed_one_is_not() -> None:
    bench = Bench()
    ended = evolve(read_ended("c1/place", None, sent_at_ns=NOW), operation=Operation.PLACE)
    good = evolve(ended, phase=Phase.ANSWERED, status=200, code=0)

    bench.hear(message=good, after_s=0.05)
    bench.hear(message=evolve(good, status=400, code=-2010), after_s=0.05)
    bench.hear(message=evolve(good, phase=Phase.MAYBE_SENT, status=0), after_s=0.05)

    assert (1, 50.0) == (
        bench.histogram("sent_to_ack_ms").count,
        bench.histogram("sent_to_ack_ms").total,
    )
    assert (3, 2) == (
        bench.value("requests_total", "PLACE"),
        bench.value("requests_failed_total", "PLACE"),
    )


def test_the_error_ratio_is_of_five_minutes_and_wants_ten_requests() -> None:
    bench = Bench()
    good = evolve(read_ended("a", None, sent_at_ns=0), phase=Phase.ANSWERED, status=200, code=0)
    for _ in range(9):
        bench.hear(message=good)
    bench.settle()
    few = bench.book.value("request_error_ratio_5m")

    bench.hear(message=evolve(good, status=503), after_s=60)
    bench.settle(after_s=60)
    ten = bench.book.value("request_error_ratio_5m")
    bench.settle(after_s=301)

    assert (None, D("0.1")) == (few, ten)
    assert None is bench.book.value("request_error_ratio_5m")


def test_retries_are_counted_by_kind_and_by_how_they_ended() -> None:
    bench = Bench()
    for cid in ("c1", "c2", "c3"):
        bench.hear(message=evolve(DIRECTIVE, client_order_id=cid))
    bench.hear(message=evolve(DIRECTIVE, client_order_id="c4", action=Action.END))
    bench.hear(OrderPlaced("s1", "c1", "BTCUSDT", Side.BUY, D(1)))
    bench.hear(OrderFilled("s2", "c2", "BTCUSDT", Side.BUY, D(1), D(1)))
    bench.hear(OrderFailed("s3", "c3", "BTCUSDT", OrderState.FAILED, "no_margin: -2019", D(0)))

    bench.settle()

    assert (4, 3) == (
        bench.value("errors_total", "NETWORK"),
        bench.value("retries_total", "NETWORK"),
    )
    assert (2, 1) == (bench.value("retries_succeeded_total"), bench.value("retries_failed_total"))
    assert D("0.6667") == bench.book.value("retry_success_ratio")
    assert 1 == bench.value("order_failures_total", "no_margin")
    assert 17 == bench.value("retry_budget_left")


def test_the_retry_budget_comes_back_after_half_a_minute() -> None:
    bench = Bench()
    bench.hear(message=DIRECTIVE)

    bench.settle(after_s=29)
    before = bench.value("retry_budget_left")
    bench.settle(after_s=30)

    assert (19, 20) == (before, bench.value("retry_budget_left"))


def test_what_is_unknown_or_unresolved_is_counted_until_it_is_settled() -> None:
    bench = Bench()
    bench.hear(OrderUnknown("s1", "c1", "BTCUSDT", "timeout"))
    bench.hear(OrderUnknown("s2", "c2", "BTCUSDT", "timeout"))
    bench.hear(OrderUnresolved("s1", "BTCUSDT", 60_000))
    bench.hear(OrderUnresolved("s1", "BTCUSDT", 120_000))
    bench.hear(OrderUnresolved("s2", "BTCUSDT", 60_000, "c2", "parked"))
    bench.settle()
    open_now = (bench.value("orders_unknown"), bench.value("orders_unresolved"))

    bench.hear(OrderResolved("s2", "c2", "BTCUSDT", OrderState.FILLED))
    bench.hear(OrderCancelled("s1", "c1", "BTCUSDT", D(0)))
    bench.settle()

    assert (2, 2) == open_now
    assert (0, 0) == (bench.value("orders_unknown"), bench.value("orders_unresolved"))


def test_another_start_forgets_what_was_unresolved() -> None:
    bench = Bench()
    bench.hear(OrderUnresolved("s1", "BTCUSDT", 60_000))

    bench.fold.forget_open()
    bench.settle()

    assert 0 == bench.value("orders_unresolved")


@pytest.mark.parametrize(
    ("side", "price", "bps"),
    [
        (Side.BUY, D("1001"), 10.0),
        (Side.BUY, D("999"), 0.0),
        (Side.SELL, D("999"), 10.0),
        (Side.SELL, D("1001"), 0.0),
    ],
)
def test_slippage_is_how_much_worse_the_fill_was(side: Side, price: Decimal, bps: float) -> None:
    bench = Bench()
    bench.hear(message=APPROVED)

    bench.hear(OrderFilled("s1", "c1", "BTCUSDT", side, D(1), price))

    assert (1, bps) == (
        bench.histogram("slippage_bps", "trend").count,
        bench.histogram("slippage_bps", "trend").total,
    )


def test_an_order_without_a_price_at_approval_has_no_slippage() -> None:
    bench = Bench()
    bench.hear(message=evolve(APPROVED, reference_price=None))

    bench.hear(OrderFilled("s1", "c1", "BTCUSDT", Side.BUY, D(1), D(1)))

    assert {} == bench.book.family("slippage_bps")


@pytest.mark.parametrize(
    ("realised", "fees", "funding", "outcome"),
    [("5", "1", "0", "win"), ("1", "2", "0", "loss"), ("1", "2", "1", "flat")],
)
def test_a_trade_is_won_or_lost_after_fees_and_funding(
    realised: str, fees: str, funding: str, outcome: str
) -> None:
    bench = Bench()
    closed = PositionClosed(
        "BTCUSDT",
        PositionSide.BOTH,
        D(50_000),
        D(realised),
        D(fees),
        "trend",
        quantity=D("-0.1"),
        entry_price=D(50_000),
        funding=D(funding),
    )

    bench.hear(closed)

    assert 1 == bench.value("trades_total", "trend", outcome)
    assert D(5_000) == bench.value("trades_notional_total", "trend", outcome)


def test_refusals_stops_and_alerts_are_counted_by_their_names() -> None:
    bench = Bench()

    bench.hear(OrderRefused("s1", "BTCUSDT", "position_size", "6 %", "5 %", "too large"))
    bench.hear(PositionProtected("BTCUSDT", PositionSide.BOTH, D(49_000), 120))
    bench.hear(AlertRaised(Severity.WARNING, "rate_limit", "all", "429"))

    assert 1 == bench.value("refusals_total", "position_size")
    assert 120 == bench.histogram("fill_to_stop_ms").total
    assert 1 == bench.value("alerts_raised_total", "rate_limit")
    assert 1 == bench.value("order_events_total", "refused")


def test_what_was_longest_remembered_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal_fold, "REMEMBERED_MAX", 2)
    bench = Bench()

    for number in range(3):
        bench.hear(OrderUnknown(f"s{number}", f"c{number}", "BTCUSDT", ""))
    bench.settle()

    assert 2 == bench.value("orders_unknown")


def test_labels_beyond_the_bound_are_counted_together_and_so_is_that() -> None:
    book = Book()

    for number in range(SETS_MAX + 5):
        book.add("signals_total", f"strategy {number}")

    family = book.family("signals_total")
    assert (SETS_MAX + 1, 5) == (len(family), family[OTHER,])
    assert D(5) == book.value("labels_folded_total")
    assert D(SETS_MAX + 5) == book.value("signals_total")


def test_a_figure_that_is_taken_out_is_no_zero() -> None:
    book = Book()
    book.set("equity", D("10.5"))
    book.replace("mailbox_depth", {"a": 1, "b": 2})
    book.replace("mailbox_depth", {"b": 3})
    before = (book.value("equity"), book.family("mailbox_depth"))

    book.set("equity", None)
    book.clear(("mailbox_depth",))

    assert (D("10.5"), {("b",): 3}) == before
    assert (None, None) == (book.value("equity"), book.value("mailbox_depth"))


def test_the_worst_of_several_is_what_the_catalogue_says() -> None:
    book = Book()
    for label, used in (("a", 1), ("b", 7)):
        book.set("limit_used", used, label)
        book.set("limit_tokens", used, label)
        book.set("queue_depth", used, label)

    assert [D(7), D(1), D(8)] == [
        book.value(name) for name in ("limit_used", "limit_tokens", "queue_depth")
    ]


def test_a_histogram_counts_all_and_tells_percentiles_of_the_latest() -> None:
    histogram = Histogram((1, 10, 100))

    nothing = histogram.percentiles(50)
    for value in range(1, 101):
        histogram.note(value)

    assert (None,) == nothing
    assert [1, 9, 90, 0] == histogram.counts
    assert (51, 96, 100) == histogram.percentiles(50, 95, 99)
    assert 5_050 == histogram.total
