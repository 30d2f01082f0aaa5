"""Binance leverage: how symbols are set, the ladders that bound them, and changes of it.

Owns the field names of symbolConfig, leverageBracket, leverage and countdownCancelAll. A symbol
whose row cannot be read is left out and named: one new contract must not take the leverage of all
others away.

Source: Binance USDS-M symbolConfig and leverageBracket, read 2026-11-20.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from ...messages.account import (
    ArmCountdown,
    Bracket,
    BracketsRead,
    CountdownArmed,
    LeverageLadder,
    LeverageSet,
    MarginTypeSet,
    SetLeverage,
    SetMarginType,
    SymbolConfig,
    SymbolConfigsRead,
)
from .wire import ReplyUnreadable, Row, decimal, integer, mapping, rows, text

Read = TypeVar("Read")


def read_symbol_configs(
    body: Any, symbols: tuple[str, ...] = ()
) -> tuple[SymbolConfigsRead, tuple[str, ...]]:
    """Return how `symbols`, or all when that is empty, are set, and a sentence for each fault.

    Raises `ReplyUnreadable` only when the body is no list at all.
    """
    configs, faults = _each(body, symbols, _config)
    return SymbolConfigsRead(configs), faults


def read_brackets(body: Any, symbols: tuple[str, ...] = ()) -> tuple[BracketsRead, tuple[str, ...]]:
    """Return the ladders of `symbols`, as `read_symbol_configs` does."""
    ladders, faults = _each(body, symbols, _ladder)
    return BracketsRead(ladders), faults


def read_setting(
    call: SetLeverage | SetMarginType | ArmCountdown, body: Any
) -> LeverageSet | MarginTypeSet | CountdownArmed:
    """Return what a change of a symbol's setting came to; raises `ReplyUnreadable`."""
    row = mapping(body, "body")
    if isinstance(call, SetMarginType):  # its answer says no more than that
        return MarginTypeSet(call.symbol, call.isolated)
    symbol = text(row, "symbol")
    if symbol != call.symbol:
        raise ReplyUnreadable("symbol", f"is {symbol!r}, not {call.symbol!r}")
    if isinstance(call, ArmCountdown):
        return CountdownArmed(symbol, int(decimal(row, "countdownTime")))
    return LeverageSet(symbol, integer(row, "leverage"), decimal(row, "maxNotionalValue"))


def _each(
    body: Any, symbols: tuple[str, ...], read: Callable[[Row], Read]
) -> tuple[tuple[Read, ...], tuple[str, ...]]:
    good: list[Read] = []
    faults: list[str] = []
    for row in rows(body, "symbols"):
        symbol = text(row, "symbol")
        if symbols and symbol not in symbols:
            continue
        try:
            good.append(read(row))
        except ReplyUnreadable as error:
            faults.append(f"{symbol}: {error}")
    return tuple(good), tuple(faults)


def _config(row: Row) -> SymbolConfig:
    return SymbolConfig(
        symbol=text(row, "symbol"),
        leverage=integer(row, "leverage"),
        notional_max=decimal(row, "maxNotionalValue"),
        isolated=text(row, "marginType") == "ISOLATED",
    )


def _ladder(row: Row) -> LeverageLadder:
    brackets = [_bracket(each) for each in rows(row.get("brackets"), "brackets")]
    ordered = sorted(brackets, key=lambda bracket: bracket.notional_floor)
    return LeverageLadder(text(row, "symbol"), tuple(ordered))


def _bracket(row: Row) -> Bracket:
    return Bracket(
        notional_floor=decimal(row, "notionalFloor"),
        notional_cap=decimal(row, "notionalCap"),
        leverage_max=integer(row, "initialLeverage"),
        maintenance_ratio=decimal(row, "maintMarginRatio"),
    )
