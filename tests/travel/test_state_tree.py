"""State tree: what a step changed is marked, what it left is counted where it is much."""

from typing import Any

from callboard.actors.adapters.travel.state_tree import (
    ABSENT,
    change_text,
    changed_paths,
    tree_lines,
)


def shown(before: Any, after: Any, *, full: bool = False) -> list[str]:
    return [str(line) for line in tree_lines(before, after, full=full)]


def test_every_kind_of_difference_has_its_mark() -> None:
    before = {"same": 1, "moved": "a", "gone": {"x": 1}, "list": [1, 2]}
    after = {"same": 1, "moved": "b", "list": [1, 3, {"y": None}], "new": []}

    assert [
        "  same: 1",
        "~ moved: a -> b",
        "- gone",
        "-   x: 1",
        "~ list",
        "    0: 1",
        "~   1: 2 -> 3",
        "+   2",
        "+     y: none",
        "+ new: empty",
    ] == shown(before, after)


def test_among_much_only_what_changed_is_shown() -> None:
    before = {f"order {number}": {"state": "ACTIVE"} for number in range(2_000)}
    after = {**before, "order 7": {"state": "FILLED"}}

    assert [
        "~ order 7",
        "~   state: ACTIVE -> FILLED",
        "  (1,999 more, unchanged)",
    ] == shown(before, after)
    assert 4_000 == len(shown(before, after, full=True))


def test_a_big_entry_that_did_not_change_is_one_line() -> None:
    state = {"orders": {str(number): number for number in range(1_500)}, "total": 3}

    assert ["  orders: (1,500 entries, unchanged)", "  total: 3"] == shown(state, state)


def test_changes_are_told_by_the_path_of_each_leaf() -> None:
    before: Any = {"orders": {"a": {"state": "PENDING", "fills": []}}, "count": 1}
    after: Any = {"orders": {"a": {"state": "FILLED", "fills": [{"price": "1.5"}]}}, "count": 1}

    assert [
        ("orders.a.state", "PENDING", "FILLED"),
        ("orders.a.fills.0", ABSENT, {"price": "1.5"}),
    ] == list(changed_paths(before, after))
    assert [] == list(changed_paths(after, after))


def test_a_leaf_that_came_or_went_is_told_as_such() -> None:
    assert "1" == change_text(ABSENT, 1)
    assert "1 -> gone" == change_text(1, ABSENT)
    assert 'none -> {"a":1}' == change_text(None, {"a": 1})
