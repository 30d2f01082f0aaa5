"""SimulatedEngine: a whole engine, a venue and a disk in one simulation.

Owns the lives of the engine: each start recovers from the disk, continues its journal and its
client order ids, and each crash loses what a killed process loses while venue and disk stay. Every
event that the engine publishes is given to `on_event`. Time is virtual; nothing here sleeps.
"""

import decimal
from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any

from attrs import define, field

from ..actors import names
from ..actors.adapters.event_bus import EventBus, Subscriptions
from ..actors.adapters.retention import retention
from ..actors.adapters.trip_hooks import Hooks
from ..actors.policies.host_rules import NamedRule
from ..actors.ports import FileSystem
from ..actors.runtime.actor import Context
from ..actors.runtime.cell import Cell
from ..actors.runtime.envelope import Envelope
from ..actors.runtime.front import RIM
from ..actors.runtime.hosting import JournalPort, LogSink, Saboteur
from ..actors.runtime.journal_writer import DirectJournal, Durability, Keeper, opens
from ..actors.runtime.kernel import Kernel
from ..actors.runtime.recovery import Recovered, recover
from ..actors.runtime.segment_writer import SegmentWriter
from ..actors.runtime.step import ENGINE_DECIMALS
from ..actors.settings import Settings
from ..actors.settings_json import settings_json
from ..actors.system import (
    Wiring,
    announce,
    core_makers,
    journal_fault,
    make_codec,
    populate,
    restore,
    run_facts,
)
from ..messages.codec import Codec
from ..messages.intake import (
    EmergencyStateChanged,
    HostCommand,
    ModelPromoted,
    PolicyChanged,
    SubmitSignal,
)
from ..messages.lifecycle import ENGINE_STOPS
from ..messages.queries import Query
from .crash_points import Boundaries, Boundary, CountedDisk, CountedJournal
from .disk import SimulatedDisk
from .exchange import SimulatedExchange, VenueDriver
from .simulation import Simulation, SimulationHost
from .venue.venue import Venue

CLIENT = "engine"
SECOND_NS = 1_000_000_000
MS_NS = 1_000_000


@cache
def shared_codec() -> Codec:
    """Return the codec of every simulation in this process: dear to make, and keeps no run."""
    return make_codec()


@define(eq=False)
class Life:
    """One start of the engine, until its crash or its stop."""

    kernel: Kernel
    host: SimulationHost
    exchange: SimulatedExchange
    journal: DirectJournal | None
    generation: int
    recovered: Recovered | None


