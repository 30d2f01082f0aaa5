"""Binance replies: what an answer of the REST interface says, as a result of our vocabulary.

Owns the field names of answers, error bodies and usage headers; pure. A success whose body is not
what the documents promise raises `ReplyUnreadable` naming the field: for a mutation that is an
unknown outcome. An average price that the answer does not hold (placement, amend and cancel lost
it on 2026-06-30) is zero: it comes with the stream, a query or the trades.

Source: Binance USDS-M endpoint pages as told by the official SDK's docstrings, read 2026-11-20.
"""

import re
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from ...messages.account import (
    ArmCountdown,
    FeePriceRead,
    ReadBrackets,
    ReadFeePrice,
    ReadSymbolConfigs,
    SetLeverage,
    SetMarginType,
)
from ...messages.listen_key import ListenKeyRenewed, RenewListenKey
from ...messages.values import PositionSide, Side
from ...messages.venue import (
    AccountModeRead,
    AccountRead,
    AmendOne,
    Call,
    CancelAccepted,
    CancelOne,
    ListOpenOrders,
    ListPositions,
    ListTrades,
    OrderEvidence,
    OrdersListed,
    PlaceOrder,
    PositionEvidence,
    PositionsListed,
    QueryOne,
    ReadAccount,
    ReadAccountMode,
    ReadInstruments,
    Result,
    TimeRead,
    TradeEvidence,
    TradesListed,
    UsageObserved,
)
from ..ports import VenueAnswer
from . import wire
from .binance_filters import read_filters
from .binance_leverage import read_brackets, read_setting, read_symbol_configs
from .wire import ZERO, ReplyUnreadable, Row

MISSING = -1
"""What `UsageObserved` holds for a header that did not come."""

TEXT_MAX = 500
"""Characters of a raw body that are kept: gateways answer with whole pages."""

_WHOLE = re.compile(r"\d{1,9}", re.ASCII)


@frozen
class ReplyOptions:
    """What reading depends on: the asset that money is counted in, and the symbols wanted."""

    margin_asset: str
    symbols: tuple[str, ...] = ()
    """Symbols whose filters and leverage are read; empty reads all."""
    liquidation: bool = False
    """Whether the liquidation price of a position is read."""


@frozen
class Reading:
    """A readable success, with a sentence for each part of it that was left out."""

    result: Result
    faults: tuple[str, ...] = ()


def is_success(answer: VenueAnswer) -> bool:
    """Say whether an answered request was carried out, by its status and its body's code."""
    return 200 <= answer.status < 300 and error_of(answer)[0] >= 0


def error_of(answer: VenueAnswer) -> tuple[int, str]:
    """Return (code, text) of an answer: code 0 where the body holds none, else the venue's."""
    body: Any = answer.body
    if not isinstance(body, Mapping):
        return 0, answer.text[:TEXT_MAX]
    row: Row = body  # pyright: ignore[reportUnknownVariableType] - the wire has no types
    code: Any = row.get("code")
    message: Any = row.get("msg")
    said = message if isinstance(message, str) else answer.text
    return (code if type(code) is int and code < 0 else 0), said[:TEXT_MAX]


