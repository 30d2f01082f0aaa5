"""Tables: rows and columns for people, on a terminal, in a pipe and without colour.

A terminal gives its width, and what does not fit is cut there; a pipe or a file gets every figure
whole, in columns, without colour. `NO_COLOR` and `COLUMNS` count as everywhere.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal

import click
from attrs import frozen
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...policies.rounding import plain as money

Json = Mapping[str, Any]

WIDTH_OF_A_PIPE = 10_000


def plain(value: Any) -> str:
    """Return a value for people; nothing is a dash."""
    return "-" if value is None or value == "" else str(value)


def number(value: Any) -> str:
    """Return a figure for people, without the noughts behind it."""
    return plain(value) if value in (None, "") else money(Decimal(value))


@frozen
class Column:
    """One column: its head, the key of its values, and how they are shown."""

    head: str
    key: str
    is_number: bool = False
    style: Callable[[str], str] | None = None
    """Gives the style of a shown value."""
    show: Callable[[Any], str] = plain


def print_table(rows: Sequence[Json], columns: Sequence[Column], nothing: str) -> None:
    """Print rows, or the word for none to the standard output."""
    if not rows:
        click.echo(nothing)
        return
    console().print(table(rows, columns))


def table(rows: Iterable[Json], columns: Sequence[Column]) -> Table:
    """Return rows as rich draws them."""
    drawn = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for each in columns:
        justify: Literal["right", "left"] = "right" if each.is_number else "left"
        drawn.add_column(each.head, justify=justify, no_wrap=True, overflow="ellipsis")
    for row in rows:
        drawn.add_row(*(_cell(each, row) for each in columns))
    return drawn


def _cell(column: Column, row: Json) -> Text:
    show = number if column.is_number else column.show
    shown = show(row.get(column.key))
    return Text(shown, style="" if column.style is None else column.style(shown))


def console() -> Console:
    """Return the standard output as rich writes to it."""
    stream = sys.stdout
    width = None if stream.isatty() or "COLUMNS" in os.environ else WIDTH_OF_A_PIPE
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)
