"""AccountReader: what an account holds and did, by GETs alone; or why it is not told."""

from collections.abc import Generator
from decimal import Decimal

import pytest

from callboard.actors.adapters.binance.account_reader import AccountReader, NotRead
from callboard.actors.adapters.binance.credentials import Credentials
from callboard.actors.adapters.binance.environment import loopback
from callboard.actors.adapters.binance.opening import reader_at
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.secret import Secret
from callboard.actors.settings import Settings
from support.raw_server import Act, RawServer, reply
from support.venue_servers import Caller, served
from support.wire_bench import FrameEar

SYMBOL = "BTCUSDT"
CANARY = "c4n4ry" * 4
AHEAD_MS = 60_000


def _reader(port: int, key: str = "any") -> AccountReader:
    credentials = Credentials(Secret(key), Secret(CANARY))
    clock = WallClock()
    return reader_at(loopback(port), credentials, Settings(), clock, {}, ahead_ms=AHEAD_MS)


@pytest.fixture
def traded() -> Generator[tuple[AccountReader, Caller]]:
    """Who looks at an account, and its owner, who has bought and stands with two orders."""
    with served(clock_skew_ms=AHEAD_MS) as server, Caller(server) as owner:
        order = {"symbol": SYMBOL, "side": "BUY", "quantity": "0.01"}
        owner.done("POST", "/fapi/v1/order", type="MARKET", **order)
        owner.done(
            "POST", "/fapi/v1/order", type="LIMIT", timeInForce="GTC", price="45000", **order
        )
        owner.done(
            "POST",
            "/fapi/v1/algoOrder",
            algoType="CONDITIONAL",
            symbol=SYMBOL,
            side="SELL",
            type="STOP_MARKET",
            triggerPrice="45000",
            closePosition="true",
        )
        reader = _reader(server.port)
        yield reader, owner
        reader.close()


def test_an_account_is_told_with_positions_orders_of_both_stores_and_fills(
    traded: tuple[AccountReader, Caller],
) -> None:
    reader, _ = traded

    (position,) = reader.positions()
    (trade,) = reader.trades(SYMBOL, 0)
    orders = reader.open_orders()

    assert reader.account().wallet < Decimal(10_000)
    assert (SYMBOL, Decimal("0.01")) == (position.symbol, position.quantity)
    assert (position.quantity, position.entry_price) == (trade.quantity, trade.price)
    assert [False, True] == [each.conditional for each in orders]
    assert () == reader.trades(SYMBOL, reader.venue_ms + 1)


def _answered(*answers: Act) -> RawServer:
    return RawServer([answers])


def test_a_look_is_a_signed_get_at_the_venues_time() -> None:
    lists = [reply("[]")] * 3
    with _answered(*lists) as server:
        reader = _reader(server.port)
        before_ms = reader.venue_ms
        looked = (reader.positions(), reader.open_orders())
        reader.close()

    lines = [request.line.split("?") for request in server.requests]
    assert ((), ()) == looked
    assert [
        "GET /fapi/v3/positionRisk",
        "GET /fapi/v1/openOrders",
        "GET /fapi/v1/openAlgoOrders",
    ] == [path for path, _ in lines]
    sent = dict(pair.split("=") for pair in lines[0][1].split()[0].split("&"))
    assert before_ms <= int(sent["timestamp"])
    assert {"timestamp", "recvWindow", "signature"} == set(sent)


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (reply('{"code":-2015,"msg":"no"}', status=401), -2015, "refused: 401 -2015 no"),
        (reply("<html>", status=502), 0, "refused: 502 0 <html>"),
        (reply('{"positions":1}'), 0, "unreadable: positions is no array but dict"),
    ],
)
def test_what_is_not_told_says_why_and_holds_no_secret(answer: Act, code: int, words: str) -> None:
    with _answered(answer) as server:
        reader = _reader(server.port, key=CANARY)
        with pytest.raises(NotRead) as raised:
            reader.positions()
        reader.close()

    assert (code, f"/fapi/v3/positionRisk: {words}") == (raised.value.code, str(raised.value))
    assert CANARY not in repr(raised.value)


def test_a_venue_that_is_not_there_does_not_tell() -> None:
    reader = _reader(1)

    with pytest.raises(NotRead, match="not connected"):
        reader.account()


def test_an_account_is_heard_and_its_key_is_nobodys_affair(
    traded: tuple[AccountReader, Caller],
) -> None:
    reader, owner = traded
    ear = FrameEar()

    reader.listen(ear)
    ear.wait_for("open")
    owner.done("DELETE", "/fapi/v1/allOpenOrders", symbol=SYMBOL)
    ear.wait_for("frame")
    reader.deafen()
    owner.done("POST", "/fapi/v1/order", symbol=SYMBOL, side="BUY", type="MARKET", quantity="0.01")

    assert {"open", "frame"} == set(ear.kinds)
    assert ["CANCELED"] == [each["o"]["X"] for each in ear.frames if "o" in each]
    assert 2 == len(reader.trades(SYMBOL, 0))
