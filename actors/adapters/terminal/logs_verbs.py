"""Logs verbs: `logs tail|errors|stats|timeline`, what an engine did, from its own records.

Owns which lines are errors and how a line looks. `stats` is the audit report and `timeline` that of
the journal. By a URL there are `tail`, which shows the events that the API streams, and `timeline`.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..commands import AS_JSON, TIMEOUT
from ..exits import Exit, end, exits
from ..record_lines import NS_PER_MS, clock, span
from ..records.audit_commands import folder_of, report_command
from ..travel.timeline_command import show_timeline
from .place import PLACE, Place, Url

if TYPE_CHECKING:
    from .audit_tail import AuditTail

NS_PER_US = 1_000
LINES = 20
LINES_MAX = 100_000
ERRORS = (
    "api_error",
    "order_rejected",
    "order_failed",
    "order_unknown",
    "order_unresolved",
    "order_corrected",
    "system_failed",
    "command_refused",
)
SERIOUS = ("WARNING", "CRITICAL")
COLOURS = {
    "order_filled": "green",
    "order_placed": "cyan",
    "order_unknown": "yellow",
    "order_unresolved": "yellow",
    "rate_limit": "yellow",
    "alert": "yellow",
    **dict.fromkeys(("api_error", "order_rejected", "order_failed", "system_failed"), "red"),
}
WIDTH_OF_TYPE = 22

Json = Mapping[str, Any]

TYPES = click.option("--type", "types", multiple=True, help="Only these event types; repeatable.")
SYMBOL = click.option("--symbol", default="", help="Only this symbol.")
ABOUT = click.option("--about", default="", help="Only lines that name this id.")


@click.group("logs")
def logs() -> None:
    """Show what an engine did: its last lines, its errors, counts, the life of an order."""


logs.add_command(report_command, "stats")


@logs.command("timeline")
@click.argument("client_id", metavar="CLIENT_ID")
@PLACE
@TIMEOUT
@AS_JSON
@exits
def timeline(client_id: str, place: Place, timeout_seconds: float, *, as_json: bool) -> None:
    """Show every step about an order: by a folder as `journal timeline`, by a URL as the API.

    CLIENT_ID may also be a signal's id, or an order's id at the venue.
    """
    if not isinstance(place, Url):
        _demand(place)
        show_timeline(client_id, place, as_json=as_json)
        return
    from .client import Client
    from .remote import Remote

    told = Remote(Client.of(place, timeout_seconds)).timeline(client_id)
    if as_json:
        click.echo(json.dumps(told))
        return
    for line in timeline_lines_of(told):
        click.echo(line)


def timeline_lines_of(told: Json) -> Iterator[str]:
    """Yield a life as the API tells it."""
    yield f"{told['name']}  {told['state']}  {told['wanted']}"
    begin_ns = int(told["begin_ms"]) * NS_PER_MS
    for step in told["steps"]:
        at = clock(begin_ns + step["at_us"] * NS_PER_US)
        gap = f"+{span(step['gap_us'] * NS_PER_US)}" if step["gap_us"] else ""
        sender = f"{step['sender']} > " if step["sender"] else ""
        text = click.style(step["text"], dim=True)
        who = f"{sender}{step['actor']}  {click.style(step['message'], bold=True)}"
        yield f"  {at} {gap:>10} {step['sequence']:>7}  {who}  {text}".rstrip()
        if step["error"]:
            yield click.style(f"{'':26}{step['error']}", fg="red")
    yield f"  {'ending':<10} {told['ending']}"


@logs.command("tail")
@PLACE
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option(
    "-n",
    "--lines",
    "count",
    default=LINES,
    show_default=True,
    type=click.IntRange(0, LINES_MAX),
    help="How many of the last lines.",
)
@TYPES
@SYMBOL
@ABOUT
@TIMEOUT
@click.option("--json", "as_json", is_flag=True, help="Print the lines as they are.")
@exits
def tail(
    place: Place,
    types: tuple[str, ...],
    symbol: str,
    about: str,
    count: int,
    timeout_seconds: float,
    *,
    follow: bool,
    as_json: bool,
) -> None:
    """Show the last lines of the audit log; by a URL, the events as the API streams them."""
    try:
        if isinstance(place, Url):
            from .event_tail import show_events

            show_events(place, types, symbol, timeout_seconds, as_json=as_json)
        else:
            _show_tail(_tail(place, types, symbol, about), count, follow=follow, as_json=as_json)
    except KeyboardInterrupt:
        end(Exit.INTERRUPTED)


def _show_tail(tail: "AuditTail", count: int, *, follow: bool, as_json: bool) -> None:
    for line in tail.last(count):
        _show(line, as_json=as_json)
    if follow:
        for line in tail.follow(lambda: False):
            _show(line, as_json=as_json)


@logs.command("errors")
@PLACE
@click.option(
    "-n", "--lines", "count", default=LINES, show_default=True, type=click.IntRange(0, LINES_MAX)
)
@SYMBOL
@AS_JSON
@exits
def errors(place: Place, symbol: str, count: int, *, as_json: bool) -> None:
    """Count what went wrong by its kind, and show the latest of it."""
    if isinstance(place, Url):
        raise click.UsageError("logs errors takes a data directory, not a URL")
    from ..records.audit_files import AuditFiles, parsed

    files = AuditFiles(_folder(place))
    wrong = [
        line
        for day in files.days()
        for line in parsed(files.read(day))
        if is_error(line) and symbol in ("", line.get("symbol"))
    ]
    counts = Counter(_kind(line) for line in wrong)
    latest = wrong[len(wrong) - count :] if count < len(wrong) else wrong
    if as_json:
        click.echo(json.dumps({"counts": dict(counts.most_common()), "latest": latest}))
        return
    for kind, number in counts.most_common():
        click.echo(f"{number:>8}  {kind}")
    click.echo("" if wrong else "nothing went wrong")
    for line in latest:
        _show(line, as_json=False)


def is_error(line: Json) -> bool:
    """Say whether a line tells of something that went wrong, a serious alert included."""
    event_type = str(line.get("event_type", "")).lower()
    details: Json = line.get("details") or {}
    return event_type in ERRORS or (event_type == "alert" and details.get("severity") in SERIOUS)


def _kind(line: Json) -> str:
    event_type = str(line["event_type"]).lower()
    details: Json = line.get("details") or {}
    names = ("alert", "guard", "error_type", "code", "part")
    more = [str(details[name]) for name in names if details.get(name)]
    return " ".join((event_type, *more))


def _demand(data_dir: Path) -> None:
    if not data_dir.is_dir():
        raise click.UsageError(f"{data_dir} is no data directory")


def _folder(data_dir: Path) -> Path:
    _demand(data_dir)
    return folder_of(data_dir)


def _tail(data_dir: Path, types: tuple[str, ...], symbol: str, about: str) -> "AuditTail":
    from ..records.audit_files import AuditFiles
    from .audit_tail import AuditTail

    wanted = tuple(each.lower() for each in types)

    def is_wanted(line: Json) -> bool:
        return (
            (not wanted or str(line.get("event_type", "")).lower() in wanted)
            and symbol in ("", line.get("symbol"))
            and (not about or about in _ids(line))
        )

    return AuditTail(AuditFiles(_folder(data_dir)), is_wanted)


def _ids(line: Json) -> tuple[Any, ...]:
    details: Json = line.get("details") or {}
    response: Json = line.get("response") or {}
    names = ("signal_id", "command_id", "position_id")
    return (
        line.get("client_order_id"),
        line.get("correlation_id"),
        response.get("order_id"),
        *(details.get(name) for name in names),
    )


def _show(line: Json, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(line, separators=(",", ":")))
        return
    event_type = str(line.get("event_type", ""))
    kind = click.style(f"{event_type:<{WIDTH_OF_TYPE}}", fg=COLOURS.get(event_type))
    at = str(line.get("timestamp", ""))[5:23].replace("T", " ")
    who = line.get("client_order_id") or line.get("correlation_id") or ""
    words = (line.get("symbol"), who, line.get("message"))
    click.echo(f"{click.style(at, dim=True)}  {kind}  {'  '.join(filter(None, words))}".rstrip())
