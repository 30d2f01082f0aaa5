"""Order commands: `order show`, `order look` and `order end` of the command line.

One order of a running engine, found by any of its ids. Looking again and ending are for an order
that is parked, which nothing else ends; both are commands of the engine and stand in its record.
"""

from pathlib import Path
from typing import Any

import click

from .commands import AS_JSON, BY, DATA_DIR, TIMEOUT, send_command
from .exits import exits

ORDER_ID = click.argument("order_id", metavar="ID")


@click.group("order")
def order() -> None:
    """Show one order, or settle one that waits for a person."""


@order.command("show")
@DATA_DIR
@ORDER_ID
@TIMEOUT
@AS_JSON
@exits
def show(data_dir: Path, order_id: str, timeout_seconds: float, *, as_json: bool) -> None:
    """Show the order ID of the engine on D: its state, its times, its failed requests."""
    _send(data_dir, "order", order_id, timeout_seconds, as_json=as_json)


@order.command("look")
@DATA_DIR
@ORDER_ID
@TIMEOUT
@AS_JSON
@exits
def look(data_dir: Path, order_id: str, timeout_seconds: float, *, as_json: bool) -> None:
    """Have the venue asked once more for the parked order ID."""
    _send(data_dir, "look", order_id, timeout_seconds, as_json=as_json)


@order.command("end")
@DATA_DIR
@ORDER_ID
@click.option("--reason", required=True, help="What became of it; kept in the journal.")
@BY
@TIMEOUT
@AS_JSON
@exits
def end(
    data_dir: Path,
    order_id: str,
    reason: str,
    by: str,
    timeout_seconds: float,
    *,
    as_json: bool,
) -> None:
    """End the parked order ID as failed; what the venue tells later still counts."""
    fields = {"reason": reason, "by": by}
    _send(data_dir, "end", order_id, timeout_seconds, as_json=as_json, **fields)


def _send(
    data_dir: Path,
    command: str,
    order_id: str,
    timeout_seconds: float,
    *,
    as_json: bool,
    **fields: Any,
) -> None:
    send_command(data_dir, command, timeout_seconds, as_json=as_json, target=order_id, **fields)
