"""Slicing: a whole is cut by time with nothing lost, misses are made up for."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from callboard.actors.policies.parent_order import (
    Lot,
    Over,
    Parent,
    Place,
    Slice,
    TakeBack,
    Wait,
    lot_of,
    parent_intent,
    slice_intent,
    whole_quantity,
)
from callboard.actors.policies.slicing import (
    CATCH_UPS,
    MISSES_MAX,
    next_slice,
    twap_schedule,
    vwap_schedule,
)
from callboard.messages.intake import ExecuteAlgorithm
from callboard.messages.plans import Twap, Vwap
from callboard.messages.values import OrderState, OrderType, Side, SignalType
from support.entries import ETH, entry, mark

D = Decimal
LOT = Lot(D("0.001"), D("0.001"), D("0.011"))
PLAN = Twap(8_000, 4)
SCHEDULE = (
    Slice(0, D("0.025")),
    Slice(2_000, D("0.050")),
    Slice(4_000, D("0.075")),
    Slice(6_000, D("0.100")),
)


def parent(**changes: Any) -> Parent:
    """Return a parent of a tenth of an ether, a quarter every two seconds."""
    command = ExecuteAlgorithm(entry(quantity=D("0.1")), PLAN)
    plain = Parent("7", command, D("0.1"), LOT, began_ns=1, schedule=SCHEDULE)
    return evolve(plain, **changes)


def test_equal_parts_come_at_equal_intervals_and_add_up() -> None:
    assert SCHEDULE == twap_schedule(PLAN, D("0.1"), LOT, [0.0] * 4)


def test_a_draw_lets_a_slice_come_later_by_its_share_of_the_jitter() -> None:
    plan = Twap(8_000, 4, jitter_pct=D(50))

    schedule = twap_schedule(plan, D("0.1"), LOT, [0.0, 0.5, 0.999, 0.25])

    assert [0, 2_500, 4_999, 6_250] == [each.at_ms for each in schedule]


def test_parts_below_the_least_order_become_fewer_and_larger() -> None:
    schedule = twap_schedule(Twap(8_000, 8), D("0.024"), LOT, [0.0] * 8)

    assert (Slice(0, D("0.012")), Slice(4_000, D("0.024"))) == schedule


def test_where_no_lot_is_known_the_parts_are_equal_and_the_last_takes_every_digit() -> None:
    whole = D("0.7777777777777777777777777777")

    assert SCHEDULE == twap_schedule(PLAN, D("0.1"), Lot(), [0.0] * 4)
    assert whole == twap_schedule(PLAN, whole, Lot(), [0.0] * 4)[-1].upto


def test_a_whole_below_the_least_order_is_one_slice_that_the_gate_will_refuse() -> None:
    assert (Slice(0, D("0.005")),) == twap_schedule(PLAN, D("0.005"), LOT, [0.0] * 4)


@given(
    lots=st.integers(1, 100_000),
    count=st.integers(2, 500),
    least=st.integers(1, 50),
    draw=st.floats(0, 0.999),
)
def test_every_schedule_grows_to_the_whole_on_the_lot_in_the_order_of_time(
    lots: int, count: int, least: int, draw: float
) -> None:
    step = D("0.001")
    lot, quantity = Lot(step, step, least * step), lots * step
    plan = Twap(count * 1_000, count, jitter_pct=D(100))

    schedule = twap_schedule(
        plan, quantity, lot, [draw if each % 2 else 0.0 for each in range(count)]
    )

    parts = [b.upto - a.upto for a, b in zip((Slice(0, D(0)), *schedule), schedule, strict=False)]
    assert quantity == sum(parts) == schedule[-1].upto
    assert all(part % step == 0 for part in parts)
    assert len(parts) == 1 or min(parts) >= lot.least
    assert sorted(each.at_ms for each in schedule) == [each.at_ms for each in schedule]
    assert schedule[-1].at_ms < plan.duration_ms


def test_what_is_due_is_asked_for() -> None:
    assert Place(D("0.025")) == next_slice(parent(), 0)


def test_the_next_slice_waits_for_its_time() -> None:
    assert Wait(2_000) == next_slice(parent(asked_ms=0, filled=D("0.025")), 300)


def test_what_was_missed_is_in_the_next_slice() -> None:
    assert Wait(2_000) == next_slice(parent(asked_ms=0, filled=D("0.005")), 300)
    assert Place(D("0.045")) == next_slice(parent(asked_ms=0, filled=D("0.005")), 2_000)


def test_nothing_is_asked_for_while_a_slice_is_under_way() -> None:
    assert Wait() == next_slice(parent(asked_ms=0, live="s1/1"), 9_000)


def test_slices_whose_time_passed_meanwhile_come_at_once_as_one() -> None:
    assert Place(D("0.075")) == next_slice(parent(), 4_100)


def test_too_little_for_an_order_waits_for_the_next_slice() -> None:
    assert Wait(4_000) == next_slice(parent(asked_ms=0, filled=D("0.045")), 2_000)


def test_a_slice_or_a_rest_of_exactly_the_least_order_is_one() -> None:
    assert Place(D("0.011")) == next_slice(parent(asked_ms=0, filled=D("0.039")), 2_000)
    leaves_one = parent(asked_ms=2_000, filled=D("0.040"), lot=evolve(LOT, least=D("0.025")))
    assert Place(D("0.035")) == next_slice(leaves_one, 4_000)


def test_a_rest_that_is_too_little_for_an_order_goes_with_the_slice_before() -> None:
    almost = parent(asked_ms=2_000, filled=D("0.040"), lot=evolve(LOT, least=D("0.030")))

    assert Place(D("0.060")) == next_slice(almost, 4_000)


def test_what_is_left_at_the_end_is_asked_for_an_interval_later() -> None:
    left = parent(asked_ms=6_000, filled=D("0.080"))

    assert Wait(8_000) == next_slice(left, 6_100)
    assert Place(D("0.020")) == next_slice(left, 8_000)


def test_catch_ups_are_as_far_apart_as_the_slices_were_by_whole_milliseconds() -> None:
    times = (Slice(700, D("0.03")), Slice(1_500, D("0.06")), Slice(2_001, D("0.1")))

    move = next_slice(parent(schedule=times, asked_ms=2_001, filled=D("0.08")), 2_100)

    assert Wait(2_651) == move


def test_after_so_many_catch_ups_what_is_left_is_given_up() -> None:
    left = parent(asked_ms=12_000, late=CATCH_UPS, filled=D("0.080"))

    assert Over(OrderState.EXPIRED, "its time is over") == next_slice(left, 60_000)


def test_a_rest_below_the_least_order_is_given_up_with_the_figure() -> None:
    move = next_slice(parent(asked_ms=6_000, filled=D("0.092")), 6_100)

    assert Over(OrderState.EXPIRED, "0.008 is too little for an order") == move


def test_a_schedule_of_one_slice_has_an_interval_too() -> None:
    one = parent(schedule=(Slice(0, D("0.1")),), asked_ms=0, filled=D("0.05"))

    assert Wait(1) == next_slice(one, 0)


def test_slices_in_a_row_that_come_to_nothing_end_it_by_the_last_reason() -> None:
    move = next_slice(parent(misses=MISSES_MAX, missed_by="cooldown: 5 against 10"), 2_000)

    assert Over(OrderState.FAILED, "cooldown: 5 against 10") == move


def test_nothing_is_asked_for_before_a_late_first_time() -> None:
    late = parent(schedule=(Slice(700, D("0.05")), Slice(2_000, D("0.1"))))

    assert Wait(700) == next_slice(late, 0)


CURVE = Vwap(8_000, (D(1), D(0), D(3), D(1)), D(10))


def test_a_curve_gives_each_interval_its_proportion_and_its_cap() -> None:
    schedule = vwap_schedule(CURVE, D("0.1"), LOT)

    assert (
        Slice(0, D("0.020"), D("0.1")),
        Slice(4_000, D("0.080"), D("0.3")),
        Slice(6_000, D("0.100"), D("0.1")),
    ) == schedule


def test_a_curve_that_no_division_meets_comes_to_the_whole_at_its_last_volume() -> None:
    third = D("0.3333333333333333333333333333")

    schedule = vwap_schedule(Vwap(10_000, (third,) * 5 + (D(0),), D(90)), D("0.07"), LOT)

    assert D("0.070") == schedule[-1].upto
    assert [0, 1_666, 3_332, 4_998, 6_664] == [each.at_ms for each in schedule]


def test_a_slice_that_makes_up_for_others_stays_within_its_share_of_the_volume() -> None:
    capped = parent(schedule=vwap_schedule(Vwap(8_000, (D(1), D(1)), D(5)), D("0.1"), LOT))

    assert Place(D("0.050")) == next_slice(evolve(capped, asked_ms=0), 4_000)
    more_to_come = (*capped.schedule, Slice(8_000, D("0.1")))
    assert Place(D("0.050")) == next_slice(parent(schedule=more_to_come, asked_ms=0), 4_000)
    assert Wait(8_000) == next_slice(evolve(capped, asked_ms=4_000, filled=D("0.05")), 4_100)


@given(
    volumes=st.lists(st.integers(0, 1_000), min_size=2, max_size=50).filter(any),
    share=st.integers(1, 100),
    part=st.integers(1, 100),
)
def test_every_curve_comes_to_the_whole_and_no_part_is_above_its_share(
    volumes: list[int], share: int, part: int
) -> None:
    plan = Vwap(len(volumes) * 1_000, tuple(D(each) for each in volumes), D(share))
    most = LOT.floor(D(sum(volumes)) * share / 100 * part / 100)

    schedule = vwap_schedule(plan, most, LOT)

    parts = [b.upto - a.upto for a, b in zip((Slice(0, D(0)), *schedule), schedule, strict=False)]
    assert most == sum(parts)
    assert all(0 <= each for each in parts)
    assert all(each <= at.most + LOT.step for each, at in zip(parts, schedule, strict=True))


def test_all_of_it_is_filled() -> None:
    assert Over(OrderState.FILLED, "") == next_slice(parent(filled=D("0.1")), 2_000)


@given(fills=st.lists(st.integers(0, 40), min_size=1, max_size=40))
def test_slices_never_add_up_to_more_than_was_wished_and_end(fills: list[int]) -> None:
    subject, elapsed_ms = parent(), 0
    for _ in range(100):
        move = next_slice(subject, elapsed_ms)
        match move:
            case Over() | TakeBack():
                break
            case Wait(at_ms):
                assert at_ms is not None
                assert at_ms > elapsed_ms
                elapsed_ms = at_ms
            case Place(quantity):
                filled = min(quantity, fills[subject.asked % len(fills)] * LOT.step)
                assert subject.filled + quantity <= subject.quantity
                misses = 0 if filled else subject.misses + 1
                subject = evolve(
                    subject,
                    asked=subject.asked + 1,
                    asked_ms=elapsed_ms,
                    late=subject.late + (subject.asked_ms >= SCHEDULE[-1].at_ms),
                    filled=subject.filled + filled,
                    misses=misses,
                )
    else:
        pytest.fail("it never ends")
    assert subject.filled <= subject.quantity


def test_the_lot_of_an_entry_knows_the_least_notional_with_room_for_the_price_to_move() -> None:
    assert Lot(D("0.001"), D("0.001"), D("0.011")) == lot_of(
        entry(), OrderType.MARKET, ETH, mark("ETHUSDT")
    )
    limit = entry(order_type=OrderType.LIMIT, price=D(1000))
    assert D("0.021") == lot_of(limit, OrderType.LIMIT, ETH, None).least


def test_orders_at_a_price_have_a_lot_of_their_own() -> None:
    filters = evolve(ETH, step_size=D("0.01"), quantity_min=D("0.02"))
    limit = entry(order_type=OrderType.LIMIT, price=D(2_000))

    assert Lot(D("0.01"), D("0.02"), D("0.02")) == lot_of(limit, OrderType.LIMIT, filters, None)
    assert Lot(D("0.001"), D("0.001"), D("0.011")) == lot_of(limit, OrderType.MARKET, filters, None)


def test_the_lot_of_an_exit_knows_only_the_smallest_quantity() -> None:
    exit_ = entry(signal=SignalType.CLOSE_LONG)

    assert D("0.001") == lot_of(exit_, OrderType.MARKET, ETH, mark("ETHUSDT")).least


def test_without_filters_or_a_price_nothing_is_known_to_cut_by() -> None:
    assert Lot() == lot_of(entry(), OrderType.MARKET, None, None)
    assert D("0.001") == lot_of(entry(), OrderType.MARKET, ETH, None).least
    assert D("0.001") == lot_of(entry(), OrderType.MARKET, ETH, mark(price=D(0))).least
    assert D("0.1234567") == Lot().floor(D("0.1234567"))


def test_a_whole_is_rounded_down_to_the_lot() -> None:
    command = ExecuteAlgorithm(entry(quantity=D("0.0509")), PLAN)

    assert D("0.050") == whole_quantity(command, LOT)
    assert D(0) == LOT.floor(D("0.0005"))


def test_the_intent_of_a_slice_is_that_of_its_parent_and_its_number() -> None:
    assert ("17_3", "17") == (slice_intent("17", 3), parent_intent("17_3"))
    assert ("", "") == (parent_intent("17"), parent_intent("p4"))


def test_a_parent_tells_its_side_and_its_average_price() -> None:
    assert parent().is_running
    assert (Side.BUY, D(0)) == (parent().side, parent().average_price)
    short = ExecuteAlgorithm(entry(signal=SignalType.SHORT_ENTRY, quantity=D(1)), PLAN)
    sold = parent(command=short, filled=D("0.5"), cost=D(1_000))
    assert (Side.SELL, D(2_000)) == (sold.side, sold.average_price)
