"""Batches over sockets: one signed request carries several orders, and each has its answer."""

from collections.abc import Generator, Sequence
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors.adapters.batches import BATCH, join, split
from callboard.actors.adapters.binance.exchange import BinanceExchange
from callboard.actors.adapters.binance_replies import ReplyOptions, error_of, read_result
from callboard.actors.adapters.binance_requests import build_request, stamp
from callboard.actors.ports import VenueAnswer
from callboard.messages.values import OrderType
from callboard.messages.venue import CancelOne, OrderEvidence, PlaceOrder
from callboard.scenarios.venue.server.door import ClosedDoor, Pass
from callboard.scenarios.venue.server.serving import VenueServer
from callboard.scenarios.venue.server.signatures import SharedSecret
from support.binance_clients import API_KEY, API_SECRET, NoStreams, options_for
from support.venue_samples import MARKET
from support.venue_servers import served

OPTIONS = ReplyOptions(margin_asset="USDT")


@pytest.fixture
def server() -> Generator[VenueServer]:
    """A venue that verifies every signature."""
    door = ClosedDoor([Pass("main", API_KEY, SharedSecret(API_SECRET.encode()))])
    with served(door=door) as server:
        yield server


def asked(server: VenueServer, calls: Sequence[PlaceOrder | CancelOne]) -> list[VenueAnswer]:
    """Send calls in one request; return what each was answered."""
    answers: list[VenueAnswer] = []
    request = join([build_request(each, str(number)) for number, each in enumerate(calls)])
    now_ms = server.call(lambda floor: floor.now().now_ms)
    assert BATCH == request.path
    with closing(BinanceExchange(options_for(server.rest_url), NoStreams())) as exchange:
        exchange.request(stamp(request, at_ms=now_ms, recv_window_ms=5_000), answers.append)
    return split(answers[0], len(calls))


def order(number: int, symbol: str, quantity: str, **changes: Any) -> PlaceOrder:
    cid = f"cb-1-{number}-e"
    return evolve(MARKET, client_order_id=cid, symbol=symbol, quantity=Decimal(quantity), **changes)


def test_orders_of_a_batch_are_placed_and_refused_each_for_itself(server: VenueServer) -> None:
    orders = [order(1, "BTCUSDT", "0.010"), order(2, "ETHUSDT", "0.00001")]

    taken, refused = asked(server, orders)

    read = read_result(orders[0], taken, OPTIONS).result
    assert isinstance(read, OrderEvidence)
    assert "cb-1-1-e" == read.client_order_id
    assert (400, True) == (refused.status, error_of(refused)[0] < 0)


def test_cancels_of_a_batch_are_told_each_for_itself(server: VenueServer) -> None:
    resting = {"order_type": OrderType.LIMIT, "price": Decimal(45_000)}
    placed = [order(1, "BTCUSDT", "0.010", **resting), order(2, "ETHUSDT", "0.05")]
    asked(server, placed)

    gone, unknown = asked(
        server,
        [CancelOne(f"cb-1-{number}-e", "BTCUSDT", conditional=False) for number in (1, 2)],
    )

    read = read_result(CancelOne("cb-1-1-e", "BTCUSDT", conditional=False), gone, OPTIONS).result
    assert isinstance(read, OrderEvidence)
    assert "CANCELED" == read.status
    assert (400, -2011) == (unknown.status, error_of(unknown)[0])
