"""Test of both sockets: what the wires tell their core halves, and what they leave."""

from decimal import Decimal
from typing import Any

import orjson

from callboard.actors.adapters.market_socket import MarketSocket, MarketSocketSettings
from callboard.actors.adapters.user_socket import UserSocket
from callboard.messages.listen_key import ListenKeyWanted
from callboard.messages.market import MarketStreamChanged, QuoteObserved
from callboard.messages.stream import (
    AccountFrame,
    FrameQuarantined,
    OrderFrame,
    ReportUserStream,
    UserStreamChanged,
)
from support.steps import MS, START_NS, StepRunner
from support.wires import HandExchange, Mailbox, SetClock

ACCOUNT_UPDATE: dict[str, Any] = {
    "e": "ACCOUNT_UPDATE",
    "T": 1,
    "E": 2,
    "a": {"m": "ORDER", "B": [{"a": "USDT", "wb": "10"}], "P": []},
}
TRADE_LITE: dict[str, Any] = {
    "e": "TRADE_LITE",
    "E": 3,
    "T": 3,
    "s": "BTCUSDT",
    "m": True,
    "S": "BUY",
    "L": "60000",
    "l": "0.004",
    "t": 4711,
    "i": 1,
}


class UserBench:
    def __init__(self) -> None:
        self.exchange = HandExchange()
        self.mailbox = Mailbox()
        self.socket = UserSocket(
            self.exchange, self.mailbox, margin_asset="USDT", name="user_socket"
        )
        self.steps = StepRunner(self.socket, name="user_socket")
        self.steps.start()
        _, _, self.listener = self.exchange.streams[0]

    def told(self) -> list[Any]:
        return [each.message for each in self.mailbox.take() if each.to == "user_stream"]


class MarketBench:
    def __init__(self) -> None:
        self.exchange = HandExchange()
        self.mailbox = Mailbox()
        self.clock = SetClock(START_NS)
        self.tape: list[bytes] = []
        self.socket = MarketSocket(
            self.exchange,
            self.mailbox,
            MarketSocketSettings(("BTCUSDT",), interval_ms=250, move_bps=Decimal(5)),
            clock=self.clock,
            name="market_socket",
            tape=self.tape.append,
        )
        self.steps = StepRunner(self.socket, name="market_socket")
        self.started = self.steps.start()
        _, _, self.listener = self.exchange.streams[0]

    def book(self, bid: str, ask: str, *, at_ms: int, symbol: str = "BTCUSDT") -> None:
        frame = {"e": "bookTicker", "s": symbol, "b": bid, "a": ask, "E": at_ms}
        self.listener.on_frame("market", frame)

    def mark(self, price: str, *, at_ms: int) -> None:
        frame = {"e": "markPriceUpdate", "s": "BTCUSDT", "p": price, "E": at_ms}
        self.listener.on_frame("market", frame)

    def told(self) -> list[Any]:
        return [each.message for each in self.mailbox.take() if each.to == "market_data"]


def quote(bid: str, ask: str, mark: str, at_ms: int) -> QuoteObserved:
    return QuoteObserved("BTCUSDT", Decimal(bid), Decimal(ask), Decimal(mark), at_ms)


def test_what_is_no_json_object_may_have_been_a_fill_and_is_quarantined() -> None:
    bench = UserBench()

    bench.listener.on_unreadable("user", "[1]" + "x" * 5_000, "is no object but list")

    (told,) = bench.told()
    assert ("", "is no object but list", True) == (told.kind, told.reason, told.is_lossy)
    assert 2_000 == len(told.text)


def test_the_wire_s_wish_for_a_key_is_the_stream_s() -> None:
    bench = UserBench()

    bench.listener.on_key_wanted("user", "it is 30 minutes old")

    assert [ListenKeyWanted("it is 30 minutes old")] == bench.told()


def test_what_is_no_json_object_of_the_market_is_counted_and_left() -> None:
    bench = MarketBench()

    bench.listener.on_unreadable("market", "<html>", "is no JSON")

    assert {"": 1} == bench.socket.frames_left


def test_the_user_socket_opens_its_stream_and_tells_when_it_is_open() -> None:
    bench = UserBench()

    bench.listener.on_open("user")

    assert ("user", ()) == bench.exchange.streams[0][:2]
    assert [UserStreamChanged(connected=True, reason="user stream opened")] == bench.told()


def test_user_frames_are_told_in_their_order() -> None:
    bench = UserBench()

    bench.listener.on_frame("user", TRADE_LITE)
    bench.listener.on_frame("user", ACCOUNT_UPDATE)

    assert [OrderFrame, AccountFrame] == [type(message) for message in bench.told()]


def test_a_closed_user_stream_is_told_with_its_reason() -> None:
    bench = UserBench()

    bench.listener.on_close("user", "24 h are over")

    assert [UserStreamChanged(connected=False, reason="24 h are over")] == bench.told()


def test_a_user_frame_that_cannot_be_read_is_quarantined_as_it_came() -> None:
    bench = UserBench()

    bench.listener.on_frame("user", {"e": "ORDER_TRADE_UPDATE"})

    (told,) = bench.told()
    expected = FrameQuarantined(
        "ORDER_TRADE_UPDATE",
        "unreadable: o is no object but missing",
        '{"e":"ORDER_TRADE_UPDATE"}',
        is_lossy=True,
    )
    assert expected == told


