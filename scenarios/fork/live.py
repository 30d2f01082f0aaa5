"""Live: the fork after it left the recorded course, before a simulated venue.

Owns the change of hosts: the kernel goes on with its states, timers and messages under way, and
its lanes and user stream meet a venue that is furnished as the engine knew the real one. What the
venue does not answer goes on coming from the record: quotes, commands, and the answers to calls of
which the venue had been heard by other ways. Decisions stay exact until the simulated venue's
first word about the account arrives; its clock and its rules are not such words.
"""

from collections.abc import Callable, Iterator
from decimal import localcontext
from functools import partial
from typing import get_args

from attrs import define, field

from ...actors import names
from ...actors.ports import StreamListener, VenueAnswer, VenueRequest
from ...actors.runtime.cell import Cell, Status
from ...actors.runtime.envelope import Envelope, Timer
from ...actors.runtime.kernel import Kernel
from ...actors.runtime.step import run_step
from ...messages.account import BracketsRead, SymbolConfigsRead
from ...messages.codec import Codec, Json
from ...messages.intake import HostCommand
from ...messages.lifecycle import ActorStarted
from ...messages.listen_key import ListenKeyRenewed
from ...messages.market import QuoteObserved
from ...messages.stream import ReportUserStream, UserStreamChanged
from ...messages.values import OrderState
from ...messages.venue import (
    AccountModeRead,
    AttemptEnded,
    InstrumentsRead,
    MakeCall,
    PlaceOrder,
    TimeRead,
)
from ..exchange import SimulatedExchange, VenueDriver
from ..simulation import Simulation, SimulationHost
from ..venue.market import Market
from ..venue.venue import CONTEXT, Venue
from .following import Following
from .opening import Known, furnish
from .recorded_host import RecordedHost
from .recorded_market import RecordedMarket

CLIENT = "engine"
LEAD_NS = 1_000_000_000
"""How long before the fork the venue opens: its streams are connected by then."""
EDGES = (names.EVENT_BUS, names.TRIP_HOOKS, *names.LANES, names.USER_SOCKET)
"""Who begins at the fork; what the market's socket told stands in the record."""
NEUTRAL = (
    TimeRead,
    InstrumentsRead,
    AccountModeRead,
    SymbolConfigsRead,
    BracketsRead,
    ListenKeyRenewed,
)
"""Readings of what neither side's orders change."""
COMMANDS = frozenset(cls.__name__ for cls in get_args(HostCommand))
NOT_SENT = (OrderState.PENDING, OrderState.SUBMITTED, OrderState.UNKNOWN)


class LateExchange:
    """The exchange port of an engine whose exchange is there only once the fork begins."""

    def __init__(self) -> None:
        self.exchange: SimulatedExchange | None = None

    def request(self, request: VenueRequest, answer: Callable[[VenueAnswer], None]) -> None:
        """Send one request."""
        assert self.exchange is not None, "nobody sends before the fork"
        self.exchange.request(request, answer)

    def open_stream(self, stream: str, symbols: tuple[str, ...], listener: StreamListener) -> None:
        """Connect a stream."""
        assert self.exchange is not None, "nobody listens before the fork"
        self.exchange.open_stream(stream, symbols, listener)

    def close(self) -> None:
        """Close every connection."""
        if self.exchange is not None:
            self.exchange.close()


class MuteHost:
    """A host that carries nothing, while the edges begin."""

    def route(self, envelope: Envelope) -> None:
        """Drop a message: the engine was there all the time."""

    def arm(self, cell: Cell, timer: Timer) -> None:
        """Drop a timer."""

    def disarm(self, cell: Cell, key: str | None) -> None:
        """There is none."""

    def waiting(self) -> list[Envelope]:
        """Nothing is on its way."""
        return []

    def place(self, cell: Cell) -> None:
        """Nothing is spawned."""

    def fatal(self, reason: str) -> None:
        """Nothing is run."""


