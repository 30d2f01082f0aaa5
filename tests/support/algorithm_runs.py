"""Algorithm runs: a quiet world for algorithms, and drawn ones in troubled worlds."""

from decimal import Decimal
from typing import Any

from attrs import evolve

from callboard.messages.events import AlgorithmProgressed
from callboard.messages.intake import (
    ExecuteAlgorithm,
    SubmitSignal,
)
from callboard.messages.plans import Plan
from callboard.messages.queries import AlgorithmsView, AlgorithmView, GetAlgorithms
from callboard.messages.values import SignalType
from callboard.scenarios.drawn import MIXES, drawn
from callboard.scenarios.workload import MS, START_NS, Workload
from callboard.scenarios.world import World

D = Decimal
SIGNAL_ID = "a1"


class Stage:
    """A quiet world with what its algorithms told."""

    def __init__(self, *, seed: int = 1, **workload: Any) -> None:
        quiet = Workload(seed, turbulence_ticks=5, **workload)
        self.world = World(seed, workload=quiet, is_thorough=False)
        self.events: list[Any] = []
        self.world.start()
        self.world.run_for(5)
        watched = self.world.engine.on_event

        def on_event(event: object) -> None:
            self.events.append(event)
            if watched is not None:
                watched(event)

        self.world.engine.on_event = on_event
        self.world.engine.kernel.cells["event_bus"].actor._on_event = on_event

    def tell(self, plan: Plan, **wish: Any) -> None:
        """Have a long entry, or another wish, carried out by a plan."""
        self.world.tell(ExecuteAlgorithm(wished(**wish), plan))

    def reduce(self, signal_id: str, quantity: Decimal) -> None:
        """Have a part of the long position closed."""
        at_ms = START_NS // MS + self.world.now_ms
        self.world.tell(
            SubmitSignal(signal_id, at_ms, SignalType.CLOSE_LONG, "ETHUSDT", quantity=quantity)
        )

    def progress(self) -> list[tuple[str, str]]:
        """Return each slice and how it ended."""
        told = [each for each in self.events if isinstance(each, AlgorithmProgressed)]
        return [(each.slice_id, each.outcome) for each in told]

    def end(self, signal_id: str = SIGNAL_ID) -> Any:
        """Return the terminal event of a signal, None where there is none yet."""
        return self.world.ended.get(signal_id)

    def view(self) -> AlgorithmView:
        """Return the latest algorithm."""
        found = self.world.ask(GetAlgorithms(), "execution_system")
        assert isinstance(found, AlgorithmsView)
        return found.algorithms[-1]

    def held(self, symbol: str = "ETHUSDT") -> Decimal:
        """Return what the venue's books show of a position."""
        return self.world.engine.venue.core.account.amount((symbol, "BOTH"))

    def close(self) -> list[str]:
        """Return everything that did not hold, or is not settled when all is closed."""
        left = [str(each) for each in self.world.violations]
        return left + self.world.settle() + self.world.close()


def wished(**changes: Any) -> SubmitSignal:
    plain = SubmitSignal(
        signal_id=SIGNAL_ID,
        at_ms=START_NS // MS + 5_000,
        signal=SignalType.LONG_ENTRY,
        symbol="ETHUSDT",
        quantity=D("0.1"),
        confidence=D("0.9"),
        stop_loss=D("2550"),
    )
    return evolve(plain, **changes)


def troubled(seed: int) -> World:
    """Return a world of drawn trouble, a few signals and some algorithms."""
    return World(seed, workload=drawn(seed, MIXES["algorithms"]), is_thorough=False)
