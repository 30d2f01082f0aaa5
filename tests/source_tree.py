"""Source tree: the project's own files, read and parsed once, for the tests of house rules.

Owns the lists of folders inside and outside the package and the meaning of an import statement.
A file that does not parse fails the test that reads it, with Python's own words.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "callboard"
INSIDE = ("messages", "actors", "scenarios")
OUTSIDE = ("tests", "benchmarks", "examples")


@cache
def inside() -> tuple[str, ...]:
    """List the package's files, relative to the root, sorted."""
    at_root = tuple(path.name for path in sorted(ROOT.glob("*.py")))
    return at_root + tuple(name for folder in INSIDE for name in _files_below(folder))


@cache
def outside() -> tuple[str, ...]:
    """List the Python files that use the package and are no part of it."""
    return tuple(name for folder in OUTSIDE for name in _files_below(folder))


@cache
def parse(file: str) -> ast.Module:
    """Parse a file that is named relative to the root."""
    return ast.parse((ROOT / file).read_text(encoding="utf-8"), filename=file)


def module_name(file: str) -> str:
    """Name the module that a package file is, as in `callboard.actors.ports`."""
    parts = Path(file).with_suffix("").parts
    return ".".join((PACKAGE, *(part for part in parts if part != "__init__")))


def imported_modules(file: str, tree: ast.Module | None = None) -> tuple[str, ...]:
    """List what a package file imports, each as an absolute module name."""
    found = (
        name
        for node in ast.walk(tree or parse(file))
        for name in _modules_of(node, _package_of(file))
    )
    return tuple(dict.fromkeys(found))


def names_for_type_checkers(file: str) -> dict[str, str]:
    """Read what a file imports for type checkers alone: name -> module as it is written there."""
    blocks = (node for node in parse(file).body if isinstance(node, ast.If))
    imports = (node for block in blocks for node in block.body if isinstance(node, ast.ImportFrom))
    return {
        alias.name: "." * node.level + (node.module or "")
        for node in imports
        for alias in node.names
    }


def _files_below(folder: str) -> tuple[str, ...]:
    paths = (ROOT / folder).rglob("*.py")
    return tuple(sorted(path.relative_to(ROOT).as_posix() for path in paths))


def _package_of(file: str) -> tuple[str, ...]:
    return (PACKAGE, *Path(file).parent.parts)


def _modules_of(node: ast.AST, package: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = _base_of(node, package)
        yield from (_deepest_module(base, alias.name) for alias in node.names)


def _base_of(node: ast.ImportFrom, package: tuple[str, ...]) -> str:
    if node.level == 0:
        return node.module or ""
    kept = package[: len(package) - (node.level - 1)]
    return ".".join((*kept, node.module)) if node.module else ".".join(kept)


def _deepest_module(base: str, name: str) -> str:
    # `from ..actors import ports` imports a module, `from ..actors.ports import Clock` a name.
    path = ROOT.joinpath(*base.split(".")[1:], name)
    is_module = path.is_dir() or path.with_suffix(".py").is_file()
    return f"{base}.{name}" if base.split(".", maxsplit=1)[0] == PACKAGE and is_module else base
