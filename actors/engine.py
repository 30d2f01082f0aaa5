"""Engine: a whole system on Pykka's threads, behind one ref; the second half of the root.

Beside `system.py`, which says which actors there are, it is the only file that knows what a host's
machine adds: the journal's folder, threads, the front, and the order of start and stop. A start
that fails gives everything back. Two systems never share a thing but the limit of their address.
When the engine must stop by itself, subscribers get an `AlertRaised` with `engine_failed`, the log
a line, and the ref goes dead after an orderly stop.
"""

import decimal
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path

import pykka
from attrs import define, field, frozen

from ..messages.control import TripBreaker
from ..messages.events import AlertRaised
from ..messages.values import Severity, TradingState
from . import names
from .adapters.claim import claim_account
from .adapters.clock import WallClock
from .adapters.disarming import disarm_countdown
from .adapters.disk import Disk
from .adapters.engine_socket import FILE, EngineSocket, entrance
from .adapters.event_bus import EventBus, Subscriptions
from .adapters.halt_path import check_answer, check_folder
from .adapters.journal import WITHOUT_POWER, Journal, ThreadedJournalPort, durability_of
from .adapters.journal_watch import JournalWatch
from .adapters.modes import ModeRefused, check_mode
from .adapters.rate_shares import OF_THIS_PROCESS, Shares
from .adapters.records.unhurried import unhurried
from .adapters.records.view import View
from .adapters.records.view_follower import ViewFollower
from .adapters.records.views import check_audit, views_of
from .adapters.retention import retention
from .adapters.settings_advice import advice_on
from .adapters.settings_check import checked
from .adapters.spool import Spool
from .adapters.trip_hooks import Hooks
from .adapters.vitals import Machine, Vitals
from .errors import ConfigurationError
from .policies.host_rules import HostRule, NamedRule, named
from .ports import Clock, Exchange
from .runtime.cell import Cell
from .runtime.envelope import Envelope
from .runtime.front import Door, Front
from .runtime.hosting import LogSink, Saboteur
from .runtime.journal_reader import Flaw
from .runtime.journal_writer import Durability, Keeper
from .runtime.kernel import Kernel
from .runtime.recovery import Recovered, recover
from .runtime.segment import RunFacts
from .runtime.segment_writer import SegmentWriter
from .runtime.step import ENGINE_DECIMALS
from .runtime.threads import Placement, ThreadedHost
from .settings import Settings
from .settings_json import settings_json
from .system import (
    ROUTES,
    VERSION,
    Wiring,
    announce,
    core_makers,
    journal_fault,
    make_codec,
    populate,
    restore,
    run_facts,
)

JOURNAL_FOLDER = "journal"
MS_NS = 1_000_000
NO_EXCHANGE = (
    "exchange: none was given; for the built-in paper venue call"
    " callboard.scenarios.paper.start(settings)"
)


@frozen(eq=False)
class Surroundings:
    """What a system stands in."""

    exchange: Exchange
    clock: Clock = field(factory=WallClock)
    data_dir: Path | None = None
    """The journal lies in its folder `journal`; None keeps none, so that nothing is recovered."""
    log: LogSink | None = None
    account: str = ""
    """Names what the exchange trades on; one engine of this user at a time runs on it. Empty for an
    exchange that nobody else can reach."""
    hooks: Hooks = field(factory=Hooks)
    """Called when trading is tripped, on threads of their own."""
    shares: Shares = OF_THIS_PROCESS
    """The limit that this system has a share of."""
    on_stopped: Callable[[], None] | None = None
    """Called last, to close what was opened for this system alone, or when the start fails."""
    rules: tuple[HostRule, ...] = ()
    """The host's own, asked of every entry that passed all of ours."""
    saboteur: Saboteur | None = None
    on_step: Callable[[Cell, Envelope], None] | None = None
    """Sees every step of the core that was kept, on the thread of its actor."""


