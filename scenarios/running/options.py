"""Run options: what the command line says about a paper run, made into the parts of one.

Owns the defaults that only a paper run has: without a whitelist it takes the market's symbols, in
virtual time without a word about durability it syncs nothing, and a journal that is ahead of the
tape moves tape and signals behind it. Every such choice is told. Faults are `ConfigurationError`s.
"""

import os
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from pathlib import Path
from typing import IO

from attrs import evolve, field, frozen

from ...actors.adapters.binance.credentials import Credentials
from ...actors.adapters.binance.opening import live_credentials
from ...actors.adapters.config import DEFAULT, Loaded, load
from ...actors.adapters.disk import Disk
from ...actors.adapters.modes import address, check_mode
from ...actors.adapters.signals import STANDARD_INPUT, SignalLines, lines_of
from ...actors.adapters.spool import JOURNAL
from ...actors.errors import ConfigurationError
from ...actors.policies.mode_rules import LIVE_MARKET, MODES, SEEDED_MARKET
from ...actors.ports import FileSystem
from ...actors.runtime.segment import segment_name, segment_numbers
from ...actors.settings import Settings
from ...messages.codec import loads
from ..fault_options import faults_of
from ..sabotage import PlannedCrashes, planned_crashes
from ..venue.control import clock_of
from ..venue.faults import Faults
from ..venue.scaled_clock import ScaledClock
from .feeder import CommandSource, Feeder
from .live_feeder import LiveFeeder
from .live_opening import live
from .market import SEEDED_SYMBOLS, OpenedMarket, elsewhere, seeded, tape

