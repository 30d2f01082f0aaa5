"""Summary: the JSON object that a run ends with, in the order in which people read it.

Owns the names of its keys. Money, prices and quantities are text; counts are numbers; nothing in
it depends on the wall clock, so that two runs of one seed give the same object.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from attrs import field, frozen

from ...actors.policies.rounding import plain
from ...messages.queries import PositionView
from ...messages.values import OrderState
from ..tally import Counts, Tally
from ..venue.ledger import VenueLedger

FIRST_BAD_LINES = 20


@frozen
class Lines:
    """What became of the lines of the signals and of the tape."""

    told: int = 0
    """Commands and signals that were told to the engine."""
    not_told: int = 0
    """Good lines whose time came after the run."""
    bad_signals: int = 0
    bad_tape: int = 0
    first_bad: tuple[str, ...] = ()


@frozen
class EngineView:
    """What the engine says of itself at the end."""

    positions: Sequence[PositionView] = ()
    open_orders: Sequence[OrderState] = ()
    longest_unprotected_ms: int = 0
    realised_pnl: Decimal = Decimal(0)
    fees: Decimal = Decimal(0)
    records: int = 0
    head: str = ""
    crashes: int = 0


@frozen
class Run:
    """Everything that a summary is made of."""

    mode: str
    seed: int
    market: str
    mark_is_mid: bool
    virtual_ns: int
    tally: Tally
    engine: EngineView
    venue: VenueLedger | None
    """None of a venue that was gone at the end: nothing is known of it."""
    lines: Lines
    faults: Mapping[str, int] = field(factory=dict[str, int])
    violations: int | None = None
    """None where nobody checked, as in real time."""
    first_violations: tuple[str, ...] = ()
    shadow: Any = None
    """What a live account did beside this run; None where none was watched."""


def summary(run: Run) -> dict[str, Any]:
    """Return the summary as JSON values."""
    tally, engine, venue = run.tally, run.engine, run.venue
    return {
        "mode": run.mode,
        "seed": run.seed,
        "market": run.market,
        "mark_is_mid": run.mark_is_mid,
        "virtual_seconds": run.virtual_ns // 1_000_000_000,
        "signals": tally.signals,
        "outcomes": _sorted(tally.outcomes),
        "orders": _sorted(_orders(tally.ends, engine.open_orders)),
        "refusals": _sorted(tally.refusals),
        "fills": tally.fills,
        "open_positions": [_position(view) for view in engine.positions],
        "longest_unprotected_ms": engine.longest_unprotected_ms,
        "realised_pnl": plain(engine.realised_pnl),
        "fees": plain(engine.fees),
        "weight_used": None if venue is None else venue.weight_1m_used_max,
        "trading_state": tally.trading_state.value,
        "alerts": _sorted(tally.alerts),
        "commands_refused": tally.commands_refused,
        "bad_lines": run.lines.bad_signals + run.lines.bad_tape,
        "lines": _lines(run.lines),
        "faults": _sorted(run.faults),
        "crashes": engine.crashes,
        "journal": {"records": engine.records, "head": engine.head},
        "venue": None if venue is None else venue_part(venue),
        "violations": run.violations,
        "first_violations": list(run.first_violations),
        "shadow": run.shadow,
    }


def venue_part(ledger: VenueLedger) -> dict[str, Any]:
    """Return the venue's own account of the run."""
    return {
        "accepted_orders": ledger.orders_accepted,
        "open_orders": sum(1 for order in ledger.orders if order.is_open),
        "fills": ledger.fills_made,
        "positions": [
            {
                "symbol": position.symbol,
                "position_side": position.position_side,
                "quantity": plain(position.amount),
                "entry_price": plain(position.entry_price),
            }
            for position in ledger.positions
        ],
        "realised_pnl": plain(ledger.realized),
        "fees": plain(ledger.fees),
        "wallet_balance": plain(ledger.wallet_balance),
        "weight_1m_used_max": ledger.weight_1m_used_max,
        "orders_10s_used_max": ledger.orders_10s_used_max,
        "orders_1m_used_max": ledger.orders_1m_used_max,
        "bans": ledger.bans,
    }


def _orders(ends: Mapping[str, int], open_orders: Sequence[OrderState]) -> Counts:
    counts = dict(ends)
    for state in open_orders:
        counts[state.value] = counts.get(state.value, 0) + 1
    return counts


def _position(view: PositionView) -> dict[str, Any]:
    return {
        "symbol": view.symbol,
        "position_side": view.position_side.value,
        "quantity": plain(view.quantity),
        "entry_price": plain(view.entry_price),
        "mark_price": plain(view.mark_price),
        "stop_price": None if view.stop_price is None else plain(view.stop_price),
        "protected": view.protected,
    }


def _lines(lines: Lines) -> dict[str, Any]:
    return {
        "told": lines.told,
        "not_told": lines.not_told,
        "bad_signals": lines.bad_signals,
        "bad_tape": lines.bad_tape,
        "first_bad": list(lines.first_bad[:FIRST_BAD_LINES]),
    }


def _sorted(counts: Mapping[str, int]) -> Counts:
    return {key: counts[key] for key in sorted(counts) if counts[key]}