class ExecutionSystem:
    """Starts systems; the core actor of this name, their intake, is `actors.execution_system`."""

    @staticmethod
    def start(
        settings: Settings,
        *,
        exchange: Exchange | None = None,
        clock: Clock | None = None,
        data_dir: Path | str | None = None,
        log: LogSink | None = None,
        rules: Iterable[HostRule] = (),
        hooks: Hooks | None = None,
        account: str = "",
    ) -> pykka.ActorRef[Front]:
        """Start a system and return the ref that takes commands and queries.

        Its actors run when this returns; `EngineReady` tells subscribers that entries are
        possible, and what is told before waits for it. Stopping the ref stops the whole system.
        The exchange stays its maker's: close it after the stop. `rules` are functions of a
        `ProposedEntry` that may refuse an entry; a replay of the journal needs them again.
        `hooks` are called on threads of their own when trading is tripped, before positions are
        closed and after. `account` names what the exchange trades on, when another process could
        reach the same: a second engine of this user is then refused, whatever its `data_dir`.

        Raises:
            AccountInUse: Another engine of this user runs on the account.
            ConfigurationError: Settings or arguments are at fault; nothing was started.
            ModeRefused: The mode must not run so, or nobody could halt it.
            FolderInUse: Another system writes the journal of `data_dir`.
            RecoveryFailed: The journal is intact, but this version cannot fold it.
            OSError: The disk's fault.
        """
        if exchange is None:
            raise ConfigurationError(NO_EXCHANGE)
        return launch(
            settings,
            Surroundings(
                exchange,
                clock or WallClock(),
                None if data_dir is None else Path(data_dir),
                log,
                rules=tuple(rules),
                hooks=hooks or Hooks(),
                account=account,
            ),
        )


def launch(settings: Settings, around: Surroundings) -> pykka.ActorRef[Front]:
    """Start a system in its surroundings; as `ExecutionSystem.start`, for the project's hosts."""
    with ExitStack() as undo:
        if around.on_stopped is not None:
            undo.callback(around.on_stopped)
        settings = checked(settings)
        check_mode(settings)
        check_folder(settings, around.data_dir)
        rules = _named(around.rules)
        share = settings.limits.rate_limit_share
        around.shares.take(share)
        undo.callback(around.shares.give_back, share)
        disk = None
        if around.data_dir is not None:
            check_audit(settings.records, settings.mode, around.data_dir)
            disk = Disk(around.data_dir / JOURNAL_FOLDER)
            disk.lock()
            undo.callback(disk.close)
        if around.account:
            held = claim_account(settings.mode, around.account, around.data_dir)
            undo.callback(held.close)
        # What actors compute while they are made must not depend on the host's context.
        with decimal.localcontext(ENGINE_DECIMALS):
            engine = _assemble(settings, around, disk, rules)
        front = engine.start(undo.pop_all())
    try:
        check_answer(settings, around.data_dir)
    except ModeRefused:
        front.stop()
        raise
    if around.data_dir is not None:
        engine.listen(front, around.data_dir / FILE)
    return front


