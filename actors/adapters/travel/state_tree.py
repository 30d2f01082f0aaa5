"""State tree: an actor's state as lines, before and after, with every difference marked.

Pure, over JSON values. What did not change is shown where it is little, and counted where it is
much, so that one order among thousands can be found.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, TypeGuard

from attrs import frozen

from ....messages.codec import Json
from ..record_lines import short

UNCHANGED_SHOWN = 20
"""Entries of one collection, beyond which those that did not change are only counted."""
ABSENT = object()


class Mark(StrEnum):
    """What became of a line."""

    SAME = " "
    CHANGED = "~"
    ADDED = "+"
    REMOVED = "-"


@frozen
class TreeLine:
    """One line of the tree; `text` is empty for a branch."""

    depth: int
    mark: Mark
    key: str
    text: str

    def __str__(self) -> str:
        indent = "  " * self.depth
        return f"{self.mark.value} {indent}{self.key}{': ' if self.text else ''}{self.text}"


def tree_lines(before: Any, after: Any, *, full: bool = False) -> Iterator[TreeLine]:
    """Yield the lines of a state; `full` shows also what did not change among much."""
    yield from _children(before, after, 0, full=full)


def changed_paths(before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, before, after) of every leaf that differs; `ABSENT` where there was none."""
    yield from _changes("", before, after)


def change_text(old: Any, new: Any) -> str:
    """Return a leaf's change for people."""
    if old is ABSENT:
        return _leaf(new)
    return f"{_leaf(old)} -> {'gone' if new is ABSENT else _leaf(new)}"


def _children(before: Any, after: Any, depth: int, *, full: bool) -> Iterator[TreeLine]:
    entries = list(_entries(before, after))
    hidden = 0
    for key, old, new in entries:
        if not full and len(entries) > UNCHANGED_SHOWN and old == new:
            hidden += 1
            continue
        yield from _node(key, old, new, depth, full=full)
    if hidden:
        yield TreeLine(depth, Mark.SAME, f"({hidden:,} more, unchanged)", "")


def _node(key: str, old: Any, new: Any, depth: int, *, full: bool) -> Iterator[TreeLine]:
    mark = _mark(old, new)
    shown = old if new is ABSENT else new
    if not full and mark is Mark.SAME and _is_branch(new) and len(new) > UNCHANGED_SHOWN:
        yield TreeLine(depth, mark, key, f"({len(new):,} entries, unchanged)")
    elif _is_branch(shown) and _fits(old, new):
        yield TreeLine(depth, mark, key, "")
        yield from _children(old, new, depth + 1, full=full)
    elif mark is Mark.CHANGED:
        yield TreeLine(depth, mark, key, change_text(old, new))
    else:
        yield TreeLine(depth, mark, key, _leaf(shown))


def _mark(old: Any, new: Any) -> Mark:
    if old is ABSENT:
        return Mark.ADDED
    if new is ABSENT:
        return Mark.REMOVED
    return Mark.SAME if old == new else Mark.CHANGED


def _changes(path: str, old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    if old == new:
        return
    if ABSENT in (old, new) or not _fits(old, new):
        yield path, old, new
        return
    for key, left, right in _entries(old, new):
        yield from _changes(f"{path}.{key}" if path else key, left, right)


def _fits(old: Any, new: Any) -> bool:
    """Tell whether two values are collections of a kind, or one with nothing in its place."""
    return any(
        all(is_kind(value) or value is ABSENT for value in (old, new))
        for is_kind in (_is_object, _is_list)
    )


def _entries(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield (key, before, after) of the entries of two collections."""
    left, right = _as_object(old), _as_object(new)
    for key in {**left, **right}:
        yield key, left.get(key, ABSENT), right.get(key, ABSENT)


def _as_object(value: Any) -> Json:
    if _is_object(value):
        return value
    if _is_list(value):
        return {str(index): each for index, each in enumerate(value)}
    return {}


def _is_object(value: Any) -> TypeGuard[Json]:
    return isinstance(value, dict)


def _is_list(value: Any) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _is_branch(value: Any) -> bool:
    """True for a collection that holds something."""
    return (_is_object(value) or _is_list(value)) and len(value) > 0


def _leaf(value: Any) -> str:
    if value is None or value in ("", [], {}):
        return "none" if value is None else "empty"
    return short(value)
