"""Replay commands: `replay` of the command line, whole or at one record.

Owns the options and what goes with what. Reads a data directory and changes nothing in it, whether
an engine runs there or not. A divergence ends with exit code 1 and names record and field, and the
code that wrote the log beside the code that read it.
"""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import asdict

from ..commands import AS_JSON
from ..exits import Exit, end, exits, say
from ..journal_commands import EXISTING, makers_of, open_journal

if TYPE_CHECKING:
    from ...runtime.replay import Divergence, Replayed
    from .survey import Survey
    from .time_travel import Travel


@click.command("replay")
@EXISTING
@click.option(
    "--until",
    default=0,
    type=click.IntRange(0),
    metavar="SEQ",
    help="Stop after this record; 0 for all.",
)
@click.option("--actor", default="", metavar="NAME", help="Only this actor's records.")
@click.option(
    "--rule",
    "places",
    multiple=True,
    metavar="MODULE:FUNCTION",
    help="A rule of the host's own that the run had; once for each.",
)
@AS_JSON
@exits
def replay_command(
    data_dir: Path, until: int, actor: str, places: tuple[str, ...], *, as_json: bool
) -> None:
    """Run the actors again from the records and name every difference; exit 1 if there is one."""
    from ..rule_import import demand_rules, imported_rules
    from .survey import survey
    from .time_travel import Travel

    rules, folder = imported_rules(places), open_journal(data_dir)
    demand_rules(folder, rules)
    found = survey(folder)
    if until:
        found.demand_shared("--until")
        found.demand_record(until)
    if actor:
        found.demand_actor(actor)
    travel = Travel(folder, rules)
    report = _of_actor(travel, until, actor) if actor else _of_all(travel, until)
    _show(report, found, travel, as_json=as_json)
    end(Exit.OK if report.identical else Exit.FAILED)


def _of_all(travel: "Travel", until: int) -> "Replayed":
    from ...runtime.replay import replay

    return replay(
        travel.folder, travel.codec, lambda run: makers_of(run, travel.rules), until=until
    )


def _of_actor(travel: "Travel", until: int, actor: str) -> "Replayed":
    """Replay all, and count one actor's records and differences alone."""
    from ...runtime.replay import DIVERGENCES_MAX, Replayed

    divergences: list[Divergence] = []
    records = sequence = 0
    for record in travel.records(until=until, actor=actor):
        records, sequence = records + 1, record.sequence
        divergences += record.divergences
        if len(divergences) >= DIVERGENCES_MAX:
            break
    return Replayed(records, tuple(islice(divergences, DIVERGENCES_MAX)), sequence)


def _show(report: "Replayed", found: "Survey", travel: "Travel", *, as_json: bool) -> None:
    code = list(found.code_lines(travel.codec.fingerprints()))
    if as_json:
        plain = {"records": report.records, "divergences": len(report.divergences), "code": code}
        click.echo(json.dumps({**plain, "first": [asdict(each) for each in report.divergences]}))
        return
    for line in () if report.identical else (*_differences(report), *code):
        say(line)
    click.echo(f"{report.records} records replayed, {len(report.divergences)} divergences")


def _differences(report: "Replayed") -> Iterator[str]:
    for each in report.divergences:
        yield (
            f"{click.style('differs', fg='red', bold=True)}  record {each.sequence}, "
            f"{each.actor or 'the run'}, {each.field}\n"
            f"    recorded  {each.recorded}\n    computed  {each.computed}"
        )
