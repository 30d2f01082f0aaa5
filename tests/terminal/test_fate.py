"""Fate: what became of an order, from the events that tell it."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.terminal.fate import Fate
from callboard.actors.adapters.terminal.order_verbs import exit_of_fate
from callboard.messages.events import (
    OrderCancelled,
    OrderCorrected,
    OrderExpired,
    OrderFailed,
    OrderFilled,
    OrderPartiallyFilled,
    OrderPlaced,
    OrderQueued,
    OrderRefused,
    OrderResolved,
    OrderSent,
    OrderUnknown,
    OrderUnresolved,
)
from callboard.messages.values import OrderState, OrderType, Side

S, C, B = "s1", "cb1-1-e1", "BTCUSDT"
ONE, TWO = Decimal(1), Decimal(2)
QUEUED, SENT = OrderQueued(S, C, B), OrderSent(S, C, B, 1)
PLACED = OrderPlaced(S, C, B, Side.BUY, TWO)
FILLED = OrderFilled(S, C, B, Side.BUY, TWO, Decimal("50000.5"))
PARTLY = OrderPartiallyFilled(S, C, B, ONE, ONE, Decimal(50_000))
UNKNOWN = OrderUnknown(S, C, B, "no answer")


def told(*events: Any, order_type: OrderType = OrderType.MARKET) -> Fate:
    fate = Fate(S, order_type)
    for event in events:
        assert fate.hear(event)
    return fate


@pytest.mark.parametrize(
    ("events", "state", "is_settled", "code"),
    [
        ((), "TAKEN", False, Exit.FAILED),
        ((QUEUED,), "PENDING", False, Exit.FAILED),
        ((QUEUED, SENT), "SUBMITTED", False, Exit.FAILED),
        ((SENT, PLACED), "ACTIVE", False, Exit.OK),
        ((SENT, PLACED, PARTLY), "PARTIALLY_FILLED", False, Exit.OK),
        ((SENT, PLACED, FILLED), "FILLED", True, Exit.OK),
        ((SENT, UNKNOWN), "UNKNOWN", False, Exit.FAILED),
        ((SENT, UNKNOWN, OrderUnresolved(S, B, 900)), "UNKNOWN", False, Exit.FAILED),
        ((UNKNOWN, OrderResolved(S, C, B, OrderState.ACTIVE)), "ACTIVE", False, Exit.OK),
        ((OrderRefused(S, B, "g", "2", "1", "why"),), "REFUSED", True, Exit.REFUSED),
        ((OrderFailed(S, C, B, OrderState.REJECTED, "-2019", Decimal(0)),), "REJECTED", True, 1),
        ((PARTLY, OrderCancelled(S, C, B, ONE)), "CANCELLED", True, Exit.OK),
        ((OrderExpired(S, C, B, Decimal(0)),), "EXPIRED", True, Exit.FAILED),
        (
            (OrderCancelled(S, C, B, Decimal(0)), OrderCorrected(S, C, B, "x", ONE)),
            "CANCELLED",
            True,
            0,
        ),
    ],
)
def test_a_state_follows_from_the_events_and_says_how_the_command_ends(
    events: tuple[Any, ...], state: str, is_settled: bool, code: int
) -> None:
    fate = told(*events)

    assert state == fate.plain()["state"]
    assert is_settled == fate.is_settled
    assert code == exit_of_fate(fate.plain())


def test_a_limit_order_that_rests_is_waited_for_no_longer() -> None:
    assert told(PLACED, order_type=OrderType.LIMIT).is_settled
    assert not told(PLACED, order_type=OrderType.MARKET).is_settled


def test_what_is_about_another_signal_says_nothing() -> None:
    fate = Fate("s2", OrderType.MARKET)

    assert not fate.hear(FILLED)
    assert "TAKEN" == fate.state


def test_a_refusal_names_guard_figure_and_limit() -> None:
    plain = told(OrderRefused(S, B, "notional", "900", "500", "too large")).plain()

    assert ("notional", "900", "500", "too large") == (
        plain["guard"],
        plain["figure"],
        plain["limit"],
        plain["reason"],
    )


def test_money_is_text() -> None:
    plain = told(PLACED, FILLED).plain()

    assert ("2", "50000.5") == (plain["filled"], plain["average_price"])
