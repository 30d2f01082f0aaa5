"""Alerts commands: `alerts list`, `check`, `test` and `silence` of the command line.

The list is the service's own: by its API where a URL is given, else from what it has written to
the data directory, which says how old it is. A check needs no engine. A test sends one notice by
every channel that the environment names, and says what became of it. A silence is a file in the
data directory, which the service looks at.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..commands import AS_JSON, CONFIG, SET, TIMEOUT, config_files, read_pairs
from ..exits import Exit, end, exits, say
from ..terminal.place import PLACE, Place, Url

if TYPE_CHECKING:
    from .channels import Channel, Opened
    from .notices import Notice

MS_PER_SECOND = 1_000
COLOURS = {"CRITICAL": "red", "WARNING": "yellow", "INFO": "blue"}
STATES = ("firing", "pending", "resolved")


@click.group("alerts")
def alerts() -> None:
    """Show the alerts of an engine, check a file of rules, or test the channels."""


@alerts.command("list")
@PLACE
@click.option("--all", "is_all", is_flag=True, help="Also those that are over.")
@TIMEOUT
@AS_JSON
@exits
def list_alerts(place: Place, timeout_seconds: float, *, is_all: bool, as_json: bool) -> None:
    """Show the alerts of an engine, those that fire first."""
    if isinstance(place, Url):
        listed, at_ms = _of_api(place, timeout_seconds)
    else:
        listed, at_ms = _of_folder(place)
    wanted = [each for each in listed if is_all or each["state"] != "resolved"]
    if as_json:
        click.echo(json.dumps({"alerts": wanted, "at_ms": at_ms}))
        return
    for each in wanted:
        click.echo(_line(each))
    if not wanted:
        click.echo("no alert")
    if not isinstance(place, Url):
        say(f"as of {(_now_ms() - at_ms) // MS_PER_SECOND} s ago")


@alerts.command("check")
@click.argument(
    "path", metavar="FILE", required=False, type=click.Path(path_type=Path, dir_okay=False)
)
@AS_JSON
@exits
def check(path: Path | None, *, as_json: bool) -> None:
    """Read the rules of FILE over those that are built in; every fault is told at once, exit 3."""
    from ..metrics.catalogue import figure_names
    from .rule_file import built_in, load_rules

    rules = load_rules(path, figure_names()).rules
    if as_json:
        plain = [{"name": each.name, "condition": _what(each), "text": each.text} for each in rules]
        click.echo(json.dumps({"rules": plain}))
        return
    for rule in rules:
        severity = rule.severity.value if rule.severity else "as told"
        click.echo(f"{rule.name:<34}{severity:<10}{_what(rule)}")
    known = {str(each["name"]) for each in built_in()}
    mine = sum(rule.name not in known for rule in rules)
    say(f"ok: {len(rules)} rules, {mine} of them not built in")


@alerts.command("test")
@CONFIG
@SET
@AS_JSON
@exits
def test(files: tuple[Path, ...], pairs: tuple[str, ...], *, as_json: bool) -> None:
    """Send one notice by every channel; exit 1 when one did not take it, 3 for a bad setting."""
    from ..config import load
    from .channels import open_channels

    settings = load(config_files(files), os.environ, read_pairs(pairs)).settings
    opened = open_channels(os.environ, timeout_ms=settings.alerts.webhook_timeout_ms)
    notice = _probe(settings.mode)
    results = [_tried(channel, notice) for channel in _all(opened)]
    if as_json:
        click.echo(json.dumps({"channels": results, "faults": list(opened.faults)}))
    else:
        for each in results:
            click.echo(f"{each['channel']:<10}{each['result']}, {each['address']}")
        for fault in opened.faults:
            say(f"{click.style('fault:', fg='red', bold=True)} {fault}")
        if not opened.channels and not opened.faults:
            say("only the log: no webhook and no Apprise address is set")
    if opened.faults:
        end(Exit.CONFIGURATION)
    end(Exit.OK if all(each["ok"] for each in results) else Exit.FAILED)


@alerts.command("silence")
@click.argument("folder", metavar="D", type=click.Path(path_type=Path, file_okay=False))
@click.argument("rule")
@click.option(
    "--for", "duration", default="1h", show_default=True, metavar="TIME", help="0s lifts it."
)
@CONFIG
@SET
@exits
def silence(
    folder: Path, rule: str, duration: str, files: tuple[Path, ...], pairs: tuple[str, ...]
) -> None:
    """Tell nobody that RULE fires, for a while; it is listed, and told if it fires still."""
    from ..config import load
    from ..metrics.catalogue import figure_names
    from ..spool import NotRunning
    from .memory import silence as keep
    from .rule_file import load_rules, milliseconds, nearest

    settings = load(config_files(files), os.environ, read_pairs(pairs)).settings
    path = Path(settings.alerts.rules) if settings.alerts.rules else None
    names = [each.name for each in load_rules(path, figure_names()).rules]
    duration_ms = milliseconds(duration)
    if rule not in names:
        raise click.UsageError(f"there is no rule {rule}{nearest(rule, names)}")
    if duration_ms is None:
        raise click.UsageError(f"--for {duration}: write a time as 30s, 5m or 1h")
    if not folder.is_dir():
        raise NotRunning(folder, "there is no such folder")
    keep(folder, rule, _now_ms() + duration_ms if duration_ms else 0)
    say(f"{rule} is silenced for {duration}" if duration_ms else f"{rule} is told again")


def _of_api(url: Url, timeout_seconds: float) -> tuple[list[dict[str, Any]], int]:
    from ..terminal.client import Client
    from ..terminal.remote import API

    answer = Client.of(url, timeout_seconds).get(f"{API}/alerts")
    return list(answer["alerts"]), _now_ms()


def _of_folder(folder: Path) -> tuple[list[dict[str, Any]], int]:
    from ..spool import NotRunning
    from .memory import FILE, recall

    known, fault = recall(folder)
    if fault:
        raise NotRunning(folder, fault)
    if not known.at_ms:
        raise NotRunning(folder, f"no alerts were watched here: there is no {FILE}")
    return known.listed, known.at_ms


def _line(alert: dict[str, Any]) -> str:
    severity = click.style(f"{alert['severity']:<9}", fg=COLOURS.get(alert["severity"]))
    about = f" {alert['subject']}" if alert["subject"] else ""
    limit = f" ({alert['limit']})" if alert["limit"] else ""
    return f"{alert['state']:<9} {severity} {alert['rule']}{about}: {alert['value']}{limit}"


def _what(rule: Any) -> str:
    if rule.condition is None:
        return f"when told {', '.join(rule.events)}"
    return f"when {rule.condition}" + (f" for {rule.for_ms} ms" if rule.for_ms else "")


def _probe(mode: str) -> "Notice":
    from ....messages.values import Severity
    from .notices import Notice, State

    now_ms = _now_ms()
    return Notice(
        notice_id=f"test/{now_ms}",
        rule="test",
        subject="",
        state=State.FIRING,
        severity=Severity.INFO,
        text="callboard alerts test: nothing is wrong, and you can be reached.",
        value="a test",
        limit="",
        since_ms=now_ms,
        at_ms=now_ms,
        mode=mode,
    )


def _all(opened: "Opened") -> "tuple[Channel, ...]":
    from ..logging import make_log
    from .channels import LogLine

    return (LogLine(make_log(sys.stderr, mode="", level=0, as_json=False)), *opened.channels)


def _tried(channel: "Channel", notice: "Notice") -> dict[str, Any]:
    from .channels import DeliveryFailed

    began = time.monotonic()
    try:
        channel.deliver(notice)
        result, is_ok = "taken", True
    except DeliveryFailed as error:
        result, is_ok = f"failed: {error}", False
    took_ms = round((time.monotonic() - began) * MS_PER_SECOND)
    told = {"channel": channel.name, "address": channel.address, "ok": is_ok}
    return {**told, "result": result, "took_ms": took_ms}


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
