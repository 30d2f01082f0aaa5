"""Kill verdict: what killed engines owe by the venue's own ledger, and remember."""

import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from callboard.actors.runtime.journal_reader import Flaw
from callboard.scenarios.venue.fills import Fill
from callboard.scenarios.venue.ledger import OrderTruth, PositionTruth, VenueLedger
from support.kills import Remembered

ENTRY = re.compile(r"cb\d+-(\w+)-e\d+")


def faults_of(ledger: VenueLedger, memory: Remembered, believed: dict[str, Any]) -> Iterator[str]:
    """Yield what was lost, doubled or left open, in sentences.

    What reduces may have left without a record while the disk failed; its fills are known from the
    venue alone.
    """
    unwritten = {order.client_order_id for order in ledger.orders} - memory.intended
    yield from _damages(memory)
    yield from _lost_fills(ledger, memory, unwritten)
    yield from _doubled(ledger, memory, unwritten)
    yield from _unprotected(ledger)
    yield from _misbelieved(ledger, believed)


def _damages(memory: Remembered) -> Iterator[str]:
    for finding in memory.report.findings:
        if finding.flaw is not Flaw.TORN_TAIL:
            yield f"the journal is damaged: {finding}"
    for divergence in memory.replayed.divergences:
        yield f"the replay diverges: {divergence}"


def _doubled(ledger: VenueLedger, memory: Remembered, unwritten: set[str]) -> Iterator[str]:
    for client_order_id in sorted(filter(entry_intent, unwritten)):
        yield f"{client_order_id} was opened without a record"
    for signal, ids in sorted(opened_by(ledger, memory).items()):
        if len(ids) > 1:
            yield f"{signal} was opened by {sorted(ids)}"
    for fill in added_to(ledger):
        yield f"{fill.client_order_id} added to a position of another order"


def _unprotected(ledger: VenueLedger) -> Iterator[str]:
    for position in ledger.positions:
        if not stops_of(position, ledger):
            yield f"{position.symbol} is open without a stop"


def _misbelieved(ledger: VenueLedger, believed: dict[str, Any]) -> Iterator[str]:
    held = {position.symbol: str(position.amount) for position in ledger.positions}
    if held != believed["positions"]:
        yield f"the venue holds {held}, the engine believes {believed['positions']}"
    resting = {order.client_order_id for order in ledger.orders if order.is_open}
    if resting != set(believed["orders"]):
        yield f"at the venue rest {sorted(resting)}, the engine believes {believed['orders']}"


def _lost_fills(ledger: VenueLedger, memory: Remembered, unwritten: set[str]) -> Iterator[str]:
    fills = {str(fill.trade_id): fill.client_order_id for fill in ledger.fills}
    for what, known in (("booked", memory.booked), ("applied", memory.applied)):
        strange = Counter(known)
        strange.subtract(fills.keys())
        for trade_id, surplus in sorted(strange.items()):
            is_excused = surplus < 0 and fills[trade_id] in unwritten
            if surplus and not is_excused:
                yield f"trade {trade_id} of {fills.get(trade_id)} is {what} {known[trade_id]} times"


def entry_intent(client_order_id: str) -> str:
    """Return the intent of an entry's client order id, empty for another leg."""
    found = ENTRY.fullmatch(client_order_id)
    return "" if found is None else found.group(1)


def opened_by(ledger: VenueLedger, memory: Remembered) -> dict[str, set[str]]:
    """Return, by signal, the entry orders that the venue has filled."""
    filled: dict[str, set[str]] = {}
    for fill in ledger.fills:
        intent = entry_intent(fill.client_order_id)
        if intent in memory.intents:
            filled.setdefault(memory.intents[intent], set()).add(fill.client_order_id)
    return filled


def added_to(ledger: VenueLedger) -> list[Fill]:
    """Return fills of entries into a position that another order had opened."""
    amounts: dict[str, Decimal] = {}
    owners: dict[str, str] = {}
    wrong: list[Fill] = []
    for fill in ledger.fills:
        amount = amounts.get(fill.symbol, Decimal(0))
        if entry_intent(fill.client_order_id):
            if amount and owners[fill.symbol] != fill.client_order_id:
                wrong.append(fill)
            owners[fill.symbol] = fill.client_order_id
        signed = fill.quantity if fill.side == "BUY" else -fill.quantity
        amounts[fill.symbol] = amount + signed
    return wrong


def stops_of(position: PositionTruth, ledger: VenueLedger) -> list[OrderTruth]:
    """Return the resting stops that would close the whole position."""
    side = "SELL" if position.amount > 0 else "BUY"
    return [
        order
        for order in ledger.orders
        if (order.symbol, order.side, order.type) == (position.symbol, side, "STOP_MARKET")
        and order.is_open
        and (order.close_position or order.quantity >= abs(position.amount))
    ]
