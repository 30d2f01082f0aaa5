"""Source rules: what the house forbids, each as a function from a parsed file to faults.

Owns no file: every rule takes a tree and names what it found with its line, so that the rules
themselves can be tried on a few lines of text. Source: the rules stand in README.md under
"House rules".
"""

import ast
import re
from collections.abc import Iterator

FIRST_LINE_MAX = 90
FIRST_LINE = re.compile(r"^[^:]+: \S.*\.$")

OUTSIDE_WORLD = frozenset(
    (
        "_thread",
        "aiohttp",
        "asyncio",
        "binance",
        "concurrent",
        "http",
        "httpx",
        "multiprocessing",
        "pykka",
        "queue",
        "redis",
        "requests",
        "sched",
        "secrets",
        "select",
        "selectors",
        "signal",
        "socket",
        "socketserver",
        "sqlite3",
        "ssl",
        "subprocess",
        "threading",
        "time",
        "urllib",
        "uuid",
        "websockets",
    )
)
"""Modules that bring a clock, a random number, a thread or a wire with them."""

CLOCK_READS = frozenset({"now", "today", "utcnow"})
PROCESS_BOUND = frozenset({"hash", "id"})
"""Builtins whose answer differs from one process to the next."""


def docstring_faults(tree: ast.Module) -> list[str]:
    """Fault a module whose docstring does not begin with `Name: claim.` in 90 characters."""
    docstring = ast.get_docstring(tree)
    if docstring is None:
        return ["no module docstring"]
    first = docstring.splitlines()[0]
    if len(first) > FIRST_LINE_MAX:
        return [f"first line has {len(first)} characters, of {FIRST_LINE_MAX} allowed"]
    return [] if FIRST_LINE.match(first) else [f"first line is not `Name: claim.`: {first!r}"]


def impurities(tree: ast.Module) -> list[str]:
    """Fault a core file that reads a clock, random number, thread or socket, or asks an actor."""
    return [
        f"line {node.lineno}: {fault}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call)
        for fault in _impurities_of(node)
    ]


def set_iterations(tree: ast.Module) -> list[str]:
    """Fault a loop straight over a set, whose order changes with PYTHONHASHSEED."""
    return [
        f"line {iterable.lineno}: iterates a set"
        for node in ast.walk(tree)
        for iterable in _iterables_of(node)
        if _is_set(iterable)
    ]


def constructions(tree: ast.Module, class_name: str) -> list[str]:
    """Fault every call of a class by its name."""
    return [
        f"line {node.lineno}: makes {class_name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and _last_name(node.func) == class_name
    ]


def float_annotations(tree: ast.Module) -> list[str]:
    """Fault every annotation that holds `float`, quoted or not."""
    return [
        f"line {annotation.lineno}: annotated with float"
        for annotation in _annotations(tree)
        if _mentions_float(annotation)
    ]


def thawed_classes(tree: ast.Module, exempt: frozenset[str]) -> list[str]:
    """Fault every class that is neither `@frozen` nor named in `exempt`."""
    return [
        f"line {node.lineno}: {node.name} is not frozen"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        and node.name not in exempt
        and not any(_freezes(decorator) for decorator in node.decorator_list)
    ]


def classes_below(trees: tuple[ast.Module, ...], roots: frozenset[str]) -> frozenset[str]:
    """Name every class that descends, over any of the trees, from a class named in `roots`."""
    bases = {
        node.name: {_last_name(_unsubscripted(base)) for base in node.bases}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    known = set(roots)
    while grown := {name for name in bases if name not in known and bases[name] & known}:
        known |= grown
    return frozenset(known)


def has_actor(tree: ast.Module) -> bool:
    """Say whether a class of this file has a `receive` method of its own."""
    classes = (node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    return any(
        isinstance(member, ast.FunctionDef) and member.name == "receive"
        for node in classes
        if not any(_last_name(_unsubscripted(base)) == "Protocol" for base in node.bases)
        for member in node.body
    )


def _impurities_of(node: ast.Import | ast.ImportFrom | ast.Call) -> Iterator[str]:
    if isinstance(node, ast.Call):
        yield from _call_faults(node)
    elif isinstance(node, ast.Import):
        yield from (f"imports {alias.name}" for alias in node.names if _is_foul(alias.name, ""))
    elif node.level == 0 and node.module:
        for alias in node.names:
            if _is_foul(node.module, alias.name):
                yield f"imports {alias.name} from {node.module}"


def _is_foul(module: str, name: str) -> bool:
    # A seeded generator is pure; everything else in `random` shares the process's own.
    top = module.split(".", maxsplit=1)[0]
    return top in OUTSIDE_WORLD or (top == "random" and name != "Random")


def _call_faults(node: ast.Call) -> Iterator[str]:
    called = _last_name(node.func)
    if isinstance(node.func, ast.Attribute):
        if called == "ask":
            yield "asks an actor"
        if called in CLOCK_READS and _last_name(node.func.value) in {"date", "datetime"}:
            yield f"reads the clock by {called}()"
    elif called in PROCESS_BOUND:
        yield f"calls {called}()"
    if called == "Random" and not node.args:
        yield "makes a generator without a seed"


def _iterables_of(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.For | ast.comprehension):
        yield node.iter
    elif isinstance(node, ast.Call) and _last_name(node.func) in {"tuple", "list", "enumerate"}:
        yield from node.args[:1]


def _is_set(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _last_name(node.func) in {"set", "frozenset"}
    return isinstance(node, ast.Set | ast.SetComp)


def _annotations(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.arg) and node.annotation:
            yield node.annotation
        elif isinstance(node, ast.FunctionDef) and node.returns:
            yield node.returns


def _mentions_float(annotation: ast.expr) -> bool:
    words = re.findall(r"\w+", ast.unparse(annotation))
    return "float" in words


def _freezes(decorator: ast.expr) -> bool:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return _last_name(called) == "frozen"


def _unsubscripted(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
