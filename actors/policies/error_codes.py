"""Error codes: every code of the venue's futures interface, told as the kind that it means.

Owns the data of the error table and no decision: the codes by kind, the kind's usual outcome,
type and severity, and the few codes that differ from their kind. `error_table.py` reads it.
A code that is not here is unknown, which for a mutation means an unknown outcome.

Source: Binance USDS-M futures error codes (pages and change log as of 2026-11-20), which say
whether a code proves that nothing was executed; where field reports contradict the pages the
side that cannot execute an order twice was taken (-1001 is unknown, not failed).
"""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from ...messages.values import ErrorKind, ErrorType, Outcome, Severity


@frozen
class KindRow:
    """What a kind means when its code says nothing more special."""

    outcome: Outcome
    error_type: ErrorType
    severity: Severity


@frozen
class CodeRow:
    """One code of the venue with its complete meaning."""

    code: int
    name: str
    kind: ErrorKind
    outcome: Outcome
    error_type: ErrorType
    severity: Severity


_REFUSED = KindRow(Outcome.REJECTED, ErrorType.INVALID_ORDER, Severity.WARNING)

KINDS: Mapping[ErrorKind, KindRow] = MappingProxyType(
    {
        ErrorKind.NETWORK: KindRow(Outcome.NOT_EXECUTED, ErrorType.NETWORK_ERROR, Severity.WARNING),
        ErrorKind.OVERLOAD: KindRow(Outcome.NOT_EXECUTED, ErrorType.API_ERROR, Severity.WARNING),
        ErrorKind.VENUE_DOWN: KindRow(Outcome.NOT_EXECUTED, ErrorType.API_ERROR, Severity.WARNING),
        ErrorKind.RATE_LIMITED: KindRow(
            Outcome.NOT_EXECUTED, ErrorType.RATE_LIMIT_ERROR, Severity.CRITICAL
        ),
        ErrorKind.ORDER_LIMITED: KindRow(
            Outcome.NOT_EXECUTED, ErrorType.RATE_LIMIT_ERROR, Severity.CRITICAL
        ),
        ErrorKind.BANNED: KindRow(
            Outcome.NOT_EXECUTED, ErrorType.RATE_LIMIT_ERROR, Severity.CRITICAL
        ),
        ErrorKind.UNKNOWN_OUTCOME: KindRow(
            Outcome.UNKNOWN, ErrorType.UNKNOWN_ERROR, Severity.WARNING
        ),
        ErrorKind.CLOCK: KindRow(Outcome.NOT_EXECUTED, ErrorType.API_ERROR, Severity.WARNING),
        ErrorKind.STALE_FILTERS: _REFUSED,
        ErrorKind.WRONG_ROUTE: _REFUSED,
        ErrorKind.INVALID: _REFUSED,
        ErrorKind.MARKET_REFUSAL: _REFUSED,
        ErrorKind.WOULD_TRIGGER: _REFUSED,
        ErrorKind.REDUCE_ONLY_REFUSED: _REFUSED,
        ErrorKind.NO_MARGIN: KindRow(
            Outcome.REJECTED, ErrorType.INSUFFICIENT_BALANCE, Severity.WARNING
        ),
        ErrorKind.TOO_MANY_OPEN: _REFUSED,
        ErrorKind.DUPLICATE_ID: KindRow(Outcome.EXISTS, ErrorType.API_ERROR, Severity.WARNING),
        ErrorKind.NOT_FOUND: KindRow(Outcome.REJECTED, ErrorType.API_ERROR, Severity.INFO),
        ErrorKind.CANCEL_REFUSED: KindRow(Outcome.REJECTED, ErrorType.API_ERROR, Severity.INFO),
        ErrorKind.ALREADY_SO: KindRow(Outcome.DONE, ErrorType.API_ERROR, Severity.INFO),
        ErrorKind.MODE_MISMATCH: _REFUSED,
        ErrorKind.SYMBOL_RESTRICTED: _REFUSED,
        ErrorKind.ACCOUNT_RESTRICTED: KindRow(
            Outcome.REJECTED, ErrorType.API_ERROR, Severity.CRITICAL
        ),
        ErrorKind.LIQUIDATION: KindRow(Outcome.REJECTED, ErrorType.API_ERROR, Severity.CRITICAL),
        ErrorKind.STATE_CONFLICT: _REFUSED,
        ErrorKind.CLOSE_POSITION_EXISTS: _REFUSED,
        ErrorKind.AUTH: KindRow(Outcome.REJECTED, ErrorType.API_ERROR, Severity.CRITICAL),
        ErrorKind.BUG: KindRow(Outcome.REJECTED, ErrorType.UNKNOWN_ERROR, Severity.CRITICAL),
    }
)

