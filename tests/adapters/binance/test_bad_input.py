"""Test of bad input over sockets: it ends in a word to people, and in no dead actor."""

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import orjson
import pytest
from aiohttp import web
from attrs import evolve

from callboard import (
    AlertRaised,
    EngineReady,
    OrderFailed,
    OrderRefused,
    PositionClosed,
    PositionProtected,
    Settings,
    SignalType,
)
from callboard.actors.ports import VenueAnswer
from callboard.messages.instruments import InstrumentsChanged
from callboard.messages.lifecycle import ActorFailed
from callboard.messages.values import Severity
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.server import wire
from callboard.scenarios.venue.server.door import ClosedDoor
from callboard.scenarios.venue.settings import PAPER_LEVERAGE
from support.loopback import SETTINGS, SYMBOL, Trader, started, trading
from support.venue_servers import control, served

ORDER, ALGO = "/fapi/v1/order", "/fapi/v1/algoOrder"
JSON, HTML = "application/json", "text/html"
NUMBERS = ("origQty", "executedQty", "cumQty", "quantity", "triggerPrice", "price")
SPEED = 10.0
SMALL = Decimal("0.010")
"""Enough for the filters as they are, too little for those that change."""

Spoiled = tuple[bytes, str]
"""A body and its type."""


def as_page(_body: Any) -> Spoiled:
    return b"<html><body>please log in</body></html>", HTML


def as_list(body: Any) -> Spoiled:
    return orjson.dumps([body]), JSON


def with_floats(body: Any) -> Spoiled:
    floats = {name: float(body[name]) for name in NUMBERS if name in body}
    return orjson.dumps({**body, **floats}), JSON


def with_new_words(body: Any) -> Spoiled:
    new = dict.fromkeys(
        ("status", "algoStatus", "type", "orderType", "timeInForce"), "SOMETHING_NEW"
    )
    return orjson.dumps({**body, **{name: new[name] for name in new if name in body}}), JSON


def ten_megabytes(body: Any) -> Spoiled:
    return orjson.dumps({**body, "x": "x" * (10 << 20)}), JSON


def empty(_body: Any) -> Spoiled:
    return b"", JSON


ANSWERS = (as_page, as_list, with_floats, with_new_words, ten_megabytes, empty)
FRAMES: Mapping[str, tuple[dict[str, Any], bool]] = {
    "an unknown event": ({"e": "SOMETHING_NEW_UPDATE", "E": 1, "T": 1, "n": [1, 2.5]}, False),
    "an order that is a list": ({"e": "ORDER_TRADE_UPDATE", "E": 1, "T": 1, "o": [1]}, True),
    "an order of no fields": ({"e": "ORDER_TRADE_UPDATE", "E": 1, "o": {"s": SYMBOL}}, True),
    "an account of numbers": ({"e": "ACCOUNT_UPDATE", "E": 1, "a": {"B": 3, "P": 1e-05}}, True),
    "an algo order of nothing": ({"e": "ALGO_UPDATE", "E": 1, "T": 1}, True),
}
"""What is said, and whether the venue is asked what it may have been."""


class Spoiler:
    """Writes the venue's next good answer at a path as it is told to."""

    def __init__(self) -> None:
        self._plans: list[tuple[str, Callable[[Any], Spoiled]]] = []
        self._write = wire.response

    def plan(self, path: str, spoil: Callable[[Any], Spoiled]) -> None:
        self._plans.append((path, spoil))

    @property
    def is_done(self) -> bool:
        return not self._plans

    def response(self, answer: VenueAnswer, path: str = "") -> web.Response:
        written = self._write(answer, path)
        if not self._plans or path != self._plans[0][0] or written.status != 200:
            return written
        body, content_type = self._plans.pop(0)[1](answer.body)
        return web.Response(body=body, content_type=content_type, headers=answer.headers)


@contextmanager
def beginning(settings: Settings = SETTINGS, **venue: Any) -> Generator[Trader]:
    """Start an engine at a venue that may not suit it; both have a fast clock."""
    clock = ScaledClock.begin(speed=SPEED)
    with (
        served(clock=clock, leverage=PAPER_LEVERAGE, **venue) as server,
        started(server, settings, clock=clock) as trader,
    ):
        yield trader


def count(trader: Trader, name: str) -> int:
    """Return how often an alert was raised."""
    return sum(each.alert == name for each in trader.all_told(AlertRaised))


def wait_alerts(trader: Trader, name: str, times: int = 1) -> AlertRaised:
    """Wait until an alert was raised so often; return the last one."""
    trader.told.wait_for(lambda: count(trader, name) >= times)
    return [each for each in trader.all_told(AlertRaised) if each.alert == name][-1]


def subjects(trader: Trader, name: str) -> list[object]:
    """Return whom the log's alerts of a name are about."""
    alerts = [fields for event, fields in trader.logged.events if event == "alert_raised"]
    return [fields["subject"] for fields in alerts if fields["alert"] == name]


