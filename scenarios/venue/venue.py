"""Venue: a simulated exchange as an event-driven object, with delays, faults and streams.

Owns the agenda: requests on their way, work of the exchange that is due later, deliveries on their
way back, and the market's next event. A request is executed when it arrives, and its answer leaves
then. The venue reads no clock: time is given to `submit`, `open_stream` and `step`, and everything
drawn comes from the seed. A lost answer is silence. It runs in a decimal context of its own.
"""

from collections.abc import Callable
from decimal import (
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
    localcontext,
)
from functools import partial
from heapq import heappop, heappush
from random import Random

from ...actors.ports import VenueRequest
from . import frames, hands, held, ledger
from .core import Core
from .fault_effects import FaultEffects
from .fault_source import FaultDraw, FaultSource
from .faults import Fault, Faults, ScriptedFault
from .frames import Frame
from .hands import Act
from .held import Held
from .incidents import Incidents
from .ledger import VenueLedger
from .limits import Address
from .market import Depth, Mark, Market, MarketEvent, Quote
from .moment import NS_PER_MS, Moment
from .settings import Delay, VenueSettings
from .streams import MARKET, USER, Connection, Delivery, Streams

CONTEXT = Context(
    prec=28,
    rounding=ROUND_HALF_EVEN,
    Emin=-999999,
    Emax=999999,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[InvalidOperation, DivisionByZero, Overflow],
)


