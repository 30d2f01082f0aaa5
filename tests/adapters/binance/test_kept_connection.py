"""Kept connections: renewed while nothing has left, never tried again afterwards."""

import socket
import threading
import time

import pytest

from callboard.actors.adapters.binance.connection import Connection
from callboard.actors.adapters.binance.transport import TransportFailure
from callboard.messages.values import Phase
from support.raw_server import RawServer, Received, http, reply, reset, say
from support.sessions import LONG, SHORT, post, session_to


def test_one_connection_serves_many_requests() -> None:
    with RawServer([[reply("1"), reply("2"), reply("3")]]) as server:
        with session_to(server.url) as session:
            texts = [post(session, server.url).text for _ in range(3)]

        assert (["1", "2", "3"], 1) == (texts, server.accepted)


def test_a_connection_that_was_closed_between_requests_is_renewed_and_nothing_is_sent_twice() -> (
    None
):
    with RawServer([[reply("1")], [reply("2")]]) as server, session_to(server.url) as session:
        post(session, server.url)
        server.await_end()

        answer = post(session, server.url)

        assert ("2", 2, 2) == (answer.text, len(server.requests), server.accepted)


def always(_: Connection) -> bool:
    """Believe that a connection lives."""
    return True


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_connection_that_was_reset_between_requests_is_renewed(
    is_noticed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unnoticed it refuses the first byte, so that still nothing has left."""
    if not is_noticed:
        monkeypatch.setattr(Connection, "is_fresh", always)
    answered = threading.Event()

    def reply_and_reset(connection: socket.socket, request: Received) -> None:
        reply("1")(connection, request)
        answered.wait(LONG)
        reset(connection, request)

    with RawServer([[reply_and_reset], [reply("2")]]) as server, session_to(server.url) as session:
        post(session, server.url)
        answered.set()
        server.await_end()

        answer = post(session, server.url)

        assert ("2", 2) == (answer.text, len(server.requests))


def test_a_socket_that_takes_no_byte_has_sent_nothing() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.shutdown(socket.SHUT_WR)

        with pytest.raises(TransportFailure) as caught:
            Connection(ours).send(b"POST", time.monotonic() + LONG)

    assert Phase.NOT_SENT is caught.value.phase


def test_a_socket_that_takes_a_part_may_have_sent_it() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, pytest.raises(TransportFailure, match="timed out") as caught:
        Connection(ours).send(bytes(1 << 24), time.monotonic() + SHORT)

    assert Phase.MAYBE_SENT is caught.value.phase


def test_a_kept_connection_that_dies_under_a_request_is_not_tried_again() -> None:
    with (
        RawServer([[reply("1"), reset], [reply("2")]]) as server,
        session_to(server.url) as session,
    ):
        post(session, server.url)

        with pytest.raises(TransportFailure) as caught:
            post(session, server.url)

        assert (Phase.MAYBE_SENT, 2, 1) == (
            caught.value.phase,
            len(server.requests),
            server.accepted,
        )


def test_what_nobody_asked_for_is_no_answer_to_the_next_request() -> None:
    surplus = http(b"1") + http(b'"surplus"')
    with (
        RawServer([[say(surplus), reply("2")], [reply("3")]]) as server,
        session_to(server.url) as session,
    ):
        post(session, server.url)

        answer = post(session, server.url)

        assert ("3", 2) == (answer.text, server.accepted)


def test_a_longer_body_than_was_told_is_cut_and_its_rest_is_no_answer() -> None:
    act = say(http(b'{"a":1}', headers={"Content-Length": "3"}))
    with RawServer([[act], [reply("3")]]) as server, session_to(server.url) as session:
        first = post(session, server.url)

        answer = post(session, server.url)

        assert ('{"a', "3", 2) == (first.text, answer.text, server.accepted)


def test_an_announced_end_is_believed() -> None:
    act = reply("1", headers={"Connection": "close"})
    with RawServer([[act, act], [reply("2")]]) as server, session_to(server.url) as session:
        post(session, server.url)

        assert ("2", 2) == (post(session, server.url).text, server.accepted)


def test_a_connection_idle_for_long_is_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    script = [[reply("1"), reply("1")], [reply("2")]]
    with RawServer(script) as server, session_to(server.url) as session:
        post(session, server.url)
        monkeypatch.setattr("callboard.actors.adapters.binance.connection.IDLE_SECONDS_MAX", -1.0)

        assert ("2", 2) == (post(session, server.url).text, server.accepted)
