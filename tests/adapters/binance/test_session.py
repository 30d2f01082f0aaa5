"""Session: how far a request got, told exactly, against a server that misbehaves by script."""

import contextlib
import gzip
import socket
import threading
from collections.abc import Sequence

import pytest

from callboard.actors.adapters.binance.answer import BODY_BYTES_MAX
from callboard.actors.adapters.binance.transport import TransportFailure
from callboard.messages.values import Phase
from support.raw_server import (
    Act,
    RawServer,
    Received,
    http,
    refused_port,
    reply,
    reset,
    say,
    silence,
)
from support.sessions import HEADERS, LONG, SHORT, post, session_to


def outcome(script: Sequence[Sequence[Act]], *, timeout: float = LONG) -> tuple[Phase, str, int]:
    """Return phase, words and how many requests arrived for one order to a server."""
    with RawServer(script) as server, session_to(server.url) as session:
        try:
            said = post(session, server.url, timeout=timeout).text
        except TransportFailure as failure:
            said = f"{failure.phase}: {failure}"
        assert said.startswith(session.phase) or session.phase is Phase.ANSWERED
        return session.phase, said, len(server.requests)


def test_a_request_is_written_as_the_venue_reads_it() -> None:
    with RawServer([[reply("{}")]]) as server, session_to(server.url) as session:
        post(session, server.url)

        (request,) = server.requests

    assert "POST /fapi/v1/order HTTP/1.1" == request.line
    assert "symbol=BTCUSDT&newClientOrderId=a%3Ab%2Fc+d&signature=" + "5" * 64 == request.body
    assert "canary-key-0123456789" == request.headers["x-mbx-apikey"]
    assert server.url == f"http://{request.headers['host']}"


def test_a_url_is_encoded_and_its_parameters_follow() -> None:
    with RawServer([[reply("{}")]]) as server, session_to(server.url) as session:
        session.get(f"{server.url}/fapi/v1/time", headers={}, params="symbol=币安USDT&a=b c")

        (request,) = server.requests

    assert "GET /fapi/v1/time?symbol=%E5%B8%81%E5%AE%89USDT&a=b%20c HTTP/1.1" == request.line
    assert "content-length" not in request.headers


