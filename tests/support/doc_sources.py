"""DocSources: what classes and modules say of themselves, for the pages made of them."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from types import ModuleType

_REQUIREMENT = re.compile(r" \(C-\d+(?:, C-\d+)*\)")
"""Numbers of a register that readers of the pages do not have."""


@cache
def field_docs(cls: type) -> Mapping[str, str]:
    """Return field -> the docstring under it, of those that have one."""
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(node, ast.ClassDef), "the source of a class is one"
    pairs = zip(node.body, node.body[1:], strict=False)
    return {
        field.target.id: in_one_line(text.value.value)
        for field, text in pairs
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }


def claim(thing: type | ModuleType) -> str:
    """Return the first paragraph of a docstring, without the name that a module's begins with."""
    first = in_one_line(paragraphs(thing)[0])
    return first.partition(": ")[2] if isinstance(thing, ModuleType) else first


def paragraphs(thing: type | ModuleType) -> list[str]:
    """Return a docstring's paragraphs, without what is only for those who write the code."""
    text = inspect.getdoc(thing) or ""
    return [_REQUIREMENT.sub("", part) for part in text.split("\n\n")]


def in_one_line(text: str) -> str:
    """Return a text as one line of a table."""
    return _REQUIREMENT.sub("", " ".join(text.split())).replace("|", "\\|")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("  |", " |") for line in lines) + "\n"


def code(text: object) -> str:
    """Return a text as code, empty where there is none."""
    return f"`{text}`" if str(text) else ""


def sentence(text: str) -> str:
    """Return a claim as a sentence of its own."""
    return text[:1].upper() + text[1:]
