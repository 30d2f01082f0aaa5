"""Operator outcomes: what a command that takes its time has come to.

Owns which command has an outcome of its own, whom to ask for it, and its words for programs. Pure.
"""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from attrs import frozen

from ...messages.queries import (
    CancellationView,
    FlatteningView,
    GetCancellation,
    GetFlattening,
    Query,
)
from ..names import ORDER_MANAGER, POSITION_MONITOR
from .spool import Order

Outcome = CancellationView | FlatteningView


@frozen
class Asking:
    """Whom to ask for an outcome, and what answers."""

    owner: str
    query: Callable[[str], Query]
    """By the command's id."""
    view: type[Outcome]


ASKINGS: Mapping[str, Asking] = MappingProxyType(
    {
        "cancel-all": Asking(ORDER_MANAGER, GetCancellation, CancellationView),
        "flatten": Asking(POSITION_MONITOR, GetFlattening, FlatteningView),
    }
)
"""Word of a command -> how its outcome is asked for."""


def question(order: Order) -> tuple[tuple[str, Query, type], ...]:
    """Return what to ask for the outcome of a command: nothing, or one question."""
    asking = ASKINGS.get(order.command)
    if asking is None:
        return ()
    return ((asking.owner, asking.query(order.order_id), asking.view),)


def outcome_of(order: Order, replies: Mapping[type, Any]) -> Outcome | None:
    """Return the outcome among the replies, None of a command that has none."""
    asking = ASKINGS.get(order.command)
    return None if asking is None else replies[asking.view]


def outcome_json(outcome: Outcome | None) -> dict[str, Any]:
    """Return an outcome as JSON values."""
    match outcome:
        case None:
            return {}
        case CancellationView():
            told: dict[str, Any] = {
                "done": list(outcome.done),
                "failed": dict(outcome.failed),
                "pending": list(outcome.pending),
            }
        case FlatteningView():
            told = {"is_flat": outcome.is_flat, "left": list(outcome.left)}
    return {"outcome": told}


def fault_of(outcome: Outcome | None) -> str:
    """Return why a command has not come to what it says, empty where it has."""
    if outcome is None:
        return ""
    if not outcome.is_over:
        return "it is not over yet"
    if isinstance(outcome, CancellationView):
        return f"{len(outcome.failed)} not cancelled" if outcome.failed else ""
    return "" if outcome.is_flat else "not flat at the venue"


def unknown_symbol(symbol: str, symbols: tuple[str, ...]) -> str:
    """Return why a command cannot mean a symbol, with the nearest that it can mean."""
    near = get_close_matches(symbol, symbols, n=1, cutoff=0.5)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"{symbol} is not in risk.symbols; {meant}Without a symbol all are meant"
