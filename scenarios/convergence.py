"""Convergence: what a healed engine owes: everything settled, and one view with the venue.

Liveness after healing (L1, L3, L4, L5): every signal has its terminal event, rests at the venue or
is parked; no outcome is unknown; every actor runs, and the venue may be asked; the monitor's, the
gate's and the venue's positions are the sum of the fills; every position has a stop, and no stop
outlives its position.
Pure: looks, and says what is missing in sentences.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ..actors import names
from ..actors.policies.order_record import Order
from ..actors.runtime.cell import Status
from ..actors.runtime.segment import Status as Sealing
from ..actors.runtime.segment import read_manifest, segment_numbers
from ..messages.plans import Bracket
from ..messages.values import Leg, OrderState
from .checks.ground import ZERO, Ground
from .simulated_engine import SimulatedEngine

RESTING = (OrderState.ACTIVE, OrderState.PARTIALLY_FILLED, OrderState.PARKED)
"""States of an order in which it may stay: it waits for the market, or for a person."""


def unconverged(engine: SimulatedEngine, ground: Ground, ended: Mapping[str, object]) -> list[str]:
    """Return what is not settled; empty when the engine has converged."""
    ground.refresh()
    return [
        *_machinery(engine, ground),
        *_signals(engine, ended),
        *_orders(engine, ground),
        *_promises(engine),
        *_positions(engine, ground),
        *_protection(engine, ground),
    ]


def still_open(engine: SimulatedEngine, ground: Ground) -> list[str]:
    """Return what a flatten has left: every position of ours can be closed, dust included (D10)."""
    ground.refresh()
    left = [f"D10: {key} still holds {each}" for key, each in ground.amounts.items() if each]
    for symbol in engine.venue.core.books:
        stops = ground.open_stops(symbol)
        left += [f"D5: {each.request.client_algo_id} is left of {symbol}" for each in stops]
    return left


def _machinery(engine: SimulatedEngine, ground: Ground) -> Iterator[str]:
    for cell in engine.kernel.cells.values():
        if cell.status is not Status.RUNNING:
            yield f"L4: {cell.name} is {cell.status.name}"
    if not engine.state(names.USER_STREAM).healthy:
        yield "L4: the user stream is not backfilled"
    clock = engine.state(names.RISK_GATE).clock
    if clock is None or not clock.trusted:
        yield "L4: the clock is not trusted"
    elif not ground.calm.may_ask(ground.now_ns):
        yield "L4: a pause, a ban or an outage keeps requests back"
    reconciler = engine.state(names.RECONCILER)
    if reconciler.owed or reconciler.told:
        yield f"L5: the reconciler owes {reconciler.owed}, differs in {reconciler.told}"


def _signals(engine: SimulatedEngine, ended: Mapping[str, object]) -> Iterator[str]:
    """Every signal that the engine knows has ended, or its order may stay as it is."""
    intake = engine.state(names.EXECUTION_SYSTEM)
    orders = engine.state(names.ORDER_MANAGER).orders.values()
    resting = {order.approved.signal_id for order in orders if order.state in RESTING}
    # An algorithm whose slice may stay as it is may do so, too, and a bracket while it is filled.
    for each in intake.parents.values():
        waits_for_end = isinstance(each.command.plan, Bracket) and each.filled
        if each.live in resting or waits_for_end:
            resting.add(each.signal.signal_id)
    for signal_id in intake.open:
        if signal_id not in resting:
            yield f"L1: {signal_id} has no end"
    for signal_id, outcome in intake.finished.items():
        if outcome != "TAKEN" and signal_id not in ended:
            yield f"L1: {signal_id} ended as {outcome} and nobody was told"
    if intake.deferred:
        yield f"L1: {len(intake.deferred)} commands wait"


def _orders(engine: SimulatedEngine, ground: Ground) -> Iterator[str]:
    """Our open orders are those of the venue, and none of them is unclear."""
    orders = engine.state(names.ORDER_MANAGER).orders
    for client_order_id, order in orders.items():
        if order.state not in RESTING:
            yield f"L3: {client_order_id} is {order.state}"
        elif order.state is not OrderState.PARKED and not _is_live(ground, client_order_id):
            yield f"L5: {client_order_id} is {order.state} and not open at the venue"
        elif order.approved.leg is Leg.EXIT:
            yield f"L1: the exit {client_order_id} is still open"
    for symbol in engine.venue.core.books:
        entries = [each.client_order_id for each in ground.open_entries(symbol)]
        stops = [each.request.client_algo_id for each in ground.open_stops(symbol)]
        for client_order_id in (*entries, *stops):
            if client_order_id not in orders:
                yield f"L5: {client_order_id} is open at the venue alone"


def _promises(engine: SimulatedEngine) -> Iterator[str]:
    """Nothing is kept for an order that has ended: no reservation, no place, no hold."""
    orders: Mapping[str, Order] = engine.state(names.ORDER_MANAGER).orders
    for reservation in engine.state(names.RISK_GATE).reservations.values():
        if reservation.client_order_id not in orders:
            yield f"L5: {reservation.client_order_id} is reserved and has ended"
    queue = engine.state(names.ORDER_QUEUE)
    for client_order_id in (*queue.in_flight, *queue.waiting):
        if client_order_id not in orders:
            yield f"L5: {client_order_id} keeps its place in the queue and has ended"
    for symbol, holders in queue.holds.items():
        for holder in holders:
            order = orders.get(holder)
            if order is None or order.state is not OrderState.PARKED:
                yield f"L5: {symbol} is held by {holder}"


def _positions(engine: SimulatedEngine, ground: Ground) -> Iterator[str]:
    monitor = engine.state(names.POSITION_MONITOR)
    gate = engine.state(names.RISK_GATE).positions
    held = engine.venue.core.account
    keys = dict.fromkeys(
        [*monitor.guards, *gate, *(f"{symbol}/{side}" for symbol, side in ground.amounts)]
    )
    for key in keys:
        symbol, _, side = key.partition("/")
        guard = monitor.guards.get(key)
        figures: dict[str, Decimal] = {
            "monitor": ZERO if guard is None else guard.position.quantity,
            "gate": gate.get(key, ZERO),
            "fills": ground.amounts.get((symbol, side), ZERO),
            "venue": held.amount((symbol, side)),
        }
        if len(dict.fromkeys(figures.values())) > 1:
            yield f"L5: {key} is {figures}"
    if monitor.fees != ground.fees:
        yield f"L5: fees are {monitor.fees} in the monitor, {ground.fees} at the venue"


def _protection(engine: SimulatedEngine, ground: Ground) -> Iterator[str]:
    guards: Mapping[str, Any] = engine.state(names.POSITION_MONITOR).guards
    for key, guard in guards.items():
        symbol, _, side = key.partition("/")
        waiting = [each for each in ground.open_stops(symbol) if each.request.position_side == side]
        stops = [algo for algo in waiting if algo.request.type == "STOP_MARKET"]
        if guard.position.is_flat:
            if waiting:
                yield f"L5: {key} is flat and conditional orders wait"
        elif not stops:
            yield f"L1: {key} is open without a stop at the venue"
        elif guard.closing:
            yield f"L1: {key} is still being closed: {guard.closing}"


def _is_live(ground: Ground, client_order_id: str) -> bool:
    at_venue = ground.orders.get(client_order_id, [])
    algo = ground.algo(client_order_id)
    return any(order.is_open for order in at_venue) or (algo is not None and algo.is_open)


def stop_faults(engine: SimulatedEngine) -> list[str]:
    """Stop the engine in order; return which actors run on, and whether the journal is open."""
    cells = list(engine.kernel.cells.values())
    engine.stop()
    left = [
        f"L7: {cell.name} is {cell.status.name}"
        for cell in cells
        if cell.status is not Status.STOPPED
    ]
    disk = engine.disk
    if disk is not None:
        newest = read_manifest(disk, max(segment_numbers(disk)))
        if newest is None or newest.status is not Sealing.SEALED:
            left.append("L7: the journal's last segment is not sealed")
    return left
