"""AccountWatch: every fill of the account counts once; an unread end holds nothing."""

import json
from collections.abc import Generator, Mapping
from typing import Any

import pytest
from attrs import define, field

from callboard.actors.adapters.binance.account_reader import AccountReader
from callboard.actors.adapters.binance.credentials import Credentials
from callboard.actors.adapters.binance.environment import loopback
from callboard.actors.adapters.binance.opening import reader_at
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.secret import Secret
from callboard.actors.settings import Settings
from callboard.scenarios.running import account_watch
from callboard.scenarios.running.account_watch import AccountWatch
from callboard.scenarios.running.shadow_report import shadow_part
from support.raw_server import RawServer, reply

SYMBOL = "ETHUSDT"
NOTHING = reply("[]")


@define
class Bench:
    """A watch whose venue says what a script has."""

    watch: AccountWatch
    logged: list[tuple[str, Mapping[str, object]]] = field(
        factory=list[tuple[str, Mapping[str, object]]]
    )


def _row(number: int, at_ms: int, side: str = "BUY", price: str = "100") -> dict[str, Any]:
    return {
        "id": number,
        "orderId": number,
        "symbol": SYMBOL,
        "side": side,
        "positionSide": "BOTH",
        "qty": "0.1",
        "price": price,
        "commission": "0.01",
        "commissionAsset": "USDT",
        "realizedPnl": "-1",
        "maker": False,
        "time": at_ms,
    }


def _pages(*pages: list[dict[str, Any]]) -> list[Any]:
    return [reply(json.dumps(page)) for page in pages]


def _watch(reader: AccountReader) -> Bench:
    bench = Bench(AccountWatch(reader, (SYMBOL,), "USDT", lambda _actor, _event, _fields: None))
    bench.watch.log = lambda _actor, event, fields: bench.logged.append((event, fields))
    return bench


@pytest.fixture
def served_pages(request: pytest.FixtureRequest) -> Generator[Bench]:
    """A watch at a server that plays the test's script."""
    script: list[Any] = request.param
    with RawServer([script]) as server:
        credentials = Credentials(Secret("any"), Secret("-"))
        found, clock = loopback(server.port), WallClock()
        reader = reader_at(found, credentials, Settings(), clock, {}, ahead_ms=0)
        yield _watch(reader)
        reader.close()


NOW_MS = WallClock().now_ns() // 1_000_000
FIRST, SECOND, THIRD = (_row(number, NOW_MS) for number in (1, 2, 3))
SOLD = _row(4, NOW_MS, "SELL", "130")


@pytest.mark.parametrize(
    "served_pages",
    [[*_pages([FIRST, SECOND], [SECOND, THIRD, SOLD], [SOLD]), NOTHING, NOTHING, NOTHING]],
    indirect=True,
)
def test_a_fill_that_stands_on_two_pages_counts_once(served_pages: Bench) -> None:
    watched = served_pages.watch.end()

    assert ["1", "2", "3", "4"] == [each.trade_id for each in watched.trades]
    (told,) = shadow_part((SYMBOL,), watched, None)["symbols"]
    assert {
        "symbol": SYMBOL,
        "live_before": "0",
        "live": {
            "fills": 4,
            "bought": "0.3",
            "bought_at": "100",
            "sold": "0.1",
            "sold_at": "130",
            "realised_pnl": "-4",
            "fees": "0.04",
            "position": "0",
            "open_orders": 0,
        },
        "ours": None,
    } == told


@pytest.mark.parametrize("served_pages", [_pages([FIRST])], indirect=True)
def test_more_fills_than_are_read_are_no_account_of_it(
    served_pages: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_watch, "PAGES_MAX", 1)

    watched = served_pages.watch.end()

    assert "ETHUSDT: more fills than 1 pages hold" == watched.unread
    assert () == watched.trades
    (told,) = shadow_part((SYMBOL,), watched, None)["symbols"]
    assert told["live"] is None


@pytest.mark.parametrize("served_pages", [[]], indirect=True)
def test_what_is_heard_of_an_account_is_logged(served_pages: Bench) -> None:
    watch = served_pages.watch
    lite = {"e": "TRADE_LITE", "t": 1, "i": 1, "s": SYMBOL, "S": "BUY", "l": "1", "L": "2"}

    watch.on_open("user")
    watch.on_frame("user", {"e": "ORDER_TRADE_UPDATE", "o": {}})
    watch.on_frame("user", lite | {"m": False, "T": 1, "E": 1})
    watch.on_frame("user", {"e": "ACCOUNT_CONFIG_UPDATE", "E": 1})
    watch.on_unreadable("user", "<html>", "is no JSON")
    watch.on_key_wanted("user", "never")
    watch.on_close("user", "lost")

    assert [
        "live_stream_opened",
        "live_frame_unreadable",
        "live_frame_unreadable",
        "live_stream_closed",
    ] == [event for event, _ in served_pages.logged]
    assert 1 == watch.gaps
