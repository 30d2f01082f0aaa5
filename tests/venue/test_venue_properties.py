"""Venue properties: what holds whatever a client and the market do."""

import os
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from typing import Any

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,  # pyright: ignore[reportUnknownVariableType] - untyped upstream
)

from callboard.actors.ports import VenueRequest
from callboard.scenarios.venue.account import Position
from callboard.scenarios.venue.faults import Fault, Faults
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.limits import Window
from callboard.scenarios.venue.seeded_market import SeededMarket
from callboard.scenarios.venue.settings import RateLimits, VenueSettings
from callboard.scenarios.venue.streams import Delivery
from callboard.scenarios.venue.venue import Venue
from support.venue_checks import check_conservation, check_ids
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

WALLET = Decimal(10_000)
OPEN = ("NEW", "PARTIALLY_FILLED")
SIDES = st.sampled_from(["BUY", "SELL"])
QUANTITIES = st.integers(1, 3000).map(lambda steps: str(Decimal(steps) / 1000))
CENTS = st.integers(255_000, 265_000).map(lambda cents: str(Decimal(cents) / 100))
NAMES = st.sampled_from(["a", "b", "c", "d", "e"])


class AnyClient(RuleBasedStateMachine):
    """A client that does anything, in a market that goes anywhere near 2600."""

    def __init__(self) -> None:
        super().__init__()
        limits = RateLimits(orders_10s_max=10**6, orders_1m_max=10**6, weight_1m_max=10**6)
        self.world = VenueWorld(VenueSettings(rate_limits=limits, wallet_balance=WALLET))
        self.world.quote("2600.00", "2600.10", quantity="2")
        self.world.mark("2600.00")
        self.world.listen()

    @rule(side=SIDES, quantity=QUANTITIES, name=NAMES, reduces=st.booleans())
    def market(self, side: str, quantity: str, name: str, reduces: bool) -> None:
        more = {"reduceOnly": "true"} if reduces else {}
        # What has fired already is at the matching engine by then.
        self.world.wait(20)
        before = self.world.position()
        self.world.ask("POST", ORDER, **market_order(side, quantity, name, **more))
        if reduces:
            after = self.world.position()
            assert abs(after) <= abs(before)
            assert after * before >= 0

    @rule(
        side=SIDES, quantity=QUANTITIES, price=CENTS, name=NAMES, reduces=st.booleans(),
        time_in_force=st.sampled_from(["GTC", "IOC", "FOK", "GTX"]),
    )  # fmt: skip
    def limit(
        self, side: str, quantity: str, price: str, name: str, reduces: bool, time_in_force: str
    ) -> None:
        more = {"reduceOnly": "true"} if reduces else {}
        order = limit_order(side, quantity, price, name, **more)
        self.world.ask("POST", ORDER, **(order | {"timeInForce": time_in_force}))

    @rule(side=SIDES, quantity=QUANTITIES, price=CENTS, name=NAMES, closes=st.booleans())
    def conditional(self, side: str, quantity: str, price: str, name: str, closes: bool) -> None:
        more = {"closePosition": "true"} if closes else {"quantity": quantity}
        self.world.ask("POST", ALGO, **stop_order(side, price, name, **more))

    @rule(name=NAMES)
    def cancel(self, name: str) -> None:
        self.world.ask("DELETE", ORDER, symbol="ETHUSDT", origClientOrderId=name)
        self.world.ask("DELETE", ALGO, clientAlgoId=name)

    @rule(name=NAMES, side=SIDES, quantity=QUANTITIES, price=CENTS)
    def amend(self, name: str, side: str, quantity: str, price: str) -> None:
        self.world.ask("PUT", ORDER, symbol="ETHUSDT", side=side, origClientOrderId=name,
                       quantity=quantity, price=price)  # fmt: skip

    @rule(price=CENTS, size=QUANTITIES)
    def move(self, price: str, size: str) -> None:
        self.world.quote(price, str(Decimal(price) + Decimal("0.10")), quantity=size)
        self.world.mark(price)

    @rule(price=CENTS, size=QUANTITIES, is_buyer_maker=st.booleans())
    def print(self, price: str, size: str, is_buyer_maker: bool) -> None:
        self.world.trade(price, size, is_buyer_maker=is_buyer_maker)

    @rule(duration_ms=st.integers(1, 200))
    def wait(self, duration_ms: int) -> None:
        self.world.wait(duration_ms)

    @invariant()
    def everything_adds_up(self) -> None:
        ledger = self.world.venue.ledger()
        check_conservation(ledger, WALLET)
        check_ids(ledger)

    @invariant()
    def resting_reducers_never_exceed_their_position(self) -> None:
        resting = sum(
            (
                order.quantity - order.executed
                for order in self.world.venue.ledger().orders
                if order.is_open and order.reduce_only and not order.is_algo
            ),
            Decimal(0),
        )
        assert resting <= abs(self.world.position())

    @invariant()
    def held_margin_is_that_of_the_open_orders(self) -> None:
        # Both of one moment: between two requests an order may end.
        core = self.world.venue.core
        held = core.account.held_margin["ETHUSDT"]
        assert held >= 0
        assert core.matching.orders.open_of("ETHUSDT") or held == 0

    @invariant()
    def the_stream_tells_every_fill_once(self) -> None:
        self.world.wait(10)
        told = [
            frame["o"]["t"]
            for frame in self.world.frames_of("ORDER_TRADE_UPDATE")
            if frame["o"]["x"] == "TRADE"
        ]
        assert told == [fill.trade_id for fill in self.world.venue.ledger().fills]


