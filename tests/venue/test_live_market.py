"""LiveMarket: frames as they come are events of their own time; gaps forget a book's levels."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.scenarios.venue import live_market
from callboard.scenarios.venue.live_market import LiveMarket
from callboard.scenarios.venue.market import Depth, Mark, MarketEvent, Quote, Trade
from support.stream_server import HandClock

SYMBOL = "ETHUSDT"
AHEAD_MS = 1_200
START_NS = HandClock().now_ns()
MS_NS = 1_000_000


class Bench:
    def __init__(self, *symbols: str) -> None:
        self.clock = HandClock()
        self.market = LiveMarket(symbols or (SYMBOL,), self.clock, ahead_ms=AHEAD_MS)
        self.woken = 0
        self.market.wake = self._wake
        self.market.on_open("market")
        self.taken()

    def _wake(self) -> None:
        self.woken += 1

    def hear(self, *frames: dict[str, Any]) -> None:
        for frame in frames:
            self.market.on_frame("market", frame)

    def taken(self) -> list[MarketEvent]:
        return list(self.market.advance(self.clock.now_ns()))


def _frame(kind: str, *, age_ms: int = 0, symbol: str = SYMBOL, **more: Any) -> dict[str, Any]:
    """Return a frame that its venue made so long ago, on its own clock."""
    return {"e": kind, "s": symbol, "E": START_NS // MS_NS + AHEAD_MS - age_ms} | more


def _quote(**more: Any) -> dict[str, Any]:
    return _frame("bookTicker", b="100.1", B="2", a="100.2", A="3", **more)


def _mark(**more: Any) -> dict[str, Any]:
    return _frame("markPriceUpdate", p="100.15", r="0.0001", **more)


def _depth(first: int, **more: Any) -> dict[str, Any]:
    return _frame("depthUpdate", pu=first - 1, U=first, u=first, b=[["99", "5"]], a=[], **more)


def test_each_frame_is_an_event_of_its_own_time_on_this_machines_clock() -> None:
    bench = Bench()

    bench.hear(
        _quote(age_ms=30),
        _mark(),
        _frame("aggTrade", p="100.2", q="0.5", m=True, age_ms=5),
    )
    quote, mark, trade = bench.taken()

    assert isinstance(quote, Quote)
    assert (START_NS - 30 * MS_NS, Decimal("100.1")) == (quote.at_ns, quote.bid)
    assert isinstance(mark, Mark)
    assert (START_NS, Decimal("0.0001")) == (mark.at_ns, mark.funding_rate)
    assert isinstance(trade, Trade)
    assert START_NS - 5 * MS_NS == trade.at_ns


def test_what_comes_late_is_old_and_nothing_is_of_the_future() -> None:
    bench = Bench()

    bench.hear(_mark(), _mark(age_ms=60_000), _mark(age_ms=-500))

    assert [0, 60_000, 0] == [(START_NS - each.at_ns) // MS_NS for each in bench.taken()]


def test_whoever_waits_is_woken_when_something_is_due_again() -> None:
    bench = Bench()
    woken = bench.woken

    bench.hear(_mark(), _mark())
    bench.taken()
    bench.hear(_mark())

    assert woken + 2 == bench.woken
    assert START_NS == bench.market.next_at_ns()
    assert 1 == len(bench.taken())
    assert bench.market.next_at_ns() is None


def test_a_mark_is_the_venues_own_and_never_the_middle_of_a_book() -> None:
    bench = Bench()

    bench.hear(_quote())

    assert [Quote] == [type(each) for each in bench.taken()]


def test_levels_count_from_the_first_best_prices_on() -> None:
    bench = Bench()

    bench.hear(_depth(5), _quote(), _depth(6))

    assert [Quote, Depth] == [type(each) for each in bench.taken()]


def test_a_stream_that_is_opened_anew_forgets_the_levels() -> None:
    bench = Bench(SYMBOL, "BTCUSDT")
    bench.hear(_quote(), _depth(5))
    bench.taken()

    bench.market.on_close("market", "lost")
    bench.market.on_open("market")
    bench.hear(_depth(6))

    assert [(SYMBOL, (), True), ("BTCUSDT", (), True)] == [
        (each.symbol, each.bids, each.is_snapshot)
        for each in bench.taken()
        if isinstance(each, Depth)
    ]


def test_a_gap_between_two_changes_of_a_book_forgets_its_levels() -> None:
    bench = Bench()
    bench.hear(_quote(), _depth(5), _depth(6))
    bench.taken()

    bench.hear(_depth(8), _quote(), _depth(9))

    forgotten, *rest = bench.taken()
    assert isinstance(forgotten, Depth)
    assert forgotten.is_snapshot
    assert [Quote, Depth] == [type(each) for each in rest]


def test_frames_that_say_nothing_usable_are_counted_and_left_out() -> None:
    bench = Bench()

    bench.hear(_mark() | {"p": "nan"}, _mark(symbol="DOGEUSDT"), {"result": None})
    bench.market.on_unreadable("market", "<html>", "is no JSON")
    bench.market.on_key_wanted("market", "why")

    assert ([], 5) == (bench.taken(), bench.market.frames_left)


def test_what_nobody_takes_is_dropped_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_market, "EVENTS_WAITING_MAX", 3)
    bench = Bench()

    bench.hear(_quote(), _mark(), _mark(), _mark())

    (forgotten,) = bench.taken()
    assert isinstance(forgotten, Depth)
    assert forgotten.is_snapshot


def test_a_market_is_there_when_each_symbol_has_told_its_mark() -> None:
    bench = Bench(SYMBOL, "BTCUSDT")

    bench.hear(_mark(), _quote(symbol="BTCUSDT"))
    silent = bench.market.wait_for_marks(0)
    bench.hear(_mark(symbol="BTCUSDT"))

    assert (("BTCUSDT",), ()) == (silent, bench.market.wait_for_marks(60))