class Venue:
    """A simulated venue; `step` does everything that is due."""

    def __init__(
        self,
        settings: VenueSettings,
        market: Market,
        *,
        seed: int,
        start_ns: int,
        address: Address | None = None,
    ) -> None:
        self._settings = settings
        self._market = market
        self._moment = Moment(start_ns, settings.clock_skew_ms)
        self._agenda: list[tuple[int, int, Callable[[], None]]] = []
        self._sequence = 0
        self._due: list[Delivery] = []
        self._delays = Random(f"{seed}:delays")
        self._faults = FaultSource(settings.faults, settings.script, Random(f"{seed}:faults"))
        self._streams = Streams(
            faults=self._faults,
            delay_ns=lambda: self._draw_ns(settings.latency.stream),
            deliver=self._deliver_frame,
            on_change=self._on_streams_changed,
        )
        self.core = Core(
            settings,
            moment=self._moment,
            agenda=self,
            send=self._send_user,
            keys=Random(f"{seed}:listen keys"),
            address=address,
        )
        self._incidents = Incidents(
            self.core, self, self._streams, faults=lambda: self._faults.faults
        )
        self._effects = FaultEffects(self.core, self, self._incidents)
        self._client_lives: dict[str, int] = {}
        self._last_market_at_ns: int | None = None
        self._ticker_id = 0

    @property
    def market_over(self) -> bool:
        """True when the market has no further event."""
        return self._market.next_at_ns() is None

    @property
    def last_market_at_ns(self) -> int | None:
        """Time of the last market event so far."""
        return self._last_market_at_ns

    @property
    def now_ms(self) -> int:
        """Milliseconds on the venue's own clock, as of the last step."""
        return self._moment.ms

    @property
    def fault_counts(self) -> dict[Fault, int]:
        """How often each fault has fired."""
        return dict(self._faults.counts)

    def submit(self, request: VenueRequest, *, now_ns: int, client: str = "engine") -> None:
        """Take a request that leaves the client at `now_ns`."""
        draw = self._faults.draw_for_request(request)
        delay_ns = self._draw_ns(self._settings.latency.request)
        if draw is not None and draw.fault is Fault.REQUEST_LOST_BEFORE_EXECUTION:
            return
        if draw is not None and draw.fault is Fault.CLOCK_SKEW:
            self._moment.skew_ms += draw.size_ms
        life = self._client_lives.get(client, 0)
        self._at(
            max(now_ns, self._moment.ns) + delay_ns,
            lambda: self._arrive(request, draw, client, life),
        )

    def open_stream(
        self, stream: str, symbols: tuple[str, ...], *, now_ns: int, client: str = "engine"
    ) -> None:
        """Connect "user" or "market"; frames come from the moment the connection arrives."""
        if stream not in (USER, MARKET):
            raise ValueError(f'a stream is "user" or "market", not {stream!r}')
        connection = Connection(client, stream, frozenset(symbols))
        delay_ns = self._draw_ns(self._settings.latency.request)
        life = self._client_lives.get(client, 0)
        self._at(max(now_ns, self._moment.ns) + delay_ns, lambda: self._connect(connection, life))

    def close_client(self, client: str) -> None:
        """Forget a client's connections; its orders stay, answers on their way are lost."""
        self._client_lives[client] = self._client_lives.get(client, 0) + 1
        self._streams.close_client(client)

    def set_faults(self, faults: Faults) -> None:
        """Replace the drawn faults from now on, for example with none to let a run heal."""
        self._faults.set(faults)

    def plan_fault(self, planned: ScriptedFault) -> None:
        """Aim one fault at a request or frame to come; its `nth` is counted from now."""
        self._faults.plan(planned)

    def forget_planned(self) -> None:
        """Let no planned fault happen any more."""
        self._faults.forget_planned()

    def strike(self, fault: Fault, symbol: str, size_ms: int | None = None) -> None:
        """Let an incident befall the exchange, or one symbol of it, now."""
        symbols = tuple(self.core.books)
        luck = (symbols.index(symbol) + 0.5) / len(symbols)
        with localcontext(CONTEXT):
            self._incidents.strike(self._faults.fire(fault, True, size_ms, luck))

    def hear_faults(self, on_fire: Callable[[Fault], None]) -> None:
        """Tell each fault as it fires."""
        self._faults.on_fire = on_fire

    def is_made_up(self, request_id: str) -> bool:
        """True for one of the latest refusals that a fault made, for those who judge a client."""
        return self._effects.is_made_up(request_id)

    def perform(self, act: Act) -> int:
        """Let a person or the venue act on the account now; return 0, or the refusal's code."""
        with localcontext(CONTEXT):
            return hands.perform(self.core, act)

    def set_clock_skew_ms(self, skew_ms: int) -> None:
        """Set how far the venue's clock runs ahead of the given time."""
        self._moment.skew_ms = skew_ms

    def next_at_ns(self) -> int | None:
        """When `step` next has something to do, None for never."""
        market_at_ns = self._market.next_at_ns()
        if not self._agenda:
            return market_at_ns
        agenda_at_ns = self._agenda[0][0]
        return agenda_at_ns if market_at_ns is None else min(agenda_at_ns, market_at_ns)

    def step(self, now_ns: int) -> list[Delivery]:
        """Do everything due at or before `now_ns`, in time order; return what reaches clients."""
        with localcontext(CONTEXT):
            self._run(now_ns)
        deliveries, self._due = self._due, []
        return deliveries

    def ledger(self) -> VenueLedger:
        """Return the venue's truth as it is now."""
        with localcontext(CONTEXT):
            return ledger.take(self.core)

    def held(self) -> Held:
        """Return what the account has open now."""
        return held.look(self.core, is_closed=self._incidents.is_closed)

    def after(self, delay_ms: int, action: Callable[[], None]) -> None:
        """Run `action` after a delay; the exchange's own use."""
        self._at(self._moment.ns + delay_ms * NS_PER_MS, action)

    def _run(self, now_ns: int) -> None:
        agenda, moment = self._agenda, self._moment
        while True:
            market_at_ns = self._market.next_at_ns()
            until_ns = min(now_ns, agenda[0][0]) if agenda else now_ns
            if market_at_ns is not None and market_at_ns <= until_ns:
                self._run_market(until_ns)
            elif agenda and agenda[0][0] <= now_ns:
                at_ns, _, action = heappop(agenda)
                moment.ns = max(moment.ns, at_ns)
                action()
            else:
                break
        moment.ns = max(moment.ns, now_ns)

    def _run_market(self, until_ns: int) -> None:
        agenda, moment, core = self._agenda, self._moment, self.core
        has_listeners = bool(self._streams.listeners(MARKET))
        event = None
        for event in self._market.advance(until_ns):
            if event.at_ns > moment.ns:
                moment.ns = event.at_ns
            core.on_market(event)
            if has_listeners:
                self._publish(event)
            if agenda and agenda[0][0] < until_ns:
                # The event made work that is due before the rest of the market.
                break
        if event is not None:
            self._last_market_at_ns = event.at_ns

    def _publish(self, event: MarketEvent) -> None:
        skew_ms = self._moment.skew_ms
        if isinstance(event, Depth):
            book = self.core.books.get(event.symbol)
            if book is not None and book.quoted_by_depth:
                self._publish(book.best(event.at_ns))
        elif isinstance(event, Quote):
            self._ticker_id += 1
            number = self._ticker_id
            quote = event
            self._streams.send_market(
                quote.symbol,
                lambda: frames.book_ticker(quote, number, skew_ms=skew_ms),
                self._moment.ns,
            )
        elif isinstance(event, Mark):
            mark, funding = event, self.core.funding
            rate, due_ms = funding.rates.get(mark.symbol, Decimal(0)), funding.due_ms
            self._streams.send_market(
                mark.symbol,
                lambda: frames.mark_price(mark, rate, due_ms, skew_ms=skew_ms),
                self._moment.ns,
            )

    def _at(self, at_ns: int, action: Callable[[], None]) -> None:
        self._sequence += 1
        heappush(self._agenda, (at_ns, self._sequence, action))

    def _draw_ns(self, delay: Delay) -> int:
        jitter_ns = int(self._delays.random() * delay.jitter_ms * NS_PER_MS)
        return delay.base_ms * NS_PER_MS + jitter_ns

    def _connect(self, connection: Connection, life: int) -> None:
        if self._incidents.is_closed:
            self._at(self._incidents.closed_until_ns, lambda: self._connect(connection, life))
        elif self._client_lives.get(connection.client, 0) == life:
            self._streams.open(connection, self._moment.ns)

    def _on_streams_changed(self) -> None:
        self.core.feed.is_heard = bool(self._streams.listeners(USER))

    def _send_user(self, frame: Frame) -> None:
        self._streams.send_user(frame, self._moment.ns)

    def _deliver_frame(self, delivery: Delivery, connection: Connection) -> None:
        def reach() -> None:
            if connection.is_open:
                self._due.append(delivery)

        self._at(delivery.at_ns, reach)

    def _arrive(
        self, request: VenueRequest, draw: FaultDraw | None, client: str, life: int
    ) -> None:
        for told in self._effects.execute(request, draw):
            at_ns = self._moment.ns + self._draw_ns(self._settings.latency.answer)
            at_ns += told.later_ms * NS_PER_MS
            delivery = Delivery(client, "answer", "", told.answer, at_ns)
            self._at(at_ns, partial(self._reach, delivery, life))

    def _reach(self, delivery: Delivery, life: int) -> None:
        if self._client_lives.get(delivery.client, 0) == life:
            self._due.append(delivery)
