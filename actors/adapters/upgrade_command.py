"""Upgrade command: `upgrade --check` of the command line.

Owns the option and the words. Nothing is written; a data directory needs no step of its own before
a new version starts on it, and this says whether it may. No is exit code 1.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import asdict

from .commands import AS_JSON
from .exits import Exit, end, exits
from .journal_commands import EXISTING, open_journal

if TYPE_CHECKING:
    from .upgrade import Verdict

NEEDLESS = "an upgrade has no step of its own; --check says whether this version goes on from D"


@click.command("upgrade")
@EXISTING
@click.option("--check", "is_check", is_flag=True, help="Look, and write nothing.")
@click.option(
    "--rule",
    "places",
    multiple=True,
    metavar="MODULE:FUNCTION",
    help="A rule of the host's own that the run had; once for each.",
)
@AS_JSON
@exits
def upgrade(data_dir: Path, places: tuple[str, ...], *, is_check: bool, as_json: bool) -> None:
    """Say whether this version can go on from a data directory; exit 1 if not."""
    from ..system import make_codec
    from .rule_import import demand_rules, imported_rules
    from .upgrade import check

    if not is_check:
        raise click.UsageError(NEEDLESS)
    rules, folder = imported_rules(places), open_journal(data_dir)
    demand_rules(folder, rules)
    verdict = check(folder, make_codec(), rules)
    if as_json:
        click.echo(json.dumps({"ok": verdict.is_good, **asdict(verdict)}))
    else:
        for line in _lines(verdict):
            click.echo(line)
    end(Exit.OK if verdict.is_good else Exit.FAILED)


def _lines(verdict: "Verdict") -> Iterator[str]:
    yield from verdict.code
    yield f"read      {verdict.records} records of {verdict.starts} starts"
    for label, count in verdict.brought_up.items():
        yield f"older     {label}: {count} messages are brought up when they are read"
    yield f"folded    the states of {verdict.actors} actors"
    for each in verdict.divergences:
        yield (
            f"{click.style('differs', fg='red', bold=True)}   record {each.sequence},"
            f" {each.actor or 'the run'}, {each.field}\n"
            f"    recorded  {each.recorded}\n    computed  {each.computed}"
        )
    if not verdict.divergences:
        yield "replayed  every decision is the same"
    for fault in verdict.faults:
        yield f"{click.style('fault', fg='red', bold=True)}     {fault}"
    if verdict.is_good:
        yield f"{click.style('ok', fg='green')}: this version goes on from it"
    else:
        no = click.style("no", fg="red", bold=True)
        yield f"{no}: keep the version that wrote it, or ask why"
