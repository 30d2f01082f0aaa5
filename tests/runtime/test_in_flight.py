"""In flight: what a core actor told and nobody handled survives the process."""

from typing import Any

import pytest

from callboard.actors.runtime.journal_reader import Flaw, read_journal
from callboard.actors.runtime.recovery import Recovered, recover
from callboard.actors.runtime.replay import replay
from callboard.actors.runtime.segment import read_manifest, remove_segments, segment_numbers
from callboard.messages.codec import Codec
from callboard.scenarios.disk import SimulatedDisk
from support.changed_shop import LostClerk
from support.journals import DiskShop, next_run, rewritten, written
from support.shop import CORE, SECOND_NS, Buy, Charge, Receipt, shop_codec

CODEC = shop_codec()


def recovered(disk: SimulatedDisk) -> Recovered:
    return recover(disk, CODEC, CORE, supervisor="boss")


def unplugged(shop: DiskShop, *things: str, delivered: int = 1) -> SimulatedDisk:
    """Buy things in a running shop, deliver so many messages, and cut the power."""
    for thing in things:
        shop.shop.kernel.post("clerk", Buy(thing, 1))
    shop.shop.deliver(delivered)
    shop.journal.sync()
    assert isinstance(shop.keeper.writer.filesystem, SimulatedDisk)
    return shop.keeper.writer.filesystem.crash()


def opened(*, crashes: tuple[int, ...] = (), snapshot_every: int = 0) -> DiskShop:
    shop = DiskShop(
        SimulatedDisk(), crashes=crashes, snapshot_every=snapshot_every, segment_bytes_max=600
    )
    shop.shop.start()
    return shop


def messages(result: Recovered) -> list[tuple[str, str, Any]]:
    return [(each.to, each.id, type(each.message)) for each in result.waiting]


def replayed_differences(disk: SimulatedDisk) -> list[str]:
    result = replay(disk, CODEC, lambda _: CORE, supervisor="boss")
    return [f"{each.actor} {each.field}" for each in result.divergences]


def test_a_message_that_nobody_handled_is_delivered_by_the_next_run() -> None:
    disk = unplugged(opened(), "apple")

    result = recovered(disk)
    second = next_run(disk, result)
    second.work(recovered=result)

    assert [("till", "4.0", Charge)] == messages(result)
    assert 1 == second.shop.till().sales
    assert ("clerk", "4.0") in [(line.data["from"], line.data["id"]) for line in read_journal(disk)]
    assert [] == replayed_differences(disk)


def test_it_waits_through_as_many_runs_as_it_takes_and_is_handled_once() -> None:
    disk = unplugged(opened(), "apple", "pear", delivered=2)

    for _ in range(3):
        result = recovered(disk)
        assert [("till", "4.0", Charge), ("till", "5.0", Charge)] == messages(result)
        disk = unplugged(next_run(disk, result), delivered=0)
    last = next_run(disk, recovered(disk))
    last.work(recovered=recovered(disk))

    assert 2 == last.shop.till().sales
    assert () == recovered(disk).waiting
    assert [] == replayed_differences(disk)


@pytest.mark.parametrize("snapshot_every", [1, 4])
def test_a_snapshot_holds_what_waits_so_that_older_segments_may_go(snapshot_every: int) -> None:
    disk = unplugged(opened(snapshot_every=snapshot_every), "apple", "pear", delivered=2)
    numbers = segment_numbers(disk)
    snapped = [n for n in numbers if (m := read_manifest(disk, n)) and m.snapshots]

    whole = recovered(disk)
    remove_segments(disk, [number for number in numbers if number < snapped[-1]])

    assert 2 == len(whole.waiting)
    assert whole.waiting == recovered(disk).waiting
    assert [] == replayed_differences(disk)


def test_a_message_that_its_actor_failed_on_comes_again_unless_the_supervisor_dropped_it() -> None:
    undecided = unplugged(opened(), "broken", delivered=2)
    dropped = unplugged(opened(), "broken", delivered=4)

    assert [("till", "4.0", Charge)] == messages(recovered(undecided))
    assert [] == messages(recovered(dropped))
    assert [] == replayed_differences(undecided)


def test_a_stop_in_order_loses_nothing_either() -> None:
    shop = opened()
    shop.shop.kernel.post("clerk", Buy("apple", 1))
    shop.shop.deliver(1)
    shop.journal.close()
    disk = shop.keeper.writer.filesystem
    assert isinstance(disk, SimulatedDisk)

    result = recovered(disk)

    assert result.clean
    assert [("till", "4.0", Charge)] == messages(result)


def test_a_version_that_would_tell_it_otherwise_says_so_and_delivers_nothing() -> None:
    disk = unplugged(opened(), "apple")

    result = recover(disk, CODEC, {**CORE, "clerk": LostClerk}, supervisor="boss")

    assert () == result.waiting
    assert [(Flaw.NOT_REPEATED, "messages 4.0 cannot be made again by this version")] == [
        (each.flaw, each.what) for each in result.findings
    ]


def test_a_message_of_a_newer_version_that_told_it_says_so_and_delivers_nothing() -> None:
    disk = unplugged(opened(), "apple")
    without = Codec([("shop/Charge", Charge), ("shop/Receipt", Receipt)])

    result = recover(disk, without, CORE, supervisor="boss")

    assert () == result.waiting
    assert [Flaw.NOT_REPEATED] == [each.flaw for each in result.findings]


def test_a_forged_message_in_a_snapshot_is_named() -> None:
    shop = opened(snapshot_every=4)
    disk = unplugged(shop, "apple")
    lines = [line.body[:-1] + b',"h":""}\n' for line in read_journal(disk)]

    def forge(record: dict[str, Any]) -> None:
        for told in record.get("waiting", ()):
            told["msg"]["thing"] = "diamond"

    forged = written(rewritten(lines, forge))

    assert ["till waiting[0].msg.thing"] == replayed_differences(forged)


def test_timers_are_armed_by_resume_and_not_delivered_as_messages() -> None:
    shop = opened()
    shop.shop.buy("apple")
    disk = unplugged(shop, delivered=0)

    result = recovered(disk)
    second = next_run(disk, result)
    second.shop.start(result)
    second.shop.run(until=second.shop.now + 2 * SECOND_NS)

    assert () == result.waiting
    assert 1 == second.shop.till().counted
