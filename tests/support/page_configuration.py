"""PageConfiguration: docs/configuration.md, made of the settings classes and their rules."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from callboard.actors.adapters.config import NOT_IN_FILES, TABLE, VARIABLE_PREFIX, shown
from callboard.actors.adapters.config_aliases import ALIASES, Alias, Target
from callboard.actors.adapters.config_fields import Field, fields, sections, unit_of
from callboard.actors.adapters.config_rules import PAIRS, RULES
from callboard.actors.settings import Settings, StrategyLimits
from support.doc_sources import claim, code, field_docs, in_one_line, sentence, table

INTRODUCTION = """# Configuration

Every setting, with its default.
`callboard config init` writes them all into a file, `callboard config show` says where each \
value of a run comes from.

A value comes from, the first that has it:

1. the command line: `--set risk.cooldown_ms=60000`
2. the environment: `CALLBOARD__RISK__COOLDOWN_MS=60000`
3. files, `--config FILE`, the last one first; keys of the top stand in `[callboard]`, those of \
a section in `[callboard.risk]`
4. the default

Numbers are taken by their text and never were a float.
A list is written as in TOML, or in one text with commas.
All faults are told at once: where the value stands, the key, what is wrong and what is allowed; \
the exit code is 3.
Losses may be written with a minus.
Tokens, keys and other secrets never stand in a file of settings: they are variables of the \
environment, or files that `<NAME>_FILE` names.
"""
HEAD = ("key", "type", "unit", "default", "allowed", "what it is", "environment")
KINDS = {int: "whole number", Decimal: "number", bool: "yes or no", str: "text"}
SECTIONS = {"": "The engine"}


def configuration() -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    for name, cls in {"": Settings, **sections()}.items():
        parts.append(_section(name, cls))
    parts += [_strategies(), _names(), _pairs()]
    return "\n".join(parts)


def _section(name: str, cls: type) -> str:
    docs = field_docs(cls)
    title = f"## `[{TABLE}.{name}]`" if name else f"## `[{TABLE}]`"
    mine = [field for field in fields().values() if field.section == name]
    rows = [_row(field, docs.get(field.name, "")) for field in mine]
    return f"{title}\n\n{sentence(claim(cls))}\n\n{table(HEAD, rows)}"


def _row(field: Field, doc: str) -> tuple[str, ...]:
    assert doc, f"{field.key} has no docstring"
    rule = RULES.get(field.key)
    only = " Never in a file." if field.key in NOT_IN_FILES else ""
    return (
        code(field.key),
        _kind(field.kind),
        unit_of(field.name),
        code(shown(field.default)),
        in_one_line(str(rule)) if rule is not None else "",
        f"{doc}{only}",
        code(VARIABLE_PREFIX + field.key.upper().replace(".", "__")),
    )


def _kind(kind: Any) -> str:
    if kind in KINDS:
        return KINDS[kind]
    return "list" if getattr(kind, "__origin__", None) is tuple else "word"


def _strategies() -> str:
    rows = [(code(name), doc) for name, doc in _own_limits()]
    title = f"## `[[{TABLE}.risk.strategies]]`\n\n{sentence(claim(StrategyLimits))}\n"
    return f"{title}\n{table(('key', 'what it is'), rows)}"


def _own_limits() -> Iterator[tuple[str, str]]:
    docs = field_docs(StrategyLimits)
    for name in StrategyLimits.__annotations__:
        yield name, docs.get(name, f"As `risk.{name}`, at most that.")


def _names() -> str:
    rows = [_alias(alias) for alias in ALIASES.values()]
    head = ("name", "stands for", "in the environment")
    title = "## Other names\n\nSettings answer to these names, too, at the top of `[callboard]`"
    says = " or as a flag; two names that say different things in one place are refused.\n"
    return f"{title}{says}\n{table(head, rows)}"


def _alias(alias: Alias) -> tuple[str, ...]:
    bare = code(alias.name) if alias.is_variable else code(f"{VARIABLE_PREFIX}{alias.name.upper()}")
    return code(alias.name), ", ".join(map(_target, alias.targets)), bare


def _target(target: Target) -> str:
    if target.per:
        return f"{code(target.key)}, counted in `{target.per}`"
    return code(target.key) + (f", times {target.factor:f}" if target.factor != 1 else "")


def _pairs() -> str:
    rows = [(code(key), how, code(other)) for key, how, other in PAIRS]
    return f"## What must agree\n\n{table(('setting', 'must be', 'setting'), rows)}"
