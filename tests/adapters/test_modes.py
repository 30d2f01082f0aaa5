"""Modes: settings and the hosts that they name, judged together; the address that comes out."""

from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import evolve

from callboard.actors.adapters.binance.environment import ADDRESSES, Environment
from callboard.actors.adapters.config import load, template
from callboard.actors.adapters.halt_path import check_answer, check_folder
from callboard.actors.adapters.modes import (
    ModeRefused,
    address,
    check_mode,
    environment_of,
    market_address,
    mode_faults,
)
from callboard.actors.engine import Surroundings, launch
from callboard.actors.errors import ConfigurationError
from callboard.actors.exchange_settings import ExchangeSettings
from callboard.actors.settings import Settings
from callboard.scenarios import paper
from support.stages import stage_settings
from support.wires import HandExchange

LIVE = Settings(
    mode="live",
    use_testnet=False,
    live_confirm="main",
    exchange=ExchangeSettings(account="main"),
)


def _faults(settings: Settings) -> tuple[str, ...]:
    return tuple(mode_faults(settings))


@pytest.mark.parametrize(
    ("mode", "environment"),
    [
        ("testnet", Environment.TESTNET),
        ("demo", Environment.DEMO),
        ("shadow", Environment.LIVE),
        ("live", Environment.LIVE),
    ],
)
def test_a_mode_reaches_its_own_environments_address(mode: str, environment: Environment) -> None:
    settings = evolve(LIVE, mode=mode, use_testnet=mode in ("testnet", "demo"))

    assert () == _faults(settings)
    assert environment is environment_of(settings)
    assert ADDRESSES[environment] == address(settings)


@pytest.mark.parametrize(
    ("key", "url", "mode"),
    [
        ("rest_url", "https://FAPI.binance.com", "demo"),
        ("rest_url", "https://demo-fapi.binance.com", "live"),
        ("rest_url", "http://127.0.0.1:8080", "live"),
        ("streams_url", "wss://fstream.binance.com", "testnet"),
        ("order_entry_url", "wss://ws-fapi.binance.com/ws-fapi/v1", "demo"),
        ("rest_url", "https://fapi.binance.com:443", "paper"),
        ("rest_url", "http://localhost:1", "demo"),
    ],
)
def test_a_host_of_another_environment_is_refused_by_its_setting(
    key: str, url: str, mode: str
) -> None:
    exchange = evolve(LIVE.exchange, **{key: url})
    settings = evolve(LIVE, mode=mode, use_testnet=mode == "demo", exchange=exchange)

    with pytest.raises(ModeRefused) as refused:
        check_mode(settings)

    assert f"exchange.{key}: " in str(refused.value)
    assert "alone" in str(refused.value)


def test_a_venue_of_this_machine_serves_paper_with_one_port() -> None:
    exchange = ExchangeSettings(rest_url="http://127.0.0.1:8080/")
    settings = Settings(exchange=exchange)

    found = address(settings)

    assert () == _faults(settings)
    assert Environment.LOOPBACK is found.environment
    assert "http://127.0.0.1:8080" == found.rest
    assert "ws://127.0.0.1:8080" == found.streams
    with pytest.raises(ConfigurationError, match="loopback has no address of its own"):
        address(Settings())


@pytest.mark.parametrize(
    ("url", "rest", "streams"),
    [
        ("", "https://fapi.binance.com", "wss://fstream.binance.com"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "ws://127.0.0.1:8080"),
        (
            "https://demo-fapi.binance.com",
            "https://demo-fapi.binance.com",
            "wss://demo-fstream.binance.com",
        ),
    ],
)
def test_a_live_market_is_that_of_money_unless_another_venue_is_named(
    url: str, rest: str, streams: str
) -> None:
    settings = load(flags={"exchange.market_url": url} if url else {}).settings

    found = market_address(settings)

    assert (rest, streams) == (found.rest, found.streams)


def test_a_shadow_trades_at_the_prices_of_its_accounts_venue_and_of_no_other() -> None:
    exchange = ExchangeSettings(market_url="https://demo-fapi.binance.com")
    settings = evolve(LIVE, mode="shadow", exchange=exchange)

    assert ADDRESSES[Environment.LIVE] == market_address(settings)
    assert ("exchange.market_url: shadow trades at the prices of its account's venue",) == _faults(
        settings
    )


def test_a_live_market_of_nobody_known_is_refused_by_its_host() -> None:
    settings = Settings(exchange=ExchangeSettings(market_url="https://prices.example"))

    with pytest.raises(ConfigurationError, match=r"market_url: prices\.example is no venue"):
        market_address(settings)


def test_an_exchange_that_there_is_no_adapter_for_is_refused_by_name(tmp_path: Path) -> None:
    """S3-098, S3-121: from the command line, the environment, a file and a host's own hand."""
    file = tmp_path / "own.toml"
    file.write_text('[callboard.exchange]\nname = "bybit"\n')
    by_hand = Settings(exchange=ExchangeSettings(name="bybit"))
    ways: list[Callable[[], object]] = [
        lambda: load(flags={"exchange.name": "bybit"}),
        lambda: load(environ={"CALLBOARD__EXCHANGE__NAME": "bybit"}),
        lambda: load([file]),
        lambda: paper.start(by_hand),
        lambda: launch(by_hand, Surroundings(HandExchange())),
    ]

    for way in ways:
        with pytest.raises(ConfigurationError, match=r"exchange\.name: must be .*binance.*bybit"):
            way()


def test_the_confirmation_is_given_at_the_start_and_never_by_a_file(tmp_path: Path) -> None:
    own, alias = tmp_path / "own.toml", tmp_path / "alias.toml"
    own.write_text('[callboard]\nlive_confirm = "main"\n')
    alias.write_text('[callboard]\nLIVE_TRADING_CONFIRM = "main"\n')

    said = load(environ={"LIVE_TRADING_CONFIRM": "main"}).settings.live_confirm

    assert "main" == said
    for file, name in ((own, "live_confirm"), (alias, "LIVE_TRADING_CONFIRM")):
        with pytest.raises(ConfigurationError) as raised:
            load([file])
        assert f"{file}: {name}: never stands in a file" == str(raised.value)
    assert "live_confirm" not in template()


@pytest.mark.parametrize(
    "url", ["https://user:pw@h", "https://h?x=1", "fapi.binance.com", "ftp://h", "https://h #"]
)
def test_a_url_that_is_none_is_refused_where_it_stands(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"exchange\.rest_url: must be http"):
        load(flags={"exchange.rest_url": url})


def test_live_needs_a_folder_for_the_commands_of_people() -> None:
    with pytest.raises(ModeRefused, match="it has no data directory"):
        check_folder(LIVE, None)

    check_folder(Settings(), None)


def test_live_needs_an_engine_that_answers_by_its_folder(tmp_path: Path) -> None:
    with pytest.raises(ModeRefused, match=r"does not answer: .*no engine runs"):
        check_answer(LIVE, tmp_path)

    ref = paper.start(stage_settings(), data_dir=tmp_path)
    try:
        check_answer(LIVE, tmp_path)
    finally:
        ref.stop()
