"""Test of the metrics: what a running engine does is scraped, pushed and told as JSON."""

import http.client
import json
import socket
import threading
from collections.abc import Generator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pytest
from attrs import evolve
from prometheus_client.parser import text_string_to_metric_families

from callboard import (
    OrderFailed,
    OrderFilled,
    OrderRefused,
    PositionClosed,
    PositionProtected,
    SignalType,
)
from callboard.actors.adapters.metrics.catalogue import CATALOGUE, Kind, figure_names
from callboard.actors.adapters.metrics.collector import Metrics
from callboard.actors.adapters.metrics.exporter import Exporter
from callboard.actors.adapters.metrics.push import with_scheme
from callboard.actors.adapters.metrics.pushgateway import Pushgateway
from callboard.actors.adapters.metrics.scrape_server import SCRAPES_MAX
from support.eth_stage import signal
from support.hosts import ask, has
from support.http_keeper import HttpKeeper, keeping
from support.services import Surrounded, attached, connected, service_settings, surrounded
from support.stages import WAIT_SECONDS
from support.waiting import until

RARE = {
    "liquidation_distance_pct",
    "retry_success_ratio",
    "snapshot_age_seconds",
    "refusals_total",
    "order_failures_total",
    "errors_total",
    "retries_total",
    "requests_failed_total",
}
"""What a calm minute has no value of."""


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Generator[Surrounded]:
    """Run one engine for all, which has opened and closed a position."""
    with surrounded(tmp_path_factory.mktemp("metrics"), service_settings(poll_ms=100)) as engine:
        connected(engine.context)
        carry_out(engine, SignalType.LONG_ENTRY)
        engine.collector.wait_for(has(engine.collector, PositionProtected))
        carry_out(engine, SignalType.CLOSE_LONG)
        engine.collector.wait_for(has(engine.collector, PositionClosed))
        yield engine


@pytest.fixture(scope="module")
def metrics(engine: Surrounded) -> Generator[Metrics]:
    face = Metrics(engine.context)
    engine.enter(face)
    yield face
    face.close()


@pytest.fixture(scope="module")
def exporter(engine: Surrounded, metrics: Metrics) -> Generator[Exporter]:
    assert metrics.name == "metrics"
    face = Exporter(engine.context)
    engine.enter(face)
    yield face
    face.close()


def carry_out(engine: Surrounded, kind: SignalType) -> None:
    """Send signals of a kind until one is filled: on a busy machine prices may be too old."""
    for number in range(20):
        signal_id = f"{kind.value}-{len(engine.collector.events)}-{number}"
        ask(engine.ref, signal(signal_id, kind))
        engine.collector.wait_for(partial(has_ended, engine, signal_id))
        if isinstance(ended(engine, signal_id), OrderFilled):
            return
    raise AssertionError(engine.collector.events)


def has_ended(engine: Surrounded, signal_id: str) -> bool:
    return ended(engine, signal_id) is not None


def ended(engine: Surrounded, signal_id: str) -> OrderFilled | OrderRefused | OrderFailed | None:
    """Return how a signal ended, None while it has not."""
    ends = [
        event
        for event in list(engine.collector.events)
        if isinstance(event, OrderFilled | OrderRefused | OrderFailed)
        and event.signal_id == signal_id
    ]
    return ends[0] if ends else None


def scrape(exporter: Exporter) -> dict[str, float]:
    """Return every sample by its name and labels."""
    families = text_string_to_metric_families(text_of(exporter))
    return {
        "/".join((sample.name, *sample.labels.values())): sample.value
        for family in families
        for sample in family.samples
    }


def text_of(exporter: Exporter, path: str = "/metrics", status: int = 200) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", exporter.port, timeout=WAIT_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert status == answer.status
        return answer.read().decode()
    finally:
        connection.close()


def looked(metrics: Metrics, name: str, *, above: int) -> None:
    """Let the face look until a figure is there, and read the journal up to that answer."""

    def is_there() -> bool:
        metrics.look()
        return (metrics.figures.value(name) or Decimal(0)) > above

    until(is_there)
    metrics.look()


