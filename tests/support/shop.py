"""Shop: a few toy actors with every kind of effect, and a host that carries their messages.

A clerk draws a price and asks the till; the till books sales as facts, arms a timer, tells an edge
that is held until durable, and now and then raises; a boss restarts what failed. Everything runs
in one thread, in the order of a queue.
"""

import decimal
from collections import deque
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, ClassVar

from attrs import define, evolve, field, frozen

from callboard.actors.runtime.actor import Actor, Context, EdgeActor, private_tag
from callboard.actors.runtime.cell import Cell
from callboard.actors.runtime.envelope import Envelope, Timer
from callboard.actors.runtime.hosting import InjectedCrash, JournalPort
from callboard.actors.runtime.kernel import Kernel
from callboard.actors.runtime.record import Chain
from callboard.actors.runtime.recovery import Recovered
from callboard.actors.runtime.segment import RunFacts
from callboard.actors.runtime.step import ENGINE_DECIMALS
from callboard.messages.codec import Codec
from callboard.messages.lifecycle import ActorFailed, ActorStarted

SECOND_NS = 1_000_000_000
START_NS = 1_790_000_000 * SECOND_NS


@frozen
class Buy:
    """Somebody buys a number of things."""

    thing: str
    count: int


@frozen
class Charge:
    """The clerk asks the till for money."""

    thing: str
    amount: Decimal


@frozen
class Sold:
    """Fact: a sale is booked."""

    thing: str
    amount: Decimal


@frozen
class Counted:
    """Fact: the till was counted."""

    sales: int


@frozen
class CountTill:
    """The till's own timer."""


@frozen
class Receipt:
    """What the printer prints."""

    text: str


@define
class TillState:
    """What the till remembers."""

    total: Decimal = Decimal(0)
    sales: int = 0
    counted: int = 0
    by_thing: dict[str, Decimal] = field(factory=dict[str, Decimal])


class Clerk(Actor):
    """Draws a price and charges it."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, Buy):
            cents = int(ctx.random() * 10_000)
            ctx.tell("till", Charge(message.thing, Decimal(cents) * message.count / 100))
            ctx.log("bought", thing=message.thing)


class Till(Actor):
    """Books sales; refuses what is called broken by raising."""

    State: ClassVar[type] = TillState
    private = (Sold, Counted, CountTill)

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, Charge):
            self.on_charge(message, ctx)
        elif isinstance(message, CountTill):
            ctx.record(Counted(self.state.sales))

    def on_charge(self, message: Charge, ctx: Context) -> None:
        if message.thing == "broken":
            raise ValueError(f"cannot sell {message.thing}")
        ctx.record(Sold(message.thing, message.amount))
        ctx.tell("printer", Receipt(f"{message.thing} {message.amount}"))
        ctx.after(SECOND_NS, CountTill(), key="count")

    def apply(self, fact: Any) -> None:
        match fact:
            case Sold(thing, amount):
                self.state.total += amount
                self.state.sales += 1
                by_thing = self.state.by_thing
                by_thing[thing] = by_thing.get(thing, Decimal(0)) + amount
            case Counted(sales):
                self.state.counted = sales
            case _:
                raise TypeError(fact)

    def resume(self, ctx: Context) -> None:
        if self.state.sales > self.state.counted:
            ctx.after(SECOND_NS, CountTill(), key="count")


class Boss(Actor):
    """Restarts what failed, without its message."""

    def receive(self, message: Any, ctx: Context) -> None:
        if isinstance(message, ActorFailed):
            ctx.restart(message.actor, redeliver=message.error == "InjectedCrash")


class Printer(EdgeActor):
    """An edge that remembers what it printed."""

    def __init__(self, printed: list[Receipt]) -> None:
        self.printed = printed

    def receive(self, message: Any, ctx: Context) -> None:  # noqa: ARG002 - it answers nobody
        self.printed.append(message)


CORE: Mapping[str, Callable[[], Actor]] = {"boss": Boss, "clerk": Clerk, "till": Till}
RUN = RunFacts(generation=1, seed="7", core=tuple(CORE), edges=("printer",))


def shop_codec() -> Codec:
    """Return a codec that knows the shop's messages."""
    tags: list[tuple[str, type]]
    tags = [("shop/" + cls.__name__, cls) for cls in (Buy, Charge, Receipt)]
    tags += [(private_tag("till", cls), cls) for cls in Till.private]
    return Codec(tags)


