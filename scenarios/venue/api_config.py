"""ApiConfig: the endpoints that read and change how an account trades.

Owns leverage, margin type, position mode, asset mode and isolated margin, with the venue's codes
for what is already so or stands in the way. Changes are told to the user stream as the venue tells
them: leverage and asset mode by ACCOUNT_CONFIG_UPDATE, margin by ACCOUNT_UPDATE, the position mode
not at all.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from . import account_frames, bodies
from .account import CROSSED, ISOLATED, ZERO, Position, money
from .api_orders import symbols_of
from .core import Core
from .frames import Frame, text
from .order_params import POSITION_SIDES
from .params import Params
from .refusal import VenueRefusal

LEVERAGE_MAX = 125
ADD, REDUCE = 1, 2


def account_config(core: Core, _params: Params) -> Any:
    """GET /fapi/v1/accountConfig."""
    return {
        "feeTier": 0,
        "canTrade": core.account.may_trade,
        "canDeposit": True,
        "canWithdraw": True,
        "dualSidePosition": core.account.is_hedged,
        "updateTime": 0,
        "multiAssetsMargin": core.account.is_multi_assets,
        "tradeGroupId": -1,
    }


def key_rights(core: Core, _params: Params) -> Any:
    """GET /sapi/v1/account/apiRestrictions: what the account's key may do, from anywhere."""
    permissions = core.settings.permissions
    may_trade, may_withdraw = "trade" in permissions, "withdraw" in permissions
    return {
        "ipRestrict": False,
        "createTime": 0,
        "enableReading": "read" in permissions,
        "enableWithdrawals": may_withdraw,
        "enableInternalTransfer": may_withdraw,
        "enableMargin": False,
        "enableFutures": may_trade,
        "permitsUniversalTransfer": may_withdraw,
        "enableVanillaOptions": False,
        "enableFixApiTrade": False,
        "enableFixReadOnly": False,
        "enableSpotAndMarginTrading": False,
        "enablePortfolioMarginTrading": False,
    }


def symbol_config(core: Core, params: Params) -> Any:
    """GET /fapi/v1/symbolConfig."""
    return [
        {
            "symbol": symbol,
            "marginType": core.account.margin_type[symbol],
            "isAutoAddMargin": False,
            "leverage": core.account.leverage[symbol],
            "maxNotionalValue": text(core.account.notional_max(symbol)),
        }
        for symbol in symbols_of(core, params)
    ]


def leverage_bracket(core: Core, params: Params) -> Any:
    """GET /fapi/v1/leverageBracket."""
    return [_brackets(core, symbol) for symbol in symbols_of(core, params)]


def commission_rate(core: Core, params: Params) -> Any:
    """GET /fapi/v1/commissionRate."""
    symbol = params.text("symbol")
    core.rules(symbol)
    return {
        "symbol": symbol,
        "makerCommissionRate": text(core.settings.maker_fee),
        "takerCommissionRate": text(core.settings.taker_fee),
    }


def fee_burn(core: Core, _params: Params) -> Any:
    """GET /fapi/v1/feeBurn."""
    return {"feeBurn": core.account.purse.is_on}


def change_fee_burn(core: Core, params: Params) -> Any:
    """POST /fapi/v1/feeBurn; without such an asset the switch stays off."""
    params.text("feeBurn")
    purse = core.account.purse
    purse.is_on = params.flag("feeBurn") and purse.rules is not None
    return bodies.acknowledged("success")


def change_leverage(core: Core, params: Params) -> Any:
    """POST /fapi/v1/leverage."""
    symbol = params.text("symbol")
    rules = core.rules(symbol)
    leverage = params.integer("leverage")
    highest = max((bracket.leverage_max for bracket in rules.brackets), default=LEVERAGE_MAX)
    if not 1 <= leverage <= highest:
        raise VenueRefusal(-4028, leverage)
    cap = core.account.notional_max(symbol, leverage)
    _check_leverage(core, symbol, leverage, cap)
    before = core.account.leverage[symbol]
    if before != leverage:
        core.account.leverage[symbol] = leverage
        _hold_anew(core, symbol, before=before)
        _tell(core, account_frames.leverage_changed(symbol, leverage, at_ms=core.moment.ms))
    return {"symbol": symbol, "leverage": leverage, "maxNotionalValue": text(cap)}


def _check_leverage(core: Core, symbol: str, leverage: int, cap: Decimal) -> None:
    account = core.account
    mark = core.books[symbol].mark_price
    positions = positions_of(core, symbol)
    if any(abs(position.amount) * mark > cap for position in positions):
        raise VenueRefusal(-2027)
    before = account.leverage[symbol]
    if leverage >= before or not positions:
        return
    if account.is_isolated(symbol):
        raise VenueRefusal(-4161)
    notional = sum((abs(position.amount) * mark for position in positions), ZERO)
    if core.margin().free < notional / leverage - notional / before:
        raise VenueRefusal(-2028)


