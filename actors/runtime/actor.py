"""Actor: what a behaviour is, apart from any thread, clock or socket.

A core actor decides: `receive` reads its state and asks the context for effects, and only `apply`,
given a fact, changes the state. An edge actor owns something outside (a socket, a file), may keep
mutable state of its own, and is never journaled or replayed.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Protocol

from attrs import frozen


class Context(Protocol):
    """What a handler may read and ask for; effects are released only if the handler returns.

    Times are UTC nanoseconds of the engine's clock. Addresses are actor names.
    """

    @property
    def now(self) -> int:
        """Engine time of this step."""
        ...

    @property
    def me(self) -> str:
        """The actor's own address."""
        ...

    @property
    def sender(self) -> str:
        """Address of the actor that told the message; empty when it came from outside."""
        ...

    @property
    def message_id(self) -> str:
        """Id of the message at hand, unique in the journal."""
        ...

    @property
    def correlation(self) -> str:
        """What the step is about, carried from message to message."""
        ...

    def random(self) -> float:
        """Draw from [0, 1); the draw is recorded."""
        ...

    def record(self, fact: object) -> None:
        """State a fact: it is applied to the state, and kept, when the handler returns."""
        ...

    def tell(self, to: str, message: object, *, urgent: bool = False) -> None:
        """Send a message; urgent ones overtake the others in the receiver's inbox."""
        ...

    def after(self, delay_ns: int, message: object, *, key: str) -> None:
        """Tell me `message` after a delay; an armed timer of the same key is replaced."""
        ...

    def cancel(self, key: str) -> None:
        """Disarm the timer of a key, if any."""
        ...

    def spawn(self, name: str, kind: str, settings: object) -> None:
        """Start a new actor of a registered kind, given a message as its settings."""
        ...

    def watch(self, name: str) -> None:
        """Ask for a `Terminated` when the actor is gone for good."""
        ...

    def restart(self, name: str, *, redeliver: bool) -> None:
        """Rebuild an actor from its facts (for supervisors)."""
        ...

    def stop(self, name: str = "", reason: str = "") -> None:
        """Stop an actor for good; without a name, me."""
        ...

    def reply(self, message: object) -> None:
        """Answer the query at hand; without one waiting, nothing happens."""
        ...

    def log(self, event: str, **fields: object) -> None:
        """Write a log line if the step is kept; never a part of the logic."""
        ...


@frozen
class NoState:
    """The state of an actor that remembers nothing."""


class Actor(ABC):
    """A core actor: one owner of one piece of state."""

    State: ClassVar[type] = NoState
    private: ClassVar[tuple[type, ...]] = ()
    """The actor's own ticks and facts, for the codec."""

    def __init__(self) -> None:
        self.state: Any = self.State()

    @abstractmethod
    def receive(self, message: Any, ctx: Context) -> None:
        """Decide about one message; change nothing, ask `ctx` for effects."""

    def apply(self, fact: Any) -> None:
        """Change the state by one fact; pure, total, and the only place that changes it."""
        raise TypeError(f"{type(self).__name__} has no facts, got {type(fact).__name__}")

    def resume(self, ctx: Context) -> None:
        """Arm timers and ask again for what the state says is outstanding; called at each start."""


class EdgeActor(ABC):
    """An edge actor: translates between messages and something outside, decides nothing."""

    @abstractmethod
    def receive(self, message: Any, ctx: Context) -> None:
        """Handle one message; may block its own thread."""

    def resume(self, ctx: Context) -> None:
        """Open what is outside; called at each start."""

    def close(self) -> None:
        """Close what is outside; called once, when the actor stops."""


def private_tag(owner: str, cls: type) -> str:
    """Return the stable tag of an actor's own message: its address and the bare name."""
    return f"{owner}/{cls.__name__.lstrip('_')}"
