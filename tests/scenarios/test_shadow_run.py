"""Shadow run: an engine trades at its own venue beside an account that it only looks at."""

import json
import threading
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import define, evolve, field

from callboard.actors.adapters.binance.credentials import Credentials
from callboard.actors.adapters.binance.environment import ADDRESSES, Environment
from callboard.actors.adapters.binance.opening import open_exchange
from callboard.actors.adapters.clock import WallClock
from callboard.actors.adapters.doctor import reach
from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.modes import ModeRefused
from callboard.actors.adapters.secret import Secret
from callboard.actors.errors import ConfigurationError
from callboard.actors.exchange_settings import ExchangeSettings
from callboard.actors.settings import Settings
from callboard.scenarios.paper import PaperOptions, PaperResult, Progress
from callboard.scenarios.running.live import Place, run_live
from callboard.scenarios.running.live_opening import live
from callboard.scenarios.running.market import Live, OpenedMarket
from callboard.scenarios.running.shadow import place_in_shadow
from callboard.scenarios.running.summary_table import rows
from callboard.scenarios.venue.control import VenueGoneError
from callboard.scenarios.venue.live_market import LiveMarket
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.server.accounts import read_accounts
from callboard.scenarios.venue.server.door import ClosedDoor
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.settings import ETHUSDT
from support.command_line import invoke
from support.paper_runs import EASY, SYMBOL, feeder
from support.venue_servers import Caller, served
from support.worlds import WAIT_SECONDS

ACCOUNTS = """
[[accounts]]
name = "main"
key = "trading"
secret = "s1"
balance = 5000

[[accounts]]
name = "watched"
key = "looking"
secret = "s2"
permissions = ["read"]
"""
WISHES = 120
PATIENT = evolve(
    EASY,
    mode="shadow",
    use_testnet=False,
    risk=evolve(EASY.risk, leverage_max=125, send_within_ms=60_000, mark_age_ms_max=600_000),
    orders=evolve(EASY.orders, recv_window_ms=30_000),
)


def _at(server: VenueServer) -> Settings:
    return evolve(
        PATIENT, exchange=ExchangeSettings(rest_url=server.rest_url, streams_url=server.ws_url)
    )


def _key(name: str = "any", signs_by: str = "-") -> Credentials:
    return Credentials(Secret(name), Secret(signs_by))


def _options(server: VenueServer, folder: Path) -> PaperOptions:
    market = live((SYMBOL,), _at(server), {})
    wish = {"signal": "LONG_ENTRY", "symbol": SYMBOL, "source": "manual", "quantity": "0.05"}
    now_ms = market.start_ns // 1_000_000
    lines = [
        {**wish, "signal_id": f"in{nth}", "at_ms": now_ms + 250 * nth} for nth in range(WISHES)
    ]
    return PaperOptions(_at(server), market, folder, feeder(lines))


def _bought(caller: Caller, quantity: str) -> None:
    """Let the account's owner buy."""
    order = {"symbol": SYMBOL, "side": "BUY", "type": "MARKET", "quantity": quantity}
    caller.done("POST", "/fapi/v1/order", **order)


def _still(server: VenueServer, folder: Path) -> PaperOptions:
    """Return a run at a market that tells nothing, for one that never begins."""
    clock = ScaledClock.begin()
    source = LiveMarket((SYMBOL,), clock, ahead_ms=0)
    brought = Live((ETHUSDT,), clock, 0, source, lambda: None)
    market = OpenedMarket(source, (SYMBOL,), clock.origin_ns, "still", live=brought)
    return PaperOptions(_at(server), market, folder)


@define
class _Log:
    """What was logged of the live account."""

    seen: dict[str, Mapping[str, object]] = field(factory=dict[str, Mapping[str, object]])
    opened: threading.Event = field(factory=threading.Event)

    def __call__(self, actor: str, event: str, fields: Mapping[str, object]) -> None:
        if actor == "shadow":
            self.seen.setdefault(event, fields)
        if event == "live_stream_opened":
            self.opened.set()


def _lived(options: PaperOptions, place: Place, log: _Log, caller: Caller) -> PaperResult:
    """Run until both have traded; the owner buys when the account is heard."""
    over, bought = threading.Event(), threading.Event()

    def look(progress: Progress) -> None:
        if log.opened.is_set() and not bought.is_set():
            bought.set()
            _bought(caller, "0.1")
        if "live_account_filled" in log.seen and progress.tally.fills:
            over.set()

    # The engine reaches the built-in venue alone, whatever host its mode names.
    own = evolve(options, settings=PATIENT)
    return run_live(own, place, log=log, on_progress=look, is_stopped=over.is_set)


