"""Live market run: paper at its own venue, at prices of one that hears of no order."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.settings import ExchangeSettings, Settings
from callboard.scenarios.paper import PaperOptions, Progress
from callboard.scenarios.running import live_opening
from callboard.scenarios.running.live import Place, place_in_process, run_live
from callboard.scenarios.running.live_opening import live
from callboard.scenarios.running.market import OpenedMarket
from callboard.scenarios.running.socket_places import place_on_server
from callboard.scenarios.venue.control import VenueGoneError
from callboard.scenarios.venue.server.floor import Floor
from callboard.scenarios.venue.server.serving import VenueServer
from support.paper_runs import EASY, SYMBOL, feeder
from support.raw_server import RawServer, reply
from support.venue_servers import served

AHEAD_MS = 60_000
WISHES = 240
PATIENT = evolve(
    EASY,
    risk=evolve(EASY.risk, leverage_max=125, send_within_ms=60_000, mark_age_ms_max=1_000),
    orders=evolve(EASY.orders, recv_window_ms=30_000),
)


def _at(url: str) -> Settings:
    return evolve(PATIENT, exchange=ExchangeSettings(market_url=url))


def _wishes(market: OpenedMarket) -> list[dict[str, Any]]:
    """Wish for entries of both kinds again and again."""
    now_ms = market.start_ns // 1_000_000
    wish = {"signal": "LONG_ENTRY", "symbol": SYMBOL, "source": "manual", "quantity": "0.05"}
    return [{**wish, "signal_id": f"in{nth}", "at_ms": now_ms + 250 * nth} for nth in range(WISHES)]


def _in_process(options: PaperOptions) -> Place:
    return place_in_process(options, 0.0)


def _on_server(options: PaperOptions) -> Place:
    return place_on_server(options, {})


def _orders_of_all(floor: Floor) -> tuple[int, list[str]]:
    """Return the orders of nobody's account, and the names of all others."""
    public = floor.venues.public.ledger().orders_accepted
    return public, [name for name, _ in floor.venues]


@pytest.mark.parametrize("placed", [_in_process, _on_server])
def test_paper_trades_at_live_prices_until_they_are_stale_and_their_venue_hears_of_no_order(
    placed: Callable[[PaperOptions], Place], tmp_path: Path
) -> None:
    seen: list[object] = []
    stale = threading.Event()
    with served(clock_skew_ms=AHEAD_MS) as server:
        settings = _at(server.rest_url)
        market = live((SYMBOL,), settings, {})
        options = PaperOptions(settings, market, tmp_path, feeder(_wishes(market)))

        def look(progress: Progress) -> None:
            if progress.tally.fills and not seen:
                seen.append((server.call(_orders_of_all), _requests(server)))
                server.end()
            if "mark_age" in progress.tally.refusals and seen:
                stale.set()

        result = run_live(
            options,
            placed(options),
            log=lambda _actor, _event, _fields: None,
            on_progress=look,
            is_stopped=stale.is_set,
        )

    assert [((0, []), 4)] == seen, "three looks at the clock, one at the filters"
    assert 1 <= result.summary["venue"]["fills"]
    assert stale.is_set(), result.summary
    assert f"live market at {server.rest_url}" == result.summary["market"]
    assert not result.summary["mark_is_mid"]


def _requests(server: VenueServer) -> int:
    return server.call(lambda floor: floor.requests)


def test_a_venue_that_tells_no_price_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_opening, "MARK_SECONDS", 0.0)

    with served() as server, pytest.raises(VenueGoneError, match="ETHUSDT: no price within 0 s"):
        live((SYMBOL,), _at(server.rest_url), {})


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply("[]"), "/fapi/v1/time: unreadable: body is no object"),
        (reply("<html>", status=502), "/fapi/v1/time: refused: 502 0 <html>"),
        (reply('{"code":-1003,"msg":"many"}', status=429), "refused: 429 -1003 many"),
    ],
)
def test_a_venue_that_says_something_else_is_not_there(answer: Any, words: str) -> None:
    with RawServer([[answer]]) as server, pytest.raises(VenueGoneError, match=words):
        live((SYMBOL,), _at(server.url), {})
