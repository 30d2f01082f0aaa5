"""ApiMoney: the endpoints of what moved the wallet: income, funding rates, forced orders.

Owns the spelling of their answers. Each has its own default window and age, after which a row is
not told any more.
"""

from itertools import islice
from typing import Any

from .account_settings import DAY_MS
from .api_orders import symbols_of
from .core import Core
from .forced import LIQUIDATION_PREFIX, is_deleveraging
from .frames import average_text, text
from .funding import FundingPaid
from .income import Income
from .orders import Order
from .params import Params
from .refusal import VenueRefusal

WEEK_MS = 7 * DAY_MS
INCOME_DEFAULT, INCOME_MAX = 100, 1000
RATES_DEFAULT, RATES_MAX = 100, 1000
FORCED_DEFAULT, FORCED_MAX = 50, 100


def income(core: Core, params: Params) -> Any:
    """GET /fapi/v1/income; the last seven days by default, the limit keeps the oldest rows."""
    symbol, kind = params.optional("symbol"), params.optional("incomeType")
    start_ms, end_ms = _window(core, params, core.settings.ages.income_ms, default_ms=WEEK_MS)
    rows = [
        row
        for row in core.income.all()
        if start_ms <= row.at_ms <= end_ms and symbol in ("", row.symbol) and kind in ("", row.kind)
    ]
    limit = _limit(params, INCOME_DEFAULT, INCOME_MAX)
    first = limit * (max(1, params.optional_integer("page") or 1) - 1)
    return [_income(row) for row in rows[first : first + limit]]


def funding_rates(core: Core, params: Params) -> Any:
    """GET /fapi/v1/fundingRate; without times the newest rows, else the oldest."""
    rows = sorted(
        (paid for symbol in symbols_of(core, params) for paid in core.funding.paid[symbol]),
        key=lambda paid: paid.due_ms,
    )
    start_ms, end_ms = params.optional_integer("startTime"), params.optional_integer("endTime")
    chosen = [
        paid
        for paid in rows
        if (start_ms is None or paid.due_ms >= start_ms)
        and (end_ms is None or paid.due_ms <= end_ms)
    ]
    limit = _limit(params, RATES_DEFAULT, RATES_MAX)
    newest = start_ms is None and end_ms is None
    return [_funding(paid) for paid in (chosen[-limit:] if newest else chosen[:limit])]


def forced_orders(core: Core, params: Params) -> Any:
    """GET /fapi/v1/forceOrders, newest first."""
    symbol = params.optional("symbol")
    if symbol:
        core.rules(symbol)
    kind = params.optional("autoCloseType")
    if kind not in ("", "LIQUIDATION", "ADL"):
        raise VenueRefusal(-1130, "autoCloseType")
    start_ms, end_ms = _window(core, params, core.settings.ages.forced_order_ms, default_ms=None)
    chosen = (
        order
        for order in reversed(core.forced.orders)
        if symbol in ("", order.symbol)
        and start_ms <= order.created_ms <= end_ms
        and _is_of_kind(order, kind)
    )
    return [_forced(order) for order in islice(chosen, _limit(params, FORCED_DEFAULT, FORCED_MAX))]


def _window(core: Core, params: Params, age_ms: int, *, default_ms: int | None) -> tuple[int, int]:
    """Return the first and last time wanted; nothing older than `age_ms` is told."""
    now_ms = core.moment.ms
    start_ms, end_ms = params.optional_integer("startTime"), params.optional_integer("endTime")
    if start_ms is not None and end_ms is not None and start_ms > end_ms:
        raise VenueRefusal(-1023)
    if start_ms is None:
        start_ms = now_ms - (age_ms if default_ms is None else default_ms)
    return max(start_ms, now_ms - age_ms), now_ms if end_ms is None else end_ms


def _limit(params: Params, default: int, most: int) -> int:
    return max(1, min(most, params.optional_integer("limit") or default))


def _is_of_kind(order: Order, kind: str) -> bool:
    if kind == "ADL":
        return is_deleveraging(order)
    return not kind or order.client_order_id.startswith(LIQUIDATION_PREFIX)


def _income(row: Income) -> dict[str, Any]:
    return {
        "symbol": row.symbol,
        "incomeType": row.kind,
        "income": text(row.amount),
        "asset": row.asset,
        "info": row.kind,
        "time": row.at_ms,
        "tranId": row.transaction_id,
        "tradeId": "" if row.trade_id is None else str(row.trade_id),
    }


def _funding(paid: FundingPaid) -> dict[str, Any]:
    return {
        "symbol": paid.symbol,
        "fundingRate": text(paid.rate),
        "fundingTime": paid.due_ms,
        "markPrice": text(paid.mark),
    }


def _forced(order: Order) -> dict[str, Any]:
    request = order.request
    return {
        "orderId": order.order_id,
        "symbol": order.symbol,
        "status": order.status,
        "clientOrderId": order.client_order_id,
        "price": text(order.price),
        "avgPrice": average_text(order.average_price),
        "origQty": text(order.quantity),
        "executedQty": text(order.executed),
        "cumQuote": text(order.quote_executed),
        "timeInForce": request.time_in_force,
        "type": request.type,
        "reduceOnly": request.reduce_only,
        "closePosition": request.close_position,
        "side": request.side,
        "positionSide": request.position_side,
        "stopPrice": text(request.stop_price),
        "workingType": request.working_type,
        "origType": request.type,
        "time": order.created_ms,
        "updateTime": order.updated_ms,
    }
