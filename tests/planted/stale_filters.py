"""Stale filters: what the venue accepts is read at the start, and never again.

The venue changes a tick or a lot in the middle of a day. From then on every order of the symbol is
refused, and so is every stop.
"""

from contextlib import AbstractContextManager
from unittest.mock import patch

from callboard.actors.instruments import Instruments
from callboard.actors.runtime.actor import Context
from callboard.messages.instruments import RefreshInstruments


def change() -> AbstractContextManager[object]:
    """Plant the mistake while it is open."""

    def on_refresh_instruments(
        self: Instruments, message: RefreshInstruments, ctx: Context
    ) -> None:
        del self
        ctx.log("filters_refused", symbol=message.symbol, reason=message.reason)

    return patch.object(Instruments, "on_refresh_instruments", on_refresh_instruments)
