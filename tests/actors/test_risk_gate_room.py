"""Test of RiskGate's room: orders at the venue, what is still to come, leverage and ladder."""

from decimal import Decimal

import pytest
from attrs import evolve

from callboard.actors.settings import RiskSettings
from callboard.messages.account import LeverageChanged
from callboard.messages.instruments import InstrumentsChanged
from callboard.messages.reconciliation import VenueListed
from callboard.messages.values import OrderType
from support.entries import ETH, SETTINGS, SYMBOL, entry, leverage
from support.gates import GateBench
from support.steps import SECOND, START_NS

D = Decimal
FREE = evolve(SETTINGS, cooldown_ms=0, scale_in=True)
LIMIT = entry(order_type=OrderType.LIMIT, price=D(1990), quantity=D("0.02"))


def bench(settings: RiskSettings = FREE, *, conditional: int = 0, regular: int = 0) -> GateBench:
    """Return a gate that heard how many orders the venue lists."""
    made = GateBench(settings)
    made.steps.tell(InstrumentsChanged((evolve(ETH, orders_max=3),), (), START_NS))
    made.steps.tell(VenueListed(START_NS, ((SYMBOL, regular),), conditional))
    return made


@pytest.mark.parametrize(
    ("listed", "target", "refused"),
    [(199, None, False), (200, None, True), (198, D(2100), False), (199, D(2100), True)],
)
def test_an_entry_leaves_room_for_its_own_stop_and_target(
    listed: int, target: Decimal | None, refused: bool
) -> None:
    found = bench(conditional=listed).guard(entry(take_profit=target))

    assert ("conditional_orders" if refused else "") == found


def test_positions_to_come_need_room_for_their_protection_too() -> None:
    gate = bench(conditional=196)
    gate.approve(LIMIT)

    assert "" == gate.guard(evolve(LIMIT, symbol="BTCUSDT"))
    assert "conditional_orders" == gate.guard(LIMIT)


def test_entries_of_one_position_that_follow_quickly_need_room_for_one_stop_and_target() -> None:
    """Else so many a listing are all that an engine could open, however few positions it has."""
    gate = bench(evolve(FREE, executions_per_day_max=100), conditional=190)
    for _ in range(6):
        gate.fill(gate.approve(entry(quantity=D("0.011"))))

    assert "" == gate.guard(LIMIT)


def test_what_was_filled_since_the_listing_keeps_its_room_until_the_next() -> None:
    gate = bench(conditional=197)
    gate.fill(gate.approve(entry(quantity=D("0.02"))))
    gate.steps.tell(VenueListed(START_NS, (), 197))

    assert "conditional_orders" == gate.guard(evolve(LIMIT, take_profit=D(2100)))
    gate.steps.tell(VenueListed(START_NS + 1, (), 198))
    assert "" == gate.guard(evolve(LIMIT, take_profit=D(2100)))


def test_what_was_never_sent_needs_no_room() -> None:
    gate = bench(conditional=199)
    gate.never_sent(gate.approve(LIMIT))

    assert "" == gate.guard(LIMIT)


def test_a_symbol_takes_so_many_resting_orders_listed_or_approved_since() -> None:
    gate = bench(regular=1)
    gate.wait(0)
    gate.steps.tell(VenueListed(START_NS, ((SYMBOL, 1),), 0))
    gate.steps.tell(InstrumentsChanged((evolve(ETH, orders_max=3),), (), START_NS))

    assert ["", "", "filter_orders_max"] == [gate.guard(LIMIT) for _ in range(3)]


def test_a_listing_that_is_too_old_refuses_and_no_exit() -> None:
    gate = bench(evolve(FREE, account_age_ms_max=10**9, mark_age_ms_max=10**9))

    gate.steps.now_ns += 300 * SECOND
    assert "" == gate.guard(LIMIT)
    gate.steps.now_ns += SECOND
    assert "position_age" == gate.guard(LIMIT)


@pytest.mark.parametrize(("set_to", "guard"), [(10, ""), (11, "leverage_policy")])
def test_the_leverage_at_the_venue_is_at_most_the_policys(set_to: int, guard: str) -> None:
    """C-42: it is checked, and never changed."""
    gate = bench()
    gate.steps.tell(LeverageChanged((leverage(set_to=set_to),), START_NS))

    assert guard == gate.guard()


@pytest.mark.parametrize(
    ("set_to", "cap", "guard"),
    [
        (10, "200", ""),
        (10, "199.99", "leverage_bracket"),
        (20, "2000", ""),
        (20, "1999", "leverage_bracket"),
        (50, "2000", "leverage_bracket"),
    ],
)
def test_a_position_stays_inside_the_ladder_at_the_leverage_that_is_set(
    set_to: int, cap: str, guard: str
) -> None:
    gate = bench(evolve(FREE, leverage_max=125))
    gate.steps.tell(LeverageChanged((leverage(set_to=set_to, notional_cap=D(cap)),), START_NS))

    assert guard == gate.guard(entry(quantity=D("0.1")))


def test_a_symbol_whose_leverage_nobody_knows_takes_no_entry() -> None:
    gate = bench()
    gate.steps.tell(LeverageChanged((leverage("BTCUSDT"),), START_NS))

    assert "leverage_bracket" == gate.guard()
