"""Test of the traces: one a signal, across actors, by what followed from what."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from callboard import ConfigurationError
from callboard.actors.adapters.metrics import traces
from callboard.actors.adapters.metrics.spans import ROOT, Span, SpanMaker
from callboard.actors.adapters.metrics.traces import Traces
from callboard.actors.settings import Settings
from callboard.scenarios.demo.stage import Stage
from support.http_keeper import HttpKeeper, keeping
from support.services import attached, service_settings

SEED, WHILE_MS = 7, 25_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data directory of an engine that has traded for a while."""
    folder = tmp_path_factory.mktemp("traces")
    with Stage(SEED, folder) as stage:
        stage.start()
        stage.advance(WHILE_MS)
        stage.stop()
    return folder


@pytest.fixture(scope="module")
def spans(folder: Path) -> list[Span]:
    maker, found = SpanMaker(), list[Span]()
    for path in sorted((folder / "journal").glob("*.jsonl")):
        for line in path.read_bytes().splitlines(keepends=True):
            found += maker.take(line)
    return found


def of_one_signal(spans: list[Span]) -> list[Span]:
    """Return the spans of the first signal that was filled."""
    root = next(
        each
        for each in spans
        if each.name == ROOT and each.attributes["callboard.ending"] == "OrderFilled"
    )
    return [each for each in spans if each.trace_id == root.trace_id]


def test_every_signal_that_ended_has_one_trace_with_its_own_span(spans: list[Span]) -> None:
    roots = [each for each in spans if each.name == ROOT]

    assert len(roots) > 3
    assert len(roots) == len({each.trace_id for each in roots})
    assert all(each.parent_id == 0 for each in roots)
    assert all("callboard.signal_id" in each.attributes for each in roots)


def test_a_trace_goes_across_the_actors_and_every_parent_is_there(spans: list[Span]) -> None:
    mine = of_one_signal(spans)

    actors = {each.name.partition(" ")[0] for each in mine if each.name != ROOT}
    known = {each.span_id for each in mine}
    assert {"execution_system", "risk_gate", "order_queue", "order_manager"} <= actors
    assert {each.parent_id for each in mine} - {0} <= known
    assert len(known) == len(mine)


def test_a_span_lasts_from_what_told_its_message_and_never_ends_before(spans: list[Span]) -> None:
    mine = of_one_signal(spans)
    by_id = {each.span_id: each for each in mine}

    assert all(each.start_ns <= each.end_ns for each in mine)
    waits = [each for each in mine if each.end_ns > each.start_ns and each.name != ROOT]
    assert waits, "the answer of the venue takes time"
    assert all(by_id[each.parent_id].end_ns == each.start_ns for each in waits)


def test_a_record_that_is_read_twice_is_the_same_span(folder: Path, spans: list[Span]) -> None:
    maker, again = SpanMaker(), list[Span]()
    for path in sorted((folder / "journal").glob("*.jsonl")):
        for line in path.read_bytes().splitlines(keepends=True):
            again += maker.take(line)

    assert spans == again


def test_a_record_about_no_signal_has_no_span() -> None:
    line = b'{"seq":1,"actor":"a","id":"h.0","from":"","corr":"","now":1,"msg":{"t":"X.v1"}}\n'

    assert [] == list(SpanMaker().take(line))


@pytest.fixture
def collector() -> Generator[HttpKeeper]:
    with keeping() as collector:
        yield collector


def settings_for(collector: HttpKeeper) -> Settings:
    """Return settings that send traces to a collector."""
    return service_settings(trace_url=f"http://{collector.address}/v1/traces")


def test_the_collector_receives_every_span(
    folder: Path, spans: list[Span], collector: HttpKeeper
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="wants callboard[otel]")
    with attached(folder, settings_for(collector)) as context:
        face = Traces(context)
        face.open()
        while face.look() == 0.0:
            continue
        face.close()

    assert (True, len(spans)) == (face.health().is_ok, face.sent)
    assert b"order_manager AttemptEnded" in b"".join(collector.bodies)
    assert b"callboard.signal_id" in b"".join(collector.bodies)


def test_a_collector_that_refuses_is_told_and_loses_nothing(
    folder: Path, collector: HttpKeeper
) -> None:
    pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="wants callboard[otel]")
    collector.status = 400
    with attached(folder, settings_for(collector)) as context:
        face = Traces(context)
        face.open()
        face.look()
        refused = face.health()
        collector.status = 200
        face.look()
        face.close()

    assert not refused.is_ok
    assert face.health().is_ok
    assert face.sent > 0


def test_without_opentelemetry_the_extra_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_name: str) -> Any:
        raise ImportError("no module")

    monkeypatch.setattr(traces, "import_module", missing)
    with attached(folder, service_settings(trace_url="http://127.0.0.1:1/x")) as context:
        face = Traces(context)
        with pytest.raises(ConfigurationError, match=r"callboard\[otel\]"):
            face.open()
        face.close()
