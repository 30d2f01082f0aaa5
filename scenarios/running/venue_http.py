"""Venue on a port: `callboard venue --port`, the simulated exchange for any Binance client.

Owns the process around the server: its signals (SIGTERM and SIGINT end it in order), its line on
stdout and its state file. A port in use ends it with code 4. At another pace than that of the wall
no client's clock can follow the venue's, so timestamps are not checked then.
"""

import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click

from ...messages.codec import Json
from ..venue.ledger import VenueLedger
from ..venue.server.accounts import read_accounts
from ..venue.server.door import ClosedDoor, Door, OpenDoor
from ..venue.server.serving import VenueServer
from ..venue.talk import LedgerTaken, talk_codec

END_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def door_of(accounts: Path | None) -> Door:
    """Return the door of an accounts file, an open one without; raises `ConfigurationError`."""
    return OpenDoor() if accounts is None else ClosedDoor(read_accounts(accounts))


def serve(server: VenueServer, market: str, keep: Callable[[str, Json], None]) -> None:
    """Run a server until a signal ends it; raises `PortInUseError` and what the venue raises."""

    def end_in_order(_number: int, _frame: FrameType | None) -> None:
        server.end()

    server.start()
    before = [(each, signal.signal(each, end_in_order)) for each in END_SIGNALS]
    try:
        keep("listening", {"port": server.port, "control_port": server.control_port})
        controlled = "" if server.control_port is None else f", control at {server.control_url}"
        click.echo(f"venue: {market} at {server.rest_url}{controlled}")
        server.wait()
    finally:
        server.stop()
        for number, handler in before:
            signal.signal(number, handler)
        ledgers = {name: _told(ledger) for name, ledger in server.ledgers().items()}
        keep("stopped", {"ledgers": ledgers})


def _told(ledger: VenueLedger) -> Json:
    told: Json = talk_codec().encode(LedgerTaken(0, ledger))["ledger"]
    return told
