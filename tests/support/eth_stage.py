"""ETH stage: the whole engine on a seeded market of ETHUSDT in virtual time, and its events.

Nothing goes wrong here but what a test brings: rules of its venue, a saboteur, a broken disk.
"""

from decimal import Decimal
from typing import TypeVar

from callboard.actors.runtime.hosting import Saboteur
from callboard.actors.settings import RiskSettings, Settings
from callboard.messages.events import AlertRaised
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import SignalType
from callboard.scenarios.disk import SimulatedDisk
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.simulation import Delivery, Simulation
from callboard.scenarios.venue.seeded_market import (
    ETH_WALK,
    SeededMarket,
    SeededMarketSettings,
    Walk,
)
from callboard.scenarios.venue.settings import ETHUSDT, PAPER_LEVERAGE, VenueSettings
from callboard.scenarios.venue.venue import Venue

START_NS = 1_790_000_000_000_000_000
SYMBOL = "ETHUSDT"
RISK = RiskSettings(symbols=(SYMBOL,), cooldown_ms=0)
RULES = VenueSettings(symbols=(ETHUSDT,), leverage=PAPER_LEVERAGE)

T = TypeVar("T")


def make_venue(rules: VenueSettings = RULES, *, seed: int = 1, walk: Walk = ETH_WALK) -> Venue:
    """Return a venue on a seeded market."""
    market = SeededMarket(SeededMarketSettings(walks=(walk,)), seed=seed, start_ns=START_NS)
    return Venue(rules, market, seed=seed, start_ns=START_NS)


def signal(signal_id: str, kind: SignalType, symbol: str = SYMBOL) -> SubmitSignal:
    """Return a confident signal."""
    return SubmitSignal(signal_id, 0, kind, symbol, confidence=Decimal("0.9"))


class EthStage:
    """A world whose engine was just started, and the events that it published."""

    def __init__(
        self,
        venue: Venue | None = None,
        settings: Settings | None = None,
        *,
        seed: int = 1,
        delivery: Delivery = Delivery.FIFO,
        saboteur: Saboteur | None = None,
    ) -> None:
        self.events: list[object] = []
        self.world = SimulatedEngine(
            Simulation(seed=seed, now_ns=START_NS, delivery=delivery),
            venue or make_venue(seed=seed),
            settings or Settings(seed=seed, risk=RISK),
            on_event=self.events.append,
            saboteur=saboteur,
        )
        self.world.start()

    @property
    def disk(self) -> SimulatedDisk:
        """The disk of the world."""
        assert isinstance(self.world.disk, SimulatedDisk)
        return self.world.disk

    def of(self, kind: type[T]) -> list[T]:
        """Return the events of one class."""
        return [event for event in self.events if isinstance(event, kind)]

    def alerts(self, name: str) -> list[str]:
        """Return the subjects of the alerts of one name."""
        return [alert.subject for alert in self.of(AlertRaised) if alert.alert == name]

    def signal(self, signal_id: str, kind: SignalType, seconds: float = 5) -> None:
        """Give a confident signal and let time pass."""
        self.world.tell(signal(signal_id, kind))
        self.world.run_for(seconds)
