"""Held fills: what waits for earlier fills, in which order it counts, and how many wait."""

from attrs import evolve

from callboard.actors.policies.held_fills import HELD_MAX, HeldFill, held_for, hold
from callboard.messages.orders import FillBooked
from callboard.messages.values import PositionSide
from support.position_bench import SYMBOL, exit_fill

KEY = f"{SYMBOL}/LONG"


def held_fill(number: int) -> FillBooked:
    return exit_fill(trade_trade_id=str(number), trade_position_side=PositionSide.LONG)


def numbers(held: dict[str, HeldFill], key: str, told: int) -> list[str]:
    return [each.trade.trade_id for each in held_for(held, key, held_fill(told).trade)]


def test_what_the_venue_made_before_a_fill_does_not_wait_for_it() -> None:
    held: dict[str, HeldFill] = {}
    for number in (9, 10, 12):
        hold(held, KEY, held_fill(number), ())

    assert ["12"] == numbers(held, KEY, 10)


def test_one_waits_for_what_came_before_all_that_was_booked_when_it_began_to_wait() -> None:
    held: dict[str, HeldFill] = {}
    hold(held, KEY, held_fill(9), ("3", "11"))
    hold(held, KEY, held_fill(9), ("3", "11", "14"))

    assert (["9"], []) == (numbers(held, KEY, 10), numbers(held, KEY, 12))


def test_those_that_wait_are_told_in_the_venues_order() -> None:
    held: dict[str, HeldFill] = {}
    for number in (10, 9):
        hold(held, KEY, held_fill(number), ())

    assert ["9", "10"] == numbers(held, KEY, 3)


def test_each_position_has_fills_of_its_own() -> None:
    held: dict[str, HeldFill] = {}
    hold(held, KEY, held_fill(9), ())

    assert ([], ["9"]) == (numbers(held, f"{SYMBOL}/SHORT", 1), numbers(held, KEY, 1))


def test_a_fill_is_held_once_as_it_was_told_last() -> None:
    held: dict[str, HeldFill] = {}
    settled = evolve(held_fill(9), signal_id="s9")
    hold(held, KEY, held_fill(9), ())
    hold(held, KEY, settled, ())

    assert [settled] == [each.fill for each in held.values()]


def test_the_newest_are_held() -> None:
    held: dict[str, HeldFill] = {}
    for number in range(HELD_MAX + 1):
        hold(held, KEY, held_fill(number), ())

    assert (HELD_MAX, "1") == (len(held), next(iter(held.values())).fill.trade.trade_id)
