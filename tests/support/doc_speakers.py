"""DocSpeakers: which actors say a message and which hear it, read from the source.

A message is said where an actor's code makes one and heard where a `match` names it. A helper's
code counts for the actors whose files import it; what people and the exchange say comes in through
the adapters.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache

from attrs import frozen

import source_tree as project
from callboard.actors import names

VIEWS = tuple(f"actors/adapters/{name}/" for name in ("records", "report", "travel", "metrics"))
"""They read the journal, and are told nothing."""
VALUES = "actors/policies/"
ADAPTERS = "adapters"


@frozen
class Speakers:
    """Who says a message, and who hears it."""

    said_by: tuple[str, ...]
    heard_by: tuple[str, ...]


@cache
def speakers() -> Mapping[str, Speakers]:
    """Return message class -> who says and hears it."""
    said: dict[str, set[str]] = defaultdict(set)
    heard: dict[str, set[str]] = defaultdict(set)
    for file in _files():
        for node in ast.walk(project.parse(file)):
            for name in _made(node):
                said[name].update(_owners(file))
            for name in _matched(node):
                heard[name].update(_owners(file))
    known = dict.fromkeys([*said, *heard])
    return {name: Speakers(_sorted(said[name]), _sorted(heard[name])) for name in known}


def _sorted(owners: set[str]) -> tuple[str, ...]:
    return tuple(sorted(owners))


@cache
def _files() -> tuple[str, ...]:
    ours = [file for file in project.inside() if file.startswith("actors/")]
    return tuple(file for file in ours if not file.startswith((*VIEWS, VALUES)))


def _made(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        yield node.func.id


def _matched(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.match_case):
        for pattern in ast.walk(node.pattern):
            if isinstance(pattern, ast.MatchClass) and isinstance(pattern.cls, ast.Name):
                yield pattern.cls.id


@cache
def _owners(file: str) -> frozenset[str]:
    """Return the actors whose code a file is, or the part of the engine that it belongs to."""
    if file in _actors():
        return frozenset([_title(file)])
    if file.startswith("actors/adapters/"):
        return frozenset([ADAPTERS])
    if file.startswith("actors/runtime/"):
        return frozenset(["runtime"])
    module = project.module_name(file)
    owners = (_title(actor) for actor in _actors() if module in _reached(actor))
    return frozenset(owners) or frozenset(["start"])


@cache
def _actors() -> tuple[str, ...]:
    addresses = {value for value in vars(names).values() if isinstance(value, str)}
    return tuple(
        file for file in _files() if file.removesuffix(".py").rpartition("/")[2] in addresses
    )


@cache
def _reached(file: str) -> frozenset[str]:
    """Return the modules that an actor's file imports, and those that these import."""
    files = {project.module_name(each): each for each in _files() if each not in _actors()}
    seen: set[str] = set()
    waiting = [file]
    while waiting:
        new = set(project.imported_modules(waiting.pop())) & files.keys() - seen
        seen |= new
        waiting += [files[module] for module in new]
    return frozenset(seen)


def _title(file: str) -> str:
    return (ast.get_docstring(project.parse(file)) or "").partition(":")[0].replace(" ", "")
