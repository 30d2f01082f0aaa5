"""Cell: one actor in its place, with what is needed to rebuild it.

Keeps the facts since the last base state, so that a crashed actor is rebuilt by folding; the list
is folded into a new base at `FACTS_MAX`, which bounds memory by the state and not by uptime.
"""

from collections.abc import Callable
from enum import Enum, auto
from random import Random
from typing import Any

from attrs import define, field

from ...messages.codec import Codec
from .actor import Actor, EdgeActor
from .envelope import Envelope
from .step import Draws, StepContext

FACTS_MAX = 2048
"""Facts kept before they are folded into a new base; a fold of as many takes a few ms."""


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
    base: Any = field(init=False, default=None)
    """The state that `facts` continue, as JSON values; None for a fresh one."""
    watchers: list[str] = field(init=False, factory=list[str])
    told: int = field(init=False, default=0)
    """How many messages an edge has told, for their ids."""

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
        if len(self.facts) >= FACTS_MAX:
            self.rebase(codec.encode_state(self.actor.state))

    def rebase(self, state: Any) -> None:
        """Let a rebuild begin with the present state, given as JSON values."""
        self.base, self.facts = state, []

    def restore(self, base: Any, facts: list[Any], codec: Codec) -> None:
        """Set what the fold starts from, and fold."""
        self.base, self.facts = base, facts
        self.rebuild(codec)

    def rebuild(self, codec: Codec) -> None:
        """Make the behaviour anew; a core actor's state is the fold of its facts."""
        self.actor = self.make()
        if not self.is_core:
            return
        if self.base is not None:
            self.actor.state = codec.decode_state(self.base, self.actor.State)
        for fact in self.facts:
            self.actor.apply(fact)