@define(eq=False)
class Engine:
    """One running system: from its first thread to its last."""

    settings: Settings
    kernel: Kernel
    host: ThreadedHost
    generation: int
    recovered: Recovered | None
    _closing: ExitStack = field(init=False, factory=ExitStack)
    _front: pykka.ActorRef[Front] | None = field(init=False, default=None)

    def start(self, closing: ExitStack) -> pykka.ActorRef[Front]:
        """Let every actor run, and open the front; `closing` is closed after the stop."""
        self._closing = closing
        self.host.on_fatal = self._on_fatal
        door = Door(self.kernel, self.host, ROUTES, self.stop, self.settings.inbox_max)
        try:
            self._prime()
            self.host.start()
            front = self._front = Front.start(door)
        except BaseException:
            self.stop()
            raise
        if self.host.fatal_reason:  # before there was a front to stop
            front.stop(block=False)
        return front

    def listen(self, front: pykka.ActorRef[Front], path: Path) -> None:
        """Let other processes of this user ask and command; trading goes on without."""
        try:
            door = EngineSocket(path, entrance(front), self.kernel.codec)
        except OSError as error:
            self.kernel.note("engine", "socket_failed", {"path": path, "error": str(error)})
        else:
            self._closing.callback(door.close)

    def _prime(self) -> None:
        """Give every actor its place and its first messages, before any thread runs."""
        for cell in list(self.kernel.cells.values()):
            self.host.place(cell)
        self._report_advice()
        self._report_other_version()
        self._report_findings()
        announce(self.kernel, self.generation, self.recovered)

    def stop(self) -> None:
        """Stop the actors, last first, and give back what the system held."""
        if self.settings.accounts.countdown_ms:
            self._disarm()
        stuck = self.host.stop()
        if stuck:
            self.kernel.note("engine", "threads_left_behind", {"seats": ", ".join(stuck)})
        if names.JOURNAL in stuck:
            # Its thread may still write: the folder stays locked for as long as the process lives.
            self._closing.pop_all()
        self._closing.close()
        self.kernel.note("engine", "engine_stopped", {"generation": self.generation})

    def _disarm(self) -> None:
        """Let no countdown of the venue run on, or say why one may."""
        if self._front is None or self.host.fatal_reason:
            left = {"all": self.host.fatal_reason or "the engine did not start"}
        else:
            left = disarm_countdown(self.kernel.post)
        word = "countdown_left_armed" if left else "countdown_disarmed"
        self.kernel.note("engine", word, {**left})

    def _on_fatal(self, reason: str) -> None:
        self.kernel.note("engine", "engine_failed", {"reason": reason})
        alert = AlertRaised(Severity.CRITICAL, "engine_failed", "engine", reason)
        self.kernel.post(names.EVENT_BUS, alert)
        if self._front is not None:
            self._front.stop(block=False)

    def _report_advice(self) -> None:
        """Note what should be known of the settings."""
        for each in advice_on(self.settings):
            fields = {"key": each.key, "text": each.text, "remedy": each.remedy}
            self.kernel.note("engine", "setting_warned", fields)

    def _report_other_version(self) -> None:
        """Note that another version, or another schema, wrote what was just folded."""
        run = None if self.recovered is None else self.recovered.run
        if run is None:
            return
        changed = run.changed_since(self.kernel.codec.fingerprints())
        if changed or run.callboard != VERSION:
            fields = {"recorded": run.callboard, "now": VERSION, "changed": len(changed)}
            hint = "callboard upgrade --check says what is other"
            self.kernel.note("engine", "journal_of_other_version", {**fields, "hint": hint})

    def _report_findings(self) -> None:
        """Tell what is wrong with the journal; a missing part of it stops entries."""
        findings = () if self.recovered is None else self.recovered.findings
        for finding in findings:
            text = f"{finding.segment}, record {finding.record}: {finding.what}"
            self.kernel.note("engine", "journal_finding", {"flaw": finding.flaw, "what": text})
            if finding.flaw is not Flaw.TORN_TAIL:
                # What held back is unknown; `ResumeTrading` says that somebody has looked.
                trip = TripBreaker(TradingState.HALTED, f"journal damaged: {text}")
                self.kernel.post(names.CIRCUIT_BREAKER, trip)


def _named(rules: tuple[HostRule, ...]) -> tuple[NamedRule, ...]:
    try:
        return named(rules)
    except ValueError as error:
        raise ConfigurationError(f"rules: {error}") from error


