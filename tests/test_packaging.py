"""Packaging: what is installed is the whole package, under one name, and nothing beside it.

Owns the proofs that need a build: the wheel is made once, without a network, from a copy of the
files that git would give, and is installed into an empty environment beside a host's own packages.
"""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib import import_module
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

import callboard
import source_tree as project

ROOT = project.ROOT
LINKS = ROOT / ".typepath" / "callboard"
ROOT_MODULES = ("__init__.py", "__main__.py")
ADDRESS_WORDS = re.compile(
    r"index-url|index_url|find-links|find_links|trusted-host|pypi\.org|pythonhosted", re.IGNORECASE
)


def pyproject() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def homes() -> dict[str, str]:
    """Read the root's table of public names: name -> module that defines it."""
    table: dict[str, str] = vars(callboard)["_PUBLIC"]
    return table


def config_files() -> list[Path]:
    """List the files that configure tools, builds or CI."""
    suffixes = {".toml", ".txt", ".cfg", ".ini", ".yml", ".yaml", ".json"}
    at_root = [path for path in ROOT.iterdir() if path.suffix in suffixes]
    return [*sorted(at_root), ROOT / "dev", ROOT / "Makefile", ROOT / ".ci" / "run"]


def test_the_packages_list_equals_the_folders_that_hold_python_files() -> None:
    folders = {Path(file).parent for file in project.inside()}
    expected = sorted(".".join((project.PACKAGE, *folder.parts)) for folder in folders)

    assert expected == sorted(pyproject()["tool"]["setuptools"]["packages"])


def test_every_package_folder_has_an_init_file() -> None:
    folders = {Path(file).parent for file in project.inside()}

    assert [] == sorted(str(f) for f in folders if not (ROOT / f / "__init__.py").is_file())


def test_the_root_holds_two_python_files_and_no_other() -> None:
    assert list(ROOT_MODULES) == sorted(path.name for path in ROOT.glob("*.py"))


def test_the_typepath_holds_a_link_for_every_part_of_the_package_and_no_other() -> None:
    expected = {name: f"../../{name}" for name in (*project.INSIDE, *ROOT_MODULES, "py.typed")}

    links = {path.name: str(path.readlink()) for path in LINKS.iterdir() if path.is_symlink()}

    assert expected == links
    assert len(expected) == len(list(LINKS.iterdir()))
    assert all((LINKS / name).exists() for name in expected)


def data_files() -> list[str]:
    """List the files that are no modules and belong to the wheel, as pyproject.toml names them."""
    wanted: dict[str, list[str]] = pyproject()["tool"]["setuptools"]["package-data"]
    folders = {name: Path(*name.split(".")[1:]) for name in wanted}
    return [
        f"{project.PACKAGE}/{path.relative_to(ROOT).as_posix()}"
        for name, patterns in wanted.items()
        for pattern in patterns
        for path in (ROOT / folders[name]).glob(pattern)
    ]


def test_the_wheel_holds_every_module_its_data_files_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    installed = [name for name in names if ".dist-info/" not in name]
    modules = [f"{project.PACKAGE}/{file}" for file in project.inside()]

    assert f"{project.PACKAGE}/py.typed" in data_files()
    assert sorted([*modules, *data_files()]) == sorted(installed)


def test_a_host_with_packages_of_the_same_names_meets_no_collision(
    host_python: Path, tmp_path: Path
) -> None:
    for name in ("actors", "messages", "scenarios"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(f"OWNER = 'host {name}'\n", encoding="utf-8")
    script = tmp_path / "host.py"
    script.write_text(
        "import actors, messages, scenarios\n"
        "import callboard, callboard.actors.ports, callboard.messages.values\n"
        "from callboard import Side\n"
        "print(actors.OWNER, messages.OWNER, scenarios.OWNER, Side.SELL, sep=', ')\n"
        "print(callboard.__file__)\n",
        encoding="utf-8",
    )

    done = subprocess.run(
        [str(host_python), str(script)], check=True, capture_output=True, text=True
    )

    said, where = done.stdout.splitlines()
    assert "host actors, host messages, host scenarios, SELL" == said
    assert Path(where).is_relative_to(host_python.parents[1])


def test_the_installed_command_says_its_version(host_python: Path) -> None:
    command = host_python.parent / "callboard"

    done = subprocess.run([str(command), "version"], check=True, capture_output=True, text=True)

    assert f"{pyproject()['project']['version']}\n" == done.stdout


def test_importing_every_module_changes_nothing_of_the_process() -> None:
    names = [project.module_name(file) for file in project.inside()]
    program = (
        "import decimal, gc, os, signal, sys, threading\n"
        "from importlib import import_module\n"
        "def look():\n"
        "    return (repr(decimal.getcontext()), gc.get_threshold(), os.getcwd(), sys.path[:],\n"
        "            signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM),\n"
        "            sys.getswitchinterval(), threading.active_count())\n"
        "before = look()\n"
        f"for name in {names!r}: import_module(name)\n"
        "print(before == look() or (before, look()))\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert "True\n" == done.stdout


@pytest.mark.parametrize("name", callboard.__all__)
def test_a_public_name_is_what_its_own_module_defines(name: str) -> None:
    module = import_module(f"{project.PACKAGE}.{homes()[name]}")

    offered = getattr(callboard, name)

    assert getattr(module, name) is offered
    if isinstance(offered, type | FunctionType):
        assert module.__name__ == offered.__module__


def test_the_three_lists_of_public_names_agree() -> None:
    seen_by_type_checkers = project.names_for_type_checkers("__init__.py")

    assert {name: f".{home}" for name, home in homes().items()} == seen_by_type_checkers
    assert sorted(homes()) == sorted(callboard.__all__)
    assert set(callboard.__all__) <= set(dir(callboard))


def test_a_name_that_is_not_public_is_an_attribute_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="'callboard' has no public name 'RateBucket'"):
        getattr(callboard, "RateBucket")  # noqa: B009  # a type checker refuses the plain form


def test_importing_the_package_imports_none_of_its_parts() -> None:
    program = "import sys, callboard; print([m for m in sys.modules if m.startswith('callboard.')])"

    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True
    )

    assert "[]\n" == done.stdout


def test_the_constraints_hold_pins_and_no_address() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if re.match(r"^[a-z0-9.-]+==\S+", line)]

    assert "://" not in text
    assert len(text.splitlines()) == len(pins) > 0


@pytest.mark.parametrize("path", config_files(), ids=lambda path: path.name)
def test_no_configuration_names_a_registry(path: Path) -> None:
    assert [] == ADDRESS_WORDS.findall(path.read_text(encoding="utf-8"))