def test_every_documented_figure_is_in_a_scrape_and_of_its_kind(
    metrics: Metrics, exporter: Exporter
) -> None:
    looked(metrics, "orders_executed", above=1)
    looked(metrics, "trades_total", above=0)

    families = {each.name: each for each in text_string_to_metric_families(text_of(exporter))}

    for name, metric in CATALOGUE.items():
        family = families["callboard_" + name.removesuffix("_total")]
        assert (metric.kind.value, metric.help) == (family.type, family.documentation)
        if name not in RARE:
            assert family.samples, name


def test_figures_of_a_trade_move(engine: Surrounded, metrics: Metrics, exporter: Exporter) -> None:
    looked(metrics, "orders_executed", above=1)
    before = scrape(exporter)

    carry_out(engine, SignalType.LONG_ENTRY)
    looked(metrics, "orders_executed", above=2)

    after = scrape(exporter)
    moved = (
        "signals_total/default",
        "order_events_total/sent",
        "order_events_total/filled",
        "attempts_total",
        "sent_to_ack_ms_count",
        "signal_to_sent_ms_count",
        "slippage_bps_count/default",
        "requests_total/PLACE",
        "orders_executed",
        "core_steps_total",
        "journal_records_total",
        "actor_steps_total/order_manager",
        "commission",
    )
    for name in moved:
        assert after[f"callboard_{name}"] > before.get(f"callboard_{name}", 0), name
    assert 1 == after["callboard_engine_up"] == after["callboard_engine_ready"]


def test_the_json_tells_statistics_latency_and_errors_exactly(
    engine: Surrounded, metrics: Metrics
) -> None:
    looked(metrics, "orders_executed", above=0)

    told = json.loads(json.dumps(metrics.figures.as_json()))

    assert ("1", 0) == (told["statistics"]["success_rate"], told["statistics"]["failed"])
    assert {"p50", "p95", "p99", "count"} == set(told["latency"]["sent_to_ack"])
    assert told["latency"]["sent_to_ack"]["count"] > 0
    assert metrics.figures.value("refusals_total") in (None, told["errors"]["refused"])
    assert isinstance(told["errors"]["by_kind"], dict)
    assert isinstance(told["errors"]["retries"], int)
    assert set(CATALOGUE) == set(told["figures"])
    assert isinstance(told["figures"]["equity"], str)
    assert engine.context.board.face("metrics") is metrics


def test_what_is_asked_of_the_figures_by_name_is_one_number(metrics: Metrics) -> None:
    looked(metrics, "orders_executed", above=0)

    assert Decimal(1) == metrics.figures.value("engine_up")
    assert None is metrics.figures.value("liquidation_distance_pct")
    assert (metrics.figures.value("mailbox_depth") or 0) >= 0
    assert (metrics.figures.value("sent_to_ack_ms") or 0) > 0
    with pytest.raises(KeyError):
        metrics.figures.value("no_such_figure")
    assert "weight_used_ratio" in figure_names()


def test_another_path_is_not_found_and_the_prefix_is_a_setting(exporter: Exporter) -> None:
    text_of(exporter, "/secrets", status=404)

    assert all(name.startswith("callboard_") for name in scrape(exporter))


def test_scrapers_that_are_stuck_keep_only_themselves(exporter: Exporter) -> None:
    stuck = [
        socket.create_connection(("127.0.0.1", exporter.port), WAIT_SECONDS)
        for _ in range(SCRAPES_MAX - 1)
    ]
    try:
        for each in stuck:
            each.sendall(b"GET /metrics HTTP/1.1\r\n")

        assert scrape(exporter)
    finally:
        for each in stuck:
            each.close()


def test_one_scraper_too_many_is_hung_up_on(exporter: Exporter) -> None:
    many = [
        socket.create_connection(("127.0.0.1", exporter.port), WAIT_SECONDS)
        for _ in range(SCRAPES_MAX + 4)
    ]
    try:
        for each in many:
            each.settimeout(WAIT_SECONDS)

        # The last ones are closed by the server without a word.
        assert b"" == many[-1].recv(1)
    finally:
        for each in many:
            each.close()

    until(lambda: "callboard_engine_up" in _text_or_nothing(exporter))


