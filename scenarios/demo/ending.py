"""Ending: the engine's own journal is verified and run again, and everything is judged.

Owns the verdict of a demo: what was promised and did not happen is a problem, named in a sentence,
and so is a difference between the engine's books and the venue's. Reads the sealed journal from
its folder, as `callboard journal verify` and `callboard replay` do.
"""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

from attrs import evolve, frozen

from ...actors import names
from ...actors.adapters.journal_commands import makers_of
from ...actors.policies.rounding import plain
from ...actors.runtime.journal_reader import VerifyReport, verify
from ...actors.runtime.replay import Replayed, replay
from ...actors.system import make_codec
from ...messages.queries import GetSummary, SummaryView
from ...messages.values import TERMINAL_STATES
from ..venue.ledger import VenueLedger
from .player import outcomes
from .stage import Stage
from .story import END_MS
from .troubles import UNPROTECTED_MS_MAX, Outcome

CENT = Decimal("0.01")


@frozen
class Verdict:
    """Everything that the summary tells."""

    is_whole: bool
    """Whether the story was played to its end."""
    seed: int
    data_dir: Path
    outcomes: tuple[Outcome, ...]
    summary: SummaryView
    orders: dict[str, int]
    """Orders by state."""
    fills: int
    realised_pnl: Decimal
    fees: Decimal
    longest_unprotected_ms: int
    open_positions: int
    violations: int
    crashes: int
    ledger: VenueLedger
    verified: VerifyReport
    replayed: Replayed
    problems: tuple[str, ...] = ()


def end_of(stage: Stage) -> Verdict:
    """Stop the engine in order, examine what it leaves behind, and judge."""
    watch = stage.watch
    watch.ask()
    summary: SummaryView = stage.engine.ask(GetSummary(), names.EXECUTION_SYSTEM)
    judged = outcomes(stage)
    crashes = len(watch.failed)
    stage.stop()
    verdict = Verdict(
        is_whole=watch.now_ms >= END_MS,
        seed=stage.seed,
        data_dir=stage.data_dir,
        outcomes=judged,
        summary=summary,
        orders=_orders(stage),
        fills=stage.tally.fills,
        realised_pnl=watch.positions.realised_pnl,
        fees=watch.positions.fees,
        longest_unprotected_ms=watch.positions.longest_unprotected_ms,
        open_positions=len(watch.positions.positions),
        violations=stage.checker.count,
        crashes=crashes,
        ledger=stage.engine.venue.ledger(),
        verified=verify(stage.disk),
        replayed=replay(stage.disk, make_codec(), makers_of),
    )
    return _with_problems(verdict)


def _orders(stage: Stage) -> dict[str, int]:
    counts = {state: count for state, count in stage.tally.ends.items() if count}
    for order in stage.watch.orders.orders:
        if order.state not in TERMINAL_STATES:
            counts[order.state.value] = counts.get(order.state.value, 0) + 1
    return dict(sorted(counts.items()))


def _with_problems(verdict: Verdict) -> Verdict:
    always = tuple(_problems_of_any_run(verdict))
    promised = tuple(_problems_of_whole_run(verdict)) if verdict.is_whole else ()
    return evolve(verdict, problems=always + promised)


def _problems_of_any_run(verdict: Verdict) -> Iterator[str]:
    if verdict.violations:
        yield f"{verdict.violations} violations of the invariants"
    if not verdict.verified.ok:
        yield f"the journal is damaged: {verdict.verified.findings[0].what}"
    if not verdict.replayed.identical:
        yield f"the replay differs in {len(verdict.replayed.divergences)} places"
    if verdict.longest_unprotected_ms > UNPROTECTED_MS_MAX:
        yield f"a position was without a stop for {verdict.longest_unprotected_ms} ms"
    if verdict.fills != len(verdict.ledger.fills):
        yield f"{verdict.fills} fills booked, {len(verdict.ledger.fills)} executed at the venue"


def _problems_of_whole_run(verdict: Verdict) -> Iterator[str]:
    for outcome in verdict.outcomes:
        if not outcome.is_overcome:
            yield f"{outcome.trouble.value}: {outcome.text}"
    if verdict.open_positions or verdict.ledger.positions:
        held = f"{verdict.open_positions} positions, the venue {len(verdict.ledger.positions)}"
        yield f"not flat at the end: the engine holds {held}"
    ended = sum(count for _, count in verdict.summary.outcomes)
    if ended != verdict.summary.signals:
        yield f"{verdict.summary.signals} signals, but {ended} ends"
    ours, theirs = verdict.realised_pnl - verdict.fees, verdict.ledger.realized
    if abs(ours - (theirs - verdict.ledger.fees)) >= CENT:
        yield f"profit {plain(ours)} here, {plain(theirs - verdict.ledger.fees)} at the venue"
