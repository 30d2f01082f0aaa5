"""Api: one request in, status, headers and body out.

Owns the table of endpoints with their weights and order counts (binance-futures notes §2.1, read
2026-11) and the order of checks: ban, path, weight, timestamp, order count, then the endpoint. A
path or method that the table does not know is 404.
"""

from collections.abc import Callable
from typing import Any

from attrs import frozen

from ...actors.ports import VenueAnswer, VenueRequest
from ...messages.values import Phase
from . import (
    api_account,
    api_algo,
    api_batch,
    api_config,
    api_listen_key,
    api_market,
    api_money,
    api_orders,
    api_prints,
    api_trial,
)
from .core import Core
from .limits import BannedError
from .params import Params
from .refusal import VenueRefusal

RECV_WINDOW_DEFAULT_MS, RECV_WINDOW_MAX_MS, AHEAD_MAX_MS = 5_000, 60_000, 1_000


@frozen
class Route:
    """One endpoint: what it does and costs; `weight_all` applies without a symbol."""

    handle: Callable[[Core, Params], Any]
    weight: int = 1
    weight_all: int | None = None
    orders: int = 0
    """What it counts in ten seconds, and in a minute unless `orders_1m` says otherwise."""
    orders_1m: int | None = None
    is_signed: bool = True
    is_keyed: bool = False
    """It needs the API key, and no signature."""
    weighed: Callable[[Params], int] | None = None
    """What it costs where the parameters say so."""

    @property
    def is_of_account(self) -> bool:
        """True when the answer depends on whose key came with the request."""
        return self.is_signed or self.is_keyed

    def weight_of(self, params: Params) -> int:
        """Return what a request with these parameters costs."""
        if self.weighed is not None:
            return self.weighed(params)
        if self.weight_all is None or params.optional("symbol"):
            return self.weight
        return self.weight_all


