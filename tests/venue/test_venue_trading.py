"""Trading at the venue: what holds in every queue model and position mode, whatever is sent."""

import json
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType] - untyped upstream
)

from callboard.actors.ports import VenueAnswer, VenueRequest
from callboard.scenarios.venue.ledger import OrderTruth
from callboard.scenarios.venue.market import DepthShape, Quote
from callboard.scenarios.venue.orders import Order
from callboard.scenarios.venue.seeded_market import ETH_WALK, SeededMarket, SeededMarketSettings
from callboard.scenarios.venue.settings import QueueModel, RateLimits, VenueSettings
from callboard.scenarios.venue.streams import Delivery
from callboard.scenarios.venue.venue import Venue
from support.venue_checks import check_conservation, check_ends, check_ids, check_reducing
from venue_world import START_NS, VenueWorld, limit_order, market_order

ORDER, BATCH, COUNTDOWN = "/fapi/v1/order", "/fapi/v1/batchOrders", "/fapi/v1/countdownCancelAll"
WALLET = Decimal(100_000)
NO_LIMITS = RateLimits(orders_10s_max=10**6, orders_1m_max=10**6, weight_1m_max=10**6)
SIDES = st.sampled_from(["BUY", "SELL"])
QUANTITIES = st.integers(10, 3000).map(lambda steps: str(Decimal(steps) / 1000))
# Few prices, so that orders meet each other and the market's levels.
PRICES = st.integers(-5, 5).map(lambda steps: str(Decimal(2600) + Decimal(steps) / 10))
NAMES = st.sampled_from(["a", "b", "c", "d", "e", "f", "g"])
MODES = st.sampled_from(["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"])
TIMES = st.sampled_from(["GTC", "IOC", "FOK", "GTX", "GTD"])
MATCHES = st.sampled_from(["", "", "", "OPPONENT", "QUEUE", "OPPONENT_5", "QUEUE_5"])


