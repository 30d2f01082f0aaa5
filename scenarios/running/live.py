"""Paper live: a run on the wall's time, or N times as fast, on the threads of a real engine.

Owns the surroundings of such a run: the venue, on a thread of this process or behind the socket of
one of its own, the feeding of signals at their venue time, and the end. Whoever stops it lets what
is on its way come to its end first, for `DRAIN_SECONDS`. What it counts it counts from the core's
steps, on their own threads; each count has one of them. Not repeatable: threads and the wall decide
the order of what comes from outside, and the journal keeps it.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pykka
from attrs import define, evolve, field

from ...actors.adapters.clock import WallClock
from ...actors.adapters.disk import Disk
from ...actors.adapters.rate_shares import Shares
from ...actors.engine import JOURNAL_FOLDER, Surroundings, launch
from ...actors.ports import Clock, Exchange
from ...actors.runtime.front import Front, StopIntake, Subscribe
from ...actors.runtime.hosting import LogSink
from ...actors.runtime.journal_reader import verify
from ...actors.runtime.segment import Status, last_number, read_manifest
from ...messages.events import AlertRaised, CommandRefused
from ...messages.queries import (
    GetOrders,
    GetPositions,
    GetSummary,
    OrdersView,
    PositionsView,
    SummaryView,
)
from ..paper import RESTING, SETTLE_NS_MAX, PaperOptions, PaperResult, Progress, lines_of_run
from ..tally import Tally
from ..venue.control import VenueControl, VenueGoneError
from ..venue.ledger import VenueLedger
from ..venue.scaled_clock import ScaledClock
from ..venue.socket_exchange import SocketExchange
from ..venue.threaded import ThreadedExchange
from ..venue.venue import Venue
from .draining import DRAIN_SECONDS, is_calm, left_behind
from .summary import EngineView, Run, summary

WAIT_SECONDS_MAX = 0.1
"""Longest sleep between two looks at the outside."""
QUIET_SECONDS = 0.3
"""How long nothing must be on its way at the end."""
SETTLE_SECONDS = 10.0
"""The wall's least patience at the end: `SETTLE_NS_MAX` may be short on a fast clock."""
ASK_SECONDS = 5.0
STOP_SECONDS = 60.0
SECOND_NS = 1_000_000_000


@define(eq=False)
class Place:
    """Where a live run takes place."""

    exchange: Exchange
    clock: Clock
    ledger: Callable[[], VenueLedger | None]
    """The venue's truth, also after the engine has stopped; None of a venue that is gone."""
    close: Callable[[], None]
    fault_counts: Callable[[], Mapping[str, int]] = dict
    account: str = ""
    """Names the venue's account when other processes can reach it."""
    compare: Callable[[VenueLedger | None], Any] = lambda _: None
    """Tells, beside the ledger, what another account did meanwhile; None where none was watched."""
    tells_ledger: bool = True
    """Whether this venue shows its truth to anybody but the account's own clients."""


def place_in_process(options: PaperOptions, speed: float) -> Place:
    """Return a place whose venue is a thread of this process; a live market has its own pace."""
    live = options.market.live
    clock = WallClock(speed, options.market.start_ns) if live is None else live.clock
    settings = options.venue_settings()
    seed, start_ns = options.settings.seed, options.market.start_ns
    venue = Venue(settings, options.market.market, seed=seed, start_ns=start_ns)
    exchange = ThreadedExchange(venue, clock)
    options.market.hear(exchange.wake)

    def close() -> None:
        exchange.close()
        options.market.close()

    return Place(
        exchange,
        clock,
        venue.ledger,
        close,
        lambda: {fault.value: count for fault, count in venue.fault_counts.items()},
    )


def place_at_socket(path: Path, clock: ScaledClock) -> Place:
    """Return a place whose venue is the process that listens at a path, with its clock."""
    exchange = SocketExchange(path)
    return Place(
        exchange, clock, lambda: _ledger_of(path), exchange.close, account=account_at(path)
    )


def account_at(path: Path) -> str:
    """Return the name of the account of the venue process that listens at a path."""
    return f"of the venue at {path.resolve()}"


def _ledger_of(path: Path) -> VenueLedger | None:
    """Return the venue's truth, None of a venue that is gone."""
    try:
        with VenueControl(path) as control:
            return control.ledger()
    except VenueGoneError:
        return None


