"""Benchmarks: Callboard's speed and memory as ratios, each with its target.

`./dev bench` measures every row; `--quick` is a smoke test whose figures mean nothing; `--full`
ages the engine by a million orders. Exit code 0 whatever the figures are: a time is no test. It is
1 when the work itself was not done.
"""

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence

from attrs import frozen
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

import cpu_profile
import growth
import http_rows
import order_rate
import record_cost
import recovery_time
import replay_rate
import resting_book
import search_rate
import simulated_program
import socket_rows
import step_rate
from measure import Absent, Row
from stage import BenchmarkFailed


@frozen
class Scale:
    """How much is run."""

    rounds: int
    orders: int
    """Orders of one round."""
    steps: int
    aged: int
    """Orders of the long run."""
    resting: int = 5_000
    """Orders that rest in the venue's book."""
    blocks: int = 3
    """Blocks of the shorter journal; the longer one has four times as many."""
    seeds: int = 400
    """Seeds of a soak."""
    sent: int = 200
    """Orders over sockets, of each side in a round; few enough for the venue's open stops."""


# Aged far enough that a tenth of it has filled, sealed and dropped its first segments.
USUAL = Scale(rounds=5, orders=3_000, steps=60_000, aged=100_000)
QUICK = Scale(rounds=1, orders=60, steps=2_000, aged=200, resting=200, blocks=1, seeds=4, sent=10)
FULL = Scale(rounds=7, orders=5_000, steps=60_000, aged=1_000_000, blocks=12, seeds=2_000)

Found = list[Row | Absent]
PARTS: dict[str, Callable[[Scale], Found]] = {
    "orders": lambda scale: [order_rate.row(orders=scale.orders, rounds=scale.rounds)],
    "steps": lambda scale: [*step_rate.rows(steps=scale.steps, rounds=scale.rounds)],
    "pykka": lambda scale: [simulated_program.row(steps=scale.steps // 2, rounds=scale.rounds)],
    "search": lambda scale: [
        *search_rate.rows(seeds=scale.seeds, steps=scale.steps, rounds=scale.rounds)
    ],
    "replay": lambda scale: [replay_rate.row(orders=scale.orders, rounds=scale.rounds)],
    "recovery": lambda scale: [
        *recovery_time.rows(orders=scale.orders // 8, blocks=scale.blocks, rounds=scale.rounds)
    ],
    "record": lambda scale: [record_cost.row(orders=scale.orders // 4, rounds=scale.rounds)],
    "book": lambda scale: resting_book.rows(
        many=scale.resting, ticks=scale.steps // 2, rounds=scale.rounds
    ),
    "growth": lambda scale: [*growth.rows(orders=scale.aged)],
    "sockets": lambda scale: socket_rows.rows(orders=scale.sent, rounds=scale.rounds),
    "service": lambda scale: [*http_rows.rows(orders=scale.sent, rounds=scale.rounds)],
}
PROFILE = "profile"
PAGE_COLUMNS = 100
"""Width of the tables where they go to a file."""
FEW = 100
"""Figures below are printed with decimals."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what is asked for and print it."""
    options = _options(arguments)
    scale = FULL if options.full else QUICK if options.quick else USUAL
    wanted = options.only or [*PARTS, PROFILE]
    found: Found = []
    try:
        for name in wanted:
            if name != PROFILE:
                print(f"measuring {name}", file=sys.stderr)
                found += PARTS[name](scale)
        shares = cpu_profile.profile(scale.orders) if PROFILE in wanted else {}
    except BenchmarkFailed as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    if options.json:
        rows = [row.as_json() for row in found]
        print(json.dumps({"machine": machine(), "rows": rows, "cpu": shares}))
    else:
        show(found, shares)
    return 0


def machine() -> str:
    """Return what the figures were measured on."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.machine()}, {os.cpu_count()} CPUs"


def show(found: Found, shares: dict[str, float]) -> None:
    """Print the tables."""
    console = Console(width=None if sys.stdout.isatty() else PAGE_COLUMNS)
    console.print(f"\n{machine()}. Ratios of rounds run in turn: median, lowest to highest.")
    if found:
        console.print(_ratios(found))
    if shares:
        console.print(_profile(shares))


def _ratios(found: Found) -> Table:
    table = Table("row", "ratio", "target", "", box=SIMPLE)
    for row in found:
        if isinstance(row, Absent):
            table.add_row(f"{row.name}\n  {row.reason}", "-", "", "absent")
            continue
        figures = f"{figure(row.ours)} against {figure(row.base)} {row.unit}"
        ratios = f"{row.ratio:.3f}\n{min(row.ratios):.3f} to {max(row.ratios):.3f}"
        target = row.goal("at least", "at most")
        verdict = "" if row.met is None else "met" if row.met else "missed"
        table.add_row(
            f"{row.name}\n  {', '.join(filter(None, (figures, row.note)))}", ratios, target, verdict
        )
    return table


def figure(value: float) -> str:
    """Return a figure with the digits that say something."""
    return f"{value:,.0f}" if value >= FEW else f"{value:.2f}"


def _profile(shares: dict[str, float]) -> Table:
    table = Table("part", "share of CPU time", box=SIMPLE)
    for part, share in shares.items():
        table.add_row(part, f"{share:.1%}")
    return table


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a smoke test, in seconds")
    size.add_argument("--full", action="store_true", help="with a million orders; about an hour")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--only", action="append", choices=[*PARTS, PROFILE], help="one part; may be repeated"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
