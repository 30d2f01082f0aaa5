"""Instruments: the trading rules of every symbol, never older than a day unless told so.

Owns the filters. They are read at every start, again before they are a day old, and at once when
the venue refused an order for a filter; entries of that symbol then wait for the new reading. A
reading that fails is repeated soon, then less and less often, and one without an answer after
`retry_ms`; until then the old rules stand with their time, and who decides by them refuses entries
by too old ones, while reducing orders use them all the same, of which a person is told. Symbols of
the whitelist are read from the start, another from the first time that somebody asks for it, and no
symbol is forgotten that was read before. The venue's rate limits come with the same reading.
Bound: one record per symbol that was asked for.
Source: requirements C-20; Binance exchangeInfo, 2026-11-20.
"""

from typing import assert_never

from attrs import define, field, frozen

from ..messages.events import AlertRaised
from ..messages.instruments import (
    Filters,
    InstrumentsChanged,
    LimitsPublished,
    RefreshInstruments,
)
from ..messages.values import Priority, Severity
from ..messages.venue import (
    AttemptEnded,
    Fenced,
    InstrumentsRead,
    PermitGranted,
    PermitRefused,
    ReadInstruments,
)
from .exchange_settings import InstrumentSettings
from .names import EVENT_BUS, POSITION_MONITOR, RATE_LIMITER, RISK_GATE
from .reading import AGAIN_NS, ReadOptions, ask_to_read, left_out, make_read
from .runtime.actor import Actor, Context

MS = 1_000_000
FAILED_MAX = 16
"""Failures in a row after which the pause between two readings is not doubled any more."""


@frozen
class _Tick:
    """The filters are due to be read."""


@frozen
class _Asked:
    """Fact: a reading was asked for and is not answered yet, since then."""

    at_ns: int


@frozen
class _ReadFailed:
    """Fact: a reading was answered, and not with the filters."""


@frozen
class _Doubted:
    """Fact: the venue refused an order for the filters of a symbol, or nobody has read them."""

    symbol: str


@frozen
class _LimitsNoted:
    """Fact: the rate limits that the venue publishes."""

    limits: LimitsPublished


@frozen
class _AgeWarned:
    """Fact: people were told that the filters are too old, or that they no longer are."""

    warned: bool


@define
class InstrumentState:
    """Filters by symbol, when they were read, and since when a reading is out (0: none is)."""

    filters: dict[str, Filters] = field(factory=dict[str, Filters])
    doubted: dict[str, bool] = field(factory=dict[str, bool])
    """Symbols whose filters are void until they are read again."""
    limits: LimitsPublished | None = None
    read_at_ns: int = 0
    asked_at_ns: int = 0
    failed: int = 0
    """Readings in a row that failed."""
    warned: bool = False


Inbox = _Tick | AttemptEnded | PermitGranted | PermitRefused | Fenced | RefreshInstruments
Fact = _Asked | _ReadFailed | _Doubted | _LimitsNoted | _AgeWarned | InstrumentsChanged


