"""Audit commands: `audit rebuild|export|report` of the command line.

Owns the options and the words that people read. `report` reads the files, `export` the journal;
`rebuild` compares both and wants the engine stopped, since the engine writes the same files.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from ..commands import AS_JSON
from ..exits import Exit, end, exits, say
from ..journal_commands import EXISTING, held_journal, open_journal
from .audit_files import AuditFiles
from .audit_report import COUNTS, AuditReport

SINCE = click.option("--since", default="", help="From this UTC time, as in 2026-02-20.")
UNTIL = click.option("--until", default="", help="Before this UTC time.")


@click.group("audit")
def audit() -> None:
    """Sum up the audit log, write it out, or make it anew."""


@audit.command("rebuild")
@EXISTING
@click.option("--partial", is_flag=True, help="Also where the journal's beginning is gone.")
@AS_JSON
@exits
def rebuild_command(data_dir: Path, *, partial: bool, as_json: bool) -> None:
    """Compare the log with the journal; exit 1, and make it anew, where they differ."""
    from ...system import make_codec
    from .audit_log import rebuild

    with held_journal(data_dir) as disk:
        made = rebuild(folder_of(data_dir), disk, make_codec(), partial=partial)
    kept = None if made.kept is None else str(made.kept)
    if as_json:
        click.echo(json.dumps({"lines": made.lines, "changed": list(made.changed), "kept": kept}))
    else:
        click.echo(f"{made.lines} lines, {len(made.changed)} days differed")
        for day in made.changed:
            say(f"{click.style('differed', fg='red', bold=True)}  {day}")
    end(Exit.FAILED if made.kept else Exit.OK)


@audit.command("export")
@EXISTING
@SINCE
@UNTIL
@click.option(
    "--to", "target", type=click.Path(path_type=Path, dir_okay=False), help="A file to write."
)
@exits
def export_command(data_dir: Path, since: str, until: str, target: Path | None) -> None:
    """Write the log's lines as the journal gives them, whether files are there or not."""
    from ...system import make_codec
    from .audit_log import projected

    lines = (
        line.data
        for line in projected(open_journal(data_dir), make_codec())
        if line.day >= since[:10] and (not until or line.day < until[:10])
    )
    if target is None:
        for line in lines:
            sys.stdout.buffer.write(line)
        return
    with target.open("xb") as file:
        count = sum(1 for _ in map(file.write, lines))
    say(f"{target}: {count} lines")


@audit.command("report")
@EXISTING
@SINCE
@UNTIL
@AS_JSON
@exits
def report_command(data_dir: Path, since: str, until: str, *, as_json: bool) -> None:
    """Count orders, refusals, errors, retries and pauses."""
    files = AuditFiles(folder_of(data_dir))
    report = AuditReport(since, until)
    for day in files.days():
        if day >= since[:10] and (not until or day <= until[:10]):
            report.add_all(files.read(day))
    plain = report.plain()
    if as_json:
        click.echo(json.dumps(plain))
        return
    for name in ("lines", "unreadable", "first", "last"):
        click.echo(f"{name:<11} {plain[name]}")
    for name in COUNTS:
        if plain[name]:
            click.echo(f"\n{click.style(name, bold=True)}")
            for word, count in plain[name].items():
                click.echo(f"{count:>10}  {word}")


def folder_of(data_dir: Path) -> Path:
    """Return where the audit log of a data directory is, by the settings of its last run."""
    from ...runtime.segment import ManifestDamaged, read_manifest, segment_numbers
    from .views import audit_folder

    disk = open_journal(data_dir)
    for number in reversed(segment_numbers(disk)):
        with suppress(ManifestDamaged):
            manifest = read_manifest(disk, number)
            if manifest is not None:
                settings: dict[str, Any] = manifest.run.settings or {}
                return audit_folder(str(settings.get("records", {}).get("audit_dir", "")), data_dir)
    return audit_folder("", data_dir)