@define(eq=False)
class Live:
    """The second half of a fork; `run` goes on to the end of the journal."""

    codec: Codec
    following: Following
    simulation: Simulation
    exchange: LateExchange
    seed: int
    simulated_from: int = field(init=False, default=0)
    """Record of the fork with the first word of the simulated venue; 0 while there is none."""
    simulated_from_ns: int = field(init=False, default=0)
    host: SimulationHost = field(init=False)
    _market: RecordedMarket | None = field(init=False, default=None)
    _driver: VenueDriver = field(init=False)
    _rest: Iterator[Json] = field(init=False)
    _answers: set[str] = field(init=False, factory=set[str])
    """Calls whose recorded answer still counts, by id."""
    _failed: dict[str, Json] = field(init=False, factory=dict[str, Json])
    """Inputs whose step failed, by id: the record holds them again."""

    @property
    def kernel(self) -> Kernel:
        """The engine."""
        return self.following.kernel

    def open(self, known: Known, market: Market, at_ns: int) -> Venue:
        """Open the venue as the engine knows it, and let the kernel go on before it."""
        simulation = self.simulation
        simulation.now_ns = at_ns - LEAD_NS
        settings = known.venue_settings()
        venue = Venue(settings, market, seed=self.seed, start_ns=simulation.now_ns)
        self._market = market if isinstance(market, RecordedMarket) else None
        self._driver = VenueDriver(simulation, venue)
        self.exchange.exchange = self._driver.connect(CLIENT)
        left = self.following.leave(MuteHost())
        for name in EDGES:
            self._begin_quietly(self.kernel.cells[name])
        simulation.run(at_ns)
        simulation.now_ns = at_ns
        with localcontext(CONTEXT):
            furnish(venue.core, known)
        self._take_over(left, known)
        return venue

    def run(self, rest: Iterator[Json], until_ns: int) -> None:
        """Let the fork go on; `rest` are the records that follow in the journal."""
        self._rest = rest
        self._plan_next()
        self.simulation.run(until_ns)

    def _begin_quietly(self, cell: Cell) -> None:
        """Start an edge without a word to the core."""
        started = Envelope(cell.name, ActorStarted(cell.generation), "", "fork", 0, "")
        error = run_step(cell.actor, cell.context, started, self.simulation.now_ns)
        assert error is None, error
        cell.status = Status.RUNNING

    def _take_over(self, left: RecordedHost, known: Known) -> None:
        host = self.host = self.simulation.host()
        host.kernel = self.kernel
        self.kernel.host = host
        self.kernel.on_step = self._note
        for timer in left.timers:
            host.arm(self.kernel.cells[timer.envelope.to], timer)
        for envelope in (*left.words.values(), *left.told.values()):
            host.route(envelope)
        if not self.kernel.cells[names.USER_STREAM].actor.state.connected:
            self.kernel.post(names.USER_SOCKET, ReportUserStream())
        for call in left.calls.values():
            if self._is_known(call.message, known):
                self._answers.add(call.id)
            else:
                host.route(call)

    def _is_known(self, call: MakeCall, known: Known) -> bool:
        """True for an order that the venue was heard of before it answered."""
        if not isinstance(call.call, PlaceOrder):
            return False
        order = known.orders.find(call.call.client_order_id)
        return order is not None and order.state not in NOT_SENT

    def _plan_next(self) -> None:
        """Let the next thing of the record that comes from outside happen in its time."""
        for record in self._rest:
            if not self._is_input(record):
                continue
            message = self.codec.decode(record["msg"])
            if isinstance(message, QuoteObserved) and self._market is not None:
                self._market.add(message, record["now"])
                self._driver.wake()
            self.simulation.at(record["now"], partial(self._hear, record))
            return

    def _hear(self, record: Json) -> None:
        self.kernel.host.route(self.following.from_outside(record))
        self._plan_next()

    def _is_input(self, record: Json) -> bool:
        if record.get("kind") or record["id"].partition(".")[0].isdigit():
            return False
        if self._failed.get(record["id"]) == record["msg"]:
            return False
        is_input = (
            record["from"] == names.MARKET_SOCKET
            or record["msg"]["t"].partition(".v")[0] in COMMANDS
            or (record.get("cause", "") in self._answers and "result" in record["msg"])
        )
        if is_input and "error" in record:
            self._failed[record["id"]] = record["msg"]
        return is_input

    def _note(self, cell: Cell, envelope: Envelope) -> None:  # noqa: ARG002 - a kernel's hook
        if not self.simulated_from and self._is_word(envelope):
            self.simulated_from = self.kernel.sequence
            self.simulated_from_ns = self.simulation.now_ns

    def _is_word(self, envelope: Envelope) -> bool:
        """True for what the simulated venue says of the account."""
        message = envelope.message
        if envelope.sender == names.USER_SOCKET:
            return not isinstance(message, UserStreamChanged)
        is_answer = envelope.sender in names.LANES and isinstance(message, AttemptEnded)
        return (
            is_answer
            and envelope.cause not in self._answers
            and not isinstance(message.result, NEUTRAL)
        )
