"""Order lines: one order as JSON for programs and as lines for people.

Pure. Money and quantities stay text; times are milliseconds in JSON and UTC clock times in lines.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ...messages.queries import OrderView
from ..policies.rounding import plain

SECOND_MS = 1_000


def order_json(view: OrderView) -> dict[str, Any]:
    """Return an order as JSON values."""
    return {
        "client_order_id": view.client_order_id,
        "venue_order_id": view.venue_order_id,
        "client_algo_id": view.client_algo_id,
        "algo_id": view.algo_id,
        "signal_id": view.signal_id,
        "strategy": view.strategy,
        "symbol": view.symbol,
        "side": view.side.value,
        "position_side": view.position_side.value,
        "order_type": view.order_type.value,
        "time_in_force": view.time_in_force.value,
        "state": view.state.value,
        "reason": view.reason,
        "quantity": plain(view.quantity),
        "price": None if view.price is None else plain(view.price),
        "trigger_price": None if view.trigger_price is None else plain(view.trigger_price),
        "filled": plain(view.filled),
        "average_price": plain(view.average_price),
        "attempts": view.attempts,
        "created_at_ms": view.created_at_ms,
        "deadline_ms": view.deadline_ms,
        "times": [{"state": each.state.value, "at_ms": each.at_ms} for each in view.times],
        "errors": [
            {
                "operation": each.operation.value,
                "attempt": each.attempt,
                "attempts_max": each.attempts_max,
                "error_type": each.error_type.value,
                "kind": each.kind.value,
                "outcome": each.outcome.value,
                "severity": each.severity.value,
                "status": each.status,
                "code": each.code,
                "text": each.text,
                "at_ms": each.at_ms,
            }
            for each in view.errors
        ],
    }


def order_lines(order: dict[str, Any]) -> Iterator[str]:
    """Yield the lines that show an order of `order_json` to people."""
    reason = f"  ({order['reason']})" if order["reason"] else ""
    yield f"order      {order['client_order_id']}  {order['state']}{reason}"
    limit = f" limit {order['price']}" if order["price"] else ""
    trigger = f" trigger {order['trigger_price']}" if order["trigger_price"] else ""
    yield (
        f"wanted     {order['side']} {order['quantity']} {order['symbol']} "
        f"{order['order_type']}{limit}{trigger}"
    )
    yield f"filled     {order['filled']} at {order['average_price']}"
    ids = (("venue", "venue_order_id"), ("algo", "algo_id"))
    yield "ids        " + (
        ", ".join(f"{name} {order[key]}" for name, key in ids if order[key]) or "none at the venue"
    )
    for move in order["times"]:
        yield f"  {_clock(move['at_ms'])}  {move['state']}"
    for error in order["errors"]:
        yield (
            f"  {_clock(error['at_ms'])}  {error['operation']} {error['attempt']} of "
            f"{error['attempts_max']}: {error['error_type']} {error['severity']}"
            f" {error['code'] or error['status']} {error['text']}".rstrip()
        )


def _clock(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms // SECOND_MS, UTC)
    return f"{at:%H:%M:%S}.{at_ms % SECOND_MS:03d}"
