"""Kills: an engine process that is killed again and again, and what its journal remembers.

A kill comes right after a step of the core, counted from the start so that recovery is hit too,
or as soon as the venue has got, or done, a drawn number of things more. Nothing waits by the clock.
"""

import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, Protocol

from attrs import define, evolve, field, frozen

from callboard.actors.adapters.disk import Disk
from callboard.actors.engine import JOURNAL_FOLDER
from callboard.actors.runtime.journal_reader import JournalReader, VerifyReport, verify
from callboard.actors.runtime.replay import Replayed, replay
from callboard.actors.system import core_makers, make_codec
from callboard.scenarios.venue.talk import Activity
from support.engine_process import SETTINGS, WAIT_SECONDS
from support.faulty_disk import cut_tail, trouble_of

SCRIPT = Path(__file__).with_name("engine_process.py")
LIFE_SECONDS = 120.0
"""Longest wait for a drawn moment; a life takes about a second."""
STEPS_MAX = 300
STEPS_ON_BAD_DISKS = (50, 800)
VENUE_FAULTS = (
    "request_lost_before_execution=0.02,answer_lost_after_execution=0.03,connection_reset=0.03,"
    "http_503_unknown=0.02,http_503_service_unavailable=0.02,connection_refused=0.02,"
    "stream_gap=0.005,stream_duplicate=0.05,stream_reorder=0.05"
)
MORE_MAX: Mapping[str, int] = MappingProxyType({"requests": 20, "mutations": 6, "entries": 6})


@frozen
class Kill:
    """One drawn moment: a step of the core, or so many more of what the venue counts."""

    what: str
    number: int


def drawn_kills(
    seed: int, count: int, *, steps_max: int = STEPS_MAX, more_max: Mapping[str, int] = MORE_MAX
) -> list[Kill]:
    """Draw moments: half by the engine's steps, half by what has reached the venue."""
    random = Random(f"kills/{seed}")
    kinds = [*["steps"] * len(more_max), *more_max]
    return [
        Kill(what, random.randint(1, more_max.get(what, steps_max)))
        for what in (kinds[each % len(kinds)] for each in range(count))
    ]


class Hand(Protocol):
    """What a campaign asks of its venue."""

    def activity(self) -> Activity:
        """Return how much has happened so far."""
        ...

    def await_activity(self, least: Activity, *, timeout_seconds: float) -> Activity:
        """Wait until every count is at least so high, and return the counts."""
        ...


@define(eq=False)
class Campaign:
    """Lives of one engine, at one venue, on one folder."""

    venue: Path | str
    """A Unix socket, or a URL."""
    folder: Path
    control: Hand
    disk_seed: int | None = None
    """Draws the trouble of each life's disk, and what a power cut leaves of its journal."""
    options: tuple[str, ...] = ()
    """Of the engine, in every life."""
    life_seconds: float = LIFE_SECONDS
    kills_late: bool = False
    """Whether a life that has not come to its moment by then is killed there, or is a failure."""
    lives: int = field(init=False, default=0)
    troubles: Counter[str] = field(init=False, factory=Counter[str])
    """Lives by the trouble of their disk."""
    torn_bytes: int = field(init=False, default=0)

    def live_until(self, kill: Kill) -> None:
        """Start the engine and kill it at the moment; on a faulty disk, cut the power too."""
        if self.disk_seed is None:
            self._live_until(kill)
            return
        life = self.disk_seed + self.lives
        trouble = trouble_of(life)
        self.troubles[trouble.name] += 1
        if kill.what == "steps" or trouble.refuses_entries:
            # Once entries are refused the venue has nothing to count; a disk needs time to fail.
            kill = Kill("steps", Random(f"life/{life}").randint(*STEPS_ON_BAD_DISKS))
        self._live_until(kill, "--disk-seed", str(life))
        self.torn_bytes += cut_tail(self.folder, Random(f"tail/{life}"))

    def _live_until(self, kill: Kill, *options: str) -> None:
        if kill.what == "steps":
            with self._engine("--kill-at-step", str(kill.number), *options) as engine:
                self._expect_killed(engine)
            return
        now = self.control.activity()
        wanted = evolve(now, **{kill.what: getattr(now, kill.what) + kill.number})
        with self._engine(*options) as engine:
            self.control.await_activity(wanted, timeout_seconds=self.life_seconds)
            engine.kill()
            self._expect_killed(engine)

    def settle(self, *options: str, seconds: float = 0.0) -> dict[str, Any]:
        """Start the engine once more, let it settle, and return what it believes.

        It tells no signal, unless the options say until when; that takes so many seconds more.
        """
        with self._engine(*(options or ("--quiet",))) as engine:
            said, _ = engine.communicate(timeout=seconds + WAIT_SECONDS + LIFE_SECONDS)
        assert 0 == engine.returncode, self.log()
        view: dict[str, Any] = json.loads(said)
        return view

    def log(self) -> str:
        """Return what the engine of this life has logged."""
        return self._log_path().read_text()[-4_000:]

    def _expect_killed(self, engine: "subprocess.Popen[str]") -> None:
        try:
            engine.wait(self.life_seconds)
        except subprocess.TimeoutExpired:
            if not self.kills_late:
                raise
            engine.kill()
        assert -signal.SIGKILL == engine.wait(LIFE_SECONDS), self.log()

    @contextmanager
    def _engine(self, *options: str) -> Generator["subprocess.Popen[str]"]:
        self.lives += 1
        command = [
            sys.executable,
            str(SCRIPT),
            str(self.venue),
            str(self.folder),
            *self.options,
            *options,
        ]
        with (
            self._log_path().open("w") as log,
            subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as engine,
        ):
            try:
                yield engine
            finally:
                if engine.poll() is None:
                    engine.kill()

    def _log_path(self) -> Path:
        return self.folder.parent / f"life-{self.lives}.log"


@frozen
class Remembered:
    """What a journal remembers, read from its bytes alone."""

    report: VerifyReport
    intended: frozenset[str]
    """Client order ids that were written down before they could be sent."""
    booked: Counter[str]
    """Trade ids, by how often the order manager has booked them."""
    applied: Counter[str]
    """Trade ids, by how often they have changed a position."""
    intents: dict[str, str]
    """The signal of each entry's intent."""
    replayed: Replayed


def remembered(folder: Path) -> Remembered:
    """Read a journal, first without any actor, then by a replay."""
    disk = Disk(folder / JOURNAL_FOLDER)
    facts = list(facts_of(folder))
    intended = [fact["approved"] for fact in facts if is_fact(fact, "order_manager/OrderIntended")]
    return Remembered(
        report=verify(disk),
        intended=frozenset(order["client_order_id"] for order in intended),
        booked=Counter(
            fact["trade"]["trade_id"]
            for fact in facts
            if is_fact(fact, "order_manager/TradeBooked")
        ),
        applied=Counter(
            fact["fill"]["trade"]["trade_id"]
            for fact in facts
            if is_fact(fact, "position_monitor/FillApplied")
        ),
        intents={
            order["intent_id"]: order["signal_id"] for order in intended if order["leg"] == "e"
        },
        replayed=replay(disk, make_codec(), lambda _: core_makers(SETTINGS)),
    )


def facts_of(folder: Path) -> Generator[dict[str, Any]]:
    """Yield every fact of the journal in a data directory."""
    disk = Disk(folder / JOURNAL_FOLDER)
    for line in JournalReader(disk):
        yield from line.data.get("facts", ())


def is_fact(fact: dict[str, Any], tag: str) -> bool:
    """Say whether a fact has a tag, of any version."""
    return bool(fact["t"].startswith(f"{tag}.v"))
