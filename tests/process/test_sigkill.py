"""Test of SIGKILL: an engine killed at twenty drawn moments owes the venue nothing.

The venue is a process of its own with its faults on; its ledger judges the engine at the end.
"""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.records.audit_log import FOLDER
from callboard.actors.adapters.records.audit_log import rebuild as rebuild_audit
from callboard.actors.adapters.records.store_schema import FILE
from callboard.actors.adapters.records.trade_store import rebuild
from callboard.actors.engine import JOURNAL_FOLDER
from callboard.actors.runtime.journal_reader import Flaw
from callboard.actors.system import make_codec
from callboard.scenarios.venue.control import VenueControl
from callboard.scenarios.venue.faults import Faults
from callboard.scenarios.venue.fills import Fill
from callboard.scenarios.venue.ledger import OrderTruth, PositionTruth, VenueLedger
from support.faces import venue_process
from support.kills import Campaign, Remembered, drawn_kills, remembered
from support.stores import tables

SEED = 20
KILLS = 20
FILLS_MIN = 8
SPEED = 5
FAULTS = (
    "request_lost_before_execution=0.02,answer_lost_after_execution=0.03,connection_reset=0.03,"
    "http_503_unknown=0.02,http_503_service_unavailable=0.02,connection_refused=0.02,"
    "stream_gap=0.005,stream_duplicate=0.05,stream_reorder=0.05"
)
ENTRY = re.compile(r"cb\d+-(\w+)-e\d+")


def entry_intent(client_order_id: str) -> str:
    """Return the intent of an entry's client order id, empty for another leg."""
    found = ENTRY.fullmatch(client_order_id)
    return "" if found is None else found.group(1)


def opened_by(ledger: VenueLedger, memory: Remembered) -> dict[str, set[str]]:
    """Return, by signal, the entry orders that the venue has filled."""
    filled: dict[str, set[str]] = {}
    for fill in ledger.fills:
        intent = entry_intent(fill.client_order_id)
        if intent:
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


@pytest.mark.timeout(300)
def test_twenty_kills_lose_no_fact_open_nothing_twice_and_leave_all_protected(
    tmp_path: Path,
) -> None:
    socket = tmp_path / "venue.sock"
    options = (f"--speed={SPEED}", f"--seed={SEED}", f"--faults={FAULTS}")
    with venue_process(socket, *options), VenueControl(socket) as control:
        campaign = Campaign(socket, tmp_path / "data", control)

        for kill in drawn_kills(SEED, KILLS):
            campaign.live_until(kill)
        control.set_faults(Faults())
        believed = campaign.settle()
        ledger = control.ledger()

    left = tables(tmp_path / "data" / FILE)
    disk = Disk(tmp_path / "data" / JOURNAL_FOLDER)
    rebuild(tmp_path / "data", disk, make_codec())
    assert left == tables(tmp_path / "data" / FILE)
    audited = rebuild_audit(tmp_path / "data" / FOLDER, disk, make_codec())
    assert () == audited.changed
    memory = remembered(tmp_path / "data")
    assert [] == [each for each in memory.report.findings if each.flaw is not Flaw.TORN_TAIL]
    assert [] == sorted({order.client_order_id for order in ledger.orders} - memory.intended)
    fills = {str(fill.trade_id): 1 for fill in ledger.fills}
    assert (fills, fills) == (memory.booked, memory.applied)
    assert {} == {signal: ids for signal, ids in opened_by(ledger, memory).items() if len(ids) > 1}
    assert [] == added_to(ledger)
    assert [] == [position for position in ledger.positions if not stops_of(position, ledger)]
    held = {position.symbol: str(position.amount) for position in ledger.positions}
    assert held == believed["positions"]
    resting = {order.client_order_id for order in ledger.orders if order.is_open}
    assert resting == set(believed["orders"])
    assert () == memory.replayed.divergences
    assert len(ledger.fills) >= FILLS_MIN, "the run was too quiet to show anything"
