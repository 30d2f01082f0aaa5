"""Replay commands: `replay` of the command line, whole or at one record.

Owns the options and what goes with what. Reads a data directory and changes nothing in it, whether
an engine runs there or not. A divergence ends with exit code 1 and names record and field, and the
code that wrote the log beside the code that read it.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import asdict, frozen

from ..commands import AS_JSON
from ..exits import Exit, end, exits, say
from ..journal_commands import EXISTING, makers_of, open_journal
from ..record_lines import clock, message_line

if TYPE_CHECKING:
    from ...runtime.replay import Divergence, Replayed
    from .survey import Survey
    from .time_travel import ReplayedRecord, Travel

MEGABYTE = 1_000_000
RULES = click.option(
    "--rule",
    "places",
    multiple=True,
    metavar="MODULE:FUNCTION",
    help="A rule of the host's own that the run had; once for each.",
)


@frozen(kw_only=True)
class Wanted:
    """What a replay is asked for."""

    until: int
    actor: str
    inspect: str
    full: bool
    step: bool
    html: Path | None
    as_json: bool

    def check(self) -> None:
        """Refuse options that do not go together."""
        modes = [name for name in ("inspect", "step", "html") if getattr(self, name)]
        if len(modes) > 1:
            raise click.UsageError(f"--{modes[0]} and --{modes[1]} do not go together")
        if self.inspect and self.actor:
            raise click.UsageError("--inspect names its actor itself; leave --actor away")
        if self.html and (self.until or self.actor):
            raise click.UsageError("--html shows every order whole; leave --until and --actor away")
        if self.full and not self.inspect:
            raise click.UsageError("--full belongs to --inspect")
        if self.step and self.as_json:
            raise click.UsageError("--step is for people; leave --json away")


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
    "--inspect",
    default="",
    metavar="NAME",
    help="Show this actor's state as a tree, before and after its step at --until, or its last.",
)
@click.option("--full", is_flag=True, help="With --inspect: all that did not change, too.")
@click.option("--step", is_flag=True, help="Step through the records; ? there lists the commands.")
@click.option(
    "--html",
    metavar="F",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the life of every order to one HTML file, which opens offline.",
)
@RULES
@AS_JSON
@exits
def replay_command(
    data_dir: Path,
    places: tuple[str, ...],
    *,
    until: int,
    actor: str,
    inspect: str,
    full: bool,
    step: bool,
    html: Path | None,
    as_json: bool,
) -> None:
    """Run the actors again from the records and name every difference; exit 1 if there is one."""
    from ..rule_import import demand_rules, imported_rules
    from .survey import survey
    from .time_travel import Travel

    wanted = Wanted(
        until=until,
        actor=actor,
        inspect=inspect,
        full=full,
        step=step,
        html=html,
        as_json=as_json,
    )
    wanted.check()
    rules, folder = imported_rules(places), open_journal(data_dir)
    demand_rules(folder, rules)
    found = survey(folder)
    _demand(wanted, found)
    travel = Travel(folder, rules)
    if html is not None:
        _write_page(html, data_dir, found, travel, as_json=as_json)
    elif step:
        _step(wanted, found, travel)
    elif inspect:
        _inspect(wanted, found, travel)
    else:
        report = _of_actor(travel, until, actor) if actor else _of_all(travel, until)
        _show(report, found, travel, as_json=as_json)
        end(Exit.OK if report.identical else Exit.FAILED)


def _demand(wanted: Wanted, found: "Survey") -> None:
    """Refuse what the journal cannot give, before anything is replayed."""
    asked = {"--step": wanted.step, "--inspect": wanted.inspect, "--until": wanted.until}
    for option in (name for name, is_asked in asked.items() if is_asked):
        found.demand_shared(option)
    if wanted.until:
        found.demand_record(wanted.until)
    for name in filter(None, (wanted.actor, wanted.inspect)):
        found.demand_actor(name)


def _write_page(
    path: Path, data_dir: Path, found: "Survey", travel: "Travel", *, as_json: bool
) -> None:
    """Write the life of every order; nothing is replayed, so a log of other code is shown, too."""
    from .page import page
    from .trail_collector import collected

    trails = collected(travel.folder, travel.codec)
    text = page(trails, title=f"Orders of {data_dir}", run=f"{data_dir}, {found.last} records")
    path.write_text(text, encoding="utf-8")
    size = path.stat().st_size
    if as_json:
        click.echo(json.dumps({"to": str(path), "orders": len(trails), "bytes": size}))
    else:
        click.echo(f"{path}: {len(trails)} orders, {size / MEGABYTE:.1f} MB, for any browser")


def _step(wanted: Wanted, found: "Survey", travel: "Travel") -> None:
    """Step through the records, from `until` on, by the lines of the standard input."""
    from .cursor import Cursor
    from .step_session import StepSession

    cursor = Cursor(travel, found.last, actor=wanted.actor)
    if wanted.until:
        cursor.jump(wanted.until)
    session = StepSession(cursor, found, click.echo)
    if sys.stdin.isatty():
        say("? lists the commands, q leaves")
    session.run(_commands())


def _commands() -> Iterator[str]:
    """Yield lines of the standard input; a terminal is shown a prompt, and can edit its line."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with suppress(ImportError):
        import_module("readline")  # gives `input` a history and its keys
    while True:
        try:
            yield input(click.style("step> ", fg="cyan"))
        except (EOFError, KeyboardInterrupt):
            return


def _inspect(wanted: Wanted, found: "Survey", travel: "Travel") -> None:
    """Show an actor's state around its last step up to a record."""
    from .step_session import state_lines

    until = wanted.until or found.last
    record = travel.last_of(wanted.inspect, until)
    if record is None:
        say(f"{wanted.inspect} has not stepped up to record {until}")
        end(Exit.FAILED)
        return
    if wanted.as_json:
        before, after = record.state_before(), record.state()
        head = {"actor": wanted.inspect, "until": until, "sequence": record.sequence}
        states = {"before": record.tree(before), "after": record.tree(after)}
        click.echo(json.dumps({**head, "now_ns": record.now_ns, **states}))
        return
    for line in _heading(record, until):
        say(line)
    for line in state_lines(record, wanted.inspect, full=wanted.full):
        click.echo(line)


def _heading(record: "ReplayedRecord", until: int) -> Iterator[str]:
    word = "is" if record.sequence == until else f"up to {until} is"
    name = click.style(record.actor, bold=True)
    yield f"{name}: its last step {word} record {record.sequence} at {clock(record.now_ns)}"
    yield f"  {message_line(record.recorded['msg'])}"
    if record.error:
        yield click.style(f"  raised {record.error}: nothing of the step happened", fg="red")
    if record.diverged:
        yield click.style(
            f"  {record.diverged} differences up to here: the recorded facts count", fg="red"
        )
    yield "  + added, - gone, ~ changed by this step"


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
