"""Doctor command: `callboard doctor`, the report on the terminal or as JSON.

Owns the options and the words; what is looked at is beside it. Exit code 1 when something fails.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from ...policies.mode_rules import LIVE_MARKET, MARKETS, MODES, SEEDED_MARKET
from ..commands import AS_JSON, CONFIG, SET, config_files, read_pairs
from ..exits import Exit, end, exits
from .finding import Finding, Verdict, is_failed, report

COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}
WIDTH, CHECK_WIDTH = 5, 15


@click.command("doctor")
@click.option("--mode", type=click.Choice(tuple(MODES)), help="Overrides the settings' mode.")
@CONFIG
@SET
@click.option(
    "--market",
    type=click.Choice(MARKETS),
    default=SEEDED_MARKET,
    show_default=True,
    help="As `run` would be told; `live` is looked at, too.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    help="Also look at this data directory and its disk.",
)
@click.option(
    "--port",
    "ports",
    multiple=True,
    type=click.IntRange(1, 65_535),
    help="Also look whether this port is free; repeatable.",
)
@AS_JSON
@exits
def doctor(
    mode: str | None,
    files: tuple[Path, ...],
    pairs: tuple[str, ...],
    market: str,
    data_dir: Path | None,
    ports: tuple[int, ...],
    *,
    as_json: bool,
) -> None:
    """Look at machine, settings, keys and venue before an engine runs; nothing is changed."""
    flags = read_pairs(pairs) | ({} if mode is None else {"mode": mode})
    findings: list[Finding] = []
    for each in _look(config_files(files), flags, market, data_dir, ports):
        findings.append(each)
        if not as_json:
            click.echo("\n".join(lines([each])))
    if as_json:
        click.echo(json.dumps(report(findings), indent=2))
    end(Exit.FAILED if is_failed(findings) else Exit.OK)


def lines(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the lines of a report for people."""
    for each in findings:
        verdict = click.style(f"{each.verdict:<{WIDTH}}", fg=COLOURS[each.verdict], bold=True)
        yield f"{verdict} {each.check:<{CHECK_WIDTH}} {each.text}"
        if each.remedy:
            yield f"{'':<{WIDTH}} {'':<{CHECK_WIDTH}} -> {each.remedy}"


def _look(
    files: tuple[Path, ...],
    flags: dict[str, str],
    market: str,
    data_dir: Path | None,
    ports: tuple[int, ...],
) -> Iterator[Finding]:
    from .machine import check_machine
    from .plan import Plan, check_plan
    from .reach import check_market, check_venue

    yield from check_machine(data_dir, ports)
    plan = Plan()
    is_live = market == LIVE_MARKET
    yield from check_plan(plan, files, os.environ, flags, data_dir, is_market_live=is_live)
    yield from check_venue(plan, os.environ)
    yield from check_market(plan, os.environ)
