"""AccountFrames: what the user stream says of balances, positions and their settings.

Owns the spelling of ACCOUNT_UPDATE, ACCOUNT_CONFIG_UPDATE and MARGIN_CALL. An ACCOUNT_UPDATE is a
delta: the asset and the positions that changed, nothing else (notes §4.4, read 2026-11).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .account import Account, MarginView, Position, requirement
from .book import Book
from .frames import ASSET, Frame, average_text, text

ZERO = Decimal(0)


def account_update(
    account: Account,
    reason: str,
    positions: Iterable[Position],
    books: Mapping[str, Book],
    *,
    at_ms: int,
    change: Decimal = ZERO,
) -> Frame:
    """ACCOUNT_UPDATE; `change` is what moved the wallet beside profit and fee."""
    wallet, cross = text(account.wallet), text(account.cross_wallet)
    return {
        "e": "ACCOUNT_UPDATE",
        "T": at_ms,
        "E": at_ms,
        "a": {
            "m": reason,
            "B": [
                {"a": ASSET, "wb": wallet, "cw": cross, "bc": text(change)},
                *_purse(account, reason),
            ],
            "P": [_position(account, each, books[each.symbol].mark_price) for each in positions],
        },
    }


def funding_update(frame: Frame, symbol: str) -> Frame:
    """Name the symbol of a FUNDING_FEE, which such frames do since 2026-08."""
    frame["a"]["S"] = symbol
    return frame


def leverage_changed(symbol: str, leverage: int, *, at_ms: int) -> Frame:
    """ACCOUNT_CONFIG_UPDATE after a change of leverage."""
    return _config({"ac": {"s": symbol, "l": leverage}}, at_ms)


def multi_assets_changed(*, is_on: bool, at_ms: int) -> Frame:
    """ACCOUNT_CONFIG_UPDATE after a change of the asset mode."""
    return _config({"ai": {"j": is_on}}, at_ms)


def margin_call(
    account: Account,
    view: MarginView,
    positions: Iterable[Position],
    books: Mapping[str, Book],
    *,
    at_ms: int,
) -> Frame:
    """MARGIN_CALL: positions near their liquidation; their margin type is spelt in capitals."""
    rows = list(positions)
    is_crossed = any(not account.is_isolated(position.symbol) for position in rows)
    frame: Frame = {"e": "MARGIN_CALL", "E": at_ms}
    if is_crossed:
        frame["cw"] = text(view.cross_wallet)
    frame["p"] = [_called(account, each, books[each.symbol].mark_price) for each in rows]
    return frame


def _config(change: dict[str, Any], at_ms: int) -> Frame:
    return {"e": "ACCOUNT_CONFIG_UPDATE", "E": at_ms, "T": at_ms} | change


def _purse(account: Account, reason: str) -> list[dict[str, Any]]:
    """Return the row of the asset that pays fees, which only fills change."""
    purse = account.purse
    if reason != "ORDER" or not purse.is_on:
        return []
    balance = text(purse.balance)
    return [{"a": purse.asset, "wb": balance, "cw": balance, "bc": "0"}]


def _position(account: Account, position: Position, mark: Decimal) -> dict[str, Any]:
    entry = average_text(position.entry_price)
    return {
        "s": position.symbol,
        "pa": text(position.amount),
        "ep": entry,
        "bep": entry,
        "cr": text(position.realized),
        "up": text(position.profit_at(mark)),
        "mt": "isolated" if account.is_isolated(position.symbol) else "cross",
        "iw": text(position.isolated_wallet),
        "ps": position.side,
    }


def _called(account: Account, position: Position, mark: Decimal) -> dict[str, Any]:
    is_isolated = account.is_isolated(position.symbol)
    return {
        "s": position.symbol,
        "ps": position.side,
        "pa": text(position.amount),
        "mt": "ISOLATED" if is_isolated else "CROSSED",
        "iw": text(position.isolated_wallet),
        "mp": text(mark),
        "up": text(position.profit_at(mark)),
        "mm": text(requirement(account, position, mark).maintenance),
    }
