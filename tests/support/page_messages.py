"""PageMessages: docs/messages.md, made of the catalogue in `messages`."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from enum import StrEnum
from types import ModuleType
from typing import get_args

import attrs

from callboard.messages import intake, queries, values
from callboard.messages.codec import CATALOGUE, Codec
from callboard.messages.topics import TOPICS
from callboard.messages.upcasts import VERSIONS
from support.doc_sources import code, field_docs, in_one_line, paragraphs, table
from support.doc_speakers import speakers

INTRODUCTION = """# Messages

Every message that is said in the engine, by conversation.
A message is immutable and complete in itself; money, prices and quantities are exact decimals, \
which travel as text.
What it is about besides (its number, time, sender, cause and correlation) stands in its \
envelope and in the journal's record.

A label is a message's name and version, as the journal writes it.
Fields are only added, with defaults; how versions change is told in [upgrading.md](upgrading.md).
A host tells the commands of [Intake](#intake), asks the queries of [Queries](#queries), and \
hears the events of [Events](#events) and [Outcomes](#outcomes), by class, by class name or by \
topic.
All other conversations are those of the actors among themselves.
What `adapters` say comes from people, files and the exchange.
"""
HOST_WORDS = (*get_args(intake.HostCommand), *get_args(queries.Query))
HEAD = ("field", "type", "default", "what it is")


def messages() -> str:
    """Return the page."""
    codec = Codec()
    parts = [INTRODUCTION, *(_conversation(module, codec) for module in CATALOGUE), _words()]
    return "\n".join(parts)


def _conversation(module: ModuleType, codec: Codec) -> str:
    title = module.__doc__ or ""
    name = title.partition(":")[0]
    first, *others = paragraphs(module)
    text = " ".join(first.partition(": ")[2].split())
    more = [" ".join(part.split()) for part in others]
    classes = [
        each
        for each in vars(module).values()
        if isinstance(each, type) and attrs.has(each) and each.__module__ == module.__name__
    ]
    told = [f"{text[:1].upper()}{text[1:]}", *more]
    return "\n".join(
        [f"## {name}\n", "\n\n".join(told), "", *(_message(x, codec) for x in classes)]
    )


def _message(cls: type, codec: Codec) -> str:
    label = f"{cls.__name__}.v{VERSIONS.get(cls.__name__, 1)}"
    assert label in codec.fingerprints(), f"{label} is a label of the codec"
    says = "\n\n".join(" ".join(part.split()) for part in paragraphs(cls))
    rows = list(_fields(cls))
    fields = table(HEAD, rows) if rows else "It has no fields.\n"
    return f"### {cls.__name__}\n\n{says}\n\n{_facts(cls, label)}\n\n{fields}"


def _facts(cls: type, label: str) -> str:
    """Return label, topic and speakers in a line."""
    who = speakers().get(cls.__name__)
    topic = TOPICS.get(cls)
    parts = [code(label)]
    if topic is not None:
        parts.append(f"topic {code(topic)}")
    if cls in HOST_WORDS:
        parts.append("said by the host")
    elif who is not None and who.said_by:
        parts.append(f"said by {', '.join(who.said_by)}")
    if who is not None and who.heard_by:
        parts.append(f"heard by {', '.join(who.heard_by)}")
    return " · ".join(parts)


def _fields(cls: type) -> Iterator[tuple[str, ...]]:
    docs = field_docs(cls)
    (node,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(node, ast.ClassDef), "the source of a class is one"
    for each in node.body:
        if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name):
            name = each.target.id
            kind = in_one_line(ast.unparse(each.annotation))
            yield code(name), code(kind), code(_default(each.value)), docs.get(name, "")


def _default(value: ast.expr | None) -> str:
    return "" if value is None else in_one_line(ast.unparse(value))


def _words() -> str:
    kinds = [
        kind
        for kind in vars(values).values()
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
    ]
    rows = [
        (code(kind.__name__), in_one_line(inspect.getdoc(kind) or ""), _members(kind))
        for kind in sorted(kinds, key=lambda kind: kind.__name__)
    ]
    says = "## Words\n\nThe fields above that are words take these.\n"
    return f"{says}\n{table(('type', 'what it is', 'words'), rows)}"


def _members(kind: type[StrEnum]) -> str:
    return ", ".join(code(member) for member in kind)
