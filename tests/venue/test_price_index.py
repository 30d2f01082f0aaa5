"""Price index: what waits at a price is reached nearest price first, then oldest."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callboard.scenarios.venue.price_index import PriceIndex


def index_of(*waiting: tuple[int, int], highest_first: bool = True) -> PriceIndex[int]:
    """Return an index of (price, number) pairs; each item is its number."""
    made = PriceIndex[int](highest_first=highest_first)
    for price, number in waiting:
        made.add(Decimal(price), number, number)
    return made


def test_a_falling_price_reaches_the_highest_first() -> None:
    index = index_of((90, 1), (95, 2), (80, 3))

    assert index.first() == 2
    assert index.reached(Decimal(96)) is None
    assert index.reached(Decimal(95)) == 2


def test_a_rising_price_reaches_the_lowest_first() -> None:
    index = index_of((90, 1), (95, 2), (80, 3), highest_first=False)

    assert index.first() == 3
    assert index.reached(Decimal(79)) is None
    assert index.reached(Decimal(80)) == 3


def test_at_one_price_the_oldest_is_first() -> None:
    index = index_of((90, 1), (90, 2), (90, 3))
    index.remove(Decimal(90), 1)

    index.add(Decimal("90.00"), 4, 4)

    assert [2, 3, 4] == list(index.within(Decimal(90)))


def test_what_is_removed_is_gone_and_cannot_be_removed_again() -> None:
    index = index_of((90, 1))
    index.remove(Decimal(90), 1)

    assert (0, None, None) == (len(index), index.first(), index.reached(Decimal(1)))
    with pytest.raises(KeyError):
        index.remove(Decimal(90), 1)


CHANGES = st.lists(st.tuples(st.booleans(), st.integers(1, 6), st.integers(1, 12)), max_size=60)


@given(CHANGES, st.booleans())
def test_the_index_is_a_sorted_list_whatever_comes_and_goes(
    changes: list[tuple[bool, int, int]], highest_first: bool
) -> None:
    index, model = PriceIndex[int](highest_first=highest_first), list[tuple[int, int]]()

    for number, (adds, price, nth) in enumerate(changes):
        if adds or not model:
            index.add(Decimal(price), number, number)
            model.append((price, number))
        else:
            gone = model.pop(nth % len(model))
            index.remove(Decimal(gone[0]), gone[1])
        sign = -1 if highest_first else 1
        in_line = [each for _, each in sorted((sign * one, each) for one, each in model)]
        assert in_line == list(index.within(Decimal(0 if highest_first else 9)))
        assert index.first() == (in_line[0] if in_line else None)
        assert len(index) == len(model)