def _keyed(handle: Callable[[Core, Params], Any]) -> Route:
    return Route(handle, is_signed=False, is_keyed=True)


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/fapi/v1/order"): Route(api_orders.place, weight=0, orders=1),
    ("POST", "/fapi/v1/order/test"): Route(api_trial.try_out, weight=0, orders=1),
    ("PUT", "/fapi/v1/order"): Route(api_orders.amend, weight=0, orders=1),
    ("DELETE", "/fapi/v1/order"): Route(api_orders.cancel),
    ("GET", "/fapi/v1/order"): Route(api_orders.query),
    ("DELETE", "/fapi/v1/allOpenOrders"): Route(api_orders.cancel_all),
    ("POST", "/fapi/v1/batchOrders"): Route(api_batch.place, weight=5, orders=5, orders_1m=1),
    ("PUT", "/fapi/v1/batchOrders"): Route(api_batch.amend, weight=5, orders=5, orders_1m=1),
    ("DELETE", "/fapi/v1/batchOrders"): Route(api_batch.cancel),
    ("POST", "/fapi/v1/countdownCancelAll"): Route(api_orders.count_down, weight=10),
    ("GET", "/fapi/v1/openOrder"): Route(api_orders.query_open),
    ("GET", "/fapi/v1/openOrders"): Route(api_orders.list_open, weight_all=40),
    ("GET", "/fapi/v1/allOrders"): Route(api_orders.list_all, weight=5),
    ("GET", "/fapi/v1/userTrades"): Route(api_orders.list_trades, weight=5),
    ("POST", "/fapi/v1/algoOrder"): Route(api_algo.place, weight=0, orders=1),
    ("DELETE", "/fapi/v1/algoOrder"): Route(api_algo.cancel),
    ("GET", "/fapi/v1/algoOrder"): Route(api_algo.query),
    ("DELETE", "/fapi/v1/algoOpenOrders"): Route(api_algo.cancel_all),
    ("GET", "/fapi/v1/openAlgoOrders"): Route(api_algo.list_open, weight_all=40),
    ("GET", "/fapi/v1/allAlgoOrders"): Route(api_algo.list_all, weight=5),
    ("GET", "/fapi/v2/account"): Route(api_account.account_v2, weight=5),
    ("GET", "/fapi/v3/account"): Route(api_account.account, weight=5),
    ("GET", "/fapi/v2/balance"): Route(api_account.balance, weight=5),
    ("GET", "/fapi/v3/balance"): Route(api_account.balance, weight=5),
    ("GET", "/fapi/v2/positionRisk"): Route(api_account.position_risk_v2, weight=5),
    ("GET", "/fapi/v3/positionRisk"): Route(api_account.position_risk, weight=5),
    ("GET", "/fapi/v1/adlQuantile"): Route(api_account.adl_quantile, weight=5),
    ("GET", "/fapi/v1/accountConfig"): Route(api_config.account_config, weight=5),
    ("GET", "/fapi/v1/symbolConfig"): Route(api_config.symbol_config, weight=5),
    ("GET", "/sapi/v1/account/apiRestrictions"): Route(api_config.key_rights),
    ("GET", "/fapi/v1/leverageBracket"): Route(api_config.leverage_bracket),
    ("GET", "/fapi/v1/commissionRate"): Route(api_config.commission_rate, weight=20),
    ("GET", "/fapi/v1/feeBurn"): Route(api_config.fee_burn, weight=30),
    ("POST", "/fapi/v1/feeBurn"): Route(api_config.change_fee_burn),
    ("POST", "/fapi/v1/leverage"): Route(api_config.change_leverage),
    ("POST", "/fapi/v1/marginType"): Route(api_config.change_margin_type),
    ("POST", "/fapi/v1/positionMargin"): Route(api_config.change_position_margin),
    ("GET", "/fapi/v1/positionSide/dual"): Route(api_config.position_mode, weight=30),
    ("POST", "/fapi/v1/positionSide/dual"): Route(api_config.change_position_mode),
    ("GET", "/fapi/v1/multiAssetsMargin"): Route(api_config.asset_mode, weight=30),
    ("POST", "/fapi/v1/multiAssetsMargin"): Route(api_config.change_asset_mode),
    ("GET", "/fapi/v1/income"): Route(api_money.income, weight=30),
    ("GET", "/fapi/v1/forceOrders"): Route(api_money.forced_orders, weight=20, weight_all=50),
    ("GET", "/fapi/v1/fundingRate"): Route(api_money.funding_rates, weight=1, is_signed=False),
    ("GET", "/fapi/v1/rateLimit/order"): Route(api_market.order_limits),
    ("POST", "/fapi/v1/listenKey"): _keyed(api_listen_key.create),
    ("PUT", "/fapi/v1/listenKey"): _keyed(api_listen_key.prolong),
    ("DELETE", "/fapi/v1/listenKey"): _keyed(api_listen_key.close),
    # Spot's, since python-binance asks there at its start.
    ("GET", "/api/v3/ping"): Route(api_market.ping, is_signed=False),
    ("GET", "/api/v3/time"): Route(api_market.time, is_signed=False),
    ("GET", "/fapi/v1/ping"): Route(api_market.ping, is_signed=False),
    ("GET", "/fapi/v1/time"): Route(api_market.time, is_signed=False),
    ("GET", "/fapi/v1/exchangeInfo"): Route(api_market.exchange_info, is_signed=False),
    ("GET", "/fapi/v1/premiumIndex"): Route(
        api_market.premium_index, weight_all=10, is_signed=False
    ),
    ("GET", "/fapi/v1/ticker/bookTicker"): Route(
        api_market.book_ticker, weight=2, weight_all=5, is_signed=False
    ),
    ("GET", "/fapi/v1/ticker/price"): Route(api_prints.ticker_price, weight_all=2, is_signed=False),
    ("GET", "/fapi/v2/ticker/price"): Route(api_prints.ticker_price, weight_all=2, is_signed=False),
    ("GET", "/fapi/v1/depth"): Route(
        api_prints.depth, weighed=api_prints.depth_weight, is_signed=False
    ),
    ("GET", "/fapi/v1/ticker/24hr"): Route(api_prints.ticker_day, weight_all=40, is_signed=False),
    ("GET", "/fapi/v1/trades"): Route(api_prints.recent_trades, weight=5, is_signed=False),
    ("GET", "/fapi/v1/aggTrades"): Route(api_prints.aggregate_trades, weight=20, is_signed=False),
    ("GET", "/fapi/v1/klines"): Route(
        api_prints.klines, weighed=api_prints.klines_weight, is_signed=False
    ),
}


