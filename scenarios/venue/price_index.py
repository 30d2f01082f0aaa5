"""PriceIndex: things that wait at a price, the nearest price first, then the oldest.

Owns one sorted list of the prices in use and one ordered line per price. Looking for what a price
reaches costs the same with ten things waiting or ten thousand; adding and removing cost a binary
search. Nothing stale is kept: what is removed is gone. Serves resting orders and triggers alike.
Its size is that of what its users let wait.
"""

from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Iterator
from decimal import Decimal
from typing import Generic, TypeVar

Item = TypeVar("Item")


class PriceIndex(Generic[Item]):
    """Items by price; a falling price reaches the highest first, or a rising one the lowest."""

    def __init__(self, *, highest_first: bool) -> None:
        self._highest_first = highest_first
        # Ascending keys, the nearest last, where a list grows and shrinks for nothing.
        self._keys: list[Decimal] = []
        self._lines: dict[Decimal, OrderedDict[int, Item]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, price: Decimal, number: int, item: Item) -> None:
        """Put an item at the end of its price's line; `number` names it there."""
        key = price if self._highest_first else price.copy_negate()
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = OrderedDict()
            insort(self._keys, key)
        assert number not in line, "an item waits once at a price"
        line[number] = item
        self._count += 1

    def remove(self, price: Decimal, number: int) -> None:
        """Take out the item of that number; KeyError when it does not wait there."""
        key = price if self._highest_first else price.copy_negate()
        line = self._lines[key]
        del line[number]
        self._count -= 1
        if not line:
            del self._lines[key]
            del self._keys[bisect_left(self._keys, key)]

    def first(self) -> Item | None:
        """Return the item that is first in line, None when nothing waits."""
        return next(iter(self._lines[self._keys[-1]].values())) if self._keys else None

    def reached(self, price: Decimal) -> Item | None:
        """Return the item that is first in line, if a market at `price` reaches it."""
        keys = self._keys
        if not keys:
            return None
        key = price if self._highest_first else price.copy_negate()
        return next(iter(self._lines[keys[-1]].values())) if keys[-1] >= key else None

    def prices(self, price: Decimal) -> Iterator[Decimal]:
        """Yield the prices in use that a market at `price` reaches, nearest first."""
        key = price if self._highest_first else price.copy_negate()
        for each in reversed(self._keys):
            if each < key:
                return
            yield each if self._highest_first else each.copy_negate()

    def within(self, price: Decimal) -> Iterator[Item]:
        """Yield all that a market at `price` reaches, in line; nothing may change meanwhile."""
        for each in self.prices(price):
            yield from self._lines[each if self._highest_first else each.copy_negate()].values()
