"""Test of the venue behind a socket: phases, streams, control frames and bad guests."""

import socket
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from callboard.actors.ports import VenueRequest
from callboard.messages.values import Phase
from callboard.scenarios.venue.control import VenueControl, VenueGoneError, clock_of
from callboard.scenarios.venue.faults import Fault, Faults, FaultScript, ScriptedFault
from callboard.scenarios.venue.framing import REQUEST_BYTES_MAX, Framer, pack
from callboard.scenarios.venue.process import CLIENTS_MAX, AddressInUseError, listen
from callboard.scenarios.venue.socket_exchange import SocketExchange
from callboard.scenarios.venue.talk import Activity, FromClient, Hello, OpenStream
from support.faces import (
    TIME,
    Ear,
    Stranger,
    buy,
    frame_of,
    request,
    serving,
    venue_process,
)

MISSING = FaultScript((ScriptedFault("GET", TIME, 1, Fault.ANSWER_LOST_AFTER_EXECUTION),))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "venue.sock"


@contextmanager
def connected(path: Path, name: str = "engine", **more: float) -> Generator[SocketExchange]:
    exchange = SocketExchange(path, client=name, **more)
    try:
        yield exchange
    finally:
        exchange.close()


def pack_of(message: FromClient) -> bytes:
    return pack(frame_of(message), REQUEST_BYTES_MAX)


def test_an_order_is_answered_and_stands_in_the_ledger(path: Path) -> None:
    with serving(path), connected(path) as exchange, VenueControl(path) as control:
        ear, clock = Ear(), clock_of(path)
        exchange.open_stream("user", (), ear)
        exchange.open_stream("market", ("ETHUSDT",), ear)
        ear.wait_for("user", "open")

        answer = ear.ask(exchange, buy(clock, "a-1"))

        assert (Phase.ANSWERED, 200) == (answer.phase, answer.status)
        assert "a-1" == answer.body["clientOrderId"]
        ear.wait_for("user", "ORDER_TRADE_UPDATE")
        ear.wait_for("market", "bookTicker", times=2)
        ledger = control.ledger()
        assert ["a-1"] == [order.client_order_id for order in ledger.orders]
        assert ledger.fills[0].quantity == ledger.positions[0].amount


def test_without_a_venue_a_request_is_not_connected(path: Path) -> None:
    with connected(path) as exchange:
        answer = Ear().ask(exchange, request("GET", TIME))

        assert Phase.NOT_CONNECTED is answer.phase
        assert str(path) in answer.text


def test_a_request_that_no_frame_can_hold_is_not_sent(path: Path) -> None:
    with serving(path), connected(path) as exchange:
        big = request("GET", TIME, note="x" * REQUEST_BYTES_MAX)

        assert Phase.NOT_SENT is Ear().ask(exchange, big).phase


def test_a_request_out_when_the_venue_dies_is_maybe_sent_and_its_streams_close(
    path: Path,
) -> None:
    ear, out = Ear(), request("GET", TIME)
    with serving(path, script=MISSING) as server, connected(path) as exchange:
        exchange.open_stream("user", (), ear)
        ear.wait_for("user", "open")
        with VenueControl(path) as control:
            exchange.request(out, ear.answer)
            control.await_activity(Activity(requests=1))

        server.stop()

        ear.wait_for("user", "close")
        assert Phase.MAYBE_SENT is ear.answers[out.request_id].phase


def test_a_venue_that_takes_no_bytes_leaves_half_a_request_maybe_sent(path: Path) -> None:
    with listen(path), connected(path, send_seconds_max=0.05) as exchange:
        big = request("GET", TIME, note="x" * (REQUEST_BYTES_MAX - 1_000))

        answer = Ear().ask(exchange, big)

        assert (Phase.MAYBE_SENT, "the venue takes no bytes") == (answer.phase, answer.text)


def test_streams_open_again_with_the_next_venue(path: Path) -> None:
    ear = Ear()
    with connected(path) as exchange:
        exchange.open_stream("user", (), ear)
        with serving(path):
            ear.wait_for("user", "open")
        ear.wait_for("user", "close")

        with serving(path):
            ear.wait_for("user", "open", times=2)
            assert 200 == ear.ask(exchange, request("GET", TIME)).status


def test_a_client_that_goes_keeps_its_orders(path: Path) -> None:
    with serving(path), VenueControl(path) as control:
        with connected(path) as exchange:
            Ear().ask(exchange, buy(clock_of(path), "a-1"))

        with connected(path) as again:
            answer = Ear().ask(again, buy(clock_of(path), "a-2"))

        assert 200 == answer.status
        assert ["a-1", "a-2"] == [order.client_order_id for order in control.ledger().orders]


