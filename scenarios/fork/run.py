"""Fork run: a journal under other settings, from its first record to its last.

Owns the two halves and the seam between them. First the journal is followed, while the actors of
today replay it under its own settings beside: a difference of the code is told as such, and never
taken for one of the settings. At the first step that leaves the recorded course the simulated venue
takes over, and the fork runs on to the end of the journal: later starts are not repeated.
"""

import decimal
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

from attrs import define, field, frozen

from ...actors.adapters.journal_commands import makers_of
from ...actors.adapters.rule_import import rules_of_run
from ...actors.adapters.travel.survey import survey
from ...actors.errors import ConfigurationError, EngineError
from ...actors.policies.host_rules import NamedRule
from ...actors.ports import FileSystem
from ...actors.runtime.replay import Divergence, Replayer
from ...actors.runtime.segment import Manifest
from ...actors.runtime.step import ENGINE_DECIMALS
from ...actors.settings import Settings
from ...actors.system import Wiring
from ...messages.codec import Codec, Json
from ...messages.market import QuoteObserved
from ..running import market as paper_market
from ..simulated_engine import VirtualClock
from ..simulation import Simulation
from ..venue.market import Market
from .course import Departure
from .following import Following, MakeSettings
from .live import LEAD_NS, LateExchange, Live
from .opening import Known, known_of
from .outcomes import Outcomes
from .prescan import Prescan, prescan
from .recorded_market import RecordedMarket

NS_PER_SECOND = 1_000_000_000
QUOTE_TAG = QuoteObserved.__name__ + "."


class CodeDiffers(EngineError):
    """The actors of today decide otherwise than the journal under its own settings."""

    def __init__(self, first: Divergence) -> None:
        super().__init__(first)
        self.first = first

    def __str__(self) -> str:
        each = self.first
        return (
            f"record {each.sequence}, {each.actor or 'the run'}, {each.field}: today's code decides"
            f" otherwise under the recorded settings already (recorded {each.recorded}, computed"
            f" {each.computed}); a fork would mix both, so see `callboard replay` first"
        )


@frozen
class Forked:
    """What a fork gave."""

    records: int
    """In the journal."""
    first: Departure | None
    """The first step that came out otherwise; None where none did."""
    left: Departure | None
    """The first step that left the recorded course; None where none did."""
    recorded: Outcomes
    forked: Outcomes
    market: str
    """Where the simulated venue had its prices from; empty where there was none."""
    simulated_from: int = 0
    """First record of the fork that heard of the simulated venue; 0 for none."""
    simulated_from_ns: int = 0
    ended_ns: int = 0
    fatal_reason: str = ""
    later_starts: int = 0
    """Recorded starts of the engine through which the fork simply ran on."""


def fork(
    folder: FileSystem,
    codec: Codec,
    settings_of: MakeSettings,
    *,
    tape: Path | None = None,
    rules: tuple[NamedRule, ...] = (),
) -> Forked:
    """Fork a journal.

    Raises:
        ConfigurationError: The tape cannot be read or does not cover the fork.
        TravelRefused: The journal is of pinned actors.
        CodeDiffers: The code is not the one that wrote the journal.
        JournalDamaged: A record is not what was written.
    """
    survey(folder).demand_shared("--with")
    with decimal.localcontext(ENGINE_DECIMALS):
        return _Fork(folder, codec, settings_of, tape, rules, prescan(folder, codec)).run()


@define(eq=False)
class _Beside(Replayer):
    """The replay under the recorded settings, and what else hears of each segment."""

    following: Following = field(kw_only=True)
    is_live: bool = field(init=False, default=False)

    def begin_segment(self, manifest: Manifest | None) -> None:
        """Begin a segment for both, until the fork is on its own."""
        if not self.is_live:
            Replayer.begin_segment(self, manifest)
            self.following.begin_segment(manifest)


