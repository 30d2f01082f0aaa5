"""Settings advice: a request that may outlive its window is told of."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from attrs import evolve

from callboard import ExecutionSystem
from callboard.actors.adapters.exits import Exit
from callboard.actors.adapters.settings_advice import VENUE_WINDOW_MS, advice_on
from callboard.actors.settings import OrderSettings, Settings
from support.command_line import invoke
from support.hosts import venue_thread
from support.stages import WAIT_SECONDS, stage_settings

TIMEOUT = "orders.request_timeout_ms"


@pytest.mark.parametrize(
    ("window_ms", "timeout_ms", "keys"),
    [
        (2_500, 5_000, []),
        (2_500, 5_001, [TIMEOUT]),
        (60_000, 60_000, []),
        (60_000, 60_001, [TIMEOUT]),
    ],
)
def test_a_time_for_requests_above_any_window_is_told_of(
    window_ms: int, timeout_ms: int, keys: list[str]
) -> None:
    orders = OrderSettings(recv_window_ms=window_ms, request_timeout_ms=timeout_ms)

    assert keys == [each.key for each in advice_on(Settings(orders=orders))]


def test_nothing_is_told_of_the_settings_that_nobody_changed() -> None:
    assert [] == list(advice_on(Settings()))


@pytest.mark.parametrize(("timeout_ms", "is_told"), [(5_001, True), (5_000, False)])
def test_it_is_told_by_config_check_and_doctor(
    timeout_ms: int, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ("-s", f"{TIMEOUT}={timeout_ms}")

    checked = invoke("config", "check", *words)
    findings = json.loads(invoke("doctor", "--json", *words).stdout)["findings"]

    assert Exit.OK is Exit(checked.exit_code)
    assert is_told is (f"warning: {TIMEOUT}: " in checked.stderr)
    told = [each["verdict"] for each in findings if each["text"].startswith(TIMEOUT)]
    assert (["warn"] if is_told else []) == told


def test_a_start_notes_it_once() -> None:
    noted: list[tuple[str, Mapping[str, object]]] = []
    settings = stage_settings()
    too_long_ms = max(settings.orders.recv_window_ms, VENUE_WINDOW_MS) + 1
    slow = evolve(settings, orders=evolve(settings.orders, request_timeout_ms=too_long_ms))

    with venue_thread() as (exchange, clock):
        ref = ExecutionSystem.start(
            slow,
            exchange=exchange,
            clock=clock,
            log=lambda _actor, event, fields: noted.append((event, fields)),
        )
        ref.stop(block=True, timeout=WAIT_SECONDS)

    assert [TIMEOUT] == [fields["key"] for event, fields in noted if event == "setting_warned"]