def answer(core: Core, request: VenueRequest) -> VenueAnswer:
    """Execute a request that has arrived and return what the venue says."""
    at_ms, limits = core.moment.ms, core.limits
    route: Route | None = None
    try:
        limits.check_ban(at_ms)
        route = route_of(request.method, request.path)
        params = Params(request.params)
        limits.charge_weight(route.weight_of(params), at_ms)
        if route.is_of_account:
            _check_access(core, route, request, params)
        if route.orders:
            limits.charge_orders(route.orders, at_ms, in_1m=route.orders_1m)
            core.liquidation.check_free()
        body = route.handle(core, params)
    except BannedError as ban:
        return banned(core, request, ban)
    except VenueRefusal as refusal:
        return _refused(core, request, refusal)
    headers = limits.weight_headers()
    if route.orders:
        headers |= limits.order_headers()
    return answered(request, 200, body, headers)


def turned_away(core: Core, request: VenueRequest, refusal: VenueRefusal) -> VenueAnswer:
    """Answer one who was refused at the door: his ban and the weight of his request count."""
    at_ms, limits = core.moment.ms, core.limits
    try:
        limits.check_ban(at_ms)
        route = route_of(request.method, request.path)
        limits.charge_weight(route.weight_of(Params(request.params)), at_ms)
    except BannedError as ban:
        return banned(core, request, ban)
    except VenueRefusal as earlier:
        return _refused(core, request, earlier)
    return _refused(core, request, refusal)


def banned(core: Core, request: VenueRequest, ban: BannedError) -> VenueAnswer:
    """Answer one who is banned."""
    headers = core.limits.retry_headers(core.moment.ms, ban.until_ms) if ban.is_told else {}
    return answered(request, 418, {"code": -1003, "msg": ban.message}, headers)


def _refused(core: Core, request: VenueRequest, refusal: VenueRefusal) -> VenueAnswer:
    limits = core.limits
    is_limit = refusal.status == 429
    headers = limits.retry_headers(core.moment.ms) if is_limit else limits.weight_headers()
    body = {"code": refusal.code, "msg": refusal.message}
    return answered(request, refusal.status, body, headers)


def answered(
    request: VenueRequest, status: int, body: Any, headers: dict[str, str], text: str = ""
) -> VenueAnswer:
    """Build an answer that came back in full."""
    return VenueAnswer(request.request_id, Phase.ANSWERED, status, headers, body, text)


def route_of(method: str, path: str) -> Route:
    """Return the endpoint of a method and path, or refuse an unknown one."""
    route = ROUTES.get((method, path))
    if route is None:
        raise VenueRefusal(-5000, path, method, status=404)
    return route


def check_time(core: Core, params: Params) -> None:
    """Accept a timestamp less than a second ahead and no older than the receive window."""
    sent_ms, at_ms = params.integer("timestamp"), core.moment.ms
    window_ms = params.optional_integer("recvWindow") or RECV_WINDOW_DEFAULT_MS
    if window_ms > RECV_WINDOW_MAX_MS:
        raise VenueRefusal(-1021)
    is_timely = sent_ms < at_ms + AHEAD_MAX_MS and at_ms - sent_ms <= window_ms
    if core.settings.checks_time and not is_timely:
        raise VenueRefusal(-1021)


def _check_access(core: Core, route: Route, request: VenueRequest, params: Params) -> None:
    """Want a key, and of a signed request a timestamp of now."""
    if not request.signed:
        raise VenueRefusal(-2014, status=401)
    if route.is_signed:
        check_time(core, params)
