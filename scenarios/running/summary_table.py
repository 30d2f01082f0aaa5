"""Summary table: a run's summary as people read it on a terminal.

Owns the words and their order; every figure is the summary's own.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import click

WIDTH = 14
GOOD, BAD = "green", "red"


def print_table(summary: Mapping[str, Any]) -> None:
    """Print a summary to the standard output."""
    for name, text in rows(summary):
        click.echo(f"{click.style(f'{name:<{WIDTH}}', dim=True)}{text}")


def rows(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the rows: a name and a text."""
    mark = ", mark is the middle of the book" if summary["mark_is_mid"] else ""
    yield "market", f"{summary['market']}{mark}, {summary['virtual_seconds']} s"
    yield "signals", f"{summary['signals']}  {_counts(summary['outcomes'])}"
    yield "orders", _counts(summary["orders"]) or "none"
    if summary["refusals"]:
        yield "refusals", _counts(summary["refusals"])
    yield "fills", str(summary["fills"])
    yield from _positions(summary)
    yield "profit", f"{summary['realised_pnl']} realised, {summary['fees']} fees"
    yield "unprotected", f"{summary['longest_unprotected_ms']} ms at the longest"
    if summary["weight_used"] is not None:
        yield "weight", f"{summary['weight_used']} in the busiest minute"
    if summary["faults"] or summary["crashes"]:
        crashes = f"  crashes={summary['crashes']}" if summary["crashes"] else ""
        yield "trouble", f"{_counts(summary['faults'])}{crashes}".strip()
    if summary["bad_lines"]:
        yield "bad lines", click.style(str(summary["bad_lines"]), fg="yellow")
    if summary["lines"]["not_told"]:
        yield "not told", f"{summary['lines']['not_told']} lines, whose time came after the end"
    yield "journal", f"{summary['journal']['records']} records, head {summary['journal']['head']}"
    yield "venue", _venue(summary["venue"])
    if summary["shadow"] is not None:
        yield from _shadow(summary["shadow"])
    state = str(summary["trading_state"])
    yield "state", click.style(state, fg=GOOD if state == "ACTIVE" else BAD, bold=True)
    wrong = summary["violations"]
    if wrong is None:
        yield "violations", "not checked in real time"
    else:
        yield "violations", click.style(str(wrong), fg=BAD if wrong else GOOD, bold=True)
    for text in summary["first_violations"]:
        yield "", text


def _positions(summary: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for position in summary["open_positions"]:
        stop = f"stop {position['stop_price']}" if position["protected"] else "NO STOP"
        yield (
            "position",
            f"{position['symbol']} {position['quantity']} at {position['entry_price']}, {stop}",
        )


def _shadow(shadow: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if shadow["gaps"]:
        yield "shadow", f"its stream was lost {shadow['gaps']} times"
    if shadow["unread"]:
        yield "shadow", click.style(f"the account's end is not known: {shadow['unread']}", fg=BAD)
    for each in shadow["symbols"]:
        for whose in ("live", "ours"):
            if each[whose] is not None:
                yield whose, f"{each['symbol']} {_side(each[whose])}"


def _side(figures: Mapping[str, Any]) -> str:
    traded = [
        f"{word} {figures[word]} at {figures[f'{word}_at']}"
        for word in ("bought", "sold")
        if figures[f"{word}_at"] is not None
    ]
    told = ", ".join(traded) or "no fill"
    profit = f"{figures['realised_pnl']} realised, {figures['fees']} fees"
    return f"{told}; {profit}; position {figures['position']}, {figures['open_orders']} orders"


def _venue(venue: Mapping[str, Any] | None) -> str:
    if venue is None:
        return "its own account is not known here"
    return f"{venue['accepted_orders']} orders accepted, balance {venue['wallet_balance']}"


def _counts(counts: Mapping[str, int]) -> str:
    return "  ".join(f"{name}={count}" for name, count in counts.items())
