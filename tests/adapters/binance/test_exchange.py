"""BinanceExchange: requests on their callers' threads, kept clients, an end without echo."""

import asyncio
import socket
import threading
from contextlib import AbstractContextManager, closing
from urllib.parse import urlsplit

import pytest

from callboard.actors.adapters.binance import exchange as module
from callboard.actors.adapters.binance.environment import loopback
from callboard.actors.adapters.binance.exchange import BinanceExchange
from callboard.actors.adapters.binance.keys import paper_credentials
from callboard.actors.adapters.binance.opening import open_at
from callboard.actors.adapters.binance_requests import build_request
from callboard.actors.adapters.clock import WallClock
from callboard.actors.ports import VenueAnswer
from callboard.actors.settings import OrderSettings, Settings
from callboard.messages.values import Phase
from callboard.messages.venue import ReadTime
from support.binance_clients import NoStreams, options_for
from support.raw_server import WAIT_SECONDS, RawServer, Received, reply, silence

TIME = build_request(ReadTime(), "t")


def exchange_at(
    url: str, streams: NoStreams | None = None
) -> AbstractContextManager[BinanceExchange]:
    """Return an exchange that is closed at the end."""
    return closing(BinanceExchange(options_for(url), streams or NoStreams()))


def test_a_request_is_answered_on_its_callers_thread_before_it_returns() -> None:
    heard: list[tuple[VenueAnswer, threading.Thread]] = []
    headers = {"X-MBX-USED-WEIGHT-1M": "3"}
    script = [[reply('{"serverTime": 5}', headers=headers)]]

    with RawServer(script) as server, exchange_at(server.url) as exchange:
        exchange.request(TIME, lambda answer: heard.append((answer, threading.current_thread())))

    expected = VenueAnswer(
        "t", Phase.ANSWERED, 200, {"x-mbx-used-weight-1m": "3"}, {"serverTime": 5}
    )
    assert [(expected, threading.current_thread())] == heard


def test_requests_of_two_threads_go_side_by_side_and_their_connections_are_kept() -> None:
    meeting = threading.Barrier(2, timeout=WAIT_SECONDS)
    answers: list[VenueAnswer] = []

    def meet(connection: socket.socket, request: Received) -> None:
        meeting.wait()
        reply("{}")(connection, request)

    script = [[meet, reply("{}"), reply("{}")], [meet, reply("{}"), reply("{}")]]
    with RawServer(script) as server, exchange_at(server.url) as exchange:
        threads = [
            threading.Thread(target=exchange.request, args=(TIME, answers.append)) for _ in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        exchange.request(TIME, answers.append)
        exchange.request(TIME, answers.append)

        assert 2 == server.accepted

    assert [Phase.ANSWERED] * 4 == [answer.phase for answer in answers]


def test_what_is_out_ends_with_the_exchange_and_nobody_hears_of_it() -> None:
    arrived = threading.Event()
    answers: list[VenueAnswer] = []
    streams = NoStreams()

    def wait(connection: socket.socket, request: Received) -> None:
        arrived.set()
        silence(connection, request)

    with RawServer([[wait]]) as server:
        exchange = BinanceExchange(options_for(server.url), streams)
        thread = threading.Thread(target=exchange.request, args=(TIME, answers.append))
        thread.start()
        arrived.wait(WAIT_SECONDS)
        exchange.close()
        thread.join()
        exchange.request(TIME, answers.append)

    assert ([], True) == (answers, streams.is_closed)


def test_more_requests_at_once_than_there_may_be_are_not_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "CLIENTS_MAX", 0)
    answers: list[VenueAnswer] = []

    with exchange_at("http://127.0.0.1:1") as exchange:
        exchange.request(TIME, answers.append)

    assert [(Phase.NOT_SENT, module.TOO_MANY)] == [(each.phase, each.text) for each in answers]


def test_a_request_has_as_long_as_the_settings_say_and_may_be_sent_then() -> None:
    """S0-003, C-06: five seconds, unless the settings say otherwise."""
    answers: list[VenueAnswer] = []
    settings = Settings(orders=OrderSettings(request_timeout_ms=200))

    with RawServer([[silence]]) as server:
        address = loopback(urlsplit(server.url).port or 0)
        opened = open_at(address, paper_credentials(""), settings, WallClock(), {})
        with closing(opened.exchange) as exchange:
            exchange.request(TIME, answers.append)

    assert [(Phase.MAYBE_SENT, "no answer: TimeoutError: timed out")] == [
        (each.phase, each.text) for each in answers
    ]
    assert 5_000 == OrderSettings().request_timeout_ms


def test_no_event_loop_is_left_with_the_thread_that_made_it() -> None:
    left: list[object] = []

    def make() -> None:
        with exchange_at("http://127.0.0.1:1"):
            try:
                left.append(asyncio.get_event_loop())
            except RuntimeError:
                left.append(None)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()

    assert [None] == left
