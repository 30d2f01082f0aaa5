"""Remote commands: what brakes an engine, or looks at it, by the address of its API.

Owns how a command of the spool becomes requests, and how their answers become the same answer that
an engine leaves in its data directory, so that people and scripts see no difference.
"""

import time
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from ...policies.rounding import plain
from ..spool import Order
from .client import Client
from .place import Url
from .remote import API, Json, Remote

MS = 1_000
LOOK_SECONDS = 0.2
WAIT_MS_MAX = 10_000
OPERATOR = "operator"
ONLY_BY_FOLDER = ("cancel-all", "look", "end")
STATUS_KEYS = ("trading_state", "epoch", "held_symbols", "venue_open")
POSITION_KEYS = (
    "symbol",
    "position_side",
    "quantity",
    "entry_price",
    "mark_price",
    "stop_price",
    "protected",
    "liquidation_price",
    "liquidation_distance_pct",
)


def send_to(url: Url, order: Order, *, timeout_seconds: float) -> Json:
    """Give an engine a command over HTTP and return its answer, as `spool.send` does.

    Raises:
        Unreachable: Nobody answers, or no Callboard does.
        ApiRefused: The API refuses, as without a token.
    """
    if order.command in ONLY_BY_FOLDER:
        raise click.UsageError(f"{order.command} takes a data directory, not a URL")
    remote = Remote(Client.of(url, timeout_seconds))
    if order.command == "order":
        return {"ok": True, "reason": "", "order": remote.order(order.target)}
    if order.command == "status":
        return answer_of(remote, {})
    done = remote.command(order.command, _body(order), _wait_ms(timeout_seconds))
    if order.command == "flatten":
        return _flattened(remote, done, time.monotonic() + timeout_seconds)
    return answer_of(remote, {"wrong": _what_is_wrong(order.command, done)})


def answer_of(remote: Remote, more: Json) -> Json:
    """Return the engine's state with the words of the spool's answers."""
    status, positions = remote.status(), remote.positions()
    wrong = more.pop("wrong", "")
    return {
        "ok": not wrong,
        "reason": wrong or status["reason"],
        **{name: status[name] for name in STATUS_KEYS},
        "mode": status.get("mode"),
        "positions": [
            {name: _figure(each[name]) for name in POSITION_KEYS} for each in positions["positions"]
        ],
        "realised_pnl": _figure(positions["realised_pnl"]),
        "fees": _figure(positions["fees"]),
        "orders": status["statistics"],
        **more,
    }


def _figure(value: Any) -> Any:
    """Return a figure without the noughts behind it, and anything else as it is."""
    try:
        return plain(Decimal(value)) if isinstance(value, str) else value
    except (InvalidOperation, ValueError):
        return value


def _body(order: Order) -> Json:
    reason = order.reason or f"{order.command} by the terminal"
    reason += "" if order.by == OPERATOR else f" ({order.by})"
    return {"reason": reason, **({"symbol": order.symbol} if order.symbol else {})}


def _what_is_wrong(command: str, done: Json) -> str:
    """Return why a command has not come to what it says, as the desk of a folder does."""
    if done.get("state") == "WAITING_FOR_APPROVAL":
        given = ", ".join(done["approvals"])
        return f"waits for {done['approvals_min']} approvals; there are {given}"
    state = done.get("trading_state")
    if command == "halt" and state != "HALTED":
        return f"the engine is {state}, not HALTED"
    if command == "resume" and state != "ACTIVE":
        return f"the engine stays {state}: {done.get('reason', '')}"
    return ""


def _flattened(remote: Remote, view: Json, until: float) -> Json:
    """Look how far it is until it is over, or the time is."""
    while not view["is_over"] and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        view = remote.client.get(f"{API}/flatten/{view['command_id']}")
    outcome = {"is_flat": view["is_flat"], "left": view["left"]}
    wrong = "" if view["is_flat"] else "not flat at the venue"
    wrong = wrong if view["is_over"] else "it is not over yet"
    return answer_of(remote, {"wrong": wrong, "outcome": outcome})


def _wait_ms(timeout_seconds: float) -> int:
    """Return how long the API shall wait: less than this side does."""
    return min(int(timeout_seconds * MS / 2), WAIT_MS_MAX)
