"""Canary: keys, secrets and signatures are pushed through every failure and show up nowhere.

The server repeats what it was sent, in bodies and headers of every kind, as proxies and gateways
do. Looked at are exceptions, answers, captured output and logs, and every file of an engine.
"""

import contextlib
import json
import logging
import socket
import time
import traceback
from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from attrs import evolve

from callboard import ExecutionSystem, Subscribe
from callboard.actors.adapters.binance.exchange import BinanceExchange
from callboard.actors.adapters.binance.session import Session
from callboard.actors.adapters.binance.transport import TransportFailure, parse_proxy, route_to
from callboard.actors.adapters.binance_replies import error_of, usage_of
from callboard.actors.adapters.clock import WallClock
from callboard.actors.ports import VenueRequest
from callboard.messages.values import Phase
from support.binance_clients import (
    API_KEY,
    API_SECRET,
    PEMS,
    NoStreams,
    bare_client,
    options_for,
    our_client,
    swapped_client,
)
from support.engines import Collector
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
from support.stages import WAIT_SECONDS, stage_settings

PARAMS = {"symbol": "BTCUSDT", "recvWindow": "2500", "timestamp": "1700000000000"}
SIGNED_MIN = 5
SECRETS = {"hmac": API_SECRET, **PEMS}


def signatures(requests: Iterable[Received]) -> set[str]:
    """Return the signatures that were sent, as they were sent and as they were made."""
    sent = [request.raw.decode() for request in requests]
    found = {text.partition("signature=")[2].split(" ")[0].split("&")[0] for text in sent}
    return (found | {unquote(text) for text in found}) - {""}


def is_clean(text: str, requests: Sequence[Received]) -> bool:
    """Say whether a text holds no key, no secret and no signature."""
    pems = chain.from_iterable(pem.splitlines()[1:-1] for pem in PEMS.values())
    secrets = {API_KEY, API_SECRET, *pems, *signatures(requests)}
    return not any(secret in text for secret in secrets)


def echo(status: int, *, as_json: bool = False, chunked: bool = False) -> Act:
    """Repeat a request in the body, the reason and a header."""

    def act(connection: socket.socket, request: Received) -> None:
        text = request.raw.decode()
        body = json.dumps({"code": -1102, "msg": text}) if as_json else f"<p>{text}</p>"
        headers = {"Location": quote(text, safe=":/?=&%"), "X-MBX-ECHO": text.replace("\r\n", " ")}
        if chunked:
            headers["Transfer-Encoding"] = "chunked"
            body = f"{len(body):x}\r\n{body}\r\n0\r\n\r\n"
        connection.sendall(http(body.encode(), status=status, headers=headers))

    return act


def garble(connection: socket.socket, request: Received) -> None:
    """Answer with the request itself, which is no answer."""
    connection.sendall(request.raw)


def break_off(connection: socket.socket, request: Received) -> None:
    """Promise more than the request, and send no more."""
    connection.sendall(http(request.raw, headers={"Content-Length": "99999"}))


PATHS: dict[str, Act] = {
    **{f"echo {status}": echo(status) for status in (200, 302, 400, 401, 403, 407, 418, 429, 502)},
    **{f"json {status}": echo(status, as_json=True) for status in (200, 400, 503)},
    "chunks": echo(502, chunked=True),
    "garbled": garble,
    "broken off": break_off,
    "reset": reset,
    "closed": say(),
    "silent": silence,
    "list": reply("[1]", status=400),
    "deep": reply("[" * 99_999, status=400),
}


