"""Source rules: each house rule tried on text that breaks it and on text that keeps it.

Owns the samples. A rule that finds nothing in a bad sample would let the whole tree through.
"""

import ast

import pytest

import source_rules as rules
import source_tree as project

NO_CLASSES: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    "text",
    [
        "import time",
        "import os.path, threading",
        "import random",
        "from random import choice",
        "from random import SystemRandom",
        "from concurrent.futures import Future",
        "import pykka",
        "from uuid import uuid4",
        "def f():\n    import socket",
        "ref.ask(question)",
        "datetime.now(UTC)",
        "datetime.datetime.utcnow()",
        "date.today()",
        "Random()",
        "key = hash(symbol)",
        "key = id(order)",
    ],
)
def test_an_impurity_is_found(text: str) -> None:
    assert 1 == len(rules.impurities(ast.parse(text)))


@pytest.mark.parametrize(
    "text",
    [
        "from random import Random\nRandom(7)",
        "from datetime import UTC, datetime\ndatetime.fromtimestamp(0, UTC)",
        "ctx.now()",
        "spread = mark.ask - mark.bid",
        "from .time import window",
        "order.id",
    ],
)
def test_what_is_pure_passes(text: str) -> None:
    assert [] == rules.impurities(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "for name in {1, 2}: f(name)",
        "[f(name) for name in set(names)]",
        "tuple({name for name in names})",
        "list(frozenset(names))",
    ],
)
def test_a_loop_over_a_set_is_found(text: str) -> None:
    assert 1 == len(rules.set_iterations(ast.parse(text)))


@pytest.mark.parametrize("text", ["sorted({1, 2})", "for name in sorted(set(names)): f(name)"])
def test_a_sorted_set_passes(text: str) -> None:
    assert [] == rules.set_iterations(ast.parse(text))


@pytest.mark.parametrize(
    "text",
    ["x = 1", '"""No claim here."""', '"""Name: no full stop"""', f'"""Name: {"x" * 90}."""'],
)
def test_a_docstring_without_name_and_claim_is_found(text: str) -> None:
    assert 1 == len(rules.docstring_faults(ast.parse(text)))


def test_a_docstring_of_name_and_claim_passes() -> None:
    assert [] == rules.docstring_faults(ast.parse('"""Name: claim.\n\nMore, at any length."""'))


@pytest.mark.parametrize("text", ["ApprovedOrder(x=1)", "orders.ApprovedOrder()"])
def test_a_construction_is_found_by_either_spelling(text: str) -> None:
    assert 1 == len(rules.constructions(ast.parse(text), "ApprovedOrder"))


def test_a_class_pattern_is_no_construction() -> None:
    tree = ast.parse("match message:\n    case ApprovedOrder():\n        f()")

    assert [] == rules.constructions(tree, "ApprovedOrder")


@pytest.mark.parametrize(
    "text",
    [
        "price: float",
        "prices: dict[str, 'float | None']",
        "def f(a: float): ...",
        "def f() -> float: ...",
    ],
)
def test_a_float_annotation_is_found(text: str) -> None:
    assert 1 == len(rules.float_annotations(ast.parse(text)))


def test_a_check_against_float_is_no_annotation() -> None:
    assert [] == rules.float_annotations(ast.parse("isinstance(value, float)"))


@pytest.mark.parametrize("text", ["class A: x: int", "@define\nclass A: x: int"])
def test_a_class_that_is_not_frozen_is_found(text: str) -> None:
    assert 1 == len(rules.thawed_classes(ast.parse(text), NO_CLASSES))


@pytest.mark.parametrize(
    "text", ["@frozen\nclass A: x: int", "@attrs.frozen(kw_only=True)\nclass A: x: int"]
)
def test_a_frozen_class_passes(text: str) -> None:
    assert [] == rules.thawed_classes(ast.parse(text), NO_CLASSES)


def test_descent_from_an_exception_is_followed_over_files() -> None:
    trees = (ast.parse("class Ours(Exception): x = 1"), ast.parse("class Finer(Ours): x = 1"))

    assert {"Exception", "Ours", "Finer"} == rules.classes_below(trees, frozenset({"Exception"}))


def test_an_actor_is_known_by_its_receive_and_a_protocol_is_none() -> None:
    actor = "class Gate:\n    def receive(self, message, ctx): ..."
    protocol = "class Actor(Protocol[T]):\n    def receive(self, message, ctx): ..."

    assert (True, False) == (
        rules.has_actor(ast.parse(actor)),
        rules.has_actor(ast.parse(protocol)),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("from ..messages.values import Side", "callboard.messages.values"),
        ("from ..messages import values", "callboard.messages.values"),
        ("from . import ports", "callboard.actors.ports"),
        ("from .. import __main__", "callboard.__main__"),
        ("from .. import Side", "callboard"),
        ("from .adapters import files", "callboard.actors.adapters"),
        ("import callboard.scenarios", "callboard.scenarios"),
    ],
)
def test_a_relative_import_is_resolved(text: str, expected: str) -> None:
    assert (expected,) == project.imported_modules("actors/risk_gate.py", ast.parse(text))
