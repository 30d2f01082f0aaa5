"""Fork report: recorded and forked side by side, exact and simulated told apart.

Owns the words. A difference is exact when the fork decided it before it had heard of the simulated
venue: nothing but the record and the other settings went into it. What came of a decision may be
simulated though the decision is exact, and is marked so.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import click
from attrs import asdict, frozen

from ...actors.adapters.config import shown
from ...actors.adapters.config_fields import fields, value_of
from ...actors.policies.rounding import plain
from ...actors.settings import Settings
from ...messages.values import TradingState
from .outcomes import Fate
from .run import Forked

NS_PER_SECOND = 1_000_000_000
EXACT, SIMULATED = "exact", "simulated"
NOTHING = "no such order"
SHOWN_MAX = 400


@frozen
class Row:
    """One order, or refused signal, on both sides."""

    signal_id: str
    leg: str
    number: int
    symbol: str
    client_order_id: str
    """The recorded one; the fork's where there is none in the record."""
    recorded: str
    forked: str
    kind: str
    outcome_is_simulated: bool
    why: str
    at_ns: int

    @property
    def name(self) -> str:
        """The order as people tell it from others."""
        number = f" {self.number}" if self.number > 1 else ""
        return f"{self.signal_id} {self.leg}".strip() + number


@frozen
class Change:
    """One setting on both sides, as TOML writes it."""

    key: str
    recorded: str
    forked: str


