"""Port runs: the real engine at a venue on a port, with every kind of fault, and with kills.

Owns the striking: each kind that is owed is switched on through the control port, a few at a time,
until it has fired; incidents are struck one after another. Then a background drawn by the seed goes
on. At the end everything heals, the engine settles and the books are compared.
"""

import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random
from typing import Any

from attrs import define, field, frozen

from callboard.actors.adapters.clock import WallClock
from callboard.scenarios.venue.faults import Fault
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.server.wire_faults import WireFault
from callboard.scenarios.venue.settings import RateLimits
from support.agreement import disagreements
from support.kill_verdict import faults_of
from support.kills import Campaign, Kill, drawn_kills, remembered
from support.venue_ports import PortControl, venue_on_port

SECOND_NS = 1_000_000_000
LOOK_SECONDS = 0.05
KINDS: tuple[Fault | WireFault, ...] = (
    *(fault for fault in Fault if fault is not Fault.TRADED_BY_HAND),
    *WireFault,
)
"""What a person trades beside the engine is left to that person, so nothing could agree."""
PAUSING = (Fault.HTTP_403, Fault.HTTP_418, Fault.HTTP_418_BARE)
STEPS_A_SECOND = 80


@frozen
class Plan:
    """One run."""

    seed: int
    seconds: float
    """How long signals are told."""
    kinds: tuple[Fault | WireFault, ...] = KINDS
    at_a_time: int = 6
    chance: float = 0.1
    """Of each kind that is owed and switched on."""
    background: Mapping[str, float] = field(factory=dict[str, float])
    """Drawn faults that go on all the time."""
    sizes: Mapping[str, int] = field(factory=dict[str, int])
    kills: int = 0
    period_ms: int = 500
    """Between two wishes."""
    calm_ms: int = 15_000


@frozen
class Told:
    """What came of a run."""

    ledger: VenueLedger
    fired: Mapping[str, int]
    owed: tuple[str, ...]
    """Kinds that found nothing to befall."""
    wrong: tuple[str, ...]
    believed: Mapping[str, Any]
    entries: int
    """Intents to open something that were written down."""
    lives: int


@define(eq=False)
class Striker:
    """Lets every kind fire, beside the background, and heals the venue at the end."""

    control: PortControl
    plan: Plan
    owed: list[Fault | WireFault] = field(init=False)
    _in_force: dict[str, float] | None = field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self.owed = list(self.plan.kinds)
        Random(f"strike/{self.plan.seed}").shuffle(self.owed)
        # What keeps all requests back for long comes when the others have had their turn.
        self.owed.sort(key=lambda fault: fault in PAUSING)

    def run(self) -> None:
        """Strike from the first order on; incidents are spread over the second half."""
        pause, began, seconds = threading.Event(), time.monotonic(), self.plan.seconds
        every = seconds / 2 / (sum(map(is_incident, self.owed)) + 1)
        next_at, is_trading = began + seconds / 2, False
        while (now := time.monotonic()) < began + seconds:
            is_trading = is_trading or self._is_trading()
            if is_trading:
                self._switch()
            if is_trading and now >= next_at:
                self._strike()
                next_at += every
            pause.wait(LOOK_SECONDS)
        self.control.ask("DELETE", "/faults")

    def _is_trading(self) -> bool:
        ledgers = self.control.ask("GET", "/ledger")
        return any(ledger["orders"] for ledger in ledgers.values())

    def _switch(self) -> None:
        """Let the next few kinds be drawn."""
        fired = self.control.fired()
        self.owed = [fault for fault in self.owed if not fired.get(fault.value)]
        drawn = [fault for fault in self.owed if not is_incident(fault)][: self.plan.at_a_time]
        wanted = dict(self.plan.background) | {fault.value: self.plan.chance for fault in drawn}
        if wanted != self._in_force:
            self.control.lead(wanted | dict(self.plan.sizes))
            self._in_force = wanted

    def _strike(self) -> None:
        """Let the next incident happen."""
        incident = next((each for each in self.owed if is_incident(each)), None)
        if isinstance(incident, Fault):
            self.control.strike(incident, self.plan.sizes.get(f"{incident.value}_ms"))


def run(plan: Plan, folder: Path) -> Told:
    """Trade, suffer, heal, settle and compare."""
    with venue_on_port(f"--seed={plan.seed}") as control:
        origin_ns = WallClock().now_ns()
        until_ns = origin_ns + int(plan.seconds * SECOND_NS)
        period = f"--period-ms={plan.period_ms}"
        options = (f"--origin-ns={origin_ns}", period, "--resumes", "--amends")
        # Something that pauses all requests must not make one life as long as the run.
        life_seconds = 2 * plan.seconds / (plan.kills + 1)
        campaign = Campaign(
            control.url,
            folder,
            control,
            options=options,
            life_seconds=life_seconds,
            kills_late=True,
        )
        striker = Striker(control, plan)
        with ThreadPoolExecutor(1) as pool:
            striking = pool.submit(striker.run)
            for kill in _kills_of(plan):
                campaign.live_until(kill)
            believed = campaign.settle(
                f"--until-ns={until_ns}", f"--calm-ms={plan.calm_ms}", seconds=plan.seconds
            )
            striking.result()
        ledger, fired = control.ledger(), control.fired()
    memory = remembered(folder)
    wrong = (
        *faults_of(ledger, memory, believed),
        *disagreements(ledger, folder, believed, limits=RateLimits()),
    )
    owed = tuple(fault.value for fault in striker.owed if not fired.get(fault.value))
    return Told(
        ledger, fired, owed, wrong, believed, entries=len(memory.intents), lives=campaign.lives
    )


def _kills_of(plan: Plan) -> list[Kill]:
    """Draw deaths that are spread over the run, as long lives go."""
    if not plan.kills:
        return []
    steps = max(50, round(2 * STEPS_A_SECOND * plan.seconds / (plan.kills + 1)))
    requests = max(10, round(8 * plan.seconds / (plan.kills + 1)))
    return drawn_kills(plan.seed, plan.kills, steps_max=steps, more_max={"requests": requests})


def is_incident(fault: Fault | WireFault) -> bool:
    """Say whether a fault befalls the exchange itself, whoever asks."""
    return isinstance(fault, Fault) and fault.is_incident
