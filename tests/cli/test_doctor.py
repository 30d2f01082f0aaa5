"""Doctor: the report of `callboard doctor`, for people and for programs."""

import json
from pathlib import Path
from typing import Any

import pytest

from callboard.actors.adapters.exits import Exit
from support.command_line import invoke
from support.venue_servers import served

CANARY = "c4n4ry" * 4


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    """Run in an empty folder."""
    monkeypatch.chdir(tmp_path)


def _report(*words: str) -> tuple[Exit, dict[str, list[str]]]:
    """Return how it ended, and the texts of each verdict."""
    result = invoke("doctor", "--json", *words)
    assert CANARY not in result.output
    data: dict[str, Any] = json.loads(result.stdout)
    texts: dict[str, list[str]] = {"ok": [], "warn": [], "fail": []}
    for each in data["findings"]:
        texts[each["verdict"]].append(f"{each['check']}: {each['text']}")
    assert data["ok"] is not texts["fail"]
    return Exit(result.exit_code), texts


def test_a_paper_run_needs_nothing_but_this_machine(tmp_path: Path) -> None:
    code, found = _report("--data-dir", str(tmp_path / "D"))

    assert ([], Exit.OK) == (found["fail"], code)
    assert "mode: paper, reaches the built-in venue alone" in found["ok"]
    assert "keys: paper reads none" in found["ok"]
    assert not (tmp_path / "D").exists()


def test_every_fault_of_the_settings_is_a_line() -> None:
    code, found = _report("-s", "sed=1", "-s", "risk.leverage=0")

    assert Exit.FAILED is code
    assert [
        "settings: command line: sed: unknown key; did you mean seed?",
        "settings: command line: risk.leverage: must be 1 to 125, not 0",
    ] == found["fail"]


def test_a_mode_tells_every_reason_and_every_key_that_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BINANCE_DEMO_API_KEY", CANARY)

    code, found = _report("--mode", "live")

    assert Exit.FAILED is code
    told = "\n".join(found["fail"])
    for part in (
        "use_testnet (USE_BINANCE_TESTNET) is true",
        "exchange.account: is not set",
        "no data directory",
        "BINANCE_API_KEY: is missing",
        "(BINANCE_DEMO_API_KEY is set, but its keys are for demo alone)",
        "BINANCE_API_SECRET: is missing",
    ):
        assert part in told


def test_people_read_a_line_a_finding_and_what_to_do() -> None:
    result = invoke("doctor", "-s", "sed=1")

    assert Exit.FAILED is Exit(result.exit_code)
    lines = [line.split(maxsplit=2) for line in result.stdout.splitlines()]
    assert ["fail", "settings", "command line: sed: unknown key; did you mean seed?"] in lines
    assert "-> callboard config show says where each value comes from" in result.stdout


def test_a_venue_of_this_machine_is_asked_over_its_socket() -> None:
    with served() as server:
        url = f"exchange.rest_url={server.rest_url}"
        code, found = _report("-s", url, "-s", "risk.symbols=ETHUSDT", "-s", "risk.leverage_max=20")

    assert ([], Exit.OK) == (found["fail"], code)
    assert f"mode: paper, reaches {server.rest_url}" in found["ok"]
    assert "filters: of 1 symbols" in found["ok"]
    told = "\n".join(found["ok"])
    assert "account: 10000 USDT" in told


def test_a_venue_that_is_not_there_fails() -> None:
    code, found = _report("-s", "exchange.rest_url=http://127.0.0.1:1")

    assert Exit.FAILED is code
    assert ["venue clock"] == [each.partition(":")[0] for each in found["fail"]]


def test_a_live_market_is_looked_at_without_a_key() -> None:
    with served(clock_skew_ms=60_000) as server:
        url = f"exchange.market_url={server.rest_url}"
        code, found = _report("--market", "live", "-s", url, "-s", "risk.symbols=ETHUSDX")
        accounts = server.call(lambda floor: [name for name, _ in floor.venues])

    assert Exit.FAILED is code
    assert f"market: live, at {server.rest_url}; read without a key" in found["ok"]
    assert ["filters: ETHUSDX: unknown there, or with rules that cannot be read"] == found["fail"]
    assert ["market clock"] == [each.partition(":")[0] for each in found["warn"]]
    assert [] == accounts


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (("-s", "exchange.market_url=https://x.example"), "exchange.market_url: x.example is no"),
        (("-s", "exchange.rest_url=http://127.0.0.1:1"), "a live one is for the built-in venue"),
    ],
)
def test_a_live_market_that_cannot_be_is_told(words: tuple[str, str], fault: str) -> None:
    code, found = _report("--market", "live", *words)

    assert Exit.FAILED is code
    assert fault in "\n".join(found["fail"])


def test_a_shadow_needs_the_key_of_the_account_that_it_looks_at() -> None:
    code, found = _report(
        *("--mode", "shadow", "-s", "use_testnet=false"),
        *("-s", "exchange.rest_url=https://127.0.0.1:1"),
    )

    assert Exit.FAILED is code
    told = "\n".join(found["fail"])
    assert "keys: BINANCE_API_KEY: is missing" in told
    assert "mode: exchange.rest_url: 127.0.0.1 is a host of loopback" in told
