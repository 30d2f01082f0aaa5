"""Conformance: python-binance on our session and on that of `requests`, side by side.

The same calls go to the same scripted server. What arrives there is the same to the byte, but for
times and signatures, and so is what the caller gets: value, exception, code and words. Where no
answer comes both raise, ours with its phase. The differences that are meant stand at the end.
"""

import gzip
import re
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import pytest
import requests
from attrs import frozen
from binance.exceptions import BinanceAPIException, BinanceRequestException

from callboard.actors.adapters.binance.answer import BODY_BYTES_MAX
from callboard.actors.adapters.binance.transport import TransportFailure
from callboard.messages.values import Phase
from support.binance_clients import API_KEY, bare_client, swapped_client
from support.raw_server import Act, RawServer, http, reply, reset, say, silence

Call = Callable[[Any], Any]
Lend = Callable[..., AbstractContextManager[Any]]

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.010",
    "price": "50000.10",
    "newClientOrderId": "cb1-7-1.a_B",
}
STOP = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "clientAlgoId": "cb1-7-2"}

CALLS: dict[str, Call] = {
    "limit": lambda client: client.futures_create_order(**LIMIT),
    "market": lambda client: client.futures_create_order(
        symbol="BTCUSDT", side="SELL", type="MARKET", quantity="1", newClientOrderId="a"
    ),
    "stop": lambda client: client.futures_create_order(
        **STOP, stopPrice="4.5", closePosition="true"
    ),
    "algo": lambda client: client.futures_create_algo_order(
        **STOP, algoType="CONDITIONAL", triggerPrice="4.5"
    ),
    "algo cancel": lambda client: client.futures_cancel_algo_order(clientAlgoId="cb1-7-2"),
    "amend": lambda client: client.futures_modify_order(**LIMIT, orderId="5"),
    "cancel": lambda client: client.futures_cancel_order(symbol="BTCUSDT", origClientOrderId="a"),
    "query": lambda client: client.futures_get_order(symbol="BTCUSDT", origClientOrderId="a"),
    "open": lambda client: client.futures_get_open_orders(),
    "trades": lambda client: client.futures_account_trades(symbol="币安USDT", limit="5"),
    "account": lambda client: client.futures_account(),
    "positions": lambda client: client.futures_position_information(),
    "leverage": lambda client: client.futures_change_leverage(symbol="BTCUSDT", leverage="5"),
    "margin": lambda client: client.futures_change_margin_type(symbol="X", marginType="ISOLATED"),
    "mode": lambda client: client.futures_change_position_mode(dualSidePosition="true"),
    "key": lambda client: client.futures_stream_get_listen_key(),
    "key alive": lambda client: client.futures_stream_keepalive("abc"),
    "key end": lambda client: client.futures_stream_close("abc"),
    "all": lambda client: client.futures_cancel_all_open_orders(symbol="BTCUSDT"),
    "dead man": lambda client: client.futures_countdown_cancel_all(symbol="X", countdownTime="5"),
    "batch": lambda client: client.futures_place_batch_order(batchOrders=[LIMIT]),
    "batch end": lambda client: client.futures_cancel_orders(symbol="X", orderidlist=[1, 2]),
    "info": lambda client: client.futures_exchange_info(),
    "ping": lambda client: client.futures_ping(),
    "mark": lambda client: client.futures_mark_price(symbol="a b/c:d"),
}
ORDER, QUERY = CALLS["limit"], CALLS["query"]

