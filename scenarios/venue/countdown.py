"""Countdown: the dead-man switch, which cancels a symbol's orders unless set anew in time.

Owns one timer per symbol (new-order page, read 2026-11): a new countdown replaces the last, zero
stops it, and one that ran out has to be set again. The venue looks about every 10 ms. Whether
conditional orders are cancelled too is documented nowhere, so a setting says it.
"""

from functools import partial

from .conditional import Conditional
from .matching import Matching
from .moment import Agenda, Moment
from .settings import VenueSettings

CHECK_EVERY_MS = 10


class Countdown:
    """The timers of one account."""

    def __init__(
        self,
        settings: VenueSettings,
        *,
        matching: Matching,
        conditional: Conditional,
        moment: Moment,
        agenda: Agenda,
    ) -> None:
        self._settings = settings
        self._matching = matching
        self._conditional = conditional
        self._moment = moment
        self._agenda = agenda
        self._set: dict[str, int] = {}
        """How often each symbol's countdown was set: an older one no longer counts."""

    def set(self, symbol: str, duration_ms: int) -> None:
        """Cancel the symbol's orders after a time; 0 for never."""
        number = self._set[symbol] = self._set.get(symbol, 0) + 1
        if duration_ms:
            end_ms = self._moment.ms + duration_ms
            late_ms = -end_ms % CHECK_EVERY_MS
            self._agenda.after(duration_ms + late_ms, partial(self._run_out, symbol, number))

    def _run_out(self, symbol: str, number: int) -> None:
        if self._set[symbol] != number:
            return
        for order in self._matching.orders.open_of(symbol):
            self._matching.cancel(order)
        if self._settings.countdown_reaches_algo:
            for algo in self._conditional.store.open_of(symbol):
                self._conditional.cancel(algo)
