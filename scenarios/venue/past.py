"""Past: what a reader is told whose copy of the exchange is some time old.

Owns the way back from the exchange as it is to the exchange as it was: orders and conditional
orders without what happened since, positions as the sum of the fills until then, the wallet
without what those fills brought. A query that is answered so knows less than the user stream.
What an amendment changed is not taken back.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import copy
from decimal import Decimal
from typing import Any

from attrs import evolve

from ...actors.ports import VenueAnswer, VenueRequest
from . import algo_bodies, api_account, bodies
from .account import Position
from .algo_orders import WAITING, AlgoOrder
from .api_orders import symbols_of
from .core import Core
from .moment import NS_PER_MS
from .orders import Order
from .params import Params
from .refusal import TEXTS

ZERO = Decimal(0)
HTTP_OK, NOT_FOUND = 200, -2013


def rolled_back(core: Core, request: VenueRequest, answer: VenueAnswer, lag_ms: int) -> VenueAnswer:
    """Return an answer as a copy that lags behind gives it; refusals stay as they are."""
    reader = _READERS.get(request.path)
    if answer.status != HTTP_OK or reader is None or request.method != "GET":
        return answer
    body = reader(_Past(core, lag_ms), Params(request.params), answer.body)
    if body is None:
        missing = {"code": NOT_FOUND, "msg": TEXTS[NOT_FOUND]}
        return evolve(answer, status=400, body=missing)
    return evolve(answer, body=body)


class _Past:
    """An exchange as it was."""

    def __init__(self, core: Core, lag_ms: int) -> None:
        self.core = core
        self._ns = core.moment.ns - lag_ms * NS_PER_MS
        self._ms = core.moment.ms - lag_ms

    def order(self, order: Order) -> Order | None:
        """Return an order as it was, None when there was none."""
        if order.created_ns > self._ns:
            return None
        if order.updated_ms <= self._ms:
            return order
        was = copy(order)
        was.executed = was.quote_executed = ZERO
        for fill in self.core.matching.fills.of(order.symbol):
            if fill.order_id == order.order_id and fill.at_ms <= self._ms:
                was.executed += fill.quantity
                was.quote_executed += fill.quantity * fill.price
        was.status = "PARTIALLY_FILLED" if was.executed else "NEW"
        was.updated_ms = max(order.created_ms, self._ms)
        return was

    def algo(self, algo: AlgoOrder) -> AlgoOrder | None:
        """Return a conditional order as it was, None when there was none."""
        if algo.created_ns > self._ns:
            return None
        left_ms = algo.triggered_ms or algo.updated_ms
        if algo.is_open or algo.updated_ms <= self._ms:
            return algo
        was = copy(algo)
        was.child = None if algo.child is None else self.order(algo.child)
        if left_ms > self._ms:
            was.status, was.triggered_ms, was.child = WAITING, 0, None
        elif was.child is None:
            was.status = "TRIGGERING"
        was.updated_ms = max(algo.created_ms, self._ms)
        return was

    @contextmanager
    def account(self) -> Generator[None]:
        """Let the account be what it was, for as long as it is read."""
        account = self.core.account
        now = account.positions, account.wallet
        account.positions = {key: self._position(held) for key, held in account.positions.items()}
        account.wallet -= self._earned()
        try:
            yield
        finally:
            account.positions, account.wallet = now

    def is_over(self, at_ms: int) -> bool:
        """True for what had happened by then."""
        return at_ms <= self._ms

    def _position(self, position: Position) -> Position:
        if position.updated_ms <= self._ms:
            return position
        replayed = Position(position.symbol, position.side)
        for fill in self.core.matching.fills.of(position.symbol):
            if fill.position_side == position.side and fill.at_ms <= self._ms:
                change = fill.quantity if fill.side == "BUY" else -fill.quantity
                replayed.add(change, fill.price)
        was = copy(position)
        was.amount, was.cost, was.realized = replayed.amount, replayed.cost, replayed.realized
        return was

    def _earned(self) -> Decimal:
        """Return what fills since then brought to the wallet."""
        fills = (fill for symbol in self.core.books for fill in self.core.matching.fills.of(symbol))
        return sum(
            (fill.realized - fill.quote_fee for fill in fills if fill.at_ms > self._ms), ZERO
        )


def _order(past: _Past, params: Params, _body: Any) -> Any:
    order = past.core.matching.orders.find(
        params.text("symbol"),
        order_id=params.optional_integer("orderId"),
        client_order_id=params.optional("origClientOrderId"),
    )
    was = None if order is None else past.order(order)
    return None if was is None else bodies.queried(was)


def _open_orders(past: _Past, params: Params, _body: Any) -> Any:
    orders = past.core.matching.orders
    found = (
        past.order(order)
        for symbol in symbols_of(past.core, params)
        for order in orders.history_of(symbol)
    )
    return [bodies.queried(was) for was in found if was is not None and was.is_open]


def _algo_order(past: _Past, params: Params, _body: Any) -> Any:
    algo = past.core.conditional.store.find(
        algo_id=params.optional_integer("algoId"), client_algo_id=params.optional("clientAlgoId")
    )
    was = None if algo is None else past.algo(algo)
    return None if was is None else algo_bodies.queried(was)


def _open_algo_orders(past: _Past, params: Params, _body: Any) -> Any:
    store = past.core.conditional.store
    found = (
        past.algo(algo)
        for symbol in symbols_of(past.core, params)
        for algo in store.history_of(symbol)
    )
    return [algo_bodies.opened(was) for was in found if was is not None and was.is_open]


def _trades(past: _Past, _params: Params, body: Any) -> Any:
    return [row for row in body if past.is_over(row["time"])]


def _positions(past: _Past, params: Params, _body: Any) -> Any:
    with past.account():
        return api_account.position_risk(past.core, params)


def _account(past: _Past, params: Params, _body: Any) -> Any:
    with past.account():
        return api_account.account(past.core, params)


_READERS: dict[str, Callable[[_Past, Params, Any], Any]] = {
    "/fapi/v1/order": _order,
    "/fapi/v1/openOrders": _open_orders,
    "/fapi/v1/algoOrder": _algo_order,
    "/fapi/v1/openAlgoOrders": _open_algo_orders,
    "/fapi/v1/userTrades": _trades,
    "/fapi/v3/positionRisk": _positions,
    "/fapi/v3/account": _account,
}
