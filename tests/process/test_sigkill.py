"""Test of SIGKILL: an engine killed at twenty drawn moments owes the venue nothing.

The venue is a process of its own with its faults on; its ledger judges the engine at the end.
"""

from pathlib import Path

from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.records.audit_log import FOLDER
from callboard.actors.adapters.records.audit_log import rebuild as rebuild_audit
from callboard.actors.adapters.records.store_schema import FILE
from callboard.actors.adapters.records.trade_store import rebuild
from callboard.actors.engine import JOURNAL_FOLDER
from callboard.actors.system import make_codec
from callboard.scenarios.venue.control import VenueControl
from callboard.scenarios.venue.faults import Faults
from support.faces import venue_process
from support.kill_verdict import faults_of
from support.kills import VENUE_FAULTS, Campaign, drawn_kills, remembered
from support.stores import tables

SEED = 20
KILLS = 20
KILLS_ON_BAD_DISKS = 4
DISK_SEED = 40
FILLS_MIN = 8
SPEED = 5


def test_twenty_kills_lose_no_fact_open_nothing_twice_and_leave_all_protected(
    tmp_path: Path,
) -> None:
    socket = tmp_path / "venue.sock"
    options = (f"--speed={SPEED}", f"--seed={SEED}", f"--faults={VENUE_FAULTS}")
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
    assert [] == list(faults_of(ledger, memory, believed))
    assert set() == {order.client_order_id for order in ledger.orders} - memory.intended
    assert len(ledger.fills) >= FILLS_MIN, "the run was too quiet to show anything"


def test_kills_on_disks_with_trouble_and_a_cut_power_owe_nothing_either(tmp_path: Path) -> None:
    socket = tmp_path / "venue.sock"
    options = (f"--speed={SPEED}", f"--seed={SEED}", f"--faults={VENUE_FAULTS}")
    with venue_process(socket, *options), VenueControl(socket) as control:
        campaign = Campaign(socket, tmp_path / "data", control, disk_seed=DISK_SEED)

        for kill in drawn_kills(SEED, KILLS_ON_BAD_DISKS):
            campaign.live_until(kill)
        control.set_faults(Faults())
        believed = campaign.settle()
        ledger = control.ledger()

    assert [] == list(faults_of(ledger, remembered(tmp_path / "data"), believed))
    assert len(campaign.troubles) > 1, campaign.troubles