def _hold_anew(core: Core, symbol: str, *, before: int) -> None:
    """Let resting orders hold the margin of the new leverage."""
    account = core.account
    for order in core.matching.orders.open_of(symbol):
        account.held_margin[symbol] -= order.margin_rate * order.remaining
        order.margin_rate = money(order.margin_rate * before / account.leverage[symbol])
        account.held_margin[symbol] += order.margin_rate * order.remaining


def change_margin_type(core: Core, params: Params) -> Any:
    """POST /fapi/v1/marginType."""
    symbol = params.text("symbol")
    core.rules(symbol)
    wanted = params.choice("marginType", (ISOLATED, CROSSED), code=-1128)
    if core.account.margin_type[symbol] == wanted:
        raise VenueRefusal(-4046)
    if wanted == ISOLATED and core.account.is_multi_assets:
        raise VenueRefusal(-4168)
    if core.matching.orders.open_count(symbol) or core.conditional.store.open_of(symbol):
        raise VenueRefusal(-4047)
    if positions_of(core, symbol):
        raise VenueRefusal(-4048)
    core.account.margin_type[symbol] = wanted
    _tell_positions(core, "MARGIN_TYPE_CHANGE", _all_sides(core, symbol))
    return bodies.acknowledged("success")


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
    return bodies.acknowledged("success")


def asset_mode(core: Core, _params: Params) -> Any:
    """GET /fapi/v1/multiAssetsMargin."""
    return {"multiAssetsMargin": core.account.is_multi_assets}


def change_asset_mode(core: Core, params: Params) -> Any:
    """POST /fapi/v1/multiAssetsMargin; the one asset is all that counts in either mode."""
    params.text("multiAssetsMargin")
    wanted = params.flag("multiAssetsMargin")
    if wanted == core.account.is_multi_assets:
        raise VenueRefusal(-4171)
    if wanted and ISOLATED in core.account.margin_type.values():
        raise VenueRefusal(-4167)
    core.account.is_multi_assets = wanted
    _tell(core, account_frames.multi_assets_changed(is_on=wanted, at_ms=core.moment.ms))
    return bodies.acknowledged("success")


def change_position_margin(core: Core, params: Params) -> Any:
    """POST /fapi/v1/positionMargin: move cross balance into an isolated position, or back."""
    symbol = params.text("symbol")
    core.rules(symbol)
    side = params.choice("positionSide", POSITION_SIDES, code=-4060, default="BOTH")
    if core.account.is_hedged != (side != "BOTH"):
        raise VenueRefusal(-4061)
    amount, kind = params.number("amount"), params.integer("type")
    if kind not in (ADD, REDUCE):
        raise VenueRefusal(-1130, "type")
    if amount <= 0:
        raise VenueRefusal(-4055)
    if not core.account.is_isolated(symbol):
        raise VenueRefusal(-4049)
    position = core.account.position((symbol, side))
    if not position.amount:
        raise VenueRefusal(-4054)
    _move_margin(core, position, money(amount), is_added=kind == ADD)
    return {
        "amount": text(amount),
        "code": 200,
        "msg": "Successfully modify position margin.",
        "type": kind,
    }


def _move_margin(core: Core, position: Position, amount: Decimal, *, is_added: bool) -> None:
    if is_added:
        if amount > core.margin().available:
            raise VenueRefusal(-4050)
        position.isolated_wallet += amount
    else:
        if amount > _removable(core, position):
            raise VenueRefusal(-4051)
        position.isolated_wallet -= amount
    position.updated_ms = core.account.updated_ms = core.moment.ms
    _tell_positions(core, "MARGIN_TRANSFER", (position,))


def _removable(core: Core, position: Position) -> Decimal:
    """Return what an isolated position holds beyond its initial margin."""
    mark = core.books[position.symbol].mark_price
    loss = min(ZERO, position.profit_at(mark))
    needed = money(abs(position.amount) * mark / core.account.leverage[position.symbol])
    return position.isolated_wallet + loss - needed


def positions_of(core: Core, symbol: str) -> list[Position]:
    """Return the open positions of a symbol."""
    return [each for each in core.account.open_positions() if each.symbol == symbol]


def _all_sides(core: Core, symbol: str) -> list[Position]:
    sides = POSITION_SIDES[1:] if core.account.is_hedged else POSITION_SIDES[:1]
    return [core.account.position((symbol, side)) for side in sides]


def _tell_positions(core: Core, reason: str, positions: Iterable[Position]) -> None:
    at_ms = core.moment.ms
    frame = account_frames.account_update(core.account, reason, positions, core.books, at_ms=at_ms)
    _tell(core, frame)


def _tell(core: Core, frame: Frame) -> None:
    if core.feed.is_heard:
        core.feed.send(frame)


def _brackets(core: Core, symbol: str) -> dict[str, Any]:
    return {
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
