"""OpenApiSchemas: bodies and answers of the HTTP surface that are no class of the engine."""

from typing import Any

from callboard.actors.adapters.signal_fields import DIGITS_MAX, TEXT_MAX
from callboard.messages.values import (
    OrderState,
    OrderType,
    PositionSide,
    PriceMatch,
    Side,
    SignalSource,
    SignalType,
    TimeInForce,
    TradingState,
    WorkingType,
)

Json = dict[str, Any]

MONEY: Json = {"type": "string", "format": "decimal"}
TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}
TIME: Json = {"type": "integer", "description": "Milliseconds since 1970, UTC."}
FLAG: Json = {"type": "boolean"}
NAME: Json = {"type": "string", "minLength": 1, "maxLength": TEXT_MAX, "pattern": "^[!-~]+$"}
MS_LEAST, MS_MOST = 10**12, 10**13 - 1
SINCE_MOST = 4_102_444_800_000 - 1
GIVEN_TIME: Json = {"type": "integer", "minimum": MS_LEAST, "maximum": MS_MOST}
NUMBER: Json = {
    "description": "A number above 0, bare or as text; it is read from its text, never as a float.",
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1e12},
        {"type": "string", "pattern": r"^[1-9][0-9]{0,11}(\.[0-9]{1,8})?$"},
    ],
}
SHARE: Json = {"type": "number", "minimum": 0, "maximum": 1}
SCORE: Json = {"type": "number", "minimum": -1e6, "maximum": 1e6}


def words(*values: str) -> Json:
    """Return the schema of one of some words."""
    return {"type": "string", "enum": list(values)}


def of(kind: Any) -> Json:
    """Return the schema of an enumeration's words."""
    return words(*(each.value for each in kind))


def objects(properties: Json, *, closed: bool = False, optional: tuple[str, ...] = ()) -> Json:
    """Return the schema of an object; all of its members are there but the optional ones."""
    required = [name for name in properties if name not in optional]
    made: Json = {"type": "object", "properties": properties, "required": required}
    return {**made, "additionalProperties": False} if closed else made


