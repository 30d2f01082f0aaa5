"""Test of a running engine over a real Redis: in once, out in order, and trading without it."""

import json
import time
from collections.abc import Generator, Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from callboard import (
    EngineStatus,
    GetStatus,
    GetSummary,
    Settings,
    SignalSource,
    SignalType,
    SubmitSignal,
    TradingState,
)
from callboard.actors.adapters.service.feed import position_of
from callboard.actors.adapters.service.service import Service
from callboard.actors.record_settings import RecordsSettings
from callboard.actors.service_settings import (
    AlertSettings,
    ApiSettings,
    BusSettings,
    EmergencySettings,
    MetricsSettings,
)
from callboard.actors.settings import RiskSettings
from callboard.scenarios import paper
from support.redis_server import RealServer, real_server
from support.risk_services import STATUS_PATH, RiskStage, risk_service
from support.waiting import until

SYMBOL = "BTCUSDT"
EVENTS, DECISIONS, EXECUTES = "t.events", "t.ai.decision.made", "t.signal.execute"
LONG = {"symbol": SYMBOL, "action": "LONG_ENTRY", "quantity": "0.002", "confidence": 0.9}
CLOSE = {"symbol": SYMBOL, "action": "CLOSE", "direction": "LONG", "confidence": 0.9}
REFUSED = "order.refused"
SECONDS = 20.0
TTL_MS = 1_000


def unheard(actor: str, event: str, fields: Mapping[str, object]) -> None:
    assert actor, (event, fields)


class Bench:
    """An engine with its service, a Redis server, and a reader of what goes out."""

    def __init__(self, service: Service, server: RealServer, risk: RiskStage) -> None:
        self.service = service
        self.server = server
        self.risk = risk
        self.client = server.client
        self.seen: list[dict[str, str]] = []
        self._last = "0-0"

    def send(self, stream: str, payload: Mapping[str, Any], event_id: str) -> None:
        self.client.xadd(stream, {"event_id": event_id, "data": json.dumps(dict(payload))})

    def read(self) -> list[dict[str, str]]:
        """Read on in the stream; return all that came so far."""
        for _, entries in self.client.xread({EVENTS: self._last}, count=1_000):
            for entry_id, fields in entries:
                self._last = entry_id.decode()
                self.seen.append({k.decode(): v.decode() for k, v in fields.items()})
        return self.seen

    def of(self, event_id: str) -> list[str]:
        """Return the topics of the events that one incoming event has led to."""
        return [each["topic"] for each in self.read() if each["correlation"] == event_id]

    def refusal(self, event_id: str) -> dict[str, str]:
        """Return what refuses an entry that is too little sure of itself to open anything."""
        self.send(DECISIONS, {**LONG, "confidence": 0.1}, event_id)
        until(lambda: REFUSED in self.of(event_id))
        (data,) = [each["data"] for each in self.seen if each["correlation"] == event_id]
        said: dict[str, str] = json.loads(data)
        return said

    def state(self) -> EngineStatus:
        status: EngineStatus = self.service.context.link.ask(GetStatus(), SECONDS)
        return status

    def filled(self) -> int:
        """Return how many signals were filled so far."""
        summary = self.service.context.link.ask(GetSummary(), SECONDS)
        return int(dict(summary.outcomes).get("FILLED", 0))

    def is_well(self, face: str) -> bool:
        return self.service.faces()[face].is_ok


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bench]:
    folder: Path = tmp_path_factory.mktemp("engine")
    with real_server(is_durable=True) as server, risk_service() as risk:
        settings = Settings(
            risk=RiskSettings(
                symbols=(SYMBOL,),
                cooldown_ms=0,
                scale_in=True,
                position_size_pct_max=Decimal(20),
                executions_per_day_max=100,
            ),
            bus=BusSettings(redis_url=server.url, prefix="t", mirror_trades=True),
            emergency=EmergencySettings(url=risk.url, poll_ms=50, ttl_ms=TTL_MS),
            records=RecordsSettings(interval_ms=20),
            api=ApiSettings(enabled=False),
            metrics=MetricsSettings(enabled=False),
            alerts=AlertSettings(enabled=False),
        )
        ref = paper.start(settings, data_dir=folder)
        service = Service.start(folder, settings, log=unheard)
        bench = Bench(service, server, risk)
        until(lambda: "engine.ready" in [each["topic"] for each in bench.read()])
        yield bench
        bench.client.close()
        service.stop()
        ref.stop()


