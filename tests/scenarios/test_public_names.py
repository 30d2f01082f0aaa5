"""Public names of the scenarios: one list, each from its own module, nothing at import."""

import subprocess
import sys
from importlib import import_module
from types import FunctionType

import pytest

import source_tree as project
from callboard import scenarios
from callboard.scenarios import CHECKS, StateIsFold

HOMES: dict[str, str] = vars(scenarios)["_PUBLIC"]


@pytest.mark.parametrize("name", scenarios.__all__)
def test_a_public_name_is_what_its_own_module_defines(name: str) -> None:
    module = import_module(HOMES[name], scenarios.__name__)

    offered = getattr(scenarios, name)

    assert getattr(module, name) is offered
    if isinstance(offered, type | FunctionType):
        assert module.__name__ == offered.__module__


def test_the_three_lists_of_public_names_agree() -> None:
    seen_by_type_checkers = project.names_for_type_checkers("scenarios/__init__.py")

    assert HOMES == seen_by_type_checkers
    assert sorted(HOMES) == sorted(scenarios.__all__)
    assert set(scenarios.__all__) <= set(dir(scenarios))


def test_every_invariant_is_public() -> None:
    names = [getattr(check, "__name__", "") for check in (*CHECKS, StateIsFold)]

    assert [] == [name for name in names if name not in scenarios.__all__]


def test_a_name_that_is_not_public_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match=r"'callboard\.scenarios' has no public name 'Moon'"):
        getattr(scenarios, "Moon")  # noqa: B009  # a type checker refuses the plain form


def test_importing_the_package_and_its_names_brings_no_test_tool() -> None:
    program = (
        "import sys, callboard.scenarios as scenarios\n"
        "print([name for name in sys.modules if name.startswith('callboard.')])\n"
        "for name in scenarios.__all__: getattr(scenarios, name)\n"
        "print([name for name in ('hypothesis', 'pytest') if name in sys.modules])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert "['callboard.scenarios']\n[]\n" == done.stdout
