"""Venue history: what is over is kept up to a bound, and only counted beyond it."""

from decimal import Decimal

from callboard.scenarios.venue.settings import VenueSettings
from venue_world import ALGO, ORDER, VenueWorld, limit_order, market_order, stop_order

KEPT = 10
SENT = 300
PAUSE_MS = 100


def quoted() -> VenueWorld:
    world = VenueWorld(VenueSettings(history_max=KEPT, wallet_balance=Decimal(10_000_000)))
    world.quote("2600.00", "2600.10")
    world.mark("2600.00")
    return world


def trade(world: VenueWorld) -> None:
    for number in range(SENT):
        side = "SELL" if number % 2 else "BUY"
        world.done("POST", ORDER, **market_order(side, "0.010", f"m{number}"))
        world.wait(PAUSE_MS)


def test_ended_orders_and_fills_beyond_the_bound_are_forgotten_but_counted() -> None:
    world = quoted()

    trade(world)

    ledger = world.venue.ledger()
    assert (SENT, SENT) == (ledger.orders_accepted, ledger.fills_made)
    latest = [f"m{number}" for number in range(SENT - KEPT, SENT)]
    assert latest == [order.client_order_id for order in ledger.orders]
    matching = world.venue.core.matching
    assert KEPT <= len(matching.orders.history_of("ETHUSDT")) < SENT // 2
    assert KEPT <= len(matching.fills.of("ETHUSDT")) < SENT // 2


def test_a_forgotten_order_is_unknown_and_a_kept_one_is_not() -> None:
    world = quoted()

    trade(world)

    first, last = (
        {"symbol": "ETHUSDT", "origClientOrderId": name} for name in ("m0", f"m{SENT - 1}")
    )
    assert -2013 == world.refused("GET", ORDER, **first)
    assert "FILLED" == world.done("GET", ORDER, **last)["status"]


def test_an_open_order_is_never_forgotten_however_old() -> None:
    world = quoted()
    resting = limit_order("BUY", "0.010", "2500.00", client_order_id="old")
    world.done("POST", ORDER, **resting)

    trade(world)

    found = world.done("GET", ORDER, symbol="ETHUSDT", origClientOrderId="old")
    assert "NEW" == found["status"]
    assert "old" in [order.client_order_id for order in world.venue.ledger().orders]


def test_ended_conditionals_beyond_the_bound_are_forgotten_but_counted() -> None:
    world = quoted()
    world.done("POST", ORDER, **market_order("BUY", "1.000"))

    for number in range(SENT):
        stop = stop_order("SELL", "2500.00", f"a{number}", closePosition="true")
        world.done("POST", ALGO, **stop)
        world.done("DELETE", ALGO, clientAlgoId=f"a{number}")
        world.wait(PAUSE_MS)

    ledger = world.venue.ledger()
    assert SENT + 1 == ledger.orders_accepted
    latest = [f"a{number}" for number in range(SENT - KEPT, SENT)]
    assert latest == [order.client_order_id for order in ledger.orders if order.is_algo]
    assert len(world.venue.core.conditional.store.history_of("ETHUSDT")) < SENT // 2
