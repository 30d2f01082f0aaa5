"""Demo summary: how the demo ended, as a table for people.

Owns the words and their order; every figure is the verdict's own.
"""

import shutil
import sys
from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .ending import Verdict
from .narrator import signed
from .troubles import NOT_REACHED, UNPROTECTED_MS_MAX, Outcome

GOOD, BAD = "bold green", "bold red"


def print_verdict(console: Console, verdict: Verdict) -> None:
    """Print the table, and what to look at next."""
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in _rows(verdict):
        table.add_row(name, text)
    console.print()
    console.print(table)
    console.print()
    for problem in verdict.problems:
        console.print(Text.assemble(("failed: ", BAD), problem), soft_wrap=True)
    for what, command in _next_commands(verdict):
        console.print(Text.assemble((f"{what}  ", "dim"), command), soft_wrap=True)
    console.print(_last_words(verdict))


def _rows(verdict: Verdict) -> Iterator[tuple[str, Text]]:
    for number, outcome in enumerate(verdict.outcomes, start=1):
        yield f"trouble {number}", _trouble(outcome)
    summary = verdict.summary
    refused = f" ({_counts(dict(summary.refusals))})" if summary.refusals else ""
    outcomes = _counts(dict(summary.outcomes))
    yield "signals", Text(f"{summary.signals}: {outcomes}{refused}")
    yield "orders", Text(_counts(verdict.orders))
    yield (
        "fills",
        Text(f"{verdict.fills} booked, {len(verdict.ledger.fills)} executed at the venue"),
    )
    yield "profit", _profit(verdict)
    longest = f"{verdict.longest_unprotected_ms} ms at the longest from the booking of a fill"
    yield "unprotected", Text(f"{longest}, {UNPROTECTED_MS_MAX} allowed")
    yield "crashes", Text(f"{verdict.crashes}, each rebuilt from its facts")
    yield "violations", _judged(str(verdict.violations), is_good=not verdict.violations)
    yield from _journal(verdict)


def _trouble(outcome: Outcome) -> Text:
    mark = ("✓ ", GOOD) if outcome.is_overcome else ("✗ ", BAD)
    mark = ("· ", "dim") if outcome.text == NOT_REACHED else mark
    return Text.assemble(mark, (outcome.trouble.value, "bold"), f": {outcome.text}")


def _profit(verdict: Verdict) -> Text:
    net = verdict.realised_pnl - verdict.fees
    return Text(f"{signed(verdict.realised_pnl)} realised, {verdict.fees:.2f} fees, {net:+.2f} net")


def _journal(verdict: Verdict) -> Iterator[tuple[str, Text]]:
    verified, replayed = verdict.verified, verdict.replayed
    word = "verified" if verified.ok else "DAMAGED"
    text = f"{verified.records} records, {word}, head {verified.head}"
    yield "journal", _judged(text, is_good=verified.ok)
    text = f"{replayed.records} records run again, {len(replayed.divergences)} divergences"
    yield "replay", _judged(text, is_good=replayed.identical)


def _judged(text: str, *, is_good: bool) -> Text:
    return Text(text, GOOD if is_good else BAD)


def _next_commands(verdict: Verdict) -> Iterator[tuple[str, str]]:
    # As it was called, where a shell would not find it by its name.
    program = "callboard" if shutil.which("callboard") else sys.argv[0]
    yield "every step     ", f"{program} journal show {verdict.data_dir} --facts"
    yield "one order      ", f"{program} journal show {verdict.data_dir} --about lost-answer"
    yield "run it again   ", f"{program} replay {verdict.data_dir}"


def _last_words(verdict: Verdict) -> Text:
    if verdict.problems:
        return Text("The demo failed.", BAD)
    if not verdict.is_whole:
        return Text("Stopped before the end; what was seen holds.", "yellow")
    return Text("Every trouble happened, and every one was overcome.", GOOD)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"