SEEDED_START_NS = 1_700_000_000_000_000_000
"""Where a seeded market begins in virtual time when no signal says otherwise."""
LEAD_NS = 10_000_000_000
"""How long before the first signal a seeded market begins: the engine gets ready meanwhile."""
GAP_NS = 1_000_000_000
TAIL_BYTES = 1 << 20
UNITS_NS: Mapping[str, int] = {
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
SPEED_MAX = 10_000
PAPER = "paper"


@frozen
class RunOptions:
    """The options as they were typed."""

    data_dir: Path
    files: tuple[Path, ...] = ()
    flags: Mapping[str, str] = field(factory=dict[str, str])
    market: str = SEEDED_MARKET
    tape: Path | None = None
    signals: str = ""
    """A path, `-` for the standard input, or nothing."""
    venue_socket: Path | None = None
    """Where a venue process listens, whose market and pace count then."""
    sockets: bool = False
    """Whether paper starts a venue of its own on a port and trades there as anybody would."""
    speed: float | None = None
    """0 for virtual time, as fast as it goes; None for that where anything ends the run, and for
    the wall's where nothing does."""
    for_ns: int = 0
    faults: str = ""
    fills: str | None = None
    """How a print fills resting orders, by the name of a queue model; None for the default."""
    crashes: tuple[str, ...] = ()
    symbols: tuple[str, ...] = ()
    strict: bool = False


class Where(StrEnum):
    """Where a run takes place."""

    VIRTUAL = "virtual"
    """In virtual time, where no wall clock has a say."""
    THREAD = "thread"
    """At a venue on a thread of this process."""
    PROCESS = "process"
    """At a venue of this machine behind a Unix socket."""
    SERVER = "server"
    """At a server that the run starts, over real sockets."""
    ELSEWHERE = "elsewhere"
    """At a venue with an address, over real sockets."""
    SHADOW = "shadow"
    """At a venue on a thread of this process, beside a live account that is looked at."""


_OF_THE_VENUE = ("market", "tape", "faults", "fills")
WITHHELD: Mapping[Where, tuple[str, ...]] = {
    Where.VIRTUAL: (),
    Where.THREAD: (),
    Where.PROCESS: _OF_THE_VENUE,
    Where.SERVER: ("speed",),
    Where.ELSEWHERE: (*_OF_THE_VENUE, "speed", "venue_socket", "sockets"),
    Where.SHADOW: ("tape", "speed", "venue_socket", "sockets"),
}
"""Where a run takes place -> the options that say nothing there."""
UNSAID = (None, "", False, 0.0, SEEDED_MARKET)


@frozen
class Prepared:
    """The parts of a run."""

    settings: Settings
    market: OpenedMarket
    feeder: CommandSource | None
    faults: Faults
    crashes: PlannedCrashes | None
    notes: tuple[str, ...]
    """What was decided for the operator."""
    where: Where = Where.VIRTUAL
    clock: ScaledClock | None = None
    """Of the venue's process, where there is one."""
    credentials: Credentials | None = None
    """Of the account that is looked at, where one is."""


def prepare(
    options: RunOptions, *, standard_input: IO[bytes], environ: Mapping[str, str] = os.environ
) -> Prepared:
    """Return the parts of a run.

    Raises:
        ConfigurationError: Settings or options are at fault.
        ModeRefused: The mode is one that this version must not run.
        VenueGoneError: No venue listens at the socket.
        TapeError: The tape's first lines are bad, in a strict run.
    """
    notes: list[str] = []
    loaded = load(options.files, environ, options.flags)
    check_mode(loaded.settings)
    where = _where(options, loaded.settings)
    _check_is_ours(options, where, loaded.settings)
    faults, crashes = faults_of(options.faults), planned_crashes(options.crashes)
    feeder = _feeder(options, where, standard_input)
    # Before anything is connected: whoever has no key hears of it first.
    credentials = live_credentials(loaded.settings, environ) if where is Where.SHADOW else None
    clock = None if options.venue_socket is None else clock_of(options.venue_socket)
    if options.market == LIVE_MARKET or where is Where.SHADOW:
        market = _live_market(options, loaded, environ)
    else:
        market = _place_market(options, loaded, where, clock, feeder, notes)
    settings = _with_defaults(where, loaded, market, notes)
    return Prepared(
        settings, market, feeder, faults, crashes, tuple(notes), where, clock, credentials
    )


def _where(options: RunOptions, settings: Settings) -> Where:
    if not MODES[settings.mode].sends_orders:
        return Where.SHADOW
    if settings.mode != PAPER or settings.exchange.rest_url:
        return Where.ELSEWHERE
    if options.venue_socket is not None:
        return Where.PROCESS
    if options.sockets:
        return Where.SERVER
    ends = bool(options.signals or options.tape or options.for_ns)
    is_fast = ends if options.speed is None else options.speed == 0.0
    is_virtual = is_fast and options.market == SEEDED_MARKET
    return Where.VIRTUAL if is_virtual else Where.THREAD


def _place_market(
    options: RunOptions,
    loaded: Loaded,
    where: Where,
    clock: ScaledClock | None,
    feeder: CommandSource | None,
    notes: list[str],
) -> OpenedMarket:
    """Return the market of a run, or what stands for that of a venue elsewhere."""
    if clock is not None:
        name = f"venue at {options.venue_socket}"
        return elsewhere(_symbols(options, loaded), start_ns=clock.now_ns(), name=name)
    if where is Where.ELSEWHERE:
        settings = loaded.settings
        symbols = settings.risk.symbols or options.symbols
        if settings.mode == PAPER:
            symbols = symbols or SEEDED_SYMBOLS
        name = f"{settings.mode} at {address(settings).rest}"
        return elsewhere(symbols, start_ns=time.time_ns(), name=name)
    return _moved_market(options, loaded, where, feeder, notes)


def _live_market(options: RunOptions, loaded: Loaded, environ: Mapping[str, str]) -> OpenedMarket:
    """Return a venue's prices as they come, which wait for no journal."""
    ahead_ns = _shift_ns(options, time.time_ns())
    if ahead_ns:
        by = timedelta(milliseconds=ahead_ns // 1_000_000)
        raise ConfigurationError(
            f"{options.data_dir}: its journal is {by} ahead of now; a live market needs another"
        )
    return live(_symbols(options, loaded), loaded.settings, environ)


def read_duration_ns(text: str) -> int:
    """Return the nanoseconds of a duration like `90s`, `5m` or `250ms`; raises `ValueError`."""
    number = text.rstrip("msdh")
    unit = text[len(number) :] or "s"
    try:
        duration = Decimal(number) * UNITS_NS[unit]
    except (InvalidOperation, KeyError):
        raise ValueError(f"{text!r} is no duration; write 90s, 5m or 250ms") from None
    if not duration.is_finite() or not 0 < duration <= 366 * UNITS_NS["d"]:
        raise ValueError(f"{text!r} must be above 0 and at most 366 days")
    return int(duration)


def read_speed(text: str) -> float:
    """Return a speed, 0.0 for `max`; raises `ValueError`."""
    if text == "max":
        return 0.0
    try:
        speed = float(text)
    except ValueError:
        speed = -1.0
    if not 0 < speed <= SPEED_MAX:
        raise ValueError(f"{text!r} is no speed; write max, or a number up to {SPEED_MAX}")
    return speed


def last_record_ns(filesystem: FileSystem) -> int:
    """Return the engine time of the journal's last readable record, 0 where there is none."""
    for number in reversed(segment_numbers(filesystem)):
        for line in reversed(_tail(filesystem, segment_name(number))):
            try:
                return int(loads(line)["now"])
            except (ValueError, KeyError, TypeError):
                continue
    return 0


def _tail(filesystem: FileSystem, name: str) -> list[bytes]:
    if name not in filesystem.names():
        return []
    offset = max(0, filesystem.size(name) - TAIL_BYTES)
    return filesystem.read(name, offset).splitlines()


def _check_is_ours(options: RunOptions, where: Where, settings: Settings) -> None:
    """Refuse options that only somebody else could follow, and a start without a whitelist."""
    faults = [
        f"--{name.replace('_', '-')}: {why}"
        for name in WITHHELD[where]
        if getattr(options, name) not in UNSAID
        for why in [_why_not(where, settings)]
    ]
    if options.market == LIVE_MARKET and options.tape is not None:
        faults.append("--tape: the market is the live one")
    if options.market == LIVE_MARKET and options.speed not in (None, 0.0, 1.0):
        faults.append("--speed: a live market goes as fast as the world")
    if settings.mode != PAPER and not settings.risk.symbols:
        faults.append("risk.symbols: is empty; name the symbols that may be traded")
    if settings.mode != PAPER and options.crashes:
        faults.append("--crash: is for paper alone")
    if faults:
        raise ConfigurationError(*faults)


def _why_not(where: Where, settings: Settings) -> str:
    if where is Where.SHADOW:
        return "a shadow trades in this process, at the prices of its account's venue"
    if where is Where.PROCESS:
        return "belongs to `callboard venue`, not to a run on its socket"
    if where is Where.SERVER:
        return "time over sockets is the wall's, and the venue is the run's own"
    return f"belongs to the built-in venue, not to one at {address(settings).rest}"


def _moved_market(
    options: RunOptions,
    loaded: Loaded,
    where: Where,
    feeder: CommandSource | None,
    notes: list[str],
) -> OpenedMarket:
    """Return the market, with its signals behind what the journal says already."""
    market = _market(options, loaded, where, feeder)
    shift_ns = _shift_ns(options, market.start_ns)
    if not shift_ns:
        return market
    at_ns = market.start_ns + shift_ns
    market.close()
    if isinstance(feeder, Feeder):
        feeder.shift_ms = shift_ns // 1_000_000
    by = timedelta(milliseconds=shift_ns // 1_000_000)
    notes.append(f"the journal goes on from an earlier run: market and signals move by {by}")
    return _market(options, loaded, where, feeder, start_ns=at_ns)


def _feeder(options: RunOptions, where: Where, standard_input: IO[bytes]) -> CommandSource | None:
    signals = options.signals
    if not signals:
        return None
    if signals == "-":
        lines = SignalLines(lines_of(standard_input), STANDARD_INPUT)
        return Feeder(lines) if where is Where.VIRTUAL else LiveFeeder(lines)
    try:
        # Open for the whole run: the feeder reads as the run goes.
        stream = Path(signals).open("rb")  # noqa: SIM115
    except OSError as error:
        raise ConfigurationError(f"{signals}: cannot be read: {error.strerror}") from None
    return Feeder(SignalLines(_closing(stream), signals))


def _closing(stream: IO[bytes]) -> Iterator[bytes]:
    with stream:
        yield from lines_of(stream)


def _market(
    options: RunOptions,
    loaded: Loaded,
    where: Where,
    feeder: CommandSource | None,
    *,
    start_ns: int | None = None,
) -> OpenedMarket:
    if options.tape is not None:
        return tape(options.tape, strict=options.strict, start_ns=start_ns)
    if start_ns is None:
        start_ns = _start_of_seeded(where, feeder)
    return seeded(_symbols(options, loaded), seed=loaded.settings.seed, start_ns=start_ns)


def _symbols(options: RunOptions, loaded: Loaded) -> tuple[str, ...]:
    return options.symbols or loaded.settings.risk.symbols or SEEDED_SYMBOLS


def _start_of_seeded(where: Where, feeder: CommandSource | None) -> int:
    """Return when a seeded market begins: before the first signal of a file, else now."""
    first_ns = feeder.next_at_ns() if isinstance(feeder, Feeder) else None
    if first_ns:
        return first_ns - LEAD_NS
    return SEEDED_START_NS if where is Where.VIRTUAL else time.time_ns()


def _shift_ns(options: RunOptions, start_ns: int) -> int:
    """Return how far a start must move so that engine time never goes back, in whole ms."""
    folder = options.data_dir / JOURNAL
    last_ns = last_record_ns(Disk(folder)) if folder.is_dir() else 0
    behind_ns = last_ns + GAP_NS - start_ns
    if not last_ns or behind_ns <= 0:
        return 0
    return -(-behind_ns // 1_000_000) * 1_000_000


def _with_defaults(
    where: Where, loaded: Loaded, market: OpenedMarket, notes: list[str]
) -> Settings:
    """Return the settings with the defaults that paper has."""
    settings = loaded.settings
    if settings.mode == PAPER and loaded.source_of("risk.symbols") == DEFAULT:
        settings = evolve(settings, risk=evolve(settings.risk, symbols=market.symbols))
        notes.append(f"risk.symbols is not set: paper takes the market's, {_list(market.symbols)}")
    if where is Where.VIRTUAL and loaded.source_of("journal.durability") == DEFAULT:
        settings = evolve(settings, journal=evolve(settings.journal, durability="off"))
    strangers = [name for name in settings.risk.symbols if name not in market.symbols]
    if strangers:
        notes.append(f"no market for {_list(strangers)}: their signals will be refused")
    return settings


def _list(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)
