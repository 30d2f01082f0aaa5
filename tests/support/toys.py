"""Toys: tiny actors for tests of the runtime, with their messages.

Owns a counter that states facts, an edge and a supervisor; what they saw is noted in a witness.
"""

import threading
from decimal import Decimal
from typing import Any

from attrs import define, frozen

from callboard.actors.runtime.actor import Actor, Context, EdgeActor
from callboard.actors.runtime.supervision import FailureLog, Group, Strategy, decide
from callboard.messages.codec import Codec
from callboard.messages.lifecycle import ActorFailed, Terminated

SECOND_NS = 1_000_000_000


@frozen
class Add:
    """Add to the total."""

    amount: int


@frozen
class AddAndTell:
    """Add, and tell somebody."""

    amount: int
    to: str
    message: Any


@frozen
class Crash:
    """State a fact, tell somebody, arm a timer, then raise."""

    to: str = ""
    kind: str = "ValueError"


@frozen
class CrashWhileBelow:
    """Raise for as long as the life is younger than `generation`; then add 1."""

    generation: int


@frozen
class ApplyBadly:
    """State two facts of which the second cannot be applied."""


@frozen
class AddLater:
    """Add after a delay, under a key."""

    delay_ns: int
    amount: int
    key: str = "later"


@frozen
class Cancel:
    """Disarm a timer."""

    key: str = "later"


@frozen
class Spawn:
    """Start a child and speak to it in the same step."""

    name: str
    kind: str
    amount: int


@frozen
class WatchFor:
    """Watch an actor."""

    name: str


@frozen
class StopNow:
    """Stop an actor; without a name, yourself."""

    name: str = ""


@frozen
class RestartNow:
    """Rebuild an actor."""

    name: str
    redeliver: bool = False


@frozen
class GetTotal:
    """Ask for the total."""


@frozen
class Total:
    """Answer to `GetTotal`."""

    value: int


@frozen
class Ignored:
    """A question that is never answered."""


@frozen
class Divide:
    """Divide 1 by 3 and state the digits."""


@frozen
class Added:
    """Fact: the total grew."""

    amount: int


@frozen
class Refusing:
    """Fact that cannot be applied."""


TOYS = (
    Add,
    AddAndTell,
    Crash,
    CrashWhileBelow,
    ApplyBadly,
    AddLater,
    Cancel,
    Spawn,
    WatchFor,
    StopNow,
    RestartNow,
    GetTotal,
    Total,
    Ignored,
    Divide,
    Added,
    Refusing,
)


def toy_codec() -> Codec:
    """Return a codec that knows the toys."""
    return Codec((f"toy/{cls.__name__}", cls) for cls in TOYS)


@define
class Sum:
    """The state of a counter."""

    total: int = 0


