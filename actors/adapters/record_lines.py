"""Record lines: one journal record, or one message, as a line for people.

Pure. Values stand as in the journal, shortened where a line would grow too long; times are UTC.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

NS_PER_SECOND = 1_000_000_000
NS_PER_MS = 1_000_000
TEXT_SHOWN = 110


def label_of(record: Mapping[str, Any]) -> str:
    """Return the tag and version of what was delivered, or the kind of another record."""
    return str(record["msg"]["t"]) if "msg" in record else str(record.get("kind", ""))


def bare_tag(message: Mapping[str, Any]) -> str:
    """Return the tag of a message without its version."""
    return str(message["t"]).partition(".v")[0]


def record_line(record: Mapping[str, Any]) -> str:
    """Return sequence, time, actor and message of a record, and what it raised."""
    head = f"{record['seq']:>8} {clock(record['now'])} "
    if "msg" not in record:
        return head + click.style(label_of(record), fg="cyan")
    actor = click.style(f"{record['actor']:<17}", bold=True)
    line = f"{head}{actor} {message_line(record['msg'])}"
    if "error" in record:
        line += click.style(f"  {record['error']}: {record['text']}", fg="red")
    return line


def message_line(message: Mapping[str, Any], shown: int = TEXT_SHOWN) -> str:
    """Return a message's name and its fields that hold something, up to so many characters."""
    text = shortened(fields_text(message), shown)
    return f"{bare_tag(message)}  {click.style(text, dim=True)}".rstrip()


def shortened(text: str, shown: int = TEXT_SHOWN) -> str:
    """Return at most so many characters of a text, with a sign where some are missing."""
    return text if len(text) <= shown else text[: shown - 1] + "…"


def fields_text(message: Mapping[str, Any]) -> str:
    """Return a message's fields as `key=value`, the empty ones left out."""
    return " ".join(
        f"{key}={short(value)}"
        for key, value in message.items()
        if key != "t" and value not in ("", None)
    )


def short(value: Any) -> str:
    """Return a value as text: a text itself, or JSON without spaces."""
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def clock(at_ns: int) -> str:
    """Return the time of day, UTC, with milliseconds."""
    at = datetime.fromtimestamp(at_ns // NS_PER_SECOND, UTC)
    return f"{at:%H:%M:%S}.{at_ns // NS_PER_MS % 1_000:03d}"


def span(ns: int) -> str:
    """Return a duration for people: `0 ms`, `28.4 ms`, `2.13 s`, `4 min 05 s`, `2 h 03 min`."""
    ms = ns / NS_PER_MS
    if ms < 1_000:
        return f"{ms:.1f} ms" if ms % 1 else f"{ms:.0f} ms"
    seconds = ns / NS_PER_SECOND
    if seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"
