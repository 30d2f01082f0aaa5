"""Live market run: paper at its own venue, at prices of one that hears of no order."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.exits import Exit
from callboard.actors.exchange_settings import ExchangeSettings
from callboard.actors.settings import Settings
from callboard.scenarios.paper import PaperOptions, PaperResult, Progress
from callboard.scenarios.running import live_opening
from callboard.scenarios.running.live import Place, place_in_process, run_live
from callboard.scenarios.running.live_opening import live
from callboard.scenarios.running.market import OpenedMarket
from callboard.scenarios.running.socket_places import place_on_server
from callboard.scenarios.venue.control import VenueGoneError
from callboard.scenarios.venue.server.floor import Floor
from callboard.scenarios.venue.server.serving import VenueServer
from support.command_line import invoke
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


def _orders_of_all(floor: Floor) -> tuple[int, list[str]]:
    """Return the orders of nobody's account, and the names of all others."""
    public = floor.venues.public.ledger().orders_accepted
    return public, [name for name, _ in floor.venues]


def _lived(
    options: PaperOptions, place: Place, *, is_over: Callable[[Progress], bool]
) -> PaperResult:
    """Run until it is over."""
    over = threading.Event()

    def look(progress: Progress) -> None:
        if is_over(progress):
            over.set()

    return run_live(
        options,
        place,
        log=lambda _actor, _event, _fields: None,
        on_progress=look,
        is_stopped=over.is_set,
    )


def test_paper_trades_at_live_prices_until_they_are_stale_and_their_venue_hears_of_no_order(
    tmp_path: Path,
) -> None:
    seen: list[object] = []
    with served(clock_skew_ms=AHEAD_MS) as server:
        market = live((SYMBOL,), _at(server.rest_url), {})
        options = PaperOptions(_at(server.rest_url), market, tmp_path, feeder(_wishes(market)))

        def is_stale(progress: Progress) -> bool:
            if progress.tally.fills and not seen:
                seen.append((server.call(_orders_of_all), _requests(server)))
                server.end()
            return bool(seen) and "mark_age" in progress.tally.refusals

        result = _lived(options, place_in_process(options, 0.0), is_over=is_stale)

    assert [((0, []), 4)] == seen, "three looks at the clock, one at the filters"
    assert 1 <= result.summary["venue"]["fills"]
    assert "mark_age" in result.summary["refusals"]
    assert f"live market at {server.rest_url}" == result.summary["market"]
    assert not result.summary["mark_is_mid"]


def test_over_sockets_paper_trades_at_live_prices_on_a_server_of_its_own(tmp_path: Path) -> None:
    with served(clock_skew_ms=AHEAD_MS) as server:
        market = live((SYMBOL,), _at(server.rest_url), {})
        options = PaperOptions(_at(server.rest_url), market, tmp_path, feeder(_wishes(market)))
        place = place_on_server(options, {})

        result = _lived(options, place, is_over=lambda progress: progress.tally.fills > 0)
        told = server.call(_orders_of_all)

    assert 1 <= result.summary["venue"]["fills"]
    assert (0, []) == told


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


def test_the_command_line_trades_at_a_live_market(tmp_path: Path) -> None:
    with served() as server:
        result = invoke(
            *("run", "--market", "live", "-s", f"exchange.market_url={server.rest_url}"),
            *("--symbols", SYMBOL, "--data-dir", tmp_path, "--for", "100ms", "--json"),
        )
        told = server.call(_orders_of_all)

    assert Exit.OK is Exit(result.exit_code), result.output
    assert f"live market at {server.rest_url}" == json.loads(result.stdout)["market"]
    assert (0, []) == told
