"""Watch: everything that is seen of the engine while the demo runs.

Owns the lines of the story, what each actor did, and the engine's own answers to the host's
queries. It hears events, steps and the wire, and never looks into an actor. Bounded by the length
of the demo. Hooks that were there before are called first.
"""

from collections import deque
from decimal import Decimal

from attrs import define, field, frozen

from ...actors import names
from ...actors.runtime.cell import Cell
from ...actors.runtime.envelope import Envelope
from ...messages.events import OrderResolved, OrderUnknown, PositionClosed
from ...messages.lifecycle import ActorFailed, ActorStarted
from ...messages.market import MarkChanged
from ...messages.queries import (
    EngineStatus,
    GetOrders,
    GetPositions,
    GetStatus,
    OrdersView,
    PositionsView,
)
from ..simulated_engine import SimulatedEngine
from ..tally import Tally
from . import narrator
from .narrator import Line, Words
from .story import Begin, Trouble
from .wire import MS_NS, SECOND_NS, Sent, Wire


@define
class ActorLine:
    """What one actor did."""

    steps: int = 0
    facts: int = 0
    restarts: int = 0


@frozen
class Seen:
    """An event with its time."""

    at_ns: int
    event: object


@frozen
class Redelivered:
    """A step of an actor that had failed at this message before."""

    actor: str
    message_id: str
    facts: int
    """How many facts the actor had written before its crash."""


@define(eq=False)
class Watch:
    """Looks on; `engine` must be without a life yet."""

    engine: SimulatedEngine
    tally: Tally
    start_ns: int
    lines: list[Line] = field(init=False, factory=list[Line])
    chapter: Begin = field(init=False, default=Begin(None, ""))
    begun: dict[Trouble, int] = field(init=False, factory=dict[Trouble, int])
    """When each trouble began, in ns."""
    actors: dict[str, ActorLine] = field(init=False)
    marks: dict[str, Decimal] = field(init=False, factory=dict[str, Decimal])
    seen: list[Seen] = field(init=False, factory=list[Seen])
    failed: list[ActorFailed] = field(init=False, factory=list[ActorFailed])
    redelivered: list[Redelivered] = field(init=False, factory=list[Redelivered])
    paused_until_ns: int = field(init=False, default=0)
    status: EngineStatus | None = field(init=False, default=None)
    orders: OrdersView = field(init=False, default=OrdersView(()))
    positions: PositionsView = field(
        init=False, default=PositionsView((), Decimal(0), Decimal(0), 0)
    )
    wire: Wire = field(init=False)
    _unasked: dict[str, bool] = field(init=False, factory=dict[str, bool])
    """Unknown orders whose first question was not asked yet."""
    _recent: deque[tuple[int, str]] = field(init=False, factory=deque[tuple[int, str]])

    def __attrs_post_init__(self) -> None:
        self.actors = {name: ActorLine() for name in names.CORE}
        self.wire = Wire(self.engine, self._on_sent, self._on_answered)
        step_before, event_before = self.engine.on_step, self.engine.on_event

        def on_step(cell: Cell, envelope: Envelope) -> None:
            if step_before is not None:
                step_before(cell, envelope)
            self.tally.note_step(cell, envelope)
            self._on_step(cell, envelope)

        def on_event(event: object) -> None:
            if event_before is not None:
                event_before(event)
            self.tally.note_event(event)
            self._on_event(event)

        self.engine.on_step, self.engine.on_event = on_step, on_event

    @property
    def now_ms(self) -> int:
        """Virtual time from the start."""
        return (self.engine.simulation.now_ns - self.start_ns) // MS_NS

    def begin(self, chapter: Begin) -> None:
        """A chapter of the story begins."""
        self.chapter = chapter
        if chapter.trouble is not None:
            self.begun[chapter.trouble] = self.engine.simulation.now_ns
        self._say((narrator.Tone.STORY, chapter.text))

    def ask(self) -> None:
        """Ask the engine for its state, its orders and its positions, as any host can."""
        self.status = self.engine.ask(GetStatus(), names.CIRCUIT_BREAKER)
        self.orders = self.engine.ask(GetOrders(open_only=False), names.ORDER_MANAGER)
        self.positions = self.engine.ask(GetPositions(), names.POSITION_MONITOR)

    def rates(self) -> dict[str, int]:
        """Return the steps of each actor in the last virtual second."""
        since_ns = self.engine.simulation.now_ns - SECOND_NS
        while self._recent and self._recent[0][0] <= since_ns:
            self._recent.popleft()
        rates = dict.fromkeys(self.actors, 0)
        for _, name in self._recent:
            rates[name] += 1
        return rates

    def events_of(self, kind: type, since_ns: int = 0) -> list[Seen]:
        """Return the events of a class from a moment on."""
        return [
            each for each in self.seen if isinstance(each.event, kind) and each.at_ns >= since_ns
        ]

    def _say(self, words: Words) -> None:
        if words is not None:
            self.lines.append(Line(self.now_ms, *words))

    def _on_event(self, event: object) -> None:
        self.seen.append(Seen(self.engine.simulation.now_ns, event))
        if isinstance(event, OrderUnknown):
            self._unasked[event.client_order_id] = True
        elif isinstance(event, OrderResolved):
            self._unasked.pop(event.client_order_id, False)
        elif isinstance(event, PositionClosed):
            self.wire.targets.pop(event.symbol, None)
        self._say(narrator.words_of_event(event))

    def _on_step(self, cell: Cell, envelope: Envelope) -> None:
        line, message = self.actors[cell.name], envelope.message
        self._recent.append((self.engine.simulation.now_ns, cell.name))
        if isinstance(message, ActorFailed):
            self.failed.append(message)
            self._say(narrator.words_of_failure(message))
        elif isinstance(message, ActorStarted) and message.generation > 1:
            line.restarts += 1
            self._say(narrator.words_of_rebuild(cell.name, message.generation, line.facts))
        elif isinstance(message, MarkChanged):
            self.marks[message.symbol] = message.mark
        if line.restarts:
            self._note_redelivery(cell, envelope)
        line.steps += 1
        line.facts += len(cell.context.facts)

    def _note_redelivery(self, cell: Cell, envelope: Envelope) -> None:
        if any((each.actor, each.message_id) == (cell.name, envelope.id) for each in self.failed):
            facts = self.actors[cell.name].facts
            self.redelivered.append(Redelivered(cell.name, envelope.id, facts))
            self._say((narrator.Tone.GOOD, f"{cell.name} is given the same message again"))

    def _on_sent(self, sent: Sent) -> None:
        if sent.request.method == "GET" and self._unasked.pop(sent.client_order_id, False):
            self._say(narrator.words_of_query(sent))
        if self.paused_until_ns and sent.at_ns >= self.paused_until_ns:
            self.paused_until_ns = 0
            self._say((narrator.Tone.GOOD, "the pause is over: the limiter grants permits again"))

    def _on_answered(self, sent: Sent) -> None:
        self.paused_until_ns = max(self.paused_until_ns, sent.paused_until_ns)
        self._say(narrator.words_of_answer(sent))
