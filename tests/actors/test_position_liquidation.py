"""Test of PositionMonitor: how near the venue is to closing a position, shown and told."""

from decimal import Decimal

import pytest

from callboard.messages.events import AlertRaised, PositionUpdated
from callboard.messages.queries import GetPositions, PositionsView, PositionView
from callboard.messages.values import PositionSide, Severity
from callboard.messages.venue import PositionEvidence
from support.position_bench import (
    ENTRY_PRICE,
    KEY,
    ONE,
    SYMBOL,
    ZERO,
    PositionBench,
    exit_fill,
    fill,
)
from support.steps import Step

AT = Decimal(1_500)


def bench() -> PositionBench:
    """Return a monitor of a position that alerts below five per cent."""
    made = PositionBench(liquidation_alert_pct=Decimal(5)).protected()
    made.mark(2_000)
    return made


def listed(made: PositionBench, price: Decimal = AT) -> Step:
    shown = PositionEvidence(SYMBOL, PositionSide.BOTH, ONE, ENTRY_PRICE, price)
    return made.compare(ONE, positions=(shown,))


def view(made: PositionBench) -> PositionView:
    (answer,) = made.tell(GetPositions()).replies
    assert isinstance(answer, PositionsView)
    return answer.positions[0]


def alerts(step: Step) -> list[tuple[str, Severity]]:
    told = step.told(AlertRaised)
    return [(each.alert, each.severity) for each in told if each.alert.startswith("liquidation")]


def test_price_and_distance_are_shown_once_the_venue_has_told() -> None:
    made = bench()

    before, _, after = view(made), listed(made), view(made)

    assert (None, None) == (before.liquidation_price, before.liquidation_distance_pct)
    assert (AT, Decimal(25)) == (after.liquidation_price, after.liquidation_distance_pct)


def test_what_was_told_stands_in_the_events_of_the_position() -> None:
    made = bench()
    listed(made)

    step = made.tell(fill(trade_trade_id="7"))

    assert [AT] == [each.liquidation_price for each in step.told(PositionUpdated)]


@pytest.mark.parametrize(("price", "told"), [(1_900, []), (1_901, ["liquidation_near"])])
def test_a_person_is_told_below_the_distance_of_the_settings(price: int, told: list[str]) -> None:
    step = listed(bench(), Decimal(price))

    assert told == [name for name, _ in alerts(step)]


def test_it_is_told_once_as_the_mark_comes_near_and_once_as_it_leaves() -> None:
    made = bench()
    listed(made)

    steps = [made.mark(price) for price in (1_570, 1_560, 1_600)]

    assert [
        [("liquidation_near", Severity.CRITICAL)],
        [],
        [("liquidation_far", Severity.INFO)],
    ] == [alerts(step) for step in steps]
    alert = steps[0].told(AlertRaised)[-1]
    assert "liquidation at 1500 is near: 4.4586 % from the mark" == alert.text
    assert KEY == alert.subject


def test_the_mark_of_another_symbol_says_nothing() -> None:
    made = bench()
    listed(made)

    assert [] == alerts(made.mark(1_501, "BTCUSDT"))


def test_without_a_mark_the_price_is_kept_and_nobody_is_told() -> None:
    made = PositionBench(liquidation_alert_pct=Decimal(5)).protected()

    step = listed(made)

    assert [] == alerts(step)
    assert (AT, None) == (view(made).liquidation_price, view(made).liquidation_distance_pct)


def test_what_the_venue_tells_no_more_is_forgotten() -> None:
    made = bench()
    listed(made)

    listed(made, ZERO)

    assert view(made).liquidation_price is None


def test_a_position_that_is_closed_is_forgotten() -> None:
    made = bench()
    listed(made)
    made.tell(exit_fill())

    listed(made)

    assert {} == made.steps.actor.state.liquidations
