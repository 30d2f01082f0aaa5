"""Live market host: a venue that a host opens at live prices tells them as they come."""

from callboard.actors.settings import RiskSettings, Settings
from callboard.scenarios.running.host import open_venue
from callboard.scenarios.running.market import Live, OpenedMarket
from callboard.scenarios.venue.live_market import LiveMarket
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.settings import ETHUSDT
from support.wire_bench import FrameEar

SYMBOL = "ETHUSDT"
AHEAD_MS = 60_000


def test_a_host_hears_a_live_price_at_once_and_at_its_venues_time() -> None:
    clock = ScaledClock.begin()
    source, closed = LiveMarket((SYMBOL,), clock, ahead_ms=AHEAD_MS), list[None]()
    brought = Live((ETHUSDT,), clock, AHEAD_MS, source, lambda: closed.append(None))
    market = OpenedMarket(source, (SYMBOL,), clock.origin_ns, "live", live=brought)
    venue = open_venue(Settings(risk=RiskSettings(symbols=(SYMBOL,))), market=market, speed=20)
    ear = FrameEar()
    venue.exchange.open_stream("market", (SYMBOL,), ear)
    ear.wait_for("open")
    at_ms = clock.now_ns() // 1_000_000 + AHEAD_MS

    source.on_frame("market", {"e": "markPriceUpdate", "s": SYMBOL, "E": at_ms, "p": "2000"})
    ear.wait_for("frame")
    venue.close()

    (mark,) = ear.frames
    assert ("2000", at_ms) == (mark["p"], mark["E"])
    assert clock is venue.clock
    assert [None] == closed
