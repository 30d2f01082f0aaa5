"""Stop plan: what should rest, the next step there, and that nothing ever leaves a hole."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.guard import Guard, LegRecord
from callboard.actors.policies.ledger import Position
from callboard.actors.policies.stop_plan import (
    Step,
    Wanted,
    inside,
    next_step,
    tighter,
    trailing_of,
    wanted_order,
)
from callboard.messages.orders import RequestExit
from callboard.messages.plans import TrailingStop
from callboard.messages.values import (
    Leg,
    OrderState,
    OrderType,
    PositionSide,
    Side,
    WorkingType,
)
from support import entries

D = Decimal
ONE = D(1)
LOSS_MAX = D(3)
WHOLE = Wanted(D(1960), D(1960), is_whole=True, quantity=ONE)
BY_QUANTITY = evolve(WHOLE, is_whole=False)
ASK_WHOLE = Step(asks=True)
ASK_QUANTITY = Step(asks=True, is_whole=False)
NOTHING = Step()


def guard(quantity: str = "1", **changes: Any) -> Guard:
    held = D(quantity)
    position = Position("ETHUSDT", PositionSide.BOTH, held, held * 2000, epoch=1)
    return evolve(Guard(position, number=1, stop_loss=D(1960), take_profit=D(2100)), **changes)


def stop(
    state: OrderState = OrderState.ACTIVE,
    trigger: int = 1960,
    quantity: str | None = None,
    **changes: Any,
) -> LegRecord:
    size = None if quantity is None else D(quantity)
    return evolve(LegRecord(Leg.STOP, "p1", state, D(trigger), quantity=size), **changes)


def step(wanted: Wanted, pending: Any = None, /, **records: LegRecord) -> Step:
    waiting = {} if pending is None else {"s": pending}
    return next_step(guard(legs=records, pending=waiting), Leg.STOP, wanted)


def wanted(of: Guard, leg: Leg = Leg.STOP, **options: Any) -> Wanted | None:
    given: dict[str, Any] = {"loss_pct_max": LOSS_MAX, "by_quantity": False, **options}
    return wanted_order(of, leg, entries.ETH, **given)


def test_a_position_without_a_stop_gets_one_for_the_whole() -> None:
    assert ASK_WHOLE == step(WHOLE)


def test_where_stops_are_by_quantity_it_gets_one_of_its_quantity() -> None:
    assert ASK_QUANTITY == step(BY_QUANTITY)


@pytest.mark.parametrize(
    "record",
    [
        stop(OrderState.PENDING),
        stop(OrderState.SUBMITTED),
        stop(OrderState.UNKNOWN),
        stop(OrderState.ACTIVE),
        stop(OrderState.TRIGGERING),
        stop(OrderState.PARTIALLY_FILLED),
    ],
)
def test_one_that_rests_works_or_is_coming_is_enough(record: LegRecord) -> None:
    assert NOTHING == step(WHOLE, s1=record)


@pytest.mark.parametrize(
    "record",
    [
        stop(OrderState.REJECTED),
        stop(OrderState.UNKNOWN, is_doubted=True),
        stop(intent_id="p0"),
        evolve(stop(), leg=Leg.TARGET),
    ],
)
def test_one_that_has_ended_is_in_doubt_or_is_not_meant_is_no_stop(record: LegRecord) -> None:
    assert ASK_WHOLE == step(WHOLE, s1=record)


def test_a_request_that_nobody_answered_is_not_doubled() -> None:
    request = RequestExit(
        intent_id="p1",
        leg=Leg.STOP,
        attempt=1,
        signal_id="",
        strategy="",
        symbol="ETHUSDT",
        side=Side.SELL,
        position_side=PositionSide.BOTH,
        order_type=OrderType.STOP_MARKET,
        quantity=None,
        price=None,
        trigger_price=D(1960),
        working_type=WorkingType.MARK_PRICE,
        position_quantity=ONE,
    )

    assert NOTHING == step(WHOLE, request)


def test_a_doubted_one_is_withdrawn_when_another_rests() -> None:
    doubted = stop(OrderState.UNKNOWN, is_doubted=True)

    assert Step(cancels=("s1",)) == step(WHOLE, s1=doubted, s2=stop())


def test_a_whole_stop_is_moved_over_a_bridge_in_four_steps() -> None:
    """C-13: a second closePosition stop is refused (-4130), so it is bridged by quantity."""
    old, bridge, new = stop(trigger=1950), stop(quantity="1"), stop()

    steps = [
        step(WHOLE, s1=old),
        step(WHOLE, s1=old, s2=bridge),
        step(WHOLE, s1=evolve(old, state=OrderState.CANCELLED), s2=bridge),
        step(WHOLE, s2=bridge, s3=new),
    ]

    assert [ASK_QUANTITY, Step(cancels=("s1",)), ASK_WHOLE, Step(cancels=("s2",))] == steps


def test_while_the_old_one_leaves_nothing_more_is_asked_for() -> None:
    leaving = stop(OrderState.CANCELLING, trigger=1950)

    assert NOTHING == step(WHOLE, s1=leaving, s2=stop(quantity="1"))
    assert ASK_QUANTITY == step(WHOLE, s1=leaving)


def test_a_bridge_is_left_alone_while_the_whole_one_is_coming() -> None:
    assert NOTHING == step(WHOLE, s1=stop(quantity="1"), s2=stop(OrderState.SUBMITTED))


def test_a_parked_one_may_live_so_the_next_is_by_quantity() -> None:
    assert ASK_QUANTITY == step(WHOLE, s1=stop(OrderState.PARKED))


def test_a_stop_by_quantity_follows_the_position() -> None:
    small, right = stop(quantity="0.5"), stop(quantity="1")

    assert ASK_QUANTITY == step(BY_QUANTITY, s1=small)
    assert Step(cancels=("s1",)) == step(BY_QUANTITY, s1=small, s2=right)


def test_a_whole_one_is_right_where_stops_are_by_quantity() -> None:
    assert Step(cancels=("s1",)) == step(BY_QUANTITY, s1=stop(quantity="1"), s2=stop())


def test_what_is_wanted_is_whole_unless_the_setting_or_the_venue_says_otherwise() -> None:
    refused = guard(whole_refused={"s": True})

    found = [wanted(guard()), wanted(guard(), by_quantity=True), wanted(refused)]

    assert [True, False, False] == [each is not None and each.is_whole for each in found]


def test_a_quantity_that_no_market_order_can_have_is_protected_as_a_whole() -> None:
    filters = evolve(entries.ETH, market_quantity_max=D("0.6"))

    found = wanted_order(guard(), Leg.STOP, filters, loss_pct_max=LOSS_MAX, by_quantity=True)

    assert found is not None
    assert found.is_whole


@pytest.mark.parametrize(
    ("changes", "is_whole"),
    [
        ({"market_quantity_max": D(1)}, False),
        ({"market_quantity_max": D(0)}, False),
        ({"market_step_size": D("0.3")}, True),
    ],
)
def test_a_stop_by_quantity_is_one_that_a_market_order_can_have(
    changes: dict[str, Any], *, is_whole: bool
) -> None:
    filters = evolve(entries.ETH, **changes)

    found = wanted_order(guard(), Leg.STOP, filters, loss_pct_max=LOSS_MAX, by_quantity=True)

    assert found is not None
    assert is_whole is found.is_whole


def test_a_stop_rests_on_the_grid_inside_its_limit_and_a_target_on_the_grid_alone() -> None:
    given = guard(stop_loss=D("1900.001"), take_profit=D("1900.001"))

    found = [wanted(given, leg) for leg in (Leg.STOP, Leg.TARGET)]

    prices = [each and (each.trigger_price, each.plain_price) for each in found]
    assert [(D(1940), D(1940)), (D("1900.01"), D("1900.001"))] == prices


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({}, False),
        ({"plain_price": D(1)}, False),
        ({"quantity": D(2)}, False),
        ({"trigger_price": D(1961)}, True),
        ({"is_whole": False}, False),
        ({"is_whole": False, "quantity": D(2)}, True),
    ],
)
def test_one_order_cannot_be_right_for_two_prices_or_for_two_sizes(
    change: dict[str, Any], *, differs: bool
) -> None:
    other = evolve(WHOLE, **change)

    assert [differs] * 2 == [WHOLE.differs_from(other), other.differs_from(WHOLE)]


def test_without_filters_or_a_price_there_is_no_rounding_and_nothing_wanted() -> None:
    plain = wanted_order(guard(), Leg.STOP, None, loss_pct_max=LOSS_MAX, by_quantity=True)

    assert evolve(BY_QUANTITY, trigger_price=D(1960)) == plain
    assert wanted(guard(take_profit=None), Leg.TARGET) is None
    assert wanted(guard(stop_loss=None)) is None


def test_a_target_is_where_it_was_wished() -> None:
    found = wanted(guard(), Leg.TARGET)

    assert found is not None
    assert D(2100) == found.trigger_price


@pytest.mark.parametrize(
    ("quantity", "price", "expected"),
    [("1", "1960", "1960"), ("1", "1900", "1940"), ("-1", "2040", "2040"), ("-1", "2100", "2060")],
)
def test_a_stop_rests_at_or_inside_three_percent_from_the_average_entry(
    quantity: str, price: str, expected: str
) -> None:
    """C-10: the stop of a position rests at or inside -3.0 % from its entry."""
    assert D(expected) == inside(guard(quantity).position, D(price), LOSS_MAX)


@pytest.mark.parametrize(
    ("quantity", "price", "expected"),
    [
        ("1", "1980", "1980"),
        ("1", "1900", "1960"),
        ("1", None, "1960"),
        ("-1", "1900", "1900"),
    ],
)
def test_scaling_in_only_ever_tightens_the_stop(
    quantity: str, price: str | None, expected: str
) -> None:
    assert D(expected) == tighter(guard(quantity), None if price is None else D(price))


def test_an_entry_s_stop_does_not_stand_in_for_one_that_there_never_was() -> None:
    assert tighter(guard(stop_loss=None), D(1980)) is None


RECORDS = st.builds(
    stop,
    st.sampled_from(sorted(OrderState)),
    st.sampled_from([1950, 1960]),
    st.sampled_from([None, "0.5", "1"]),
    is_doubted=st.booleans(),
)


@given(st.lists(RECORDS, max_size=5), st.booleans())
def test_no_step_takes_away_the_last_stop_that_rests(
    records: list[LegRecord], is_whole: bool
) -> None:
    legs = {f"s{number}": record for number, record in enumerate(records)}
    before = guard(legs=legs)

    taken = next_step(before, Leg.STOP, evolve(WHOLE, is_whole=is_whole))

    after = guard(legs={cid: each for cid, each in legs.items() if cid not in taken.cancels})
    assert before.is_protected == after.is_protected or after.is_protected


@given(st.lists(RECORDS, max_size=5))
def test_a_second_whole_stop_is_never_asked_for_while_one_rests(records: list[LegRecord]) -> None:
    legs = {f"s{number}": record for number, record in enumerate(records)}

    taken = next_step(guard(legs=legs), Leg.STOP, WHOLE)

    rests = any(each.quantity is None and each.state is OrderState.ACTIVE for each in records)
    assert not (taken.asks and taken.is_whole and rests)


TRAIL = Wanted(None, None, is_whole=False, quantity=ONE, may_exceed=True)


def trail(quantity: str, state: OrderState = OrderState.ACTIVE) -> LegRecord:
    return LegRecord(Leg.TRAIL, "p1", state, None, quantity=D(quantity))


def test_a_trailing_stop_is_wanted_for_the_quantity_where_one_is() -> None:
    followed = guard(trailing=TrailingStop(ONE))
    long = evolve(followed.position, position_side=PositionSide.LONG)

    assert TRAIL == wanted(followed, Leg.TRAIL)
    assert evolve(TRAIL, may_exceed=False) == wanted(evolve(followed, position=long), Leg.TRAIL)
    assert wanted(guard(), Leg.TRAIL) is None


def test_a_trailing_stop_is_no_larger_than_one_market_order_may_be() -> None:
    followed = guard("2001", trailing=TrailingStop(ONE))

    assert evolve(TRAIL, quantity=D(2_000)) == wanted(followed, Leg.TRAIL)


@pytest.mark.parametrize(
    ("wanted_quantity", "may_exceed", "expected"),
    [
        ("1", True, NOTHING),
        ("0.4", True, NOTHING),
        ("0.4", False, ASK_QUANTITY),
        ("1.5", True, ASK_QUANTITY),
    ],
)
def test_a_trailing_stop_that_is_too_large_stays_where_it_only_reduces(
    wanted_quantity: str, may_exceed: bool, expected: Step
) -> None:
    aim = evolve(TRAIL, quantity=D(wanted_quantity), may_exceed=may_exceed)

    assert expected == next_step(guard(legs={"r1": trail("1")}), Leg.TRAIL, aim)


def test_the_older_trailing_stop_goes_once_the_larger_one_rests() -> None:
    held = guard("2", legs={"r1": trail("1"), "r2": trail("2")})

    assert Step(cancels=("r1",)) == next_step(held, Leg.TRAIL, evolve(TRAIL, quantity=D(2)))


@pytest.mark.parametrize(
    ("trailing", "filters", "expected"),
    [
        (None, entries.ETH, None),
        (TrailingStop(ONE), entries.ETH, TrailingStop(ONE)),
        (TrailingStop(ONE, D("2100.015")), None, TrailingStop(ONE, D("2100.015"))),
        (TrailingStop(ONE, D("2100.015")), entries.ETH, TrailingStop(ONE, D("2100.01"))),
    ],
)
def test_an_activation_price_is_put_on_the_grid(
    trailing: TrailingStop | None, filters: Any, expected: TrailingStop | None
) -> None:
    assert expected == trailing_of(guard(trailing=trailing), filters)
