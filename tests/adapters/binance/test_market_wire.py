"""Test of MarketWire: the right paths, one market made of two connections, silence noticed."""

from collections.abc import Generator
from contextlib import contextmanager
from random import Random

import pytest

from callboard.actors.adapters.binance.market_wire import (
    QUOTES,
    WHOLE_MARKET,
    MarketStream,
    MarketWire,
)
from callboard.actors.adapters.binance.stream_connection import Dialer, NetworkFigures, stream_route
from support.stream_server import HandClock, Line, StreamServer, pass_until
from support.wire_bench import FrameEar

NETWORK = NetworkFigures(close_seconds=0.2)


class Bench:
    def __init__(self, symbols: tuple[str, ...], kinds: tuple[MarketStream, ...]) -> None:
        self.server = StreamServer()
        self.clock = HandClock()
        self.ear = FrameEar()
        self.wire = MarketWire(
            Dialer(stream_route(self.server.address, {}), NETWORK),
            symbols,
            self.ear,
            self.clock,
            kinds=kinds,
            random=Random(1),
        )

    def line(self, category: str, number: int = 0) -> Line:
        """Wait for the connection of a category that has this number."""
        self.server.wait(lambda: len(self._of(category)) > number)
        return self._of(category)[number]

    def _of(self, category: str) -> list[Line]:
        return [each for each in self.server.lines if each.path.startswith(f"/{category}/")]


@contextmanager
def opened(
    symbols: tuple[str, ...] = ("BTCUSDT",), kinds: tuple[MarketStream, ...] = QUOTES
) -> Generator[Bench]:
    bench = Bench(symbols, kinds)
    with bench.server:
        bench.wire.start()
        try:
            yield bench
        finally:
            bench.wire.close()


def book(symbol: str, bid: str) -> dict[str, object]:
    data = {"e": "bookTicker", "s": symbol.upper(), "b": bid, "a": "2", "E": 1}
    return {"stream": f"{symbol}@bookTicker", "data": data}


def mark(symbol: str, price: str) -> dict[str, object]:
    data = {"e": "markPriceUpdate", "s": symbol.upper(), "p": price, "E": 1}
    return {"stream": f"{symbol}@markPrice@1s", "data": data}


def test_books_and_marks_are_asked_for_where_each_of_them_lives() -> None:
    with opened(("BTCUSDT", "币安人生USDT")) as bench:
        paths = {bench.line("public").path, bench.line("market").path}

    chinese = "%E5%B8%81%E5%AE%89%E4%BA%BA%E7%94%9Fusdt"
    assert {
        f"/public/stream?streams=btcusdt@bookTicker/{chinese}@bookTicker",
        f"/market/stream?streams=btcusdt@markPrice@1s/{chinese}@markPrice@1s",
    } == paths


def test_a_venue_of_our_own_is_fed_by_depth_and_trades_too() -> None:
    with opened(kinds=WHOLE_MARKET) as bench:
        paths = {bench.line("public").path, bench.line("market").path}

    assert {
        "/public/stream?streams=btcusdt@bookTicker/btcusdt@depth@100ms",
        "/market/stream?streams=btcusdt@markPrice@1s/btcusdt@aggTrade",
    } == paths


def test_the_market_is_open_once_both_connections_are_and_frames_come_unwrapped() -> None:
    with opened() as bench:
        bench.ear.wait_for("open")

        bench.line("public").say(book("btcusdt", "1.5"))
        bench.line("market").say(mark("btcusdt", "1.7"))
        bench.ear.wait_for("frame", 2)

    assert "open" == bench.ear.kinds[0]
    assert {"bookTicker", "markPriceUpdate"} == {frame["e"] for frame in bench.ear.frames}


@pytest.mark.parametrize("said", ['{"e":"bookTicker"}', '{"result":null,"id":1}', "[]", "<html>"])
def test_what_is_no_frame_of_a_combined_stream_is_told_and_the_next_is_heard(said: str) -> None:
    with opened() as bench:
        bench.ear.wait_for("open")

        bench.line("public").say_raw(said)
        bench.line("public").say(book("btcusdt", "1.5"))
        bench.ear.wait_for("frame")

    assert ["open", "unreadable", "frame"] == bench.ear.kinds


def test_one_lost_connection_closes_the_market_until_it_stands_again() -> None:
    with opened() as bench:
        bench.ear.wait_for("open")

        bench.line("public").hang_up(1012, "service restart")
        pass_until(bench.clock, lambda: 2 == bench.ear.kinds.count("open"))

    assert ["open", "close", "open"] == bench.ear.kinds[:3]
    assert ["closed by the venue: 1012 service restart"] == bench.ear.reasons("close")[:1]


def test_a_stream_that_is_silent_beyond_its_cadence_is_connected_anew_with_more_patience() -> None:
    with opened(("BTCUSDT", "ETHUSDT")) as bench:
        bench.ear.wait_for("open")
        for seconds in (6, 6):
            bench.clock.advance(seconds)
            bench.line("market").say(mark("btcusdt", "1"))
        pass_until(bench.clock, lambda: 2 == bench.ear.kinds.count("open"))
        second = bench.line("market", 1)
        bench.clock.advance(12)
        second.say(mark("btcusdt", "2"))
        bench.ear.wait(lambda: "2" == bench.ear.frames[-1]["p"])
        patient = bench.ear.kinds.count("close")
        bench.clock.advance(12)
        bench.ear.wait_for("close", 2)

    assert 1 == patient
    assert "ethusdt@markPrice@1s is silent" == bench.ear.reasons("close")[0]


def test_many_streams_are_spread_over_connections() -> None:
    symbols = tuple(f"S{number}USDT" for number in range(250))
    with opened(symbols) as bench:
        lines = [
            bench.line(category, number) for category in ("public", "market") for number in (0, 1)
        ]
        bench.ear.wait_for("open")

    carried = [len(line.path.partition("=")[2].split("/")) for line in lines]
    assert [50, 50, 200, 200] == sorted(carried)