def run_live(
    options: PaperOptions,
    place: Place,
    *,
    log: LogSink,
    on_progress: Callable[[Progress], None],
    is_stopped: Callable[[], bool],
) -> PaperResult:
    """Run to the end, or until `is_stopped`, and return what happened.

    Raises as `ExecutionSystem.start` does; the place is closed in any case.
    """
    live = _Live(options, place, log, on_progress, is_stopped)
    try:
        return live.run()
    finally:
        place.close()


@define(eq=False)
class _Live:
    options: PaperOptions
    place: Place
    log: LogSink
    on_progress: Callable[[Progress], None]
    is_stopped: Callable[[], bool]
    tally: Tally = field(init=False, factory=Tally)
    bad_line: str = field(init=False, default="")
    failures: int = field(init=False, default=0)
    fatal: str = field(init=False, default="")
    left: tuple[str, ...] = field(init=False, default=())
    _is_ending: bool = field(init=False, default=False)
    _busy_at: float = field(init=False, factory=time.monotonic)
    """When something was last seen on its way, by the wall."""

    def run(self) -> PaperResult:
        """Start, feed, settle, stop and sum up."""
        options, place = self.options, self.place
        around = Surroundings(
            place.exchange,
            place.clock,
            options.data_dir,
            self._note,
            account=place.account,
            shares=Shares(),
            saboteur=options.crashes,
            on_step=self.tally.note_step,
        )
        ref = launch(options.settings, around)
        try:
            ref.tell(Subscribe(self.tally.note_event, (AlertRaised, CommandRefused)))
            self._run_while(ref, lambda: not self._is_over())
            until_ns, until = self._now() + SETTLE_NS_MAX, time.monotonic() + SETTLE_SECONDS
            self._run_while(
                ref,
                lambda: (
                    (self._now() < until_ns or time.monotonic() < until)
                    and not self._is_settled(ref)
                ),
            )
            if self.is_stopped():
                self._drain(ref)
            virtual_ns, view = self._now() - options.market.start_ns, self._view(ref)
        finally:
            self._stop(ref)
        return self._result(virtual_ns, view)

    def _run_while(self, ref: pykka.ActorRef[Front], goes_on: Callable[[], bool]) -> None:
        self._feed(ref)
        while not (self.is_stopped() or self.bad_line or not ref.is_alive()) and goes_on():
            self.on_progress(Progress(self._now() - self.options.market.start_ns, self.tally))
            time.sleep(self._seconds_to_wait())
            self._feed(ref)

    def _drain(self, ref: pykka.ActorRef[Front]) -> None:
        """Take nothing new, and wait for what is on its way; say what the venue goes on with."""
        with suppress(pykka.ActorDeadError):
            ref.tell(StopIntake())
        until = time.monotonic() + DRAIN_SECONDS
        while time.monotonic() < until and not self._is_drained(ref):
            time.sleep(WAIT_SECONDS_MAX)
        positions, orders = self._ask(ref, GetPositions()), self._ask(ref, GetOrders())
        # A venue that ends with the run goes on with nothing.
        if self.place.account and positions is not None and orders is not None:
            self.left = left_behind(orders.orders, positions.positions)

    def _is_drained(self, ref: pykka.ActorRef[Front]) -> bool:
        """True when nothing has been on its way for `QUIET_SECONDS`, or the engine is gone."""
        positions, orders = self._ask(ref, GetPositions()), self._ask(ref, GetOrders())
        if positions is None or orders is None:
            return True
        if not is_calm(orders.orders, positions.positions):
            self._busy_at = time.monotonic()
        return time.monotonic() - self._busy_at >= QUIET_SECONDS

    def _feed(self, ref: pykka.ActorRef[Front]) -> None:
        feeder = self.options.feeder
        if feeder is None:
            return
        while (due_ns := feeder.next_at_ns()) is not None and due_ns <= self._now():
            command = feeder.take()
            self._busy_at = time.monotonic()
            with suppress(pykka.ActorDeadError):
                ref.tell(command)
        if self.options.strict and feeder.lines.faults:
            self.bad_line = str(feeder.lines.faults[0])

    def _seconds_to_wait(self) -> float:
        feeder = self.options.feeder
        due_ns = None if feeder is None else feeder.next_at_ns()
        if due_ns is None:
            return WAIT_SECONDS_MAX
        seconds = self.place.clock.wall_seconds(due_ns - self._now())
        return min(max(seconds, 0.0), WAIT_SECONDS_MAX)

    def _is_over(self) -> bool:
        options = self.options
        tape = options.market.tape
        if tape is not None and tape.is_over:
            return True
        if options.for_ns:
            return self._now() - options.market.start_ns >= options.for_ns
        if tape is not None or options.feeder is None:
            return False
        return options.feeder.is_over

    def _is_settled(self, ref: pykka.ActorRef[Front]) -> bool:
        """True when every signal has ended or rests as an order, for `QUIET_SECONDS` already.

        A command that was just told is with nobody yet who could be asked for it.
        """
        if not (self.tally.is_ready and self._rests(ref)):
            self._busy_at = time.monotonic()
        return time.monotonic() - self._busy_at >= QUIET_SECONDS

    def _rests(self, ref: pykka.ActorRef[Front]) -> bool:
        counts, orders = self._ask(ref, GetSummary()), self._ask(ref, GetOrders())
        if not isinstance(counts, SummaryView) or not isinstance(orders, OrdersView):
            return False
        open_signals = counts.signals - sum(count for _, count in counts.outcomes)
        resting = {order.signal_id: None for order in orders.orders if order.signal_id}
        return open_signals <= len(resting) and all(
            order.state in RESTING for order in orders.orders
        )

    def _view(self, ref: pykka.ActorRef[Front]) -> EngineView:
        positions, orders = self._ask(ref, GetPositions()), self._ask(ref, GetOrders())
        if not isinstance(positions, PositionsView) or not isinstance(orders, OrdersView):
            return EngineView()
        return EngineView(
            positions=positions.positions,
            open_orders=tuple(order.state for order in orders.orders),
            longest_unprotected_ms=positions.longest_unprotected_ms,
            realised_pnl=positions.realised_pnl,
            fees=positions.fees,
        )

    def _ask(self, ref: pykka.ActorRef[Front], query: object) -> Any:
        """Return an answer, or None from an engine that is gone."""
        try:
            return ref.ask(query, timeout=ASK_SECONDS)
        except (pykka.ActorDeadError, pykka.Timeout):
            return None

    def _stop(self, ref: pykka.ActorRef[Front]) -> None:
        self._is_ending = True
        with suppress(pykka.ActorDeadError):
            ref.stop(timeout=STOP_SECONDS)

    def _result(self, virtual_ns: int, view: EngineView) -> PaperResult:
        options, place = self.options, self.place
        self.on_progress(Progress(virtual_ns, self.tally, done=True))
        records, head = journal_end(options.data_dir)
        ledger = place.ledger()
        run = Run(
            mode=options.settings.mode,
            seed=options.settings.seed,
            market=options.market.name,
            mark_is_mid=options.market.mark_is_mid(),
            virtual_ns=virtual_ns,
            tally=self.tally,
            engine=evolve(view, records=records, head=head, crashes=self.failures),
            venue=ledger,
            lines=lines_of_run(options),
            faults=self.place.fault_counts(),
            shadow=place.compare(ledger),
        )
        stopped = "interrupted" if self.is_stopped() else ""
        state = self.tally.trading_state
        is_gone = ledger is None and place.tells_ledger
        return PaperResult(
            summary(run),
            self.bad_line,
            self.fatal,
            stopped,
            state,
            venue_gone=is_gone,
            left=self.left,
        )

    def _note(self, actor: str, event: str, fields: Mapping[str, object]) -> None:
        if self._is_ending and event == "dead_letter":
            # What was on its way when its receiver stopped: no news at an end.
            return
        if event == "actor_failed":
            self.failures += 1
        elif event == "engine_failed":
            self.fatal = str(fields.get("reason", event))
        self.log(actor, event, fields)

    def _now(self) -> int:
        return self.place.clock.now_ns()


def journal_end(data_dir: Path) -> tuple[int, str]:
    """Return the sequence and the hash of a journal's last record."""
    disk = Disk(data_dir / JOURNAL_FOLDER)
    manifest = read_manifest(disk, last_number(disk))
    if manifest is not None and manifest.status is Status.SEALED:
        return manifest.last, manifest.head_after
    # The engine did not end in order: only the records themselves say it.
    report = verify(disk)
    return report.sequence, report.head if report.records else ""
