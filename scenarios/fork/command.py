"""Fork command: `replay --with` of the command line, beside the options of a plain replay.

Owns the two options and what they go with. The settings file says only what is other than in the
recorded run; its faults are told as everywhere. A fork that differs is what was asked for, so it
ends with exit code 0.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from ...actors.adapters.exits import exits
from ...actors.adapters.travel.replay_commands import replay_command

if TYPE_CHECKING:
    from ...actors.runtime.segment import RunFacts
    from ...actors.settings import Settings
    from .report import Change

TAKEN = ("data_dir", "places", "as_json")
"""Options of a plain replay that a fork knows, too."""
WITH = click.Option(
    ["--with", "changed"],
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="TOML",
    help="Fork: run it under other settings; the file names those that change.",
)
TAPE = click.Option(
    ["--tape"],
    type=click.Path(path_type=Path, dir_okay=False),
    help="The fork's market; without it, the recorded quotes.",
)


@exits
def _replay_or_fork(changed: Path | None, tape: Path | None, **plain: Any) -> None:
    context = click.get_current_context()
    if changed is None:
        if tape is not None:
            raise click.UsageError("--tape goes with --with", context)
        context.invoke(replay_command, **plain)
        return
    strange = [
        param.opts[0]
        for param in replay_command.params
        if param.name not in TAKEN
        and context.get_parameter_source(str(param.name)) is not ParameterSource.DEFAULT
    ]
    if strange:
        raise click.UsageError(f"--with does not go with {', '.join(strange)}", context)
    _fork(changed, tape, plain["data_dir"], plain["places"], as_json=plain["as_json"])


def _fork(
    changed: Path, tape: Path | None, data_dir: Path, places: tuple[str, ...], *, as_json: bool
) -> None:
    from ...actors.adapters.journal_commands import open_journal
    from ...actors.adapters.rule_import import demand_rules, imported_rules
    from ...actors.system import make_codec
    from .report import report_of
    from .run import fork

    rules, folder = imported_rules(places), open_journal(data_dir)
    demand_rules(folder, rules)
    overlay = _Overlay(changed)
    forked = fork(folder, make_codec(), overlay.settings_of, tape=tape, rules=rules)
    report = report_of(forked, overlay.changes)
    if as_json:
        click.echo(json.dumps(report.plain()))
    else:
        for line in report.lines():
            click.echo(line)


class _Overlay:
    """A settings file laid over those of each recorded start."""

    def __init__(self, changed: Path) -> None:
        self.changes: tuple[Change, ...] = ()
        self._changed = changed

    def settings_of(self, run: "RunFacts") -> "Settings":
        """Return the fork's settings for a start; raises `ConfigurationError`."""
        from ...actors.adapters.config import load
        from ...actors.adapters.config_fields import settings_of_plain
        from .report import changes_of

        loaded = load((self._changed,), recorded=run.settings)
        self.changes = changes_of(settings_of_plain(run.settings), loaded.settings)
        return loaded.settings


replay = click.Command(
    "replay",
    callback=_replay_or_fork,
    params=[*replay_command.params, WITH, TAPE],
    help=replay_command.help,
)