@define(eq=False)
class Shop:
    """A kernel with the shop's actors, carried by one queue in virtual time."""

    journal: Callable[[Callable[[Envelope], None]], JournalPort | None]
    core: Mapping[str, Callable[[], Actor]] = field(factory=lambda: dict(CORE))
    crashes: tuple[int, ...] = ()
    """Deliveries to clerk and till in whose place the actor crashes."""
    boss_crashes: tuple[int, ...] = ()
    """The same for the boss, who loses its message."""
    snapshot_every: int = 0
    printed: list[Receipt] = field(init=False, factory=list[Receipt])
    now: int = field(init=False, default=START_NS)
    kernel: Kernel = field(init=False)
    _queue: deque[Envelope] = field(init=False, factory=deque[Envelope])
    _timers: dict[tuple[str, str], Timer] = field(init=False, factory=dict[tuple[str, str], Timer])
    _deliveries: list[int] = field(init=False, factory=lambda: [0, 0])

    def __attrs_post_init__(self) -> None:
        self.kernel = Kernel(
            shop_codec(),
            self,
            "7",
            journal=self.journal(self.route),
            supervisor="boss",
            saboteur=self,
            snapshot_every=self.snapshot_every,
        )
        for name, make in self.core.items():
            self.kernel.add(name, make)
        self.kernel.add("printer", lambda: Printer(self.printed), held_until_durable=True)

    def start(self, recovered: Recovered | None = None) -> None:
        """Start every actor, from a recovered journal if one is given."""
        if recovered is not None:
            self.kernel.chain = Chain(recovered.start.head)
            self.kernel.sequence = recovered.start.sequence
            for name, state in recovered.states.items():
                cell = self.kernel.cells[name]
                cell.restore(state, self.kernel.codec)
                cell.begin_generation(recovered.generations.get(name, 0) + 1)
        for cell in tuple(self.kernel.cells.values()):
            self.kernel.start_cell(cell)
        if recovered is not None:
            self.kernel.route_again(recovered.waiting)
        self.run()

    def buy(self, *things: str) -> None:
        """Buy things one after the other, a tenth of a second apart."""
        for count, thing in enumerate(things, 1):
            self.kernel.post("clerk", Buy(thing, count), correlation=f"sale-{thing}")
            self.run(until=self.now + SECOND_NS // 10)

    def deliver(self, count: int) -> None:
        """Deliver so many messages and leave the rest waiting."""
        with decimal.localcontext(ENGINE_DECIMALS):
            for _ in range(count):
                self.kernel.process(self._queue.popleft(), self.now)

    def run(self, until: int | None = None) -> None:
        """Deliver what waits; with a time, timers up to it too."""
        with decimal.localcontext(ENGINE_DECIMALS):
            self._drain()
            while until is not None and (due := self._next_due(until)) is not None:
                timer = self._timers.pop(due)
                self.now = timer.due_ns
                self.kernel.fire(timer, self.now)
                self._drain()
        self.now = self.now if until is None else until

    def till(self) -> TillState:
        """Return the till's state."""
        state: TillState = self.kernel.cells["till"].actor.state
        return evolve(state, by_thing=dict(state.by_thing))

    def route(self, envelope: Envelope) -> None:
        self._queue.append(envelope)

    def arm(self, cell: Cell, timer: Timer) -> None:
        self._timers[cell.name, timer.key] = timer

    def disarm(self, cell: Cell, key: str | None) -> None:
        for armed in [each for each in self._timers if each[0] == cell.name]:
            if key is None or armed[1] == key:
                del self._timers[armed]

    def waiting(self) -> list[Envelope]:
        return list(self._queue)

    def place(self, cell: Cell) -> None:
        """Every cell stands in the kernel."""

    def fatal(self, reason: str) -> None:
        raise AssertionError(reason)

    def before_step(self, cell: Cell, envelope: Envelope) -> None:
        if not cell.is_core or type(envelope.message) is ActorStarted:
            return
        is_boss = cell.name == "boss"
        self._deliveries[is_boss] += 1
        number = self._deliveries[is_boss]
        if number in (self.boss_crashes if is_boss else self.crashes):
            raise InjectedCrash(f"delivery {number}")

    def _drain(self) -> None:
        while self._queue:
            self.kernel.process(self._queue.popleft(), self.now)

    def _next_due(self, until: int) -> tuple[str, str] | None:
        due = [(timer.due_ns, key) for key, timer in self._timers.items() if timer.due_ns <= until]
        return min(due)[1] if due else None
