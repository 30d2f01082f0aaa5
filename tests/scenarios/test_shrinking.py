"""Shrinking: what is left of a workload is what its failure needs, and nothing else."""

from hypothesis import given
from hypothesis import strategies as st

from callboard.messages.values import SignalType
from callboard.scenarios.drawn import STANDARD, drawn
from callboard.scenarios.search.ddmin import fewest
from callboard.scenarios.search.shrinking import choices_of, shrunk
from callboard.scenarios.venue.faults import Faults
from callboard.scenarios.workload import Command, Signal, Workload

NUMBERS = st.lists(st.integers(), unique=True, max_size=30).map(tuple)


@given(NUMBERS, st.data())
def test_exactly_what_a_failure_needs_is_left(items: tuple[int, ...], data: st.DataObject) -> None:
    needed = data.draw(st.sets(st.sampled_from(items))) if items else set[int]()

    left = fewest(items, lambda some: needed <= set(some))

    assert tuple(item for item in items if item in needed) == left


@given(NUMBERS, st.integers(1, 5))
def test_no_single_item_of_what_is_left_can_be_spared(items: tuple[int, ...], parity: int) -> None:
    def fails(some: tuple[int, ...]) -> bool:
        return sum(some) % parity == sum(items) % parity

    left = fewest(items, fails)

    assert fails(left)
    assert not left or not any(fails((*left[:at], *left[at + 1 :])) for at in range(len(left)))


def test_a_workload_keeps_only_the_entry_that_fails() -> None:
    workload = drawn(0, STANDARD)
    symbol = workload.signals[7].symbol

    small = shrunk(workload, lambda each: any(one.symbol == symbol for one in each.signals))

    assert 1 == choices_of(small)
    assert Faults() == small.faults
    assert 1 == len(small.signals)


def test_times_become_round_and_the_end_comes_soon() -> None:
    workload = Workload(0, signals=(Signal(23_456, SignalType.LONG_ENTRY, repeats=2),))

    small = shrunk(workload, lambda each: any(one.at_ms > 9_000 for one in each.signals))

    assert (Signal(20_000, SignalType.LONG_ENTRY),) == small.signals
    assert 25_000 == small.duration_ms


def test_a_command_still_speaks_of_its_signal_when_others_are_left_out() -> None:
    signals = tuple(Signal(1_000 * n, SignalType.LONG_ENTRY) for n in range(1, 9))
    workload = Workload(0, signals=signals, commands=(Command(20_000, "cancel", 5),))

    def fails(each: Workload) -> bool:
        told = [each.signals[one.signal].at_ms for one in each.commands if each.signals]
        return 6_000 in told

    small = shrunk(workload, fails)

    assert ((6_000,), 0) == (
        tuple(one.at_ms for one in small.signals),
        small.commands[0].signal,
    )
