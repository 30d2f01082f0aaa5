"""DocReaders: files, signals and usage lines of a page, read as the engine reads them.

Which reader a table or an object is for is told by its keys. One that nobody reads is a fault.
"""

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from callboard.__main__ import main
from callboard.actors.adapters.alerts.rule_file import load_rules
from callboard.actors.adapters.config import load
from callboard.actors.adapters.metrics.catalogue import figure_names
from callboard.actors.adapters.signals import parse_line
from callboard.scenarios.files.scenario_file import read_story
from callboard.scenarios.venue.server.accounts import read_accounts
from support.doc_blocks import Block

PROGRAM = "callboard"


def read(block: Block, body: str) -> None:
    """Read what a block shows; raises what its reader raises, with page and line."""
    try:
        _READERS[block.language](body)
    except Exception as error:
        error.add_note(f"shown by {block.where}")
        raise


def check_usage(line: str) -> None:
    """Look whether a command has the options that a line gives it; raises `ValueError`."""
    words = shlex.split(line, comments=True)
    command, path = _command(words[1:])
    known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
    if isinstance(command, click.Group) and path == words[1:]:
        return
    for option in re.findall(r"(?<![\w-])--?[a-z][a-z-]*", line):
        if option not in known | {"--help", "-h"}:
            raise ValueError(f"{PROGRAM} {' '.join(path)} has no {option}")


def _command(words: list[str]) -> tuple[click.Command, list[str]]:
    """Return the command that words name, and how many of them name it."""
    command: click.Command = main
    path: list[str] = []
    for word in words:
        if not isinstance(command, click.Group):
            break
        inner = command.get_command(click.Context(command), word)
        if inner is None:
            raise ValueError(f"{PROGRAM} {' '.join([*path, word])} is no command")
        command, path = inner, [*path, word]
    return command, path


def _toml(body: str) -> None:
    keys = tomllib.loads(body).keys()
    reader = next((each for key, each in _TABLES.items() if key in keys), None)
    if reader is None:
        raise ValueError(f"nobody reads a file with {', '.join(keys)}")
    reader(body)


def _settings(body: str) -> None:
    _in_a_file(body, lambda path: load([path]))


def _accounts(body: str) -> None:
    _in_a_file(body, read_accounts)


def _rules(body: str) -> None:
    _in_a_file(body, lambda path: load_rules(path, figure_names()))


def _in_a_file(body: str, reader: Callable[[Path], object]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "shown.toml"
        path.write_text(body, encoding="utf-8")
        reader(path)


def _lines(body: str) -> None:
    for number, line in enumerate(body.encode().splitlines(), start=1):
        parse_line(line, number)


def _json(body: str) -> None:
    document = json.loads(body)
    if "signal" in document or "command" in document:
        _lines(json.dumps(document))


def _text(body: str) -> None:
    for line in body.splitlines():
        if not line.startswith(f"{PROGRAM} "):
            raise ValueError("is no usage line; who prints it, or why can it not be run?")
        check_usage(line)


_TABLES: Mapping[str, Callable[[str], object]] = {
    "callboard": _settings,
    "accounts": _accounts,
    "rule": _rules,
    "seed": read_story,
}
_READERS: Mapping[str, Callable[[str], object]] = {
    "toml": _toml,
    "json": _json,
    "json lines": _lines,
    "text": _text,
}
