"""Port runs: the real engine at a venue on a port, with every kind of fault, and with kills.

Owns a run from its first signal to the comparison of the books: the engine trades, is struck,
killed and started, everything heals and the engine settles. Beside it a watch looks at the venue.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from attrs import field, frozen

from callboard.actors.adapters.clock import WallClock
from callboard.scenarios.venue.ledger import VenueLedger
from callboard.scenarios.venue.settings import RateLimits
from support.agreement import disagreements
from support.kill_verdict import faults_of
from support.kills import Campaign, Kill, drawn_kills, remembered
from support.port_strikes import KINDS, Kind, Striker
from support.port_watch import Watch
from support.venue_ports import PortControl, venue_on_port

SECOND_NS = 1_000_000_000
STEPS_A_SECOND = 80
LIFE_SECONDS_MIN = 3.0
KILLED_IN = 0.8
"""The share of a run in which the deaths come, at most: a start takes its seconds, too, and a life
that is much shorter than the rest never trades."""
LAST_SECONDS = 8.0
"""How long the last life trades at least, its start included."""


@frozen
class Plan:
    """One run."""

    seed: int
    seconds: float
    """How long signals are told."""
    kinds: tuple[Kind, ...] = KINDS
    at_a_time: int = 8
    """Kinds of requests that wait for one at a time."""
    background: Mapping[str, float] = field(factory=dict[str, float])
    """Drawn faults that go on all the time."""
    sizes: Mapping[str, int] = field(factory=dict[str, int])
    kills: int = 0
    period_ms: int = 250
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
    watch: Watch
    entries: int
    """Intents to open something that were written down."""
    lives: int


def run(plan: Plan, folder: Path) -> Told:
    """Trade, suffer, heal, settle and compare."""
    with venue_on_port(f"--seed={plan.seed}") as control:
        watch = Watch(control)
        with ThreadPoolExecutor(2) as pool:
            watching = pool.submit(watch.run)
            try:
                believed, lives = _live(plan, folder, control, pool)
            finally:
                watch.end()
            watching.result()
        ledger, fired = control.ledger(), control.fired()
    memory = remembered(folder)
    wrong = (
        *faults_of(ledger, memory, believed),
        *disagreements(ledger, folder, believed, limits=RateLimits()),
        *watch.wrong(),
    )
    owed = tuple(kind.value for kind in plan.kinds if not fired.get(kind.value))
    entries = len(memory.intents)
    return Told(ledger, fired, owed, wrong, believed, watch, entries=entries, lives=lives)


def _live(
    plan: Plan, folder: Path, control: PortControl, pool: ThreadPoolExecutor
) -> tuple[dict[str, Any], int]:
    """Return what the engine believes in the end, and how many lives it had."""
    origin_ns = WallClock().now_ns()
    period = f"--period-ms={plan.period_ms}"
    campaign = Campaign(
        control.url,
        folder,
        control,
        options=(f"--origin-ns={origin_ns}", period, "--resumes", "--amends"),
        # The last life is long, so that what short ones left out has its turn.
        life_seconds=max(LIFE_SECONDS_MIN, KILLED_IN * plan.seconds / (plan.kills + 1)),
        kills_late=True,
    )
    faults = {**plan.background, **plan.sizes}
    striker = Striker(control, plan.kinds, plan.seed, plan.seconds, plan.at_a_time, faults)
    striking = pool.submit(striker.run)
    for kill in _kills_of(plan):
        campaign.live_until(kill)
    last_ns = WallClock().now_ns() + int(LAST_SECONDS * SECOND_NS)
    until_ns = max(origin_ns + int(plan.seconds * SECOND_NS), last_ns)
    believed = campaign.settle(
        f"--until-ns={until_ns}", f"--calm-ms={plan.calm_ms}", seconds=plan.seconds
    )
    striking.result()
    return believed, campaign.lives


def _kills_of(plan: Plan) -> list[Kill]:
    """Draw deaths that are spread over the run, as long lives go."""
    if not plan.kills:
        return []
    steps = max(50, round(2 * STEPS_A_SECOND * plan.seconds / (plan.kills + 1)))
    requests = max(10, round(8 * plan.seconds / (plan.kills + 1)))
    return drawn_kills(plan.seed, plan.kills, steps_max=steps, more_max={"requests": requests})
