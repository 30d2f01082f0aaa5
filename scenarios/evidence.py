"""Evidence: what is seen of one run from outside, for whoever judges what came of it.

Owns every event, every request with its answer, the faults that happened, the venue's ledger at the
moments asked for, and a short timeline of all that, until everything is settled. It hears and
changes nothing; hooks that were there before are called first. Bounded by the length of a run.
"""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

from attrs import define, field, frozen

from ..messages.values import Leg
from .chaos import Run
from .checks.ground import code_of
from .demo.wire import Sent, Wire
from .venue.faults import Fault
from .venue.ledger import OrderTruth, VenueLedger
from .workload import MS, START_NS, Workload

LINES_MAX = 80
TEXT_MAX = 100
TELLING = ("signal_id", "client_order_id", "symbol", "state", "guard", "alert", "reason", "text")
"""Fields of an event that say what it is about."""


@frozen
class Moment:
    """Something that was seen: where it came from, and what."""

    at_ns: int
    source: str
    text: str

    def __str__(self) -> str:
        seconds = (self.at_ns - START_NS) / (1_000 * MS)
        return f"{seconds:9.3f} s  {self.source:9}{self.text[:TEXT_MAX]}"


@frozen
class Seen:
    """An event with its time."""

    at_ns: int
    event: Any

    @property
    def name(self) -> str:
        """The event's class."""
        return type(self.event).__name__


@define(eq=False)
class Evidence:
    """Looks on at a run that has not begun; `moments_ms` are those whose ledgers are wanted."""

    run: Run
    moments_ms: tuple[int, ...] = ()
    events: list[Seen] = field(init=False, factory=list[Seen])
    sent: tuple[Sent, ...] = field(init=False, default=())
    fired: Counter[Fault] = field(init=False, factory=Counter[Fault])
    ledgers: dict[int | None, VenueLedger] = field(
        init=False, factory=dict[int | None, VenueLedger]
    )
    """By moment; None is the end, when all is settled and nothing is closed yet."""
    is_over: bool = field(init=False, default=False)
    """True from the end on: that everything is closed then is no part of the story."""
    _wire: Wire = field(init=False)
    _moments: list[Moment] = field(init=False)

    def __attrs_post_init__(self) -> None:
        engine = self.run.engine
        before = engine.on_event

        def on_event(event: object) -> None:
            if before is not None:
                before(event)
            if not self.is_over:
                self.events.append(Seen(engine.simulation.now_ns, event))
            self._note("tells", f"{type(event).__name__} {_about(event)}")

        engine.on_event = on_event
        engine.venue.hear_faults(self._on_fault)
        self._wire = Wire(engine, self._on_sent, self._on_answered)
        self._moments = [*_plan(self.run.workload)]
        self.run.on_settled = self._end
        for at_ms in self.moments_ms:
            engine.simulation.at(START_NS + at_ms * MS, partial(self._take, at_ms))

    def leg_of(self, client_order_id: str) -> Leg | None:
        """Return what an order of ours is for; None for one that is not ours."""
        parsed = self.run.checker.ground.parse(client_order_id)
        return None if parsed is None else parsed.leg

    def orders(self, at_ms: int | None = None) -> tuple[OrderTruth, ...]:
        """Return the venue's orders at a moment, or when all was settled."""
        return self.ledgers[at_ms].orders

    def timeline(self) -> list[str]:
        """Return what was seen, in its order; the middle is left out where it is too much."""
        lines = [str(each) for each in sorted(self._moments, key=lambda each: each.at_ns)]
        left_out = len(lines) - LINES_MAX
        if left_out <= 0:
            return lines
        half = LINES_MAX // 2
        return [*lines[:half], f"... {left_out} lines ...", *lines[-half:]]

    def _end(self) -> None:
        self._take(None)
        self.sent = tuple(self._wire.sent)
        self.is_over = True

    def _take(self, at_ms: int | None) -> None:
        self.ledgers[at_ms] = self.run.engine.venue.ledger()

    def _note(self, source: str, text: str) -> None:
        if not self.is_over:
            self._moments.append(Moment(self.run.engine.simulation.now_ns, source, text))

    def _on_fault(self, fault: Fault) -> None:
        self.fired[fault] += 1
        self._note("trouble", fault.value)

    def _on_sent(self, sent: Sent) -> None:
        if sent.client_order_id:
            params = sent.request.params
            wanted = ("symbol", "side", "type", "quantity", "price", "triggerPrice")
            told = " ".join(params[name] for name in wanted if name in params)
            self._note("-> venue", f"{_request(sent)} {told}")

    def _on_answered(self, sent: Sent) -> None:
        answer = sent.answer
        if answer is None or not (sent.client_order_id or code_of(answer)):
            return
        code = code_of(answer)
        told = f"{answer.phase.value} {answer.status or ''} {code or ''}".rstrip()
        self._note("<- venue", f"{_request(sent)}: {told}")


def _request(sent: Sent) -> str:
    return f"{sent.request.method} {sent.request.path} {sent.client_order_id}".rstrip()


def _about(event: object) -> str:
    told = [str(getattr(event, name)) for name in TELLING if getattr(event, name, "")]
    return " ".join(told)


def _plan(workload: Workload) -> Iterator[Moment]:
    """Yield what the run does to the engine from outside, as it is planned."""
    for number, signal in enumerate(workload.signals):
        yield _at(signal.at_ms, "host", f"s{number} {signal.kind.value} {signal.symbol}")
    for command in workload.commands:
        yield _at(command.at_ms, "host", command.kind)
    for crash in workload.engine_crashes:
        yield _at(crash.at_ms, "crash", f"the engine is killed for {crash.down_ms} ms")
    for move in workload.price_moves:
        yield _at(move.at_ms, "market", f"{move.symbol} {move.bps:+} bps in {move.over_ms} ms")
    for by_hand in workload.manual_requests:
        yield _at(by_hand.at_ms, "person", by_hand.request)


def _at(at_ms: int, source: str, text: str) -> Moment:
    return Moment(START_NS + at_ms * MS, source, text)
