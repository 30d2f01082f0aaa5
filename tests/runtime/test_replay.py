"""Replay: an unchanged shop comes out the same; every change of code or record is named."""

from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen

from callboard.actors.runtime.actor import Actor, Context
from callboard.actors.runtime.differences import as_text, first_difference
from callboard.actors.runtime.recovery import recover
from callboard.actors.runtime.replay import Divergence, replay
from callboard.actors.runtime.segment import RunFacts, remove_segments, segment_name
from callboard.messages.codec import Codec
from callboard.messages.lifecycle import ActorStarted
from callboard.scenarios.disk import SimulatedDisk
from support.changed_shop import (
    ChattyTill,
    CountingTill,
    DearClerk,
    DearTill,
    DoubleTill,
    FatalBoss,
    FussyClerk,
    HastyTill,
    LateTill,
    LostClerk,
    MeekTill,
    OnceDearClerk,
    RudeTill,
    SilentTill,
    SleepyTill,
    SlowTill,
    ThriftyClerk,
    WildTill,
)
from support.journals import Core, DiskShop, next_run, recorded, rewritten, written
from support.shop import (
    CORE,
    Buy,
    Charge,
    Clerk,
    Counted,
    CountTill,
    Receipt,
    Sold,
    shop_codec,
)

CODEC = shop_codec()
CRASHES = (3, 8, 11)


def divergences(
    disk: SimulatedDisk, core: Core = CORE, *, divergences_max: int = 10
) -> list[Divergence]:
    result = replay(disk, CODEC, lambda _: core, supervisor="boss", divergences_max=divergences_max)
    return list(result.divergences)


def with_till(till: Callable[[], Actor]) -> Core:
    return {**CORE, "till": till}


def with_clerk(clerk: Callable[[], Actor]) -> Core:
    return {**CORE, "clerk": clerk}


@pytest.mark.parametrize(
    ("crashes", "boss_crashes"), [((), ()), (CRASHES, ()), ((1, 2, 3, 4), ()), ((2,), (1, 2))]
)
@pytest.mark.parametrize("snapshot_every", [0, 7])
def test_an_unchanged_shop_replays_without_a_difference(
    crashes: tuple[int, ...], boss_crashes: tuple[int, ...], snapshot_every: int
) -> None:
    disk = recorded(
        crashes=crashes,
        boss_crashes=boss_crashes,
        snapshot_every=snapshot_every,
        segment_bytes_max=2000,
    )

    result = replay(disk, CODEC, lambda _: CORE, supervisor="boss")

    assert () == result.divergences
    assert result.identical
    assert result.records == result.sequence > 9


def test_a_replay_goes_through_several_starts_each_with_its_own_settings() -> None:
    disk = recorded(things=("apple",), crashes=(2,))
    seen: list[int] = []
    for _ in range(3):
        result = recover(disk, CODEC, CORE)
        shop = next_run(disk, result)
        shop.work("pear", "broken", recovered=result)
        disk = disk.crash()

    def make(run: RunFacts) -> Core:
        seen.append(run.generation)
        return CORE

    assert () == replay(disk, CODEC, make, supervisor="boss").divergences
    assert [1, 2, 3, 4] == seen


def test_a_replay_begins_at_a_snapshot_where_the_first_segments_are_gone() -> None:
    disk = recorded(snapshot_every=7, segment_bytes_max=2000)
    remove_segments(disk, (1,))

    assert [] == divergences(disk)
    assert [] != divergences(disk, with_till(DearTill))


def test_a_start_of_an_earlier_life_that_arrives_late_rebuilds_nothing() -> None:
    disk = SimulatedDisk()
    shop = DiskShop(disk, crashes=(2,))
    shop.work("apple", "pear")
    shop.shop.kernel.post("till", ActorStarted(1))
    shop.shop.buy("plum")
    shop.journal.close()

    assert [] == divergences(disk)


