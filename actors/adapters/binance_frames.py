"""Binance frames: what a JSON object of the user or market stream says, as our messages.

Owns the one-letter field names of the streams; pure. A frame of a kind that says nothing to the
engine, or of an unknown kind, gives None, and the socket counts it. A known kind that cannot be
read raises `ReplyUnreadable` naming the field: something happened that we could not hear.

Source: Binance USDS-M user data streams and market streams, read 2026-11-20; field meanings in
ORDER_TRADE_UPDATE, ALGO_UPDATE, ACCOUNT_UPDATE, TRADE_LITE, bookTicker and markPriceUpdate.
"""

from decimal import Decimal

from ...messages.market import QuoteObserved
from ...messages.stream import (
    AccountConfigFrame,
    AccountFrame,
    MarginCalled,
    OrderFrame,
    UserStreamChanged,
)
from ...messages.values import PositionSide, Side
from ...messages.venue import OrderEvidence, PositionEvidence, TradeEvidence
from . import wire
from .wire import ZERO, Row

UserMessage = OrderFrame | AccountFrame | AccountConfigFrame | MarginCalled | UserStreamChanged

SILENT_KINDS = frozenset(
    {
        "CONDITIONAL_ORDER_TRIGGER_REJECT",
        "GRID_UPDATE",
        "STRATEGY_UPDATE",
    }
)
"""Known user frames that change nothing the engine keeps; ALGO_UPDATE tells trigger rejects."""

_EXECUTED = ("TRADE", "CALCULATED")
"""Execution types that may carry a fill; CALCULATED is a liquidation's."""


def kind_of(frame: Row) -> str:
    """Return the event type of a frame, empty where it names none."""
    value = frame.get("e")
    return value if isinstance(value, str) else ""


def read_user_frame(  # noqa: PLR0911 - one arm a kind
    frame: Row, margin_asset: str
) -> UserMessage | None:
    """Return what a frame of the user stream says, None where it says nothing to us."""
    match kind_of(frame):
        case "ORDER_TRADE_UPDATE":
            return _order_update(frame, margin_asset)
        case "TRADE_LITE":
            return _trade_lite(frame)
        case "ALGO_UPDATE":
            return _algo_update(frame)
        case "ACCOUNT_UPDATE":
            return _account_update(frame, margin_asset)
        case "ACCOUNT_CONFIG_UPDATE":
            return AccountConfigFrame(event_at_ms=wire.integer(frame, "E"))
        case "MARGIN_CALL":
            return _margin_call(frame)
        case "listenKeyExpired":
            return UserStreamChanged(connected=False, reason="listen key expired")
        case _:
            return None


def read_market_frame(frame: Row) -> QuoteObserved | None:
    """Return the half of a quote that a frame holds, the rest zero; None for other frames."""
    match kind_of(frame):
        case "bookTicker":
            bid, ask = wire.decimal(frame, "b"), wire.decimal(frame, "a")
            return _quote(frame, bid=bid, ask=ask, mark=ZERO)
        case "markPriceUpdate":
            return _quote(frame, bid=ZERO, ask=ZERO, mark=wire.decimal(frame, "p"))
        case _:
            return None


def _quote(frame: Row, *, bid: Decimal, ask: Decimal, mark: Decimal) -> QuoteObserved:
    return QuoteObserved(
        symbol=wire.text(frame, "s"),
        bid=bid,
        ask=ask,
        mark=mark,
        at_ms=wire.integer(frame, "E"),
    )


def _order_update(frame: Row, margin_asset: str) -> OrderFrame:
    row = wire.mapping(frame.get("o"), "o")
    execution = wire.text(row, "x")
    has_fill = execution in _EXECUTED and wire.decimal(row, "l", ZERO) > ZERO
    return OrderFrame(
        evidence=_evidence(row),
        trade=_trade(row, margin_asset) if has_fill else None,
        execution=execution,
        lite=False,
        event_at_ms=wire.integer(frame, "E"),
    )


def _evidence(row: Row) -> OrderEvidence:
    price = wire.decimal(row, "p", ZERO)
    expiry = wire.identifier(row, "er", "0")
    return OrderEvidence(
        client_order_id=wire.text(row, "c"),
        venue_order_id=wire.identifier(row, "i"),
        symbol=wire.text(row, "s"),
        side=wire.word(row, "S", Side),
        position_side=wire.word(row, "ps", PositionSide),
        order_type=wire.order_type(row, "o", price),
        status=wire.text(row, "X"),
        quantity=wire.decimal(row, "q"),
        filled=wire.decimal(row, "z"),
        average_price=wire.decimal(row, "ap", ZERO),
        price=price,
        trigger_price=wire.decimal(row, "sp", ZERO),
        reduce_only=wire.flag(row, "R", default=False),
        close_position=wire.flag(row, "cp", default=False),
        conditional=False,
        updated_at_ms=wire.integer(row, "T"),
        reason="" if expiry == "0" else f"expiry reason {expiry}",
    )


