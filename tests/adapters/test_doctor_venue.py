"""Doctor's venue: clock, filters, account and rights, as the venue tells them."""

from collections.abc import Generator, Mapping
from queue import SimpleQueue
from typing import Any

import pytest
from attrs import define, evolve, field

from callboard.actors.adapters.doctor.finding import Finding, Verdict
from callboard.actors.adapters.doctor.venue import RESTRICTIONS, VenueCheck, rights_of
from callboard.actors.exchange_settings import AccountSettings
from callboard.actors.ports import VenueAnswer, VenueRequest
from callboard.actors.settings import OrderSettings, RiskSettings, Settings
from callboard.messages.values import Phase
from callboard.scenarios.running.host import PaperVenue, open_venue

SETTINGS = Settings(risk=RiskSettings(symbols=("BTCUSDT", "ETHUSDT")))
GOOD_RIGHTS = {"enableWithdrawals": False, "enableFutures": True, "ipRestrict": True}
TIMEOUT_SECONDS = 60.0


@pytest.fixture
def venue() -> Generator[PaperVenue]:
    """The built-in venue, on a thread."""
    opened = open_venue(SETTINGS)
    yield opened
    opened.close()


@define(eq=False)
class Canned:
    """Answers by path that are written down; a connection that breaks for any other path."""

    answers: Mapping[str, VenueAnswer]
    paths: list[str] = field(factory=list[str])

    def perform(self, request: VenueRequest) -> VenueAnswer:
        self.paths.append(request.path)
        broken = VenueAnswer("", Phase.MAYBE_SENT, text="the connection was lost")
        return evolve(self.answers.get(request.path, broken), request_id=request.request_id)


def _answer(body: Any, status: int = 200) -> VenueAnswer:
    return VenueAnswer("", Phase.ANSWERED, status, {}, body)


def _looked(venue: PaperVenue, settings: Settings, *, ahead_ms: int = 0) -> dict[str, Finding]:
    def perform(request: VenueRequest) -> VenueAnswer:
        came: SimpleQueue[VenueAnswer] = SimpleQueue()
        venue.exchange.request(request, came.put)
        return came.get(timeout=TIMEOUT_SECONDS)

    check = VenueCheck(settings, perform, lambda: venue.clock.now_ns() - ahead_ms * 1_000_000)
    return {each.check: each for each in check.look(is_signed=True)}


def _with(risk: RiskSettings) -> Settings:
    return evolve(SETTINGS, risk=risk)


def test_a_good_venue_is_told_so(venue: PaperVenue) -> None:
    found = _looked(venue, SETTINGS)

    assert dict.fromkeys(["venue clock", "filters", "account", "leverage"], Verdict.OK) == {
        name: each.verdict for name, each in found.items()
    }
    assert "10000 USDT" in found["account"].text
    assert "at most 10" == found["leverage"].text


@pytest.mark.parametrize("ahead_ms", [60_000, -60_000])
def test_a_clock_that_is_wrong_is_told_and_counted_with(venue: PaperVenue, ahead_ms: int) -> None:
    found = _looked(venue, SETTINGS, ahead_ms=ahead_ms)

    assert Verdict.WARN is found["venue clock"].verdict
    assert "NTP" in found["venue clock"].remedy
    assert Verdict.OK is found["account"].verdict


def test_a_line_that_is_slower_than_the_receive_window_fails(venue: PaperVenue) -> None:
    settings = evolve(SETTINGS, orders=OrderSettings(recv_window_ms=-1))

    found = _looked(venue, settings)["venue clock"]

    assert (Verdict.FAIL, True) == (found.verdict, "there and back" in found.text)


def test_a_symbol_that_the_venue_does_not_list_is_named(venue: PaperVenue) -> None:
    found = _looked(venue, _with(RiskSettings(symbols=("ETHUSDT", "LUNAUSDT"))))["filters"]

    assert Verdict.FAIL is found.verdict
    assert found.text.startswith("LUNAUSDT: unknown there")