def test_a_decision_comes_in_and_its_events_go_out_in_the_order_of_their_causes(
    bench: Bench,
) -> None:
    bench.send(DECISIONS, LONG, "long-1")

    until(lambda: "order.filled" in bench.of("long-1"))

    topics = bench.of("long-1")
    causes = ["order.queued", "order.sent", "order.placed", "trade.opened"]
    assert causes == [each for each in topics if each in causes][:4]
    places = [position_of(each["event_id"]) for each in bench.read()]
    assert all(before < after for before, after in pairwise(places))


def test_a_duplicate_of_a_decision_is_carried_out_once(bench: Bench) -> None:
    for _ in range(3):
        bench.send(DECISIONS, {**LONG, "signal_id": "twice"}, "")
    bench.send(EXECUTES, {**LONG, "signal_id": "after"}, "")

    until(lambda: "order.filled" in bench.of("after"))

    assert 1 == bench.of("twice").count("order.placed")
    assert 1 == bench.of("twice").count("order.filled")


def test_while_redis_is_away_the_engine_trades_and_what_it_told_follows_in_order(
    bench: Bench,
) -> None:
    link = bench.service.context.link
    bench.server.stop()
    until(lambda: not (bench.is_well("redis_out") or bench.is_well("redis_in")))
    filled = bench.filled()
    for name in ("away-1", "away-2"):
        at_ms = time.time_ns() // 1_000_000
        wish = SubmitSignal(name, at_ms, SignalType.LONG_ENTRY, SYMBOL, source=SignalSource.MANUAL)
        link.tell(evolve(wish, quantity=Decimal("0.002")), SECONDS)
    until(lambda: bench.filled() == filled + 2)

    bench.server.start()
    until(lambda: "order.filled" in bench.of("away-2"))

    places = [position_of(each["event_id"]) for each in bench.read()]
    assert sorted(set(places)) == places
    assert "order.filled" in bench.of("away-1")
    until(lambda: bench.is_well("redis_out") and bench.is_well("redis_in"))


def test_a_risk_service_that_goes_silent_refuses_entries_and_no_exit(bench: Bench) -> None:
    heard = bench.refusal("doubt-0")
    bench.risk.status = 503
    until(lambda: not bench.is_well("risk_service"))

    said = heard
    for number in range(1, 1_000):
        said = bench.refusal(f"doubt-{number}")
        if said["guard"] == "emergency_age":
            break
    bench.send(EXECUTES, CLOSE, "exit")
    until(lambda: "order.filled" in bench.of("exit"))
    bench.risk.status = 200

    assert ("confidence", "emergency_age") == (heard["guard"], said["guard"])
    assert str(TTL_MS) == said["limit"]
    assert int(said["figure"]) > TTL_MS
    until(lambda: bench.is_well("risk_service"))


def test_trades_are_mirrored(bench: Bench) -> None:
    def closed() -> list[bytes]:
        names = bench.client.zrange("t.trades", 0, -1)
        return [bench.client.hget(f"t.trade.{name.decode()}", "status") for name in names]

    until(lambda: b"closed" in closed())


def test_an_emergency_of_the_risk_service_halts(bench: Bench) -> None:
    bench.risk.bodies[STATUS_PATH] = b'{"state": "CRITICAL"}'

    until(lambda: bench.state().trading_state is TradingState.HALTED)

    assert "risk_service reports CRITICAL" == bench.state().reason