class Witness:
    """What the toys saw, from any thread: (actor, what), in order."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Any]] = []
        self.threads: dict[str, str] = {}
        self.lives: dict[str, int] = {}
        """Generation of each actor at its last step, for toys that heal."""

    def note(self, who: str, what: Any) -> None:
        """Remember what an actor saw, and on which thread."""
        self.threads[who] = threading.current_thread().name
        self.seen.append((who, what))

    def of(self, who: str) -> list[Any]:
        """Return what one actor saw."""
        return [what for name, what in list(self.seen) if name == who]


class Counter(Actor):
    """A core actor with one number."""

    State = Sum

    def __init__(self, witness: Witness | None = None) -> None:
        super().__init__()
        self.witness = witness or Witness()

    def receive(self, message: Any, ctx: Context) -> None:  # noqa: C901, PLR0912 - a toy of all
        """Do what the toy message says."""
        self.witness.note(ctx.me, message)
        match message:
            case Add(amount):
                ctx.record(Added(amount))
            case AddAndTell(amount, to, inner):
                ctx.record(Added(amount))
                ctx.tell(to, inner)
            case Crash(to, kind):
                self._crash(ctx, to, kind)
            case CrashWhileBelow(generation):
                if self.witness.lives[ctx.me] < generation:
                    raise ValueError("not yet")
                ctx.record(Added(1))
            case ApplyBadly():
                ctx.record(Added(1))
                ctx.record(Refusing())
            case AddLater(delay_ns, amount, key):
                ctx.after(delay_ns, Add(amount), key=key)
            case Cancel(key):
                ctx.cancel(key)
            case Spawn(name, kind, amount):
                ctx.spawn(name, kind, Total(amount))
                ctx.tell(name, Add(amount))
            case WatchFor(name):
                ctx.watch(name)
            case StopNow(name):
                ctx.stop(name, "asked to")
            case RestartNow(name, redeliver):
                ctx.restart(name, redeliver=redeliver)
            case GetTotal():
                ctx.reply(Total(self.state.total))
            case Divide():
                ctx.record(Added(len(str(Decimal(1) / Decimal(3)))))
            case _:
                ctx.log("toy_told", kind=type(message).__name__)

    def apply(self, fact: Any) -> None:
        """Add, or refuse."""
        if isinstance(fact, Refusing):
            raise TypeError("this fact cannot be applied")
        self.state.total += fact.amount

    def resume(self, ctx: Context) -> None:
        """Note the start."""
        self.witness.note(ctx.me, f"started {self.witness.lives.get(ctx.me, 1)}")

    def _crash(self, ctx: Context, to: str, kind: str) -> None:
        ctx.record(Added(1_000))
        if to:
            ctx.tell(to, Add(1_000))
        ctx.after(0, Add(1_000), key="crash")
        if kind == "SystemExit":
            raise SystemExit("out")
        if kind == "KeyboardInterrupt":
            raise KeyboardInterrupt
        raise ValueError("crashed on demand")


class ToyEdge(EdgeActor):
    """An edge that notes, and passes on what it is asked to."""

    def __init__(self, witness: Witness) -> None:
        self.witness = witness
        self.name = ""

    def receive(self, message: Any, ctx: Context) -> None:
        """Note; raise, pass on or answer as the toy says."""
        self.witness.note(ctx.me, message)
        match message:
            case Crash():
                ctx.tell("counter", Add(1_000))
                raise OSError("the wire broke")
            case AddAndTell(_, to, inner):
                ctx.tell(to, inner)
            case AddLater(delay_ns, amount, key):
                ctx.after(delay_ns, Add(amount), key=key)
            case GetTotal():
                ctx.reply(Total(-1))
            case _:
                ctx.log("edge_told")

    def resume(self, ctx: Context) -> None:
        """Note the start."""
        self.name = ctx.me
        self.witness.note(ctx.me, "opened")

    def close(self) -> None:
        """Note the end."""
        self.witness.note(self.name, "closed")


@define
class Remembered:
    """The state of the toy supervisor."""

    restarts: int = 0


class ToySupervisor(Actor):
    """Rebuilds by the pure rules of supervision; keeps its log outside the record, being a toy."""

    State = Remembered

    def __init__(self, tree: tuple[Group, ...], witness: Witness) -> None:
        super().__init__()
        self.tree = tree
        self.witness = witness
        self.log = FailureLog()

    def receive(self, message: Any, ctx: Context) -> None:
        """Decide about a failure, or note a death."""
        self.witness.note(ctx.me, message)
        if isinstance(message, ActorFailed):
            self._decide(message, ctx)
        elif isinstance(message, Terminated):
            ctx.log("toy_terminated")
        elif isinstance(message, WatchFor):
            ctx.watch(message.name)
        else:
            raise TypeError(type(message).__name__)

    def _decide(self, failed: ActorFailed, ctx: Context) -> None:
        decision = decide(
            self.tree,
            self.log,
            actor=failed.actor,
            message_id=failed.message_id,
            now=ctx.now,
        )
        for group, at in decision.failures:
            self.log.times.setdefault(group, []).append(at)
        self.log.poison[failed.actor] = failed.message_id
        for name in decision.actors:
            ctx.restart(name, redeliver=decision.redeliver and name == failed.actor)
        if decision.halted:
            ctx.stop(failed.actor, "gave up")


def one_group(*children: str, strategy: Strategy = Strategy.ONE_FOR_ONE) -> tuple[Group, ...]:
    """Return a tree of one group."""
    return (Group("root", strategy, children),)
