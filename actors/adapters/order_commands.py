"""Order commands: `order show`, `order look` and `order end` of the command line.

One order of a running engine, found by any of its ids. Looking again and ending are for an order
that is parked, which nothing else ends; both are commands of the engine and stand in its record.
"""

from typing import Any

import click

from .commands import AS_JSON, BY, TIMEOUT, send_command
from .exits import exits
from .terminal.order_verbs import cancel_command, new_command
from .terminal.place import PLACE_AND_ID, Named


@click.group("order")
def order() -> None:
    """Give, show or cancel one order, or settle one that waits for a person."""


order.add_command(new_command)
order.add_command(cancel_command)


@order.command("show")
@PLACE_AND_ID
@TIMEOUT
@AS_JSON
@exits
def show(named: Named, timeout_seconds: float, *, as_json: bool) -> None:
    """Show the order ID of the engine on D: its state, its times, its failed requests."""
    _send(named, "order", timeout_seconds, as_json=as_json)


@order.command("look")
@PLACE_AND_ID
@TIMEOUT
@AS_JSON
@exits
def look(named: Named, timeout_seconds: float, *, as_json: bool) -> None:
    """Have the venue asked once more for the parked order ID."""
    _send(named, "look", timeout_seconds, as_json=as_json)


@order.command("end")
@PLACE_AND_ID
@click.option("--reason", required=True, help="What became of it; kept in the journal.")
@BY
@TIMEOUT
@AS_JSON
@exits
def end(
    named: Named,
    reason: str,
    by: str,
    timeout_seconds: float,
    *,
    as_json: bool,
) -> None:
    """End the parked order ID as failed; what the venue tells later still counts."""
    fields = {"reason": reason, "by": by}
    _send(named, "end", timeout_seconds, as_json=as_json, **fields)


def _send(
    named: Named,
    command: str,
    timeout_seconds: float,
    *,
    as_json: bool,
    **fields: Any,
) -> None:
    send_command(
        named.place, command, timeout_seconds, as_json=as_json, target=named.name, **fields
    )