ROW = '{"orderId": 7, "status": "NEW", "price": "0.10", "nested": [1, {"a": null}], "u": "币"}'
HTML = "<html><h1>502 Bad Gateway</h1></html>"
CHUNKED = {"Transfer-Encoding": "chunked"}
PACKED = {"Content-Encoding": "gzip"}
ANSWERS: dict[str, Act] = {
    "row": reply(ROW),
    "list": reply(f"[{ROW}]"),
    "empty": reply(""),
    "no content": say(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "code": reply('{"code": -2019, "msg": "Margin is insufficient."}', status=400),
    "no code": reply('{"msg": "?"}', status=400),
    "list at 400": reply("[1]", status=400),
    "text at 400": reply('"text"', status=400),
    "limit": reply('{"code": -1003, "msg": "banned until 1700000000000"}', status=418),
    "unknown": reply('{"code": -1000, "msg": "Unknown error"}', status=503),
    "down": reply("Service Unavailable.", status=503),
    "html": reply(HTML, status=502, headers={"Content-Type": "text/html"}),
    "html at 200": reply(HTML, headers={"Content-Type": "text/html; charset=utf-8"}),
    "chunked": say(http(b"4\r\n[1, \r\n2\r\n2]\r\n0\r\n\r\n", headers=CHUNKED)),
    "chunks one by one": say(*http(b"2\r\n[1\r\n1\r\n]\r\n0\r\n\r\n", headers=CHUNKED).split(b"~")),
    "packed": say(http(gzip.compress(ROW.encode()), headers=PACKED)),
    "to the end": say(http(ROW.encode(), headers={"Connection": ""})),
    "continue": say(b"HTTP/1.1 100 Continue\r\n\r\n" + http(ROW.encode())),
    "byte by byte": say(*(bytes((byte,)) for byte in http(ROW.encode()))),
    "short length": say(http(ROW.encode(), headers={"Content-Length": "20"})),
    "ends": reply(ROW, headers={"Connection": "close"}),
}
TROUBLE: dict[str, Act] = {
    "reset after the request was read": reset,
    "closed after the request was read": say(),
    "half of the headers": say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"),
    "half of the body": say(http(b'{"a":', headers={"Content-Length": "99"})),
    "half of a chunk": say(http(b"9\r\nhello", headers=CHUNKED)),
    "no http": say(b"SSH-2.0-OpenSSH\r\n\r\n"),
    "silence": silence,
}


@frozen
class Seen:
    """What one call came to, on both ends."""

    outcome: tuple[object, ...]
    phase: Phase | None
    requests: tuple[str, ...]


def call_on(
    lend: Lend, script: Sequence[Sequence[Act]], *calls: Call, timeout_s: float = 30.0
) -> Seen:
    """Make calls one after another and return the last one's end, and all that arrived."""
    with RawServer(script) as server, lend(server.url, timeout_s=timeout_s) as client:
        seen: tuple[tuple[object, ...], Phase | None] = ((), None)
        for call in calls:
            seen = _end_of(call, client)
        return Seen(*seen, tuple(_comparable(each.raw, server.url) for each in server.requests))


def _end_of(call: Call, client: Any) -> tuple[tuple[object, ...], Phase | None]:
    try:
        value = call(client)
    except BinanceAPIException as error:
        return ("refused", error.status_code, error.code, error.message), None
    except BinanceRequestException as error:
        return ("unreadable", error.message), None
    except requests.RequestException:
        return ("no answer",), None
    except TransportFailure as failure:
        return ("no answer",), failure.phase
    except AttributeError as error:
        return ("crashed", str(error)), None
    return ("value", value), None


def _comparable(raw: bytes, url: str) -> str:
    """Return a request without what differs by time, and without headers that say nothing."""
    head, _, body = raw.decode().partition("\r\n\r\n")
    line, *headers = head.split("\r\n")
    idle = ("accept-encoding", "connection")
    told = sorted(each for each in headers if each.partition(":")[0].lower() not in idle)
    text = "\n".join((line, *told, "", body)).replace(url.rpartition("/")[2], "HOST")
    return re.sub(r"\b(timestamp|signature)=\w+", r"\1=", text)


def both(
    *calls: Call, script: Sequence[Sequence[Act]], timeout_s: float = 30.0
) -> tuple[Seen, Seen]:
    """Return what calls come to on our session, and on that of `requests`."""
    ours = call_on(swapped_client, script, *calls, timeout_s=timeout_s)
    return ours, call_on(bare_client, script, *calls, timeout_s=timeout_s)


@pytest.mark.parametrize("name", CALLS)
def test_the_same_request_arrives(name: str) -> None:
    ours, theirs = both(CALLS[name], script=[[reply('{"listenKey": "abc"}')]])

    assert theirs == ours
    assert 1 == len(ours.requests)
    assert API_KEY in ours.requests[0]


@pytest.mark.parametrize("call", [ORDER, QUERY], ids=["order", "query"])
@pytest.mark.parametrize("name", ANSWERS)
def test_the_same_answer_is_told(name: str, call: Call) -> None:
    ours, theirs = both(call, script=[[ANSWERS[name]]])

    assert theirs.outcome == ours.outcome
    assert theirs.outcome[0] != "no answer"


@pytest.mark.parametrize("call", [ORDER, QUERY], ids=["order", "query"])
@pytest.mark.parametrize("name", TROUBLE)
def test_where_no_answer_comes_both_raise_and_ours_says_that_it_may_be_sent(
    name: str, call: Call
) -> None:
    timeout_s = 0.4 if name == "silence" else 30.0

    ours, theirs = both(call, script=[[TROUBLE[name]], [reply(ROW)]], timeout_s=timeout_s)

    assert ("no answer",) == ours.outcome == theirs.outcome
    assert Phase.MAYBE_SENT is ours.phase
    # Whoever times out does not know whether the other side has read it yet.
    assert name == "silence" or (1, 1) == (len(ours.requests), len(theirs.requests))


@pytest.mark.parametrize("name", [name for name in ANSWERS if name != "short length"])
def test_the_next_call_is_answered_as_well(name: str) -> None:
    closing = ("to the end", "ends")
    script = (
        [[ANSWERS[name]], [reply("[2]")]] if name in closing else [[ANSWERS[name], reply("[2]")]]
    )

    ours, theirs = both(ORDER, QUERY, script=script)

    assert ("value", [2]) == ours.outcome == theirs.outcome
    assert theirs.requests == ours.requests


def test_meant_a_number_with_a_point_is_its_text() -> None:
    ours, theirs = both(QUERY, script=[[reply('{"a": 0.10000000000000000001}')]])

    assert ("value", {"a": "0.10000000000000000001"}) == ours.outcome
    assert ("value", {"a": 0.1}) == theirs.outcome


def test_meant_a_redirection_is_not_followed() -> None:
    act = reply("moved", status=302, headers={"Location": "/fapi/v1/ping"})

    ours, theirs = both(ORDER, script=[[act, reply(ROW)]])

    assert (("refused", 302, 0), 1) == (ours.outcome[:3], len(ours.requests))
    assert ("value", 2) == (theirs.outcome[0], len(theirs.requests))


def test_meant_an_answer_of_ten_megabytes_is_not_taken_in() -> None:
    page = reply(f'"{"x" * 10_000_000}"')

    ours, theirs = both(QUERY, script=[[page]])

    assert BODY_BYTES_MAX < 10_000_000
    assert (("no answer",), Phase.MAYBE_SENT, "value") == (
        ours.outcome,
        ours.phase,
        theirs.outcome[0],
    )


def test_meant_a_body_nested_without_end_is_no_json() -> None:
    act = say(http(b"[" * 100_000))

    ours = call_on(swapped_client, [[act]], QUERY)

    assert "unreadable" == ours.outcome[0]


def test_meant_a_key_that_comes_back_is_in_no_exception() -> None:
    ours, theirs = both(ORDER, script=[[reply(f"you are {API_KEY}", status=502)]])

    assert (API_KEY in str(theirs.outcome), API_KEY in str(ours.outcome)) == (True, False)
