"""State versions: snapshots of an older state are read and replayed, newer ones refused."""

from decimal import Decimal
from typing import Any

import pytest
from attrs import define, field

from callboard.actors.runtime.journal_reader import read_journal
from callboard.actors.runtime.recovery import RecoveryFailed, recover
from callboard.actors.runtime.replay import replay
from callboard.actors.runtime.segment import remove_segments, segment_numbers
from callboard.messages.codec import Codec, CodecError, Json
from callboard.scenarios.disk import SimulatedDisk
from support.journals import Core, DiskShop, recorded
from support.shop import CORE, Sold, Till, shop_codec


@define
class NextTillState:
    """The next version of the till's state: what was sold has another name."""

    total: Decimal = Decimal(0)
    sold: int = 0
    counted: int = 0
    by_thing: dict[str, Decimal] = field(factory=dict[str, Decimal])

    @property
    def sales(self) -> int:
        """The same under the name that handlers know."""
        return self.sold


class NextTill(Till):
    """Counts under the other name."""

    State = NextTillState

    def apply(self, fact: Any) -> None:
        if isinstance(fact, Sold):
            self.state.total += fact.amount
            self.state.sold += 1
            by_thing = self.state.by_thing
            by_thing[fact.thing] = by_thing.get(fact.thing, Decimal(0)) + fact.amount
        else:
            super().apply(fact)


def renamed(old: Json) -> Json:
    return {"sold" if key == "sales" else key: value for key, value in old.items()}


TAGS = [(tag, cls) for tag, cls in shop_codec().classes.items() if "/" in tag]
NEXT = Codec(TAGS, versions={"till/state": 2}, upcasters={("till/state", 1): renamed})
NEXT_CORE: Core = {**CORE, "till": NextTill}


def of_today() -> SimulatedDisk:
    """Return a journal whose first segments are gone, so that a snapshot is where it begins."""
    disk = recorded(snapshot_every=6, segment_bytes_max=600)
    numbers = segment_numbers(disk)
    remove_segments(disk, tuple(numbers[: len(numbers) // 2]))
    return disk


def test_an_older_state_is_brought_up_before_the_facts_after_it_are_folded() -> None:
    now = recover(of_today(), shop_codec(), CORE, supervisor="boss").states["till"]

    later = recover(of_today(), NEXT, NEXT_CORE, supervisor="boss").states["till"]

    assert now["sales"] > 0
    assert renamed(now) == later


@pytest.mark.parametrize("journal", [of_today, lambda: recorded(snapshot_every=6)])
def test_a_journal_with_older_states_replays_without_a_difference(journal: Any) -> None:
    result = replay(journal(), NEXT, lambda _: NEXT_CORE, supervisor="boss")

    assert () == result.divergences
    assert result.records > 5


def test_an_older_state_that_does_not_fit_is_a_difference_with_its_place() -> None:
    def doubled(old: Json) -> Json:
        return {**renamed(old), "sold": 2 * old["sales"]}

    wrong = Codec(TAGS, versions={"till/state": 2}, upcasters={("till/state", 1): doubled})

    result = replay(recorded(snapshot_every=6), wrong, lambda _: NEXT_CORE, supervisor="boss")

    assert "states.till.state.sold" in {each.field for each in result.divergences}


def written_next() -> SimulatedDisk:
    disk = SimulatedDisk()
    shop = DiskShop(disk, core=NEXT_CORE, snapshot_every=6)
    shop.shop.kernel.codec = NEXT
    shop.work("apple", "pear", "fig")
    shop.journal.close()
    return disk


def test_a_snapshot_says_the_version_of_a_state_beyond_the_first() -> None:
    states = [line.data["states"] for line in read_journal(written_next()) if "kind" in line.data]

    assert {2} == {each["till"]["v"] for each in states}
    assert {False} == {"v" in each["clerk"] for each in states}


def test_a_newer_state_is_refused_with_its_version() -> None:
    with pytest.raises(RecoveryFailed, match=r"till: its state: till/state\.v2: is newer than the"):
        recover(written_next(), shop_codec(), CORE, supervisor="boss")


def test_an_older_state_without_a_way_up_is_refused() -> None:
    codec = Codec(versions={"till/state": 3}, upcasters={("till/state", 1): renamed})

    with pytest.raises(CodecError, match=r"till/state\.v1: has no way up from version 2"):
        codec.current_state("till", {"sales": 1}, 1)