def test_a_symbol_whose_margin_is_another_asset_is_named(venue: PaperVenue) -> None:
    settings = evolve(SETTINGS, accounts=AccountSettings(margin_asset="USDC"))

    found = _looked(venue, settings)["filters"]

    assert Verdict.FAIL is found.verdict
    assert "BTCUSDT (USDT), ETHUSDT (USDT): margin in another asset than USDC" == found.text


def test_a_position_mode_that_is_not_the_settings_is_told(venue: PaperVenue) -> None:
    settings = evolve(SETTINGS, accounts=AccountSettings(hedge_mode=True))

    found = _looked(venue, settings)["account"]

    assert Verdict.FAIL is found.verdict
    assert "position mode is one-way, the settings say hedge" == found.text


def test_leverage_above_its_limit_is_told(venue: PaperVenue) -> None:
    found = _looked(venue, _with(RiskSettings(symbols=("ETHUSDT",), leverage_max=5)))["leverage"]

    assert Verdict.FAIL is found.verdict
    assert "above risk.leverage_max (5): ETHUSDT 10" == found.text


def test_a_venue_that_does_not_answer_is_asked_once() -> None:
    silent = Canned({})

    found = list(VenueCheck(SETTINGS, silent.perform).look(is_signed=True))

    assert [("venue clock", Verdict.FAIL)] == [(each.check, each.verdict) for each in found]
    assert ["/fapi/v1/time"] == silent.paths


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (VenueAnswer("", Phase.NOT_CONNECTED, text="refused"), "no answer: refused"),
        (_answer({"serverTime": "soon"}), "no answer: unreadable: serverTime"),
        (VenueAnswer("", Phase.ANSWERED, 502, text="<html>bad gateway"), "refused: 502 <html>"),
        (_answer({"code": -1003, "msg": "Too many requests"}, 429), "refused: -1003 Too many"),
    ],
)
def test_what_the_venue_says_instead_is_told(answer: VenueAnswer, text: str) -> None:
    check = VenueCheck(SETTINGS, Canned({"/fapi/v1/time": answer}).perform)

    (found,) = check.look(is_signed=False)

    assert (Verdict.FAIL, True) == (found.verdict, text in found.text)


@pytest.mark.parametrize(
    ("body", "verdict", "text"),
    [
        (GOOD_RIGHTS, Verdict.OK, "withdraws nothing"),
        ({**GOOD_RIGHTS, "enableWithdrawals": True}, Verdict.FAIL, "the key may withdraw"),
        ({**GOOD_RIGHTS, "enableFutures": False}, Verdict.FAIL, "may not trade futures"),
        ({**GOOD_RIGHTS, "ipRestrict": False}, Verdict.WARN, "from any address"),
        ({}, Verdict.FAIL, "the key is not told about"),
        ([1], Verdict.FAIL, "the key is not told about"),
    ],
)
def test_a_key_that_may_withdraw_is_refused(body: Any, verdict: Verdict, text: str) -> None:
    check = VenueCheck(SETTINGS, Canned({RESTRICTIONS: _answer(body)}).perform)

    found = check.permissions()

    assert rights_of("key rights", body) == found
    assert (verdict, True) == (found.verdict, text in found.text)


def test_a_key_that_only_reads_is_enough_for_a_shadow() -> None:
    body = {**GOOD_RIGHTS, "enableFutures": False}
    perform = Canned({RESTRICTIONS: VenueAnswer("", Phase.ANSWERED, 200, body=body)}).perform

    found = VenueCheck(evolve(SETTINGS, mode="shadow"), perform).permissions()

    assert (Verdict.OK, "trades no futures") == (found.verdict, found.text.partition(",")[0])


def test_a_venue_that_does_not_tell_a_keys_rights_is_a_warning() -> None:
    refusing = Canned({RESTRICTIONS: VenueAnswer("", Phase.ANSWERED, 403, text="Forbidden")})

    told = [
        VenueCheck(SETTINGS, refusing.perform).permissions(),
        VenueCheck(SETTINGS, Canned({}).perform).permissions(),
    ]

    assert [Verdict.WARN, Verdict.WARN] == [each.verdict for each in told]
    assert "does not tell: 403" in told[0].text