@pytest.mark.parametrize(("method", "kind"), [("POST", "hmac"), ("GET", "ed25519")])
@pytest.mark.parametrize("name", PATHS)
def test_an_answer_of_any_kind_holds_nothing_secret(
    method: str,
    name: str,
    kind: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    timeout_s = 0.4 if name == "silent" else 30.0
    request = VenueRequest("1", method, "/fapi/v1/order", PARAMS)

    with (
        RawServer([[PATHS[name]]]) as server,
        our_client(server.url, secret=SECRETS[kind], timeout_s=timeout_s) as client,
    ):
        answer = client.perform(request)

    told = [repr(answer), repr(error_of(answer)), repr(usage_of(answer, "p")), repr(client)]
    told += [caplog.text, *capfd.readouterr()]
    assert name == "silent" or signatures(server.requests)
    assert [] == [text for text in told if not is_clean(text, server.requests)]


@pytest.mark.parametrize("name", PATHS)
def test_an_exception_of_python_binance_on_our_session_holds_nothing_secret(name: str) -> None:
    """The one that python-binance raises on the session of `requests` holds the whole request."""
    timeout_s = 0.4 if name == "silent" else 30.0
    shown: list[str] = []

    for lend in (swapped_client, bare_client):
        with RawServer([[PATHS[name]]]) as server, lend(server.url, timeout_s=timeout_s) as client:
            try:
                client.futures_get_order(symbol="BTCUSDT", origClientOrderId="a")
            except Exception as error:  # noqa: BLE001 - whatever is raised is looked at
                parts = [*traceback.format_exception(error), repr(vars(error))]
                held = getattr(getattr(error, "request", None), "headers", {})
                shown.append("\n".join((*parts, repr(dict(held)))))
            else:
                shown.append("")
        if lend is swapped_client:
            assert is_clean(shown[0], server.requests)


def test_failures_before_the_first_byte_hold_nothing_secret() -> None:
    with contextlib.ExitStack() as stack:
        port = refused_port(stack)
        url = f"http://127.0.0.1:{port}"
        client = stack.enter_context(our_client(url))
        answer = client.perform(VenueRequest("1", "POST", "/fapi/v1/order", PARAMS))
        proxy = parse_proxy(f"http://{API_KEY}:{API_SECRET}@127.0.0.1:{port}")
        route = evolve(route_to("https://127.0.0.1:1", {}), proxy=proxy)
        session = Session("https://127.0.0.1:1", route, {"X-MBX-APIKEY": API_KEY})
        with pytest.raises(TransportFailure) as caught:
            session.get("https://127.0.0.1:1/x", headers={}, params=f"signature={API_SECRET}")

    told = [answer, caught.value, vars(caught.value), session, route, options_for(url), client]
    assert Phase.NOT_CONNECTED is answer.phase
    assert is_clean(repr(told), [])


def test_an_engine_whose_venue_repeats_everything_keeps_nothing_secret(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    def answer(connection: socket.socket, request: Received) -> None:
        if "/fapi/v1/time" in request.line:
            reply(json.dumps({"serverTime": time.time_ns() // 1_000_000}))(connection, request)
        else:
            echo(400, as_json=len(server.requests) % 2 == 0)(connection, request)

    caplog.set_level(logging.DEBUG)
    lines, heard = Collector(), Collector()

    def log(*line: Any) -> None:
        lines(line)

    with RawServer([repeat(answer)] * 16) as server:
        exchange = BinanceExchange(options_for(server.url), NoStreams())
        ref = ExecutionSystem.start(
            stage_settings(), exchange=exchange, clock=WallClock(), data_dir=tmp_path, log=log
        )
        ref.ask(Subscribe(heard), timeout=WAIT_SECONDS)
        lines.wait_for(lambda: len(signatures(server.requests)) >= SIGNED_MIN)
        ref.stop(block=True, timeout=WAIT_SECONDS)
        exchange.close()

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    texts = {str(path): path.read_bytes().decode("utf-8", "replace") for path in files}
    told = {
        **texts,
        "log": repr(lines.events),
        "events": repr(heard.events),
        "records": caplog.text,
    }
    told |= dict(zip(("out", "err"), capfd.readouterr(), strict=True))
    assert "-1102" in "".join(texts.values())
    assert [] == [name for name, text in told.items() if not is_clean(text, server.requests)]