def many(schema: Json) -> Json:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def maybe(schema: Json) -> Json:
    """Return the schema of what may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


DETAIL = objects({"field": TEXT, "message": TEXT})
ERROR = objects({"error": objects({"code": TEXT, "message": TEXT, "details": many(DETAIL)})})
ORDER_BODY: Json = {
    **objects(
        {
            "symbol": {**NAME, "description": "A symbol of the whitelist, as `BTCUSDT`."},
            "side": words("long", "short", "buy", "sell", "LONG", "SHORT", "BUY", "SELL"),
            "signal": of(SignalType),
            "quantity": NUMBER,
            "order_type": words(OrderType.MARKET.value, OrderType.LIMIT.value),
            "price": {
                **NUMBER,
                "description": "Limit of a LIMIT order; what a MARKET order's slippage is measured"
                " from.",
            },
            "stop_loss": NUMBER,
            "take_profit": NUMBER,
            "leverage": {
                "type": "integer",
                "minimum": 1,
                "maximum": 125,
                "description": "Checked against the policy; sets nothing at the venue.",
            },
            "time_in_force": of(TimeInForce),
            "position_side": of(PositionSide),
            "working_type": of(WorkingType),
            "price_match": of(PriceMatch),
            "trailing": objects(
                {"callback_pct": NUMBER, "activate_price": NUMBER},
                closed=True,
                optional=("activate_price",),
            ),
            "expires_at_ms": GIVEN_TIME,
            "signal_id": {
                **NAME,
                "description": "Names the signal for ever: the engine takes it once.",
            },
            "at_ms": GIVEN_TIME,
            "strategy": NAME,
            "client_tag": NAME,
            "model_version": NAME,
            "source": {
                **of(SignalSource),
                "description": "`manual` by default, which the signal thresholds do not judge.",
            },
            "confidence": SHARE,
            "confluence_score": SCORE,
            "signal_strength": SCORE,
            "algorithm": {"type": "object", "required": ["plan"], "properties": {"plan": TEXT}},
        },
        closed=True,
    ),
    "required": ["symbol"],
    "anyOf": [{"required": ["side"]}, {"required": ["signal"]}],
    "description": "A wish. Other names are taken, too: `amount` and `position_size_qty` for"
    " `quantity`, `type` for `order_type`, `action` and `agent_action` for `signal`, `direction`"
    f" for the position's side. A number has at most {DIGITS_MAX} digits.",
}
REASON = objects({"reason": NAME}, closed=True)
OPTIONAL_REASON = objects({"reason": NAME}, closed=True, optional=("reason",))
FLATTEN_BODY = objects({"reason": NAME, "symbol": NAME}, closed=True, optional=("symbol",))
ORDER = objects(
    {
        "client_order_id": TEXT,
        "venue_order_id": TEXT,
        "algo_id": TEXT,
        "signal_id": TEXT,
        "strategy": TEXT,
        "symbol": TEXT,
        "side": of(Side),
        "position_side": of(PositionSide),
        "order_type": of(OrderType),
        "time_in_force": of(TimeInForce),
        "state": of(OrderState),
        "reason": TEXT,
        "quantity": maybe(MONEY),
        "price": maybe(MONEY),
        "trigger_price": maybe(MONEY),
        "filled": MONEY,
        "average_price": maybe(MONEY),
        "attempts": WHOLE,
        "created_at_ms": TIME,
    }
)
LINKS: Json = {"type": "object", "additionalProperties": TEXT}
ORDER_ANSWER = objects(
    {
        "signal_id": TEXT,
        "client_order_id": TEXT,
        "symbol": TEXT,
        "state": TEXT,
        "side": of(Side),
        "reason": TEXT,
        "quantity": MONEY,
        "filled": MONEY,
        "average_price": maybe(MONEY),
        "order": {"$ref": "#/components/schemas/Order"},
        "links": LINKS,
    },
    optional=("side", "reason", "quantity", "filled", "average_price", "order"),
)
REFUSAL: Json = {
    "allOf": [
        {"$ref": "#/components/schemas/Error"},
        {
            "type": "object",
            "properties": {"guard": TEXT, "figure": TEXT, "limit": TEXT, "reason": TEXT},
        },
    ]
}
ORDERS = objects(
    {
        "orders": many({"$ref": "#/components/schemas/Order"}),
        "strangers": many({"$ref": "#/components/schemas/StrangerView"}),
        "next_cursor": maybe(WHOLE),
    }
)
CANCELLED = objects(
    {
        "signal_id": TEXT,
        "command_id": TEXT,
        "state": TEXT,
        "order": maybe({"$ref": "#/components/schemas/Order"}),
    }
)
TRADE = objects(
    {
        "trade_id": TEXT,
        "status": words("open", "closed"),
        "symbol": TEXT,
        "direction": TEXT,
        "quantity": MONEY,
        "entry_price": MONEY,
        "exit_price": maybe(MONEY),
        "realised_pnl": MONEY,
        "commission": MONEY,
        "funding": MONEY,
        "net_pnl": MONEY,
        "strategy": TEXT,
        "reason": TEXT,
        "opened_at_ms": TIME,
        "closed_at_ms": maybe(TIME),
    }
)
TRADES = objects(
    {"trades": many({"$ref": "#/components/schemas/Trade"}), "next_cursor": maybe(WHOLE)}
)
PARTS: Json = {"type": "object", "additionalProperties": objects({"ok": FLAG, "text": TEXT})}
HEALTH = objects(
    {
        "status": words("ok", "degraded", "down"),
        "mode": TEXT,
        "version": maybe(TEXT),
        "at_ms": TIME,
        "components": PARTS,
    },
    optional=("components",),
)
READY = objects({"ready": FLAG, "reasons": many(TEXT)})
STATE = objects({"command_id": TEXT, "trading_state": of(TradingState), "reason": TEXT})
WAITING = objects({"command_id": TEXT, "state": TEXT})
TIMELINE = objects(
    {
        "name": TEXT,
        "signal_id": TEXT,
        "state": TEXT,
        "attempts": WHOLE,
        "steps": many({"type": "object"}),
        "wires": many({"type": "object"}),
        "moves": many({"type": "object"}),
        "faults": many({"type": "object"}),
    }
)
ANYTHING: Json = {"type": "object"}
ALERTS = objects({"alerts": many({"type": "object"})})
STATUS: Json = {
    "allOf": [
        {"$ref": "#/components/schemas/EngineStatus"},
        objects(
            {
                "mode": TEXT,
                "version": maybe(TEXT),
                "generation": maybe(WHOLE),
                "ready": maybe(FLAG),
                "at_ms": TIME,
                "account": maybe({"$ref": "#/components/schemas/AccountView"}),
                "streams": maybe({"$ref": "#/components/schemas/StreamsView"}),
                "user_stream": maybe({"$ref": "#/components/schemas/UserStreamView"}),
                "statistics": maybe({"$ref": "#/components/schemas/StatisticsView"}),
            }
        ),
    ]
}
