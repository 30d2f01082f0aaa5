"""Step: one message through one actor, in every host and in replay.

A step collects facts and effects while the handler runs. After a normal return the facts are
applied and the effects may be released: both or neither. A handler that raises changes nothing,
so redelivery never doubles anything. An `apply` that raises is our bug: the actor counts as
crashed and is rebuilt from the facts before this step.
"""

import decimal
from typing import Any, Protocol

from ...messages.lifecycle import ActorStarted
from .envelope import Envelope

ENGINE_DECIMALS = decimal.Context(
    prec=34,
    rounding=decimal.ROUND_HALF_EVEN,
    Emin=-6143,
    Emax=6144,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[
        decimal.InvalidOperation,
        decimal.DivisionByZero,
        decimal.Overflow,
        decimal.FloatOperation,
    ],
)
"""Every step runs in this context: 34 digits, and a float beside a Decimal is an error."""


class HandlerAborted(RuntimeError):
    """A handler raised something that is no `Exception`; it must not stop the host's actors."""


class Draws(Protocol):
    """Where a step's random numbers come from: a seeded generator, or the record in replay."""

    def random(self) -> float:
        """Return the next number of [0, 1)."""
        ...


class RecordedDraws:
    """The random numbers of a record; a handler that wants more gets a number that shows."""

    __slots__ = ("_left",)

    def __init__(self, draws: list[float] | None = None) -> None:
        self.load(draws or [])

    def load(self, draws: list[float]) -> None:
        """Take the draws of the next step."""
        self._left = draws[::-1]

    def random(self) -> float:
        """Return the next recorded number."""
        return self._left.pop() if self._left else 0.0


class Spawn(tuple[str, str, Any]):
    """Effect: start an actor (name, kind, settings)."""

    __slots__ = ()


class Restart(tuple[str, bool]):
    """Effect: rebuild an actor (name, redeliver)."""

    __slots__ = ()


class Stop(tuple[str, str]):
    """Effect: stop an actor (name, reason)."""

    __slots__ = ()


class Watch(tuple[str]):
    """Effect: be told when an actor is gone (name)."""

    __slots__ = ()


class Forward(tuple[Envelope]):
    """Effect of the journal's edge: release an envelope that it held."""

    __slots__ = ()


class StepContext:
    """The context of one step; reset for each, since a step is the hot path.

    The lists are the step's effects: `facts`, `tells` (to, message, urgent), `timers` (delay,
    message, key; a delay of -1 disarms), `drawn` numbers, `logs`, `replies`, and `others` for the
    rare ones.
    """

    __slots__ = (
        "_draws",
        "correlation",
        "drawn",
        "facts",
        "logs",
        "me",
        "message_id",
        "now",
        "others",
        "replies",
        "sender",
        "tells",
        "timers",
    )

    def __init__(self, me: str, draws: Draws) -> None:
        self.me = me
        self._draws = draws
        self.sender = ""
        self.message_id = ""
        self.correlation = ""
        self.now = 0
        self.facts: list[Any] = []
        self.tells: list[tuple[str, Any, bool]] = []
        self.timers: list[tuple[int, Any, str]] = []
        self.drawn: list[float] = []
        self.logs: list[tuple[str, dict[str, object]]] = []
        self.replies: list[Any] = []
        self.others: list[Any] = []

    def begin(self, envelope: Envelope, now: int) -> None:
        """Forget the effects of the last step and look at the next message."""
        self.now = now
        self.sender = envelope.sender
        self.message_id = f"{envelope.origin}.{envelope.number}"
        self.correlation = envelope.correlation
        # What held nothing is as good as new; most steps have few kinds of effects.
        if self.facts:
            self.facts = []
        if self.tells:
            self.tells = []
        if self.timers:
            self.timers = []
        if self.drawn or self.logs or self.replies or self.others:
            self.drawn, self.logs, self.replies, self.others = [], [], [], []

    def has_effects(self) -> bool:
        """Say whether the step did more than answer and log."""
        return bool(self.facts or self.tells or self.timers or self.drawn or self.others)

    def random(self) -> float:
        """Draw from [0, 1); the draw is recorded."""
        value = self._draws.random()
        self.drawn.append(value)
        return value

    def record(self, fact: object) -> None:
        """State a fact."""
        self.facts.append(fact)

    def tell(self, to: str, message: object, *, urgent: bool = False) -> None:
        """Send a message."""
        self.tells.append((to, message, urgent))

    def after(self, delay_ns: int, message: object, *, key: str) -> None:
        """Arm a timer."""
        self.timers.append((max(delay_ns, 0), message, key))

    def cancel(self, key: str) -> None:
        """Disarm a timer; arming and disarming of one step take effect in their order."""
        self.timers.append((-1, None, key))

    def spawn(self, name: str, kind: str, settings: object) -> None:
        """Start a new actor."""
        self.others.append(Spawn((name, kind, settings)))

    def watch(self, name: str) -> None:
        """Ask for a `Terminated`."""
        self.others.append(Watch((name,)))

    def restart(self, name: str, *, redeliver: bool) -> None:
        """Rebuild an actor."""
        self.others.append(Restart((name, redeliver)))

    def stop(self, name: str = "", reason: str = "") -> None:
        """Stop an actor for good."""
        self.others.append(Stop((name or self.me, reason)))

    def forward(self, envelope: Envelope) -> None:
        """Release an envelope that was held back."""
        self.others.append(Forward((envelope,)))

    def reply(self, message: object) -> None:
        """Answer the query at hand."""
        self.replies.append(message)

    def log(self, event: str, **fields: object) -> None:
        """Write a log line if the step is kept."""
        self.logs.append((event, fields))


def run_step(actor: Any, context: StepContext, envelope: Envelope, now: int) -> Exception | None:
    """Run one message; the effects stay in `context`. Returns what was raised, if anything.

    The caller runs this inside `ENGINE_DECIMALS`.
    """
    context.begin(envelope, now)
    message = envelope.message
    try:
        if type(message) is ActorStarted:
            actor.resume(context)
        else:
            actor.receive(message, context)
        for fact in context.facts:
            actor.apply(fact)
    except Exception as error:  # noqa: BLE001 - supervision decides about every failure
        return error
    except BaseException as error:  # noqa: BLE001 - SystemExit or CancelledError in a handler
        return HandlerAborted(f"{type(error).__name__}: {error}")
    return None
