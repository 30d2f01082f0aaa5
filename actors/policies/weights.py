"""Weights: what every venue call costs, and which kind of operation it is.

Owns the weight table as data: request weight counts per address and minute, orders per account
in windows of 10 s and of 1 min. A call that is not in the table raises `UnknownEndpoint`: the
engine sends nothing whose price it does not know.

Source: Binance USDS-M endpoint pages as told by the official SDK's docstrings, read 2026-11-20.
The header X-MBX-USED-WEIGHT-1M is the truth and corrects what is counted from here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from attrs import frozen

from ...messages.values import Operation
from ..errors import InvariantBroken


class UnknownEndpoint(InvariantBroken):
    """A call that the weight table does not know: our bug, nothing was sent."""

    def __init__(self, method: str, path: str) -> None:
        super().__init__(f"{method} {path} is not in the weight table")
        self.method = method
        self.path = path


@frozen
class Cost:
    """What one call takes from each of the venue's budgets."""

    weight: int
    orders_10s: int = 0
    orders_1m: int = 0


@frozen
class Endpoint:
    """One row of the table; weights are per call."""

    operation: Operation
    cost: Cost
    weight_without_symbol: int | None = None
    """Charged instead when the call names no symbol and so asks for all of them."""
    weight_by_limit: tuple[tuple[int, int], ...] = ()
    """(largest `limit`, weight) in rising order; the last row holds for everything above."""
    limit_default: int = 0


_ONE_ORDER = Cost(weight=0, orders_10s=1, orders_1m=1)
_FIVE_ORDERS = Cost(weight=5, orders_10s=5, orders_1m=1)


def _read(weight: int, *, without_symbol: int | None = None) -> Endpoint:
    """Make the row of a call that changes nothing."""
    return Endpoint(Operation.READ, Cost(weight), weight_without_symbol=without_symbol)


def _cancel() -> Endpoint:
    """Make the row of a cancel, which counts as no order."""
    return Endpoint(Operation.CANCEL, Cost(1))


def _configure(weight: int = 1) -> Endpoint:
    """Make the row of a call that changes a setting of the account."""
    return Endpoint(Operation.CONFIGURE, Cost(weight))