def test_a_refused_connection_sends_nothing() -> None:
    with contextlib.ExitStack() as stack:
        url = f"http://127.0.0.1:{refused_port(stack)}"
        session = stack.enter_context(session_to(url))

        with pytest.raises(TransportFailure, match="ConnectionRefusedError") as caught:
            post(session, url)

    assert (Phase.NOT_CONNECTED, Phase.NOT_CONNECTED) == (caught.value.phase, session.phase)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (reset, "ConnectionResetError"),
        (say(), "closed without an answer"),
        (say(b"HTTP/1.1 200 OK\r\nContent-Le"), "headers were cut short"),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n"), "headers were cut short"),
        (say(http(b'{"a":', headers={"Content-Length": "99"})), "half an answer"),
        (say(http(b"5\r\nhello\r\n3\r\nab", headers={"Transfer-Encoding": "chunked"})), "half"),
        (say(http(b"zz\r\nhello", headers={"Transfer-Encoding": "chunked"})), "half an answer"),
        (say(http(b"-5\r\nhello", headers={"Transfer-Encoding": "chunked"})), "chunks are none"),
        (say(http(b"{}", headers={"Transfer-Encoding": "gzip, chunked"})), "encoding is unknown"),
        (say(http(b"{}", headers={"Content-Length": "two"})), "length is no number"),
        (say(http(b"{}", headers={"Content-Length": f"{BODY_BYTES_MAX + 1}"})), "longer than"),
        (say(http(b"{}", headers={"Content-Encoding": "gzip"})), "cannot be unpacked"),
        (
            say(http(gzip.compress(b"{}" * 99)[:-9], headers={"Content-Encoding": "gzip"})),
            "half an answer",
        ),
        (
            say(http(gzip.compress(b" " * 9_000_000), headers={"Content-Encoding": "gzip"})),
            "longer than",
        ),
        (say(b"SSH-2.0-OpenSSH_9.9\r\n"), "no HTTP"),
        (say(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), "headers is none"),
        (say(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n folded\r\n\r\n1"), "headers is none"),
        (say(b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n"), "more than 100 headers"),
        (say(b"HTTP/1.1 200 OK\r\na: " + b"b" * 99_999 + b"\r\n\r\n"), "too long"),
        (say(b"HTTP/1.1 102 Processing\r\n\r\n" * 50), "too many interim"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_whole_answer_leaves_the_request_maybe_sent(act: Act, words: str) -> None:
    phase, said, arrived = outcome([[act], [reply("{}")]])

    assert (Phase.MAYBE_SENT, 1) == (phase, arrived)
    assert words in said


def test_an_answer_without_an_end_is_bounded() -> None:
    page = b"x" * (1 << 20)

    phase, said, _ = outcome([[say(http(b"", headers={"Connection": ""}), *[page] * 10)]])

    assert (Phase.MAYBE_SENT, f"longer than {BODY_BYTES_MAX} bytes") == (phase, said[-25:])


def falls_silent(connection: socket.socket, request: Received) -> None:
    """Begin an answer, and leave it at that."""
    say(b"HTTP/1.1 200 OK\r\n")(connection, request)
    silence(connection, request)


@pytest.mark.parametrize("act", [silence, falls_silent])
def test_a_silent_venue_times_out_as_maybe_sent(act: Act) -> None:
    phase, said, _ = outcome([[act]], timeout=SHORT)

    assert Phase.MAYBE_SENT is phase
    assert "timed out" in said


def test_a_venue_that_drips_does_not_stretch_the_deadline() -> None:
    ended = threading.Event()

    def drip(connection: socket.socket, _: Received) -> None:
        while not ended.wait(SHORT / 10):
            connection.sendall(b"H")

    with RawServer([[drip]]) as server, session_to(server.url) as session:
        with pytest.raises(TransportFailure, match="timed out") as caught:
            post(session, server.url, timeout=SHORT)
        ended.set()

    assert Phase.MAYBE_SENT is caught.value.phase


@pytest.mark.parametrize(
    ("act", "text"),
    [
        (say(b"HTTP/1.1 100 Continue\r\n\r\n", http(b'{"a":1}')), '{"a":1}'),
        (say(b"HTTP/1.1 100 Continue\r\n\r\n" + http(b'{"a":1}')), '{"a":1}'),
        (say(http(b"2\r\n{}\r\n0\r\n\r\n", headers={"Transfer-Encoding": "chunked"})), "{}"),
        (
            say(
                http(b"2;x=y\r\n{}\r\n0\r\nA: b\r\n\r\n", headers={"Transfer-Encoding": "chunked"})
            ),
            "{}",
        ),
        (say(http(b"{}", headers={"Connection": ""})), "{}"),
        (say(http(gzip.compress(b"[1]"), headers={"Content-Encoding": "gzip"})), "[1]"),
        (say(*(bytes((byte,)) for byte in http(b"[1]"))), "[1]"),
        (say(http(b"<html>bad gateway</html>", status=502)), "<html>bad gateway</html>"),
        (say(http(b"", status=302, headers={"Location": "/elsewhere"})), ""),
        (say(b"HTTP/1.1 204\r\n\r\n"), ""),
        (say(b"HTTP/1.0 200 OK\r\n\r\n{}"), "{}"),
    ],
    ids=range(11),
)
def test_an_answer_is_read_in_whatever_form_it_comes(act: Act, text: str) -> None:
    assert (Phase.ANSWERED, text, 1) == outcome([[act]])


def test_a_session_reaches_one_host_alone() -> None:
    with session_to("http://127.0.0.1:1") as session:
        for url in ("http://127.0.0.1:12", "https://fapi.binance.com", "http://127.0.0.1:1@x"):
            with pytest.raises(TransportFailure, match="the URL is none of") as caught:
                post(session, url)

            assert Phase.NOT_SENT is caught.value.phase


def test_a_header_of_two_lines_is_not_sent() -> None:
    with session_to("http://127.0.0.1:1") as session:
        session.headers["X-MBX-APIKEY"] = "canary\r\nX-Other: 1"

        with pytest.raises(TransportFailure, match="a header is no line of text") as caught:
            post(session, "http://127.0.0.1:1")

    assert Phase.NOT_SENT is caught.value.phase


def test_a_closed_session_sends_nothing() -> None:
    with RawServer([[reply("1")]]) as server, session_to(server.url) as session:
        session.close()

        with pytest.raises(TransportFailure, match="the session is closed") as caught:
            post(session, server.url)

        assert (Phase.NOT_CONNECTED, []) == (caught.value.phase, server.requests)


def test_an_abort_ends_a_request_that_waits() -> None:
    arrived = threading.Event()

    def wait(connection: socket.socket, request: Received) -> None:
        arrived.set()
        silence(connection, request)

    with RawServer([[wait]]) as server, session_to(server.url) as session:

        def abort() -> None:
            arrived.wait(LONG)
            session.abort()

        aborter = threading.Thread(target=abort)
        aborter.start()

        with pytest.raises(TransportFailure) as caught:
            post(session, server.url)
        aborter.join()

    assert Phase.MAYBE_SENT is caught.value.phase


def test_json_keeps_every_digit_of_a_number() -> None:
    text = '{"a": 0.10000000000000000001, "b": 12345678901234567890, "c": 1e-7}'
    with RawServer([[reply(text)]]) as server, session_to(server.url) as session:
        read = post(session, server.url).json()

    assert {
        "a": "0.10000000000000000001",
        "b": 12345678901234567890,
        "c": "1e-7",
    } == read


@pytest.mark.parametrize(
    "text", ["", "<html>", "[" * 100_000, '{"a": NaN}', "\N{PILE OF POO}", '{"a":']
)
def test_what_is_no_json_is_a_value_error_every_time(text: str) -> None:
    with RawServer([[reply(text)]]) as server, session_to(server.url) as session:
        answer = post(session, server.url)

    for _ in range(2):
        with pytest.raises(ValueError):
            answer.json()


def test_a_key_or_a_signature_that_comes_back_is_blotted_out() -> None:
    echo = f"you sent {HEADERS['X-MBX-APIKEY']} with {'5' * 64}"
    act = reply(echo, status=502, headers={"Location": echo, "X-Mbx-Used-Weight-1M": "7"})
    with RawServer([[act]]) as server, session_to(server.url) as session:
        answer = post(session, server.url)

    assert "you sent *** with ***" == answer.text == answer.headers["location"]
    assert "7" == answer.headers.get("X-MBX-USED-WEIGHT-1M")
