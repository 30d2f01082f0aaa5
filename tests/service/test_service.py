"""Test of the service in a host's own process: it attaches to an engine, and outlives it."""

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from callboard import ApiSettings, MetricsSettings, RiskSettings, Service, Settings
from callboard.scenarios import paper
from support.waiting import until

SETTINGS = Settings(
    risk=RiskSettings(symbols=("BTCUSDT",)),
    api=ApiSettings(port=0),
    metrics=MetricsSettings(port=0),
)


def answer(service: Service, path: str) -> tuple[int, Any]:
    """Return what the API says, waiting until it listens."""
    until(lambda: "api" in service.context.board.addresses())
    where = urlsplit(service.context.board.addresses()["api"])
    assert where.hostname is not None
    connection = HTTPConnection(where.hostname, where.port, timeout=20)
    try:
        connection.request("GET", path)
        said = connection.getresponse()
        return said.status, json.loads(said.read())
    finally:
        connection.close()


def test_it_serves_the_engine_that_comes_and_says_so_when_it_has_gone(tmp_path: Path) -> None:
    service = Service.start(tmp_path, SETTINGS)
    try:
        before, _ = answer(service, "/ready")
        ref = paper.start(SETTINGS, data_dir=tmp_path)
        until(lambda: answer(service, "/ready")[0] == 200)
        status, health = answer(service, "/health")
        ref.stop()
        until(lambda: answer(service, "/health")[0] == 503)
        faces, addresses = service.faces(), dict(service.context.board.addresses())
    finally:
        service.stop()

    assert before == 503
    assert (200, "ok", "paper") == (status, health["status"], health["mode"])
    assert {"api", "metrics"} == set(addresses)
    assert {"api", "metrics", "exporter"} <= set(faces)
    assert all(face.is_ok for name, face in faces.items() if name in ("api", "exporter"))
    assert not any(face.is_ok for face in service.faces().values())