class Trader(RuleBasedStateMachine):
    """A client that sends every kind of order into a small, moving book."""

    world: VenueWorld
    hedged: bool

    @initialize(
        model=st.sampled_from(QueueModel), share=st.sampled_from(["0", "0.5", "1"]),
        hedged=st.booleans(), keeps=st.booleans(),
    )  # fmt: skip
    def open(self, model: QueueModel, share: str, hedged: bool, keeps: bool) -> None:
        settings = VenueSettings(
            rate_limits=NO_LIMITS, wallet_balance=WALLET, hedge_mode=hedged, queue_model=model,
            queue_cancels_ahead=Decimal(share), amendment_keeps_place=keeps,
        )  # fmt: skip
        self.hedged = hedged
        self.world = VenueWorld(settings)
        self.world.mark("2600.00")
        self.move("2599.90", "2")
        self.world.listen()

    @rule(
        side=SIDES, quantity=QUANTITIES, price=PRICES, name=NAMES, closes=st.booleans(),
        time_in_force=TIMES, mode=MODES, match=MATCHES,
    )  # fmt: skip
    def limit(
        self, side: str, quantity: str, price: str, name: str, closes: bool, time_in_force: str,
        mode: str, match: str,
    ) -> None:  # fmt: skip
        more = self._position(side, closes=closes) | {"selfTradePreventionMode": mode}
        order = limit_order(side, quantity, price, name, **more) | {"timeInForce": time_in_force}
        if match:
            order |= {"price": "", "priceMatch": match}
        if time_in_force == "GTD":
            order["goodTillDate"] = str(self.world.now_ms + 602_000)
        self._send(order, prevents=mode != "NONE" and time_in_force != "FOK")
        if time_in_force == "FOK":
            self._expect_whole(name)

    @rule(side=SIDES, quantity=QUANTITIES, name=NAMES, closes=st.booleans(), mode=MODES)
    def market(self, side: str, quantity: str, name: str, closes: bool, mode: str) -> None:
        more = self._position(side, closes=closes) | {"selfTradePreventionMode": mode}
        self._send(market_order(side, quantity, name, **more), prevents=mode != "NONE")

    @rule(name=NAMES, side=SIDES, quantity=QUANTITIES, price=PRICES)
    def amend(self, name: str, side: str, quantity: str, price: str) -> None:
        self.world.ask("PUT", ORDER, symbol="ETHUSDT", side=side, origClientOrderId=name,
                       quantity=quantity, price=price)  # fmt: skip

    @rule(names=st.lists(NAMES, min_size=1, max_size=3, unique=True))
    def cancel(self, names: list[str]) -> None:
        listed = json.dumps(names)
        self.world.ask("DELETE", BATCH, symbol="ETHUSDT", origClientOrderIdList=listed)

    @rule(duration_ms=st.sampled_from([0, 100, 1000]))
    def count_down(self, duration_ms: int) -> None:
        self.world.ask("POST", COUNTDOWN, symbol="ETHUSDT", countdownTime=str(duration_ms))

    @rule(bid=PRICES, size=QUANTITIES, spread=st.integers(1, 4))
    def move(self, bid: str, size: str, spread: int = 2) -> None:
        ask = Decimal(bid) + Decimal(spread) / 10
        shape = DepthShape(5, Decimal("0.10"), Decimal(1))
        at_ns, amount = self.world.now_ns, Decimal(size)
        before = self._lines()
        self.world.say(Quote("ETHUSDT", at_ns, Decimal(bid), amount, ask, amount, shape))
        self._expect_turns(before)

    @rule(price=PRICES, size=QUANTITIES, is_buyer_maker=st.booleans())
    def print(self, price: str, size: str, is_buyer_maker: bool) -> None:
        before = self._lines()
        made = sum(fill.quantity for fill in self.world.venue.ledger().fills)
        self.world.trade(price, size, is_buyer_maker=is_buyer_maker)
        self._expect_turns(before)
        after = sum(fill.quantity for fill in self.world.venue.ledger().fills)
        assert after - made <= Decimal(size)

    @rule(duration_ms=st.sampled_from([1, 200, 700_000]))
    def wait(self, duration_ms: int) -> None:
        self.world.wait(duration_ms)

    def _position(self, side: str, *, closes: bool) -> dict[str, str]:
        if self.hedged:
            return {"positionSide": "LONG" if (side == "BUY") != closes else "SHORT"}
        return {"reduceOnly": "true"} if closes else {}

    def _send(self, order: dict[str, str], *, prevents: bool) -> None:
        """Send an order; one that prevents self-trades must not find a maker of its own."""
        before = len(self.world.venue.ledger().fills)
        self.world.ask("POST", ORDER, **order)
        fills = self.world.venue.ledger().fills[before:]
        assert not (prevents and any(fill.is_maker for fill in fills))

    def _expect_whole(self, name: str) -> None:
        last = self._last(name)
        if last is not None and last.accepted_at_ns == self.world.now_ns - 5_000_000:
            assert ("FILLED", last.quantity) == (last.status, last.executed)

    def _last(self, name: str) -> OrderTruth | None:
        orders = self.world.venue.ledger().orders
        return next((o for o in reversed(orders) if o.client_order_id == name), None)

    def _lines(self) -> list[list[tuple[Order, Decimal]]]:
        """Return both lines of resting orders, first in line first, with what they executed."""
        orders = self.world.venue.core.matching.orders
        buys = orders.resting("ETHUSDT", is_buy=True).within(Decimal(0))
        sells = orders.resting("ETHUSDT", is_buy=False).within(Decimal(10**6))
        return [[(order, order.executed) for order in line] for line in (buys, sells)]

    def _expect_turns(self, before: list[list[tuple[Order, Decimal]]]) -> None:
        """Check price-time priority: who fills has nobody open ahead of it in its line."""
        for line in before:
            filled = [order.executed > executed for order, executed in line]
            last = max((place for place, one in enumerate(filled) if one), default=0)
            assert not any(order.is_open for order, _ in line[:last])

    @invariant()
    def everything_adds_up(self) -> None:
        ledger = self.world.venue.ledger()
        check_conservation(ledger, WALLET)
        check_ids(ledger)
        check_reducing(ledger)

    @invariant()
    def an_order_ends_once(self) -> None:
        check_ends(self.world.frames_of("ORDER_TRADE_UPDATE"))

    @invariant()
    def own_orders_do_not_rest_across_each_other(self) -> None:
        orders = self.world.venue.core.matching.orders
        buy = orders.resting("ETHUSDT", is_buy=True).first()
        sell = orders.resting("ETHUSDT", is_buy=False).first()
        assert buy is None or sell is None or buy.price < sell.price

    @invariant()
    def what_rests_is_what_is_open_and_holds_the_margin(self) -> None:
        core = self.world.venue.core
        lines = [order for line in self._lines() for order, _ in line]
        assert {order.order_id for order in lines} == {
            order.order_id for order in core.matching.orders.open_of("ETHUSDT")
        }
        held = sum((order.margin_rate * order.remaining for order in lines), Decimal(0))
        assert held == core.account.held_margin["ETHUSDT"]