_NAMES_BY_KIND: Mapping[ErrorKind, Mapping[int, str]] = {
    ErrorKind.UNKNOWN_OUTCOME: {
        -1000: "UNKNOWN",
        -1001: "DISCONNECTED",
        -1006: "UNEXPECTED_RESP",
        -1007: "TIMEOUT",
        -1010: "ERROR_MSG_RECEIVED",
        -1016: "SERVICE_SHUTTING_DOWN",
        -2012: "CANCEL_ALL_FAIL",
        -4083: "batch failed",
    },
    ErrorKind.RATE_LIMITED: {-1003: "TOO_MANY_REQUESTS"},
    ErrorKind.ORDER_LIMITED: {-1015: "TOO_MANY_ORDERS"},
    ErrorKind.OVERLOAD: {-1008: "throttled by overload protection"},
    ErrorKind.CLOCK: {-1021: "INVALID_TIMESTAMP", -5028: "ME_RECVWINDOW_REJECT"},
    ErrorKind.AUTH: {
        -1002: "UNAUTHORIZED",
        -1005: "NO_SUCH_IP",
        -1011: "NON_WHITE_LIST",
        -1099: "NOT_FOUND or not authorised",
        -2014: "BAD_API_KEY_FMT",
        -2015: "REJECTED_MBX_KEY",
        -2017: "API keys are locked",
        -4056: "INVALID_API_KEY_TYPE",
        -4057: "INVALID_RSA_PUBLIC_KEY",
    },
    # Filters that moved under us. A negative number (-4001, -4003, -4006) is not among them:
    # no refresh makes it right.
    ErrorKind.STALE_FILTERS: {
        -1111: "BAD_PRECISION",
        -1121: "BAD_SYMBOL",
        -4002: "price greater than the maximum",
        -4004: "quantity less than the minimum",
        -4005: "quantity greater than the maximum",
        -4007: "stop price greater than the maximum",
        -4013: "price less than the minimum",
        -4014: "PRICE_NOT_INCREASED_BY_TICK_SIZE",
        -4016: "price above the mark price band",
        -4023: "QTY_NOT_INCREASED_BY_STEP_SIZE",
        -4024: "price below the mark price band",
        -4164: "MIN_NOTIONAL",
        -4183: "limit price above the stop band",
        -4184: "limit price below the stop band",
        -4210: "stop price above the band",
        -4211: "stop price below the band",
        -5029: "MODIFICATION_MIN_NOTIONAL",
    },
    # The market refuses what is a correct order: final for an entry, repeated for an exit.
    ErrorKind.MARKET_REFUSAL: {
        -1112: "NO_DEPTH",
        -2010: "NEW_ORDER_REJECTED",
        -2020: "UNABLE_TO_FILL",
        -4131: "MARKET_ORDER_REJECT",
        -5021: "FOK_ORDER_REJECT",
        -5022: "GTX_ORDER_REJECT",
        -5041: "BBO_ORDER_REJECT",
    },
    ErrorKind.WOULD_TRIGGER: {
        -2021: "ORDER_WOULD_IMMEDIATELY_TRIGGER",
        -4142: "STRATEGY_INVALID_TRIGGER_PRICE",
    },
    # No position, or other reducing orders compete for it. A stop that lives with its position
    # (-4129, -4509) is refused for the same first reason.
    ErrorKind.REDUCE_ONLY_REFUSED: {
        -2022: "REDUCE_ONLY_REJECT",
        -2024: "POSITION_NOT_SUFFICIENT",
        -2026: "REDUCE_ONLY_ORDER_TYPE_NOT_SUPPORTED",
        -4062: "REDUCE_ONLY_CONFLICT",
        -4112: "reduce only failed",
        -4118: "REDUCE_ONLY_MARGIN_CHECK_FAILED",
        -4129: "GTE time in force without a position",
        -4509: "GTE time in force without open positions",
        -5047: "the original is not reduce only",
    },
    ErrorKind.NO_MARGIN: {
        -2018: "BALANCE_NOT_SUFFICIENT",
        -2019: "MARGIN_NOT_SUFFICIENT",
        -2027: "MAX_LEVERAGE_RATIO",
        -2028: "MIN_LEVERAGE_RATIO",
        -4050: "CROSS_BALANCE_INSUFFICIENT",
        -4051: "ISOLATED_BALANCE_INSUFFICIENT",
    },
    ErrorKind.TOO_MANY_OPEN: {
        -2025: "MAX_OPEN_ORDER_EXCEEDED",
        -4045: "MAX_STOP_ORDER_EXCEEDED",
        -5026: "amend count exceeded",
    },
    ErrorKind.DUPLICATE_ID: {-4116: "DUPLICATED_CLIENT_ORDER_ID"},
    ErrorKind.NOT_FOUND: {-2013: "NO_SUCH_ORDER"},
    ErrorKind.CANCEL_REFUSED: {-2011: "CANCEL_REJECTED"},
    ErrorKind.WRONG_ROUTE: {-4120: "STOP_ORDER_SWITCH_ALGO"},
    ErrorKind.CLOSE_POSITION_EXISTS: {-4130: "a close position order of that side is open"},
    ErrorKind.LIQUIDATION: {-2023: "USER_IN_LIQUIDATION"},
    ErrorKind.ALREADY_SO: {
        -4046: "NO_NEED_TO_CHANGE_MARGIN_TYPE",
        -4052: "auto-add margin is already so",
        -4059: "NO_NEED_TO_CHANGE_POSITION_SIDE",
        -4171: "asset mode is already so",
        -5027: "SAME_ORDER",
    },
    # -1106 is what reduceOnly gets in hedge mode.
    ErrorKind.MODE_MISMATCH: {
        -1106: "PARAM_NOT_REQUIRED",
        -4060: "INVALID_POSITION_SIDE",
        -4061: "POSITION_SIDE_NOT_MATCH",
    },
    ErrorKind.SYMBOL_RESTRICTED: {
        -1122: "INVALID_SYMBOL_STATUS",
        -2016: "NO_TRADING_WINDOW",
        -4022: "market status",
        -4140: "symbol is not open for new positions",
        -4141: "symbol is closed",
        -5024: "MOVE_ORDER_NOT_ALLOWED_SYMBOL_REASON",
    },
    ErrorKind.ACCOUNT_RESTRICTED: {
        -4087: "REDUCE_ONLY_ORDER_PERMISSION",
        -4088: "NO_PLACE_ORDER_PERMISSION",
        -4109: "INACTIVE_ACCOUNT",
        -4192: "COOLING_OFF_PERIOD",
        -4400: "quantitative rule: reduce only",
        -4401: "large position: reduce only",
        -4402: "regional restriction",
        -4403: "regional restriction",
    },
    ErrorKind.STATE_CONFLICT: {
        -1125: "INVALID_LISTEN_KEY",
        -4000: "INVALID_ORDER_STATUS",
        -4047: "margin type is blocked by open orders",
        -4048: "margin type is blocked by a position",
        -4067: "position mode is blocked by open orders",
        -4068: "position mode is blocked by a position",
        -4117: "STOP_ORDER_TRIGGERING",
        -4161: "ISOLATED_LEVERAGE_REJECT_WITH_POSITION",
        -4167: "asset mode conflict",
        -4168: "asset mode conflict",
        -4169: "asset mode conflict",
        -4170: "asset mode conflict",
        -4172: "asset mode conflict",
        -4531: "position mode is being synchronised",
        -5043: "another amend is pending",
    },
    # Malformed or out of place: the request is wrong and stays wrong however often it is sent.
    ErrorKind.INVALID: {
        -1004: "DUPLICATE_IP",
        -1013: "INVALID_MESSAGE",
        -1014: "UNKNOWN_ORDER_COMPOSITION",
        -1020: "UNSUPPORTED_OPERATION",
        -1022: "INVALID_SIGNATURE",
        -1023: "START_TIME_GREATER_THAN_END_TIME",
        -1100: "ILLEGAL_CHARS",
        -1101: "TOO_MANY_PARAMETERS",
        -1102: "MANDATORY_PARAM_EMPTY_OR_MALFORMED",
        -1103: "UNKNOWN_PARAM",
        -1104: "UNREAD_PARAMETERS",
        -1105: "PARAM_EMPTY",
        -1108: "BAD_ASSET",
        -1109: "BAD_ACCOUNT",
        -1110: "BAD_INSTRUMENT_TYPE",
        -1113: "WITHDRAW_NOT_NEGATIVE",
        -1114: "time in force is not required",
        -1115: "bad time in force",
        -1116: "bad order type",
        -1117: "bad side",
        -1118: "empty new client order id",
        -1119: "empty original client order id",
        -1120: "BAD_INTERVAL",
        -1126: "asset is not supported",
        -1127: "time window is too long",
        -1128: "bad combination of optional parameters",
        -1130: "INVALID_PARAMETER",
        -1136: "INVALID_NEW_ORDER_RESP_TYPE",
        -4001: "price less than zero",
        -4003: "quantity less than zero",
        -4006: "stop price less than zero",
        -4015: "INVALID_CL_ORD_ID_LEN",
        -4020: "TARGET_STRATEGY_INVALID",
        -4021: "invalid depth limit",
        -4027: "invalid account type",
        -4028: "INVALID_LEVERAGE",
        -4031: "INVALID_WORKING_TYPE",
        -4032: "EXCEED_MAX_CANCEL_ORDER_SIZE",
        -4033: "insurance account",
        -4044: "invalid balance type",
        -4049: "isolated margin only",
        -4053: "auto-add margin is for isolated margin only",
        -4054: "no position to add margin to",
        -4055: "margin amount must be positive",
        -4082: "batch is too long",
        -4084: "method is not supported yet",
        -4085: "coefficient",
        -4086: "coefficient",
        -4104: "invalid contract type",
        -4114: "transfer id is too long",
        -4115: "transfer id is a duplicate",
        -4135: "INVALID_ACTIVATION_PRICE",
        -4136: "strategy is invalid with close position",
        -4137: "close position takes no quantity",
        -4138: "close position must reduce",
        -4139: "ORDER_TYPE_CANNOT_BE_MKT",
        -4144: "invalid pair",
        -4165: "INVALID_TIME_INTERVAL",
        -5025: "LIMIT_ORDER_ONLY",
        -5037: "invalid price match",
        -5038: "price match is not for this order type",
        -5039: "invalid self-trade prevention mode",
        -5040: "FUTURE_GOOD_TILL_DATE",
        # Definitions of the venue's own filters, wrong on its side.
        **dict.fromkeys((-4008, -4009, -4010, -4011, -4012), "filter definition"),
        **dict.fromkeys((-4017, -4018, -4019, -4025, -4026), "filter definition"),
        **dict.fromkeys((-4029, -4030, -4058), "filter definition"),
        **dict.fromkeys((*range(-4066, -4062), *range(-4081, -4068)), "options product"),
        # Limits of one leverage call (age, country, symbol), not of what the account may trade.
        **dict.fromkeys((-4202, -4203, -4205, -4206, -4208, -4209), "leverage limit"),
    },
}

