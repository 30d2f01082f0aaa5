"""Test of the feed: every event once, in the journal's order, from wherever a reader stands."""

from collections.abc import Generator
from pathlib import Path

import pytest

from callboard import OrderFilled
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.service.feed import (
    START,
    BadEventId,
    EventFeed,
    FeedHub,
    Gap,
    Published,
    position_of,
)
from callboard.actors.system import make_codec
from callboard.scenarios.demo.stage import Stage
from support.waiting import until

SEED, MINUTE_MS = 7, 60_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of an engine that has traded for a minute."""
    folder = tmp_path_factory.mktemp("feed")
    with Stage(SEED, folder) as stage:
        stage.start()
        stage.advance(MINUTE_MS)
        stage.stop()
    return folder


@pytest.fixture(scope="module")
def events(folder: Path) -> list[Published]:
    return all_events(folder)


@pytest.fixture
def hub(folder: Path, events: list[Published]) -> Generator[FeedHub]:
    hub = FeedHub(folder, make_codec(), interval_ms=10)
    until(lambda: hub.last_id == events[-1].event_id)
    yield hub
    hub.close()


def all_events(folder: Path, after_id: str = str(START)) -> list[Published]:
    feed = EventFeed(Disk(folder / "journal"), make_codec(), position_of(after_id))
    events: list[Published] = []
    while (chunk := feed.read()) is not None:
        events += chunk
    return events


def test_events_come_in_the_order_of_their_ids_each_once(events: list[Published]) -> None:
    positions = [each.position for each in events]

    assert sorted(set(positions)) == positions
    assert {"order.placed", "order.filled", "trade.opened"} <= {each.topic for each in events}
    filled = {
        each.correlation: each.event.signal_id
        for each in events
        if isinstance(each.event, OrderFilled)
    }
    assert "calm-1" in filled
    assert list(filled) == list(filled.values())


def test_a_reader_goes_on_behind_any_event_that_it_remembers(
    folder: Path, events: list[Published]
) -> None:
    for at in (0, 1, len(events) // 2, len(events) - 2, len(events) - 1):
        assert all_events(folder, events[at].event_id) == events[at + 1 :]


def test_a_reader_of_an_id_from_the_future_gets_what_comes_behind_it(folder: Path) -> None:
    assert all_events(folder, "99999999.0") == []


@pytest.mark.parametrize(
    "text", ["", "7", "7.", ".7", "-1.0", "7.x", "7.0.0", "\u0667.0", "9" * 40]
)
def test_a_text_that_is_no_id_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadEventId, match="is no event's id"):
        position_of(text)


def test_the_hub_gives_what_it_remembers_and_what_it_does_not(
    folder: Path, events: list[Published]
) -> None:
    small = FeedHub(folder, make_codec(), interval_ms=10, kept_max=5)
    try:
        until(lambda: small.last_id == events[-1].event_id)
        remembered = small.subscribe(events[-3].event_id)
        from_disk = small.subscribe(events[0].event_id, queue_max=len(events))
    finally:
        small.close()

    assert [remembered.get(0) for _ in range(3)] == [*events[-2:], None]
    assert [from_disk.get(0) for _ in events] == [*events[1:], None]


def test_a_slow_reader_loses_the_oldest_and_is_told_how_many(
    hub: FeedHub, events: list[Published]
) -> None:
    queue = hub.subscribe(events[0].event_id, queue_max=4)

    assert queue.get(0) == Gap(len(events) - 5)
    assert [queue.get(0) for _ in range(5)] == [*events[-4:], None]


def test_a_reader_may_want_some_topics_alone(hub: FeedHub, events: list[Published]) -> None:
    queue = hub.subscribe(str(START), topics=("order.filled",))
    wanted = [each for each in events if each.topic == "order.filled"]

    assert [queue.get(0) for _ in wanted] == wanted
    assert queue.get(0) is None


def test_who_wants_what_comes_from_now_on_gets_nothing_of_before(
    folder: Path, events: list[Published]
) -> None:
    hub = FeedHub(folder, make_codec(), interval_ms=10)
    try:
        queue = hub.subscribe()
        read = hub.last_id
    finally:
        hub.close()

    assert read == events[-1].event_id
    assert queue.get(0) is None


def test_a_hub_waits_for_a_journal_that_is_not_there_yet(tmp_path: Path) -> None:
    hub = FeedHub(tmp_path, make_codec(), interval_ms=10)
    try:
        queue = hub.subscribe()
        with Stage(SEED, tmp_path) as stage:
            stage.start()
            stage.advance(MINUTE_MS)
            stage.stop()
        expected = all_events(tmp_path)
        until(lambda: hub.last_id == expected[-1].event_id)
    finally:
        hub.close()

    assert [queue.get(0) for _ in expected] == expected


def test_the_end_of_the_hub_ends_every_wait(folder: Path) -> None:
    hub = FeedHub(folder, make_codec(), interval_ms=10)
    queue = hub.subscribe()
    hub.close()

    assert queue.is_closed
    assert queue.get(60) is None
