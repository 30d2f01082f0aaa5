"""ApiAccount: the endpoints of balances and positions, in their two versions.

Owns the spelling of their answers. Version 3 lists symbols with a position or an open order only
and carries no leverage; version 2 lists every symbol with it. The break-even price equals the
entry price.
"""

from decimal import Decimal
from typing import Any

from .account import ZERO, MarginView, Position, Requirement, liquidation_price, requirement
from .api_orders import symbols_of
from .core import Core
from .frames import ASSET, average_text, text
from .params import Params


def account(core: Core, _params: Params) -> Any:
    """GET /fapi/v3/account."""
    view = core.margin()
    asset = _asset(core, view)
    return _totals(asset) | {
        "assets": [asset, *_purse(core)],
        "positions": [
            _account_position(core, view, position) for position in core.account.open_positions()
        ],
    }


def account_v2(core: Core, _params: Params) -> Any:
    """GET /fapi/v2/account: with the account's permissions and every symbol."""
    view = core.margin()
    asset = _asset(core, view)
    permissions = {
        "feeTier": 0,
        "canTrade": core.account.may_trade,
        "canDeposit": True,
        "canWithdraw": True,
        "updateTime": 0,
        "multiAssetsMargin": core.account.is_multi_assets,
        "tradeGroupId": -1,
    }
    rows = [
        _account_position(core, view, position) | _configured(core, position)
        for symbol in core.books
        for position in _every_side(core, symbol)
    ]
    return (
        permissions
        | _totals(asset)
        | {
            "assets": [asset, *_purse(core)],
            "positions": rows,
        }
    )


def balance(core: Core, _params: Params) -> Any:
    """GET /fapi/v2/balance and /fapi/v3/balance."""
    view = core.margin()
    return [
        {
            "accountAlias": "SgsR",
            "asset": ASSET,
            "balance": text(view.wallet),
            "crossWalletBalance": text(view.cross_wallet),
            "crossUnPnl": text(view.cross_profit),
            "availableBalance": text(view.available),
            "maxWithdrawAmount": text(view.available),
            "marginAvailable": True,
            "updateTime": core.account.updated_ms,
        },
        *_purse_balance(core),
    ]


def position_risk(core: Core, params: Params) -> Any:
    """GET /fapi/v3/positionRisk."""
    symbols = symbols_of(core, params)
    view = core.margin()
    listed = list(core.account.open_positions())
    shown = {position.symbol for position in listed}
    for symbol in symbols:
        if symbol not in shown and core.account.held_margin[symbol]:
            listed += _every_side(core, symbol)[:1]
    return [_risk_row(core, view, position) for position in listed if position.symbol in symbols]


def position_risk_v2(core: Core, params: Params) -> Any:
    """GET /fapi/v2/positionRisk: every symbol and side, flat ones too, with their leverage."""
    view = core.margin()
    return [
        _risk_row_v2(core, view, position)
        for symbol in symbols_of(core, params)
        for position in _every_side(core, symbol)
    ]


def adl_quantile(core: Core, params: Params) -> Any:
    """GET /fapi/v1/adlQuantile: 0 to 4, the likelier the more a position won on its margin."""
    view = core.margin()
    rows: dict[str, dict[str, int]] = {}
    for position in core.account.open_positions():
        if position.symbol in symbols_of(core, params):
            quantiles = rows.setdefault(position.symbol, {})
            quantiles[position.side] = _adl_quantile(core, view, position)
    return [{"symbol": symbol, "adlQuantile": row} for symbol, row in rows.items()]


def _totals(asset: dict[str, Any]) -> dict[str, Any]:
    return {
        "totalInitialMargin": asset["initialMargin"],
        "totalMaintMargin": asset["maintMargin"],
        "totalWalletBalance": asset["walletBalance"],
        "totalUnrealizedProfit": asset["unrealizedProfit"],
        "totalMarginBalance": asset["marginBalance"],
        "totalPositionInitialMargin": asset["positionInitialMargin"],
        "totalOpenOrderInitialMargin": asset["openOrderInitialMargin"],
        "totalCrossWalletBalance": asset["crossWalletBalance"],
        "totalCrossUnPnl": asset["crossUnPnl"],
        "availableBalance": asset["availableBalance"],
        "maxWithdrawAmount": asset["maxWithdrawAmount"],
    }


def _asset(core: Core, view: MarginView) -> dict[str, Any]:
    return {
        "asset": ASSET,
        "walletBalance": text(view.wallet),
        "unrealizedProfit": text(view.profit),
        "marginBalance": text(view.equity),
        "maintMargin": text(view.maintenance),
        "initialMargin": text(view.position_margin + view.order_margin),
        "positionInitialMargin": text(view.position_margin),
        "openOrderInitialMargin": text(view.order_margin),
        "crossWalletBalance": text(view.cross_wallet),
        "crossUnPnl": text(view.cross_profit),
        "availableBalance": text(view.available),
        "maxWithdrawAmount": text(view.available),
        "updateTime": core.account.updated_ms,
    }