def round_trip(trader: Trader, number: int) -> None:
    """Open a position, see it protected, and close it."""
    trader.signal(f"in-{number}")
    trader.told.wait_for(lambda: len(trader.all_told(PositionProtected)) >= number)
    trader.signal(f"out-{number}", SignalType.CLOSE_LONG)
    trader.told.wait_for(lambda: len(trader.all_told(PositionClosed)) >= number)


def test_whatever_is_answered_to_an_order_it_is_filled_once_and_protected(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spoiler = Spoiler()
    monkeypatch.setattr(wire, "response", spoiler.response)
    plans = [(path, spoil) for path in (ORDER, ALGO) for spoil in ANSWERS]
    with served(leverage=PAPER_LEVERAGE) as server, trading(server) as trader:
        for number, plan in enumerate(plans, start=1):
            spoiler.plan(*plan)
            round_trip(trader, number)
            assert spoiler.is_done, plan
        ledger = trader.ledger()

    entries = [order for order in ledger.orders if order.side == "BUY"]
    assert ["FILLED"] * len(plans) == [order.status for order in entries]
    assert ((), 2 * len(plans)) == (ledger.positions, len(ledger.fills))
    assert [] == trader.all_heard(ActorFailed)


def test_whatever_is_said_on_the_user_stream_is_quarantined_and_no_fill_is_lost() -> None:
    """What may have been about an order makes the venue be asked; what is new altogether does not.

    Entries wait for that answer.
    """
    with served(leverage=PAPER_LEVERAGE) as server, trading(server) as trader:
        for number, (frame, asks) in enumerate(FRAMES.values(), start=1):
            healthy = count(trader, "user_stream_healthy") + asks
            assert (200, {"heard": True}) == control(server, "POST", "/say", frame=frame)
            wait_alerts(trader, "frame_quarantined", number)
            wait_alerts(trader, "user_stream_healthy", healthy)
            round_trip(trader, number)
        ledger = trader.ledger()

    assert ((), 2 * len(FRAMES)) == (ledger.positions, len(ledger.fills))
    assert [] == trader.all_heard(ActorFailed)


def test_a_wrong_key_is_told_and_nothing_is_ready() -> None:
    with beginning(door=ClosedDoor([])) as trader:
        alert = wait_alerts(trader, "key_refused")

    assert (Severity.CRITICAL, "account") == (alert.severity, alert.subject)
    assert alert.text.startswith("-2015: ")
    assert [] == trader.all_told(EngineReady)


def test_hedge_mode_where_one_way_was_set_is_told_and_refuses_entries() -> None:
    with beginning(hedge_mode=True) as trader:
        alert = wait_alerts(trader, "account_mode_wrong")
        trader.signal("s1")
        trader.wait_told(OrderRefused)
        (refused,) = trader.all_told(OrderRefused)

    assert "position mode is hedge, the settings say one-way" == alert.text
    assert "trading_state" == refused.guard


def test_a_symbol_that_the_venue_does_not_list_is_named_and_takes_no_entry() -> None:
    symbols = (SYMBOL, "NOPEUSDT")
    settings = evolve(SETTINGS, risk=evolve(SETTINGS.risk, symbols=symbols))
    with beginning(settings) as trader:
        # Raised at the first reading, which may be before anybody can subscribe.
        trader.logged.wait_for(lambda: "NOPEUSDT" in subjects(trader, "symbol_unknown"))
        trader.signal("s1", symbol="NOPEUSDT")
        trader.wait_told(OrderRefused)
        (refused,) = trader.all_told(OrderRefused)

    assert ("s1", "NOPEUSDT") == (refused.signal_id, refused.symbol)


def test_filters_that_changed_are_read_again_and_entries_that_break_them_are_refused() -> None:
    ether = evolve(SETTINGS, risk=evolve(SETTINGS.risk, symbols=("ETHUSDT",)))
    with served(leverage=PAPER_LEVERAGE) as server, trading(server, ether) as trader:
        changed = control(server, "POST", "/strike", fault="filters_changed", symbol="ETHUSDT")
        first = len(trader.all_heard(InstrumentsChanged))
        trader.signal("s1", symbol="ETHUSDT", quantity=SMALL)
        trader.wait_told(OrderFailed)
        # Until they are read again, and everybody has heard, entries are refused for their age.
        trader.heard.wait_for(lambda: len(trader.all_heard(InstrumentsChanged)) >= 2 * first)
        trader.signal("s2", symbol="ETHUSDT", quantity=SMALL)
        trader.wait_told(OrderRefused)
        ledger = trader.ledger()

    (failed,), (refused,) = trader.all_told(OrderFailed), trader.all_told(OrderRefused)
    paths = [each.path for each in trader.exchange.sent]
    assert (200, {}) == changed
    assert failed.reason.startswith("STALE_FILTERS: ")
    assert 2 <= paths.count("/fapi/v1/exchangeInfo")
    assert ("s2", "filter_notional_min") == (refused.signal_id, refused.guard)
    assert ((), ()) == (ledger.orders, ledger.positions)