def test_the_first_user_frame_of_an_unknown_kind_is_quarantined() -> None:
    bench = UserBench()

    bench.listener.on_frame("user", {"e": "NEWS"})
    bench.listener.on_frame("user", {"e": "NEWS"})

    assert [FrameQuarantined("NEWS", "unknown kind", '{"e":"NEWS"}', is_lossy=False)] == (
        bench.told()
    )
    assert {"NEWS": 2} == bench.socket.frames_left


def test_the_stream_is_reported_again_only_while_it_is_open() -> None:
    bench = UserBench()

    bench.steps.tell(ReportUserStream())
    before = bench.told()
    bench.listener.on_open("user")
    bench.told()
    bench.steps.tell(ReportUserStream())

    assert [] == before
    assert [UserStreamChanged(connected=True, reason="open as before")] == bench.told()


def test_a_user_frame_without_news_is_counted_and_logged_once() -> None:
    bench, kind, reason = UserBench(), "GRID_UPDATE", "changes nothing here"

    bench.listener.on_frame("user", {"e": kind})
    bench.listener.on_frame("user", {"e": kind})

    (posted,) = bench.mailbox.take()
    step = bench.steps.tell(posted.message)
    assert (("user_frame_left", {"kind": kind, "reason": reason}),) == step.logs
    assert {kind: 2} == bench.socket.frames_left


def test_a_closed_user_socket_tells_nothing_any_more() -> None:
    bench = UserBench()
    bench.socket.close()

    bench.listener.on_frame("user", ACCOUNT_UPDATE)
    bench.listener.on_frame("user", {"e": "NEWS"})

    assert [] == bench.mailbox.take()


def test_the_market_socket_opens_its_stream_for_its_symbols() -> None:
    bench = MarketBench()

    bench.listener.on_open("market")
    bench.listener.on_close("market", "")

    assert ("market", ("BTCUSDT",)) == bench.exchange.streams[0][:2]
    assert [
        MarketStreamChanged(connected=True, reason="market stream opened"),
        MarketStreamChanged(connected=False, reason="market stream closed"),
    ] == bench.told()


def test_quotes_within_the_interval_wait_for_its_end() -> None:
    bench = MarketBench()
    bench.book("60000", "60001", at_ms=1)
    bench.book("60002", "60003", at_ms=2)
    bench.book("60004", "60005", at_ms=3)
    first = bench.told()

    bench.clock.at_ns += 250 * MS
    step = bench.steps.fire("flush")

    assert [quote("60000", "60001", "0", 1)] == first
    assert [quote("60004", "60005", "0", 3)] == bench.told()
    assert "flush" in {key for key, _, _ in step.timers}


def test_a_move_is_told_at_once() -> None:
    bench = MarketBench()
    bench.book("60000", "60001", at_ms=1)
    bench.told()

    bench.book("60029", "60030", at_ms=2)
    small = bench.told()
    bench.book("60030", "60031", at_ms=3)

    assert [] == small
    assert [quote("60030", "60031", "0", 3)] == bench.told()


def test_book_and_mark_become_one_quote() -> None:
    bench = MarketBench()

    bench.book("60000", "60001", at_ms=1)
    bench.mark("60000.5", at_ms=2)

    assert quote("60000", "60001", "60000.5", 2) == bench.told()[-1]


def test_a_flush_without_news_tells_nothing() -> None:
    bench = MarketBench()
    bench.book("60000", "60001", at_ms=1)
    bench.told()

    bench.clock.at_ns += 250 * MS
    bench.steps.fire("flush")

    assert [] == bench.told()


def test_frames_of_other_symbols_and_kinds_are_counted_and_left() -> None:
    bench = MarketBench()

    bench.book("1", "2", at_ms=1, symbol="ETHUSDT")
    bench.listener.on_frame("market", {"e": "trade", "s": "BTCUSDT"})
    bench.listener.on_frame("market", {"e": "bookTicker", "s": "BTCUSDT", "b": 1.5})

    assert {"bookTicker": 2, "trade": 1} == bench.socket.frames_left
    assert [] == bench.told()


def test_the_first_frame_left_of_a_kind_is_logged() -> None:
    bench = MarketBench()
    bench.listener.on_frame("market", {"e": "trade", "s": "BTCUSDT"})
    bench.listener.on_frame("market", {"e": "trade", "s": "BTCUSDT"})

    (posted,) = bench.mailbox.take()
    step = bench.steps.tell(posted.message)

    assert (("market_frame_left", {"kind": "trade", "reason": "not asked for"}),) == step.logs


def test_raw_frames_become_lines_of_a_tape_whether_told_or_not() -> None:
    bench = MarketBench()

    bench.book("60000", "60001", at_ms=1)
    bench.mark("60000.5", at_ms=2)

    stamp, body = bench.tape[0].split(b" ", 1)
    assert str(START_NS).encode() == stamp
    assert "btcusdt@bookTicker" == orjson.loads(body)["stream"]
    assert "60000" == orjson.loads(body)["data"]["b"]
    assert b'"btcusdt@markPrice@1s"' in bench.tape[1]


def test_a_closed_market_socket_tells_nothing_any_more() -> None:
    bench = MarketBench()
    bench.socket.close()

    bench.book("60000", "60001", at_ms=1)

    assert [] == bench.told()
