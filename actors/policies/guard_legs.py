"""Guard legs: what a word about one of a guard's orders changes in the guard.

Pure but for `note_leg`, which changes the guard that it is given; `noted` changes a copy. An order
that ended is remembered while the position is open, since the last words about it may be repeated.
Bound: the latest `ENDED_LEGS_MAX` of them.
"""

from attrs import evolve

from ...messages.orders import LegChanged
from ...messages.values import TERMINAL_STATES, ErrorKind, Leg, OrderState
from .guard import Guard, LegRecord

ENDED_LEGS_MAX = 8
"""Ended legs that an open position remembers."""


def noted(guard: Guard, change: LegChanged, *, failed: bool) -> Guard:
    """Return the guard as it is after a word of one of its legs; the guard itself stays."""
    after = evolve(
        guard,
        legs=dict(guard.legs),
        pending=dict(guard.pending),
        failures=dict(guard.failures),
        whole_refused=dict(guard.whole_refused),
    )
    note_leg(after, change, failed=failed)
    return after


def note_leg(guard: Guard, change: LegChanged, *, failed: bool) -> None:
    """Note a word about an order in its guard; `failed` when it ended without doing its work."""
    leg = change.leg.value
    doubted = change.kind == "INCONCLUSIVE"
    known = guard.legs.get(change.client_order_id)
    quantity = None if known is None else known.quantity
    if guard.answers(change):
        quantity = guard.pending.pop(leg).quantity
    guard.legs[change.client_order_id] = LegRecord(
        change.leg, change.intent_id, change.state, change.trigger_price, doubted, quantity
    )
    if failed:
        guard.failures[leg] = guard.failures.get(leg, 0) + 1
    elif change.state is OrderState.ACTIVE or change.state is OrderState.FILLED:
        guard.failures[leg] = 0
    if change.kind == ErrorKind.CLOSE_POSITION_EXISTS:
        guard.whole_refused[leg] = True
    if guard.trailing is not None and _is_past_activation(guard, change):
        guard.trailing = evolve(guard.trailing, activate_price=None)
    if change.state not in TERMINAL_STATES:
        return
    if change.kind != ErrorKind.CLOSE_POSITION_EXISTS:
        # What ended may have been what was in the way.
        guard.whole_refused.pop(leg, None)
    if guard.position.is_flat:
        del guard.legs[change.client_order_id]
    else:
        _forget_old_legs(guard)


def _is_past_activation(guard: Guard, change: LegChanged) -> bool:
    """True when the price from which a trailing stop of this life shall follow is passed."""
    is_own = change.leg is Leg.TRAIL and change.intent_id == guard.intent_id
    return is_own and change.kind == ErrorKind.WOULD_TRIGGER


def _forget_old_legs(guard: Guard) -> None:
    """Keep the latest ended legs alone: a position may stay open for any number of exits."""
    ended = [
        client_order_id
        for client_order_id, record in guard.legs.items()
        if record.state in TERMINAL_STATES
    ]
    for client_order_id in ended[:-ENDED_LEGS_MAX]:
        del guard.legs[client_order_id]