def _text_or_nothing(exporter: Exporter) -> str:
    try:
        return text_of(exporter)
    except OSError:
        return ""


@pytest.fixture
def gateway() -> Generator[HttpKeeper]:
    with keeping() as gateway:
        yield gateway


def pusher(engine: Surrounded, address: str, timeout_ms: int = 5_000) -> Pushgateway:
    """Return the face that pushes to an address, its metrics being those of the engine."""
    settings = service_settings(push_url=address, push_timeout_ms=timeout_ms)
    return Pushgateway(evolve(engine.context, settings=settings))


def test_the_pushgateway_receives_the_figures(
    engine: Surrounded, metrics: Metrics, gateway: HttpKeeper
) -> None:
    looked(metrics, "orders_executed", above=0)
    face = pusher(engine, gateway.address)
    face.open()

    face.look()

    assert ["/metrics/job/callboard/mode/paper"] == gateway.paths
    assert b"callboard_engine_up 1.0" in gateway.bodies[0]
    assert (True, 1) == (face.health().is_ok, face.pushes)


def test_a_gateway_that_refuses_is_told_and_tried_again(
    engine: Surrounded, metrics: Metrics, gateway: HttpKeeper
) -> None:
    assert metrics.figures.at_ms >= 0
    face = pusher(engine, f"http://{gateway.address}")
    gateway.status = 503
    face.look()
    refused = face.health()
    gateway.status = 200

    face.look()

    assert (False, True) == (refused.is_ok, "503" in refused.text)
    assert face.health().is_ok


def test_a_stuck_gateway_holds_nothing_but_its_own_face(
    engine: Surrounded, metrics: Metrics
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        face = pusher(engine, f"127.0.0.1:{deaf.getsockname()[1]}", timeout_ms=100)
        pushing = threading.Thread(target=face.look)
        pushing.start()
        looked(metrics, "core_steps_total", above=0)
        pushing.join(WAIT_SECONDS)

    assert not pushing.is_alive()
    assert not face.health().is_ok


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("localhost:9091", "http://localhost:9091"),
        ("http://gate:9091/x", "http://gate:9091/x"),
        ("https://gate", "https://gate"),
    ],
)
def test_an_address_without_a_scheme_is_one_of_http(address: str, url: str) -> None:
    assert url == with_scheme(address)


def test_an_engine_that_is_gone_is_a_figure_and_the_journal_is_read_on(tmp_path: Path) -> None:
    with surrounded(tmp_path) as engine:
        ask(engine.ref, signal("s1", SignalType.LONG_ENTRY))
        engine.collector.wait_for(has(engine.collector, PositionProtected))
    with attached(tmp_path) as context:
        face = Metrics(context)
        face.open()

        face.look()

        figures = face.figures
        assert Decimal(0) == figures.value("engine_up")
        assert None is figures.value("weight_used_ratio")
        assert Decimal(1) == figures.value("signals_total")
        assert None is figures.as_json()["statistics"]["success_rate"]
        face.close()


def test_a_face_that_is_opened_again_counts_nothing_twice(tmp_path: Path) -> None:
    with surrounded(tmp_path) as engine:
        ask(engine.ref, signal("s1", SignalType.LONG_ENTRY))
        engine.collector.wait_for(has(engine.collector, PositionProtected))
    with attached(tmp_path) as context:
        face = Metrics(context)
        face.open()
        face.look()
        before = face.figures.value("order_events_total")
        face.close()
        face.open()

        face.look()

        assert None is not before
        assert before == face.figures.value("order_events_total")
        face.close()


def test_counters_and_histograms_have_names_of_their_kind() -> None:
    counters = {name for name, metric in CATALOGUE.items() if metric.kind is Kind.COUNTER}

    assert counters == {name for name in CATALOGUE if name.endswith("_total")}
    assert all(metric.help.endswith(".") for metric in CATALOGUE.values())
    assert all(metric.bounds for metric in CATALOGUE.values() if metric.kind is Kind.HISTOGRAM)