class Instruments(Actor):
    """Knows what the venue accepts."""

    State = InstrumentState
    private = (_Tick, _Asked, _ReadFailed, _Doubted, _LimitsNoted, _AgeWarned)
    state: InstrumentState

    def __init__(
        self, settings: InstrumentSettings, age_ms_max: int, wanted: tuple[str, ...] = ()
    ) -> None:
        """Take how old filters may be, and the symbols without which people are told."""
        super().__init__()
        self._wanted = wanted
        self._settings = settings
        self._age_ms_max = age_ms_max

    def receive(self, message: Inbox, ctx: Context) -> None:
        """Handle one message."""
        match message:
            case _Tick():
                self.on_tick(ctx)
            case AttemptEnded():
                self.on_attempt_ended(message, ctx)
            case PermitGranted():
                state = self.state
                read = ReadInstruments(also=(*state.filters, *state.doubted))
                make_read(ctx, message, self._options(self._priority()), read)
            case PermitRefused() | Fenced():
                left_out(ctx, message, _Tick())
            case RefreshInstruments():
                self.on_refresh_instruments(message, ctx)
            case _:
                assert_never(message)

    def on_tick(self, ctx: Context) -> None:
        """Read, and say once when what is known has become too old to open anything by."""
        age_ms = (ctx.now - self.state.read_at_ns) // MS
        if self.state.read_at_ns and age_ms >= self._age_ms_max and not self.state.warned:
            ctx.record(_AgeWarned(True))
            text = f"{age_ms} ms old: entries are refused, exits go by the old ones"
            self._alert("filters_stale", "exchange_info", text, ctx)
        self._read(ctx)

    def on_attempt_ended(self, message: AttemptEnded, ctx: Context) -> None:
        """Tell what is new of the filters; after a failure the next tick comes soon."""
        if not isinstance(message.result, InstrumentsRead):
            ctx.log("filters_read_failed", phase=message.phase, status=message.status)
            ctx.record(_ReadFailed())
            again_ns = AGAIN_NS << min(self.state.failed, FAILED_MAX)
            ctx.after(min(again_ns, self._settings.retry_ms * MS), _Tick(), key="tick")
            return
        if message.sent_at_ns < self.state.read_at_ns:
            ctx.log("filters_read_left_out", reason="a later reading is known")
            return
        changed = difference(self.state.filters, message.result.instruments, message.sent_at_ns)
        self._tell_statuses(changed, ctx)
        self._tell_unlisted(message.result, ctx)
        ctx.record(changed)
        ctx.tell(RISK_GATE, changed)
        ctx.tell(POSITION_MONITOR, changed)
        self._take_limits(message.result.limits, ctx)
        if self.state.warned:
            ctx.record(_AgeWarned(False))
        ctx.after(self._settings.refresh_ms * MS, _Tick(), key="tick")

    def on_refresh_instruments(self, message: RefreshInstruments, ctx: Context) -> None:
        """Hold the symbol's rules for void and read at once; many in a row ask for one reading."""
        ctx.log("filters_refused", symbol=message.symbol, reason=message.reason)
        state = self.state
        if message.symbol not in state.doubted:
            ctx.record(_Doubted(message.symbol))
            void = InstrumentsChanged((), (message.symbol,), state.read_at_ns)
            ctx.tell(RISK_GATE, void)
        waited_ns = ctx.now - state.asked_at_ns
        if state.asked_at_ns == 0 or waited_ns >= self._settings.retry_ms * MS:
            self._read(ctx, Priority.REDUCING)

    def resume(self, ctx: Context) -> None:
        """Read at every start."""
        self._read(ctx)

    def apply(self, fact: Fact) -> None:
        """Change the state by one fact."""
        match fact:
            case _Asked():
                self.state.asked_at_ns = fact.at_ns
            case _ReadFailed():
                self.state.failed += 1
            case _Doubted():
                self.state.filters.pop(fact.symbol, None)
                self.state.doubted[fact.symbol] = True
            case _LimitsNoted():
                self.state.limits = fact.limits
            case _AgeWarned():
                self.state.warned = fact.warned
            case InstrumentsChanged():
                self._know(fact)
            case _:
                assert_never(fact)

    def _know(self, fact: InstrumentsChanged) -> None:
        for symbol in fact.gone:
            del self.state.filters[symbol]
        for filters in fact.filters:
            self.state.filters[filters.symbol] = filters
        self.state.doubted = {}
        self.state.read_at_ns = fact.read_at_ns
        self.state.asked_at_ns = self.state.failed = 0

    def _read(self, ctx: Context, priority: Priority | None = None) -> None:
        ctx.record(_Asked(ctx.now))
        ask_to_read(ctx, ReadInstruments(), self._options(priority or self._priority()))
        ctx.after(self._settings.retry_ms * MS, _Tick(), key="tick")

    def _priority(self) -> Priority:
        """Return the class of a reading: an exit may have been refused for what is doubted."""
        return Priority.REDUCING if self.state.doubted else Priority.OPENING

    def _options(self, priority: Priority) -> ReadOptions:
        return ReadOptions(priority, self._settings.retry_ms * MS)

    def _take_limits(self, limits: LimitsPublished, ctx: Context) -> None:
        if limits != self.state.limits:
            ctx.record(_LimitsNoted(limits))
            ctx.tell(RATE_LIMITER, limits)

    def _tell_statuses(self, changed: InstrumentsChanged, ctx: Context) -> None:
        """Tell people of a contract that trades no more, or again."""
        for filters in changed.filters:
            known = self.state.filters.get(filters.symbol)
            if known is not None and known.status is not filters.status:
                text = f"{known.status} became {filters.status}"
                self._alert("symbol_status", filters.symbol, text, ctx)
        for symbol in changed.gone:
            self._alert("symbol_gone", symbol, "the venue lists it no more", ctx)

    def _tell_unlisted(self, read: InstrumentsRead, ctx: Context) -> None:
        """Name the wanted symbols that the venue does not know: their entries are refused."""
        listed = {filters.symbol for filters in read.instruments}
        for symbol in self._wanted:
            if symbol not in listed and symbol not in self.state.filters:
                self._alert(
                    "symbol_unknown",
                    symbol,
                    "the venue lists no filters of it that can be read",
                    ctx,
                )

    def _alert(self, name: str, subject: str, text: str, ctx: Context) -> None:
        ctx.tell(EVENT_BUS, AlertRaised(Severity.WARNING, name, subject, text))


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
