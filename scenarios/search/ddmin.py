"""Ddmin: fewer of some items, while what they cause still happens.

Pure. The result is 1-minimal when the budget of the caller's `fails` allows: no single item can be
left out. Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input,
IEEE Transactions on Software Engineering, 2002.
"""

from collections.abc import Callable
from typing import TypeVar

Item = TypeVar("Item")


def fewest(items: tuple[Item, ...], fails: Callable[[tuple[Item, ...]], bool]) -> tuple[Item, ...]:
    """Return a part of the items, in their order, for which `fails` is still true."""
    if not items or fails(()):
        return ()
    parts = 2
    while len(items) > 1:
        size = -(-len(items) // parts)
        for start in range(0, len(items), size):
            rest = (*items[:start], *items[start + size :])
            if rest and fails(rest):
                items, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(2 * parts, len(items))
    return items