def _trade(row: Row, margin_asset: str) -> TradeEvidence:
    """A fee in another asset than the margin's is kept beside, in its own units."""
    fee, asset = wire.decimal(row, "n", ZERO), wire.text(row, "N", margin_asset)
    paid_here = asset == margin_asset
    return TradeEvidence(
        trade_id=wire.identifier(row, "t"),
        venue_order_id=wire.identifier(row, "i"),
        symbol=wire.text(row, "s"),
        side=wire.word(row, "S", Side),
        position_side=wire.word(row, "ps", PositionSide),
        quantity=wire.decimal(row, "l"),
        price=wire.decimal(row, "L"),
        fee=fee if paid_here else ZERO,
        realised_pnl=wire.decimal(row, "rp", ZERO),
        is_maker=wire.flag(row, "m"),
        at_ms=wire.integer(row, "T"),
        other_fee=ZERO if paid_here else fee,
        other_fee_asset="" if paid_here else asset,
    )


def _trade_lite(frame: Row) -> OrderFrame:
    """A bare fill: no status, no fee, no position side; the full report follows."""
    trade = TradeEvidence(
        trade_id=wire.identifier(frame, "t"),
        venue_order_id=wire.identifier(frame, "i"),
        symbol=wire.text(frame, "s"),
        side=wire.word(frame, "S", Side),
        position_side=PositionSide.BOTH,
        quantity=wire.decimal(frame, "l"),
        price=wire.decimal(frame, "L"),
        fee=ZERO,
        realised_pnl=ZERO,
        is_maker=wire.flag(frame, "m"),
        at_ms=wire.integer(frame, "T"),
        settled=False,
    )
    return OrderFrame(
        evidence=None,
        trade=trade,
        execution="TRADE",
        lite=True,
        event_at_ms=wire.integer(frame, "E"),
    )


def _algo_update(frame: Row) -> OrderFrame:
    row = wire.mapping(frame.get("o"), "o")
    price = wire.decimal(row, "p", ZERO)
    evidence = OrderEvidence(
        client_order_id=wire.text(row, "caid"),
        venue_order_id=wire.identifier(row, "aid"),
        symbol=wire.text(row, "s"),
        side=wire.word(row, "S", Side),
        position_side=wire.word(row, "ps", PositionSide),
        order_type=wire.order_type(row, "o", price),
        status=wire.text(row, "X"),
        quantity=wire.decimal(row, "q", ZERO),
        filled=wire.decimal(row, "aq", ZERO),
        average_price=wire.decimal(row, "ap", ZERO),
        price=price,
        trigger_price=wire.decimal(row, "tp", ZERO),
        reduce_only=wire.flag(row, "R", default=False),
        close_position=wire.flag(row, "cp", default=False),
        conditional=True,
        updated_at_ms=wire.integer(frame, "T"),
        child_order_id=wire.identifier(row, "ai", ""),
        reason=wire.text(row, "rm", ""),
    )
    return OrderFrame(
        evidence=evidence,
        trade=None,
        execution="",
        lite=False,
        event_at_ms=wire.integer(frame, "E"),
    )


def _account_update(frame: Row, margin_asset: str) -> AccountFrame:
    row = wire.mapping(frame.get("a"), "a")
    wallet: Decimal | None = None
    change = ZERO
    for balance in wire.rows(row.get("B", ()), "B"):
        if wire.text(balance, "a") == margin_asset:
            wallet = wire.decimal(balance, "wb")
            change = wire.decimal(balance, "bc", ZERO)
    positions = [
        PositionEvidence(
            symbol=wire.text(position, "s"),
            position_side=wire.word(position, "ps", PositionSide),
            quantity=wire.decimal(position, "pa"),
            entry_price=wire.decimal(position, "ep", ZERO),
        )
        for position in wire.rows(row.get("P", ()), "P")
    ]
    return AccountFrame(
        reason=wire.text(row, "m"),
        wallet=wallet,
        positions=tuple(positions),
        event_at_ms=wire.integer(frame, "E"),
        change=change,
        symbol=wire.text(row, "S", ""),
    )


def _margin_call(frame: Row) -> MarginCalled:
    """The positions at risk; their entry prices are not told."""
    positions = [
        PositionEvidence(
            symbol=wire.text(row, "s"),
            position_side=wire.word(row, "ps", PositionSide),
            quantity=wire.decimal(row, "pa"),
            entry_price=ZERO,
        )
        for row in wire.rows(frame.get("p", ()), "p")
    ]
    return MarginCalled(tuple(positions), wire.integer(frame, "E"))
