"""Alerts beside a running engine: a halt reaches a webhook, and so does its end."""

import json
from pathlib import Path

from attrs import evolve

from callboard.actors.adapters.alerts.face import Alerts
from callboard.actors.adapters.metrics.collector import Metrics
from callboard.messages.intake import HaltTrading, ResumeTrading
from support.services import connected, service_settings, surrounded
from support.waiting import until
from support.web_receiver import Receiver


def test_a_halt_of_a_running_engine_and_its_end_reach_the_webhook(tmp_path: Path) -> None:
    receiver = Receiver()
    environ = {
        "CALLBOARD_ALERT_WEBHOOK_URL": receiver.url,
        "CALLBOARD_ALERT_WEBHOOK_SECRET": "s",
    }
    with surrounded(tmp_path, service_settings()) as engine:
        context = evolve(connected(engine.context), environ=environ)
        metrics, alerts = Metrics(context), Alerts(context)
        context.board.enter(metrics)
        metrics.open()
        alerts.open()

        def is_told(times: int) -> bool:
            metrics.look()
            alerts.look()
            return len(receiver.posts) >= times

        engine.ref.tell(HaltTrading("h1", "a test"))
        until(lambda: is_told(1))
        firing = [each for each in alerts.alerts() if each["state"] == "firing"]
        engine.ref.tell(ResumeTrading("r1", "the test is over"))
        until(lambda: is_told(2))
        health = alerts.health()
        alerts.close()
        metrics.close()
    receiver.stop()

    told = [json.loads(body) for _, body in receiver.posts]
    assert [("breaker_tripped", "firing"), ("breaker_tripped", "resolved")] == [
        (each["rule"], each["state"]) for each in told
    ]
    assert ["operator: a test"] == [each["value"] for each in firing]
    assert health.is_ok, health