@define(eq=False)
class SimulatedEngine:
    """An engine in its surroundings; `start` begins a life."""

    simulation: Simulation
    venue: Venue
    settings: Settings
    disk: FileSystem | None = field(factory=SimulatedDisk)
    """None keeps no journal."""
    on_event: Callable[[object], None] | None = None
    on_step: Callable[[Cell, Envelope], None] | None = None
    on_life: Callable[[], None] | None = None
    """Called when a life is put together and recovered, before its first step."""
    log: LogSink | None = None
    saboteur: Saboteur | None = None
    rules: tuple[NamedRule, ...] = ()
    """The host's own rules."""
    hooks: Hooks = field(factory=Hooks)
    """Run at once, on the one thread of the simulation."""
    boundaries: Boundaries | None = None
    """Counts the boundaries of effects on a simulated disk, and crashes at planned ones."""
    codec: Codec = field(factory=shared_codec)
    life: Life | None = field(init=False, default=None)
    crashes: int = field(init=False, default=0)
    """How often the engine was killed."""
    driver: VenueDriver = field(init=False)
    _subscriptions: Subscriptions = field(init=False, factory=Subscriptions)

    def __attrs_post_init__(self) -> None:
        self.driver = VenueDriver(self.simulation, self.venue)

    @property
    def kernel(self) -> Kernel:
        """The kernel of the life at hand."""
        assert self.life is not None, "the engine does not run"
        return self.life.kernel

    def start(self) -> Life:
        """Begin a life: recover, continue the journal, start every actor.

        Raises `OSError` when the disk fails, or the power is cut, before the engine runs.
        """
        assert self.life is None, "the engine runs already"
        with decimal.localcontext(ENGINE_DECIMALS):
            recovered, disk = None, self._mounted()
            if disk is not None:
                recovered = recover(disk, self.codec, core_makers(self.settings))
            self.life = self._assemble(recovered, disk)
            self._begin(self.life)
        return self.life

    def crash(self) -> None:
        """Kill the engine, at work or at its start; what was not synced may be gone.

        Within a step, the rest of the step reaches nothing.
        """
        self.crashes += 1
        if self.life is not None:
            life = self._end()
            life.kernel.log = life.kernel.on_step = None
            life.host.crash()
            life.exchange.close()
        if isinstance(self.disk, SimulatedDisk):
            self.disk.crash()

    def stop(self) -> None:
        """Stop the engine in order and seal its journal."""
        life = self._end()
        for cell in reversed(list(life.kernel.cells.values())):
            life.kernel.stop_cell(cell, ENGINE_STOPS)
        life.host.crash()
        life.exchange.close()
        if life.journal is not None:
            life.journal.close()

    def tell(self, command: HostCommand) -> None:
        """Give the engine a command, as its front does."""
        self.kernel.post(names.EXECUTION_SYSTEM, command, correlation=correlation_of(command))

    def ask(self, query: Query, owner: str) -> Any:
        """Answer a query at this virtual instant."""
        answers: list[Any] = []
        self.kernel.post(owner, query, reply=answers.append)
        self.simulation.run(stop=lambda: bool(answers))
        return answers[0]

    def run_for(self, seconds: float) -> None:
        """Let virtual time pass."""
        self.simulation.run(self.simulation.now_ns + int(seconds * SECOND_NS))

    def state(self, actor: str) -> Any:
        """Return an actor's live state, for checkers."""
        return self.kernel.cells[actor].actor.state

    def _mounted(self) -> FileSystem | None:
        """Return the disk as a new life sees it."""
        if self.boundaries is None or not isinstance(self.disk, SimulatedDisk):
            return self.disk
        return CountedDisk(self.disk, self.boundaries)

    def _assemble(self, recovered: Recovered | None, disk: FileSystem | None) -> Life:
        generation = 1 if recovered is None else recovered.journal_generation + 1
        writer = self._writer(recovered, disk)
        host = self.simulation.host()
        kernel = Kernel(
            self.codec,
            host,
            str(self.settings.seed),
            log=self.log,
            saboteur=self.saboteur,
            snapshot_every=self.settings.journal.snapshot_every,
            on_step=self._on_step(),
        )
        # One thread runs it all: what counts is that a lock is entered without a call into Python.
        kernel.guard = RLock()
        host.kernel = kernel
        journal = None
        if writer is not None and recovered is not None:
            keeper = Keeper(writer, self._durability, journal_fault(recovered))
            journal = self._journal(kernel, host, keeper)
        exchange = self.driver.connect(CLIENT)
        if self.boundaries is not None:
            exchange.reach = self.boundaries.reach
        bus = self._bus
        wiring = Wiring(
            exchange,
            VirtualClock(self.simulation),
            event_bus=bus,
            rules=self.rules,
            hooks=self.hooks,
            start_hook=lambda work: work(),
        )
        populate(kernel, self.settings, wiring)
        return Life(kernel, host, exchange, journal, generation, recovered)

    def _writer(self, recovered: Recovered | None, disk: FileSystem | None) -> SegmentWriter | None:
        """Return the journal's writer, its generation durable; `OSError` when the disk is full."""
        if disk is None or recovered is None:
            return None
        encoded = settings_json(self.settings)
        generation = recovered.journal_generation + 1
        writer = SegmentWriter(
            disk,
            run_facts(self.settings, self.codec, generation, encoded, self.rules),
            recovered.start,
            segment_bytes_max=self.settings.journal.segment_bytes_max,
            syncs=self._durability is not Durability.OFF,
            on_sealed=retention(disk, self.settings.journal.keep_segments),
        )
        writer.claim()
        return writer

    @property
    def _durability(self) -> Durability:
        return Durability(self.settings.journal.durability)

    def _journal(self, kernel: Kernel, host: SimulationHost, keeper: Keeper) -> DirectJournal:
        writer = keeper.writer
        journal = DirectJournal(keeper, self._release(kernel, host))
        kernel.journal = self._counted(journal)
        kernel.sequence, kernel.chain.head = writer.start.sequence, writer.start.head
        return journal

    def _release(self, kernel: Kernel, host: SimulationHost) -> Callable[[Envelope], None]:
        """Return what the journal releases messages by: it takes as long as the disk did."""
        disk = self.disk
        if not isinstance(disk, SimulatedDisk):
            return host.route
        exit_wait_ns = self.settings.journal.exit_wait_ms * MS_NS
        return SlowRelease(disk, self.simulation, kernel, host, exit_wait_ns)

    def _counted(self, journal: DirectJournal) -> JournalPort:
        return journal if self.boundaries is None else CountedJournal(journal, self.boundaries)

    def _on_step(self) -> Callable[[Cell, Envelope], None] | None:
        """Return who looks at every step; a boundary comes after every other look."""
        look, boundaries = self.on_step, self.boundaries
        if boundaries is None:
            return look

        def on_step(cell: Cell, envelope: Envelope) -> None:
            if look is not None:
                look(cell, envelope)
            boundaries.reach(Boundary.AFTER_COMMIT)

        return on_step

    def _begin(self, life: Life) -> None:
        if life.recovered is not None:
            restore(life.kernel, life.recovered)
        if self.on_life is not None:
            self.on_life()
        for cell in list(life.kernel.cells.values()):
            life.kernel.start_cell(cell)
        announce(life.kernel, life.generation, life.recovered)

    def _end(self) -> Life:
        assert self.life is not None, "the engine does not run"
        life, self.life = self.life, None
        return life

    def _bus(self) -> EventBus:
        return SimulatedBus(self.on_event, self._subscriptions)