ENDPOINTS: Mapping[tuple[str, str], Endpoint] = MappingProxyType(
    {
        ("POST", "/fapi/v1/order"): Endpoint(Operation.PLACE, _ONE_ORDER),
        ("PUT", "/fapi/v1/order"): Endpoint(Operation.AMEND, _ONE_ORDER),
        ("POST", "/fapi/v1/algoOrder"): Endpoint(Operation.PLACE, _ONE_ORDER),
        ("POST", "/fapi/v1/batchOrders"): Endpoint(Operation.PLACE, _FIVE_ORDERS),
        ("PUT", "/fapi/v1/batchOrders"): Endpoint(Operation.AMEND, _FIVE_ORDERS),
        ("DELETE", "/fapi/v1/order"): _cancel(),
        ("DELETE", "/fapi/v1/batchOrders"): _cancel(),
        ("DELETE", "/fapi/v1/allOpenOrders"): _cancel(),
        ("DELETE", "/fapi/v1/algoOrder"): _cancel(),
        ("DELETE", "/fapi/v1/algoOpenOrders"): _cancel(),
        ("GET", "/fapi/v1/order"): _read(1),
        ("GET", "/fapi/v1/openOrder"): _read(1),
        ("GET", "/fapi/v1/algoOrder"): _read(1),
        ("GET", "/fapi/v1/orderAmendment"): _read(1),
        ("GET", "/fapi/v1/rateLimit/order"): _read(1),
        ("GET", "/fapi/v1/openOrders"): _read(1, without_symbol=40),
        ("GET", "/fapi/v1/openAlgoOrders"): _read(1, without_symbol=40),
        ("GET", "/fapi/v1/allOrders"): _read(5),
        ("GET", "/fapi/v1/allAlgoOrders"): _read(5),
        ("GET", "/fapi/v1/userTrades"): _read(5),
        ("POST", "/fapi/v1/countdownCancelAll"): _configure(10),
        ("POST", "/fapi/v1/leverage"): _configure(),
        ("POST", "/fapi/v1/marginType"): _configure(),
        ("POST", "/fapi/v1/positionSide/dual"): _configure(),
        ("POST", "/fapi/v1/multiAssetsMargin"): _configure(),
        ("POST", "/fapi/v1/positionMargin"): _configure(),
        ("POST", "/fapi/v1/feeBurn"): _configure(),
        ("GET", "/fapi/v1/positionSide/dual"): _read(30),
        ("GET", "/fapi/v1/multiAssetsMargin"): _read(30),
        ("GET", "/fapi/v1/income"): _read(30),
        ("GET", "/fapi/v1/feeBurn"): _read(30),
        ("GET", "/fapi/v2/account"): _read(5),
        ("GET", "/fapi/v3/account"): _read(5),
        ("GET", "/fapi/v2/balance"): _read(5),
        ("GET", "/fapi/v3/balance"): _read(5),
        ("GET", "/fapi/v2/positionRisk"): _read(5),
        ("GET", "/fapi/v3/positionRisk"): _read(5),
        ("GET", "/fapi/v1/symbolConfig"): _read(5),
        ("GET", "/fapi/v1/accountConfig"): _read(5),
        ("GET", "/fapi/v1/adlQuantile"): _read(5),
        ("GET", "/fapi/v1/leverageBracket"): _read(1),
        ("GET", "/fapi/v1/exchangeInfo"): _read(1),
        ("GET", "/fapi/v1/time"): _read(1),
        ("GET", "/fapi/v1/ping"): _read(1),
        ("GET", "/fapi/v1/commissionRate"): _read(20),
        ("GET", "/fapi/v1/forceOrders"): _read(20, without_symbol=50),
        # Asking twice for the key of the stream gives the same key, so nothing can be lost.
        ("POST", "/fapi/v1/listenKey"): _read(1),
        ("PUT", "/fapi/v1/listenKey"): _read(1),
        ("DELETE", "/fapi/v1/listenKey"): _read(1),
        ("GET", "/fapi/v1/depth"): Endpoint(
            Operation.READ,
            Cost(20),
            weight_by_limit=((50, 2), (100, 5), (500, 10), (1000, 20)),
            limit_default=500,
        ),
        ("GET", "/fapi/v1/klines"): Endpoint(
            Operation.READ,
            Cost(10),
            weight_by_limit=((99, 1), (499, 2), (1000, 5), (1500, 10)),
            limit_default=500,
        ),
        ("GET", "/fapi/v1/aggTrades"): _read(20),
        ("GET", "/fapi/v1/trades"): _read(5),
        ("GET", "/fapi/v1/ticker/bookTicker"): _read(2, without_symbol=5),
        ("GET", "/fapi/v2/ticker/price"): _read(1, without_symbol=2),
        ("GET", "/fapi/v1/premiumIndex"): _read(1, without_symbol=10),
        ("GET", "/fapi/v1/ticker/24hr"): _read(1, without_symbol=40),
    }
)
"""Every call that the engine may make, by method and path."""


def endpoint(method: str, path: str) -> Endpoint:
    """Return the row of a call; raise `UnknownEndpoint` when there is none."""
    row = ENDPOINTS.get((method, path))
    if row is None:
        raise UnknownEndpoint(method, path)
    return row


def cost(method: str, path: str, params: Mapping[str, str]) -> Cost:
    """Return what a call with these parameters costs; a limit that is no number costs most."""
    row = endpoint(method, path)
    if row.weight_by_limit:
        return Cost(_weight_of_limit(row, params.get("limit", str(row.limit_default))))
    if row.weight_without_symbol is not None and not params.get("symbol"):
        return Cost(row.weight_without_symbol)
    return row.cost


def _weight_of_limit(row: Endpoint, limit: str) -> int:
    """Find the weight of the first row whose limit is not exceeded."""
    if limit.isascii() and limit.isdigit():
        for limit_max, weight in row.weight_by_limit:
            if int(limit) <= limit_max:
                return weight
    return row.cost.weight