# Where the kind's usual type would lie about the cause, or give a number of repetitions that
# does not fit: a blocked order may be looked at again, a blocked configuration is refused.
_TYPES: Mapping[int, ErrorType] = {
    -1001: ErrorType.API_ERROR,
    -1006: ErrorType.TIMEOUT_ERROR,
    -1007: ErrorType.TIMEOUT_ERROR,
    -1016: ErrorType.API_ERROR,
    -4000: ErrorType.API_ERROR,
    -4117: ErrorType.API_ERROR,
    -5043: ErrorType.API_ERROR,
}

# A bad signature refuses every request alike, so it is as loud as a bad key.
_SEVERITIES: Mapping[int, Severity] = {-1022: Severity.CRITICAL}


def _row(kind: ErrorKind, code: int, name: str) -> CodeRow:
    """Complete a code with what its kind usually means."""
    usual = KINDS[kind]
    return CodeRow(
        code=code,
        name=name,
        kind=kind,
        outcome=usual.outcome,
        error_type=_TYPES.get(code, usual.error_type),
        severity=_SEVERITIES.get(code, usual.severity),
    )


CODES: Mapping[int, CodeRow] = MappingProxyType(
    {
        code: _row(kind, code, name)
        for kind, names in _NAMES_BY_KIND.items()
        for code, name in names.items()
    }
)
"""Every documented code, by number."""