def test_a_client_of_the_same_name_replaces_the_older(path: Path) -> None:
    with serving(path), connected(path) as older, VenueControl(path):
        ear = Ear()
        older.open_stream("user", (), ear)
        ear.wait_for("user", "open")

        with Stranger(path) as newer:
            newer.send(pack_of(Hello("engine")))
            ear.wait_for("user", "close")

        assert ["replaced by a connection of the same name"] == ear.reasons


def test_no_callback_comes_and_no_thread_is_left_after_close(path: Path) -> None:
    with serving(path):
        ear, exchange = Ear(), SocketExchange(path)
        exchange.open_stream("market", ("ETHUSDT", "BTCUSDT"), ear)
        ear.wait_for("market", "bookTicker")

        exchange.close()

        heard = len(ear.heard)
        exchange.request(request("GET", TIME), ear.answer)
        assert "callboard-socket" not in [thread.name for thread in threading.enumerate()]
        assert (heard, {}) == (len(ear.heard), ear.answers)


def test_a_callback_that_raises_stops_nobody_else(path: Path) -> None:
    def fail(_answer: object) -> None:
        raise ValueError

    with serving(path), connected(path) as exchange:
        exchange.request(request("GET", TIME), fail)

        assert 200 == Ear().ask(exchange, request("GET", TIME)).status


def test_faults_are_set_and_activity_is_counted_from_outside(path: Path) -> None:
    with serving(path), connected(path) as exchange, VenueControl(path) as control:
        control.set_faults(Faults(request_lost_before_execution=1.0))
        exchange.request(buy(clock_of(path), "lost"), Ear().answer)
        lost = control.await_activity(Activity(mutations=1))
        control.set_faults(Faults())

        Ear().ask(exchange, buy(clock_of(path), "a-1"))

        assert Activity(requests=1, mutations=1) == lost
        done = control.await_activity(Activity(entries=2))
        assert (2, 2) == (done.requests, done.mutations)


def test_waiting_for_what_does_not_happen_ends_with_an_error(path: Path) -> None:
    never = pytest.raises(VenueGoneError, match="the venue does not answer")
    with serving(path), VenueControl(path) as control, never:
        control.await_activity(Activity(requests=1), timeout_seconds=0.01)


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\xff\xff\xff\xff", "a frame of 4294967295 bytes, of 1048576 allowed"),
        (b"\x00\x00\x00\x02[]", "a frame is no JSON object but list"),
        (b"\x00\x00\x00\x02{}", ""),
        (pack_of(OpenStream("user", ())), "say hello first"),
        (pack_of(VenueRequest("r", "GET", TIME, {})), "say hello first"),
        (pack_of(Hello("")), "one hello, with a name"),
        (pack_of(Hello("a")) + pack_of(Hello("a")), "one hello, with a name"),
        (pack_of(Hello("a")) + pack_of(OpenStream("news", ())), "there is no stream 'news'"),
    ],
)
def test_a_bad_frame_is_answered_with_the_reason_and_the_connection_ends(
    path: Path, sent: bytes, reason: str
) -> None:
    with serving(path), connected(path, "steady") as steady:
        with Stranger(path) as stranger:
            stranger.send(sent)
            last = list(Framer(REQUEST_BYTES_MAX).feed(stranger.read_to_end()))[-1]

        assert last["t"].startswith("TalkRejected.")
        assert reason in str(last)
        assert 200 == Ear().ask(steady, request("GET", TIME)).status


def test_one_connection_too_many_is_refused(path: Path) -> None:
    with serving(path), ExitStack() as guests:
        for _ in range(CLIENTS_MAX):
            guests.enter_context(Stranger(path))

        said = guests.enter_context(Stranger(path)).read_to_end()

        assert b"connections are open already" in said


def test_a_second_venue_at_one_path_is_refused_and_a_dead_ones_rest_is_removed(
    path: Path,
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
        dead.bind(str(path))

    with serving(path), pytest.raises(AddressInUseError, match="another venue listens at"):
        listen(path)

    assert not path.exists()


def test_control_without_a_venue_says_so(path: Path) -> None:
    with pytest.raises(VenueGoneError, match="no venue answers at"):
        VenueControl(path)


def test_a_venue_process_killed_in_a_request_leaves_it_maybe_sent(path: Path) -> None:
    ear = Ear()
    faults = "--faults=answer_late=1,answer_late_ms=60000"
    with venue_process(path, faults) as process, connected(path) as exchange:
        out = request("GET", TIME)
        exchange.request(out, ear.answer)
        with VenueControl(path) as control:
            control.await_activity(Activity(requests=1))

        process.kill()

        ear.wait(lambda heard: out.request_id in heard.answers)
        assert Phase.MAYBE_SENT is ear.answers[out.request_id].phase
        process.wait()
        later = ear.ask(exchange, request("GET", TIME)).phase
        # A connection may have been made to the dying process, but it took no byte.
        assert later in (Phase.NOT_CONNECTED, Phase.NOT_SENT)