def _purse(core: Core) -> list[dict[str, Any]]:
    """Return the row of the asset that pays fees, none without one; it is no margin."""
    purse = core.account.purse
    if purse.rules is None:
        return []
    figures = dict.fromkeys(_asset(core, core.margin()), "0")
    balance = text(purse.balance)
    held = dict.fromkeys(
        ("walletBalance", "marginBalance", "crossWalletBalance", "maxWithdrawAmount"), balance
    )
    return [figures | held | {"asset": purse.asset, "updateTime": core.account.updated_ms}]


def _purse_balance(core: Core) -> list[dict[str, Any]]:
    return [
        {
            "accountAlias": "SgsR",
            "asset": row["asset"],
            "balance": row["walletBalance"],
            "crossWalletBalance": row["crossWalletBalance"],
            "crossUnPnl": "0",
            "availableBalance": "0",
            "maxWithdrawAmount": row["maxWithdrawAmount"],
            "marginAvailable": False,
            "updateTime": row["updateTime"],
        }
        for row in _purse(core)
    ]


def _every_side(core: Core, symbol: str) -> list[Position]:
    """Return a symbol's positions, flat ones too, without making one."""
    sides = ("BOTH", "LONG", "SHORT") if core.account.is_hedged else ("BOTH",)
    kept = core.account.positions
    return [kept.get((symbol, side)) or Position(symbol, side) for side in sides]


def _required(core: Core, position: Position) -> Requirement:
    return requirement(core.account, position, core.books[position.symbol].mark_price)


def _isolated_margin(core: Core, view: MarginView, position: Position) -> Decimal:
    """Return the isolated wallet with the position's profit, 0 under cross margin."""
    if not core.account.is_isolated(position.symbol):
        return ZERO
    return position.isolated_wallet + view.profits.get(position.key, ZERO)


def _account_position(core: Core, view: MarginView, position: Position) -> dict[str, Any]:
    needed = _required(core, position)
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": text(position.amount),
        "unrealizedProfit": text(view.profits.get(position.key, ZERO)),
        "isolatedMargin": text(_isolated_margin(core, view, position)),
        "notional": text(needed.notional),
        "isolatedWallet": text(position.isolated_wallet),
        "initialMargin": text(needed.initial),
        "maintMargin": text(needed.maintenance),
        "updateTime": position.updated_ms,
    }


def _configured(core: Core, position: Position) -> dict[str, Any]:
    """Return what version 2 of the account says of a position beyond version 3."""
    symbol = position.symbol
    return {
        "positionInitialMargin": text(_required(core, position).initial),
        "openOrderInitialMargin": text(core.account.held_margin[symbol]),
        "leverage": str(core.account.leverage[symbol]),
        "isolated": core.account.is_isolated(symbol),
        "entryPrice": average_text(position.entry_price),
        "breakEvenPrice": average_text(position.entry_price),
        "maxNotional": text(core.account.notional_max(symbol)),
        "bidNotional": "0",
        "askNotional": "0",
    }


def _risk_row(core: Core, view: MarginView, position: Position) -> dict[str, Any]:
    needed = _required(core, position)
    mark = core.books[position.symbol].mark_price
    entry = average_text(position.entry_price)
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": text(position.amount),
        "entryPrice": entry,
        "breakEvenPrice": entry,
        "markPrice": text(mark),
        "unRealizedProfit": text(view.profits.get(position.key, ZERO)),
        "liquidationPrice": _liquidation_price(core, view, position),
        "isolatedMargin": text(_isolated_margin(core, view, position)),
        "notional": text(needed.notional),
        "marginAsset": ASSET,
        "isolatedWallet": text(position.isolated_wallet),
        "initialMargin": text(needed.initial),
        "maintMargin": text(needed.maintenance),
        "positionInitialMargin": text(needed.initial),
        "openOrderInitialMargin": text(core.account.held_margin[position.symbol]),
        "adl": _adl_quantile(core, view, position),
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": position.updated_ms,
    }


def _risk_row_v2(core: Core, view: MarginView, position: Position) -> dict[str, Any]:
    symbol = position.symbol
    needed = _required(core, position)
    return {
        "symbol": symbol,
        "positionAmt": text(position.amount),
        "entryPrice": average_text(position.entry_price),
        "breakEvenPrice": average_text(position.entry_price),
        "markPrice": text(core.books[symbol].mark_price),
        "unRealizedProfit": text(view.profits.get(position.key, ZERO)),
        "liquidationPrice": _liquidation_price(core, view, position),
        "leverage": str(core.account.leverage[symbol]),
        "maxNotionalValue": text(core.account.notional_max(symbol)),
        "marginType": "isolated" if core.account.is_isolated(symbol) else "cross",
        "isolatedMargin": text(_isolated_margin(core, view, position)),
        "isAutoAddMargin": "false",
        "positionSide": position.side,
        "notional": text(needed.notional),
        "isolatedWallet": text(position.isolated_wallet),
        "updateTime": position.updated_ms,
    }


def _liquidation_price(core: Core, view: MarginView, position: Position) -> str:
    if not position.amount:
        return "0"
    mark = core.books[position.symbol].mark_price
    return average_text(liquidation_price(core.account, view, position, mark))


def _adl_quantile(core: Core, view: MarginView, position: Position) -> int:
    """Rank a position by its profit on its margin: 0 for none, one more for each half of it."""
    profit = view.profits.get(position.key, ZERO)
    initial = _required(core, position).initial
    return min(4, int(profit / initial * 2)) if profit > 0 and initial else 0
