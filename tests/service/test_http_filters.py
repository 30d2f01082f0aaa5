"""The manual order of the documents under today's filters: the answer names the filter."""

import time
from pathlib import Path

from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.rate_shares import Shares
from callboard.actors.adapters.service.link import SocketLink
from callboard.actors.engine import Surroundings, launch
from callboard.actors.system import make_codec
from callboard.scenarios.venue.seeded_market import (
    BTC_WALK,
    SeededMarket,
    SeededMarketSettings,
)
from callboard.scenarios.venue.settings import BTCUSDT, PAPER_LEVERAGE, VenueSettings
from callboard.scenarios.venue.threaded import ThreadedExchange
from callboard.scenarios.venue.venue import Venue
from support.http_service import PATH, SAMPLE, SECONDS, paper_settings, served


def test_an_order_below_the_least_notional_is_told_the_filter_and_both_figures(
    tmp_path: Path,
) -> None:
    """S1-020: 0.001 at 50,000 is worth 50 USDT, and the venue takes 100 and more."""
    now_ns = time.time_ns()
    market = SeededMarket(SeededMarketSettings(walks=(BTC_WALK,)), seed=0, start_ns=now_ns)
    rules = VenueSettings(symbols=(BTCUSDT,), leverage=PAPER_LEVERAGE)
    clock = WallClock(1.0, now_ns)
    exchange = ThreadedExchange(Venue(rules, market, seed=0, start_ns=now_ns), clock)
    settings = paper_settings()
    around = Surroundings(exchange, clock, tmp_path, shares=Shares(), on_stopped=exchange.close)
    engine = launch(settings, around)
    link = SocketLink(tmp_path, make_codec())
    try:
        with served(link, tmp_path, settings) as api:
            api.until_ready()
            refused = api.post(f"{PATH}/order?wait_ms=10000", SAMPLE)
    finally:
        link.close()
        engine.stop(block=True, timeout=SECONDS)

    told = refused.json
    assert (422, "filter_notional_min", "100") == (refused.status, told["guard"], told["limit"])
    assert told["figure"].startswith("49.")
    assert "filter_notional_min" in told["error"]["message"]
