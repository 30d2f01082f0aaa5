"""Cell: one actor in its place, with what is needed to rebuild it.

Keeps the facts since the last base state, so that a crashed actor is rebuilt by folding. They are
folded into a new base when they are many beside it, so memory is bounded by the state and not by
uptime, and a large state is not written again and again. A base is bytes: values that nobody looks
at would only keep the garbage collector at work.
"""

from collections.abc import Callable, Iterable
from enum import Enum, auto
from random import Random
from typing import Any

from attrs import define, field

from ...messages.codec import Codec, dumps, loads
from .actor import Actor, EdgeActor
from .envelope import Envelope
from .step import Draws, StepContext

FACTS_MAX = 1024
"""Facts kept before they are folded into a new base; a fold of as many takes a few ms."""

BASE_BYTES_A_FACT = 200
"""A base of more than `FACTS_MAX` times this many bytes waits for more facts, one for each."""


class Status(Enum):
    """Whether a cell takes messages."""

    STARTING = auto()
    """Its `ActorStarted` is on the way; messages that overtook it wait."""
    RUNNING = auto()
    SUSPENDED = auto()
    """Crashed and waiting for a directive; messages wait too."""
    STOPPED = auto()


@define(eq=False)
class Cell:
    """One actor: behaviour, generation, the messages that wait for it, and its fold."""

    name: str
    make: Callable[[], Actor | EdgeActor]
    seed: str
    held_until_durable: bool = False
    """True where what goes to the actor must be on disk before it goes (the lanes)."""
    actor: Any = field(init=False, default=None)
    is_core: bool = field(init=False, default=True)
    generation: int = field(init=False, default=0)
    context: StepContext = field(init=False)
    status: Status = field(init=False, default=Status.STARTING)
    failed: Envelope | None = field(init=False, default=None)
    waiting: list[Envelope] = field(init=False, factory=list[Envelope])
    facts: list[Any] = field(init=False, factory=list[Any])
    base: bytes = field(init=False, default=b"")
    """The state that `facts` continue, as JSON; empty for a fresh one."""
    facts_max: int = field(init=False, default=FACTS_MAX)
    """How many facts become a new base."""
    watchers: list[str] = field(init=False, factory=list[str])
    told: int = field(init=False, default=0)
    """How many messages an edge has told, for their ids."""
    steps: int = field(init=False, default=0)
    failures: int = field(init=False, default=0)
    restarts: int = field(init=False, default=0)
    last: Envelope | None = field(init=False, default=None)
    """What it handled last, or is handling."""

    def __attrs_post_init__(self) -> None:
        self.actor = self.make()
        self.is_core = isinstance(self.actor, Actor)
        self.begin_generation(1)

    def begin_generation(self, generation: int, draws: Draws | None = None) -> None:
        """Count a new life; its generator is seeded by (seed, address, generation)."""
        self.generation = generation
        seeded = Random(f"{self.seed}/{self.name}/{generation}")
        self.context = StepContext(self.name, draws or seeded)

    def keep(self, facts: list[Any], codec: Codec) -> None:
        """Remember applied facts for a rebuild."""
        self.facts.extend(facts)
        if len(self.facts) >= self.facts_max:
            self.rebase(codec.encode_state(self.actor.state))

    def rebase(self, state: Any) -> None:
        """Let a rebuild begin with the present state, given as JSON values."""
        self.base, self.facts = dumps(state), []
        self.facts_max = max(FACTS_MAX, len(self.base) // BASE_BYTES_A_FACT)

    def restore(self, state: Any, codec: Codec) -> None:
        """Begin with a state, given as JSON values."""
        self.rebase(state)
        self.rebuild(codec)

    def continue_from(self, other: "Cell", codec: Codec) -> None:
        """Begin with what another actor's fold comes to; its facts are not ours to change."""
        self.base, self.facts, self.facts_max = other.base, list(other.facts), other.facts_max
        self.rebuild(codec)

    def rebuild(self, codec: Codec) -> None:
        """Make the behaviour anew; a core actor's state is the fold of its facts."""
        self.actor = fold(self.make, self.base, self.facts, codec) if self.is_core else self.make()


def fold(make: Callable[[], Any], base: bytes, facts: Iterable[Any], codec: Codec) -> Any:
    """Return a new actor of the core with the state that facts make of a base."""
    actor = make()
    if base:
        actor.state = codec.decode_state(loads(base), actor.State)
    for fact in facts:
        actor.apply(fact)
    return actor