def _assemble(
    settings: Settings, around: Surroundings, disk: Disk | None, rules: tuple[NamedRule, ...]
) -> Engine:
    """Make every actor; none of them runs yet."""
    codec = make_codec()
    recovered = None if disk is None else recover(disk, codec, core_makers(settings))
    generation = _next_generation(recovered)
    keeper = None
    if disk is not None and recovered is not None:
        facts = run_facts(settings, codec, generation, settings_json(settings), rules)
        writer = _writer(settings, facts, disk, recovered)
        durability = durability_of(settings.journal.durability)
        keeper = Keeper(writer, durability, journal_fault(recovered))
    host = ThreadedHost(around.clock, Placement(settings.placement), settings.high_water)
    kernel = Kernel(
        codec,
        host,
        str(settings.seed),
        log=around.log,
        saboteur=around.saboteur,
        on_step=around.on_step,
    )
    host.attach(kernel)
    if disk is not None and keeper is not None:
        # Before the journal, so that they stop after it and read what it wrote last.
        _add_views(kernel, settings, around, disk)
        # First of the others, so that it stops last and writes what they say until then.
        _add_journal(kernel, settings, keeper, around.clock)
    subscriptions = Subscriptions()
    wiring = Wiring(
        around.exchange,
        around.clock,
        event_bus=lambda: EventBus(subscriptions),
        spool=None if around.data_dir is None else Spool(around.data_dir),
        rules=rules,
        hooks=around.hooks,
    )
    populate(kernel, settings, wiring)
    machine = Machine(kernel, host, around.clock, VERSION, settings.mode, generation, keeper)
    kernel.add(names.VITALS, lambda: Vitals(machine.look))
    if recovered is not None:
        restore(kernel, recovered)
    return Engine(settings, kernel, host, generation, recovered)


def _writer(settings: Settings, facts: RunFacts, disk: Disk, recovered: Recovered) -> SegmentWriter:
    """Return the journal's writer, its generation durable; `OSError` when the disk is full."""
    writer = SegmentWriter(
        disk,
        facts,
        recovered.start,
        segment_bytes_max=settings.journal.segment_bytes_max,
        syncs=durability_of(settings.journal.durability) is not Durability.OFF,
        on_sealed=retention(disk, settings.journal.keep_segments),
    )
    writer.claim()
    return writer


def _next_generation(recovered: Recovered | None) -> int:
    if recovered is not None:
        return recovered.journal_generation + 1
    # Nothing remembers the last start; the wall's time keeps the order ids of two starts apart.
    return time.time_ns() // MS_NS


def _add_views(kernel: Kernel, settings: Settings, around: Surroundings, disk: Disk) -> None:
    """Add who makes trade store and audit log; nothing of the engine depends on them."""
    assert around.data_dir is not None
    views = views_of(settings.records, around.data_dir, disk, make_codec(), unhurried)
    for name, view in views.items():
        kernel.add(name, _follower(name, view, settings, around.clock))


def _follower(
    name: str, view: View, settings: Settings, clock: Clock
) -> Callable[[], ViewFollower]:
    interval_ms = settings.records.interval_ms
    return lambda: ViewFollower(name, view, clock=clock, interval_ms=interval_ms)


def _add_journal(kernel: Kernel, settings: Settings, keeper: Keeper, clock: Clock) -> None:
    """Add the journal and its watch; the kernel continues the chain where the writer does."""
    durability, writer = keeper.durability, keeper.writer
    if durability in WITHOUT_POWER:
        fields = {"durability": durability, "text": WITHOUT_POWER[durability]}
        kernel.note(names.JOURNAL, "journal_not_synced", fields)
    port = ThreadedJournalPort(kernel.post)
    group_sync_ms = settings.journal.group_sync_ms
    kernel.add(names.JOURNAL, lambda: Journal(port, keeper, group_sync_ms=group_sync_ms))
    wait_ms = settings.journal.exit_wait_ms
    kernel.add(names.JOURNAL_WATCH, lambda: JournalWatch(port, clock, exit_wait_ms=wait_ms))
    kernel.journal = port
    kernel.sequence, kernel.chain.head = writer.start.sequence, writer.start.head
    if settings.placement == Placement.SHARED:
        # A snapshot is the state of all core actors between two steps: only one thread has that.
        kernel.snapshot_every = settings.journal.snapshot_every
