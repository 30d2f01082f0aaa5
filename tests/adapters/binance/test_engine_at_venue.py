"""Test of the engine over real sockets: what the venue's streams and clock are to it."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard import OrderFailed, OrderFilled, PositionClosed, PositionProtected
from callboard.actors.exchange_settings import ClockSettings
from callboard.actors.settings import OrderSettings
from callboard.messages.market import ClockChanged, MarkChanged
from callboard.messages.stream import OrderFrame, StreamHealthChanged, UserStreamChanged
from callboard.messages.values import CloseReason, OrderType, PriceMatch
from callboard.scenarios.venue.market import Mark
from callboard.scenarios.venue.server.floor import Floor
from callboard.scenarios.venue.settings import PAPER_LEVERAGE
from support.loopback import SETTINGS, SYMBOL, trading
from support.venue_servers import control, served

CLOCK_REFUSED = -1021
SLOW_CLOCKS = 2
TIME = "/fapi/v1/time"


def test_an_order_is_filled_and_protected_and_the_fill_is_heard_on_the_stream() -> None:
    with served(leverage=PAPER_LEVERAGE) as server, trading(server) as trader:
        trader.signal("s1")
        trader.wait_told(PositionProtected)
        trader.wait_heard(
            lambda each: (
                isinstance(each, OrderFrame) and each.lite is False and each.trade is not None
            )
        )

        (filled,) = trader.all_told(OrderFilled)

        key = server.call(lambda floor: [venue.core.listen_key.value for _, venue in floor.venues])

    assert "s1" == filled.signal_id
    assert [key[0]] == key
    assert key[0] not in str(trader.heard.events)


@pytest.mark.parametrize(
    ("is_refused", "reason"), [(False, CloseReason.STOP_LOSS), (True, CloseReason.PROTECTION)]
)
def test_a_stop_that_fires_is_joined_to_its_order_and_one_refused_then_is_an_exit_at_once(
    is_refused: bool, reason: CloseReason
) -> None:
    """C-12: `rm` at the trigger; the stop's order has the stop's own client id."""
    with served(leverage=PAPER_LEVERAGE) as server, trading(server) as trader:
        trader.signal("s1")
        trader.wait_told(PositionProtected)
        stop_id = server.call(lambda floor: fire_stop(floor, is_refused=is_refused))
        trader.wait_told(PositionClosed)
        ledger = trader.ledger()

    (closed,) = trader.all_told(PositionClosed)
    evidence = [each.evidence for each in trader.all_heard(OrderFrame)]
    refused = [each.client_order_id for each in evidence if each is not None and each.reason]
    assert reason is closed.reason
    assert ((), 2) == (ledger.positions, len(ledger.fills))
    assert ([stop_id] if is_refused else []) == refused


def fire_stop(floor: Floor, *, is_refused: bool) -> str:
    """Let the mark reach the one stop that rests, whose order the venue takes or refuses."""
    core = dict(floor.now())["account-1"].core
    (stop,) = core.conditional.store.open_of(SYMBOL)
    share = Decimal(1)
    if is_refused:  # as the venue does with a protected price that is far from the book's
        stop.request, share = evolve(stop.request, price_protect=True), Decimal("0.9")
    core.on_market(Mark(SYMBOL, floor.clock.now_ns(), stop.request.trigger_price * share))
    floor.run()
    return stop.request.client_algo_id


def test_a_listen_key_that_expires_is_asked_for_anew_and_the_stream_is_whole_again() -> None:
    with served(leverage=PAPER_LEVERAGE) as server, trading(server) as trader:
        expired = len(trader.all_heard(StreamHealthChanged))
        control(server, "POST", "/listenKey/expire")
        trader.wait_heard(
            lambda each: isinstance(each, UserStreamChanged) and "expired" in each.reason
        )
        trader.heard.wait_for(lambda: len(trader.all_heard(StreamHealthChanged)[expired:]) >= 4)
        trader.signal("s1")
        trader.wait_told(OrderFilled)

    healths = [each.healthy for each in trader.all_heard(StreamHealthChanged)[expired:]]
    assert healths[-1]
    assert (
        "/fapi/v1/listenKey"
        == [each.path for each in trader.exchange.sent if "listen" in each.path][-1]
    )


def test_an_entry_takes_its_price_from_the_book_and_every_order_says_how_it_meets_our_own() -> None:
    settings = evolve(SETTINGS, orders=OrderSettings(self_trade_prevention="expire_both"))
    with (
        served(leverage=PAPER_LEVERAGE) as server,
        trading(server, settings) as trader,
    ):
        mark = trader.all_heard(MarkChanged)[-1]
        trader.signal(
            "s1",
            order_type=OrderType.LIMIT,
            price=mark.mark.quantize(Decimal(1)),
            price_match=PriceMatch.OPPONENT,
        )
        trader.wait_told(PositionProtected)

    placed = [each.params for each in trader.exchange.sent if "type" in each.params]
    entry, stop = placed[0], placed[-1]
    assert ("LIMIT", "OPPONENT", "GTC") == (
        entry["type"],
        entry["priceMatch"],
        entry["timeInForce"],
    )
    assert "price" not in entry
    assert "STOP_MARKET" == stop["type"]
    assert {"EXPIRE_BOTH"} == {each["selfTradePreventionMode"] for each in placed}


@pytest.mark.parametrize("ahead_ms", [1_200, -60_000, 60_000])
def test_whatever_the_venue_s_clock_shows_nothing_is_signed_before_it_is_known(
    ahead_ms: int,
) -> None:
    with (
        served(leverage=PAPER_LEVERAGE, clock_skew_ms=ahead_ms) as server,
        trading(server) as trader,
    ):
        trader.signal("s1")
        trader.wait_told(PositionProtected)

    paths = [(each.path, each.signed) for each in trader.exchange.sent]
    first_signed = [signed for _, signed in paths].index(True)
    assert (TIME, False) in paths[:first_signed]
    assert CLOCK_REFUSED not in trader.exchange.codes


def test_nothing_is_signed_while_the_way_to_the_venue_may_be_longer_than_its_window() -> None:
    settings = evolve(SETTINGS, clock=ClockSettings(error_ms_max=100))
    with served(leverage=PAPER_LEVERAGE) as server:
        for nth in range(1, SLOW_CLOCKS + 1):
            plan = {"fault": "answer_slow", "method": "GET", "path": TIME, "size_ms": 300}
            assert (200, {}) == control(server, "POST", "/faults/once", **plan, nth=nth)
        with trading(server, settings) as trader:
            trusted = [each.trusted for each in trader.all_heard(ClockChanged)]

    paths = [(each.path, each.signed) for each in trader.exchange.sent]
    first_signed = [signed for _, signed in paths].index(True)
    assert paths[:first_signed].count((TIME, False)) > SLOW_CLOCKS
    assert trusted[-1]


@pytest.mark.parametrize("ahead_ms", [-60_000, 60_000])
def test_a_clock_that_steps_by_a_minute_fails_no_order(ahead_ms: int) -> None:
    with served(leverage=PAPER_LEVERAGE) as server, trading(server) as trader:
        control(server, "POST", "/clock", ahead_ms=ahead_ms)
        trader.signal("s1")
        trader.wait_told(PositionProtected)

    assert [] == trader.all_told(OrderFailed)
    assert CLOCK_REFUSED in trader.exchange.codes
