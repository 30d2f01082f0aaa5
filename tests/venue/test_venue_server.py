"""VenueServer: the venue answers plain HTTP, and starts and stops by its handle."""

import http.client
import json
from typing import Any

import pytest

from callboard.scenarios.venue.server.serving import PortInUseError
from support.venue_servers import get, served


def test_it_answers_without_a_key_what_needs_none() -> None:
    with served() as server:
        status, body = get(server, "/fapi/v1/ticker/bookTicker?symbol=ETHUSDT")

    assert 200 == status
    assert "ETHUSDT" == body["symbol"]


def test_an_unknown_path_is_404_as_the_exchange_words_it() -> None:
    with served() as server:
        status, body = get(server, "/fapi/v1/position")

    assert 404 == status
    assert {"code": -5000, "msg": "Path /fapi/v1/position, Method GET is invalid"} == body


def test_a_port_in_use_is_told_with_its_number() -> None:
    with served() as server, pytest.raises(PortInUseError, match=str(server.port)):
        served(port=server.port).start()


def test_accounts_of_two_keys_do_not_meet() -> None:
    with served() as server:
        _buy(server.port, "first")
        mine = _positions(server.port, "first")
        others = _positions(server.port, "second")

    assert ["BTCUSDT"] == [row["symbol"] for row in mine]
    assert [] == others


def _buy(port: int, key: str) -> None:
    _ask(port, "POST", "/fapi/v1/order", key, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01")


def _positions(port: int, key: str) -> Any:
    return _ask(port, "GET", "/fapi/v3/positionRisk", key)


def _ask(port: int, method: str, path: str, key: str, query: str = "") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/fapi/v1/time")
        now_ms = json.loads(connection.getresponse().read())["serverTime"]
        url = f"{path}?{query}&timestamp={now_ms}"
        connection.request(method, url, headers={"X-MBX-APIKEY": key})
        return json.loads(connection.getresponse().read())
    finally:
        connection.close()
