"""Strangers: whose order it is by its id, and which fills explain a difference."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.strangers import (
    explain,
    is_another_engines,
    is_forgotten,
    made_by,
)
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


@pytest.mark.parametrize(
    ("client_order_id", "is_open", "expected"),
    [
        ("cb4-1-x1", False, True),
        ("cb12-p1-s1", False, True),
        ("cb3-1-e1", True, True),
        ("cb3-1-e1", False, False),
        ("cb3-1-x1", True, False),
        ("cb2-1-x1", False, False),
        ("web_4-1-e1", True, False),
        ("cb-by-hand", True, False),
    ],
)
def test_a_later_start_or_an_open_entry_under_our_prefix_is_another_engine_s(
    client_order_id: str, *, is_open: bool, expected: bool
) -> None:
    assert expected is is_another_engines(
        client_order_id, prefix="cb", generation=3, is_open=is_open
    )


@pytest.mark.parametrize(
    ("client_order_id", "expected"),
    [
        ("cb3-1-x1", True),
        ("cb2-p1-s1", True),
        ("cb3-1-e1", False),
        ("cb4-1-x1", False),
        ("cb-by-hand", False),
        ("web_3-1-x1", False),
    ],
)
def test_a_reducing_order_of_ours_from_this_start_or_earlier_was_forgotten(
    client_order_id: str, *, expected: bool
) -> None:
    assert expected is is_forgotten(client_order_id, prefix="cb", generation=3)


@pytest.mark.parametrize("tenth_at_ms", [4, 5, 6])
def test_fills_come_in_the_order_of_their_numbers(tenth_at_ms: int) -> None:
    """The venue numbers the fills of a symbol; its clock may have been put back between them."""
    ninth = evolve(trade(9, "-1"), at_ms=5)
    tenth = evolve(trade(10, "0.4"), at_ms=tenth_at_ms)

    assert (ninth, tenth) == explain([tenth, ninth], D(1), D("0.4"))


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
