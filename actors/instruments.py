"""Instruments: the trading rules of every symbol, never older than a day unless told so.

Owns the filters. They are read at every start, again before they are a day old, and at once when
the venue refused an order for a filter. A reading that fails is repeated after `retry_ms`; until
then the old rules stand with their time, and who decides by them refuses entries by too old ones
(reducing orders use them all the same). Bound: one record per symbol of the venue.
Source: requirements C-20; Binance exchangeInfo, 2026-11-20.
"""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.instruments import Filters, InstrumentsChanged, RefreshInstruments
from ..messages.values import Priority
from ..messages.venue import (
    AttemptEnded,
    Fenced,
    InstrumentsRead,
    PermitGranted,
    PermitRefused,
    ReadInstruments,
)
from .names import POSITION_MONITOR, RISK_GATE
from .reading import ReadOptions, ask_to_read, make_read
from .runtime.actor import Actor, Context
from .settings import InstrumentSettings

MS = 1_000_000


@frozen
class _Tick:
    """The filters are due to be read."""


@frozen
class _Asked:
    """Fact: a reading was asked for and is not answered yet, since then."""

    at_ns: int


@define
class InstrumentState:
    """Filters by symbol, when they were read, and since when a reading is out (0: none is)."""

    filters: dict[str, Filters] = field(factory=dict[str, Filters])
    read_at_ns: int = 0
    asked_at_ns: int = 0


Inbox = _Tick | AttemptEnded | PermitGranted | PermitRefused | Fenced | RefreshInstruments
Fact = _Asked | InstrumentsChanged


class Instruments(Actor):
    """Knows what the venue accepts."""

    State = InstrumentState
    private = (_Tick, _Asked)
    state: InstrumentState

    def __init__(self, settings: InstrumentSettings) -> None:
        super().__init__()
        self._settings = settings
        self._reads = ReadOptions(Priority.OPENING, settings.retry_ms * MS)

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case _Tick():
                self._read(ctx)
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case PermitGranted():
                make_read(ctx, message, self._reads)
            case PermitRefused() | Fenced():
                ctx.log("filters_read_left_out", reason=message.reason)
            case RefreshInstruments():
                self.on_refresh_instruments(message, ctx)
            case _:
                assert_never(message)

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Tell what is new of the filters; a failure waits for the next tick."""
        if not isinstance(message.result, InstrumentsRead):
            ctx.log("filters_read_failed", phase=message.phase, status=message.status)
            return
        if message.sent_at_ns < self.state.read_at_ns:
            ctx.log("filters_read_left_out", reason="a later reading is known")
            return
        changed = difference(self.state.filters, message.result.instruments, message.sent_at_ns)
        ctx.record(changed)
        ctx.tell(RISK_GATE, changed)
        ctx.tell(POSITION_MONITOR, changed)
        ctx.after(self._settings.refresh_ms * MS, _Tick(), key="tick")

    def on_refresh_instruments(self, message: RefreshInstruments, ctx: Context) -> None:
        """Read at once; many refusals in a row ask for one reading."""
        ctx.log("filters_refused", symbol=message.symbol, reason=message.reason)
        waited_ns = ctx.now - self.state.asked_at_ns
        if self.state.asked_at_ns == 0 or waited_ns >= self._settings.retry_ms * MS:
            self._read(ctx)

    def resume(self, ctx: Context) -> None:
        """Read at every start."""
        self._read(ctx)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        match fact:
            case _Asked():
                self.state.asked_at_ns = fact.at_ns
            case InstrumentsChanged():
                for symbol in fact.gone:
                    del self.state.filters[symbol]
                for filters in fact.filters:
                    self.state.filters[filters.symbol] = filters
                self.state.read_at_ns = fact.read_at_ns
                self.state.asked_at_ns = 0
            case _:
                assert_never(fact)

    def _read(self, ctx: Context) -> None:
        ctx.record(_Asked(ctx.now))
        ask_to_read(ctx, ReadInstruments(), self._reads)
        ctx.after(self._settings.retry_ms * MS, _Tick(), key="tick")


def difference(
    known: dict[str, Filters], read: tuple[Filters, ...], read_at_ns: int
) -> InstrumentsChanged:
    """Return what a reading changes of what is known."""
    listed = {filters.symbol: filters for filters in read}
    return InstrumentsChanged(
        filters=tuple(each for each in listed.values() if known.get(each.symbol) != each),
        gone=tuple(symbol for symbol in known if symbol not in listed),
        read_at_ns=read_at_ns,
    )
