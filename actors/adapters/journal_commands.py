"""Journal commands: `journal verify|show|stats|timeline` of the command line.

Owns the options, the table of replay's actors and the words that people read. Reads a data
directory and changes nothing in it, whether an engine runs there or not. A flaw ends with exit
code 1 and names segment and record.
"""

import json
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from attrs import asdict, define, field

from ..errors import ConfigurationError
from .commands import AS_JSON
from .exits import Exit, end, exits, say
from .record_lines import NS_PER_SECOND, label_of, message_line, record_line
from .travel.timeline_command import timeline_command

if TYPE_CHECKING:
    from ..policies.host_rules import NamedRule
    from ..runtime.actor import Actor
    from ..runtime.journal_reader import Line
    from ..runtime.segment import RunFacts
    from .disk import Disk

TOP = 15
EXISTING = click.argument(
    "data_dir", metavar="D", type=click.Path(path_type=Path, exists=True, file_okay=False)
)


@click.group("journal")
def journal() -> None:
    """Verify, show or count the records of a data directory, or follow one order through them."""


journal.add_command(timeline_command)


@journal.command("verify")
@EXISTING
@AS_JSON
@exits
def verify_command(data_dir: Path, *, as_json: bool) -> None:
    """Check every record against the chain; name the segment and record of any flaw."""
    from ..runtime.journal_reader import verify

    report = verify(open_journal(data_dir))
    if as_json:
        click.echo(json.dumps({"ok": report.ok, **asdict(report)}))
    else:
        for finding in report.findings:
            where = f"{finding.segment}, record {finding.record}"
            say(f"{click.style(finding.flaw.value, fg='red', bold=True)}  {where}: {finding.what}")
        word = click.style("ok", fg="green") if report.ok else click.style("DAMAGED", fg="red")
        click.echo(
            f"{word}: {report.records} records in {report.segments} segments, head {report.head}"
        )
    end(Exit.OK if report.ok else Exit.FAILED)


@journal.command("show")
@EXISTING
@click.option("--actor", default="", help="Only this actor's steps.")
@click.option("--type", "tag", default="", help="Only this message, as in OrderEvidence.")
@click.option("--about", default="", help="Only what is correlated by this id (signal, command).")
@click.option("--since", default=1, show_default=True, help="From this sequence on.")
@click.option("--until", default=0, help="Up to this sequence; 0 for all.")
@click.option("--limit", default=0, help="At most so many; 0 for all.")
@click.option("--facts", is_flag=True, help="Show the facts of each step.")
@click.option("--json", "as_json", is_flag=True, help="Print the records as they are.")
@exits
def show_command(data_dir: Path, limit: int, *, facts: bool, as_json: bool, **wanted: Any) -> None:
    """Print records, one a line."""
    from .travel.survey import survey

    if wanted["actor"]:
        survey(open_journal(data_dir)).demand_actor(wanted["actor"])
    lines = (line for line in _lines(data_dir) if _is_wanted(line.data, **wanted))
    for line in islice(lines, limit or None):
        if as_json:
            click.echo(line.body)
            continue
        click.echo(record_line(line.data))
        for fact in line.data.get("facts", ()) if facts else ():
            click.echo(f"{'':20}{message_line(fact)}")


@journal.command("stats")
@EXISTING
@AS_JSON
@exits
def stats_command(data_dir: Path, *, as_json: bool) -> None:
    """Count the records by actor and by message."""
    stats = _Stats()
    for line in _lines(data_dir):
        stats.add(line)
    if as_json:
        click.echo(json.dumps(stats.plain()))
        return
    for name, value in stats.plain().items():
        if not isinstance(value, Mapping):
            click.echo(f"{name:<10}{value}")
    _print_counts("actor", stats.actors)
    _print_counts("message", stats.messages)
    _print_counts("error", stats.errors)


def makers_of(
    run: "RunFacts", rules: "tuple[NamedRule, ...]" = ()
) -> "Mapping[str, Callable[[], Actor]]":
    """Return the core's actors under the settings that a run's manifest holds.

    Raises:
        ConfigurationError: The run had rules of its host that are not among these.
    """
    from ..system import core_makers
    from .config_fields import settings_of_plain
    from .rule_import import rules_of_run

    return core_makers(settings_of_plain(run.settings), rules_of_run(run.rules, rules))


def open_journal(data_dir: Path) -> "Disk":
    """Return the journal's folder of a data directory, or that folder itself; read only.

    Raises:
        ConfigurationError: There is no journal.
    """
    from ..runtime.segment import segment_numbers
    from .disk import Disk
    from .spool import JOURNAL

    for folder in (data_dir / JOURNAL, data_dir):
        if folder.is_dir() and segment_numbers(disk := Disk(folder)):
            return disk
    raise ConfigurationError(f"{data_dir}: holds no journal")


@contextmanager
def held_journal(data_dir: Path) -> Generator["Disk"]:
    """Hold a journal alone, so that no engine writes to it meanwhile; raises as `open_journal`.

    Raises also:
        FolderInUse: An engine runs on it.
    """
    disk = open_journal(data_dir)
    disk.lock()
    try:
        yield disk
    finally:
        disk.close()


def _lines(data_dir: Path) -> "Iterator[Line]":
    from ..runtime.journal_reader import read_journal

    return read_journal(open_journal(data_dir))


def _is_wanted(
    record: Mapping[str, Any], *, actor: str, tag: str, about: str, since: int, until: int
) -> bool:
    label = label_of(record)
    return (
        record["seq"] >= since
        and (not until or record["seq"] <= until)
        and actor in ("", record.get("actor"))
        and tag in ("", label, label.partition(".v")[0])
        and about in ("", record.get("corr"))
    )


@define
class _Stats:
    records: int = 0
    bytes: int = 0
    first_ns: int = 0
    last_ns: int = 0
    snapshots: int = 0
    actors: Counter[str] = field(factory=Counter[str])
    messages: Counter[str] = field(factory=Counter[str])
    errors: Counter[str] = field(factory=Counter[str])

    def add(self, line: "Line") -> None:
        """Count one record."""
        record = line.data
        self.records += 1
        self.bytes += len(line.body)
        self.first_ns = self.first_ns or record["now"]
        self.last_ns = record["now"]
        if "msg" not in record:
            self.snapshots += 1
            return
        self.actors[record["actor"]] += 1
        self.messages[label_of(record).partition(".v")[0]] += 1
        if "error" in record:
            self.errors[f"{record['actor']}: {record['error']}"] += 1

    def plain(self) -> dict[str, Any]:
        """Return the counts as JSON values."""
        return {
            "records": self.records,
            "bytes": self.bytes,
            "from": _stamp(self.first_ns),
            "to": _stamp(self.last_ns),
            "seconds": (self.last_ns - self.first_ns) // NS_PER_SECOND,
            "snapshots": self.snapshots,
            "actors": dict(self.actors.most_common()),
            "messages": dict(self.messages.most_common()),
            "errors": dict(self.errors.most_common()),
        }


def _stamp(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns // NS_PER_SECOND, UTC).isoformat()


def _print_counts(title: str, counts: Counter[str]) -> None:
    if not counts:
        return
    click.echo(f"\n{click.style(f'by {title}', bold=True)}")
    for name, count in counts.most_common(TOP):
        click.echo(f"{count:>10}  {name}")
    if len(counts) > TOP:
        click.echo(f"{'':>10}  and {len(counts) - TOP} more")
