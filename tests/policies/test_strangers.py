"""Strangers: whose order it is by its id, and which fills explain a difference."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.strangers import explain, made_by
from callboard.messages.values import CloseReason, PositionSide, Side
from callboard.messages.venue import TradeEvidence

D = Decimal


def trade(number: int, quantity: str) -> TradeEvidence:
    """A fill of a signed quantity; its number is its time, too."""
    amount = D(quantity)
    return TradeEvidence(
        trade_id=str(number),
        venue_order_id="7",
        symbol="ETHUSDT",
        side=Side.BUY if amount > 0 else Side.SELL,
        position_side=PositionSide.BOTH,
        quantity=abs(amount),
        price=D(2000),
        fee=D(0),
        realised_pnl=D(0),
        is_maker=False,
        at_ms=number,
    )


@pytest.mark.parametrize(
    ("client_order_id", "reason"),
    [
        ("autoclose-17", CloseReason.LIQUIDATION),
        ("adl_autoclose", CloseReason.ADL),
        ("settlement_autoclose-17", CloseReason.SETTLEMENT),
        ("delivery_autoclose-17", CloseReason.SETTLEMENT),
        ("web_autoclose-17", CloseReason.FOREIGN),
        ("", CloseReason.FOREIGN),
    ],
)
def test_the_venue_s_own_orders_are_known_by_their_prefix(
    client_order_id: str, reason: CloseReason
) -> None:
    assert reason is made_by(client_order_id)


def test_fills_explain_a_difference_when_they_add_up_to_it() -> None:
    late, early = trade(2, "-0.4"), trade(1, "-0.6")

    assert (early, late) == explain([late, early], D(1), D(0))


@pytest.mark.parametrize(
    ("fills", "ours", "theirs"),
    [
        ((), "1", "0"),
        (("-0.5",), "1", "0"),
        (("-1.5", "0.5"), "1", "0"),
        (("1", "-0.5"), "-0.7", "-0.2"),
    ],
)
def test_fills_that_do_not_lead_there_without_turning_over_explain_nothing(
    fills: tuple[str, ...], ours: str, theirs: str
) -> None:
    trades = [trade(number, quantity) for number, quantity in enumerate(fills)]

    assert () == explain(trades, D(ours), D(theirs))


@given(st.lists(st.decimals("0.001", "3", places=3), max_size=6), st.booleans())
def test_reducing_fills_explain_exactly_what_they_leave(parts: list[D], is_long: bool) -> None:
    total = sum(parts, D(0)) + 1
    sign = 1 if is_long else -1
    trades = [trade(number, str(-sign * part)) for number, part in enumerate(parts)]

    assert tuple(trades) == explain(trades, sign * total, D(sign))