def test_a_replay_stops_at_a_sequence() -> None:
    result = replay(recorded(), CODEC, lambda _: CORE, supervisor="boss", until=9)

    assert (9, 9) == (result.records, result.sequence)


def test_a_replay_stops_at_the_given_number_of_differences() -> None:
    assert 2 == len(divergences(recorded(), with_till(DearTill), divergences_max=2))


@pytest.mark.parametrize(
    ("name", "change", "actor", "field"),
    [
        ("till", SlowTill, "till", "timers[1]"),
        ("till", LateTill, "till", "timers[0].after"),
        ("till", DearTill, "till", "facts[0].amount"),
        ("till", DoubleTill, "till", "facts[1]"),
        ("till", SilentTill, "till", "tells"),
        ("till", ChattyTill, "till", "tells[1]"),
        ("till", HastyTill, "till", "tells[0].urgent"),
        ("till", MeekTill, "till", "error"),
        ("till", WildTill, "till", "error"),
        ("till", RudeTill, "till", "text"),
        ("till", SleepyTill, "till", "timers"),
        ("till", CountingTill, "till", "facts[0].sales"),
        ("clerk", ThriftyClerk, "clerk", "draws"),
        ("clerk", FussyClerk, "clerk", "draws[1]"),
        ("clerk", LostClerk, "clerk", "tells[0]"),
        ("clerk", DearClerk, "till", "msg.amount"),
        ("boss", FatalBoss, "boss", "others[0].redeliver"),
    ],
)
def test_a_change_of_code_is_named_by_actor_and_field(
    name: str, change: Callable[[], Actor], actor: str, field: str
) -> None:
    disk = recorded(crashes=CRASHES)

    found = divergences(disk, {**CORE, name: change})

    assert (actor, field) == (found[0].actor, found[0].field)


def test_both_sides_of_a_difference_are_shown() -> None:
    first = divergences(recorded(), with_till(LateTill))[0]

    assert ("1000000000", "1000000001") == (first.recorded, first.computed)


def test_one_cause_is_not_told_again_by_its_consequences() -> None:
    disk = recorded(things=("apple", "pear", "plum"))

    found = divergences(disk, with_clerk(OnceDearClerk))

    assert [("till", "msg.amount")] == [(each.actor, each.field) for each in found]


def lines_of(disk: SimulatedDisk) -> list[bytes]:
    return disk.read(segment_name(1)).splitlines(keepends=True)


def first_with(lines: list[bytes], mark: bytes) -> int:
    return next(n for n, line in enumerate(lines, 1) if mark in line)


@pytest.mark.parametrize(
    ("mark", "path", "value", "field"),
    [
        (b'"facts":', ("facts", 0, "amount"), "1.00", "facts[0].amount"),
        (b'"to":"printer"', ("tells", 0, "msg", "text"), "apple 1.00", "tells[0].msg.text"),
        (b'"timers":', ("timers", 0, "after"), 5, "timers[0].after"),
        (b'"actor":"till"', ("now",), 1_790_000_000_000_000_001, None),
        (b'"facts":', ("msg", "amount"), "1.00", "msg.amount"),
        (b'"facts":', ("from",), "boss", None),
        (b'"error":', ("error",), "KeyError", "error"),
        (b'"draws":', ("draws", 0), 0.25, None),
        (b'"restart":', ("others", 0, "restart"), "clerk", "others[0].restart"),
        (b'"facts":', ("gen",), 9, None),
        (b'"facts":', ("id",), "4.7", "id"),
    ],
)
def test_a_value_changed_in_a_copy_that_is_chained_again_is_found(
    mark: bytes, path: tuple[str | int, ...], value: object, field: str | None
) -> None:
    lines = lines_of(recorded())
    position = first_with(lines, mark)

    def change(record: dict[str, Any]) -> None:
        if record["seq"] == position:
            place: Any = record
            for step in path[:-1]:
                place = place[step]
            place[path[-1]] = value

    found = divergences(written(rewritten(lines, change)))

    # An input that no effect of its step depends on shows first where it matters.
    if field is None:
        assert path[0] in ("now", "from", "gen") or found != []
    else:
        assert (position, field) == (found[0].sequence, found[0].field)


