"""Draining: what counts as on its way, and what is said of what stays at the venue."""

from decimal import Decimal

from attrs import evolve

from callboard.messages.queries import OrderView, PositionView
from callboard.messages.values import Leg, OrderState
from callboard.scenarios.running.draining import is_calm, left_behind
from support.samples import sample

ORDER: OrderView = evolve(
    sample(OrderView), symbol="ETHUSDT", leg=Leg.ENTRY, state=OrderState.ACTIVE
)
POSITION = evolve(
    sample(PositionView),
    symbol="ETHUSDT",
    quantity=Decimal("0.5"),
    stop_price=Decimal(1900),
    protected=True,
)


def order(name: str, state: OrderState, leg: Leg = Leg.ENTRY) -> OrderView:
    return evolve(ORDER, client_order_id=name, state=state, leg=leg)


def test_an_engine_is_calm_when_orders_rest_and_positions_have_their_stops() -> None:
    assert is_calm([order("e", OrderState.ACTIVE)], [POSITION])
    assert is_calm([], [])
    assert not is_calm([order("e", OrderState.SUBMITTED)], [POSITION])
    assert not is_calm([order("e", OrderState.UNKNOWN)], [])
    assert not is_calm([], [evolve(POSITION, protected=False)])


def test_what_stays_at_the_venue_is_said_with_what_it_means() -> None:
    orders = [
        order("e1", OrderState.ACTIVE),
        order("e2", OrderState.UNKNOWN),
        order("e3", OrderState.PARKED),
        order("s1", OrderState.ACTIVE, Leg.STOP),
        order("s2", OrderState.UNKNOWN, Leg.STOP),
    ]

    lines = left_behind(orders, [POSITION, evolve(POSITION, protected=False)])

    assert (
        "ETHUSDT 0.5 stays open: stop 1900 rests",
        "ETHUSDT 0.5 stays open: NO STOP",
        "ETHUSDT e1 rests: it has no stop if it fills before the next start",
        "ETHUSDT e2 is UNKNOWN: the next start looks after it",
        "ETHUSDT e3 is PARKED: it waits for a person",
        "ETHUSDT s2 is UNKNOWN: the next start looks after it",
    ) == lines