@frozen
class Report:
    """A fork for people and programs."""

    forked: Forked
    changes: tuple[Change, ...]
    rows: tuple[Row, ...]
    """Orders that differ, in the order of their decisions."""
    same: Mapping[str, int]
    """How many orders do not, exact and simulated."""

    def of(self, kind: str) -> tuple[Row, ...]:
        """Return the rows of one kind."""
        return tuple(row for row in self.rows if row.kind == kind)

    def plain(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        forked = self.forked
        return {
            "settings": [_plain(each) for each in self.changes],
            "records": forked.records,
            "first": None if forked.first is None else _plain(forked.first),
            "left": None if forked.left is None else _plain(forked.left),
            "market": forked.market,
            "simulated_from_ns": forked.simulated_from_ns or None,
            "later_starts": forked.later_starts,
            "first_differences": [_plain(row) for row in self.of(EXACT)],
            "consequences": [_plain(row) for row in self.of(SIMULATED)],
            "same": dict(self.same),
            "profit": {
                "recorded": plain(forked.recorded.profit),
                "forked": plain(forked.forked.profit),
            },
            "fatal": forked.fatal_reason,
        }

    def lines(self) -> Iterator[str]:
        """Yield the report as text."""
        forked = self.forked
        for change in self.changes:
            yield f"{change.key}: {change.recorded} -> {change.forked}"
        if not self.changes:
            yield "the settings are those of the record"
        if forked.first is None:
            yield f"{forked.records} records followed, and nothing is decided otherwise"
            return
        yield from _first(forked)
        yield from _table("first differences", EXACT, self.of(EXACT))
        yield from _table("consequences", SIMULATED, self.of(SIMULATED))
        yield (
            f"the same: {self.same[EXACT]} orders exact, {self.same[SIMULATED]} simulated;"
            f" profit of closed positions {plain(forked.recorded.profit)} recorded,"
            f" {plain(forked.forked.profit)} forked"
        )


def report_of(forked: Forked, changes: tuple[Change, ...]) -> Report:
    """Compare the two sides of a fork."""
    rows: list[Row] = []
    same = {EXACT: 0, SIMULATED: 0}
    recorded, other = forked.recorded.fates, forked.forked.fates
    for key in {**recorded, **other}:
        then, now = recorded.get(key), other.get(key)
        if then is not None and now is not None and _words(then) == _words(now):
            same[SIMULATED if _is_simulated(now, forked, changed=True) else EXACT] += 1
        else:
            rows.append(_row(then, now, forked))
    return Report(forked, changes, tuple(sorted(rows, key=lambda row: row.at_ns)), same)


def changes_of(recorded: Settings, forked: Settings) -> tuple[Change, ...]:
    """Return the settings that differ, each by its key."""
    sides = ((key, value_of(recorded, key), value_of(forked, key)) for key in fields())
    return tuple(Change(key, shown(then), shown(now)) for key, then, now in sides if then != now)


def _row(then: Fate | None, now: Fate | None, forked: Forked) -> Row:
    fate = then or now
    assert fate is not None
    signal_id, leg, number = fate.key
    decides = then is None or now is None or then.decision != now.decision
    return Row(
        signal_id=signal_id,
        leg=leg,
        number=number,
        symbol=fate.symbol,
        client_order_id=(then and then.client_order_id) or (now and now.client_order_id) or "",
        recorded=NOTHING if then is None else _words(then),
        forked=NOTHING if now is None else _words(now),
        kind=_kind(then, now, forked, decides=decides),
        outcome_is_simulated=now is not None and _is_simulated(now, forked, changed=True),
        why=_why(then, now, forked),
        at_ns=min(each.decided_ns for each in (then, now) if each is not None),
    )


def _kind(then: Fate | None, now: Fate | None, forked: Forked, *, decides: bool) -> str:
    if now is not None:
        return SIMULATED if _is_simulated(now, forked, changed=not decides) else EXACT
    assert then is not None
    # What the fork did not do at a time when it knew nothing but the record.
    is_before = not forked.simulated_from or then.decided_ns < forked.simulated_from_ns
    return EXACT if is_before else SIMULATED


def _is_simulated(fate: Fate, forked: Forked, *, changed: bool) -> bool:
    at = fate.changed_at if changed else fate.decided_at
    return bool(forked.simulated_from) and at >= forked.simulated_from


def _words(fate: Fate) -> str:
    return f"{fate.decision}: {fate.outcome}" if fate.outcome else fate.decision


def _why(then: Fate | None, now: Fate | None, forked: Forked) -> str:
    """Return the guard or limit behind a difference."""
    if now is not None and now.refusal is not None:
        return now.why
    if then is not None and then.refusal is not None:
        return f"not refused: {then.why}"
    if now is None:
        assert then is not None
        return f"follows from {then.key[0]}" if then.key[1] else "was not asked for"
    states = [
        state.reason
        for at, state in forked.forked.states
        if at <= now.decided_at and state.state is not TradingState.ACTIVE
    ]
    return now.why or (states[-1] if states and then is None else "")


def _first(forked: Forked) -> Iterator[str]:
    first, left = forked.first, forked.left
    assert first is not None
    about = f" about {first.correlation}" if first.correlation else ""
    yield (
        f"first different decision: record {first.sequence}, {first.actor} on"
        f" {first.message}{about}, {_time(first.now_ns)}, {first.field}"
    )
    yield f"    recorded  {first.recorded[:SHOWN_MAX]}"
    yield f"    forked    {first.forked[:SHOWN_MAX]}"
    if left is None:
        yield "the venue is asked for nothing else, so its recorded answers count to the end"
        return
    since = (
        f"simulated since {_time(forked.simulated_from_ns)}, over {forked.market}"
        if forked.simulated_from
        else "and the simulated venue was not heard of before the end"
    )
    yield f"the recorded course ends at record {left.sequence}; the account's answers are {since}"
    if forked.later_starts:
        yield f"{forked.later_starts} later starts of the engine are not repeated: it runs on"
    if forked.fatal_reason:
        yield f"the fork's engine gave up: {forked.fatal_reason}"


def _table(title: str, kind: str, rows: tuple[Row, ...]) -> Iterator[str]:
    yield ""
    yield click.style(f"{title} ({kind}): {len(rows)}", bold=True)
    for row in rows:
        yield f"  {_time(row.at_ns)}  {click.style(row.name, bold=True)}  {row.client_order_id}"
        yield f"      recorded  {row.recorded}"
        mark = "  (simulated from here on)" * (row.outcome_is_simulated and kind == EXACT)
        yield f"      forked    {row.forked}{mark}"
        if row.why:
            yield f"      why       {row.why}"


def _plain(record: Any) -> dict[str, Any]:
    values: dict[str, Any] = asdict(record)
    return values


def _time(at_ns: int) -> str:
    at = datetime.fromtimestamp(at_ns // NS_PER_SECOND, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at_ns // 1_000_000 % 1_000:03d}"
