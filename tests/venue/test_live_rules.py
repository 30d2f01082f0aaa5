"""LiveRules: what a venue publishes of its symbols is what a simulated exchange goes by."""

from collections.abc import Callable
from typing import Any

import pytest

from callboard.actors.adapters.wire import ReplyUnreadable
from callboard.actors.errors import ConfigurationError
from callboard.scenarios.running.market import PAPER_BTCUSDT
from callboard.scenarios.venue.live_rules import read_rules
from callboard.scenarios.venue.settings import ETHUSDT
from support.venue_servers import Caller, served


@pytest.fixture(scope="module")
def body() -> Any:
    """What a venue says of BTCUSDT and ETHUSDT."""
    with served() as server, Caller(server) as caller:
        return caller.public("/fapi/v1/exchangeInfo").body


def test_rules_come_back_as_they_were_published(body: Any) -> None:
    symbols = ("ETHUSDT", "BTCUSDT")

    assert (ETHUSDT, PAPER_BTCUSDT) == read_rules(body, symbols)


def test_every_symbol_that_cannot_be_had_is_named_with_what_is_near(body: Any) -> None:
    symbols = ("ETHUSDC", "BTCUSDT", "WORD")
    listed = [{**row, "marginAsset": "USDC"} for row in body["symbols"]]

    with pytest.raises(ConfigurationError) as raised:
        read_rules({**body, "symbols": listed}, symbols)

    assert (
        "ETHUSDC: is no symbol there; near: ETHUSDT",
        "BTCUSDT: is settled in USDC, not in USDT",
        "WORD: is no symbol there",
    ) == raised.value.faults


def _without_filters(body: dict[str, Any]) -> None:
    body["symbols"][0]["filters"] = []


def _without_symbols(body: dict[str, Any]) -> None:
    del body["symbols"]


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (_without_filters, ConfigurationError, "BTCUSDT: unreadable: PRICE_FILTER is missing"),
        (_without_symbols, ReplyUnreadable, "symbols is no array"),
    ],
)
def test_what_cannot_be_read_is_told(
    spoil: Callable[[dict[str, Any]], None], error: type[Exception], words: str
) -> None:
    with served() as server, Caller(server) as caller:
        told = caller.public("/fapi/v1/exchangeInfo").body
    spoil(told)

    with pytest.raises(error, match=words):
        read_rules(told, ("BTCUSDT",))
