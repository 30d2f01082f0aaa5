"""Planted mistakes: `python tests/planted list|search|reproduce [NAMES]`.

`search` looks for each of them, makes what it found small, saves the scenario, and writes what it
took to `results.json` and `docs/planted.md`. `reproduce` runs the command that shows each, in a
process of its own. Exit 1 when one was not found, or does not show.
"""

import sys
import time
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.planted import PLANTED, Planted
from support.planted_commands import command_of, reproduced
from support.planted_search import keep, kept, save, search, sentence


@click.group()
def planted() -> None:
    """Known mistakes, planted into the real engine one at a time."""


@planted.command("list")
def list_all() -> None:
    """Say which mistakes there are, and what finds each."""
    for each in PLANTED:
        click.echo(f"{each.found_by:4} {each.name}: {sentence(each.file).partition(': ')[2]}")


@planted.command("search")
@click.argument("names", nargs=-1)
@click.option("--seeds", default=2_000, show_default=True, type=click.IntRange(min=1))
def search_for(names: tuple[str, ...], seeds: int) -> None:
    """Search for the mistakes named, or for all."""
    results, missed = kept(), 0
    for each in _named(names):
        result, small = search(each, seeds)
        results[each.name] = result
        missed += small is None
        if small is not None:
            save(each, small)
        keep(results)
        found = f"after {result.seeds} seeds, {result.choices} choices" if small else "not found"
        click.echo(f"{each.name}: {found}, {result.cpu_s} s\n  {command_of(each)}")
    sys.exit(1 if missed else 0)


@planted.command("reproduce")
@click.argument("names", nargs=-1)
def reproduce(names: tuple[str, ...]) -> None:
    """Run the command that shows a mistake, for those named or for all."""
    wrong = {each.name: _reproduce(each) for each in _named(names)}
    failed = sum(map(bool, wrong.values()))
    click.echo(f"{len(wrong) - failed} of {len(wrong)} show by their command")
    sys.exit(1 if failed else 0)


def _reproduce(mistake: Planted) -> str:
    began = time.monotonic()
    wrong = reproduced(mistake)
    click.echo(f"{mistake.name}: {wrong or mistake.found_by}, {time.monotonic() - began:.1f} s")
    return wrong


def _named(names: tuple[str, ...]) -> tuple[Planted, ...]:
    known = {each.name: each for each in PLANTED}
    for name in names:
        if name not in known:
            raise click.BadParameter(f"{name!r} is none of {', '.join(known)}")
    return tuple(known[name] for name in names) or PLANTED


if __name__ == "__main__":
    planted()