def test_what_an_account_did_is_told_beside_what_the_engine_did_and_nothing_is_sent_there(
    tmp_path: Path,
) -> None:
    log = _Log()
    with served(clock_skew_ms=60_000) as server, Caller(server) as caller:
        _bought(caller, "0.2")
        options = _options(server, tmp_path)
        place = place_in_shadow(_key(), options, {}, log)

        result = _lived(options, place, log, caller)
        (ledger,) = server.call(lambda floor: [venue.ledger() for _, venue in floor.venues])

    (told,) = result.summary["shadow"]["symbols"]
    assert (2, 2) == (ledger.orders_accepted, ledger.fills_made), "the owner's own"
    assert (SYMBOL, "0.2") == (told["symbol"], told["live_before"])
    assert ("0.1", "0.3", 0) == (
        told["live"]["bought"],
        told["live"]["position"],
        told["live"]["open_orders"],
    )
    assert ("0.05", "0.05") == (told["ours"]["bought"], told["ours"]["position"])
    assert (0, "") == (result.summary["shadow"]["gaps"], result.summary["shadow"]["unread"])
    assert {"side": "BUY", "quantity": "0.1"}.items() <= log.seen["live_account_filled"].items()
    shown = dict(rows(result.summary))
    assert shown["live"].startswith(f"{SYMBOL} bought 0.1 at ")
    assert "; position 0.05, " in shown["ours"]


@pytest.fixture
def guarded(tmp_path: Path) -> Generator[VenueServer]:
    """A server whose one account may be traded by its owner, and looked at by a second key."""
    file = tmp_path / "accounts.toml"
    file.write_text(ACCOUNTS)
    with served(door=ClosedDoor(read_accounts(file))) as server:
        yield server


def _without_log(_actor: str, _event: str, _fields: Mapping[str, object]) -> None:
    return


def test_a_key_that_only_reads_is_enough_and_the_paper_account_begins_with_its_balance(
    guarded: VenueServer, tmp_path: Path
) -> None:
    options = _still(guarded, tmp_path)

    place = place_in_shadow(_key("looking", "s2"), options, {}, _without_log)
    ledger = place.ledger()
    told: Any = place.compare(ledger)
    place.close()

    assert ledger is not None
    assert "10000" == str(ledger.wallet_balance)
    assert "" == told["unread"]


def test_a_key_that_the_venue_refuses_is_a_fault_of_the_configuration(
    guarded: VenueServer, tmp_path: Path
) -> None:
    options = _still(guarded, tmp_path)

    with pytest.raises(ConfigurationError, match=r"/fapi/v3/account: refused: 4\d\d -20\d\d "):
        place_in_shadow(_key("nobody"), options, {}, _without_log)


def test_a_venue_that_is_gone_is_told_at_both_ends(tmp_path: Path) -> None:
    log = _Log()
    with served() as server:
        options = _still(server, tmp_path)
        place = place_in_shadow(_key(), options, {}, log)
        assert log.opened.wait(WAIT_SECONDS)

    told: Any = place.compare(place.ledger())
    place.close()

    assert "not connected" in told["unread"]
    assert [None] == [each["live"] for each in told["symbols"]]
    with pytest.raises(VenueGoneError, match="/fapi/v3/account: not connected"):
        place_in_shadow(_key(), options, {}, _without_log)


def test_a_shadow_has_no_exchange_to_send_orders_to() -> None:
    with pytest.raises(ModeRefused, match="for the built-in venue alone"):
        open_exchange(PATIENT, WallClock(), {"BINANCE_API_KEY": "k", "BINANCE_API_SECRET": "s"})


def test_the_command_line_runs_in_the_shadow_of_the_account_of_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = {"BINANCE_API_KEY": "any", "BINANCE_API_SECRET": "none"}
    with served() as server, Caller(server) as owner:
        _bought(owner, "0.2")
        there = evolve(ADDRESSES[Environment.LIVE], rest=server.rest_url, streams=server.ws_url)
        monkeypatch.setitem(ADDRESSES, Environment.LIVE, there)
        monkeypatch.setattr(reach, "RIGHTS_HOST", server.rest_url)

        result = invoke(
            *("run", "--mode", "shadow", "-s", "use_testnet=false", "--json"),
            *("-s", f"risk.symbols={SYMBOL}", "--data-dir", tmp_path, "--for", "100ms"),
            environ=keys,
        )
        (ledger,) = server.call(lambda floor: [venue.ledger() for _, venue in floor.venues])

    assert Exit.OK is Exit(result.exit_code), result.output
    summary = json.loads(result.stdout)
    (told,) = summary["shadow"]["symbols"]
    assert ("shadow", "0.2", 0) == (summary["mode"], told["live_before"], told["live"]["fills"])
    assert 1 == ledger.orders_accepted