def usage_of(answer: VenueAnswer, permit_id: str) -> UsageObserved:
    """Return what the headers say of the venue's own counts; header names in any case."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    code, said = error_of(answer)
    return UsageObserved(
        permit_id=permit_id,
        weight_used_1m=_count(headers, "x-mbx-used-weight-1m"),
        orders_used_10s=_count(headers, "x-mbx-order-count-10s"),
        orders_used_1m=_count(headers, "x-mbx-order-count-1m"),
        status=answer.status,
        code=code,
        text=said if answer.status >= 400 else "",
        retry_after_s=_count(headers, "retry-after"),
    )


def read_result(call: Call, answer: VenueAnswer, options: ReplyOptions) -> Reading:
    """Return what a successful answer says; raises `ReplyUnreadable` naming the field."""
    if answer.body is None:
        raise ReplyUnreadable("body", f"is no JSON: {answer.text[:80]!r}")
    match call:
        case ReadInstruments():
            also = call.also if options.symbols else ()
            filters = read_filters(answer.body, (*options.symbols, *also))
            return Reading(filters.result, filters.faults)
        case ReadSymbolConfigs():
            return Reading(*read_symbol_configs(answer.body, options.symbols))
        case ReadBrackets():
            return Reading(*read_brackets(answer.body, options.symbols))
        case SetLeverage() | SetMarginType() | ArmCountdown():
            return Reading(read_setting(call, answer.body))
        case _:
            return Reading(_result(call, answer.body, options))


def _result(call: Call, body: Any, options: ReplyOptions) -> Result:
    match call:
        case PlaceOrder() | AmendOne() | CancelOne() | QueryOne():
            return _one_order(call, wire.mapping(body, "order"))
        case ListOpenOrders():
            read = _algo_evidence if call.conditional else _order_evidence
            listed = wire.rows(body, "orders")
            return OrdersListed(call.conditional, tuple(read(row) for row in listed))
        case ReadFeePrice():
            return _fee_price(call, wire.mapping(body, "body"))
        case ListPositions():
            listed = wire.rows(body, "positions")
            return PositionsListed(tuple(_positions(listed, liquidation=options.liquidation)))
        case ListTrades():
            listed = wire.rows(body, "trades")
            trades = [_trade(row, options.margin_asset) for row in listed]
            return TradesListed(call.symbol, tuple(sorted(trades, key=_by_time)))
        case _:
            return _account_or_time(call, wire.mapping(body, "body"), options.margin_asset)


def _account_or_time(call: Call, body: Row, margin_asset: str) -> Result:
    match call:
        case ReadAccount():
            return _account(body, margin_asset)
        case ReadAccountMode():
            return AccountModeRead(
                hedge_mode=wire.flag(body, "dualSidePosition"),
                multi_assets=wire.flag(body, "multiAssetsMargin"),
                can_trade=wire.flag(body, "canTrade"),
            )
        case RenewListenKey():
            wire.text(body, "listenKey")
            return ListenKeyRenewed()
        case _:
            return TimeRead(wire.integer(body, "serverTime"))


def _fee_price(call: ReadFeePrice, body: Row) -> FeePriceRead:
    symbol, price = wire.text(body, "symbol"), wire.decimal(body, "markPrice")
    if symbol != call.symbol:
        raise ReplyUnreadable("symbol", f"is {symbol!r}, not {call.symbol!r}")
    if price <= ZERO:
        raise ReplyUnreadable("markPrice", f"is {price}, not above zero")
    return FeePriceRead(symbol, price)


def _one_order(call: PlaceOrder | AmendOne | CancelOne | QueryOne, body: Row) -> Result:
    if isinstance(call, PlaceOrder):
        is_algo = call.order_type.is_conditional
    else:
        is_algo = not isinstance(call, AmendOne) and call.conditional
    if isinstance(call, CancelOne) and is_algo:
        return CancelAccepted(_same_id(call.client_order_id, body, "clientAlgoId"), call.symbol)
    evidence = _algo_evidence(body) if is_algo else _order_evidence(body)
    key = "clientAlgoId" if is_algo else "clientOrderId"
    _same_id(call.client_order_id, body, key)
    return evidence


def _same_id(wanted: str, body: Row, key: str) -> str:
    """An answer about another order is no answer to this request."""
    told = wire.text(body, key)
    if told != wanted:
        raise ReplyUnreadable(key, f"is {told!r}, not {wanted!r}")
    return told


def _order_evidence(row: Row) -> OrderEvidence:
    price = wire.decimal(row, "price", ZERO)
    return OrderEvidence(
        client_order_id=wire.text(row, "clientOrderId"),
        venue_order_id=wire.identifier(row, "orderId"),
        symbol=wire.text(row, "symbol"),
        side=wire.word(row, "side", Side),
        position_side=wire.word(row, "positionSide", PositionSide),
        order_type=wire.order_type(row, "type", price),
        status=wire.text(row, "status"),
        quantity=wire.decimal(row, "origQty"),
        filled=wire.decimal(row, "executedQty"),
        average_price=wire.decimal(row, "avgPrice", ZERO),
        price=price,
        trigger_price=wire.decimal(row, "stopPrice", ZERO),
        reduce_only=wire.flag(row, "reduceOnly"),
        close_position=wire.flag(row, "closePosition"),
        conditional=False,
        updated_at_ms=wire.integer(row, "updateTime"),
    )


def _algo_evidence(row: Row) -> OrderEvidence:
    price = wire.decimal(row, "price", ZERO)
    return OrderEvidence(
        client_order_id=wire.text(row, "clientAlgoId"),
        venue_order_id=wire.identifier(row, "algoId"),
        symbol=wire.text(row, "symbol"),
        side=wire.word(row, "side", Side),
        position_side=wire.word(row, "positionSide", PositionSide),
        order_type=wire.order_type(row, "orderType", price),
        status=wire.text(row, "algoStatus"),
        quantity=wire.decimal(row, "quantity", ZERO),
        filled=wire.decimal(row, "actualQty", ZERO),
        average_price=wire.decimal(row, "actualPrice", ZERO),
        price=price,
        trigger_price=wire.decimal(row, "triggerPrice", ZERO),
        reduce_only=wire.flag(row, "reduceOnly"),
        close_position=wire.flag(row, "closePosition"),
        conditional=True,
        updated_at_ms=wire.integer(row, "updateTime"),
        child_order_id=wire.identifier(row, "actualOrderId", ""),
    )


def _positions(listed: tuple[Row, ...], *, liquidation: bool) -> list[PositionEvidence]:
    """Flat positions are dropped: version 3 of the listing omits them, older ones do not."""
    positions = [
        PositionEvidence(
            symbol=wire.text(row, "symbol"),
            position_side=wire.word(row, "positionSide", PositionSide),
            quantity=wire.decimal(row, "positionAmt"),
            entry_price=wire.decimal(row, "entryPrice"),
            liquidation_price=(
                wire.decimal(row, "liquidationPrice", ZERO) if liquidation else ZERO
            ),
        )
        for row in listed
    ]
    return [position for position in positions if position.quantity != ZERO]


def _trade(row: Row, margin_asset: str) -> TradeEvidence:
    """A fee in another asset than the margin's is kept beside, in its own units."""
    fee, asset = (
        wire.decimal(row, "commission", ZERO),
        wire.text(row, "commissionAsset", margin_asset),
    )
    paid_here = asset == margin_asset
    return TradeEvidence(
        trade_id=wire.identifier(row, "id"),
        venue_order_id=wire.identifier(row, "orderId"),
        symbol=wire.text(row, "symbol"),
        side=wire.word(row, "side", Side),
        position_side=wire.word(row, "positionSide", PositionSide),
        quantity=wire.decimal(row, "qty"),
        price=wire.decimal(row, "price"),
        fee=fee if paid_here else ZERO,
        realised_pnl=wire.decimal(row, "realizedPnl", ZERO),
        is_maker=wire.flag(row, "maker"),
        at_ms=wire.integer(row, "time"),
        other_fee=ZERO if paid_here else fee,
        other_fee_asset="" if paid_here else asset,
    )


def _account(body: Row, margin_asset: str) -> AccountRead:
    for row in wire.rows(body.get("assets"), "assets"):
        if wire.text(row, "asset") == margin_asset:
            return AccountRead(
                wallet=wire.decimal(row, "walletBalance"),
                available=wire.decimal(row, "availableBalance"),
                unrealised_pnl=wire.decimal(row, "unrealizedProfit"),
            )
    raise ReplyUnreadable("assets", f"have no row of {margin_asset}")


def _count(headers: Mapping[str, str], name: str) -> int:
    value = headers.get(name, "").strip()
    return int(value) if _WHOLE.fullmatch(value) else MISSING


def _by_time(trade: TradeEvidence) -> tuple[int, int]:
    number = int(trade.trade_id) if trade.trade_id.isdigit() else 0
    return trade.at_ms, number