class SimulatedBus(EventBus):
    """The bus of a simulation: events go to the simulation at once, on the one thread.

    Subscribers, which have threads, are for programs whose threads are simulated too.
    """

    def __init__(
        self, on_event: Callable[[object], None] | None, subscriptions: Subscriptions
    ) -> None:
        super().__init__(subscriptions)
        self._on_event = on_event

    def receive(self, message: Any, ctx: Context) -> None:
        """Hand an event on, or take a subscription."""
        super().receive(message, ctx)
        if self._on_event is not None and not isinstance(message, RIM):
            self._on_event(message)


@define(eq=False)
class SlowRelease:
    """Lets go what a record held back, once the disk has had the time that it takes.

    What comes while the disk is busy waits for one more turn of it, together, as in the journal's
    own thread. What opens nothing waits for no disk longer than the journal's watch lets it.
    """

    disk: SimulatedDisk
    simulation: Simulation
    kernel: Kernel
    host: SimulationHost
    exit_wait_ns: int
    _busy_ns: int = field(init=False)
    _turn_ends_ns: int = field(init=False, default=0)
    _next_turn_ends_ns: int = field(init=False, default=0)
    """0 while nothing waits for the next turn."""

    def __attrs_post_init__(self) -> None:
        self._busy_ns = self.disk.busy_ns

    def __call__(self, envelope: Envelope) -> None:
        """Put one message on its way, now or when the disk is done."""
        if envelope.origin == names.JOURNAL:
            self.kernel.send(envelope)  # its own news, which no step has counted
            return
        spent_ns, self._busy_ns = self.disk.busy_ns - self._busy_ns, self.disk.busy_ns
        at_ns = self._done_at_ns(spent_ns)
        if not opens(envelope):
            at_ns = min(at_ns, self.simulation.now_ns + self.exit_wait_ns)
        self.host.route_at(at_ns, envelope)

    def _done_at_ns(self, spent_ns: int) -> int:
        now_ns = self.simulation.now_ns
        if self._next_turn_ends_ns and now_ns >= self._turn_ends_ns:
            self._turn_ends_ns, self._next_turn_ends_ns = self._next_turn_ends_ns, 0
        if now_ns >= self._turn_ends_ns:
            self._turn_ends_ns = now_ns + spent_ns
            return self._turn_ends_ns
        self._next_turn_ends_ns = self._next_turn_ends_ns or self._turn_ends_ns + spent_ns
        return self._next_turn_ends_ns


@define
class VirtualClock:
    """The simulation's time as the engine's clock."""

    simulation: Simulation

    def now_ns(self) -> int:
        """Return virtual time."""
        return self.simulation.now_ns

    def wall_seconds(self, duration_ns: int) -> float:
        """Virtual waits take no time on the wall."""
        return 0.0 * duration_ns


def correlation_of(command: HostCommand) -> str:
    """Return what a command's messages are correlated by."""
    match command:
        case SubmitSignal():
            return command.signal_id
        case PolicyChanged() | EmergencyStateChanged() | ModelPromoted():
            return command.source
        case _:
            return command.command_id
