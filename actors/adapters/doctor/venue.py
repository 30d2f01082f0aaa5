"""Venue: its clock, what the key may do, how the account is set, and the symbols' filters.

Owns what is asked of a venue before an engine trades there, one request after the other, all of
them reads. It asks in the words that the lanes use, by the wall's time plus the offset that it
found. The first answer that does not come ends it.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from attrs import define, field, frozen

from ....messages.account import ReadSymbolConfigs, SymbolConfigsRead
from ....messages.instruments import ContractStatus
from ....messages.values import Phase
from ....messages.venue import (
    AccountModeRead,
    AccountRead,
    Call,
    InstrumentsRead,
    ReadAccount,
    ReadAccountMode,
    ReadInstruments,
    ReadTime,
    TimeRead,
)
from ...account import mode_fault
from ...policies.mode_rules import MODES
from ...ports import VenueAnswer, VenueRequest
from ...settings import Settings
from ..binance_replies import ReplyOptions, error_of, is_success, read_result
from ..binance_requests import build_request, stamp
from ..wire import ReplyUnreadable
from .finding import Finding, fail, ok, warn

SAMPLES = 3
SKEW_MS_FELT = 250
MS_NS = 1_000_000
RESTRICTIONS = "/sapi/v1/account/apiRestrictions"
"""What a key may do; only the live venue tells, on its spot host. Read 2026-11."""
NO_ANSWER = "the machine's network, proxy and firewall, and the venue's status page"
WRONG_KEY = "make a pair for this environment that trades futures, and check its addresses"


class NoAnswer(Exception):
    """The venue does not answer, or not so that it can be read; `args[0]` says why."""


@frozen
class Refused(Exception):
    """The venue refuses the request."""

    code: int
    text: str


@define(eq=False)
class VenueCheck:
    """A venue as one account sees it."""

    settings: Settings
    perform: Callable[[VenueRequest], VenueAnswer]
    """Sends one request and waits for its answer, for as long as its maker thinks right."""
    now_ns: Callable[[], int] = time.time_ns
    what: str = "venue"
    """What it is to the engine."""
    _offset_ms: int = field(init=False, default=0)
    _asked: int = field(init=False, default=0)

    def look(self, *, is_signed: bool) -> Iterator[Finding]:
        """Yield what is found; without a key, only what the venue tells everybody."""
        checks = [(f"{self.what} clock", self._clock), ("filters", self._filters)]
        if is_signed:
            checks += [("account", self._account), ("leverage", self._leverage)]
        for name, check in checks:
            try:
                yield from check(name)
            except NoAnswer as error:
                yield fail(name, f"no answer: {error}", NO_ANSWER)
                return
            except Refused as error:
                yield fail(name, f"refused: {error.code} {error.text}", WRONG_KEY)
                return

    def permissions(self) -> Finding:
        """Return what the venue says that the key may do; asked at its spot host."""
        name = "key rights"
        try:
            body = self._body(VenueRequest(self._next_id(), "GET", RESTRICTIONS, {}))
            return rights_of(name, body, trades=MODES[self.settings.mode].sends_orders)
        except NoAnswer as error:
            return warn(name, f"no answer: {error}", NO_ANSWER)
        except Refused as error:
            return warn(name, f"the venue does not tell: {error.code} {error.text}", WRONG_KEY)

    def _clock(self, name: str) -> Iterator[Finding]:
        trip_ms, self._offset_ms = min(self._sample() for _ in range(SAMPLES))
        text = f"{self._offset_ms:+} ms from this machine's, {trip_ms} ms there and back"
        window_ms = self.settings.orders.recv_window_ms
        if trip_ms > window_ms:
            remedy = f"a nearer machine, or a larger orders.recv_window_ms ({window_ms})"
            yield fail(name, text, remedy)
        elif abs(self._offset_ms) > SKEW_MS_FELT:
            yield warn(name, text, "set the machine's clock by NTP; the engine counts with the gap")
        else:
            yield ok(name, text)

    def _sample(self) -> tuple[int, int]:
        """Return (round trip, offset) of one look at the venue's clock, in ms."""
        left_ns = self.now_ns()
        read: TimeRead = self._ask(ReadTime())
        came_ns = self.now_ns()
        middle_ms = (left_ns + came_ns) // 2 // MS_NS
        return (came_ns - left_ns) // MS_NS, read.venue_ms - middle_ms

    def _filters(self, name: str) -> Iterator[Finding]:
        symbols = self.settings.risk.symbols
        read: InstrumentsRead = self._ask(ReadInstruments())
        found = {each.symbol: each for each in read.instruments}
        missing = [each for each in symbols if each not in found]
        closed = [
            each
            for each in symbols
            if each in found and found[each].status is not ContractStatus.TRADING
        ]
        asset = self.settings.accounts.margin_asset
        others = [
            f"{each} ({found[each].margin_asset})"
            for each in symbols
            if each in found and found[each].margin_asset != asset
        ]
        if others:
            text = f"{', '.join(others)}: margin in another asset than {asset}"
            yield fail(name, text, "correct risk.symbols or accounts.margin_asset")
        elif missing:
            text = f"{', '.join(missing)}: unknown there, or with rules that cannot be read"
            yield fail(name, text, "correct risk.symbols")
        elif closed:
            yield warn(name, f"{', '.join(closed)}: not trading now", "their entries are refused")
        else:
            yield ok(name, f"of {len(found)} symbols")

    def _account(self, name: str) -> Iterator[Finding]:
        mode: AccountModeRead = self._ask(ReadAccountMode())
        money: AccountRead = self._ask(ReadAccount())
        accounts = self.settings.accounts
        fault = mode_fault(mode, hedge_mode=accounts.hedge_mode)
        if fault:
            yield fail(name, fault, "change it at the venue, or accounts.hedge_mode")
        elif money.wallet <= 0:
            yield warn(name, f"holds no {accounts.margin_asset}", "fund it, or the margin asset")
        else:
            yield ok(name, f"{money.wallet} {accounts.margin_asset}, {money.available} available")

    def _leverage(self, name: str) -> Iterator[Finding]:
        risk = self.settings.risk
        read: SymbolConfigsRead = self._ask(ReadSymbolConfigs())
        own = {each.symbol: each.leverage for each in read.configs if each.symbol in risk.symbols}
        above = [f"{each} {is_set}" for each, is_set in own.items() if is_set > risk.leverage_max]
        if above:
            text = f"above risk.leverage_max ({risk.leverage_max}): {', '.join(above)}"
            yield fail(name, text, "lower it at the venue: their entries are refused")
        else:
            yield ok(name, f"at most {max(own.values(), default=0)}")

    def _ask(self, call: Call) -> Any:
        """Return what the venue says to a call."""
        answer = self._answer(build_request(call, self._next_id()))
        options = ReplyOptions(self.settings.accounts.margin_asset, self.settings.risk.symbols)
        try:
            return read_result(call, answer, options).result
        except ReplyUnreadable as error:
            raise NoAnswer(str(error)) from error

    def _body(self, request: VenueRequest) -> Any:
        return self._answer(request).body

    def _answer(self, request: VenueRequest) -> VenueAnswer:
        """Send a request, signed at the venue's time, and wait for its answer."""
        at_ms = self.now_ns() // MS_NS + self._offset_ms
        window_ms = self.settings.orders.recv_window_ms
        answer = self.perform(stamp(request, at_ms=at_ms, recv_window_ms=window_ms))
        if answer.phase is not Phase.ANSWERED:
            raise NoAnswer(answer.text or answer.phase.value)
        if not is_success(answer):
            code, text = error_of(answer)
            raise Refused(code or answer.status, text)
        return answer

    def _next_id(self) -> str:
        self._asked += 1
        return f"doctor-{self._asked}"


def rights_of(name: str, body: Any, *, trades: bool = True) -> Finding:
    """Return what the venue's word on a key's rights comes to; one that only looks needs none."""
    rights: dict[str, Any] = {}
    if isinstance(body, Mapping):
        rights |= cast("Mapping[str, Any]", body)
    if rights.get("enableWithdrawals") is not False:
        may = "may withdraw" if rights.get("enableWithdrawals") else "is not told about"
        return fail(name, f"the key {may}", "take the leave to withdraw from the key")
    if trades and rights.get("enableFutures") is not True:
        return fail(name, "the key may not trade futures", "let the key trade futures")
    if rights.get("ipRestrict") is not True:
        return warn(name, "the key is taken from any address", "restrict it to this machine's")
    may = "trades futures" if rights.get("enableFutures") is True else "trades no futures"
    return ok(name, f"{may}, withdraws nothing, from listed addresses alone")