@define(eq=False)
class _Fork:
    folder: FileSystem
    codec: Codec
    settings_of: MakeSettings
    tape: Path | None
    rules: tuple[NamedRule, ...]
    scan: Prescan
    recorded: Outcomes = field(init=False)
    forked: Outcomes = field(init=False)
    simulation: Simulation = field(init=False, factory=Simulation)
    exchange: LateExchange = field(init=False, factory=LateExchange)
    following: Following = field(init=False)
    beside: _Beside = field(init=False)
    _closing: ExitStack = field(init=False, factory=ExitStack)
    _quotes: dict[str, Json] = field(init=False, factory=dict[str, Json])
    """Symbol -> its last quote before the fork."""

    def __attrs_post_init__(self) -> None:
        self.recorded, self.forked = Outcomes(self.codec), Outcomes(self.codec)
        self.following = Following(
            self.codec,
            self.settings_of,
            self._wiring,
            lambda run: rules_of_run(run.rules, self.rules),
            self.scan.crashes,
            on_record=self.forked.add,
        )
        self.beside = _Beside(
            self.codec, lambda run: makers_of(run, self.rules), {}, following=self.following
        )

    def run(self) -> Forked:
        """Follow, and go on alone where the courses part."""
        with self._closing:
            return self._run()

    def _run(self) -> Forked:
        first: Departure | None = None
        records = self._records()
        for record in records:
            if self.beside.divergences:
                raise CodeDiffers(self.beside.divergences[0])
            found = self.following.follow(record)
            first = first or found
            if found is not None and found.leaves_course:
                return self._go_on(records, first or found, found)
        return Forked(self.scan.records, first, None, self.recorded, self.forked, "")

    def _records(self) -> Iterator[Json]:
        """Yield the journal's records, each of which the recorded side has heard of."""
        for line in self.beside.lines(self.folder):
            record = line.data
            if not self.beside.is_live:
                self.beside.add(line)
                if record.get("msg", {}).get("t", "").startswith(QUOTE_TAG):
                    self._quotes[record["msg"]["symbol"]] = record["msg"]
            self.recorded.add(record)
            yield record

    def _go_on(self, records: Iterator[Json], first: Departure, left: Departure) -> Forked:
        following, run = self.following, self.following.run
        assert run is not None
        self.beside.is_live = True
        live = Live(self.codec, following, self.simulation, self.exchange, _seed_of(run.seed))
        known = known_of(following.kernel.cells, self.scan.readings)
        market, name = self._market(known, left.now_ns)
        live.open(known, market, left.now_ns)
        if self.tape is not None and market.next_at_ns() is None:
            raise ConfigurationError(f"{self.tape}: ends before the fork, {_time(left.now_ns)}")
        ended_ns = max(self.scan.ends_ns.values())
        live.run(records, ended_ns)
        for _ in records:  # the recorded side is told to its end
            continue
        return Forked(
            self.scan.records,
            first,
            left,
            self.recorded,
            self.forked,
            name,
            live.simulated_from,
            live.simulated_from_ns,
            ended_ns,
            live.host.fatal_reason,
            sum(generation > run.generation for generation in self.scan.ends_ns),
        )

    def _market(self, known: Known, at_ns: int) -> tuple[Market, str]:
        if self.tape is not None:
            opened = paper_market.tape(self.tape)
            if opened.start_ns > at_ns:
                opened.close()
                raise ConfigurationError(
                    f"{self.tape}: begins at {_time(opened.start_ns)}, after the fork,"
                    f" {_time(at_ns)}"
                )
            self._closing.callback(opened.close)
            return opened.market, opened.name
        market = RecordedMarket({each.symbol: each.tick_size for each in known.filters})
        for quote in self._quotes.values():
            market.add(self.codec.decode(quote), at_ns - LEAD_NS)
        return market, "the recorded quotes"

    def _wiring(self, settings: Settings, rules: tuple[NamedRule, ...]) -> Wiring:  # noqa: ARG002
        return Wiring(
            self.exchange,
            VirtualClock(self.simulation),
            start_hook=lambda work: work(),
            rules=rules,
        )


def _time(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns // NS_PER_SECOND, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _seed_of(seed: str) -> int:
    return int(seed) if seed.isdigit() else 0
