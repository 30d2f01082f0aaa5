"""ApiAccount: the endpoints of balances, positions and the account's configuration.

Owns the spelling of their answers. The v3 forms list only positions that are not flat and carry
no leverage; symbolConfig and accountConfig do. Liquidation price is 0 until liquidation exists;
the break-even price equals the entry price.
"""

from decimal import Decimal
from typing import Any

from . import frames
from .account import MarginView, Position, money
from .api_orders import symbols_of
from .core import Core
from .frames import ASSET, average_text, text
from .params import Params
from .refusal import VenueRefusal

LEVERAGE_MAX = 125


def account(core: Core, _params: Params) -> Any:
    """GET /fapi/v3/account."""
    view = core.margin()
    asset = _asset(core, view)
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
        "assets": [asset],
        "positions": [
            _account_position(core, view, position) for position in core.account.open_positions()
        ],
    }


def balance(core: Core, _params: Params) -> Any:
    """GET /fapi/v3/balance."""
    view = core.margin()
    return [
        {
            "accountAlias": "SgsR",
            "asset": ASSET,
            "balance": text(view.wallet),
            "crossWalletBalance": text(view.wallet),
            "crossUnPnl": text(view.profit),
            "availableBalance": text(view.available),
            "maxWithdrawAmount": text(view.available),
            "marginAvailable": True,
            "updateTime": core.account.updated_ms,
        }
    ]


def position_risk(core: Core, params: Params) -> Any:
    """GET /fapi/v3/positionRisk."""
    symbols = symbols_of(core, params)
    view = core.margin()
    return [
        _risk_row(core, view, position)
        for position in core.account.open_positions()
        if position.symbol in symbols
    ]


def account_config(core: Core, _params: Params) -> Any:
    """GET /fapi/v1/accountConfig."""
    return {
        "feeTier": 0,
        "canTrade": True,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": core.account.is_hedged,
        "updateTime": 0,
        "multiAssetsMargin": False,
        "tradeGroupId": -1,
    }


def symbol_config(core: Core, params: Params) -> Any:
    """GET /fapi/v1/symbolConfig."""
    return [
        {
            "symbol": symbol,
            "marginType": "CROSSED",
            "isAutoAddMargin": False,
            "leverage": core.account.leverage[symbol],
            "maxNotionalValue": text(core.account.notional_max(symbol)),
        }
        for symbol in symbols_of(core, params)
    ]


def change_leverage(core: Core, params: Params) -> Any:
    """POST /fapi/v1/leverage."""
    symbol = params.text("symbol")
    rules = core.rules(symbol)
    leverage = params.integer("leverage")
    highest = max((bracket.leverage_max for bracket in rules.brackets), default=LEVERAGE_MAX)
    if not 1 <= leverage <= highest:
        raise VenueRefusal(-4028, leverage)
    cap = core.account.notional_max(symbol, leverage)
    mark = core.books[symbol].mark_price
    for side in ("BOTH", "LONG", "SHORT"):
        if abs(core.account.amount((symbol, side))) * mark > cap:
            raise VenueRefusal(-2027)
    if core.account.leverage[symbol] != leverage:
        core.account.leverage[symbol] = leverage
        if core.feed.is_heard:
            core.feed.send(frames.config_update(symbol, leverage, at_ms=core.moment.ms))
    return {"symbol": symbol, "leverage": leverage, "maxNotionalValue": text(cap)}


def leverage_bracket(core: Core, params: Params) -> Any:
    """GET /fapi/v1/leverageBracket."""
    return [
        {
            "symbol": symbol,
            "notionalCoef": "1.00",
            "brackets": [
                {
                    "bracket": number,
                    "initialLeverage": bracket.leverage_max,
                    "notionalCap": int(bracket.notional_cap),
                    "notionalFloor": int(bracket.notional_floor),
                    "maintMarginRatio": text(bracket.maintenance_ratio),
                    "cum": text(bracket.cum),
                }
                for number, bracket in enumerate(core.rules(symbol).brackets, start=1)
            ],
        }
        for symbol in symbols_of(core, params)
    ]


def position_mode(core: Core, _params: Params) -> Any:
    """GET /fapi/v1/positionSide/dual."""
    return {"dualSidePosition": core.account.is_hedged}


def change_position_mode(core: Core, params: Params) -> Any:
    """POST /fapi/v1/positionSide/dual."""
    params.text("dualSidePosition")
    wanted = params.flag("dualSidePosition")
    if wanted == core.account.is_hedged:
        raise VenueRefusal(-4059)
    if core.conditional.store.open_count() or any(map(core.matching.orders.open_count, core.books)):
        raise VenueRefusal(-4067)
    if core.account.open_positions():
        raise VenueRefusal(-4068)
    core.account.is_hedged = wanted
    return {"code": 200, "msg": "success"}


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
        "crossWalletBalance": text(view.wallet),
        "crossUnPnl": text(view.profit),
        "availableBalance": text(view.available),
        "maxWithdrawAmount": text(view.available),
        "updateTime": core.account.updated_ms,
    }


def _margins(core: Core, position: Position) -> tuple[Decimal, Decimal, Decimal]:
    """Return signed notional, initial margin and maintenance margin at the mark price."""
    notional = money(position.amount * core.books[position.symbol].mark_price)
    initial = money(abs(notional) / core.account.leverage[position.symbol])
    bracket = core.account.bracket(position.symbol, abs(notional))
    return notional, initial, money(abs(notional) * bracket.maintenance_ratio - bracket.cum)


def _account_position(core: Core, view: MarginView, position: Position) -> dict[str, Any]:
    notional, initial, maintenance = _margins(core, position)
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": text(position.amount),
        "unrealizedProfit": text(view.profits[position.symbol, position.side]),
        "isolatedMargin": "0",
        "notional": text(notional),
        "isolatedWallet": "0",
        "initialMargin": text(initial),
        "maintMargin": text(maintenance),
        "updateTime": position.updated_ms,
    }


def _risk_row(core: Core, view: MarginView, position: Position) -> dict[str, Any]:
    notional, initial, maintenance = _margins(core, position)
    entry = average_text(position.entry_price)
    return {
        "symbol": position.symbol,
        "positionSide": position.side,
        "positionAmt": text(position.amount),
        "entryPrice": entry,
        "breakEvenPrice": entry,
        "markPrice": text(core.books[position.symbol].mark_price),
        "unRealizedProfit": text(view.profits[position.symbol, position.side]),
        "liquidationPrice": "0",
        "isolatedMargin": "0",
        "notional": text(notional),
        "marginAsset": ASSET,
        "isolatedWallet": "0",
        "initialMargin": text(initial),
        "maintMargin": text(maintenance),
        "positionInitialMargin": text(initial),
        "openOrderInitialMargin": "0",
        "adl": 0,
        "bidNotional": "0",
        "askNotional": "0",
        "updateTime": position.updated_ms,
    }
