"""FaultTargets: which requests a drawn fault can befall, and what a refusal says.

Owns the table of refusals (fault, code, HTTP status, what they refuse) and the exemptions that the
venue grants: overload (-1008) never hits reducing orders and cancels (general info, 2026-10-03).
Source: the error-code page of USDS-M futures, read 2026-11-20.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from attrs import frozen

from ...actors.ports import VenueRequest
from .faults import Fault

ORDER, ALGO_ORDER = "/fapi/v1/order", "/fapi/v1/algoOrder"
READS_THAT_LAG = (
    "/fapi/v1/order",
    "/fapi/v1/openOrders",
    "/fapi/v1/algoOrder",
    "/fapi/v1/openAlgoOrders",
    "/fapi/v3/positionRisk",
    "/fapi/v1/userTrades",
    "/fapi/v3/account",
)
_WITH_STATUS = ("/fapi/v1/order", "/fapi/v1/openOrders", "/fapi/v1/algoOrder")


def is_placement(request: VenueRequest) -> bool:
    """True for a new order of either store."""
    return request.method == "POST" and request.path in (ORDER, ALGO_ORDER)


def is_entry(request: VenueRequest) -> bool:
    """True for a new regular order that may open risk."""
    return _is_regular(request) and not is_reducing(request)


def is_reducing(request: VenueRequest) -> bool:
    """True for a new order that can only make a position smaller."""
    params = request.params
    if "true" in (params.get("reduceOnly", "").lower(), params.get("closePosition", "").lower()):
        return True
    position_side = params.get("positionSide", "BOTH")
    if position_side not in ("LONG", "SHORT"):
        return False
    return (params.get("side") == "SELL") == (position_side == "LONG")


def _is_regular(request: VenueRequest) -> bool:
    return request.method == "POST" and request.path == ORDER


def _is_conditional(request: VenueRequest) -> bool:
    return request.method == "POST" and request.path == ALGO_ORDER


def _is_reducer(request: VenueRequest) -> bool:
    return _is_regular(request) and is_reducing(request)


def _is_market(request: VenueRequest) -> bool:
    return _is_regular(request) and request.params.get("type") == "MARKET"


def _is_limit(request: VenueRequest) -> bool:
    return _is_regular(request) and request.params.get("type") == "LIMIT"


def _is_mutation(request: VenueRequest) -> bool:
    return request.method != "GET" and request.path in (ORDER, ALGO_ORDER)


def _is_amendment(request: VenueRequest) -> bool:
    return request.method == "PUT"


def _is_cancel(request: VenueRequest) -> bool:
    return request.method == "DELETE" and request.path in (ORDER, ALGO_ORDER)


def _is_signed(request: VenueRequest) -> bool:
    return request.signed


def _can_lag(request: VenueRequest) -> bool:
    return request.method == "GET" and request.path in READS_THAT_LAG


def _has_status(request: VenueRequest) -> bool:
    return request.path in _WITH_STATUS


def _is_throttled(request: VenueRequest) -> bool:
    is_new = is_placement(request) or _is_amendment(request)
    return is_new and not is_reducing(request)


@frozen
class Refusal:
    """An answer that refuses: its code, its HTTP status, and which requests it can meet."""

    code: int
    meets: Callable[[VenueRequest], bool]
    status: int = 400


REFUSALS: Mapping[Fault, Refusal] = MappingProxyType(
    {
        Fault.THROTTLED_1008: Refusal(-1008, _is_throttled, status=503),
        Fault.TIMESTAMP_1021: Refusal(-1021, _is_signed),
        Fault.RECV_WINDOW_5028: Refusal(-5028, _is_mutation),
        Fault.PRECISION_1111: Refusal(-1111, is_placement),
        Fault.TICK_4014: Refusal(-4014, _is_limit),
        Fault.STEP_4023: Refusal(-4023, _is_regular),
        Fault.PRICE_BAND_4016: Refusal(-4016, _is_limit),
        Fault.NOTIONAL_4164: Refusal(-4164, is_entry),
        Fault.MARGIN_2019: Refusal(-2019, is_entry),
        Fault.LEVERAGE_2027: Refusal(-2027, is_entry),
        Fault.REDUCE_ONLY_2022: Refusal(-2022, _is_reducer),
        Fault.WOULD_TRIGGER_2021: Refusal(-2021, _is_conditional),
        Fault.WOULD_MATCH_5022: Refusal(-5022, _is_limit),
        Fault.OPEN_ORDERS_2025: Refusal(-2025, _is_regular),
        Fault.STOP_ORDERS_4045: Refusal(-4045, _is_conditional),
        Fault.COUNTERPARTY_4131: Refusal(-4131, _is_market),
        Fault.NO_DEPTH_1112: Refusal(-1112, _is_market),
        Fault.UNABLE_TO_FILL_2020: Refusal(-2020, _is_market),
        Fault.DUPLICATE_ID_4116: Refusal(-4116, is_placement),
        Fault.REDUCE_ONLY_ACCOUNT_4087: Refusal(-4087, is_entry),
        Fault.QUANTITATIVE_RULE_4400: Refusal(-4400, is_entry),
        Fault.LARGE_POSITION_4401: Refusal(-4401, is_entry),
        Fault.NO_ENTRIES_4140: Refusal(-4140, is_entry),
        Fault.SYMBOL_CLOSED_4141: Refusal(-4141, is_placement),
        Fault.SYMBOL_STATUS_1122: Refusal(-1122, is_placement),
        Fault.IN_LIQUIDATION_2023: Refusal(-2023, _is_regular),
        Fault.UNKNOWN_CODE_9999: Refusal(-9999, _is_mutation),
    }
)

_MEETS: Mapping[Fault, Callable[[VenueRequest], bool]] = MappingProxyType(
    {
        **{fault: refusal.meets for fault, refusal in REFUSALS.items()},
        Fault.ANSWER_AFTER_FILL: is_placement,
        Fault.ANSWER_UNKNOWN_STATUS: _has_status,
        Fault.REQUEST_TWICE: is_placement,
        Fault.AMEND_LOST: _is_amendment,
        Fault.READS_LAG: _can_lag,
        Fault.ORDER_EXPIRED: _is_regular,
        Fault.FILL_PARTIAL: _is_regular,
        Fault.CANCEL_RACE: _is_cancel,
    }
)


def befalls(fault: Fault, request: VenueRequest) -> bool:
    """Return True when a drawn fault can befall a request."""
    meets = _MEETS.get(fault)
    return meets is None or meets(request)
