"""Order verbs: `order new` and `order cancel`, which wait for what comes of them.

Owns how an order's outcome is told and with which exit code the command ends: 0 for what the venue
has, 5 for what was refused, 1 for what ended otherwise or is not settled. An unknown outcome is
told as unknown: it may have been executed, and the engine goes on to find out.
"""

import json
import time
from contextlib import suppress
from typing import Any

import click

from ....messages.intake import SubmitSignal
from ....messages.values import OrderState
from ..commands import AS_JSON, TIMEOUT
from ..exits import Exit, end, exits, say
from .place import PLACE, PLACE_AND_ID, Named, Place, Url

WAIT_SECONDS = 10.0
WAIT = click.option(
    "--wait",
    "wait_seconds",
    default=WAIT_SECONDS,
    show_default=True,
    type=click.FloatRange(0, 600),
    help="Seconds to wait for what becomes of it; the engine goes on all the same.",
)
SIDES = ("long", "short", "buy", "sell")
STATE_COLOURS = {
    "FILLED": "green",
    "ACTIVE": "cyan",
    "PARTIALLY_FILLED": "cyan",
    "UNKNOWN": "yellow",
}

Json = dict[str, Any]


@click.command("new")
@PLACE
@click.option("--symbol", required=True, help="As in BTCUSDT.")
@click.option("--side", type=click.Choice(SIDES, case_sensitive=False), help="Open a position.")
@click.option(
    "--close",
    type=click.Choice(("long", "short"), case_sensitive=False),
    help="Close a position, or --quantity of it.",
)
@click.option("--quantity", help="Base units; without it the engine's sizing decides.")
@click.option("--type", "order_type", type=click.Choice(("market", "limit"), case_sensitive=False))
@click.option("--price", help="Of a limit order its price, else what slippage is measured from.")
@click.option("--stop-loss", help="Where the stop shall rest; without it the engine's own.")
@click.option("--take-profit", help="Where the target shall rest.")
@click.option("--time-in-force", help="GTC, IOC, FOK or GTX, of a limit order.")
@click.option("--leverage-max", type=click.IntRange(1), help="Refuse it above this leverage.")
@click.option("--strategy", help="To which strategy it counts.")
@click.option("--tag", "client_tag", help="A word of yours; kept in the record.")
@click.option("--id", "signal_id", help="Its signal's id; given twice, it is carried out once.")
@click.option("--dry-run", is_flag=True, help="Print the exact message and send nothing.")
@WAIT
@TIMEOUT
@AS_JSON
@exits
def new_command(
    place: Place,
    wait_seconds: float,
    timeout_seconds: float,
    *,
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Give an order of a person, and tell what becomes of it.

    Every rule but the scores of signals judges it.
    """
    from .new_order import wish

    signal = wish(options)
    if dry_run:
        click.echo(_message(place, signal))
        return
    fate = _given(place, signal, wait_seconds, timeout_seconds)
    if as_json:
        click.echo(json.dumps(fate))
    else:
        tell_fate(fate)
    end(exit_of_fate(fate))


@click.command("cancel")
@PLACE_AND_ID
@WAIT
@TIMEOUT
@AS_JSON
@exits
def cancel_command(
    named: Named, wait_seconds: float, timeout_seconds: float, *, as_json: bool
) -> None:
    """Cancel what rests of the entry ID: a signal's id or an order's."""
    if isinstance(named.place, Url):
        from .client import Client
        from .remote import Remote

        client = Client.of(named.place, timeout_seconds + wait_seconds)
        answer = Remote(client).cancel(named.name, wait_seconds)
    else:
        from .cancelling import cancelled

        answer = cancelled(named.place, named.name, wait_seconds, timeout_seconds)
    if as_json:
        click.echo(json.dumps(answer))
    else:
        tell_fate(answer)
    end(Exit.OK if answer.get("ok", True) else Exit.FAILED)


def _message(place: Place, signal: SubmitSignal) -> str:
    """Return what would be sent, to the byte."""
    from ...system import make_codec
    from .new_order import as_body, as_sent

    return json.dumps(as_body(signal)) if isinstance(place, Url) else as_sent(make_codec(), signal)


def _given(place: Place, signal: SubmitSignal, wait_seconds: float, timeout_seconds: float) -> Json:
    if isinstance(place, Url):
        from .client import Client
        from .remote import Remote

        client = Client.of(place, timeout_seconds + wait_seconds)
        return Remote(client).submit(signal, wait_seconds)
    from .fate import Fate
    from .folder import Folder

    fate = Fate(signal.signal_id, signal.order_type)
    with Folder.opened(place, timeout_seconds) as folder:
        events = folder.listening()
        folder.tell(signal)
        until = time.monotonic() + wait_seconds
        while not fate.is_settled and (left := until - time.monotonic()) > 0:
            told = events.get(left)
            if told is not None:
                fate.hear(told.event)
    return fate.plain()


def exit_of_fate(fate: Json) -> Exit:
    """Return how a command ends whose order came to this."""
    if fate.get("guard"):
        return Exit.REFUSED
    return Exit.OK if fate.get("ok") else Exit.FAILED


def tell_fate(fate: Json) -> None:
    """Tell people what became of an order."""
    state = str(fate.get("state", ""))
    shown = click.style(state, fg=STATE_COLOURS.get(state, "red"), bold=True)
    name = fate.get("client_order_id") or fate.get("signal_id") or ""
    click.echo(f"order      {name}  {shown}  {fate.get('symbol') or ''}".rstrip())
    if fate.get("guard"):
        limit = f" (limit {fate['limit']})" if fate.get("limit") else ""
        say(f"refused by {fate['guard']}: {fate.get('figure', '')}{limit}")
    elif fate.get("reason"):
        say(f"reason     {fate['reason']}")
    with suppress(KeyError):
        if fate["filled"] not in ("0", None):
            click.echo(f"filled     {fate['filled']} at {fate['average_price']}")
    if fate.get("signal_id"):
        click.echo(f"signal     {fate['signal_id']}")
    if state == OrderState.UNKNOWN.value:
        say("nobody knows yet whether it was executed; do not give it again: `order show` tells")
