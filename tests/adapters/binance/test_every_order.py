"""Every order: all types, times in force, price matches and self-trade modes are placed.

By the gateway, over sockets, at the venue's server, which then tells what it has kept.
"""

from collections.abc import Generator
from contextlib import closing
from decimal import Decimal
from itertools import count, product
from typing import Any

import pytest
from attrs import define, evolve, field

from callboard.actors.adapters.binance.client import OrderEntry
from callboard.actors.adapters.binance.exchange import BinanceExchange
from callboard.actors.adapters.binance_replies import ReplyOptions, error_of, read_result
from callboard.actors.adapters.binance_requests import build_request, stamp
from callboard.actors.ports import VenueAnswer, VenueRequest
from callboard.messages.plans import TrailingStop
from callboard.messages.values import (
    OrderType,
    PriceMatch,
    SelfTradePrevention,
    TimeInForce,
)
from callboard.messages.venue import OrderEvidence, PlaceOrder
from callboard.scenarios.venue.server.serving import VenueServer
from support.binance_clients import NoStreams, options_for
from support.venue_samples import MARKET
from support.venue_servers import served

D = Decimal
OPTIONS = ReplyOptions(margin_asset="USDT")
BELOW, ABOVE = D("0.99"), D("1.01")
PRICED = (OrderType.LIMIT, OrderType.STOP, OrderType.TAKE_PROFIT)
AT_MARKET = tuple(each for each in OrderType if each not in PRICED)
MATCHES = (None, *PriceMatch)
PREVENTIONS = (None, *SelfTradePrevention)
WITHDRAWN = (PriceMatch.OPPONENT_10, PriceMatch.OPPONENT_20)
"""Not taken by the venue since 2025-10-23."""
NOT_MATCHED, WOULD_TAKE, WOULD_NOT_FILL = -5037, -5022, -5021
GOOD_FOR_MS = 3_600_000


@define
class Gateway:
    """The gateway at a venue, and the price that BTCUSDT had when it was opened."""

    server: VenueServer
    exchange: BinanceExchange
    price: Decimal = field(init=False)
    numbers: "count[int]" = field(factory=lambda: count(1))

    def ask(self, request: VenueRequest) -> VenueAnswer:
        """Send one request and return its answer."""
        answers: list[VenueAnswer] = []
        signed = stamp(request, at_ms=self.now_ms(), recv_window_ms=5_000)
        self.exchange.request(signed, answers.append)
        return answers[0]

    def place(self, order: PlaceOrder) -> VenueAnswer:
        """Place one order and return its answer."""
        return self.ask(build_request(order, order.client_order_id))

    def now_ms(self) -> int:
        """Return the venue's time."""
        return self.server.call(lambda floor: floor.now().now_ms)

    def order(self, order_type: OrderType, **changes: Any) -> PlaceOrder:
        """Return a BUY that waits at its price, or is filled at once where that is its time."""
        is_filled = changes.get("time_in_force") is TimeInForce.FOK
        is_rising = order_type in (OrderType.STOP, OrderType.STOP_MARKET) or is_filled
        at = (self.price * (ABOVE if is_rising else BELOW)).quantize(D(1))
        if order_type is OrderType.TAKE_PROFIT:  # also a filled one waits for its trigger first
            at = (self.price * BELOW).quantize(D(1))
        is_trailing = order_type is OrderType.TRAILING_STOP_MARKET
        is_dated = changes.get("time_in_force") is TimeInForce.GTD
        return evolve(
            MARKET,
            client_order_id=f"cb-1-{next(self.numbers)}-e",
            order_type=order_type,
            price=at if order_type in PRICED else None,
            trigger_price=at if order_type.is_conditional and not is_trailing else None,
            trailing=TrailingStop(D("1.5"), activate_price=at) if is_trailing else None,
            good_till_ms=self.now_ms() + GOOD_FOR_MS if is_dated else 0,
            **changes,
        )


@pytest.fixture(params=OrderEntry)
def gateway(request: pytest.FixtureRequest) -> Generator[Gateway]:
    with served() as server:
        options = evolve(options_for(server.rest_url), order_entry=request.param)
        with closing(BinanceExchange(options, NoStreams())) as exchange:
            gateway = Gateway(server, exchange)
            path = "/fapi/v1/ticker/price"
            asked = VenueRequest("p", "GET", path, {"symbol": MARKET.symbol}, signed=False)
            gateway.price = D(gateway.ask(asked).body["price"])
            yield gateway


def test_orders_at_a_price_of_every_time_and_match_and_self_trade_mode_are_placed(
    gateway: Gateway,
) -> None:
    """Every time with every match; the self-trade modes in turn, so that each meets all of both."""
    for order_type, (at, time), (by, match) in product(
        PRICED, enumerate(TimeInForce), enumerate(MATCHES)
    ):
        prevention = PREVENTIONS[(at + by) % len(PREVENTIONS)]
        order = gateway.order(
            order_type,
            time_in_force=time,
            price_match=match,
            self_trade_prevention=prevention,
        )

        answer = gateway.place(order)

        code = expected_code(order)
        assert code == error_of(answer)[0], (order, answer.text, answer.body)
        if not code:
            assert told_of(order) == shown(answer), order
            assert_readable(order, answer)


def test_orders_at_the_market_of_every_self_trade_mode_are_placed(gateway: Gateway) -> None:
    for order_type, prevention in product(AT_MARKET, PREVENTIONS):
        order = gateway.order(order_type, self_trade_prevention=prevention)

        answer = gateway.place(order)

        assert told_of(order) == shown(answer), (order, answer.body)
        assert_readable(order, answer)


def expected_code(order: PlaceOrder) -> int:
    """Return what the venue says to an order: 0, or why its market does not take such a one."""
    if order.price_match in WITHDRAWN:
        return NOT_MATCHED
    if order.order_type is not OrderType.LIMIT or order.price_match is None:
        return 0
    is_queued = order.price_match.value.startswith("QUEUE")
    if order.time_in_force is TimeInForce.GTX and not is_queued:
        return WOULD_TAKE
    return WOULD_NOT_FILL if order.time_in_force is TimeInForce.FOK and is_queued else 0


def told_of(order: PlaceOrder) -> tuple[str, ...]:
    """Return what the venue must have understood."""
    return (
        order.order_type.value,
        order.time_in_force.value,
        "NONE" if order.price_match is None else order.price_match.value,
        (order.self_trade_prevention or SelfTradePrevention.EXPIRE_MAKER).value,
    )


def shown(answer: VenueAnswer) -> tuple[str, ...]:
    """Return what the venue shows of an order that it took."""
    body: Any = answer.body
    kind = body.get("orderType") or body.get("type")
    return kind, body["timeInForce"], body["priceMatch"], body["selfTradePreventionMode"]


def assert_readable(order: PlaceOrder, answer: VenueAnswer) -> None:
    """Check that the answer is evidence of this very order."""
    evidence = read_result(order, answer, OPTIONS).result
    assert isinstance(evidence, OrderEvidence)
    assert (order.client_order_id, order.order_type) == (
        evidence.client_order_id,
        evidence.order_type,
    )
