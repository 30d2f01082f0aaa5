"""Times in force: every one of them from a signal to its end, on the built-in venue."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve

from callboard.actors import names
from callboard.actors.settings import Settings
from callboard.messages.events import (
    AlertRaised,
    OrderCancelled,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPlaced,
    OrderRefused,
)
from callboard.messages.queries import GetOrders, OrdersView
from callboard.messages.values import OrderState, OrderType, SignalType, TimeInForce
from support.eth_stage import RISK, SYMBOL, EthStage, signal

MS = 1_000_000
HOUR_MS = 3_600_000
SETTLING_SECONDS = 20
TICK = Decimal("0.01")


def stage(**risk: Any) -> EthStage:
    made = EthStage(settings=Settings(seed=1, risk=evolve(RISK, **risk)))
    made.world.run_for(SETTLING_SECONDS)
    return made


def now_ms(on: EthStage) -> int:
    return on.world.simulation.now_ns // MS


def wish(on: EthStage, time_in_force: TimeInForce, away: str, **changes: Any) -> None:
    """Wish a long LIMIT entry so many percent from the mark; above it crosses the book."""
    mark = on.world.state(names.RISK_GATE).marks[SYMBOL].mark
    price = (mark * (1 + Decimal(away) / 100)).quantize(TICK)
    limit = evolve(
        signal("s1", SignalType.LONG_ENTRY),
        order_type=OrderType.LIMIT,
        price=price,
        time_in_force=time_in_force,
    )
    on.world.tell(evolve(limit, **changes))
    on.world.run_for(5)


def orders(on: EthStage) -> list[OrderState]:
    answer = on.world.ask(GetOrders(open_only=False), names.ORDER_MANAGER)
    assert isinstance(answer, OrdersView)
    return [view.state for view in answer.orders if view.signal_id == "s1"]


@pytest.mark.parametrize("time_in_force", list(TimeInForce))
def test_one_that_crosses_is_filled_but_for_the_post_only_one(time_in_force: TimeInForce) -> None:
    """C-42: each time in force; -5022 is final."""
    on = stage()
    is_post_only = time_in_force is TimeInForce.GTX

    wish(on, time_in_force, "0.5", expires_at_ms=now_ms(on) + HOUR_MS)

    assert [] == on.of(OrderRefused)
    assert (0 if is_post_only else 1) == len(on.of(OrderFilled))
    assert (1 if is_post_only else 0) == len([*on.of(OrderFailed), *on.of(OrderExpired)])


@pytest.mark.parametrize("time_in_force", [TimeInForce.IOC, TimeInForce.FOK])
def test_one_that_may_not_rest_ends_unfilled(time_in_force: TimeInForce) -> None:
    on = stage()

    wish(on, time_in_force, "-0.5")

    assert [] == [*on.of(OrderFilled), *on.of(OrderCancelled)]
    assert 1 == len([*on.of(OrderExpired), *on.of(OrderFailed)])


@pytest.mark.parametrize("time_in_force", [TimeInForce.GTC, TimeInForce.GTX, TimeInForce.GTD])
def test_one_that_rests_is_cancelled_when_the_signal_s_time_is_over(
    time_in_force: TimeInForce,
) -> None:
    """C-06: at its deadline or at expires_at_ms, whichever comes first."""
    on = stage()
    wish(on, time_in_force, "-5", expires_at_ms=now_ms(on) + 900_000)
    assert [OrderState.ACTIVE] == orders(on)

    on.world.run_for(1_000)

    assert 1 == len(on.of(OrderPlaced))
    assert 1 == len([*on.of(OrderCancelled), *on.of(OrderExpired)])
    assert [] == on.of(OrderFilled)
    assert [] == [alert.alert for alert in on.of(AlertRaised) if alert.alert == "illegal_report"]


def test_the_default_deadline_cancels_what_names_none() -> None:
    """C-06: a total deadline has a default."""
    on = stage(order_deadline_ms=60_000)
    wish(on, TimeInForce.GTC, "-5")

    on.world.run_for(70)

    assert 1 == len(on.of(OrderCancelled))


@pytest.mark.parametrize(("expires_in_ms", "figure"), [(None, "GTD"), (602_000, "GTD for 60")])
def test_a_date_that_the_venue_would_not_take_is_refused_before(
    expires_in_ms: int | None, figure: str
) -> None:
    on = stage()
    expires_at_ms = None if expires_in_ms is None else now_ms(on) + expires_in_ms

    wish(on, TimeInForce.GTD, "-5", expires_at_ms=expires_at_ms)

    (refused,) = on.of(OrderRefused)
    assert "signal_time_in_force" == refused.guard
    assert refused.figure.startswith(figure)


def test_the_venue_itself_ends_a_dated_order_that_nobody_cancels() -> None:
    """The date is the venue's own: it works while the engine is away."""
    on = stage()
    expires_at_ms = now_ms(on) + 900_900

    wish(on, TimeInForce.GTD, "-5", expires_at_ms=expires_at_ms)

    (resting,) = on.world.venue.core.matching.orders.open_of(SYMBOL)
    assert expires_at_ms // 1_000 * 1_000 == resting.request.good_till_ms
