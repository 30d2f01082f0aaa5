"""OperatorDesk: turns files of the spool into commands, and what they did into answers.

Owns the commands that wait for their effect. Whoever has a thread and the time calls `look` again
and again: a command is told at one look, and its answer, the engine's state, is asked for at the
next, so that it tells what the command did. One that takes its time is asked for again until it is
over. Bounds: the spool's own bound of commands a look, and `LOOKS_MAX` looks for one answer.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Protocol

from attrs import define, field

from ...messages.intake import (
    CancelOrders,
    EndOrder,
    FlattenPositions,
    HaltTrading,
    LookForOrder,
    ReconcileNow,
    ResumeTrading,
)
from ...messages.queries import (
    EngineStatus,
    GetOrder,
    GetPositions,
    GetStatistics,
    GetStatus,
    OrdersView,
    PositionsView,
    Query,
    StatisticsView,
)
from ...messages.values import OrderState, TradingState
from ..names import CIRCUIT_BREAKER, EXECUTION_SYSTEM, ORDER_MANAGER, POSITION_MONITOR
from ..policies.rounding import plain
from .operator_outcomes import (
    fault_of,
    outcome_json,
    outcome_of,
    question,
    unknown_symbol,
)
from .order_lines import order_json
from .spool import HALT, Order, Spool

FILE_ORDER = "halt-file"
QUESTIONS: tuple[tuple[str, Query, type], ...] = (
    (CIRCUIT_BREAKER, GetStatus(), EngineStatus),
    (POSITION_MONITOR, GetPositions(), PositionsView),
    (ORDER_MANAGER, GetStatistics(), StatisticsView),
)
"""Whom to ask what, after every command, and what each answers."""
RATE_PLACES = 4
LOOKS_MAX = 1_200
"""At ten looks a second two minutes: longer than the engine needs to give an outcome up."""
ORDER_WORDS = ("order", "look", "end")

Replied = Callable[[Any], None]


class Post(Protocol):
    """The kernel's `post`."""

    def __call__(
        self,
        to: str,
        message: object,
        *,
        correlation: str = "",
        urgent: bool = False,
        reply: Replied | None = None,
    ) -> None:
        """Send a message from outside the core."""
        ...


@define(eq=False)
class OperatorDesk:
    """Between a spool and a kernel."""

    spool: Spool
    post: Post
    deliver: Callable[[Order, Any], None] | None = None
    """Takes an order's replies on whatever thread they come; None takes them at once."""
    symbols: tuple[str, ...] = ()
    """The engine's symbols; a command that names another is refused. Empty knows none, and lets
    every name pass."""
    _halted_by_file: bool = field(init=False, default=False)
    _told: list[Order] = field(init=False, factory=list[Order])
    _replies: dict[str, list[Any]] = field(init=False, factory=dict[str, list[Any]])
    _looks: dict[str, int] = field(init=False, factory=dict[str, int])
    """By command, how often an outcome was asked for that is not over yet."""

    def look(self) -> None:
        """Ask for the effect of what was told before, then tell what is new."""
        told, self._told = self._told, []
        for order in told:
            self._ask(order)
        self._look_for_file()
        for order in self.spool.take():
            self._tell(order)

    def on_reply(self, order: Order, reply: Any) -> None:
        """Take a reply; the last one completes the answer."""
        replies = self._replies.setdefault(order.order_id, [])
        replies.append(reply)
        questions = _questions(order)
        if len(replies) < len(questions):
            return
        del self._replies[order.order_id]
        known = tuple(answer for _, _, answer in questions)
        strange = [each for each in replies if not isinstance(each, known)]
        if strange:
            self.spool.answer(order.order_id, {"ok": False, "reason": f"no state: {strange[0]}"})
        else:
            by_type: dict[type, Any] = {type(each): each for each in replies}
            if not self._asks_again(order, by_type):
                self.spool.answer(order.order_id, _answer(order, by_type))

    def _asks_again(self, order: Order, replies: Mapping[type, Any]) -> bool:
        """Let what is not over yet be asked for at the next look, for a while."""
        outcome, looks = outcome_of(order, replies), self._looks.pop(order.order_id, 0) + 1
        is_awaited = outcome is not None and not outcome.is_over and looks < LOOKS_MAX
        if is_awaited:
            self._looks[order.order_id] = looks
            self._told.append(order)
        return is_awaited

    def _look_for_file(self) -> None:
        reason = self.spool.halt_reason()
        if reason is not None and not self._halted_by_file:
            self._post(HaltTrading(FILE_ORDER, reason, by=HALT), FILE_ORDER, urgent=True)
        self._halted_by_file = reason is not None

    def _tell(self, order: Order) -> None:
        order_id = order.order_id
        if order.symbol and self.symbols and order.symbol not in self.symbols:
            # A name that is misspelled would be flat, and have nothing to cancel.
            refused = {"ok": False, "reason": unknown_symbol(order.symbol, self.symbols)}
            self.spool.answer(order_id, refused)
            return
        match order.command:
            case "halt":
                reason = order.reason or "halted by an operator"
                self._post(HaltTrading(order_id, reason, order.by), order_id, urgent=True)
            case "resume" if self._halted_by_file:
                why = f"a file named {HALT} lies in the data directory; remove it first"
                self.spool.answer(order_id, {"ok": False, "reason": why})
                return
            case "resume":
                reason = order.reason or "resumed by an operator"
                approvals = order.approvals or (order.by,)
                self._post(ResumeTrading(order_id, reason, approvals), order_id, urgent=True)
            case "flatten":
                flatten = FlattenPositions(order_id, order.symbol, order.reason, verified=True)
                self._post(flatten, order_id)
            case "cancel-all":
                cancel = CancelOrders(order_id, order.symbol, order.all_orders, order.reason)
                self._post(cancel, order_id)
            case "reconcile":
                reason = order.reason or "asked by an operator"
                self._post(ReconcileNow(order_id, reason, order.by), order_id)
            case "look":
                self._post(LookForOrder(order_id, order.target), order_id)
            case "end":
                self._post(EndOrder(order_id, order.target, order.reason, order.by), order_id)
            case _:
                pass
        self._told.append(order)

    def _post(self, command: object, order_id: str, *, urgent: bool = False) -> None:
        self.post(EXECUTION_SYSTEM, command, correlation=order_id, urgent=urgent)

    def _ask(self, order: Order) -> None:
        deliver = self.deliver or self.on_reply
        for owner, query, _ in _questions(order):
            self.post(owner, query, reply=lambda reply: deliver(order, reply))