def test_the_books_add_up_whatever_a_client_does() -> None:
    run_state_machine_as_test(AnyClient)


@given(
    st.lists(
        st.tuples(st.integers(-500, 500).filter(bool), st.integers(100_000, 300_000)),
        max_size=30,
    )
)
def test_realised_profit_is_the_cash_that_flowed_plus_the_cost_kept(
    fills: list[tuple[int, int]],
) -> None:
    position, cash, realized = Position("ETHUSDT", "BOTH"), Decimal(0), Decimal(0)

    for steps, cents in fills:
        delta, price = Decimal(steps) / 1000, Decimal(cents) / 100
        cash -= delta * price
        realized += position.add(delta, price)

    assert realized == cash + position.cost
    assert position.amount == sum(Decimal(steps) / 1000 for steps, _ in fills)


@given(st.lists(st.tuples(st.integers(0, 30_000), st.integers(0, 50)), max_size=40))
def test_a_window_counts_exactly_what_arrived_in_it(steps: list[tuple[int, int]]) -> None:
    window, at_ms = Window(60_000), 0
    arrived: Counter[int] = Counter()

    for pause_ms, amount in steps:
        at_ms += pause_ms
        arrived[at_ms // 60_000] += amount
        assert window.count(amount, at_ms) == arrived[at_ms // 60_000]

    assert window.used_max == max(arrived.values(), default=0)


SELDOM = (Fault.HTTP_418, Fault.HTTP_418_BARE, Fault.MAINTENANCE, Fault.CLOCK_SKEW)
"""Those that keep everything else away for a while."""
EVERY_FAULT = Faults(
    http_418_ms=500,
    http_418_bare_ms=500,
    maintenance_ms=500,
    symbol_halted_ms=2_000,
    mode_changed_ms=500,
    clock_skew_ms=100,
    balance_changed_pct=1,
).having({fault: 0.004 if fault in SELDOM else 0.02 for fault in Fault})
START_NS = 1_700_000_040_000_000_000


def drive(seed: int, faults: Faults, orders: int = 150) -> tuple[list[Delivery], VenueLedger]:
    """Run a fixed client against a seeded market for a while; return what came of it."""
    deliveries, venue = run(seed, faults, orders)
    return deliveries, venue.ledger()


def run(seed: int, faults: Faults, orders: int) -> tuple[list[Delivery], Venue]:
    """Run a fixed client against a seeded market for a while."""
    settings = VenueSettings(faults=faults, wallet_balance=WALLET, trade_lite=True)
    venue = Venue(
        settings, SeededMarket(seed=seed, start_ns=START_NS), seed=seed, start_ns=START_NS
    )
    venue.open_stream("user", (), now_ns=START_NS)
    venue.open_stream("market", ("ETHUSDT", "BTCUSDT"), now_ns=START_NS)
    deliveries: list[Delivery] = []
    for number in range(orders):
        now_ns = START_NS + number * 200_000_000
        method, path, params = _nth_request(number)
        params = params | {"timestamp": str(now_ns // 1_000_000)}
        venue.submit(VenueRequest(f"r{number}", method, path, params), now_ns=now_ns)
        while (at_ns := venue.next_at_ns()) is not None and at_ns <= now_ns + 200_000_000:
            deliveries += venue.step(at_ns)
    return deliveries, venue


def _nth_request(number: int) -> tuple[str, str, dict[str, str]]:
    """Return the n-th request of the client: mostly orders, and what one does with them."""
    named = {"symbol": "ETHUSDT", "origClientOrderId": f"c{number - number % 5}"}
    if number % 9 == 4:
        return "DELETE", ORDER, named
    if number % 9 == 6:
        return "PUT", ORDER, named | {"side": "BUY", "quantity": "0.4", "price": "2599.00"}
    if number % 9 == 8:
        return "GET", ORDER, named
    params = _nth_order(number)
    return "POST", ALGO if "algoType" in params else ORDER, params


def _nth_order(number: int) -> dict[str, str]:
    side = "BUY" if number % 3 else "SELL"
    if number % 5 == 0:
        return limit_order(side, "0.5", "2600.00", f"c{number}")
    if number % 11 == 0:
        return market_order(side, "0.1", f"c{number}", reduceOnly="true")
    if number % 7 == 0:
        return stop_order("SELL", "2598.00", f"s{number}", quantity="0.2", reduceOnly="true")
    return market_order(side, "0.2", f"c{number}")


def test_the_same_seed_gives_the_same_deliveries() -> None:
    assert drive(11, EVERY_FAULT) == drive(11, EVERY_FAULT)


def test_another_seed_gives_other_deliveries() -> None:
    assert drive(11, EVERY_FAULT) != drive(12, EVERY_FAULT)


def test_every_fault_fires_sometimes_and_the_books_still_add_up() -> None:
    fired: Counter[Fault] = Counter()

    for seed in (5, 6, 7):
        deliveries, venue = run(seed, EVERY_FAULT, orders=2_000)
        fired.update(venue.fault_counts)
        ledger = venue.ledger()
        check_conservation(ledger, WALLET)
        check_ids(ledger)
        assert {"answer", "open", "frame", "close"} == {each.kind for each in deliveries}
        assert len(ledger.fills) > 100

    assert [] == [fault for fault in Fault if not fired[fault]]


def test_deliveries_come_in_time_order() -> None:
    deliveries, _ = drive(3, Faults())

    times = [delivery.at_ns for delivery in deliveries]
    assert times == sorted(times)


def test_switching_a_fault_on_leaves_delays_and_prices_as_they_were() -> None:
    def quotes(faults: Faults) -> list[Any]:
        deliveries, _ = drive(4, faults, orders=20)
        return [
            (delivery.at_ns, delivery.payload)
            for delivery in deliveries
            if delivery.stream == "market"
        ]

    never_fires = evolve(Faults(), http_429=1e-12)

    assert quotes(Faults()) == quotes(never_fires)


_SCRIPT = """
import hashlib, sys
sys.path.insert(0, {folder!r})
from test_venue_properties import EVERY_FAULT, drive
print(hashlib.blake2b(repr(drive(21, EVERY_FAULT)).encode()).hexdigest())
"""


def test_the_order_of_hashes_changes_nothing() -> None:
    folder = os.path.dirname(__file__)  # noqa: PTH120 - a plain text for the other process
    path = os.pathsep.join(entry for entry in sys.path if entry)

    digests = {
        subprocess.run(
            [sys.executable, "-c", _SCRIPT.format(folder=folder)],
            env=os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for hash_seed in ("1", "2")
    }

    assert len(digests) == 1
