"""MarketStreams: depth, candles, the day and liquidations, as the server tells them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from callboard.scenarios.venue.faults import Fault, ScriptedFault
from callboard.scenarios.venue.hands import Act, ActKind, by_hand
from callboard.scenarios.venue.market import Depth, Level, Mark, MarketEvent, Quote, Trade
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.server.floor import Floor
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.stream_names import MARKET, PUBLIC, parse
from callboard.scenarios.venue.settings import AT_ONCE, VenueSettings
from support.venue_servers import Caller
from support.venue_streams import account_of, stream
from venue_world import SpokenMarket

SPEED = 20.0
"""Engine seconds in one of the wall, so that a stream of one second does not wait for one."""
SYMBOL = "BTCUSDT"


class Stage:
    """A server whose market says what the test says."""

    def __init__(self, server: VenueServer, market: SpokenMarket) -> None:
        self.server = server
        self._market = market

    def say(self, *events: MarketEvent) -> None:
        """Let events happen now."""

        def happen(floor: Floor) -> None:
            for event in events:
                self._market.add(event._replace(at_ns=floor.clock.now_ns()))
            floor.run()

        self.server.call(happen)

    def act(self, act: Act) -> int:
        """Let somebody do something to the account."""

        def do(floor: Floor) -> int:
            code = account_of(floor).perform(act)
            floor.run()
            return code

        return self.server.call(do)


@pytest.fixture
def stage() -> Iterator[Stage]:
    market = SpokenMarket()
    settings = VenueSettings(latency=AT_ONCE)
    with VenueServer(settings, market, ScaledClock.begin(speed=SPEED)) as server:
        yield Stage(server, market)


def depth(bids: dict[str, str], asks: dict[str, str], *, is_whole: bool = False) -> Depth:
    return Depth(SYMBOL, 0, _levels(bids), _levels(asks), is_whole)


def trade(price: str, quantity: str, *, is_buyer_maker: bool = False) -> Trade:
    return Trade(SYMBOL, 0, Decimal(price), Decimal(quantity), is_buyer_maker)


def _levels(levels: dict[str, str]) -> tuple[Level, ...]:
    return tuple((Decimal(price), Decimal(quantity)) for price, quantity in levels.items())


WHOLE = depth({"100.0": "1", "99.0": "2"}, {"101.0": "3"}, is_whole=True)


def test_a_stream_is_heard_below_its_own_path_and_the_legacy_ones_carry_public_alone(
    stage: Stage,
) -> None:
    both = "btcusdt@markPrice@1s/btcusdt@bookTicker"
    with (
        stream(stage.server, f"/public/stream?streams={both}") as public,
        stream(stage.server, f"/market/ws/{both}") as market,
        stream(stage.server, f"/ws/{both}") as legacy,
    ):
        one = Decimal(1)
        stage.say(Mark(SYMBOL, 0, one), Quote(SYMBOL, 0, one, one, one + 1, one))

        told = public.next()
        assert ("btcusdt@bookTicker", "bookTicker") == (told["stream"], told["data"]["e"])
        assert ("markPriceUpdate", "bookTicker") == (market.next()["e"], legacy.next()["e"])
        assert all(socket.is_mute() for socket in (public, market, legacy))


def test_a_stream_that_only_symbols_have_is_silent_for_all_of_them(stage: Stage) -> None:
    with stream(stage.server, "/public/ws/!depth@arr") as socket:
        assert {"result": None, "id": 1} == socket.ask("SUBSCRIBE", "!depth@arr", "!trade")
        assert socket.is_mute()


def test_changes_of_a_book_follow_each_other_and_end_levels_with_zero(stage: Stage) -> None:
    stage.say(WHOLE)
    with stream(stage.server, "/public/ws/btcusdt@depth@100ms") as socket:
        stage.say(depth({"99.0": "0", "98.0": "5"}, {}))
        first = socket.next()
        stage.say(depth({}, {"101.0": "4"}))
        second = socket.next()

    assert ("depthUpdate", SYMBOL) == (first["e"], first["s"])
    assert ([["99.0", "0"], ["98.0", "5"]], []) == (first["b"], first["a"])
    assert ([], [["101.0", "4"]]) == (second["b"], second["a"])
    assert first["u"] == second["pu"] == second["U"] - 1


def test_the_best_levels_come_whole(stage: Stage) -> None:
    stage.say(WHOLE)
    with stream(stage.server, "/public/ws/btcusdt@depth5@100ms") as socket:
        stage.say(depth({"98.0": "5"}, {}))

        frame = socket.next()
        assert [["100.0", "1"], ["99.0", "2"], ["98.0", "5"]] == frame["b"]
        assert [["101.0", "3"]] == frame["a"]


def test_trades_are_told_one_by_one_and_as_the_candle_of_their_span(stage: Stage) -> None:
    with (
        stream(stage.server, "/market/ws/btcusdt@aggTrade") as trades,
        stream(stage.server, "/public/ws/btcusdt@trade") as raw,
        stream(stage.server, "/market/ws/btcusdt@kline_1d") as candles,
    ):
        stage.say(trade("100.0", "1"), trade("102.0", "2", is_buyer_maker=True))

        told = [trades.next() for _ in range(2)]
        assert [("100.0", "1", False), ("102.0", "2", True)] == [
            (frame["p"], frame["q"], frame["m"]) for frame in told
        ]
        assert [told[0]["a"], told[1]["a"]] == [raw.next()["t"], raw.next()["t"]]
        candle = candles.next()["k"]
        assert ("100.0", "102.0", "100.0", "102.0") == tuple(candle[key] for key in "ohlc")
        assert ("3", "304.0", "1", 2, False) == tuple(candle[key] for key in "vqVnx")


def test_the_day_is_told_of_one_symbol_and_of_all(stage: Stage) -> None:
    stage.say(trade("100.0", "1"), trade("102.0", "1"))
    names = "btcusdt@ticker/!miniTicker@arr"

    with stream(stage.server, f"/market/stream?streams={names}") as socket:
        told: dict[str, Any] = {}
        while len(told) < 2:
            frame = socket.next()
            told[frame["stream"]] = frame["data"]

    day = told["btcusdt@ticker"]
    assert ("24hrTicker", "2.0", "2.000", "102.0") == (day["e"], day["p"], day["P"], day["c"])
    assert [("24hrMiniTicker", SYMBOL, "2")] == [
        (row["e"], row["s"], row["v"]) for row in told["!miniTicker@arr"]
    ]


def test_the_day_and_the_latest_trades_are_answered_over_rest(stage: Stage) -> None:
    with Caller(stage.server, "") as caller:
        still = caller.public("/fapi/v1/ticker/24hr", symbol=SYMBOL).body
        stage.say(trade("100.0", "1"), trade("102.0", "3"))
        day = caller.public("/fapi/v1/ticker/24hr", symbol=SYMBOL).body
        trades = caller.public("/fapi/v1/trades", symbol=SYMBOL).body

    assert (0, "0.000") == (still["count"], still["priceChangePercent"])
    assert ("2.0", "2.000", "101.50000000") == (
        day["priceChange"],
        day["priceChangePercent"],
        day["weightedAvgPrice"],
    )
    assert [("100.0", "1"), ("102.0", "3")] == [(row["price"], row["qty"]) for row in trades]
    assert [day["firstId"], day["lastId"]] == [row["id"] for row in trades]


def test_a_liquidation_is_told_to_everybody(stage: Stage) -> None:
    stage.server.call(account_of)
    stage.say(depth({"60000.0": "9"}, {"60001.0": "9"}, is_whole=True))
    stage.say(Mark(SYMBOL, 0, Decimal("60000.0")))
    buy = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": "0.1"}
    assert 0 == stage.act(by_hand("POST", "/fapi/v1/order", **buy))

    with stream(stage.server, "/market/ws/!forceOrder@arr") as socket:
        assert 0 == stage.act(Act(ActKind.LIQUIDATE))

        order = socket.next()["o"]
        assert (SYMBOL, "SELL", "0.1", "FILLED") == tuple(
            order[key] for key in ("s", "S", "q", "X")
        )


def test_a_line_that_the_venue_breaks_cuts_the_sockets_of_the_market(stage: Stage) -> None:
    planned = ScriptedFault("STREAM", "market", 1, Fault.STREAM_DISCONNECT)
    stage.server.call(lambda floor: floor.venues.public.plan_fault(planned))

    with stream(stage.server, "/market/ws/btcusdt@markPrice@1s") as socket:
        stage.say(Mark(SYMBOL, 0, Decimal("60000.0")))

        with pytest.raises(ConnectionClosed):
            socket.next()


@pytest.mark.parametrize(
    ("name", "category"),
    [
        ("btcusdt@bookTicker", PUBLIC),
        ("!bookTicker", PUBLIC),
        ("btcusdt@depth", PUBLIC),
        ("btcusdt@depth20@500ms", PUBLIC),
        ("btcusdt@trade", PUBLIC),
        ("btcusdt@aggTrade", MARKET),
        ("btcusdt@markPrice", MARKET),
        ("!markPrice@arr@1s", MARKET),
        ("btcusdt@kline_1M", MARKET),
        ("!ticker@arr", MARKET),
        ("btcusdt@forceOrder", MARKET),
    ],
)
def test_a_stream_lives_below_one_path(name: str, category: str) -> None:
    stream_name = parse(name)

    assert stream_name is not None
    assert category == stream_name.category


@pytest.mark.parametrize(
    "name",
    [
        "",
        "btcusdt",
        "a@kline",
        "a@kline_7q",
        "a@depth7",
        "A@depth",
        "a@moods",
        "@trade",
        "!depth@arr",
        "a@depth@" + "9" * 5_000 + "s",
    ],
)
def test_a_name_that_nobody_knows_is_no_stream(name: str) -> None:
    assert parse(name) is None
