"""PublicMarket: everybody's reads, with no key in them; the phases that are certain."""

from callboard.actors.adapters.binance.environment import loopback
from callboard.actors.adapters.binance.public_market import PublicMarket, PublicRead
from callboard.actors.adapters.clock import WallClock
from callboard.messages.values import Phase
from support.raw_server import RawServer, reply
from support.venue_servers import served


def _market(port: int) -> PublicMarket:
    return PublicMarket(loopback(port), WallClock(), {})


def test_a_read_is_a_get_without_key_or_parameter() -> None:
    with RawServer([[reply('{"serverTime":1}')]]) as server:
        market = _market(server.port)
        given = market.read(PublicRead.TIME, "7")
        market.close()

    (request,) = server.requests
    assert "GET /fapi/v1/time HTTP/1.1" == request.line
    assert {"host", "accept-encoding"} == set(request.headers)
    assert ("7", Phase.ANSWERED, 200, {"serverTime": 1}) == (
        given.request_id,
        given.phase,
        given.status,
        given.body,
    )


def test_filters_are_told_to_anybody_and_open_no_account() -> None:
    with served() as server:
        market = _market(server.port)
        given = market.read(PublicRead.EXCHANGE_INFO)
        market.close()
        accounts = server.call(lambda floor: [name for name, _ in floor.venues])

    assert ["BTCUSDT", "ETHUSDT"] == [each["symbol"] for each in given.body["symbols"]]
    assert [] == accounts


def test_a_venue_that_is_not_there_is_told_with_its_phase() -> None:
    given = _market(1).read(PublicRead.TIME)

    assert Phase.NOT_CONNECTED is given.phase
    assert "Connection refused" in given.text
