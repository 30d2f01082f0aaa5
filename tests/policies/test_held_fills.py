"""Held fills: what waits for earlier fills, in which order it counts, and how many wait."""

from attrs import evolve

from callboard.actors.policies.held_fills import HELD_MAX, held_after, hold
from callboard.messages.orders import FillBooked
from callboard.messages.values import PositionSide
from support.position_bench import SYMBOL, exit_fill

KEY = f"{SYMBOL}/LONG"


def held_fill(number: int) -> FillBooked:
    return exit_fill(trade_trade_id=str(number), trade_position_side=PositionSide.LONG)


def numbers(held: dict[str, FillBooked], key: str, after: int) -> list[str]:
    return [each.trade.trade_id for each in held_after(held, key, held_fill(after).trade)]


def test_what_the_venue_made_before_a_fill_does_not_wait_for_it() -> None:
    held: dict[str, FillBooked] = {}
    for number in (9, 10, 12):
        hold(held, KEY, held_fill(number))

    assert ["12"] == numbers(held, KEY, 10)


def test_each_position_has_fills_of_its_own() -> None:
    held: dict[str, FillBooked] = {}
    hold(held, KEY, held_fill(9))

    assert ([], ["9"]) == (numbers(held, f"{SYMBOL}/SHORT", 1), numbers(held, KEY, 1))


def test_a_fill_is_held_once_as_it_was_told_last() -> None:
    held: dict[str, FillBooked] = {}
    settled = evolve(held_fill(9), signal_id="s9")
    hold(held, KEY, held_fill(9))
    hold(held, KEY, settled)

    assert [settled] == list(held.values())


def test_the_newest_are_held() -> None:
    held: dict[str, FillBooked] = {}
    for number in range(HELD_MAX + 1):
        hold(held, KEY, held_fill(number))

    assert (HELD_MAX, "1") == (len(held), next(iter(held.values())).trade.trade_id)
