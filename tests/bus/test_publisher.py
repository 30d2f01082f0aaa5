"""Test of the publisher: every event of the journal goes out in order, whatever Redis does."""

import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.bus import publisher
from callboard.actors.adapters.bus.cursor import FILE, Cursor
from callboard.actors.adapters.bus.publisher import BATCH_MAX, Publisher
from callboard.actors.adapters.disk import Disk
from callboard.actors.adapters.service.feed import EventFeed, Published, position_of
from callboard.actors.errors import ConfigurationError
from callboard.actors.system import make_codec
from callboard.scenarios.demo.stage import Stage
from support.buses import Logged, bus_settings, look_until, surroundings
from support.redis_server import PROGRAM, Server, fake_server, real_server

SEED, SPAN_MS = 7, 30_000
EVENTS = "callboard.events"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of an engine that has traded for a while."""
    folder = tmp_path_factory.mktemp("bus")
    with Stage(SEED, folder) as stage:
        stage.start()
        stage.advance(SPAN_MS)
        stage.stop()
    return folder


@pytest.fixture(scope="module")
def events(folder: Path) -> list[Published]:
    feed = EventFeed(Disk(folder / "journal"), make_codec())
    found: list[Published] = []
    while (chunk := feed.read()) is not None:
        found += chunk
    assert len(found) > 30
    return found


@pytest.fixture(scope="module", params=["fake", "real"])
def each_server(request: pytest.FixtureRequest) -> Generator[Server]:
    with fake_server() if request.param == "fake" else real_server() as server:
        yield server


@pytest.fixture(scope="module")
def any_server() -> Generator[Server]:
    with real_server() if PROGRAM else fake_server() as server:
        yield server


@pytest.fixture
def each(each_server: Server, folder: Path) -> Server:
    """Return a server that holds nothing; the test runs on a fake one and on a real one."""
    return emptied(each_server, folder)


@pytest.fixture
def server(any_server: Server, folder: Path) -> Server:
    """Return a server that holds nothing, a real one where there is one."""
    return emptied(any_server, folder)


def emptied(server: Server, folder: Path) -> Server:
    client = server.client
    client.flushall()
    client.close()
    (folder / FILE).unlink(missing_ok=True)
    return server


def entries(server: Server, stream: str = EVENTS) -> list[dict[str, str]]:
    client = server.client
    found: Any = client.xrange(stream)
    client.close()
    return [{k.decode(): v.decode() for k, v in fields.items()} for _, fields in found]


def ids(server: Server, stream: str = EVENTS) -> list[str]:
    return [each["event_id"] for each in entries(server, stream)]


def publish(folder: Path, server: Server, **changes: Any) -> None:
    """Publish all that the journal holds, as one life of the face."""
    face = Publisher(surroundings(folder, bus_settings(server, **changes)))
    face.open()
    look_until(face, lambda: face.look() > 0)
    face.close()


def test_every_event_is_an_entry_in_the_journal_s_order(
    folder: Path, each: Server, events: list[Published]
) -> None:
    publish(folder, each)

    found = entries(each)
    opened = next(each for each in found if each["topic"] == "trade.opened")
    assert [event.event_id for event in events] == [each["event_id"] for each in found]
    assert [event.topic for event in events] == [each["topic"] for each in found]
    assert {"1"} == {each["version"] for each in found}
    assert 1 == len({each["journal"] for each in found})
    assert isinstance(json.loads(opened["data"])["entry_price"], str)


def test_what_was_published_is_not_published_again(
    folder: Path, server: Server, events: list[Published]
) -> None:
    publish(folder, server)
    publish(folder, server)

    assert len(events) == len(ids(server))


def test_a_server_that_lost_everything_gets_what_comes_after_the_last_place(
    folder: Path, server: Server, events: list[Published]
) -> None:
    at = len(events) // 2
    Cursor(folder / FILE, "j1", position_of(events[at].event_id)).write()

    publish(folder, server)

    assert [each.event_id for each in events[at + 1 :]] == ids(server)


def test_the_server_s_own_place_counts_before_the_file_s(
    folder: Path, each: Server, events: list[Published]
) -> None:
    Cursor(folder / FILE, "j1", position_of(events[-1].event_id)).write()
    client = each.client
    client.hset("callboard.published", "j1", events[2].event_id)
    client.close()

    publish(folder, each)

    assert [event.event_id for event in events[3:]] == ids(each)


@pytest.mark.parametrize("said", ["no place", ""])
def test_a_place_that_nobody_can_read_is_none(
    folder: Path, server: Server, events: list[Published], said: str
) -> None:
    (folder / FILE).write_text('{"journal": "j1"')
    client = server.client
    client.hset("callboard.published", "j1", said)
    client.close()

    publish(folder, server)

    assert len(events) == len(ids(server))


def test_a_first_run_may_begin_with_what_is_told_from_now_on(folder: Path, server: Server) -> None:
    publish(folder, server, publish_from="now")
    publish(folder, server, publish_from="now")

    assert [] == ids(server)


def test_a_stream_a_topic_keeps_the_order_in_each(
    folder: Path, server: Server, events: list[Published]
) -> None:
    publish(folder, server, layout="topic", prefix="desk")

    filled = [each.event_id for each in events if each.topic == "order.filled"]
    assert filled == ids(server, "desk.order.filled")
    assert [] == ids(server, "desk.events")


def test_a_cloud_event_says_the_same_in_one_document(
    folder: Path, server: Server, events: list[Published]
) -> None:
    publish(folder, server, cloud_events=True)

    documents = [json.loads(each["event"]) for each in entries(server)]
    first = documents[0]
    assert [each.event_id for each in events] == [each["id"] for each in documents]
    assert ("1.0", events[0].topic) == (first["specversion"], first["type"])
    assert first["source"].startswith("callboard/")
    assert first["time"].endswith("Z")
    assert f"{events[0].topic}.v1" == first["dataschema"]


def test_a_stream_keeps_about_as_many_entries_as_it_should(folder: Path, server: Server) -> None:
    publish(folder, server, stream_max=10)

    client = server.client
    held = client.xlen(EVENTS)
    client.close()
    assert 10 <= held <= 10 + BATCH_MAX


def test_while_redis_is_away_events_wait_and_then_follow_in_order(
    folder: Path, events: list[Published], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / FILE).unlink(missing_ok=True)
    monkeypatch.setattr(publisher, "BATCH_MAX", 5)
    log: Logged = []
    with real_server(is_durable=True) as server:
        face = Publisher(surroundings(folder, bus_settings(server), log=log))
        face.open()
        face.look()
        begun = len(ids(server))
        server.stop()
        away = [face.look() for _ in range(2)]
        health = face.health()
        server.start()
        look_until(face, lambda: len(ids(server)) == len(events))
        face.close()

        assert 5 == begun
        assert [0.5, 0.5] == away
        assert not health.is_ok
        assert health.text.startswith("events wait in the journal: ")
        assert [each.event_id for each in events] == ids(server)
        assert face.health().is_ok
    lines = [event for _, event, _ in log]
    assert ["redis_found", "redis_lost", "redis_found"] == lines


def test_a_key_that_is_no_stream_is_named_and_nothing_is_counted_as_published(
    folder: Path, server: Server
) -> None:
    client = server.client
    client.set(EVENTS, "mine")
    face = Publisher(surroundings(folder, bus_settings(server)))
    face.open()

    with pytest.raises(ConfigurationError, match=r"callboard\.events: holds a string, and must be"):
        face.look()

    face.close()
    assert {} == client.hgetall("callboard.published")
    client.close()


def test_a_place_that_cannot_be_written_holds_up_no_event(
    folder: Path, server: Server, events: list[Published]
) -> None:
    (folder / FILE).with_suffix(".new").mkdir()
    try:
        publish(folder, server)
    finally:
        (folder / FILE).with_suffix(".new").rmdir()

    assert len(events) == len(ids(server))


def test_without_the_extra_the_error_names_it(
    folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'callboard\[redis\]'"):
        Publisher(surroundings(folder, bus_settings(server))).open()
