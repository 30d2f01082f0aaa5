"""Test of the threaded exchange: a venue on its own thread keeps the port's promises."""

import threading
from collections.abc import Generator, Iterator

import pytest

from callboard.actors.ports import VenueAnswer
from callboard.messages.values import Phase
from callboard.scenarios.venue.faults import Fault, Faults, FaultScript, ScriptedFault
from callboard.scenarios.venue.market import MarketEvent
from callboard.scenarios.venue.scaled_clock import ScaledClock
from callboard.scenarios.venue.settings import VenueSettings
from callboard.scenarios.venue.threaded import ThreadedExchange
from callboard.scenarios.venue.venue import Venue
from support.faces import SPEED, TIME, Ear, buy, open_venue, request

THREAD = "callboard-venue"


class BrokenMarket:
    """A market whose only event is a fault, soon after the start."""

    def __init__(self, at_ns: int) -> None:
        self._at_ns = at_ns

    def next_at_ns(self) -> int | None:
        return self._at_ns

    def advance(self, now_ns: int) -> Iterator[MarketEvent]:
        raise ValueError(f"line 7 is no event, at {now_ns > self._at_ns}")


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == THREAD]


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock.begin(speed=SPEED)


@pytest.fixture
def exchange(clock: ScaledClock) -> Generator[ThreadedExchange]:
    made = ThreadedExchange(open_venue(clock), clock)
    yield made
    made.close()


def test_an_order_is_answered_and_its_fill_is_heard(
    exchange: ThreadedExchange, clock: ScaledClock
) -> None:
    ear = Ear()
    exchange.open_stream("user", (), ear)
    ear.wait_for("user", "open")

    answer = ear.ask(exchange, buy(clock, "a-1"))

    assert (Phase.ANSWERED, 200) == (answer.phase, answer.status)
    ear.wait_for("user", "ORDER_TRADE_UPDATE")
    assert ["a-1"] == [order.client_order_id for order in exchange.ledger().orders]


def test_the_market_is_heard_for_the_symbols_asked_for(exchange: ThreadedExchange) -> None:
    ear = Ear()

    exchange.open_stream("market", ("ETHUSDT",), ear)

    ear.wait_for("market", "bookTicker", times=3)
    assert ("market", "open") == ear.heard[0]


def test_a_stream_that_no_venue_has_is_refused_at_once(exchange: ThreadedExchange) -> None:
    with pytest.raises(ValueError, match="news"):
        exchange.open_stream("news", (), Ear())


def test_two_clients_hear_their_own_answers_and_the_same_account(
    exchange: ThreadedExchange, clock: ScaledClock
) -> None:
    first, second = Ear(), Ear()
    other = exchange.connect("other")
    other.open_stream("user", (), second)
    second.wait_for("user", "open")

    answer = first.ask(exchange, buy(clock, "a-1"))

    assert 200 == answer.status
    second.wait_for("user", "ORDER_TRADE_UPDATE")
    assert {} == second.answers


def test_a_client_that_leaves_keeps_its_orders_and_is_told_not_connected(
    exchange: ThreadedExchange, clock: ScaledClock
) -> None:
    other, ear = exchange.connect("other"), Ear()
    ear.ask(other, buy(clock, "a-1"))

    other.close()
    other.request(request("GET", TIME), ear.answer)

    assert 1 == len(exchange.ledger().orders)
    assert 1 == len(ear.answers), "a closed client calls nobody"


def test_a_client_of_the_same_name_replaces_the_older_whose_requests_are_unsure(
    clock: ScaledClock,
) -> None:
    lost = ScriptedFault("GET", TIME, 1, Fault.ANSWER_LOST_AFTER_EXECUTION)
    exchange = ThreadedExchange(open_venue(clock, script=FaultScript((lost,))), clock)
    ear = Ear()
    exchange.open_stream("user", (), ear)
    ear.wait_for("user", "open")
    out = request("GET", TIME)
    exchange.request(out, ear.answer)

    exchange.connect("engine")

    assert Phase.MAYBE_SENT is ear.answers[out.request_id].phase
    assert ["replaced by a client of the same name"] == ear.reasons
    late = ear.ask(exchange, request("GET", TIME))
    assert (Phase.NOT_CONNECTED, "the client is closed") == (late.phase, late.text)
    exchange.close()


def test_no_callback_comes_and_no_thread_is_left_after_close(clock: ScaledClock) -> None:
    exchange, ear = ThreadedExchange(open_venue(clock), clock), Ear()
    exchange.open_stream("market", ("ETHUSDT", "BTCUSDT"), ear)
    ear.wait_for("market", "bookTicker")

    exchange.close()

    heard = len(ear.heard)
    exchange.request(request("GET", TIME), ear.answer)
    assert [] == threads()
    assert (heard, {}) == (len(ear.heard), ear.answers)


def test_a_callback_may_close_the_exchange_that_calls_it(clock: ScaledClock) -> None:
    exchange = ThreadedExchange(open_venue(clock), clock)
    closed = threading.Event()

    def close(_answer: VenueAnswer) -> None:
        exchange.close()
        closed.set()

    exchange.request(request("GET", TIME), close)

    assert closed.wait(20)
    exchange.close()
    assert [] == threads()


def test_a_venue_that_fails_ends_its_streams_and_says_why(clock: ScaledClock) -> None:
    market = BrokenMarket(clock.origin_ns + 5_000_000_000)
    venue = Venue(VenueSettings(), market, seed=1, start_ns=clock.origin_ns)
    exchange, ear = ThreadedExchange(venue, clock), Ear()
    exchange.open_stream("user", (), ear)

    ear.wait_for("user", "close")

    assert ear.reasons[0].startswith("the venue has failed: ValueError: line 7")
    answer = ear.ask(exchange, request("GET", TIME))
    assert (Phase.NOT_CONNECTED, ear.reasons[0]) == (answer.phase, answer.text)
    exchange.close()


def test_faults_are_replaced_while_it_runs(exchange: ThreadedExchange, clock: ScaledClock) -> None:
    exchange.set_faults(Faults(http_503_unknown=1.0, executed_share=1.0))

    answer = Ear().ask(exchange, buy(clock, "a-1"))

    assert 503 == answer.status
    assert ["a-1"] == [order.client_order_id for order in exchange.ledger().orders]
