"""StepRate: steps of the core a second, against a bare deque-and-dict scheduler.

Both carry the same messages around a ring of five actors: those of real orders on their way
through the core, in their proportions, each made afresh from its values. A step keeps the message
by its class and tells the next actor the next message. The bare scheduler is the floor of what
Python can do: a deque, a dict of actors, a dict of handlers; no fact, envelope, id, failure or
record. Ours is the shipped kernel under the simulation's host, without and with the journal.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice
from typing import Any

import attrs
from attrs import define, field

from callboard.actors.runtime.actor import Actor, Context
from callboard.actors.runtime.journal_writer import DirectJournal, Durability, Keeper
from callboard.actors.runtime.kernel import Kernel
from callboard.actors.runtime.segment import RunFacts
from callboard.actors.runtime.segment_writer import SegmentWriter
from callboard.actors.system import make_codec
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.simulation import Simulation
from measure import Row, Target, compare
from record_cost import take_sample
from stage import BenchmarkFailed

WITHOUT = Target("core steps without journal / bare scheduler", "steps/s", 0.15)
WITH = Target("core steps with journal / bare scheduler", "steps/s", 0.08)
RING = ("gate", "queue", "manager", "monitor", "account")
FOLLOWING = dict(zip(RING, (*RING[1:], RING[0]), strict=True))
STEPS_MAX = 90_000
"""A simulation takes more steps at one instant for a loop."""
SAMPLE_ORDERS = 20

Values = tuple[type, dict[str, Any]]
"""A message's class and what it is made of."""


def sample() -> list[Values]:
    """Return the messages of some orders, in the order of their delivery."""
    messages = [envelope.message for _, envelope in take_sample(SAMPLE_ORDERS).steps]
    return [(type(message), _values(message)) for message in messages]


@define
class Course:
    """The messages of one lap; both sides take theirs from one like this."""

    left: Iterator[Values]

    def following(self) -> Any:
        """Return the next message, freshly made; None when the lap is over."""
        found = next(self.left, None)
        return None if found is None else found[0](**found[1])


def course(values: list[Values], steps: int) -> Course:
    """Return a lap of so many messages."""
    return Course(islice(cycle(values), steps))


@define
class RingState:
    """What one actor of the ring knows."""

    last: dict[type, Any] = field(factory=dict[type, Any])


class RingActor(Actor):
    """An actor of the ring, as the kernel runs it."""

    State = RingState
    state: RingState

    def __init__(self, following: str, lap: Course) -> None:
        super().__init__()
        self._following = following
        self._lap = lap

    def receive(self, message: Any, ctx: Context) -> None:
        """Keep the message and tell the next actor."""
        ctx.record(message)
        following = self._lap.following()
        if following is not None:
            ctx.tell(self._following, following)

    def apply(self, fact: Any) -> None:
        """Keep a message."""
        self.state.last[type(fact)] = fact


class BareActor:
    """An actor of the ring, as a bare scheduler runs it."""

    def __init__(self, following: str, lap: Course, queue: deque[tuple[str, Any]]) -> None:
        self._following = following
        self._lap = lap
        self._queue = queue
        self.last: dict[type, Any] = {}

    def on_message(self, message: Any) -> None:
        """Keep the message and tell the next actor."""
        self.last[type(message)] = message
        following = self._lap.following()
        if following is not None:
            self._queue.append((self._following, following))


def bare(values: list[Values], steps: int) -> float:
    """Return the bare scheduler's steps a second."""
    lap = course(values, steps)
    queue: deque[tuple[str, Any]] = deque([(RING[0], lap.following())])
    actors = {name: BareActor(FOLLOWING[name], lap, queue) for name in RING}
    handlers: dict[str, dict[type, Callable[[Any], None]]] = {
        name: {cls: actor.on_message for cls, _ in values} for name, actor in actors.items()
    }
    begin = time.process_time()
    while queue:
        to, message = queue.popleft()
        handlers[to][type(message)](message)
    return steps / (time.process_time() - begin)


def core(values: list[Values], steps: int, *, journal: bool) -> float:
    """Return our kernel's steps a second."""
    assert steps <= STEPS_MAX
    lap = course(values, steps)
    simulation = Simulation(seed=1)
    host = simulation.host()
    host.kernel = kernel = Kernel(make_codec(), host, "1")
    if journal:
        writer = SegmentWriter(SimulatedDisk(), RunFacts(1, "1", RING), syncs=False)
        kernel.journal = DirectJournal(Keeper(writer, Durability.OFF), host.route)
    for name in RING:
        kernel.start_cell(kernel.add(name, partial(RingActor, FOLLOWING[name], lap)))
    for cls, made_of in values:
        kernel.codec.encode(cls(**made_of))  # compiles it: set-up
    simulation.run()
    first = kernel.sequence
    kernel.post(RING[0], lap.following())
    begin = time.process_time()
    simulation.run()
    seconds = time.process_time() - begin
    if kernel.sequence - first != steps:
        raise BenchmarkFailed(f"{kernel.sequence - first} steps of {steps} were taken")
    return steps / seconds


def rows(*, steps: int, rounds: int) -> list[Row]:
    """Measure both rows."""
    values = sample()
    floor = partial(bare, values, steps)
    return [
        compare(target, partial(core, values, steps, journal=journal), floor, rounds=rounds)
        for target, journal in ((WITHOUT, False), (WITH, True))
    ]


def _values(message: attrs.AttrsInstance) -> dict[str, Any]:
    return {each.name: getattr(message, each.name) for each in attrs.fields(message.__class__)}
