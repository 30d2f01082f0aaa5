"""Checked: an engine on a quiet market under every invariant, and a stranger at its venue.

The stranger sends under the engine's own client order ids, as a broken engine would.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from attrs import define, field

from callboard.actors.ports import VenueRequest
from callboard.messages.intake import SubmitSignal
from callboard.messages.values import OrderType, SignalType
from callboard.scenarios.exchange import SimulatedExchange
from callboard.scenarios.invariants import VIOLATIONS_KEPT, Checker
from callboard.scenarios.simulated_engine import SimulatedEngine
from callboard.scenarios.surroundings import make_engine
from callboard.scenarios.venue.faults import FaultScript, ScriptedFault
from callboard.scenarios.workload import Workload

ORDER, ALGO_ORDER = "/fapi/v1/order", "/fapi/v1/algoOrder"
SYMBOL = "ETHUSDT"


@define(eq=False)
class Stage:
    """A world under a checker, and a stranger at its venue."""

    script: tuple[ScriptedFault, ...] = ()
    kept_max: int = VIOLATIONS_KEPT
    events: list[object] = field(factory=list[object])
    world: SimulatedEngine = field(init=False)
    checker: Checker = field(init=False)
    stranger: SimulatedExchange = field(init=False)
    _sent: int = field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self.world = make_engine(Workload(1, turbulence_ticks=1), FaultScript(self.script))
        self.world.on_event = self.events.append
        self.checker = Checker(self.world, is_thorough=True, kept_max=self.kept_max)
        self.stranger = self.world.driver.connect("stranger")

    def begin(self) -> "Stage":
        """Start the engine and let it get ready."""
        self.world.start()
        self.world.run_for(3)
        return self

    def enter(self, signal_id: str = "s1", price: str | None = None) -> "Stage":
        """Let the engine open a position, or rest an order at a price."""
        self.world.tell(entry(signal_id, price))
        self.world.run_for(3)
        return self

    def send(self, method: str, path: str, **params: str) -> None:
        """Let the stranger send a request."""
        self._sent += 1
        stamped = {
            "symbol": SYMBOL,
            **params,
            "recvWindow": "2500",
            "timestamp": str(self.world.simulation.now_ns // 1_000_000),
        }
        request = VenueRequest(f"stranger/{self._sent}", method, path, stamped)
        self.stranger.request(request, lambda _: None)
        self.world.run_for(1)

    def place(self, client_order_id: str, quantity: str = "0.076", **params: str) -> None:
        """Let the stranger buy at the market under an id."""
        plain = {"side": "BUY", "type": "MARKET", "quantity": quantity}
        self.send("POST", ORDER, **{**plain, "newClientOrderId": client_order_id, **params})

    def found(self) -> list[str]:
        """Return the names of the invariants that did not hold."""
        return sorted({violation.invariant for violation in self.checker.violations})

    def texts(self, invariant: str) -> str:
        """Return what was found of one invariant."""
        found = self.checker.violations
        return "\n".join(each.text for each in found if each.invariant == invariant)


def entry(signal_id: str, price: str | None = None) -> SubmitSignal:
    """Return a confident entry."""
    return SubmitSignal(
        signal_id,
        0,
        SignalType.LONG_ENTRY,
        SYMBOL,
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=None if price is None else Decimal(price),
        confidence=Decimal("0.9"),
    )


def close(signal_id: str = "s2") -> SubmitSignal:
    """Return the signal that closes what `entry` opened."""
    return SubmitSignal(signal_id, 0, SignalType.CLOSE_LONG, SYMBOL, confidence=Decimal("0.9"))


def break_apply(world: SimulatedEngine, actor: str, spoil: Callable[[Any, object], None]) -> None:
    """Make an actor's state go wrong after each fact that it applies."""
    target = world.kernel.cells[actor].actor
    sound: Callable[[object], None] = target.apply

    def broken(fact: object) -> None:
        sound(fact)
        spoil(target.state, fact)

    target.apply = broken
