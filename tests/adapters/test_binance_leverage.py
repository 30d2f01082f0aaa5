"""Test of binance_leverage: settings and ladders as the venue sends them, read or named."""

from decimal import Decimal
from typing import Any

import pytest

from callboard.actors.adapters.binance_leverage import (
    read_brackets,
    read_setting,
    read_symbol_configs,
)
from callboard.actors.adapters.wire import ReplyUnreadable
from callboard.messages.account import (
    ArmCountdown,
    Bracket,
    CountdownArmed,
    LeverageSet,
    MarginTypeSet,
    SetLeverage,
    SetMarginType,
    SymbolConfig,
)

CONFIG = {
    "symbol": "BTCUSDT",
    "marginType": "CROSSED",
    "isAutoAddMargin": False,
    "leverage": 21,
    "maxNotionalValue": "1000000",
}
FIRST = {
    "bracket": 1,
    "initialLeverage": 125,
    "notionalCap": 50000,
    "notionalFloor": 0,
    "maintMarginRatio": "0.004",
    "cum": "0.0",
}
SECOND = {**FIRST, "bracket": 2, "initialLeverage": 100, "notionalCap": 600000}
LADDER = {"symbol": "BTCUSDT", "brackets": [{**SECOND, "notionalFloor": 50000}, FIRST]}


@pytest.mark.parametrize(("word", "isolated"), [("CROSSED", False), ("ISOLATED", True)])
def test_how_a_symbol_is_set_is_read(word: str, isolated: bool) -> None:
    read, faults = read_symbol_configs([{**CONFIG, "marginType": word}])

    assert (SymbolConfig("BTCUSDT", 21, Decimal(1000000), isolated),) == read.configs
    assert () == faults


def test_a_ladder_is_read_from_its_lowest_step() -> None:
    read, _ = read_brackets([LADDER])

    first = Bracket(Decimal(0), Decimal(50000), 125, Decimal("0.004"))
    (ladder,) = read.ladders
    assert ("BTCUSDT", first, 2) == (ladder.symbol, ladder.brackets[0], len(ladder.brackets))


def test_symbols_that_are_not_wanted_are_left_out() -> None:
    read, _ = read_symbol_configs([CONFIG, {**CONFIG, "symbol": "ETHUSDT"}], ("ETHUSDT",))

    assert ["ETHUSDT"] == [config.symbol for config in read.configs]


@pytest.mark.parametrize("row", [{**CONFIG, "leverage": "x"}, {"symbol": "BTCUSDT"}])
def test_a_row_that_cannot_be_read_is_named_and_takes_no_other_away(row: Any) -> None:
    read, faults = read_symbol_configs([row, {**CONFIG, "symbol": "ETHUSDT"}])

    assert ["ETHUSDT"] == [config.symbol for config in read.configs]
    assert ["BTCUSDT"] == [fault.partition(":")[0] for fault in faults]


def test_an_answer_that_is_no_list_is_unreadable() -> None:
    with pytest.raises(ReplyUnreadable):
        read_brackets({"code": -1})


def test_a_change_says_how_it_is_now() -> None:
    leverage = {"symbol": "BTCUSDT", "leverage": 7, "maxNotionalValue": "9000"}
    countdown = {"symbol": "BTCUSDT", "countdownTime": "30000"}
    done = {"code": 200, "msg": "success"}

    read = [
        read_setting(SetLeverage("BTCUSDT", 7), leverage),
        read_setting(ArmCountdown("BTCUSDT", 30_000), countdown),
        read_setting(SetMarginType("BTCUSDT", isolated=True), done),
    ]

    assert [
        LeverageSet("BTCUSDT", 7, Decimal(9000)),
        CountdownArmed("BTCUSDT", 30_000),
        MarginTypeSet("BTCUSDT", isolated=True),
    ] == read


@pytest.mark.parametrize("body", [[], {"symbol": "ETHUSDT", "leverage": 7}, {"leverage": 7}])
def test_a_change_of_something_else_is_no_answer(body: Any) -> None:
    with pytest.raises(ReplyUnreadable):
        read_setting(SetLeverage("BTCUSDT", 7), body)
