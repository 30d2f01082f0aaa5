"""Run over sockets: the shipped client, at a server of the run's own or at an address."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.binance.environment import Environment
from callboard.actors.adapters.binance.opening import open_exchange
from callboard.actors.adapters.claim import AccountInUse, claim_account
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.modes import ModeRefused
from callboard.actors.errors import ConfigurationError
from callboard.actors.exchange_settings import ExchangeSettings
from callboard.actors.settings import Settings
from callboard.scenarios.paper import PaperOptions, PaperResult, Progress
from callboard.scenarios.running.live import Place, run_live
from callboard.scenarios.running.market import elsewhere, seeded
from callboard.scenarios.running.socket_places import place_at_venue, place_on_server
from callboard.scenarios.venue.control import VenueGoneError
from support.paper_runs import EASY, SYMBOL, feeder
from support.venue_servers import served

WISH = {
    "signal": "LONG_ENTRY",
    "symbol": SYMBOL,
    "source": "manual",
    "quantity": "0.05",
}
WISHES = 60
PATIENT = evolve(
    EASY,
    risk=evolve(EASY.risk, leverage_max=125, send_within_ms=60_000, mark_age_ms_max=600_000),
    orders=evolve(EASY.orders, recv_window_ms=30_000),
)


def _run(
    options: PaperOptions, place: Place, *, on_filled: Callable[[], None] = lambda: None
) -> PaperResult:
    """Run until the entry is filled, and do something then."""
    filled = threading.Event()

    def look(progress: Progress) -> None:
        if progress.tally.fills and not filled.is_set():
            on_filled()
            filled.set()

    return run_live(
        options,
        place,
        log=lambda _actor, _event, _fields: None,
        on_progress=look,
        is_stopped=filled.is_set,
    )


def _wishes(clock: WallClock) -> list[dict[str, Any]]:
    """Wish for an entry until there is a price to enter at."""
    now_ms = clock.now_ns() // 1_000_000
    return [{**WISH, "signal_id": f"in{nth}", "at_ms": now_ms + 500 * nth} for nth in range(WISHES)]


def _at(url: str) -> Settings:
    return evolve(PATIENT, exchange=ExchangeSettings(rest_url=url))


def test_a_run_starts_a_server_of_its_own_and_trades_there_over_sockets(tmp_path: Path) -> None:
    clock = WallClock()
    lines = _wishes(clock)
    market = seeded((SYMBOL,), seed=7, start_ns=clock.now_ns())
    options = PaperOptions(PATIENT, market, tmp_path, feeder(lines))

    result = _run(options, place_on_server(options, {}))

    venue = result.summary["venue"]
    assert venue["fills"] >= 1, result.summary
    assert [SYMBOL] == [each["symbol"] for each in venue["positions"]]
    assert not result.venue_gone


def test_a_run_trades_at_a_venue_with_an_address_and_shares_its_account_with_no_other(
    tmp_path: Path,
) -> None:
    with served() as server:
        settings, clock = _at(server.rest_url), WallClock()
        lines = _wishes(clock)
        market = elsewhere((SYMBOL,), start_ns=clock.now_ns(), name="there")
        options = PaperOptions(settings, market, tmp_path, feeder(lines))
        place = place_at_venue(settings, {})

        def claim_again() -> None:
            with pytest.raises(AccountInUse):
                claim_account("paper", place.account, None)

        result = _run(options, place, on_filled=claim_again)
        (ledger,) = server.call(lambda floor: [venue.ledger() for _, venue in floor.venues])

    assert (None, False) == (result.summary["venue"], result.venue_gone)
    assert [SYMBOL] == [each.symbol for each in ledger.positions]
    claim_account("paper", place.account, None).close()


def test_a_venue_that_nobody_answers_for_ends_a_run_before_it_begins() -> None:
    with pytest.raises(VenueGoneError, match=r"http://127\.0\.0\.1:1: not connected"):
        place_at_venue(_at("http://127.0.0.1:1"), {})


@pytest.mark.parametrize(
    ("mode", "name"),
    [("demo", "BINANCE_DEMO_API_KEY"), ("testnet", "BINANCE_FUTURES_TESTNET_API_KEY")],
)
def test_a_mode_without_its_keys_reaches_nobody(mode: str, name: str) -> None:
    others = {"BINANCE_API_KEY": "k", "BINANCE_API_SECRET": "s"}

    with pytest.raises(ConfigurationError, match=f"{name}: is missing"):
        open_exchange(evolve(PATIENT, mode=mode), WallClock(), others)


def test_a_mode_that_is_refused_reads_no_key() -> None:
    with pytest.raises(ModeRefused, match="use_testnet"):
        open_exchange(evolve(PATIENT, mode="live"), WallClock(), {})


def test_paper_opens_its_own_account_by_name() -> None:
    with served() as server:
        settings = _at(server.rest_url)
        other = evolve(settings, exchange=evolve(settings.exchange, account="second"))
        opened = [open_exchange(each, WallClock(), {}) for each in (settings, settings, other)]
        for each in opened:
            each.exchange.close()

    first, again, second = (each.account for each in opened)
    assert first == again != second
    assert {Environment.LOOPBACK} == {each.address.environment for each in opened}
    assert all("paper" not in each.account for each in opened)