def test_trading_keeps_its_rules_whatever_is_sent() -> None:
    run_state_machine_as_test(Trader)


def drawn(random: Random, number: int, now_ms: int) -> dict[str, str]:
    """Return one order of any kind, drawn."""
    side = "SELL" if number % 2 else "BUY"
    mode = {"selfTradePreventionMode": random.choice(["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER"])}
    if random.random() < 0.3:
        return market_order(side, "0.2", f"c{number}", **mode)
    terms = {"timeInForce": random.choice(["GTC", "GTC", "IOC", "FOK", "GTX", "GTD"])}
    if terms["timeInForce"] == "GTD":
        terms["goodTillDate"] = str(now_ms + 605_000)
    if random.random() < 0.5:
        terms |= {"priceMatch": random.choice(["OPPONENT", "QUEUE", "QUEUE_5"]), "price": ""}
    return limit_order(side, "0.5", "2600.00", f"c{number}", **mode) | terms


def drive(seed: int, model: QueueModel) -> tuple[list[Delivery], Venue]:
    """Send two hundred drawn orders into a drawn market."""
    settings = VenueSettings(
        rate_limits=NO_LIMITS, wallet_balance=WALLET, queue_model=model, trade_lite=True,
        queue_cancels_ahead=Decimal("0.5"),
    )  # fmt: skip
    # So thin that orders get through it to those that rest.
    thin = evolve(ETH_WALK, touch_quantity=Decimal("0.1"), level_quantity=Decimal("0.1"))
    market = SeededMarket(SeededMarketSettings(walks=(thin,)), seed=seed, start_ns=START_NS)
    venue = Venue(settings, market, seed=seed, start_ns=START_NS)
    venue.open_stream("user", (), now_ns=START_NS)
    random, deliveries = Random(seed), list[Delivery]()
    for number in range(1, 200):
        # Two at a time, a buy and a sell, which meet where the prices let them.
        now_ns = START_NS + number // 2 * 10_000_000_000
        params = drawn(random, number, now_ns // 1_000_000)
        params["timestamp"] = str(now_ns // 1_000_000)
        deliveries += venue.step(now_ns)
        venue.submit(VenueRequest(f"r{number}", "POST", ORDER, params), now_ns=now_ns)
    return deliveries + venue.step(START_NS + 1_700_000_000_000), venue


@pytest.mark.parametrize("model", QueueModel)
def test_one_seed_gives_the_same_trading_twice(model: QueueModel) -> None:
    first, venue = drive(5, model)
    second, _ = drive(5, model)

    assert repr(first) == repr(second)
    codes = {code_of(each.payload) for each in first if isinstance(each.payload, VenueAnswer)}
    assert {200, -5021, -5022} <= codes
    statuses = {order.status for order in venue.ledger().orders}
    assert {"FILLED", "EXPIRED", "EXPIRED_IN_MATCH"} <= statuses


def code_of(answer: VenueAnswer) -> Any:
    return answer.status if answer.status == 200 else answer.body["code"]
