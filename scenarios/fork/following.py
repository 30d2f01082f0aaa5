"""Following: the engine under other settings, led step by step through a recorded run.

Owns a kernel of its own for each recorded start, with every actor of the engine, and takes from the
record what came from outside, in which order things arrived, when, and which crashes were injected.
What the actors tell each other is their own. Each step is compared with the recorded one. Starts
and restarts are followed, too: the state is the fork's own. Where the journal's beginning is gone
it begins at the first snapshot, whose states the other settings did not make.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from random import Random

from attrs import define, field

from ...actors import names
from ...actors.policies.host_rules import NamedRule
from ...actors.runtime.cell import Cell, Status
from ...actors.runtime.envelope import Envelope, Timer
from ...actors.runtime.hosting import Host, InjectedCrash
from ...actors.runtime.in_flight import waiting_envelope, waiting_messages
from ...actors.runtime.kernel import Kernel
from ...actors.runtime.record import envelope_of, split_line, state_in
from ...actors.runtime.segment import Manifest, RunFacts
from ...actors.settings import Settings
from ...actors.system import Wiring, populate
from ...messages.codec import Codec, Json, loads
from .course import Departure, departure, lost
from .recorded_host import RecordedHost

SNAPSHOT = "snapshot"

MakeSettings = Callable[[RunFacts], Settings]
"""The settings of the fork for a recorded start."""
MakeWiring = Callable[[Settings, tuple[NamedRule, ...]], Wiring]


class ContinuedDraws:
    """The record's random numbers while there are any, and then a generator's own."""

    def __init__(self, seed: str) -> None:
        self._left: list[float] = []
        self._random = Random(seed)

    def load(self, draws: list[float]) -> None:
        """Take the draws of the next step."""
        self._left = draws[::-1]

    def random(self) -> float:
        """Return the next number."""
        return self._left.pop() if self._left else self._random.random()


@define(eq=False)
class Following:
    """A fork on the recorded course; feed it manifests and records in order."""

    codec: Codec
    settings_of: MakeSettings
    wiring_of: MakeWiring
    rules_of: Callable[[RunFacts], tuple[NamedRule, ...]]
    crashes: Mapping[int, str]
    """Sequence -> text of each crash that a test or an operator injected."""
    host: RecordedHost = field(init=False, factory=RecordedHost)
    run: RunFacts | None = field(init=False, default=None)
    made: deque[Json] = field(init=False, factory=deque[Json])
    """Records of the fork that were not compared yet."""
    on_record: Callable[[Json], None] | None = None
    """Given every record of the fork when it is made."""
    has_base: bool = field(init=False, default=False)
    _kernel: Kernel | None = field(init=False, default=None)
    _seen: dict[str, None] = field(init=False, factory=dict[str, None])
    _draws: ContinuedDraws = field(init=False, factory=lambda: ContinuedDraws(""))

    @property
    def kernel(self) -> Kernel:
        """The engine of the start at hand."""
        assert self._kernel is not None, "no run has begun"
        return self._kernel

    def begin_segment(self, manifest: Manifest | None) -> None:
        """Make the actors of a new start, each with the state that it has in the fork."""
        if manifest is None:
            return
        if manifest.lost_before:
            self.has_base = False  # until the snapshot that follows such a gap
        if self.run is None or manifest.run.generation != self.run.generation:
            self._begin_run(manifest.run)

    def follow(self, record: Json) -> Departure | None:
        """Let one recorded thing happen in the fork; returns how it comes out otherwise."""
        self.has_base = self.has_base or record["seq"] == 1
        if record.get("kind") == SNAPSHOT:
            self._pass_snapshot(record)
            return None
        if not self.has_base:
            return None
        if not self.made:
            self._let_happen(record)
        if not self.made:
            return lost(record, "nothing happened in the fork")
        return departure(self.codec, record, self.made.popleft())

    def append(self, line: bytes, held: Sequence[Envelope]) -> None:
        """Take a record of the fork, as the kernel's journal; what it holds back goes at once."""
        record = loads(split_line(line)[0])
        if self.kernel.host is self.host:
            self.made.append(record)
        if self.on_record is not None:
            self.on_record(record)
        for each in held:
            self.kernel.host.route(each)

    def before_step(self, cell: Cell, envelope: Envelope) -> None:  # noqa: ARG002 - a saboteur's
        """Repeat a crash that the record says was injected."""
        text = self.crashes.get(self.kernel.sequence + 1)
        if text is not None and cell.is_core:
            raise InjectedCrash(text)

    def leave(self, host: Host) -> RecordedHost:
        """Give the kernel another host; returns the one that holds what is under way."""
        self.crashes = {}
        self.kernel.snapshot_every = 0
        self.kernel.host = host
        return self.host

    def _begin_run(self, run: RunFacts) -> None:
        before: dict[str, Cell] = {} if self._kernel is None else self._kernel.cells
        waiting = waiting_messages(before, self.host.waiting())
        self.run, self._seen, self.made = run, {}, deque()
        self.host = RecordedHost()
        self.host.told = {each.id: each for each in waiting}
        settings, rules = self.settings_of(run), self.rules_of(run)
        kernel = self._kernel = Kernel(
            self.codec,
            self.host,
            run.seed,
            journal=self,
            saboteur=self,
            snapshot_every=_snapshot_every(run),
        )
        self._draws = ContinuedDraws(f"{run.seed}/fork")
        populate(kernel, settings, self.wiring_of(settings, rules))
        for name in names.CORE:
            old = before.get(name)
            if old is not None:
                kernel.cells[name].continue_from(old, self.codec)

    def _let_happen(self, record: Json) -> None:
        kernel, now = self.kernel, record["now"]
        cell = kernel.cells.get(record["actor"])
        if cell is None:
            return
        kernel.sequence = record["seq"] - 1
        self._draws.load(record.get("draws", []))
        if cell.name not in self._seen:
            # A run begins its actors at a generation of its own choice.
            self._seen[cell.name] = None
            if cell.generation != record["gen"]:
                cell.begin_generation(record["gen"])
        arrived = self.host.take(record)
        if isinstance(arrived, Timer):
            kernel.fire(arrived, now)
        else:
            kernel.process(arrived or self.from_outside(record), now)

    def from_outside(self, record: Json) -> Envelope:
        """Return what a record says was delivered."""
        return envelope_of(record, self.codec.decode(record["msg"]))

    def _pass_snapshot(self, record: Json) -> None:
        if not self.has_base:
            self._load(record)
        elif self.made and self.made[0].get("kind") == SNAPSHOT:
            self.made.popleft()

    def _load(self, record: Json) -> None:
        """Begin in the middle of a journal: with the recorded states, and what waits for them."""
        self.has_base = True
        for name, kept in record["states"].items():
            cell = self.kernel.cells[name]
            cell.restore(state_in(self.codec, name, kept), self.codec)
            cell.begin_generation(kept["gen"], self._draws)
            cell.status = Status.RUNNING
            self._seen[name] = None
        waiting = [waiting_envelope(self.codec, told) for told in record.get("waiting", ())]
        self.host.told |= {each.id: each for each in waiting}


def _snapshot_every(run: RunFacts) -> int:
    """Return how often the recorded run took a snapshot, each of which has a number."""
    return int(run.settings["journal"]["snapshot_every"])