def test_a_field_that_the_code_does_not_write_is_found() -> None:
    def change(record: dict[str, Any]) -> None:
        if record["seq"] == 5:
            record["extra"] = 1

    found = divergences(written(rewritten(lines_of(recorded()), change)))

    assert [Divergence(5, "till", "extra", "1", "none")] == found


def test_a_snapshot_that_is_not_the_state_is_found() -> None:
    def change(record: dict[str, Any]) -> None:
        if record.get("kind") == "snapshot":
            record["states"]["till"]["state"]["sales"] += 1

    lines = rewritten(lines_of(recorded(snapshot_every=20)), change)

    assert "states.till.state.sales" == divergences(written(lines))[0].field


def test_an_actor_that_is_gone_is_a_difference_with_a_name() -> None:
    core = {name: make for name, make in CORE.items() if name != "till"}

    found = divergences(recorded(), core)

    assert ("till", "actor") == (found[0].actor, found[0].field)
    assert "no such actor" in found[0].computed


def test_a_message_class_that_is_gone_is_a_difference_with_a_name() -> None:
    without = Codec([("shop/Buy", Buy), ("shop/Receipt", Receipt)])

    result = replay(recorded(), without, lambda _: CORE, supervisor="boss")

    assert any("Charge" in each.computed for each in result.divergences)
    assert "record" == result.divergences[0].field or "error" == result.divergences[0].field


def test_a_message_of_a_newer_version_is_a_difference_with_a_name() -> None:
    def change(record: dict[str, Any]) -> None:
        if record["msg"]["t"] == "shop/Buy.v1":
            record["msg"]["t"] = "shop/Buy.v2"

    found = divergences(written(rewritten(lines_of(recorded()), change)))

    assert "newer than the version 1" in found[0].computed


def test_actors_that_cannot_be_made_from_the_settings_are_a_difference() -> None:
    def make(run: RunFacts) -> Core:
        raise KeyError(run.seed)

    result = replay(recorded(), CODEC, make, supervisor="boss")

    assert ("settings", "KeyError('7')") == (
        result.divergences[0].field,
        result.divergences[0].computed,
    )


@frozen
class BuyMore:
    """The next version of `Buy`: it names the shelf too."""

    thing: str
    count: int
    shelf: str


class ShelfClerk(Clerk):
    """Understands the next version."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, BuyMore):
            super().receive(Buy(message.thing, message.count), ctx)


def test_an_old_log_is_brought_up_and_replays_without_a_difference() -> None:
    classes: list[tuple[str, type]] = [
        ("shop/Buy", BuyMore),
        ("shop/Charge", Charge),
        ("shop/Receipt", Receipt),
        ("till/Sold", Sold),
        ("till/Counted", Counted),
        ("till/CountTill", CountTill),
    ]
    codec = Codec(
        classes,
        versions={"shop/Buy": 2},
        upcasters={("shop/Buy", 1): lambda fields: {**fields, "shelf": "front"}},
    )

    result = replay(
        recorded(),
        codec,
        lambda _: with_clerk(ShelfClerk),
        supervisor="boss",
    )

    assert () == result.divergences


def test_the_path_to_a_difference_goes_through_objects_and_lists() -> None:
    assert ("[1].b", 2, 3) == first_difference([0, {"b": 2}], [0, {"b": 3}])
    assert (".a", 1, "none") == first_difference({"a": 1}, {})
    assert ("[0]", "none", 4) == first_difference([], [4])
    assert ("", 1, "x") == first_difference(1, "x")


def test_long_values_are_shortened() -> None:
    text = as_text(["x" * 1000])

    assert len(text) < 500
    assert text.endswith("...")