def _questions(order: Order) -> tuple[tuple[str, Query, type], ...]:
    """Return whom to ask what for a command; one that means an order also asks for that."""
    if not order.target:
        return (*QUESTIONS, *question(order))
    return (*QUESTIONS, (ORDER_MANAGER, GetOrder(order.target), OrdersView))


def _answer(order: Order, replies: Mapping[type, Any]) -> dict[str, Any]:
    status: EngineStatus = replies[EngineStatus]
    positions: PositionsView = replies[PositionsView]
    found: OrdersView = replies.get(OrdersView, OrdersView(()))
    outcome = outcome_of(order, replies)
    wrong = _what_is_wrong(order, status, found) or fault_of(outcome)
    return {
        "ok": not wrong,
        "reason": wrong or status.reason,
        "trading_state": status.trading_state.value,
        "epoch": status.epoch,
        "held_symbols": list(status.held_symbols),
        "venue_open": status.venue_open,
        "positions": _positions(positions),
        "realised_pnl": plain(positions.realised_pnl),
        "fees": plain(positions.fees),
        "orders": _orders(replies[StatisticsView]),
        **({"order": order_json(found.orders[0])} if found.orders else {}),
        **outcome_json(outcome),
    }


def _positions(view: PositionsView) -> list[dict[str, Any]]:
    return [
        {
            "symbol": each.symbol,
            "position_side": each.position_side.value,
            "quantity": plain(each.quantity),
            "entry_price": plain(each.entry_price),
            "mark_price": plain(each.mark_price),
            "stop_price": _told(each.stop_price),
            "protected": each.protected,
            "liquidation_price": _told(each.liquidation_price),
            "liquidation_distance_pct": _told(each.liquidation_distance_pct),
        }
        for each in view.positions
    ]


def _told(figure: Decimal | None) -> str | None:
    return None if figure is None else plain(figure)


def _orders(view: StatisticsView) -> dict[str, Any]:
    rate = view.success_rate
    return {
        "total_orders": view.total_orders,
        "executed": view.executed,
        "failed": view.failed,
        "cancelled": view.cancelled,
        "pending": view.pending,
        "success_rate": None if rate is None else plain(round(rate, RATE_PLACES)),
    }


def _what_is_wrong(order: Order, status: EngineStatus, found: OrdersView) -> str:
    if order.command in ORDER_WORDS:
        return _what_is_wrong_with_order(order, found)
    if order.command == "halt" and status.trading_state is not TradingState.HALTED:
        return f"the engine is {status.trading_state.value}, not HALTED"
    if order.command == "resume" and status.trading_state is not TradingState.ACTIVE:
        return f"the engine stays {status.trading_state.value}: {status.reason}"
    return ""


def _what_is_wrong_with_order(order: Order, found: OrdersView) -> str:
    if not found.orders:
        return f"no order {order.target}"
    view = found.orders[0]
    if order.command == "end" and view.state is not OrderState.FAILED:
        return f"the order is {view.state.value}: only a parked one is ended by hand, for a reason"
    return ""
